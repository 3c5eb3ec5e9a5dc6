package checkpoint

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"unnoise/wasm/goldens"
	"unnoise/wasm/model"
	"unnoise/weights"
	"unnoise/weights/jsontree"
)

const (
	configFile    = "unet/config.json"
	weightFile    = "unet/diffusion_pytorch_model.safetensors"
	schedulerFile = "scheduler/scheduler_config.json"
	indexFile     = "unet/diffusion_pytorch_model.safetensors.index.json"
)

// folder is a model folder in memory that can be spoilt.
type folder struct {
	t testing.TB
	fstest.MapFS
}

// read are the reference folders as read from disk, by name.
var read = map[string]fstest.MapFS{}

// golden is a copy of a reference folder. Its files' data is shared: replace it, do not write into it.
func golden(t testing.TB, name string) folder {
	t.Helper()
	if read[name] == nil {
		read[name] = readGolden(t, name)
	}
	f := folder{t, fstest.MapFS{}}
	for name, file := range read[name] {
		f.MapFS[name] = &fstest.MapFile{Data: slices.Clip(file.Data)}
	}
	return f
}

func readGolden(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	files, root := fstest.MapFS{}, os.DirFS(filepath.Join(goldens.Dir(t), "unet", name))
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, "cases") {
			return err
		}
		data, err := fs.ReadFile(root, path)
		files[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (f folder) write(name, text string) { f.MapFS[name] = &fstest.MapFile{Data: []byte(text)} }
func (f folder) remove(name string)      { delete(f.MapFS, name) }
func (f folder) move(from, to string)    { f.MapFS[to] = f.MapFS[from]; delete(f.MapFS, from) }

// set changes keys of a JSON file: alternating keys and values; the value absent removes the key.
func (f folder) set(name string, pairs ...any) {
	f.t.Helper()
	o, err := jsontree.ParseObject(f.MapFS[name].Data)
	if err != nil {
		f.t.Fatal(err)
	}
	out := jsontree.NewObject()
	for _, k := range o.Keys {
		out.Set(k, o.Values[k])
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i].(string), pairs[i+1])
	}
	kept := jsontree.NewObject()
	for _, k := range out.Keys {
		if out.Values[k] != absent {
			kept.Set(k, out.Values[k])
		}
	}
	f.write(name, jsontree.Text(kept))
}

const absent = "(absent)"

// tensors rewrites the weights with each tensor changed; nil leaves one out.
func (f folder) tensors(change func(x weights.Tensor) []weights.Tensor) {
	f.t.Helper()
	file, err := weights.OpenBytes(f.MapFS[weightFile].Data, weightFile)
	if err != nil {
		f.t.Fatal(err)
	}
	var out []weights.Tensor
	for _, e := range file.Entries {
		x, err := file.Tensor(e.Name)
		if err != nil {
			f.t.Fatal(err)
		}
		out = append(out, change(x)...)
	}
	var buf bytes.Buffer
	if err := weights.Write(&buf, nil, out); err != nil {
		f.t.Fatal(err)
	}
	f.write(weightFile, buf.String())
}

// tensor changes one tensor.
func (f folder) tensor(name string, change func(x weights.Tensor) []weights.Tensor) {
	f.t.Helper()
	found := false
	f.tensors(func(x weights.Tensor) []weights.Tensor {
		if x.Name != name {
			return []weights.Tensor{x}
		}
		found = true
		return change(x)
	})
	if !found {
		f.t.Fatalf("no tensor %q", name)
	}
}

// convert reads and casts everything.
func (f folder) convert(weightFile string) error {
	c, err := Open(f.MapFS, Options{WeightFile: weightFile})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Convert(context.Background(), io.Discard, weights.F16, model.Provenance{Object: jsontree.NewObject()})
	return err
}

// refused demands an error of one line that says everything given.
func refused(t *testing.T, err error, says ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
	if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
		t.Errorf("error is not one short line: %q", err)
	}
}

func withValue(v float32) func(x weights.Tensor) []weights.Tensor {
	return func(x weights.Tensor) []weights.Tensor {
		values, _ := x.Float32s()
		values[len(values)/2] = v
		return []weights.Tensor{weights.FromFloat32s(x.Name, x.Shape, values)}
	}
}

func reshape(shape ...int) func(x weights.Tensor) []weights.Tensor {
	return func(x weights.Tensor) []weights.Tensor {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return []weights.Tensor{weights.FromFloat32s(x.Name, shape, make([]float32, n))}
	}
}

