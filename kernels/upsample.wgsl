// Nearest neighbour to twice the size, as kernels/upsample.go defines it.

struct Params {
  size: u32,              // elements of the output
  h: u32, w: u32, c: u32, // of the input
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.size; i += groups.x * 256u) {
    let c = i % p.c;
    let x = i / p.c % (2u * p.w);
    let row = i / (p.c * 2u * p.w); // of all samples: twice as many as the input has
    out[i] = a[(row / 2u * p.w + x / 2u) * p.c + c];
  }
}
