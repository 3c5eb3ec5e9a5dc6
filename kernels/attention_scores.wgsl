// The first half of attention without workgroup memory, for the adapters of conv3x3_direct.wgsl: the scores
// q k^T / sqrt(d), of which attention_mix.wgsl takes the softmax. A head's width is a multiple of four.
//
// The input is q, k and v as conv3x3_stage.wgsl lays them out, without a border. A thread makes the scores of four queries and eight keys.
// Texel (k, (n * heads + head) * pixels + q) of the output holds those of query q with keys 4k to 4k+3.

struct Params {
  pixels: u32, w: u32,     // of one sample, and in a row
  columns: u32, rows: u32, // staged, of one sample
  quads: u32, width: u32,  // quads of channels: of q, k and v each, and of a head
  heads: u32,
  scale: f32,              // 1 / sqrt(channels of a head)
}

override THREADS: u32 = 8u;

// Far below any score, yet not infinite: infinities are indeterminate in WGSL.
const LOWEST = -3.4e38;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var qkv: texture_2d<f32>;
@group(0) @binding(2) var out: texture_storage_2d<rgba32float, write>;

// place is where quad 0 of a pixel stands; pixels behind the last read as the last.
fn place(n: u32, pixel: u32) -> vec2u {
  let i = min(pixel, p.pixels - 1u);
  return vec2u(i % p.w, n * p.rows + i / p.w);
}

fn texel(at: vec2u, quad: u32) -> vec4f {
  return textureLoad(qkv, vec2u(at.x + quad * p.columns, at.y), 0);
}

// kept are the scores of keys from `first` on that there are.
fn kept(s: vec4f, first: u32) -> vec4f {
  return select(vec4f(LOWEST), s * p.scale, vec4u(first) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.pixels));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let blocks = (p.pixels + 7u) / 8u;
  let key = id.x % blocks * 8u;
  let query = id.x / blocks * 4u;
  if (query >= p.pixels) {
    return;
  }
  let n = id.z;
  let q0 = place(n, query);
  let q1 = place(n, query + 1u);
  let q2 = place(n, query + 2u);
  let q3 = place(n, query + 3u);
  let k0 = place(n, key);
  let k1 = place(n, key + 1u);
  let k2 = place(n, key + 2u);
  let k3 = place(n, key + 3u);
  let k4 = place(n, key + 4u);
  let k5 = place(n, key + 5u);
  let k6 = place(n, key + 6u);
  let k7 = place(n, key + 7u);
  // A column is a query, a row a key.
  var lo = mat4x4f();
  var hi = mat4x4f();
  for (var i = 0u; i < p.width; i++) {
    let c = id.y * p.width + i;
    let d = p.quads + c;
    let q = mat4x4f(texel(q0, c), texel(q1, c), texel(q2, c), texel(q3, c));
    lo += transpose(mat4x4f(texel(k0, d), texel(k1, d), texel(k2, d), texel(k3, d))) * q;
    hi += transpose(mat4x4f(texel(k4, d), texel(k5, d), texel(k6, d), texel(k7, d))) * q;
  }
  let row = (n * p.heads + id.y) * p.pixels + query;
  for (var i = 0u; i < min(4u, p.pixels - query); i++) {
    textureStore(out, vec2u(key / 4u, row + i), kept(lo[i], key));
    if (key + 4u < p.pixels) {
      textureStore(out, vec2u(key / 4u + 1u, row + i), kept(hi[i], key + 4u));
    }
  }
}