// badWeights are faults of the tensors, of a folder that is good otherwise.
var badWeights = map[string]struct {
	spoil func(f folder)
	says  []string
}{
	"missing tensor": {func(f folder) {
		f.tensor("conv_in.weight", func(weights.Tensor) []weights.Tensor { return nil })
	}, []string{weightFile, `"conv_in.weight"`, "missing", "[16,3,3,3]"}},
	"extra tensor": {func(f folder) {
		f.tensor("conv_in.bias", func(x weights.Tensor) []weights.Tensor {
			return []weights.Tensor{x, weights.FromFloat32s("stranger.weight", []int{1}, []float32{1})}
		})
	}, []string{weightFile, `"stranger.weight"`, "belongs to no layer", "config.json"}},
	"wrong shape":     {func(f folder) { f.tensor("conv_in.weight", reshape(16, 4, 3, 3)) }, []string{weightFile, `"conv_in.weight"`, "[16,4,3,3]", "[16,3,3,3]"}},
	"wrong rank":      {func(f folder) { f.tensor("conv_in.bias", reshape(16, 1)) }, []string{weightFile, `"conv_in.bias"`, "[16,1]", "[16]"}},
	"transposed":      {func(f folder) { f.tensor("time_embedding.linear_1.weight", reshape(16, 64)) }, []string{`"time_embedding.linear_1.weight"`, "[16,64]", "[64,16]"}},
	"NaN in a matrix": {func(f folder) { f.tensor("conv_out.weight", withValue(float32(math.NaN()))) }, []string{weightFile, `"conv_out.weight"`, "not a finite number"}},
	"NaN in a vector": {func(f folder) { f.tensor("conv_norm_out.weight", withValue(float32(math.NaN()))) }, []string{weightFile, `"conv_norm_out.weight"`, "value 8", "not a finite number"}},
	"infinity":        {func(f folder) { f.tensor("conv_out.bias", withValue(float32(math.Inf(-1)))) }, []string{weightFile, `"conv_out.bias"`, "not a finite number"}},
	"integers": {func(f folder) {
		f.tensor("conv_in.bias", func(x weights.Tensor) []weights.Tensor {
			return []weights.Tensor{weights.FromInt64s(x.Name, x.Shape, make([]int64, x.Len()))}
		})
	}, []string{weightFile, `"conv_in.bias"`, "I64", "F32"}},
	"truncated": {func(f folder) {
		m := f.MapFS[weightFile]
		m.Data = m.Data[:len(m.Data)-1]
	}, []string{weightFile, "truncated"}},
	"over-long":           {func(f folder) { f.MapFS[weightFile].Data = append(f.MapFS[weightFile].Data, 0) }, []string{weightFile, "1 bytes behind"}},
	"empty file":          {func(f folder) { f.write(weightFile, "") }, []string{weightFile, "too short"}},
	"not safetensors":     {func(f folder) { f.write(weightFile, strings.Repeat("text ", 100)) }, []string{weightFile, "not a .safetensors file"}},
	"weights of a folder": {func(f folder) { f.remove(weightFile); f.write(weightFile+"/x", "") }, []string{weightFile}},
}

func TestBadWeights(t *testing.T) {
	for what, c := range badWeights {
		t.Run(what, func(t *testing.T) {
			f := golden(t, "tutorial-flavour")
			c.spoil(f)
			refused(t, f.convert(""), c.says...)
		})
	}
}

// badFolders are faults of which files there are.
var badFolders = map[string]struct {
	spoil func(f folder)
	says  []string
}{
	"no config":    {func(f folder) { f.remove(configFile) }, []string{"config.json", "unet/"}},
	"empty folder": {func(f folder) { clear(f.MapFS) }, []string{"config.json"}},
	"no weights":   {func(f folder) { f.remove(weightFile) }, []string{"no weights beside unet/config.json", ".safetensors"}},
	"no pickle":    {func(f folder) { f.remove(weightFile); f.write("unet/diffusion_pytorch_model.bin", "\x80\x02text") }, []string{"unet/diffusion_pytorch_model.bin", "pickle"}},
	"two weight files": {func(f folder) {
		f.move(weightFile, "unet/a.safetensors")
		f.MapFS["unet/b.safetensors"] = f.MapFS["unet/a.safetensors"]
	}, []string{"a.safetensors", "b.safetensors", "name the one"}},
	"config too long":   {func(f folder) { f.write(configFile, "{"+strings.Repeat(" ", maxConfig)+"}") }, []string{configFile, "1048578", "1048576"}},
	"index no map":      {func(f folder) { f.remove(weightFile); f.write(indexFile, `{}`) }, []string{indexFile, "weight_map"}},
	"index not JSON":    {func(f folder) { f.remove(weightFile); f.write(indexFile, `{`) }, []string{indexFile}},
	"index empty":       {func(f folder) { f.remove(weightFile); f.write(indexFile, `{"weight_map":{}}`) }, []string{indexFile, "weight_map"}},
	"shard missing":     {func(f folder) { f.index("gone.safetensors") }, []string{"unet/gone.safetensors"}},
	"shard a number":    {func(f folder) { f.remove(weightFile); f.write(indexFile, `{"weight_map":{"conv_in.weight":5}}`) }, []string{indexFile, `"conv_in.weight"`, "5"}},
	"shard path up":     {func(f folder) { f.index("../scheduler/x.safetensors") }, []string{indexFile, `"conv_in.weight"`, `"../scheduler/x.safetensors"`, "same folder"}},
	"shard ..":          {func(f folder) { f.index("..") }, []string{indexFile, "same folder"}},
	"shard .":           {func(f folder) { f.index(".") }, []string{indexFile, "same folder"}},
	"shard absolute":    {func(f folder) { f.index("/etc/passwd") }, []string{indexFile, "/etc/passwd", "same folder"}},
	"shard in a folder": {func(f folder) { f.index("sub/x.safetensors") }, []string{indexFile, "same folder"}},
	"shard backslash":   {func(f folder) { f.index(`..\\x.safetensors`) }, []string{indexFile, "same folder"}},
	"shard drive":       {func(f folder) { f.index("C:x.safetensors") }, []string{indexFile, "same folder"}},
	"shard no name":     {func(f folder) { f.index("") }, []string{indexFile, "same folder"}},
}

