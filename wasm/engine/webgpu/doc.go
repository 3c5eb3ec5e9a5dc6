// Package webgpu computes plans by WebGPU shaders, the WGSL files of package kernels.
//
// A plan is recorded once for each batch size: pipelines, bind groups and uniform blocks for every operation. A Run
// copies its inputs to the plan's own buffers, replays the recording and copies the outputs back, all in one call to
// JavaScript and, for work that ends soon enough, one submit. Tensors are float32 NHWC; weights stay float16.
//
// Everything but this file is built for the browser alone, and needs site/lib/gpu-replay.js in the page.
package webgpu
