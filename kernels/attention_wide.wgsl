// attention.wgsl for heads of many channels, a multiple of four, on GPUs.
//
// A workgroup takes sixteen queries of one head and goes over the keys in blocks of 32. First a thread scores one key
// against four queries, the components of a vec4; channels go by in blocks of 32, staged in workgroup memory. Then it mixes
// PER queries of four channels. Each query's largest score, sum of exponentials and mixture so far are kept relative to
// each other, so that the matrix of scores never is in memory. Heads wider than 4*CQ channels take several workgroups,
// which score alike and mix different channels.

struct Params {
  pixels: u32, channels: u32, // of one sample; of q, k and v each
  width: u32,                 // channels of a head
  scale: f32,                 // 1 / sqrt(width)
  chunks: u32,                // workgroups a head
}

const QUERIES = 16u;
const KEYS = 32u;
const BLOCK = 8u; // quads of channels staged at a time
const THREADS = 128u;

// Far below any score, yet not infinite: infinities are indeterminate in WGSL.
const LOWEST = -3.4e38;

override CQ: u32 = 64u; // quads of channels that are mixed: 16, 32 or 64
override PER: u32 = 8u; // queries a thread mixes, QUERIES * CQ / THREADS: 2, 4 or 8

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>; // [n][pixel][3][channels], in fours
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>; // [n][pixel][channels], in fours

var<workgroup> queries: array<vec4f, 128>; // [quad of channels][query]
var<workgroup> keys: array<vec4f, 256>;    // [quad of channels][key]
var<workgroup> scores: array<vec4f, 128>;  // [quad of queries][key]
var<workgroup> shares: array<vec4f, 128>;  // exponentials, alike
var<workgroup> keeps: array<vec4f, 4>;     // what is left of the sums so far, [quad of queries]

// The mixtures of a thread's queries.
var<private> mix0: vec4f;
var<private> mix1: vec4f;
var<private> mix2: vec4f;
var<private> mix3: vec4f;
var<private> mix4: vec4f;
var<private> mix5: vec4f;
var<private> mix6: vec4f;
var<private> mix7: vec4f;

// row is where part (0 q, 1 k, 2 v) of a pixel starts, in quads; pixels behind the last read as the last.
fn row(n: u32, pixel: u32, part: u32) -> u32 {
  return ((n * p.pixels + min(pixel, p.pixels - 1u)) * 3u + part) * p.channels / 4u;
}

// quadAt is a quad of a head, zero behind the head's last.
fn quadAt(start: u32, quad: u32) -> vec4f {
  return select(vec4f(0.0), qkv[start + min(quad, p.width / 4u - 1u)], quad < p.width / 4u);
}

// score is this thread's key against four queries.
fn score(index: u32, n: u32, first: u32, key: u32, head: u32) -> vec4f {
  var sum = vec4f(0.0);
  for (var q = 0u; q < p.width / 4u; q += BLOCK) {
    // Neighbouring threads take neighbouring channels, which stand together in memory.
    let quad = index % BLOCK;
    let pixel = index / BLOCK;
    queries[quad * QUERIES + pixel] = quadAt(row(n, first + pixel, 0u) + head, q + quad);
    keys[quad * KEYS + pixel] = quadAt(row(n, key + pixel, 1u) + head, q + quad);
    keys[quad * KEYS + pixel + 16u] = quadAt(row(n, key + pixel + 16u, 1u) + head, q + quad);
    workgroupBarrier();
    for (var k = 0u; k < BLOCK; k++) {
      let mine = keys[k * KEYS + index % KEYS];
      let at = k * QUERIES + index / KEYS * 4u;
      sum += vec4f(dot(queries[at], mine), dot(queries[at + 1u], mine), dot(queries[at + 2u], mine), dot(queries[at + 3u], mine));
    }
    workgroupBarrier();
  }
  return sum * p.scale;
}

// shrink is exp(x) for x <= 0; below exp(-100) nothing is left of a float32 sum.
fn shrink(x: vec4f) -> vec4f {
  return exp(max(x, vec4f(-100.0)));
}

