package checkpoint

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"unnoise/weights/jsontree"
)

// preset is a published model's hyper-parameters as its authors' README gives them, those that tensors do not tell.
type preset struct {
	layout string
	flags  string // JSON
}

// guided are the flags that all networks of Dhariwal and Nichol 2021 share.
const guided = `"diffusion_steps":1000,"rescale_timesteps":false,"predict_xstart":false,"learn_sigma":true,"resblock_updown":true,"use_scale_shift_norm":true,`

// improved are those of Nichol and Dhariwal 2021; its attention has the older order of rows.
const improved = `"diffusion_steps":4000,"noise_schedule":"cosine","predict_xstart":false,"learn_sigma":true,"num_heads":4,"use_new_attention_order":false,`

var presets = map[string]preset{
	"iddpm-cifar10":         {layoutOpenAI, `{"image_size":32,"num_channels":128,"num_res_blocks":3,"class_cond":false,"rescale_timesteps":true,` + improved + `"attention_resolutions":"16,8"}`},
	"iddpm-imagenet64":      {layoutOpenAI, `{"image_size":64,"num_channels":128,"num_res_blocks":3,"class_cond":false,"rescale_timesteps":true,` + improved + `"attention_resolutions":"16,8"}`},
	"iddpm-imagenet64-cond": {layoutOpenAI, `{"image_size":64,"num_channels":192,"num_res_blocks":3,"class_cond":true,"rescale_timesteps":false,` + improved + `"attention_resolutions":"16,8"}`},
	"iddpm-lsun-bedroom": {layoutOpenAI, `{"image_size":256,"num_channels":128,"num_res_blocks":2,"class_cond":false,"learn_sigma":true,"num_heads":1,"use_new_attention_order":false,` +
		`"use_scale_shift_norm":false,"attention_resolutions":"16","diffusion_steps":1000,"noise_schedule":"linear","rescale_timesteps":false,"predict_xstart":false}`},
	"adm-64":         {layoutOpenAI, `{"image_size":64,"num_channels":192,"num_res_blocks":3,"class_cond":true,"num_head_channels":64,"use_new_attention_order":true,"noise_schedule":"cosine",` + guided + `"attention_resolutions":"32,16,8"}`},
	"adm-128":        {layoutOpenAI, `{"image_size":128,"num_channels":256,"num_res_blocks":2,"class_cond":true,"num_heads":4,"use_new_attention_order":false,"noise_schedule":"linear",` + guided + `"attention_resolutions":"32,16,8"}`},
	"adm-256":        {layoutOpenAI, `{"image_size":256,"num_channels":256,"num_res_blocks":2,"class_cond":true,"num_head_channels":64,"use_new_attention_order":false,"noise_schedule":"linear",` + guided + `"attention_resolutions":"32,16,8"}`},
	"adm-256-uncond": {layoutOpenAI, `{"image_size":256,"num_channels":256,"num_res_blocks":2,"class_cond":false,"num_head_channels":64,"use_new_attention_order":false,"noise_schedule":"linear",` + guided + `"attention_resolutions":"32,16,8"}`},
	"adm-512":        {layoutOpenAI, `{"image_size":512,"num_channels":256,"num_res_blocks":2,"class_cond":true,"num_head_channels":64,"use_new_attention_order":false,"noise_schedule":"linear",` + guided + `"attention_resolutions":"32,16,8"}`},
	"ffhq-p2":        {layoutOpenAI, `{"image_size":256,"num_channels":128,"num_res_blocks":1,"class_cond":false,"num_head_channels":64,"use_new_attention_order":false,"noise_schedule":"linear",` + guided + `"attention_resolutions":"16"}`},
	"ho-cifar10":     {layoutHo, `{"resolution":32,"ch":128,"ch_mult":[1,2,2,2],"num_res_blocks":2,"attn_resolutions":[16],"var_type":"fixedlarge",` + hoProcess},
	"ho-lsun":        {layoutHo, `{"resolution":256,"ch":128,"ch_mult":[1,1,2,2,4,4],"num_res_blocks":2,"attn_resolutions":[16],"var_type":"fixedsmall",` + hoProcess},
	"ho-celebahq":    {layoutHo, `{"resolution":256,"ch":128,"ch_mult":[1,1,2,2,4,4],"num_res_blocks":2,"attn_resolutions":[16],"var_type":"fixedsmall",` + hoProcess},
}

// hoProcess is the process of Ho et al. 2020.
const hoProcess = `"beta_schedule":"linear","beta_start":0.0001,"beta_end":0.02,"num_diffusion_timesteps":1000}`

// Preset gives the settings of a published model.
func Preset(name string) (*Settings, error) {
	p, ok := presets[name]
	if !ok {
		return nil, errors.New("unknown preset " + strconv.Quote(name) + ", expected " + strings.Join(Presets(), ", "))
	}
	o, err := jsontree.ParseObject([]byte(p.flags))
	if err != nil {
		return nil, err
	}
	return &Settings{From: "preset " + name, object: o, used: map[string]bool{}}, nil
}

// Presets lists the presets' names.
func Presets() []string { return presetsOf("") }

// presetsOf lists those of a layout, or all.
func presetsOf(layout string) []string {
	var names []string
	for name, p := range presets {
		if layout == "" || p.layout == layout {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func presetText(layout string) string { return strings.Join(presetsOf(layout), " | ") }
