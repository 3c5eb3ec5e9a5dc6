// The end of groupnorm.wgsl and of groupnorm_join.wgsl; either is compiled with this behind it, and has the params and bindings that are used here.

// fold writes mean, scale and shift of a channel of a group: its statistics with gain, bias and film. moments are the means of the
// deviations from the mean and of their squares; the first is what rounding took from the mean, and goes into the shift.
fn fold(n: u32, c: u32, channels: u32, mean: f32, moments: vec2f) {
  let rest = moments.x;
  let variance = max(moments.y - rest * rest, 0.0);
  var scale = arena[p.vectors + c] * (1.0 / sqrt(variance + p.eps));
  var shift = arena[p.vectors + channels + c];
  if (p.film != 0u) {
    let i = n * p.filmStride + p.film - 1u + c;
    scale *= 1.0 + film[i];
    shift = shift * (1.0 + film[i]) + film[i + channels];
  }
  let o = 3u * n * channels + c;
  out[o] = mean;
  out[o + channels] = scale;
  out[o + 2u * channels] = shift - rest * scale;
}
