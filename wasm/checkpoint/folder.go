package checkpoint

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"unnoise/weights/jsontree"
)

// maxConfig is the longest configuration file read.
const maxConfig = 1 << 20

// Options say which checkpoint is meant where a folder holds more than one thing.
type Options struct {
	// WeightFile names the weights, a path in the folder; "" looks for them.
	WeightFile string
	// Weights is "ema" or "raw", or "" for the moving average where there is one.
	Weights string
	// Settings are the hyper-parameters that tensors do not tell; nil looks for a file beside the weights.
	Settings *Settings
}

// Open reads a checkpoint in a folder: one that diffusers saved (unet/ and scheduler/, or the files at the root), or one with a
// single file of weights, whose layout its tensors' names tell.
func Open(fsys fs.FS, o Options) (*Checkpoint, error) {
	c := &Checkpoint{maps: map[string]mapping{}}
	err := c.open(fsys, o)
	if err == nil {
		err = c.Net.Check()
	}
	if err == nil {
		err = c.check()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	c.Weights = c.kindText()
	return c, nil
}

func (c *Checkpoint) open(fsys fs.FS, o Options) error {
	dir, hasConfig := c.modelDir(fsys, o.Weights)
	if o.WeightFile != "" {
		dir = path.Dir(o.WeightFile)
	}
	switch err := error(nil); {
	case o.WeightFile != "":
		if err = c.openWeights(fsys, o.WeightFile, o.Weights); err != nil {
			return err
		}
	case hasConfig:
		if err = c.openAll(fsys, dir, o.Weights); err != nil {
			return err
		}
	default:
		if err = c.openSingle(fsys, o.Weights); err != nil {
			return err
		}
	}
	return c.readLayout(fsys, dir, o.Settings)
}

// readLayout tells the layout by the tensors' names and describes the network.
func (c *Checkpoint) readLayout(fsys fs.FS, dir string, given *Settings) error {
	layout := c.layout()
	if layout == layoutDiffusers {
		return c.openDiffusers(fsys, dir)
	}
	read := map[string]func(*Settings) error{layoutHo: c.readHo, layoutOpenAI: c.readOpenAI}[layout]
	if read == nil {
		return c.unknownLayout()
	}
	c.Layout = layout
	s, err := c.findSettings(fsys, dir, given)
	if err != nil {
		return err
	}
	return read(s)
}

func (c *Checkpoint) openDiffusers(fsys fs.FS, dir string) error {
	c.Layout = layoutDiffusers
	name := path.Join(dir, "config.json")
	if !exists(fsys, name) {
		return errors.New(c.Files[0] + ": holds diffusers tensors, but there is no " + name + " beside it: give the folder that save_pretrained wrote")
	}
	config, err := readObject(fsys, name)
	if err != nil {
		return err
	}
	if err := c.readDiffusers(config, name); err != nil {
		return err
	}
	return c.readScheduler(fsys, dir)
}

// modelDir is the folder that holds the network's config.json. Training scripts of diffusers leave unet_ema/ beside unet/.
func (c *Checkpoint) modelDir(fsys fs.FS, want string) (dir string, found bool) {
	both := exists(fsys, "unet_ema/config.json")
	switch {
	case both && want != "raw":
		c.kind = "ema"
		return "unet_ema", true
	case both && exists(fsys, "unet/config.json"):
		c.kind = "raw"
		return "unet", true
	}
	for _, dir := range []string{"unet", "."} {
		if exists(fsys, path.Join(dir, "config.json")) {
			return dir, true
		}
	}
	return ".", false
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, errors.New(name + ": cannot be read: " + err.Error())
	}
	if info.Size() > maxConfig {
		return nil, errors.New(name + ": is " + strconv.FormatInt(info.Size(), 10) + " bytes long, a configuration has at most " + strconv.Itoa(maxConfig))
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, errors.New(name + ": cannot be read: " + err.Error())
	}
	return data, nil
}

func readObject(fsys fs.FS, name string) (*jsontree.Object, error) {
	data, err := readFile(fsys, name)
	if err != nil {
		return nil, err
	}
	o, err := jsontree.ParseObject(data)
	if err != nil {
		return nil, errors.New(name + ": " + err.Error())
	}
	return o, nil
}

