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
