// 3x3 convolution of act(norm(concat(a, b))) with everything around it, as kernels/conv3x3.go defines it:
//
//   out = (conv * scale + bias + time + residual) * mul
//
// A workgroup makes a tile of 4*QX x TH pixels and 4*CQ output channels of one sample; a thread makes four pixels of a
// row, or of two rows one below the other, and four channels. Input channels go by in blocks of four: the block's pixels
// with their halo, normalised and activated, and its weights are staged in workgroup memory. conv_shared.wgsl has the rest.

struct Params {
  h: u32, w: u32,            // rows and columns of the inputs as stored
  c0: u32, c1: u32,          // channels of the inputs
  ho: u32, wo: u32, cout: u32,
  before: u32,               // zero pixels above and left
  up: u32,                   // 1: the picture is read at twice its size
  norm: u32, silu: u32,      // 1: applied to the input
  time: u32, timeStride: u32, // offset of the vector's first channel plus one, 0 for none; values a sample
  residual: u32,             // 1: added
  vectors: u32,              // where scale[cout], bias[cout] stand in the arena
  slabs: u32, slabSize: u32, // the input channels are cut into slabs of so many; more than one: out holds raw sums
  outSize: u32,              // elements of the whole output (one slab)
  mul: f32,
}

override STRIDE: u32 = 1u;
override CQ: u32 = 16u;      // quads of output channels
override QX: u32 = 2u;       // quads of pixels in a row
override TH: u32 = 8u;       // rows
override TWO: bool = false;  // a thread makes two rows: half as many reads of weights, where there are threads enough
override ROWS: u32 = 16u;    // QX * TH, half of it where TWO
override SX: u32 = 10u;      // staged columns, (4 * QX - 1) * STRIDE + 3
override STAGED: u32 = 100u; // staged pixels, SX * ((TH - 1) * STRIDE + 3)
override TAPS: u32 = 576u;   // staged quads of weights, 36 * CQ

var<workgroup> pixels: array<number4, STAGED>; // [row][column] of four channels
var<workgroup> taps: array<number4, TAPS>;     // [tap][channel][quad]

var<private> acc0: vec4f;
var<private> acc1: vec4f;
var<private> acc2: vec4f;
var<private> acc3: vec4f;
// The second row's.
var<private> acc4: vec4f;
var<private> acc5: vec4f;
var<private> acc6: vec4f;
var<private> acc7: vec4f;

// at is channels c to c+3 of the activated picture at row y, column x; zero outside, whatever norm and act do to zero.
fn at(n: u32, y: i32, x: i32, c: u32) -> vec4f {
  if (y < 0 || x < 0 || u32(y) >= (p.h << p.up) || u32(x) >= (p.w << p.up)) {
    return vec4f(0.0);
  }
  return activated(n, (n * p.h + (u32(y) >> p.up)) * p.w + (u32(x) >> p.up), c);
}

fn stage(index: u32, n: u32, y: i32, x: i32, c: u32, firstQuad: u32) {
  for (var i = index; i < STAGED; i += CQ * ROWS) {
    pixels[i] = staging(at(n, y + i32(i / SX), x + i32(i % SX), c));
  }
  let quads = (p.cout + 3u) / 4u;
  let channels = (p.c0 + p.c1 + 3u) / 4u * 4u;
  for (var i = index; i < TAPS; i += CQ * ROWS) {
    let row = i / CQ; // tap * 4 + channel
    let quad = min(firstQuad + i % CQ, quads - 1u);
    taps[i] = number4(weight(((row / 4u) * channels + c + row % 4u) * quads + quad));
  }
}

// tap adds the products of four pixels of a row, v, and of the row below, u, with the weights from quad i on.
fn tap(v0: number4, v1: number4, v2: number4, v3: number4, u0: number4, u1: number4, u2: number4, u3: number4, i: u32) {
  let w0 = vec4f(taps[i]);
  let w1 = vec4f(taps[i + CQ]);
  let w2 = vec4f(taps[i + 2u * CQ]);
  let w3 = vec4f(taps[i + 3u * CQ]);
  acc0 = add(acc0, v0, w0, w1, w2, w3);
  acc1 = add(acc1, v1, w0, w1, w2, w3);
  acc2 = add(acc2, v2, w0, w1, w2, w3);
  acc3 = add(acc3, v3, w0, w1, w2, w3);
  if (TWO) {
    acc4 = add(acc4, u0, w0, w1, w2, w3);
    acc5 = add(acc5, u1, w0, w1, w2, w3);
    acc6 = add(acc6, u2, w0, w1, w2, w3);
    acc7 = add(acc7, u3, w0, w1, w2, w3);
  }
}