// index puts an index in the place of the weights that names one file; name is JSON text without its quotes.
func (f folder) index(name string) {
	f.remove(weightFile)
	f.write(indexFile, `{"weight_map":{"conv_in.weight":"`+name+`"}}`)
}

func TestBadFolders(t *testing.T) {
	for what, c := range badFolders {
		t.Run(what, func(t *testing.T) {
			f := golden(t, "tutorial-flavour")
			c.spoil(f)
			refused(t, f.convert(""), c.says...)
		})
	}
}

// The weights may be named, have any name, and stand at the root.
func TestFolderForms(t *testing.T) {
	for what, change := range map[string]func(f folder) (name string){
		"as saved": func(f folder) string { return "" },
		"named": func(f folder) string {
			f.move(weightFile, "unet/a.safetensors")
			f.write("unet/b.safetensors", "")
			return "unet/a.safetensors"
		},
		"any name":  func(f folder) string { f.move(weightFile, "unet/model.safetensors"); return "" },
		"fp16 name": func(f folder) string { f.move(weightFile, "unet/diffusion_pytorch_model.fp16.safetensors"); return "" },
		"at the root": func(f folder) string {
			f.move(weightFile, "m.safetensors")
			f.move(configFile, "config.json")
			return ""
		},
		"no scheduler":   func(f folder) string { f.remove(schedulerFile); return "" },
		"root scheduler": func(f folder) string { f.move(schedulerFile, "scheduler_config.json"); return "" },
	} {
		f := golden(t, "tutorial-flavour")
		if err := f.convert(change(f)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	f := golden(t, "tutorial-flavour")
	refused(t, f.convert("unet/none.safetensors"), "unet/none.safetensors", "cannot be opened")
}

// Sharded weights are whole together; a shard less, or a tensor in two of them, is seen.
func TestShards(t *testing.T) {
	f := golden(t, "sharded")
	if err := f.convert(""); err != nil {
		t.Fatal(err)
	}
	shards, err := fs.Glob(f.MapFS, "unet/*.safetensors")
	if err != nil || len(shards) != 2 {
		t.Fatalf("shards %q, %v", shards, err)
	}
	f.MapFS[shards[1]] = f.MapFS[shards[0]]
	refused(t, f.convert(""), shards[1], "tensor", "another file")

	f = golden(t, "sharded")
	f.set("unet/diffusion_pytorch_model.safetensors.index.json", "weight_map", jsontree.NewObject().Set("conv_in.weight", path.Base(shards[0])))
	refused(t, f.convert(""), shards[0], "tensor", "missing")

	f = golden(t, "sharded")
	f.addTensors(shards[1], shards[0])
	refused(t, f.convert(""), shards[1], "tensor", "another file")
}

// addTensors rewrites the file to with the first tensor of from behind its own.
func (f folder) addTensors(to, from string) {
	f.t.Helper()
	var all []weights.Tensor
	for _, name := range []string{to, from} {
		file, err := weights.OpenBytes(f.MapFS[name].Data, name)
		if err != nil {
			f.t.Fatal(err)
		}
		for i, e := range file.Entries {
			x, err := file.Tensor(e.Name)
			if err != nil {
				f.t.Fatal(err)
			}
			if name == to || i == 0 {
				all = append(all, x)
			}
		}
	}
	var buf bytes.Buffer
	if err := weights.Write(&buf, nil, all); err != nil {
		f.t.Fatal(err)
	}
	f.write(to, buf.String())
}
