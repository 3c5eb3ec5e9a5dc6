// Command program does what needs the runtime's tables: grows stacks, collects garbage with pointers in every kind of place,
// recovers from panics, defers in loops, switches goroutines. It prints what must not depend on tracebacks.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"time"
)

type node struct {
	left, right *node
	name        string
}

func build(depth int) *node {
	if depth == 0 {
		return &node{name: strings.Repeat("x", 3)}
	}
	n := &node{left: build(depth - 1), right: build(depth - 1), name: fmt.Sprint("n", depth)}
	if depth == 5 {
		runtime.GC()
	}
	return n
}

func (n *node) size() int {
	if n == nil {
		return 0
	}
	return n.left.size() + n.right.size() + len(n.name)
}

// deep grows the stack, with pointers in its frames that the collector must follow and the growth must move.
func deep(depth int, above *int) int {
	here := depth
	if depth == 0 {
		runtime.GC()
		return *above
	}
	total := deep(depth-1, &here)
	return total + *above - here
}

func recovered(f func()) (message string) {
	defer func() {
		r := recover()
		if err, ok := r.(runtime.Error); ok {
			message = "runtime error: " + err.Error()
		} else {
			message = fmt.Sprint(r)
		}
	}()
	f()
	return "no panic"
}

func deferred() (out []int) {
	for i := range 4 {
		defer func() { out = append(out, i*i) }()
	}
	return nil
}

func workers() int {
	var group sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	work := make(chan []int)
	for range 8 {
		group.Go(func() {
			for w := range work {
				runtime.Gosched()
				mu.Lock()
				sum += len(w)
				mu.Unlock()
			}
		})
	}
	for i := range 200 {
		work <- make([]int, i)
	}
	close(work)
	group.Wait()
	return sum
}

func sorted(m map[string]*node) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}

func main() {
	debug.SetGCPercent(1)
	base := 7
	fmt.Println(build(12).size(), deep(20000, &base), workers(), deferred())
	var none *node
	list := []int{1, 2, 3}
	index := len(os.Args) + 5
	fmt.Println(recovered(func() { _ = none.name }))
	fmt.Println(recovered(func() { _ = list[index] }))
	fmt.Println(recovered(func() { _ = list[index:] }))
	fmt.Println(recovered(func() { var e any = "text"; _ = e.(fmt.Stringer) }))
	fmt.Println(recovered(func() { panic(errors.New("mine")) }))
	m := map[string]*node{}
	for i := range 1000 {
		m[fmt.Sprint(i)] = build(i % 5)
	}
	fmt.Println(len(m), sorted(m)[:3])
	select {
	case <-time.After(time.Millisecond):
		fmt.Println("later")
	}
	if len(os.Args) > 1 {
		panic("asked to: " + os.Args[1])
	}
}
