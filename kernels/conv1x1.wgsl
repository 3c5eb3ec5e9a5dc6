// 1x1 convolution of act(norm(concat(a, b))), as kernels/conv1x1.go defines it: a product of the pixels' matrix
// [pixels][c] with the weights [c][cout].
//
//   out = (product * scale + bias + time + residual) * mul
//
// A workgroup makes 4*ROWS pixels (of all samples, one behind the other) and 4*CQ output channels; a thread makes four
// of each. Input channels go by in blocks of sixteen, staged in workgroup memory.

struct Params {
  pixels: u32, perSample: u32, // pixels in all, and of one sample
  c0: u32, c1: u32, cout: u32,
  norm: u32, silu: u32,        // 1: applied to the input
  time: u32, timeStride: u32,  // offset of the vector's first channel plus one, 0 for none; values a sample
  residual: u32,               // 1: added
  vectors: u32,                // where scale[cout], bias[cout] stand in the arena
  mul: f32,
}

// What is staged: where it is float16, half the memory goes by. Products and sums are float32 whatever it is.
alias number = f32;
alias number4 = vec4<number>;

override HALF: bool = false; // number is f16
override WIDE: bool = false; // weights are float32 rather than pairs of float16
override CQ: u32 = 16u;      // quads of output channels
override ROWS: u32 = 16u;    // quads of pixels
override STAGED: u32 = 256u; // staged quads of channels, 4 * 4 * ROWS
override TAPS: u32 = 256u;   // staged quads of weights, 16 * CQ

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> norm: array<f32>;      // [n][mean, scale, shift][c]
@group(0) @binding(4) var<storage, read> weights: array<vec2u>; // [c rounded up to 16][quads of cout]
@group(0) @binding(5) var<storage, read> arena: array<f32>;
@group(0) @binding(6) var<storage, read> time: array<f32>;
@group(0) @binding(7) var<storage, read> residual: array<f32>;
@group(0) @binding(8) var<storage, read_write> out: array<f32>;

var<workgroup> staged: array<number4, STAGED>; // [quad of channels][pixel]
var<workgroup> taps: array<number4, TAPS>;     // [channel][quad]

// silu cannot overflow: the exponent is never positive.
fn silu(x: vec4f) -> vec4f {
  let e = exp(-abs(x));
  return x * select(vec4f(1.0), e, x < vec4f(0.0)) / (1.0 + e);
}

fn raw(pixel: u32, c: u32) -> f32 {
  if (c < p.c0) {
    return a[pixel * p.c0 + c];
  }
  if (c < p.c0 + p.c1) {
    return b[pixel * p.c1 + c - p.c0];
  }
  return 0.0;
}

// statistics are row k (mean, scale, shift) of channels c to c+3.
fn statistics(n: u32, k: u32, c: u32) -> vec4f {
  let i = (3u * n + k) * (p.c0 + p.c1);
  let last = p.c0 + p.c1 - 1u;
  return vec4f(norm[i + c], norm[i + min(c + 1u, last)], norm[i + min(c + 2u, last)], norm[i + min(c + 3u, last)]);
}

// at is channels c to c+3 of an activated pixel; zero behind the last pixel and channel.
fn at(pixel: u32, c: u32) -> vec4f {
  if (pixel >= p.pixels || c >= p.c0 + p.c1) {
    return vec4f(0.0);
  }
  let n = pixel / p.perSample;
  var v = vec4f(raw(pixel, c), raw(pixel, c + 1u), raw(pixel, c + 2u), raw(pixel, c + 3u));
  if (p.norm != 0u) {
    v = (v - statistics(n, 0u, c)) * statistics(n, 1u, c) + statistics(n, 2u, c);
  }
  if (p.silu != 0u) {
    v = silu(v);
  }
  return v;
}

// weight is quad i of the weights; unpack2x16float is exact.
fn weight(i: u32) -> vec4f {
  if (WIDE) {
    return vec4f(bitcast<vec2f>(weights[2u * i]), bitcast<vec2f>(weights[2u * i + 1u]));
  }
  let w = weights[i];
  return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));
}

