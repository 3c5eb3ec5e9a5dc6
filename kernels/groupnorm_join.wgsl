// The second half of groupnorm.wgsl for large groups: joins the statistics of runs of pixels (groupnorm_part.wgsl), by Chan's
// formula, into those of a group, and folds them with gain and bias.
//
// A workgroup takes one group of one sample.

struct Params {
  pixels: u32,     // of one sample
  channels: u32,
  groups: u32,
  runs: u32,       // runs of pixels
  run: u32,        // pixels of a run; the last may be shorter
  eps: f32,
  film: u32, filmStride: u32, // offset of C scales and C shifts plus one, 0 for none; values a sample
  vectors: u32,    // where gain[c], bias[c] stand in the arena
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>; // [n][run][first, mean - first, squares][c]
@group(0) @binding(2) var<storage, read> arena: array<f32>;
@group(0) @binding(3) var<storage, read> film: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>; // [n][mean, scale, shift][c]

var<workgroup> scratch: array<vec2f, 256>;

// total adds up every thread's pair.
fn total(v: vec2f, index: u32) -> vec2f {
  scratch[index] = v;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (index < half) {
      scratch[index] += scratch[index + half];
    }
    workgroupBarrier();
  }
  let sum = scratch[0];
  workgroupBarrier();
  return sum;
}

fn count(run: u32) -> f32 {
  return f32(min(p.run, p.pixels - run * p.run));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let n = group.y;
  let size = p.channels / p.groups;
  let c0 = group.x * size;
  let all = f32(p.pixels) * f32(size);
  var sum = 0.0;
  for (var i = index; i < p.runs * size; i += 256u) {
    let o = (n * p.runs + i / size) * 3u * p.channels + c0 + i % size;
    sum += count(i / size) / all * (parts[o] + parts[o + p.channels]);
  }
  let mean = total(vec2f(sum, 0.0), index).x;
  // Deviations of the runs' means, and the squares around the mean. Differences of values that are near each other are exact.
  var moments = vec2f(0.0);
  for (var i = index; i < p.runs * size; i += 256u) {
    let o = (n * p.runs + i / size) * 3u * p.channels + c0 + i % size;
    let d = (parts[o] - mean) + parts[o + p.channels];
    moments += vec2f(count(i / size) * d, parts[o + 2u * p.channels] + count(i / size) * d * d);
  }
  moments = total(moments, index) / all;
  for (var c = c0 + index; c < c0 + size; c += 256u) {
    fold(n, c, p.channels, mean, moments);
  }
}
