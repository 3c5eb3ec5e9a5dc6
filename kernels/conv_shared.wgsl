// What conv3x3.wgsl and conv1x1.wgsl have in common: either is compiled with this behind it. Their Params have the fields that are used here.

// What is staged: where it is float16, half the memory goes by. Products and sums are float32 whatever it is.
alias number = f32;
alias number4 = vec4<number>;

override HALF: bool = false;  // number is f16
override WIDE: bool = false;  // weights are float32 rather than pairs of float16
override QUADS: bool = false; // c0 and c1 are multiples of 4: four channels are one read

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;       // elements in fours
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> norm: array<vec4f>;    // [n][mean, scale, shift][c]
@group(0) @binding(4) var<storage, read> weights: array<vec2u>; // [tap][c rounded up to whole blocks][quads of cout]
@group(0) @binding(5) var<storage, read> arena: array<f32>;
@group(0) @binding(6) var<storage, read> time: array<f32>;
@group(0) @binding(7) var<storage, read> residual: array<f32>;
@group(0) @binding(8) var<storage, read_write> out: array<f32>;

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

// activated is channels c to c+3 of a pixel of sample n.
fn activated(n: u32, pixel: u32, c: u32) -> vec4f {
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

// add is sum with the products of one pixel's four channels: one operation a product also where the driver keeps to what is written.
fn add(sum: vec4f, v: number4, w0: vec4f, w1: vec4f, w2: vec4f, w3: vec4f) -> vec4f {
  return fma(w3, vec4f(f32(v.w)), fma(w2, vec4f(f32(v.z)), fma(w1, vec4f(f32(v.y)), fma(w0, vec4f(f32(v.x)), sum))));
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

// put stores a sum of sample n, raw where the channels are in slabs.
fn put(sum: f32, slab: u32, pixel: u32, n: u32, c: u32) {
  if (c >= p.cout) {
    return;
  }
  let i = pixel * p.cout + c;
  if (p.slabs > 1u) {
    out[slab * p.outSize + i] = sum;
  } else {
    out[i] = finish(sum, i, n, c);
  }
}
