// act(norm(concat(a, b))) as a texture with a border of zeros, from which conv3x3_direct.wgsl and conv1x1_direct.wgsl read.
//
// Channels go in quads. Texel (quad * columns + x, n * rows + y) is quad `quad` of staged pixel (x, y) of sample n. A
// thread makes one row of one quad. Where a ends with a whole quad, a and b are staged one after the other: then only one of
// them is read here, as a, and JOINED is false.

struct Params {
  h: u32, w: u32,          // rows and columns of the inputs as stored
  c0: u32, c1: u32,        // channels of the inputs; c1 is 0 unless JOINED
  first: u32, channels: u32, // of the channels that norm has, those of the inputs begin at first
  before: u32,             // zero pixels above and left
  up: u32,                 // 1: the picture is read at twice its size
  norm: u32, silu: u32,    // 1: applied
  columns: u32, rows: u32, // staged, of one sample
  size: u32,               // rows of all quads and samples
}

override JOINED: bool = false;
override THREADS: u32 = 64u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> norm: array<f32>; // [n][mean, scale, shift][c]
@group(0) @binding(4) var out: texture_storage_2d<rgba32float, write>;

// silu cannot overflow: the exponent is never positive.
fn silu(x: vec4f) -> vec4f {
  let e = exp(-abs(x));
  return x * select(vec4f(1.0), e, x < vec4f(0.0)) / (1.0 + e);
}

fn raw(pixel: u32, c: u32) -> f32 {
  if (JOINED && c >= p.c0) {
    return b[pixel * p.c1 + min(c - p.c0, p.c1 - 1u)];
  }
  return a[pixel * p.c0 + min(c, p.c0 - 1u)];
}

// statistics are row k (mean, scale, shift) of channels c to c+3.
fn statistics(n: u32, k: u32, c: u32) -> vec4f {
  if (p.norm == 0u) {
    return vec4f(0.0);
  }
  let i = (3u * n + k) * p.channels + p.first;
  let last = p.c0 + p.c1 - 1u;
  return vec4f(norm[i + c], norm[i + min(c + 1u, last)], norm[i + min(c + 2u, last)], norm[i + min(c + 3u, last)]);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= p.size) {
    return;
  }
  let channels = p.c0 + p.c1;
  let quads = (channels + 3u) / 4u;
  let quad = id.x % quads;
  let row = id.x / quads;
  let n = row / p.rows;
  let c = 4u * quad;
  let there = vec4u(c) + vec4u(0u, 1u, 2u, 3u) < vec4u(channels);
  let mean = statistics(n, 0u, c);
  let scale = statistics(n, 1u, c);
  let shift = statistics(n, 2u, c);
  // Before the first row or column these wrap around and are larger than any picture.
  let y = row % p.rows - p.before;
  for (var column = 0u; column < p.columns; column++) {
    let x = column - p.before;
    var v = vec4f(0.0);
    if (y < (p.h << p.up) && x < (p.w << p.up)) {
      let pixel = (n * p.h + (y >> p.up)) * p.w + (x >> p.up);
      v = vec4f(raw(pixel, c), raw(pixel, c + 1u), raw(pixel, c + 2u), raw(pixel, c + 3u));
      if (p.norm != 0u) {
        v = (v - mean) * scale + shift;
      }
      if (p.silu != 0u) {
        v = silu(v);
      }
      v = select(vec4f(0.0), v, there);
    }
    textureStore(out, vec2u((p.first / 4u + quad) * p.columns + column, row), v);
  }
}
