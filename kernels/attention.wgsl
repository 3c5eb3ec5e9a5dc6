// softmax(q k^T / sqrt(d)) v, as kernels/attention.go defines it, without the matrix of scores.
//
// A workgroup takes four queries of one head and goes over the keys in blocks of 64, keeping each query's largest score, its
// sum of exponentials and its mixture of values relative to it. The four components of a vec4 are the four queries.
// A thread scores one key of the block, and mixes up to four channels, 64 apart; heads wider than 256 take several
// workgroups, which score alike and mix different channels.

struct Params {
  pixels: u32, channels: u32, // of one sample; of q, k and v each
  width: u32,                 // channels of a head
  scale: f32,                 // 1 / sqrt(width)
  chunks: u32,                // workgroups a head
}

// Far below any score, yet not infinite: infinities are indeterminate in WGSL.
const LOWEST = -3.4e38;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> qkv: array<f32>; // [n][pixel][3][channels]
@group(0) @binding(2) var<storage, read_write> out: array<f32>; // [n][pixel][channels]

var<workgroup> queries: array<vec4f, 64>; // 64 channels of the four queries
var<workgroup> shares: array<vec4f, 64>;  // scores, then exponentials, of the block's keys
var<workgroup> scratch: array<vec4f, 64>;

var<private> mix0: vec4f;
var<private> mix1: vec4f;
var<private> mix2: vec4f;
var<private> mix3: vec4f;

// row is where part (0 q, 1 k, 2 v) of a pixel starts; pixels behind the last read as the last.
fn row(n: u32, pixel: u32, part: u32) -> u32 {
  return ((n * p.pixels + min(pixel, p.pixels - 1u)) * 3u + part) * p.channels;
}

// score is this thread's key against the four queries.
fn score(index: u32, n: u32, first: u32, key: u32, head: u32) -> vec4f {
  var sum = vec4f(0.0);
  let k = row(n, key, 1u) + head;
  for (var c0 = 0u; c0 < p.width; c0 += 64u) {
    let mine = head + min(c0 + index, p.width - 1u);
    queries[index] = vec4f(qkv[row(n, first, 0u) + mine], qkv[row(n, first + 1u, 0u) + mine],
      qkv[row(n, first + 2u, 0u) + mine], qkv[row(n, first + 3u, 0u) + mine]);
    workgroupBarrier();
    for (var c = c0; c < min(c0 + 64u, p.width); c++) {
      sum += qkv[k + c] * queries[c - c0];
    }
    workgroupBarrier();
  }
  return sum * p.scale;
}

// largest is the block's largest score, for each query.
fn largest(v: vec4f, index: u32) -> vec4f {
  scratch[index] = v;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (index < half) {
      scratch[index] = max(scratch[index], scratch[index + half]);
    }
    workgroupBarrier();
  }
  let top = scratch[0];
  workgroupBarrier();
  return top;
}

// shrink is exp(x) for x <= 0; below exp(-100) nothing is left of a float32 sum.
fn shrink(x: vec4f) -> vec4f {
  return exp(max(x, vec4f(-100.0)));
}

// mixture adds count values, weighted by shares, to channel c of the head where there is one.
fn mixture(n: u32, first: u32, count: u32, head: u32, c: u32) -> vec4f {
  var sum = vec4f(0.0);
  if (c < p.width) {
    for (var j = 0u; j < count; j++) {
      sum += shares[j] * qkv[row(n, first + j, 2u) + head + c];
    }
  }
  return sum;
}

fn store(v: vec4f, n: u32, first: u32, head: u32, c: u32) {
  if (c >= p.width) {
    return;
  }
  let i = (n * p.pixels + first) * p.channels + head + c;
  out[i] = v.x;
  if (first + 1u < p.pixels) {
    out[i + p.channels] = v.y;
  }
  if (first + 2u < p.pixels) {
    out[i + 2u * p.channels] = v.z;
  }
  if (first + 3u < p.pixels) {
    out[i + 3u * p.channels] = v.w;
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let first = group.x * 4u;
  let head = group.y / p.chunks * p.width;
  let c = group.y % p.chunks * 256u + index;
  let n = group.z;
  var top = vec4f(LOWEST);
  var sum = vec4f(0.0);
  for (var key = 0u; key < p.pixels; key += 64u) {
    let count = min(p.pixels - key, 64u);
    var s = score(index, n, first, key + index, head);
    if (index >= count) {
      s = vec4f(LOWEST);
    }
    let newTop = max(top, largest(s, index));
    let keep = shrink(top - newTop);
    top = newTop;
    shares[index] = select(vec4f(0.0), shrink(s - top), index < count);
    workgroupBarrier();
    var blockSum = vec4f(0.0);
    for (var j = 0u; j < count; j++) {
      blockSum += shares[j];
    }
    sum = sum * keep + blockSum;
    mix0 = mix0 * keep + mixture(n, key, count, head, c);
    mix1 = mix1 * keep + mixture(n, key, count, head, c + 64u);
    mix2 = mix2 * keep + mixture(n, key, count, head, c + 128u);
    mix3 = mix3 * keep + mixture(n, key, count, head, c + 192u);
    workgroupBarrier();
  }
  store(mix0 / sum, n, first, head, c);
  store(mix1 / sum, n, first, head, c + 64u);
  store(mix2 / sum, n, first, head, c + 128u);
  store(mix3 / sum, n, first, head, c + 192u);
}
