// Statistics of a group, folded with gain and bias into mean, scale and shift, as kernels/groupnorm.go defines them.
//
// A workgroup takes one group of one sample and goes over it twice: first the mean, then the deviations and their squares
// around it. groupnorm_fold.wgsl makes the rest of them.
//
// There are SIDE * SIDE threads, and a sum over them goes by way of SIDE sums of SIDE: two barriers, which are dear on
// software adapters, instead of one for every halving.

struct Params {
  pixels: u32,         // of one sample
  c0: u32, c1: u32,    // channels of the inputs, joined
  groups: u32,
  eps: f32,
  film: u32, filmStride: u32, // offset of C scales and C shifts plus one, 0 for none; values a sample
  vectors: u32,        // where gain[c], bias[c] stand in the arena
}

override JOINED: bool = true; // false: there is no b
override SIDE: u32 = 16u;
override THREADS: u32 = 256u; // SIDE * SIDE

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> arena: array<f32>;
@group(0) @binding(4) var<storage, read> film: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>; // [n][mean, scale, shift][c]

var<workgroup> parts: array<vec2f, THREADS>;
var<workgroup> sides: array<vec2f, SIDE>;

fn raw(pixel: u32, c: u32) -> f32 {
  if (JOINED && c >= p.c0) {
    return b[pixel * p.c1 + c - p.c0];
  }
  return a[pixel * p.c0 + c];
}

// Place is an element of a group: a pixel and a channel, counted from the group's first.
struct Place {
  pixel: u32,
  c: u32,
}

// next is the place THREADS elements further on. Adding steps is much cheaper than dividing by size for each element.
fn next(at: Place, size: u32, step: Place) -> Place {
  let c = at.c + step.c;
  return Place(at.pixel + step.pixel + select(0u, 1u, c >= size), select(c, c - size, c >= size));
}

// total adds up every thread's pair.
fn total(v: vec2f, index: u32) -> vec2f {
  parts[index] = v;
  workgroupBarrier();
  if (index < SIDE) {
    var side = vec2f(0.0);
    for (var i = 0u; i < SIDE; i++) {
      side += parts[index * SIDE + i];
    }
    sides[index] = side;
  }
  workgroupBarrier();
  var sum = vec2f(0.0);
  for (var i = 0u; i < SIDE; i++) {
    sum += sides[i];
  }
  return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let n = group.y;
  let channels = p.c0 + p.c1;
  let size = channels / p.groups;
  let first = group.x * size;
  let count = p.pixels * size;

  let start = Place(n * p.pixels + index / size, index % size);
  let step = Place(THREADS / size, THREADS % size);
  var at = start;
  var sum = 0.0;
  for (var i = index; i < count; i += THREADS) {
    sum += raw(at.pixel, first + at.c);
    at = next(at, size, step);
  }
  let mean = total(vec2f(sum, 0.0), index).x / f32(count);

  var moments = vec2f(0.0); // of the deviations: sum, sum of squares
  at = start;
  for (var i = index; i < count; i += THREADS) {
    let d = raw(at.pixel, first + at.c) - mean;
    moments += vec2f(d, d * d);
    at = next(at, size, step);
  }
  moments = total(moments, index) / f32(count);
  for (var c = first + index; c < first + size; c += THREADS) {
    fold(n, c, channels, mean, moments);
  }
}
