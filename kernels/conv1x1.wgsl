// 1x1 convolution of act(norm(concat(a, b))), as kernels/conv1x1.go defines it: a product of the pixels' matrix
// [pixels][c] with the weights [c][cout].
//
//   out = (product * scale + bias + time + residual) * mul
//
// A workgroup makes 4*ROWS pixels (of all samples, one behind the other), or twice as many, and 4*CQ output channels; a
// thread makes four pixels, or eight, and four channels. Input channels go by in blocks of sixteen, staged in workgroup
// memory.

struct Params {
  pixels: u32, perSample: u32, // pixels in all, and of one sample
  c0: u32, c1: u32, cout: u32,
  norm: u32, silu: u32,        // 1: applied to the input
  time: u32, timeStride: u32,  // offset of the vector's first channel plus one, 0 for none; values a sample
  residual: u32,               // 1: added
  vectors: u32,                // where scale[cout], bias[cout] stand in the arena
  slabs: u32, slabSize: u32,   // the input channels are cut into slabs of so many; more than one: out holds raw sums
  outSize: u32,                // elements of the whole output (one slab)
  mul: f32,
}

// What is staged: where it is float16, half the memory goes by. Products and sums are float32 whatever it is.
alias number = f32;
alias number4 = vec4<number>;

override HALF: bool = false; // number is f16
override WIDE: bool = false; // weights are float32 rather than pairs of float16
override CQ: u32 = 16u;      // quads of output channels
override ROWS: u32 = 16u;    // quads of pixels
override TWO: bool = false;  // a thread makes two quads of pixels, ROWS quads apart
override QUADS: bool = false; // c0 and c1 are multiples of 4: four channels are one read
override PIXELS: u32 = 64u;  // pixels of the workgroup: 4 * ROWS, twice that where TWO
override STAGED: u32 = 256u; // staged quads of channels, 4 * PIXELS
override TAPS: u32 = 256u;   // staged quads of weights, 16 * CQ

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;       // elements in fours
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> norm: array<vec4f>;    // [n][mean, scale, shift][c]
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
    let i = pixel * p.c0 + c;
    return a[i / 4u][i % 4u];
  }
  if (c < p.c0 + p.c1) {
    let i = pixel * p.c1 + c - p.c0;
    return b[i / 4u][i % 4u];
  }
  return 0.0;
}

// raw4 is channels c to c+3.
fn raw4(pixel: u32, c: u32) -> vec4f {
  if (!QUADS) {
    return vec4f(raw(pixel, c), raw(pixel, c + 1u), raw(pixel, c + 2u), raw(pixel, c + 3u));
  }
  if (c < p.c0) {
    return a[(pixel * p.c0 + c) / 4u];
  }
  return b[(pixel * p.c1 + c - p.c0) / 4u];
}

fn normAt(i: u32) -> f32 {
  return norm[i / 4u][i % 4u];
}

// statistics are row k (mean, scale, shift) of channels c to c+3.
fn statistics(n: u32, k: u32, c: u32) -> vec4f {
  let i = (3u * n + k) * (p.c0 + p.c1);
  if (QUADS) {
    return norm[(i + c) / 4u];
  }
  let last = p.c0 + p.c1 - 1u;
  return vec4f(normAt(i + c), normAt(i + min(c + 1u, last)), normAt(i + min(c + 2u, last)), normAt(i + min(c + 3u, last)));
}

// at is channels c to c+3 of an activated pixel; zero behind the last pixel and channel.
fn at(pixel: u32, c: u32) -> vec4f {
  if (pixel >= p.pixels || c >= p.c0 + p.c1) {
    return vec4f(0.0);
  }
  let n = pixel / p.perSample;
  var v = raw4(pixel, c);
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
    staged[i % 4u * PIXELS + i / 4u] = staging(at(pixel + i / 4u, c + i % 4u * 4u));
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

fn put(sum: f32, slab: u32, pixel: u32, c: u32) {
  if (c >= p.cout) {
    return;
  }
  let i = pixel * p.cout + c;
  if (p.slabs > 1u) {
    out[slab * p.outSize + i] = sum;
  } else {
    out[i] = finish(sum, i, pixel / p.perSample, c);
  }
}

fn store(sum: vec4f, slab: u32, pixel: u32, c: u32) {
  if (pixel < p.pixels) {
    put(sum.x, slab, pixel, c);
    put(sum.y, slab, pixel, c + 1u);
    put(sum.z, slab, pixel, c + 2u);
    put(sum.w, slab, pixel, c + 3u);
  }
}

// add is sum with the products of one pixel's four channels: fused, which saves one operation in five.
fn add(sum: vec4f, v: number4, w0: vec4f, w1: vec4f, w2: vec4f, w3: vec4f) -> vec4f {
  return fma(w3, vec4f(f32(v.w)), fma(w2, vec4f(f32(v.z)), fma(w1, vec4f(f32(v.y)), fma(w0, vec4f(f32(v.x)), sum))));
}

@compute @workgroup_size(CQ, ROWS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) index: u32) {
  var acc0 = vec4f(0.0);
  var acc1 = vec4f(0.0);
  var acc2 = vec4f(0.0);
  var acc3 = vec4f(0.0);
  var acc4 = vec4f(0.0);
  var acc5 = vec4f(0.0);
  var acc6 = vec4f(0.0);
  var acc7 = vec4f(0.0);
  let first = group.x * PIXELS;
  let slab = group.z;
  let end = min((slab + 1u) * p.slabSize, p.c0 + p.c1);
  for (var c = slab * p.slabSize; c < end; c += 16u) {
    stage(index, first, c, group.y * CQ);
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
      let i = k * PIXELS + local.y * 4u;
      let t = k * 4u * CQ + local.x;
      let w0 = vec4f(taps[t]);
      let w1 = vec4f(taps[t + CQ]);
      let w2 = vec4f(taps[t + 2u * CQ]);
      let w3 = vec4f(taps[t + 3u * CQ]);
      acc0 = add(acc0, staged[i], w0, w1, w2, w3);
      acc1 = add(acc1, staged[i + 1u], w0, w1, w2, w3);
      acc2 = add(acc2, staged[i + 2u], w0, w1, w2, w3);
      acc3 = add(acc3, staged[i + 3u], w0, w1, w2, w3);
      if (TWO) {
        let j = i + 4u * ROWS;
        acc4 = add(acc4, staged[j], w0, w1, w2, w3);
        acc5 = add(acc5, staged[j + 1u], w0, w1, w2, w3);
        acc6 = add(acc6, staged[j + 2u], w0, w1, w2, w3);
        acc7 = add(acc7, staged[j + 3u], w0, w1, w2, w3);
      }
    }
    workgroupBarrier();
  }
  let pixel = first + 4u * local.y;
  let c = (group.y * CQ + local.x) * 4u;
  store(acc0, slab, pixel, c);
  store(acc1, slab, pixel + 1u, c);
  store(acc2, slab, pixel + 2u, c);
  store(acc3, slab, pixel + 3u, c);
  if (TWO) {
    store(acc4, slab, pixel + 4u * ROWS, c);
    store(acc5, slab, pixel + 4u * ROWS + 1u, c);
    store(acc6, slab, pixel + 4u * ROWS + 2u, c);
    store(acc7, slab, pixel + 4u * ROWS + 3u, c);
  }
}
