// The mean of 2x2 pixels of act(norm(a)), as kernels/avgpool2.go defines it; an odd last row or column is dropped.

struct Params {
  size: u32,              // elements of the output
  h: u32, w: u32, c: u32, // of the input
  norm: u32, silu: u32,   // 1: applied to the input
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> norm: array<f32>; // [n][mean, scale, shift][c]
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

// silu cannot overflow: the exponent is never positive.
fn silu(x: f32) -> f32 {
  let e = exp(-abs(x));
  return x * select(1.0, e, x < 0.0) / (1.0 + e);
}

fn at(n: u32, y: u32, x: u32, c: u32) -> f32 {
  var v = a[((n * p.h + y) * p.w + x) * p.c + c];
  if (p.norm != 0u) {
    let i = 3u * n * p.c + c;
    v = (v - norm[i]) * norm[i + p.c] + norm[i + 2u * p.c];
  }
  if (p.silu != 0u) {
    v = silu(v);
  }
  return v;
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let ho = p.h / 2u;
  let wo = p.w / 2u;
  for (var i = id.x; i < p.size; i += groups.x * 256u) {
    let c = i % p.c;
    let x = i / p.c % wo * 2u;
    let y = i / (p.c * wo) % ho * 2u;
    let n = i / (p.c * wo * ho);
    let sum = at(n, y, x, c) + at(n, y, x + 1u, c) + at(n, y + 1u, x, c) + at(n, y + 1u, x + 1u, c);
    out[i] = sum * 0.25;
  }
}
