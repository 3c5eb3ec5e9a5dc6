// The product of linear.wgsl without workgroup memory, for the adapters of conv3x3_direct.wgsl. A thread makes eight outputs of one sample.

struct Params {
  cin: u32, cout: u32,
  silu: u32,                      // 1: applied to the input
  residual: u32,                  // 1: added; [n][cout]
  vectors: u32,                   // where scale[cout], bias[cout] stand in the arena
  outOffset: u32, outStride: u32, // sample n's first value stands at n * outStride + outOffset
}

override WIDE: bool = false; // weights are float32 rather than pairs of float16
override THREADS: u32 = 8u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var weights: texture_2d<u32>; // row c: eight outputs a texel; float32: two texels
@group(0) @binding(2) var<storage, read> a: array<f32>; // [n][cin]
@group(0) @binding(3) var<storage, read> arena: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

// silu cannot overflow: the exponent is never positive.
fn silu(x: f32) -> f32 {
  let e = exp(-abs(x));
  return x * select(1.0, e, x < 0.0) / (1.0 + e);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let group = id.x;
  let n = id.y;
  if (8u * group >= p.cout) {
    return;
  }
  var lo = vec4f(0.0);
  var hi = vec4f(0.0);
  for (var c = 0u; c < p.cin; c++) {
    var v = a[n * p.cin + c];
    if (p.silu != 0u) {
      v = silu(v);
    }
    if (WIDE) {
      lo += v * bitcast<vec4f>(textureLoad(weights, vec2u(2u * group, c), 0));
      hi += v * bitcast<vec4f>(textureLoad(weights, vec2u(2u * group + 1u, c), 0));
    } else { // unpack2x16float is exact
      let w = textureLoad(weights, vec2u(group, c), 0);
      lo += v * vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
      hi += v * vec4f(unpack2x16float(w.z), unpack2x16float(w.w));
    }
  }
  for (var i = 0u; i < min(8u, p.cout - 8u * group); i++) {
    let c = 8u * group + i;
    var v = select(lo, hi, i >= 4u)[i % 4u] * arena[p.vectors + c] + arena[p.vectors + p.cout + c];
    if (p.residual != 0u) {
      v += residual[n * p.cout + c];
    }
    out[n * p.outStride + p.outOffset + c] = v;
  }
}
