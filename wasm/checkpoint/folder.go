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

// OpenFolder reads a diffusers folder: unet/config.json with its weights, scheduler/scheduler_config.json, or the same
// files at the root. weightFile, where not empty, names the weights (a path in fsys) instead of looking for them.
func OpenFolder(fsys fs.FS, weightFile string) (*Checkpoint, error) {
	dir, err := modelDir(fsys)
	if err != nil {
		return nil, err
	}
	config, err := readObject(fsys, path.Join(dir, "config.json"))
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Layout: "diffusers UNet2DModel", maps: map[string]mapping{}}
	if err := c.read(fsys, dir, weightFile, config); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Checkpoint) read(fsys fs.FS, dir, weightFile string, config *jsontree.Object) error {
	if err := c.openAll(fsys, dir, weightFile); err != nil {
		return err
	}
	if err := c.readDiffusers(config, path.Join(dir, "config.json")); err != nil {
		return err
	}
	if err := c.readScheduler(fsys, dir); err != nil {
		return err
	}
	if err := c.Net.Check(); err != nil {
		return err
	}
	return c.check()
}

// modelDir is the folder that holds the network's config.json.
func modelDir(fsys fs.FS) (string, error) {
	for _, dir := range []string{"unet", "."} {
		if exists(fsys, path.Join(dir, "config.json")) {
			return dir, nil
		}
	}
	return "", errors.New("no config.json here nor in unet/: expected a folder saved by diffusers (save_pretrained)")
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

func readObject(fsys fs.FS, name string) (*jsontree.Object, error) {
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
	o, err := jsontree.ParseObject(data)
	if err != nil {
		return nil, errors.New(name + ": " + err.Error())
	}
	return o, nil
}

// openAll opens the weights: the file asked for, the library's usual names, the shards of an index, or the only
// .safetensors file there is.
func (c *Checkpoint) openAll(fsys fs.FS, dir, weightFile string) error {
	if weightFile != "" {
		return c.openWeights(fsys, weightFile)
	}
	for _, name := range []string{"diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors"} {
		if exists(fsys, path.Join(dir, name)) {
			return c.openWeights(fsys, path.Join(dir, name))
		}
	}
	if index := path.Join(dir, "diffusion_pytorch_model.safetensors.index.json"); exists(fsys, index) {
		return c.openShards(fsys, dir, index)
	}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return err
	}
	var found, others []string
	for _, e := range entries {
		switch path.Ext(e.Name()) {
		case ".safetensors":
			found = append(found, e.Name())
		case ".bin", ".pt", ".pth", ".ckpt":
			others = append(others, e.Name())
		}
	}
	switch {
	case len(found) == 1:
		return c.openWeights(fsys, path.Join(dir, found[0]))
	case len(found) > 1:
		return errors.New("several .safetensors files (" + strings.Join(found, ", ") + "): name the one to convert")
	case len(others) > 0:
		return errors.New(path.Join(dir, others[0]) + ": pickled weights are not read: save the model again with safe_serialization=True")
	}
	return errors.New("no .safetensors weights beside config.json")
}

// openShards opens the files an index lists. Names are taken as names in the same folder, never as paths.
func (c *Checkpoint) openShards(fsys fs.FS, dir, index string) error {
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
		if err := c.openWeights(fsys, path.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
