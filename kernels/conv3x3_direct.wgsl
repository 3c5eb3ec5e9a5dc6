// The 3x3 convolution of conv3x3.wgsl without workgroup memory and barriers, for adapters that are programs on a CPU: there
// every load from a buffer or from workgroup memory is a loop over the threads of a vector, reads of textures are several times as fast,
// and registers are cheap.
//
// The input is what conv3x3_stage.wgsl has made. A thread makes 4x4 pixels of eight output channels; all it reads for four
// input channels are 36 texels of the picture and 36 of weights, for 4608 products. conv_direct.wgsl has what surrounds that.

// Row is what the three taps of a row of weights see of a row of the picture: a column is four channels of a pixel.
struct Row {
  left: mat4x4f,
  middle: mat4x4f,
  right: mat4x4f,
}

fn texel(x: u32, y: u32) -> vec4f {
  return textureLoad(picture, vec2u(x, y), 0);
}

fn row(x: u32, y: u32) -> Row {
  let v0 = texel(x, y);
  let v1 = texel(x + 1u, y);
  let v2 = texel(x + 2u, y);
  let v3 = texel(x + 3u, y);
  let v4 = texel(x + 4u, y);
  let v5 = texel(x + 5u, y);
  if (STRIDE == 1u) {
    return Row(mat4x4f(v0, v1, v2, v3), mat4x4f(v1, v2, v3, v4), mat4x4f(v2, v3, v4, v5));
  }
  let v6 = texel(x + 6u, y);
  let v7 = texel(x + 7u, y);
  let v8 = texel(x + 8u, y);
  return Row(mat4x4f(v0, v2, v4, v6), mat4x4f(v1, v3, v5, v7), mat4x4f(v2, v4, v6, v8));
}

// line adds a row of three taps; group is the eight output channels, of count.
fn line(s: ptr<function, Sums>, ky: u32, group: u32, count: u32, c: u32, r0: Row, r1: Row, r2: Row, r3: Row) {
  let i = 3u * ky * count + group;
  tap(s, taps(i, c), r0.left, r1.left, r2.left, r3.left);
  tap(s, taps(i + count, c), r0.middle, r1.middle, r2.middle, r3.middle);
  tap(s, taps(i + 2u * count, c), r0.right, r1.right, r2.right, r3.right);
}

fn quad(s: ptr<function, Sums>, group: u32, count: u32, c: u32, x: u32, y: u32) {
  let r0 = row(x, y);
  let r1 = row(x, y + 1u);
  let r2 = row(x, y + 2u);
  let r3 = row(x, y + 3u);
  let r4 = row(x, y + 4u);
  let r5 = row(x, y + 5u);
  if (STRIDE == 1u) {
    line(s, 0u, group, count, c, r0, r1, r2, r3);
    line(s, 1u, group, count, c, r1, r2, r3, r4);
    line(s, 2u, group, count, c, r2, r3, r4, r5);
    return;
  }
  let r6 = row(x, y + 6u);
  let r7 = row(x, y + 7u);
  let r8 = row(x, y + 8u);
  line(s, 0u, group, count, c, r0, r2, r4, r6);
  line(s, 1u, group, count, c, r1, r3, r5, r7);
  line(s, 2u, group, count, c, r2, r4, r6, r8);
}