// window adds the nine taps; first is the staged pixel of the first output's first tap.
fn window(first: u32, quad: u32) {
  let below = select(0u, STRIDE * SX, TWO);
  for (var ky = 0u; ky < 3u; ky++) {
    let i = first + ky * SX;
    let j = i + below;
    let t = ky * 12u * CQ + quad;
    let v0 = pixels[i];
    let v1 = pixels[i + 1u];
    let v2 = pixels[i + 2u];
    let v3 = pixels[i + 3u];
    let v4 = pixels[i + 4u];
    let v5 = pixels[i + 5u];
    let u0 = pixels[j];
    let u1 = pixels[j + 1u];
    let u2 = pixels[j + 2u];
    let u3 = pixels[j + 3u];
    let u4 = pixels[j + 4u];
    let u5 = pixels[j + 5u];
    if (STRIDE == 1u) {
      tap(v0, v1, v2, v3, u0, u1, u2, u3, t);
      tap(v1, v2, v3, v4, u1, u2, u3, u4, t + 4u * CQ);
      tap(v2, v3, v4, v5, u2, u3, u4, u5, t + 8u * CQ);
    } else {
      let v6 = pixels[i + 6u];
      let v7 = pixels[i + 7u];
      let v8 = pixels[i + 8u];
      let u6 = pixels[j + 6u];
      let u7 = pixels[j + 7u];
      let u8 = pixels[j + 8u];
      tap(v0, v2, v4, v6, u0, u2, u4, u6, t);
      tap(v1, v3, v5, v7, u1, u3, u5, u7, t + 4u * CQ);
      tap(v2, v4, v6, v8, u2, u4, u6, u8, t + 8u * CQ);
    }
  }
}

fn store(sum: vec4f, slab: u32, n: u32, y: u32, x: u32, c: u32) {
  if (y >= p.ho || x >= p.wo) {
    return;
  }
  let pixel = (n * p.ho + y) * p.wo + x;
  put(sum.x, slab, pixel, n, c);
  put(sum.y, slab, pixel, n, c + 1u);
  put(sum.z, slab, pixel, n, c + 2u);
  put(sum.w, slab, pixel, n, c + 3u);
}

@compute @workgroup_size(CQ, ROWS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) index: u32) {
  let across = (p.wo + 4u * QX - 1u) / (4u * QX);
  let y0 = group.x / across * TH;
  let x0 = group.x % across * 4u * QX;
  let n = group.z / p.slabs;
  let slab = group.z % p.slabs;
  let qx = local.y % QX;
  let qy = local.y / QX * select(1u, 2u, TWO);
  let end = min((slab + 1u) * p.slabSize, p.c0 + p.c1);
  for (var c = slab * p.slabSize; c < end; c += 4u) {
    stage(index, n, i32(y0 * STRIDE) - i32(p.before), i32(x0 * STRIDE) - i32(p.before), c, group.y * CQ);
    workgroupBarrier();
    window(qy * STRIDE * SX + qx * 4u * STRIDE, local.x);
    workgroupBarrier();
  }
  let y = y0 + qy;
  let x = x0 + 4u * qx;
  let c = (group.y * CQ + local.x) * 4u;
  store(acc0, slab, n, y, x, c);
  store(acc1, slab, n, y, x + 1u, c);
  store(acc2, slab, n, y, x + 2u, c);
  store(acc3, slab, n, y, x + 3u, c);
  if (TWO) {
    store(acc4, slab, n, y + 1u, x, c);
    store(acc5, slab, n, y + 1u, x + 1u, c);
    store(acc6, slab, n, y + 1u, x + 2u, c);
    store(acc7, slab, n, y + 1u, x + 3u, c);
  }
}
