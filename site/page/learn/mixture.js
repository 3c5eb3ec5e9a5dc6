// A small mixture of normal distributions in the plane, as "all pictures" of two pixels: its noised densities and their scores.

/** @typedef {[number, number]} Point */

/**
 * Where the "pictures" are, each with its weight and standard deviation.
 *
 * @type {{at: Point, weight: number, sd: number}[]}
 */
const modes = [
  { at: [-0.95, 0.55], weight: 0.3, sd: 0.12 },
  { at: [0.75, 0.8], weight: 0.25, sd: 0.18 },
  { at: [0.35, -0.75], weight: 0.3, sd: 0.14 },
  { at: [-0.6, -0.65], weight: 0.15, sd: 0.1 },
];

/**
 * The density of the data with noise of a standard deviation, up to no factor, and its score, the slope of its logarithm.
 *
 * @param {Point} x
 * @param {number} sigma
 * @returns {{density: number, score: Point}}
 */
export function field([x, y], sigma) {
  let [density, sx, sy] = [0, 0, 0];
  for (const { at, weight, sd } of modes) {
    const variance = sd * sd + sigma * sigma;
    const [dx, dy] = [at[0] - x, at[1] - y];
    const part = (weight * Math.exp(-(dx * dx + dy * dy) / (2 * variance))) / (2 * Math.PI * variance);
    density += part;
    sx += (part * dx) / variance;
    sy += (part * dy) / variance;
  }
  // Far from everything the density underflows; the nearest mode's slope is the limit.
  if (density < 1e-300) return { density: 0, score: farScore([x, y], sigma) };
  return { density, score: [sx / density, sy / density] };
}

/** @param {Point} x @param {number} sigma @returns {Point} */
function farScore([x, y], sigma) {
  const distance = (/** @type {{at: Point}} */ { at }) => Math.hypot(at[0] - x, at[1] - y);
  const { at, sd } = modes.reduce((a, b) => (distance(a) < distance(b) ? a : b));
  const variance = sd * sd + sigma * sigma;
  return [(at[0] - x) / variance, (at[1] - y) / variance];
}

/** A standard normal value (Box and Muller). @param {() => number} random */
export function normal(random = Math.random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * A step of annealed Langevin dynamics (Song and Ermon 2019, Algorithm 1).
 *
 * @param {Point} point
 * @param {number} sigma the noise level of now
 * @param {number} rate of the step, in units of sigma squared
 * @param {() => number} random
 * @returns {Point}
 */
export function langevin(point, sigma, rate, random = Math.random) {
  const step = rate * sigma * sigma;
  const { score } = field(point, sigma);
  const moved = (/** @type {0|1} */ k) => point[k] + (step / 2) * score[k] + Math.sqrt(step) * normal(random);
  return [moved(0), moved(1)];
}
