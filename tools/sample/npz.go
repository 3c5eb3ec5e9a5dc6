package main

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// npz keeps samples in a file beside its destination, OUT.part: a line that says what they are, then the raw levels, sample after
// sample. A later run goes on behind the last whole one. At the end the .npz is made of it.
type npz struct {
	out     string
	part    *os.File
	about   string
	n, have int
	height  int
	width   int
	ch      int
}

// openNPZ opens what an earlier run has left, or starts anew.
func openNPZ(c *manyCmd, s *session) (*npz, error) {
	shape := s.d.InShape(1)
	z := &npz{out: c.Out, n: c.N, height: shape.H, width: shape.W, ch: shape.C}
	r := c.request()
	r.Timesteps = nil
	z.about = fmt.Sprintf("unnoise many: %s %+v seed %d first %d n %d guidance %g labels %v\n", s.ID(), r, c.Seed, c.First, c.N, c.Guidance, c.Labels)
	if same(c.Out, c.Model) {
		return nil, fmt.Errorf("%s: would write over %s: choose another output", c.Out, c.Model)
	}
	if info, err := os.Stat(c.Out); err == nil && info.IsDir() {
		return nil, errors.New(c.Out + ": is a folder, expected a file to write")
	}
	f, err := os.OpenFile(c.Out+".part", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, unwritable(c.Out+".part", err)
	}
	z.part = f
	if err := z.resume(); err != nil {
		f.Close()
		return nil, err
	}
	return z, nil
}

func (z *npz) sample() int64 { return int64(z.height) * int64(z.width) * 3 }

// resume finds the last whole sample.
func (z *npz) resume() error {
	info, err := z.part.Stat()
	if err != nil {
		return unwritable(z.out+".part", err)
	}
	if info.Size() == 0 {
		_, err := z.part.WriteString(z.about)
		return unwritable(z.out+".part", err)
	}
	line, _ := bufio.NewReader(z.part).ReadString('\n')
	if line != z.about {
		return fmt.Errorf("%s.part: was begun by another command (%s): finish that one or remove the file", z.out, strings.TrimSpace(line))
	}
	start := int64(len(z.about))
	z.have = int((info.Size() - start) / z.sample())
	end := start + int64(z.have)*z.sample()
	if err := z.part.Truncate(end); err != nil {
		return unwritable(z.out+".part", err)
	}
	_, err = z.part.Seek(end, io.SeekStart)
	return unwritable(z.out+".part", err)
}

func (z *npz) missing(i int) int { return max(i, z.have) }

func (z *npz) put(i int, levels []uint8) error {
	n := z.height * z.width
	row := make([]byte, 0, 3*n)
	for p := range n {
		row = append(row, levels[p], levels[z.ch/2*n+p], levels[(z.ch-1)*n+p])
	}
	if _, err := z.part.Write(row); err != nil {
		return unwritable(z.out+".part", err)
	}
	z.have = i + 1
	return nil
}

// finish writes the .npz: a zip file with one array.
func (z *npz) finish(ctx context.Context) error {
	files, err := createOutputs([]string{z.out})
	if err != nil {
		return err
	}
	defer files.discard()
	if err := z.write(files[0].file); err != nil {
		return unwritable(z.out, err)
	}
	if err := files.commit(ctx, nil); err != nil {
		return err
	}
	z.close()
	return os.Remove(z.out + ".part")
}

func (z *npz) write(w io.Writer) error {
	if _, err := z.part.Seek(int64(len(z.about)), io.SeekStart); err != nil {
		return err
	}
	archive := zip.NewWriter(w)
	entry, err := archive.CreateHeader(&zip.FileHeader{Name: "arr_0.npy", Method: zip.Store})
	if err != nil {
		return err
	}
	about := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d, 3), }", z.n, z.height, z.width)
	about += strings.Repeat(" ", 63-(10+len(about))%64) + "\n" // the array starts at a multiple of 64
	head := append([]byte("\x93NUMPY\x01\x00"), byte(len(about)), byte(len(about)>>8))
	if _, err := entry.Write(append(head, about...)); err != nil {
		return err
	}
	if _, err := io.CopyN(entry, z.part, int64(z.n)*z.sample()); err != nil {
		return err
	}
	return archive.Close()
}

func (z *npz) close() { z.part.Close() }
