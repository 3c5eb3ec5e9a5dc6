package checkpoint

import (
	"errors"
	"strconv"
	"strings"

	"unnoise/wasm/checkpoint/pickle"
)

// state is a dictionary of tensors found in a saved object.
type state struct {
	where string // "entry 4 of the list", `key "ema"`, or "" for the object itself
	kind  string // "ema", "raw", or "" where the object does not tell
	dict  *pickle.Dict
}

// The names under which training programs save weights in a dictionary.
var (
	rawKeys = []string{"model", "state_dict", "model_state_dict", "model_state", "net", "network", "unet", "module", "weights"}
	emaKeys = []string{"ema", "model_ema", "ema_model", "ema_state_dict", "ema_model_state_dict", "ema_state", "params_ema", "shadow", "shadow_params"}
)

// statesOf finds the weights in what torch.save saved: a dictionary of tensors, a dictionary of such, or the list of Ho's
// PyTorch ports: model, optimiser, epoch, step and, last, the moving average.
func statesOf(root any) []state {
	switch root := root.(type) {
	case *pickle.Dict:
		if isState(root) {
			return []state{{dict: root}}
		}
		return statesInDict(root)
	case *pickle.List:
		return statesInList(root)
	}
	return nil
}

func isState(d *pickle.Dict) bool {
	for i, v := range d.Values {
		_, text := d.Keys[i].(string)
		if _, tensor := v.(*pickle.Tensor); !tensor || !text {
			return false
		}
	}
	return len(d.Values) > 0
}

func statesInDict(root *pickle.Dict) []state {
	var found []state
	for i, v := range root.Values {
		key, _ := root.Keys[i].(string)
		d, ok := v.(*pickle.Dict)
		if !ok {
			continue
		}
		s := state{where: "key " + strconv.Quote(key), kind: kindOf(key)}
		for _, inner := range append([]string{""}, append(emaKeys, rawKeys...)...) {
			if s.dict = d; inner != "" {
				v, _ := d.Get(inner)
				if s.dict, ok = v.(*pickle.Dict); !ok {
					continue
				}
			}
			if isState(s.dict) {
				found = append(found, s)
				break
			}
		}
	}
	return found
}

func kindOf(key string) string {
	for _, k := range emaKeys {
		if key == k || strings.HasPrefix(key, "ema_") || strings.HasSuffix(key, "_ema") {
			return "ema"
		}
	}
	for _, k := range rawKeys {
		if key == k {
			return "raw"
		}
	}
	return ""
}

func statesInList(root *pickle.List) []state {
	var found []state
	for i, v := range root.Items {
		if d, ok := v.(*pickle.Dict); ok && isState(d) {
			found = append(found, state{"entry " + strconv.Itoa(i) + " of the list", "raw", d})
		}
	}
	if len(found) == 2 {
		found[1].kind = "ema"
	}
	return found
}

// chooseState takes the weights asked for ("ema", "raw", or "" for the moving average where there is one).
func chooseState(found []state, want, file string) (state, error) {
	var kinds []string
	for _, s := range found {
		if s.kind == want && want != "" {
			return s, nil
		}
		kinds = append(kinds, s.text())
	}
	for _, kind := range []string{"ema", "raw", ""} {
		var of []state
		for _, s := range found {
			if s.kind == kind {
				of = append(of, s)
			}
		}
		switch {
		case len(of) == 0 || want != "":
		case len(of) > 1:
			return state{}, errors.New(file + ": holds several sets of weights (" + strings.Join(kinds, ", ") + ") and does not say which are which: save the one to convert alone")
		default:
			return of[0], nil
		}
	}
	if len(found) == 1 && found[0].kind == "" {
		return state{}, errors.New(file + ": holds one set of weights and does not say whether they are " + want + ": leave --weights away")
	}
	if want != "" {
		return state{}, errors.New(file + ": holds no " + want + " weights, found " + strings.Join(kinds, ", "))
	}
	return state{}, errors.New(file + ": holds no dictionary of tensors: save the model's state_dict() with torch.save")
}

func (s state) text() string {
	if s.kind == "" {
		return s.where
	}
	return s.where + " (" + s.kind + ")"
}

// wrappers are prefixes that all tensor names get from what a model is wrapped in.
var wrappers = []string{"module.", "_orig_mod.", "model.", "unet.", "network."}

// stripWrappers removes prefixes that every name has.
func stripWrappers(names []string) {
	for again := true; again && len(names) > 0; {
		again = false
		for _, w := range wrappers {
			all := true
			for _, n := range names {
				all = all && strings.HasPrefix(n, w)
			}
			if !all {
				continue
			}
			for i := range names {
				names[i] = names[i][len(w):]
			}
			again = true
		}
	}
}
