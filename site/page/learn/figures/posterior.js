// Screen 3: where one pixel may have been a step before, if the finished value were known.

import { element } from "../../dom.js";
import { signed } from "../../format.js";
import { slider } from "../../parts/controls.js";
import { Plot, twoCurves } from "../../parts/plot.js";
import { say, worded } from "../../words.js";
import { posterior } from "../posterior.js";

const points = 401;
const [low, high] = [-3, 3];

/** The density of a normal distribution. */
const density = (x, mean, variance) =>
  Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  const place = element("div");
  const text = element("p", { className: "live" });
  /** @type {Float64Array|null} */
  let alphaBars = null;
  const look = () => {
    if (!alphaBars) return;
    const [at, back] = [t.value, Math.min(jump.value, t.value)];
    const { mean, variance } = posterior(alphaBars, at, at - back, xt.value, x0.value);
    const as = alphaBars[at - back];
    const xs = Float64Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1));
    const scaled = (fn) => {
      const values = xs.map(fn);
      const most = values.reduce((a, b) => Math.max(a, b), 1e-9);
      return values.map((value) => value / most);
    };
    // Heights are relative: what counts is where the curves stand and how wide they are.
    plot.show([
      xs,
      scaled((x) => density(x, mean, Math.max(variance, 2e-5))),
      scaled((x) => density(x, Math.sqrt(as) * x0.value, Math.max(1 - as, 2e-5))),
    ]);
    plot.mark(xt.value);
    say(text, "learn.posterior.now", { mean: signed(mean, 3), sd: Math.sqrt(variance).toFixed(3) });
  };
  const fixed = (value) => signed(value, 2);
  const t = slider("forward.t", { min: 1, max: 999, value: 300 }, look);
  const jump = slider("learn.posterior.jump", { min: 1, max: 200, value: 100 }, look);
  const x0 = slider("learn.posterior.x0", { min: -1, max: 1, step: 0.01, value: 0.8 }, look, fixed);
  const xt = slider("learn.posterior.xt", { min: -2.5, max: 2.5, step: 0.01, value: -0.6 }, look, fixed);
  const plot = new Plot(
    place,
    {
      x: "x",
      scales: { y: { range: [0, 1.08] } },
      series: twoCurves,
    },
    { height: 220 },
  );
  studio.onModel(async () => {
    ({ alphaBars } = await (await studio.sampler()).schedule());
    t.set({ max: alphaBars.length - 1 });
    look();
  });
  const curve = element("figure", {}, place, worded("figcaption", "learn.posterior.caption"));
  const controls = element("div", { className: "two" }, t.root, jump.root, x0.root, xt.root);
  return { root: element("div", { className: "block curves" }, curve, controls, text) };
}
