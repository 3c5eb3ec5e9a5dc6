// Screen 2: the schedule of the model that is loaded.

import { element } from "../../dom.js";
import { signed } from "../../format.js";
import { slider } from "../../parts/controls.js";
import { Plot } from "../../parts/plot.js";
import { say, worded } from "../../words.js";

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  const places = [element("div"), element("div")];
  const text = element("p", { className: "live" });
  /** @type {Awaited<ReturnType<import("../../../lib/unnoise.js").Sampler["schedule"]>>|null} */
  let schedule = null;
  const look = () => {
    if (!schedule) return;
    const { betas, alphaBars } = schedule;
    const a = alphaBars[t.value];
    const values = {
      beta: betas[t.value].toPrecision(2),
      alphabar: a.toPrecision(3),
      snr: signed(10 * Math.log10(a / (1 - a)), 1),
    };
    say(text, "learn.schedule.now", values);
    for (const plot of plots) plot.mark(t.value);
  };
  const go = (/** @type {number} */ x) => {
    t.set({ value: Math.round(x) });
    look();
  };
  const t = slider("forward.t", { min: 0, max: 999, value: 400 }, look);
  const plots = [
    new Plot(places[0], { x: "t", series: [{ stroke: "--accent", fill: "--accent" }] }, { height: 190, onCursor: go }),
    new Plot(places[1], { x: "t", series: [{ stroke: "--warm", fill: "--warm" }] }, { height: 170, onCursor: go }),
  ];
  studio.onModel(async () => {
    schedule = await (await studio.sampler()).schedule();
    const { betas, alphaBars } = schedule;
    const ts = Float64Array.from(betas, (_, i) => i);
    plots[0].show([ts, alphaBars]);
    plots[1].show([ts, betas]);
    t.set({ max: betas.length - 1 });
    look();
  });
  const captions = ["learn.schedule.alphabar", "learn.schedule.beta"];
  const curves = places.map((place, i) => element("figure", {}, place, worded("figcaption", captions[i])));
  return { root: element("div", { className: "block curves" }, ...curves, t.root, text) };
}