// staging is v as it is staged. Conversions to float16 may cut off, which would make all activations smaller: round to
// nearest first.
fn staging(v: vec4f) -> number4 {
  if (!HALF) {
    return number4(v);
  }
  let bits = bitcast<vec4u>(v);
  return number4(bitcast<vec4f>((bits + vec4u(0xfffu) + ((bits >> vec4u(13u)) & vec4u(1u))) & vec4u(0xffffe000u)));
}

fn stage(index: u32, pixel: u32, c: u32, firstQuad: u32) {
  for (var i = index; i < STAGED; i += CQ * ROWS) {
    // Neighbouring threads take neighbouring channels, which stand together in memory.
    staged[i % 4u * 4u * ROWS + i / 4u] = staging(at(pixel + i / 4u, c + i % 4u * 4u));
  }
  let quads = (p.cout + 3u) / 4u;
  for (var i = index; i < TAPS; i += CQ * ROWS) {
    taps[i] = number4(weight((c + i / CQ) * quads + min(firstQuad + i % CQ, quads - 1u)));
  }
}

fn finish(sum: f32, i: u32, n: u32, c: u32) -> f32 {
  var v = sum * arena[p.vectors + c] + arena[p.vectors + p.cout + c];
  if (p.time != 0u) {
    v += time[n * p.timeStride + p.time - 1u + c];
  }
  if (p.residual != 0u) {
    v += residual[i];
  }
  return v * p.mul;
}

fn put(sum: f32, pixel: u32, c: u32) {
  if (c < p.cout) {
    let i = pixel * p.cout + c;
    out[i] = finish(sum, i, pixel / p.perSample, c);
  }
}

fn store(sum: vec4f, pixel: u32, c: u32) {
  if (pixel < p.pixels) {
    put(sum.x, pixel, c);
    put(sum.y, pixel, c + 1u);
    put(sum.z, pixel, c + 2u);
    put(sum.w, pixel, c + 3u);
  }
}

@compute @workgroup_size(CQ, ROWS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) index: u32) {
  var acc0 = vec4f(0.0);
  var acc1 = vec4f(0.0);
  var acc2 = vec4f(0.0);
  var acc3 = vec4f(0.0);
  let first = group.x * 4u * ROWS;
  for (var c = 0u; c < p.c0 + p.c1; c += 16u) {
    stage(index, first, c, group.y * CQ);
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
      let i = (k * ROWS + local.y) * 4u;
      let t = k * 4u * CQ + local.x;
      let w0 = taps[t];
      let w1 = taps[t + CQ];
      let w2 = taps[t + 2u * CQ];
      let w3 = taps[t + 3u * CQ];
      let v0 = staged[i];
      let v1 = staged[i + 1u];
      let v2 = staged[i + 2u];
      let v3 = staged[i + 3u];
      acc0 += vec4f(w0) * f32(v0.x) + vec4f(w1) * f32(v0.y) + vec4f(w2) * f32(v0.z) + vec4f(w3) * f32(v0.w);
      acc1 += vec4f(w0) * f32(v1.x) + vec4f(w1) * f32(v1.y) + vec4f(w2) * f32(v1.z) + vec4f(w3) * f32(v1.w);
      acc2 += vec4f(w0) * f32(v2.x) + vec4f(w1) * f32(v2.y) + vec4f(w2) * f32(v2.z) + vec4f(w3) * f32(v2.w);
      acc3 += vec4f(w0) * f32(v3.x) + vec4f(w1) * f32(v3.y) + vec4f(w2) * f32(v3.z) + vec4f(w3) * f32(v3.w);
    }
    workgroupBarrier();
  }
  let pixel = first + 4u * local.y;
  let c = (group.y * CQ + local.x) * 4u;
  store(acc0, pixel, c);
  store(acc1, pixel + 1u, c);
  store(acc2, pixel + 2u, c);
  store(acc3, pixel + 3u, c);
}
