// A tensor times a factor, element by element, as kernels/modulate.go defines it: add + mul * f, or its exponential.

struct Params {
  size: u32, c: u32,        // elements and channels of the output
  channels: u32, skip: u32, // of the factor's tensor; first channel read
  add: f32, mul: f32,
  exponential: u32,         // 1: take the exponential
  inPlace: u32,             // 1: the input is the output, which cannot be bound twice
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> f: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.size; i += groups.x * 256u) {
    let channel = p.skip + select(i % p.c, 0u, p.channels == 1u);
    var by = p.add + p.mul * f[i / p.c * p.channels + channel];
    if (p.exponential != 0u) {
      by = exp(by);
    }
    out[i] = select(a[i], out[i], p.inPlace != 0u) * by;
  }
}
