// The second half of attention without workgroup memory: softmax of the scores that attention_scores.wgsl has left, times v.
//
// A thread mixes eight channels of a head for four queries. It goes over the scores twice: for the largest, then for the sum of
// exponentials and the mixture.

struct Params {
  pixels: u32, w: u32,     // of one sample, and in a row
  columns: u32, rows: u32, // of the staged q, k and v, of one sample
  quads: u32, width: u32,  // quads of channels: of q, k and v each, and of a head
  heads: u32,
}

override THREADS: u32 = 8u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var qkv: texture_2d<f32>;
@group(0) @binding(2) var scores: texture_2d<f32>; // see attention_scores.wgsl
@group(0) @binding(3) var<storage, read_write> out: array<f32>; // [n][pixel][channels]

// value is a quad of v; pixels behind the last read as the last.
fn value(n: u32, pixel: u32, quad: u32) -> vec4f {
  let i = min(pixel, p.pixels - 1u);
  return textureLoad(qkv, vec2u((2u * p.quads + quad) * p.columns + i % p.w, n * p.rows + i / p.w), 0);
}

// values are four pixels of a quad: a column each.
fn values(n: u32, pixel: u32, quad: u32) -> mat4x4f {
  return mat4x4f(value(n, pixel, quad), value(n, pixel + 1u, quad), value(n, pixel + 2u, quad), value(n, pixel + 3u, quad));
}

fn score(k: u32, row: u32) -> vec4f {
  return textureLoad(scores, vec2u(k, row), 0);
}

fn most(v: vec4f) -> f32 {
  return max(max(v.x, v.y), max(v.z, v.w));
}

// shrink is exp(x) for x <= 0; below exp(-100) nothing is left of a float32 sum.
fn shrink(x: vec4f) -> vec4f {
  return exp(max(x, vec4f(-100.0)));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let parts = (p.width + 1u) / 2u;
  let part = id.x % parts;
  let query = id.x / parts * 4u;
  if (query >= p.pixels) {
    return;
  }
  let n = id.z;
  let first = (n * p.heads + id.y) * p.pixels;
  let last = p.pixels - 1u;
  let r0 = first + query;
  let r1 = first + min(query + 1u, last);
  let r2 = first + min(query + 2u, last);
  let r3 = first + min(query + 3u, last);
  let blocks = (p.pixels + 3u) / 4u;
  var t0 = score(0u, r0);
  var t1 = score(0u, r1);
  var t2 = score(0u, r2);
  var t3 = score(0u, r3);
  for (var k = 1u; k < blocks; k++) {
    t0 = max(t0, score(k, r0));
    t1 = max(t1, score(k, r1));
    t2 = max(t2, score(k, r2));
    t3 = max(t3, score(k, r3));
  }
  let top = vec4f(most(t0), most(t1), most(t2), most(t3));
  let quad = id.y * p.width + 2u * part;
  let next = min(quad + 1u, (id.y + 1u) * p.width - 1u);
  // A column is a query.
  var sums = mat4x4f();
  var lo = mat4x4f();
  var hi = mat4x4f();
  for (var k = 0u; k < blocks; k++) {
    let e = mat4x4f(shrink(score(k, r0) - top.x), shrink(score(k, r1) - top.y), shrink(score(k, r2) - top.z), shrink(score(k, r3) - top.w));
    let there = vec4f(vec4u(4u * k) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.pixels));
    let share = mat4x4f(e[0] * there, e[1] * there, e[2] * there, e[3] * there);
    sums += share;
    lo += values(n, 4u * k, quad) * share;
    hi += values(n, 4u * k, next) * share;
  }
  for (var i = 0u; i < min(4u, p.pixels - query); i++) {
    let sum = dot(sums[i], vec4f(1.0));
    let at = 4u * ((n * p.pixels + query + i) * p.quads + quad);
    for (var j = 0u; j < 4u; j++) {
      out[at + j] = lo[i][j] / sum;
      if (next > quad) {
        out[at + 4u + j] = hi[i][j] / sum;
      }
    }
  }
}
