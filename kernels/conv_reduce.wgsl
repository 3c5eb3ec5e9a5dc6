// The end of a convolution whose input channels were cut into slabs: adds the slabs' raw sums in order and finishes them, as
// conv_shared.wgsl does where there is one slab.

struct Params {
  size: u32, perSample: u32, cout: u32, // elements of the output, of one sample, of one pixel
  slabs: u32,
  time: u32, timeStride: u32,           // as in conv3x3.wgsl and conv1x1.wgsl
  residual: u32,
  vectors: u32,
  mul: f32,
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> sums: array<f32>; // [slab][element]
@group(0) @binding(2) var<storage, read> arena: array<f32>;
@group(0) @binding(3) var<storage, read> time: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.size; i += groups.x * 256u) {
    var sum = 0.0;
    for (var slab = 0u; slab < p.slabs; slab++) {
      sum += sums[slab * p.size + i];
    }
    let c = i % p.cout;
    var v = sum * arena[p.vectors + c] + arena[p.vectors + p.cout + c];
    if (p.time != 0u) {
      v += time[i / p.perSample * p.timeStride + p.time - 1u + c];
    }
    if (p.residual != 0u) {
      v += residual[i];
    }
    out[i] = v * p.mul;
  }
}
