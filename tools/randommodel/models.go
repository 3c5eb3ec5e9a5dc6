package main

import "fmt"

// google is a diffusers model of Ho et al.'s kind: [sin, cos], shift 1, padding right and below, one head.
func google(title string, side, attention int, variance string, channels ...int) published {
	downs, ups := "", ""
	for i := range channels {
		down, up := "DownBlock2D", "UpBlock2D"
		if i == attention {
			down = "AttnDownBlock2D"
		}
		if len(channels)-1-i == attention {
			up = "AttnUpBlock2D"
		}
		downs, ups = downs+`,"`+down+`"`, ups+`,"`+up+`"`
	}
	list := ""
	for _, c := range channels {
		list += fmt.Sprintf(",%d", c)
	}
	config := fmt.Sprintf(`{"_class_name":"UNet2DModel","_diffusers_version":"0.0.4","act_fn":"silu","attention_head_dim":null,"block_out_channels":[%s],`+
		`"center_input_sample":false,"down_block_types":[%s],"downsample_padding":0,"flip_sin_to_cos":false,"freq_shift":1,"in_channels":3,"layers_per_block":2,`+
		`"mid_block_scale_factor":1,"norm_eps":1e-06,"norm_num_groups":32,"out_channels":3,"sample_size":%d,"time_embedding_type":"positional","up_block_types":[%s]}`,
		list[1:], downs[1:], side, ups[1:])
	scheduler := fmt.Sprintf(`{"_class_name":"DDPMScheduler","beta_end":0.02,"beta_schedule":"linear","beta_start":0.0001,"clip_sample":true,"num_train_timesteps":1000,"variance_type":%q}`, variance)
	return published{title: title, texts: map[string]string{"unet/config.json": config, "scheduler/scheduler_config.json": scheduler},
		specs: func() []spec { return diffusers(channels, 2, attention) }}
}

// openai is a model of improved-diffusion or guided-diffusion.
func openai(title, preset, flags string, m unetModel) published {
	return published{title: title, preset: preset, flags: flags, pickle: true, specs: m.specs}
}

// adm are the flags that all models of guided-diffusion share.
const adm = "--learn_sigma True --resblock_updown True --use_scale_shift_norm True --diffusion_steps 1000"

// models have the flags of their authors' pages.
var models = map[string]published{
	"ddpm-cifar10-32": google("google/ddpm-cifar10-32", 32, 1, "fixed_large", 128, 256, 256, 256),
	"ddpm-256":        google("google/ddpm-cat-256, -church-256, -bedroom-256, -celebahq-256", 256, 4, "fixed_small", 128, 128, 256, 256, 512, 512),
	"iddpm-cifar10": openai("IDDPM CIFAR-10 (cifar10_uncond_50M_500K.pt)", "iddpm-cifar10",
		"--image_size 32 --num_channels 128 --num_res_blocks 3 --learn_sigma True --diffusion_steps 4000 --noise_schedule cosine",
		unetModel{channels: 128, blocks: 3, mult: []float64{1, 2, 2, 2}, attention: []int{2, 4}, learned: true, film: true}),
	"iddpm-imagenet64": openai("IDDPM ImageNet-64 (imagenet64_uncond_100M_1500K.pt)", "iddpm-imagenet64",
		"--image_size 64 --num_channels 128 --num_res_blocks 3 --learn_sigma True --diffusion_steps 4000 --noise_schedule cosine",
		unetModel{channels: 128, blocks: 3, mult: []float64{1, 2, 3, 4}, attention: []int{4, 8}, learned: true, film: true}),
	"iddpm-imagenet64-cond": openai("IDDPM ImageNet-64, classes (imagenet64_cond_270M_250K.pt)", "iddpm-imagenet64-cond",
		"--image_size 64 --num_channels 192 --num_res_blocks 3 --learn_sigma True --class_cond True --diffusion_steps 4000 --noise_schedule cosine --rescale_timesteps False",
		unetModel{channels: 192, blocks: 3, mult: []float64{1, 2, 3, 4}, attention: []int{4, 8}, learned: true, film: true, classes: 1000}),
	"adm-64": openai("ADM ImageNet-64 (64x64_diffusion.pt)", "adm-64",
		adm+" --image_size 64 --num_channels 192 --num_res_blocks 3 --num_head_channels 64 --class_cond True --use_new_attention_order True --noise_schedule cosine",
		unetModel{channels: 192, blocks: 3, mult: []float64{1, 2, 3, 4}, attention: []int{2, 4, 8}, learned: true, film: true, updown: true, classes: 1000}),
	"adm-128": openai("ADM ImageNet-128 (128x128_diffusion.pt)", "adm-128", adm+" --image_size 128 --num_channels 256 --num_res_blocks 2 --num_heads 4 --class_cond True --noise_schedule linear",
		unetModel{channels: 256, blocks: 2, mult: []float64{1, 1, 2, 3, 4}, attention: []int{4, 8, 16}, learned: true, film: true, updown: true, classes: 1000}),
	"adm-256": openai("ADM ImageNet-256 (256x256_diffusion.pt)", "adm-256", adm+" --image_size 256 --num_channels 256 --num_res_blocks 2 --num_head_channels 64 --class_cond True --noise_schedule linear",
		unetModel{channels: 256, blocks: 2, mult: []float64{1, 1, 2, 2, 4, 4}, attention: []int{8, 16, 32}, learned: true, film: true, updown: true, classes: 1000}),
	"adm-256-uncond": openai("ADM 256 without classes (256x256_diffusion_uncond.pt, lsun_*.pt)", "adm-256-uncond",
		adm+" --image_size 256 --num_channels 256 --num_res_blocks 2 --num_head_channels 64 --noise_schedule linear",
		unetModel{channels: 256, blocks: 2, mult: []float64{1, 1, 2, 2, 4, 4}, attention: []int{8, 16, 32}, learned: true, film: true, updown: true}),
	"adm-512": openai("ADM ImageNet-512 (512x512_diffusion.pt)", "adm-512", adm+" --image_size 512 --num_channels 256 --num_res_blocks 2 --num_head_channels 64 --class_cond True --noise_schedule linear",
		unetModel{channels: 256, blocks: 2, mult: []float64{0.5, 1, 1, 2, 2, 4, 4}, attention: []int{16, 32, 64}, learned: true, film: true, updown: true, classes: 1000}),
	"ffhq-p2": openai("P2 FFHQ-256 (ffhq_p2.pt and its kin)", "ffhq-p2", adm+" --image_size 256 --num_channels 128 --num_res_blocks 1 --num_head_channels 64 --attention_resolutions 16 --noise_schedule linear",
		unetModel{channels: 128, blocks: 1, mult: []float64{1, 1, 2, 2, 4, 4}, attention: []int{16}, learned: true, film: true, updown: true}),
}
