// Where a chain may have been a step before, if its end were known.

/**
 * The posterior q(x_s | x_t, x_0) of a jump from t to an earlier s (equations 6 and 7, for any s).
 *
 * @param {Float64Array} alphaBars
 * @returns {{mean: number, variance: number}}
 */
export function posterior(alphaBars, t, s, xt, x0) {
  const [at, as] = [alphaBars[t], alphaBars[s]];
  const alpha = at / as;
  const mean = (Math.sqrt(as) * (1 - alpha) * x0 + Math.sqrt(alpha) * (1 - as) * xt) / (1 - at);
  return { mean, variance: ((1 - as) / (1 - at)) * (1 - alpha) };
}

/**
 * What is one fact at x_t: the noise eps in it, the picture x_0 and the mean of q(x_s | x_t, x_0), from any one of them.
 *
 * @typedef {{eps: number, x0: number, mean: number}} Fact
 * @typedef {{alphaBars: Float64Array, t: number, s: number, xt: number}} Place
 */

/** @param {Place} place @param {number} x0 @returns {Fact} */
export function fromPicture({ alphaBars, t, s, xt }, x0) {
  // Equation 4, for the noise.
  const eps = (xt - Math.sqrt(alphaBars[t]) * x0) / Math.sqrt(1 - alphaBars[t]);
  return { eps, x0, mean: posterior(alphaBars, t, s, xt, x0).mean };
}

/** @param {Place} place @param {number} eps @returns {Fact} */
export function fromNoise(place, eps) {
  const { alphaBars, t, xt } = place;
  return { ...fromPicture(place, (xt - Math.sqrt(1 - alphaBars[t]) * eps) / Math.sqrt(alphaBars[t])), eps };
}

/** The mean is linear in x_0. @param {Place} place @param {number} mean @returns {Fact} */
export function fromMean(place, mean) {
  const { alphaBars, t, s, xt } = place;
  const [none, one] = [0, 1].map((x0) => posterior(alphaBars, t, s, xt, x0).mean);
  return { ...fromPicture(place, (mean - none) / (one - none)), mean };
}