// ownFirst is a quad of queries' values with those of a thread's queries first: two threads share a quad where PER is 2.
fn ownFirst(quad: vec4f, group: u32) -> vec4f {
  return select(quad, select(quad, quad.zwzw, group % 2u == 1u), PER == 2u);
}

// quadOf is the first quad of queries that those which a thread mixes are in.
fn quadOf(group: u32) -> u32 {
  return group * PER / 4u;
}

fn store(v: vec4f, n: u32, query: u32, head: u32, quad: u32) {
  if (query < p.pixels && quad < p.width / 4u) {
    out[(n * p.pixels + query) * p.channels / 4u + head + quad] = v;
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) index: u32) {
  let first = workgroup.x * QUERIES;
  let head = workgroup.y / p.chunks * p.width / 4u;
  let quad = workgroup.y % p.chunks * CQ + index % CQ;
  let group = index / CQ;
  let q = quadOf(group) * KEYS;
  let n = workgroup.z;
  let values = min(quad, p.width / 4u - 1u) + head;
  var top = vec4f(LOWEST); // of the queries that are scored
  var sum0 = vec4f(0.0);   // of those that are mixed
  var sum1 = vec4f(0.0);
  for (var key = 0u; key < p.pixels; key += KEYS) {
    let there = key + index % KEYS < p.pixels;
    let s = select(vec4f(LOWEST), score(index, n, first, key, head), there);
    scores[index] = s;
    workgroupBarrier();
    var newTop = top;
    for (var k = 0u; k < KEYS; k++) {
      newTop = max(newTop, scores[index / KEYS * KEYS + k]);
    }
    shares[index] = select(vec4f(0.0), shrink(s - newTop), there);
    if (index % KEYS == 0u) {
      keeps[index / KEYS] = shrink(top - newTop);
    }
    top = newTop;
    workgroupBarrier();
    let keep0 = ownFirst(keeps[quadOf(group)], group);
    sum0 *= keep0;
    mix0 *= keep0.x;
    mix1 *= keep0.y;
    if (PER > 2u) {
      mix2 *= keep0.z;
      mix3 *= keep0.w;
    }
    if (PER > 4u) {
      let keep1 = keeps[quadOf(group) + 1u];
      sum1 *= keep1;
      mix4 *= keep1.x;
      mix5 *= keep1.y;
      mix6 *= keep1.z;
      mix7 *= keep1.w;
    }
    for (var k = 0u; k < KEYS; k++) {
      let v = qkv[row(n, key + k, 2u) + values];
      let share0 = ownFirst(shares[q + k], group);
      sum0 += share0;
      mix0 = fma(vec4f(share0.x), v, mix0);
      mix1 = fma(vec4f(share0.y), v, mix1);
      if (PER > 2u) {
        mix2 = fma(vec4f(share0.z), v, mix2);
        mix3 = fma(vec4f(share0.w), v, mix3);
      }
      if (PER > 4u) {
        let share1 = shares[q + KEYS + k];
        sum1 += share1;
        mix4 = fma(vec4f(share1.x), v, mix4);
        mix5 = fma(vec4f(share1.y), v, mix5);
        mix6 = fma(vec4f(share1.z), v, mix6);
        mix7 = fma(vec4f(share1.w), v, mix7);
      }
    }
    workgroupBarrier();
  }
  let query = first + group * PER;
  store(mix0 / sum0.x, n, query, head, quad);
  store(mix1 / sum0.y, n, query + 1u, head, quad);
  if (PER > 2u) {
    store(mix2 / sum0.z, n, query + 2u, head, quad);
    store(mix3 / sum0.w, n, query + 3u, head, quad);
  }
  if (PER > 4u) {
    store(mix4 / sum1.x, n, query + 4u, head, quad);
    store(mix5 / sum1.y, n, query + 5u, head, quad);
    store(mix6 / sum1.z, n, query + 6u, head, quad);
    store(mix7 / sum1.w, n, query + 7u, head, quad);
  }
}