// openAll opens the weights beside a config.json: the library's usual names, the shards of an index, or the only file there is.
func (c *Checkpoint) openAll(fsys fs.FS, dir, want string) error {
	for _, name := range []string{"diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors",
		"diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.bin", "diffusion_pytorch_model.fp16.bin",
		"diffusion_pytorch_model.bin.index.json"} {
		name = path.Join(dir, name)
		switch {
		case !exists(fsys, name):
		case path.Ext(name) == ".json":
			return c.openShards(fsys, dir, name, want)
		default:
			return c.openFrom(fsys, name, want)
		}
	}
	found, err := weightFiles(fsys, dir, ".safetensors", ".bin", ".pt", ".pth", ".ckpt")
	if err != nil {
		return err
	}
	switch len(found) {
	case 0:
		return errors.New("no weights beside " + path.Join(dir, "config.json") + ": expected diffusion_pytorch_model.safetensors or .bin")
	case 1:
		return c.openFrom(fsys, path.Join(dir, found[0]), want)
	}
	return errors.New("several files of weights (" + strings.Join(found, ", ") + "): name the one to convert")
}

// openFrom opens a file of a folder whose name may have told already which weights it holds.
func (c *Checkpoint) openFrom(fsys fs.FS, name, want string) error {
	if c.kind != "" && c.kind == want {
		want = ""
	}
	return c.openWeights(fsys, name, want)
}

// weightFiles lists the files of a folder with one of the extensions.
func weightFiles(fsys fs.FS, dir string, ext ...string) ([]string, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, errors.New(dir + ": cannot be listed: " + err.Error())
	}
	var found []string
	for _, e := range entries {
		if slices.Contains(ext, strings.ToLower(path.Ext(e.Name()))) && !e.IsDir() {
			found = append(found, e.Name())
		}
	}
	return found, nil
}

// openSingle opens the only checkpoint of a folder without config.json. OpenAI's programs write opt*.pt, model*.pt and ema_*.pt:
// the first is no network, and of the others want takes one.
func (c *Checkpoint) openSingle(fsys fs.FS, want string) error {
	found, err := weightFiles(fsys, ".", ".pt", ".pth", ".ckpt")
	if err != nil {
		return err
	}
	if len(found) == 0 {
		if found, err = weightFiles(fsys, ".", ".safetensors", ".bin"); err != nil {
			return err
		}
	}
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(name string) bool { return strings.HasPrefix(name, "opt") })
	}
	if len(found) == 2 && (fileKind(found[0]) == "ema") != (fileKind(found[1]) == "ema") {
		ema := found[0]
		if fileKind(ema) != "ema" {
			ema = found[1]
		}
		found = slices.DeleteFunc(found, func(name string) bool { return (name == ema) != (want != "raw") })
		if want == "raw" {
			c.kind = "raw"
		}
	}
	switch len(found) {
	case 0:
		return errors.New("no config.json here nor in unet/, and no .pt, .pth, .ckpt or .safetensors file: expected a folder that diffusers saved, or one with a single file of weights")
	case 1:
		return c.openFrom(fsys, found[0], want)
	}
	return errors.New("several files of weights (" + strings.Join(found, ", ") + "): name the one to convert")
}

// openShards opens the files an index lists. Names are taken as names in the same folder, never as paths.
func (c *Checkpoint) openShards(fsys fs.FS, dir, index, want string) error {
	o, err := readObject(fsys, index)
	if err != nil {
		return err
	}
	parts, ok := o.Values["weight_map"].(*jsontree.Object)
	if !ok || len(parts.Keys) == 0 {
		return errors.New(index + `: "weight_map" must be an object that names a file for every tensor`)
	}
	var names []string
	for _, key := range parts.Keys {
		name, ok := parts.Values[key].(string)
		if !ok || name == "" || path.Base(name) != name || strings.ContainsAny(name, `\:`) || name == "." || name == ".." {
			return errors.New(index + ": tensor " + strconv.Quote(key) + ": " + jsontree.Text(parts.Values[key]) + " is not the name of a file in the same folder")
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := c.openFrom(fsys, path.Join(dir, name), want); err != nil {
			return err
		}
	}
	return nil
}
