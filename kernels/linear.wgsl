// out = act(in) W * scale + bias + residual for vectors, as kernels/linear.go defines it.
//
// A workgroup makes 64 outputs of one sample: 16 quads of channels across, and 16 threads a quad that share the input's
// channels and add up their sums at the end.

struct Params {
  cin: u32, cout: u32,
  silu: u32,                      // 1: applied to the input
  residual: u32,                  // 1: added; [n][cout]
  vectors: u32,                   // where scale[cout], bias[cout] stand in the arena
  outOffset: u32, outStride: u32, // sample n's first value stands at n * outStride + outOffset
}

override WIDE: bool = false; // weights are float32 rather than pairs of float16

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;         // [n][cin]
@group(0) @binding(2) var<storage, read> weights: array<vec2u>; // [cin][quads of cout]
@group(0) @binding(3) var<storage, read> arena: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

var<workgroup> sums: array<vec4f, 256>; // [share][quad]

// silu cannot overflow: the exponent is never positive.
fn silu(x: f32) -> f32 {
  let e = exp(-abs(x));
  return x * select(1.0, e, x < 0.0) / (1.0 + e);
}

// weight is quad i of the weights; unpack2x16float is exact.
fn weight(i: u32) -> vec4f {
  if (WIDE) {
    return vec4f(bitcast<vec2f>(weights[2u * i]), bitcast<vec2f>(weights[2u * i + 1u]));
  }
  let w = weights[i];
  return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
}

fn put(sum: f32, n: u32, c: u32) {
  if (c >= p.cout) {
    return;
  }
  var v = sum * arena[p.vectors + c] + arena[p.vectors + p.cout + c];
  if (p.residual != 0u) {
    v += residual[n * p.cout + c];
  }
  out[n * p.outStride + p.outOffset + c] = v;
}

@compute @workgroup_size(16, 16)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) index: u32) {
  let n = group.y;
  let quads = (p.cout + 3u) / 4u;
  let quad = group.x * 16u + local.x;
  var sum = vec4f(0.0);
  for (var c = local.y; c < p.cin; c += 16u) {
    var v = a[n * p.cin + c];
    if (p.silu != 0u) {
      v = silu(v);
    }
    sum += v * weight(c * quads + min(quad, quads - 1u));
  }
  sums[index] = sum;
  workgroupBarrier();
  if (local.y != 0u) {
    return;
  }
  for (var share = 1u; share < 16u; share++) {
    sum += sums[share * 16u + local.x];
  }
  put(sum.x, n, 4u * quad);
  put(sum.y, n, 4u * quad + 1u);
  put(sum.z, n, 4u * quad + 2u);
  put(sum.w, n, 4u * quad + 3u);
}
