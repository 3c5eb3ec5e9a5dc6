// 1x1 convolution of act(norm(concat(a, b))), as kernels/conv1x1.go defines it: a product of the pixels' matrix
// [pixels][c] with the weights [c][cout].
//
//   out = (product * scale + bias + time + residual) * mul
//
// A workgroup makes 4*ROWS pixels (of all samples, one behind the other), or twice as many, and 4*CQ output channels; a
// thread makes four pixels, or eight, and four channels. Input channels go by in blocks of sixteen, staged in workgroup
// memory. conv_shared.wgsl has the rest.

struct Params {
  pixels: u32, perSample: u32, // pixels in all, and of one sample
  c0: u32, c1: u32, cout: u32,
  norm: u32, silu: u32,        // 1: applied to the input
  time: u32, timeStride: u32,  // offset of the vector's first channel plus one, 0 for none; values a sample
  residual: u32,               // 1: added
  vectors: u32,                // where scale[cout], bias[cout] stand in the arena
  slabs: u32, slabSize: u32,   // the input channels are cut into slabs of so many; more than one: out holds raw sums
  outSize: u32,                // elements of the whole output (one slab)
  mul: f32,
}

override CQ: u32 = 16u;      // quads of output channels
override ROWS: u32 = 16u;    // quads of pixels
override TWO: bool = false;  // a thread makes two quads of pixels, ROWS quads apart
override PIXELS: u32 = 64u;  // pixels of the workgroup: 4 * ROWS, twice that where TWO
override STAGED: u32 = 256u; // staged quads of channels, 4 * PIXELS
override TAPS: u32 = 256u;   // staged quads of weights, 16 * CQ

var<workgroup> staged: array<number4, STAGED>; // [quad of channels][pixel]
var<workgroup> taps: array<number4, TAPS>;     // [channel][quad]

// at is channels c to c+3 of an activated pixel; zero behind the last pixel and channel.
fn at(pixel: u32, c: u32) -> vec4f {
  if (pixel >= p.pixels || c >= p.c0 + p.c1) {
    return vec4f(0.0);
  }
  return activated(pixel / p.perSample, pixel, c);
}

fn stage(index: u32, pixel: u32, c: u32, firstQuad: u32) {
  for (var i = index; i < STAGED; i += CQ * ROWS) {
    // Neighbouring threads take neighbouring channels, which stand together in memory.
    staged[i % 4u * PIXELS + i / 4u] = staging(at(pixel + i / 4u, c + i % 4u * 4u));
  }
  let quads = (p.cout + 3u) / 4u;
  for (var i = index; i < TAPS; i += CQ * ROWS) {
    taps[i] = number4(weight((c + i / CQ) * quads + min(firstQuad + i % CQ, quads - 1u)));
  }
}

fn store(sum: vec4f, slab: u32, pixel: u32, c: u32) {
  if (pixel < p.pixels) {
    let n = pixel / p.perSample;
    put(sum.x, slab, pixel, n, c);
    put(sum.y, slab, pixel, n, c + 1u);
    put(sum.z, slab, pixel, n, c + 2u);
    put(sum.w, slab, pixel, n, c + 3u);
  }
}

@compute @workgroup_size(CQ, ROWS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) index: u32) {
  var acc0 = vec4f(0.0);
  var acc1 = vec4f(0.0);
  var acc2 = vec4f(0.0);
  var acc3 = vec4f(0.0);
  var acc4 = vec4f(0.0);
  var acc5 = vec4f(0.0);
  var acc6 = vec4f(0.0);
  var acc7 = vec4f(0.0);
  let first = group.x * PIXELS;
  let slab = group.z;
  let end = min((slab + 1u) * p.slabSize, p.c0 + p.c1);
  for (var c = slab * p.slabSize; c < end; c += 16u) {
    stage(index, first, c, group.y * CQ);
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
      let i = k * PIXELS + local.y * 4u;
      let t = k * 4u * CQ + local.x;
      let w0 = vec4f(taps[t]);
      let w1 = vec4f(taps[t + CQ]);
      let w2 = vec4f(taps[t + 2u * CQ]);
      let w3 = vec4f(taps[t + 3u * CQ]);
      acc0 = add(acc0, staged[i], w0, w1, w2, w3);
      acc1 = add(acc1, staged[i + 1u], w0, w1, w2, w3);
      acc2 = add(acc2, staged[i + 2u], w0, w1, w2, w3);
      acc3 = add(acc3, staged[i + 3u], w0, w1, w2, w3);
      if (TWO) {
        let j = i + 4u * ROWS;
        acc4 = add(acc4, staged[j], w0, w1, w2, w3);
        acc5 = add(acc5, staged[j + 1u], w0, w1, w2, w3);
        acc6 = add(acc6, staged[j + 2u], w0, w1, w2, w3);
        acc7 = add(acc7, staged[j + 3u], w0, w1, w2, w3);
      }
    }
    workgroupBarrier();
  }
  let pixel = first + 4u * local.y;
  let c = (group.y * CQ + local.x) * 4u;
  store(acc0, slab, pixel, c);
  store(acc1, slab, pixel + 1u, c);
  store(acc2, slab, pixel + 2u, c);
  store(acc3, slab, pixel + 3u, c);
  if (TWO) {
    store(acc4, slab, pixel + 4u * ROWS, c);
    store(acc5, slab, pixel + 4u * ROWS + 1u, c);
    store(acc6, slab, pixel + 4u * ROWS + 2u, c);
    store(acc7, slab, pixel + 4u * ROWS + 3u, c);
  }
}
