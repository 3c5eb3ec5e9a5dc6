// a then b along the channels, as kernels/concat.go defines it.

struct Params {
  size: u32, // elements of the output
  c0: u32, c1: u32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.size; i += groups.x * 256u) {
    let c = i % (p.c0 + p.c1);
    let pixel = i / (p.c0 + p.c1);
    if (c < p.c0) {
      out[i] = a[pixel * p.c0 + c];
    } else {
      out[i] = b[pixel * p.c1 + c - p.c0];
    }
  }
}
