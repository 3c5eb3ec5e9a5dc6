// Values in [-1,1] as 8-bit RGBA, as kernels/pixels.go defines them: round(clamp(v/2+0.5, 0, 1)*255), half to even.

struct Params {
  pixels: u32,
  c: u32, // 1: grey, 3: RGB
}

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>; // one pixel each, red in the lowest byte

// level rounds 127.5 * v + 127.5 exactly. A float32 product would move values next to a tie across it, so the product only
// finds the neighbours k and k+1; between them 255 * v is compared with the tie, 2k - 254, as 256 * v - tie with v: the
// left side is exact. The only tie that float32 holds is v = 0, between 127 and 128, and goes to the even one.
fn level(v: f32) -> u32 {
  let bits = bitcast<u32>(v) & 0x7fffffffu;
  if (bits > 0x7f800000u || v <= -1.0) { // NaN by its bits: v != v may be compiled away
    return 0u;
  }
  if (v >= 1.0) {
    return 255u;
  }
  let k = floor(127.5 * v + 127.5);
  let over = 256.0 * v - (2.0 * k - 254.0);
  return u32(k) + select(0u, 1u, over >= v);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < p.pixels; i += groups.x * 256u) {
    let j = i * p.c;
    out[i] = level(a[j]) | (level(a[j + p.c / 2u]) << 8u) | (level(a[j + p.c - 1u]) << 16u) | 0xff000000u;
  }
}
