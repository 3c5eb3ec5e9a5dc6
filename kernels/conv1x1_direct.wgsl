// The product of conv1x1.wgsl without workgroup memory and barriers: see conv3x3_direct.wgsl.
//
// The input is what conv3x3_stage.wgsl has made, without a border. conv_direct.wgsl has all but the following.

// row is four pixels, of four channels each.
fn row(x: u32, y: u32) -> mat4x4f {
  return mat4x4f(textureLoad(picture, vec2u(x, y), 0), textureLoad(picture, vec2u(x + 1u, y), 0),
    textureLoad(picture, vec2u(x + 2u, y), 0), textureLoad(picture, vec2u(x + 3u, y), 0));
}

fn quad(s: ptr<function, Sums>, group: u32, count: u32, c: u32, x: u32, y: u32) {
  tap(s, taps(group, c), row(x, y), row(x, y + 1u), row(x, y + 2u), row(x, y + 3u));
}
