// The first half of groupnorm.wgsl for large groups, which a single workgroup would take long over: statistics of every
// channel over a run of pixels. groupnorm_join.wgsl joins the runs'.
//
// A workgroup takes PIXELS pixels and 64 quads of channels, or all there are. Values are summed as differences from the
// channel's first, so that nothing is lost where the mean is large.

struct Params {
  pixels: u32,      // of one sample
  c0: u32, c1: u32, // channels of the inputs, joined; multiples of 4
  runs: u32,        // runs of pixels of one sample
  run: u32,         // pixels of a run
  across: u32,      // threads side by side, a quad of channels each; 256 / across rows of them take every so many pixels
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>; // [n][run][first, mean - first, squares][c]

var<workgroup> sums: array<vec4f, 256>;
var<workgroup> squares: array<vec4f, 256>;

fn raw(pixel: u32, quad: u32) -> vec4f {
  if (quad < p.c0 / 4u) {
    return a[pixel * p.c0 / 4u + quad];
  }
  return b[pixel * p.c1 / 4u + quad - p.c0 / 4u];
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let quads = (p.c0 + p.c1) / 4u;
  let quad = min(group.y * p.across + index % p.across, quads - 1u);
  let rows = 256u / p.across;
  let n = group.z;
  let start = group.x * p.run;
  let end = min(start + p.run, p.pixels);
  let first = raw(n * p.pixels + start, quad);
  var sum = vec4f(0.0);
  var square = vec4f(0.0);
  for (var pixel = start + index / p.across; pixel < end; pixel += rows) {
    let d = raw(n * p.pixels + pixel, quad) - first;
    sum += d;
    square = fma(d, d, square);
  }
  sums[index] = sum;
  squares[index] = square;
  workgroupBarrier();
  if (index >= p.across) {
    return;
  }
  for (var i = 1u; i < rows; i++) {
    sum += sums[i * p.across + index];
    square += squares[i * p.across + index];
  }
  let mean = sum / f32(end - start);
  let o = (n * p.runs + group.x) * 3u * quads + quad;
  out[o] = first;
  out[o + quads] = mean;
  out[o + 2u * quads] = max(square - sum * mean, vec4f(0.0));
}
