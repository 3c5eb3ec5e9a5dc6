// What conv3x3_direct.wgsl and conv1x1_direct.wgsl have in common; either is compiled with this behind it. A thread makes 4x4 pixels of eight
// output channels. Their own part is
//
//   fn quad(s: ptr<function, Sums>, group: u32, count: u32, c: u32, x: u32, y: u32)
//
// which adds the products of input channels c to c+3 for the window at texel (x, y); group is the eight output channels, of count.

struct Params {
  quads: u32,                 // of input channels
  columns: u32, rows: u32,    // staged, of one sample
  ho: u32, wo: u32, cout: u32,
  time: u32, timeStride: u32, // as in conv3x3.wgsl and conv1x1.wgsl
  residual: u32,
  vectors: u32,
  mul: f32,
}

override STRIDE: u32 = 1u;
override WIDE: bool = false; // weights are float32 rather than pairs of float16
override THREADS: u32 = 8u;

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var picture: texture_2d<f32>;
@group(0) @binding(2) var weights: texture_2d<u32>; // row c: [tap][eight output channels], a texel each; float32: two
@group(0) @binding(3) var<storage, read> arena: array<f32>;
@group(0) @binding(4) var<storage, read> time: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;

// Sums are rows of four pixels (a column each) of the first and of the second four output channels.
struct Sums {
  lo0: mat4x4f, lo1: mat4x4f, lo2: mat4x4f, lo3: mat4x4f,
  hi0: mat4x4f, hi1: mat4x4f, hi2: mat4x4f, hi3: mat4x4f,
}

// Taps are the weights of a tap: a column is an input channel, a row an output channel.
struct Taps {
  lo: mat4x4f,
  hi: mat4x4f,
}

struct Eight {
  lo: vec4f,
  hi: vec4f,
}

// eight are the weights of eight output channels; unpack2x16float is exact.
fn eight(i: u32, c: u32) -> Eight {
  if (WIDE) {
    return Eight(bitcast<vec4f>(textureLoad(weights, vec2u(2u * i, c), 0)), bitcast<vec4f>(textureLoad(weights, vec2u(2u * i + 1u, c), 0)));
  }
  let w = textureLoad(weights, vec2u(i, c), 0);
  return Eight(vec4f(unpack2x16float(w.x), unpack2x16float(w.y)), vec4f(unpack2x16float(w.z), unpack2x16float(w.w)));
}

fn taps(i: u32, c: u32) -> Taps {
  let w0 = eight(i, c);
  let w1 = eight(i, c + 1u);
  let w2 = eight(i, c + 2u);
  let w3 = eight(i, c + 3u);
  return Taps(mat4x4f(w0.lo, w1.lo, w2.lo, w3.lo), mat4x4f(w0.hi, w1.hi, w2.hi, w3.hi));
}

// tap adds the products of four rows of four pixels.
fn tap(s: ptr<function, Sums>, t: Taps, x0: mat4x4f, x1: mat4x4f, x2: mat4x4f, x3: mat4x4f) {
  (*s).lo0 += t.lo * x0;
  (*s).hi0 += t.hi * x0;
  (*s).lo1 += t.lo * x1;
  (*s).hi1 += t.hi * x1;
  (*s).lo2 += t.lo * x2;
  (*s).hi2 += t.hi * x2;
  (*s).lo3 += t.lo * x3;
  (*s).hi3 += t.hi * x3;
}

// Edge is what surrounds the sums of four output channels.
struct Edge {
  scale: vec4f,
  bias: vec4f, // with the time embedding
}

fn edge(n: u32, c: u32) -> Edge {
  var e = Edge(vec4f(0.0), vec4f(0.0));
  for (var i = 0u; i < min(4u, p.cout); i++) {
    let k = min(c + i, p.cout - 1u);
    e.scale[i] = arena[p.vectors + k];
    e.bias[i] = arena[p.vectors + p.cout + k];
    if (p.time != 0u) {
      e.bias[i] += time[n * p.timeStride + p.time - 1u + k];
    }
  }
  return e;
}

fn put(v: f32, i: u32) {
  var sum = v;
  if (p.residual != 0u) {
    sum += residual[i];
  }
  out[i] = sum * p.mul;
}

// store finishes 4x4 pixels of twice four channels from c0 on. One place in the code stores, in loops of which compilers cannot know how
// often they go round: they take long over each place.
fn store(sums: array<vec4f, 32>, n: u32, y: u32, x: u32, c0: u32) {
  var rest = sums;
  let rows = min(4u, p.ho - y);
  let columns = min(4u, p.wo - x);
  let halves = min(2u, (p.cout - c0 + 3u) / 4u);
  for (var half = 0u; half < halves; half++) {
    let c = c0 + 4u * half;
    let e = edge(n, c);
    let channels = min(4u, p.cout - c);
    for (var i = 0u; i < rows; i++) {
      for (var j = 0u; j < columns; j++) {
        let v = rest[16u * half + 4u * i + j] * e.scale + e.bias;
        let first = ((n * p.ho + y + i) * p.wo + x + j) * p.cout + c;
        for (var k = 0u; k < channels; k++) {
          put(v[k], first + k);
        }
      }
    }
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let count = (p.cout + 7u) / 8u;
  let across = (p.wo + 3u) / 4u;
  let group = id.x % count;
  let tile = id.x / count;
  let x = tile % across * 4u;
  let y = tile / across * 4u;
  if (y >= p.ho) {
    return;
  }
  let n = id.z;
  var s: Sums;
  for (var q = 0u; q < p.quads; q++) {
    quad(&s, group, count, 4u * q, q * p.columns + x * STRIDE, n * p.rows + y * STRIDE);
  }
  store(array<vec4f, 32>(
    s.lo0[0], s.lo0[1], s.lo0[2], s.lo0[3], s.lo1[0], s.lo1[1], s.lo1[2], s.lo1[3],
    s.lo2[0], s.lo2[1], s.lo2[2], s.lo2[3], s.lo3[0], s.lo3[1], s.lo3[2], s.lo3[3],
    s.hi0[0], s.hi0[1], s.hi0[2], s.hi0[3], s.hi1[0], s.hi1[1], s.hi1[2], s.hi1[3],
    s.hi2[0], s.hi2[1], s.hi2[2], s.hi2[3], s.hi3[0], s.hi3[1], s.hi3[2], s.hi3[3]), n, y, x, 8u * group);
}
