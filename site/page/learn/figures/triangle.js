// Screen 4: the noise, the picture and the mean of a step are one fact. Move any of the three: the other two follow.

import { element } from "../../dom.js";
import { signed } from "../../format.js";
import { slider } from "../../parts/controls.js";
import { say, worded } from "../../words.js";
import { fromMean, fromNoise, fromPicture } from "../posterior.js";

const xt = 0.35; // of the one pixel shown
const jump = 50; // timesteps of the step whose mean is shown: after a single one it is nearly x_t itself
const corners = { eps: [120, 22], x0: [28, 128], mean: [212, 128] };
const svg = "http://www.w3.org/2000/svg";

const drawn = (tag, attributes, text = "") => {
  const node = Object.assign(document.createElementNS(svg, tag), { textContent: text });
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

/** @param {import("../../studio.js").Studio} studio for the schedule of its model */
export function triangle(studio) {
  /** @type {Float64Array|null} */
  let alphaBars = null;
  const from = { eps: fromNoise, x0: fromPicture, mean: fromMean };
  const fixed = (value) => signed(value, 2);
  const values = drawnValues();
  const text = element("p", { className: "live" });
  /** Takes the slider that was moved for true, and sets the others. */
  const follow = (/** @type {keyof typeof corners} */ name) => {
    if (!alphaBars) return;
    const place = { alphaBars, t: t.value, s: Math.max(0, t.value - jump), xt };
    // Pictures are from -1 to 1: so far the other two can go.
    const [low, high] = [-1, 1].map((x0) => fromPicture(place, x0));
    const fact = from[name](place, sliders[name].value);
    for (const [each, control] of Object.entries(sliders)) {
      const [min, max] = [low[each], high[each]].sort((a, b) => a - b);
      control.set({ min, max, step: (max - min) / 400 });
      if (each !== name) control.set({ value: fact[each] });
      values[each].textContent = fixed(fact[each]);
    }
    say(text, "learn.triangle.now", { t: place.t, s: place.s, x: fixed(xt) });
  };
  const t = slider("forward.t", { min: 1, max: 999, value: 400 }, () => follow("x0"));
  const control = (name) =>
    slider(`learn.triangle.${name}`, { min: -1, max: 1, step: 0.005, value: 0 }, () => follow(name), fixed);
  const sliders = { x0: control("x0"), eps: control("eps"), mean: control("mean") };
  sliders.x0.set({ value: 0.6 });
  studio.onModel(async () => {
    ({ alphaBars } = await (await studio.sampler()).schedule());
    t.set({ max: alphaBars.length - 1 });
    follow("x0");
  });
  const controls = element("div", { className: "group" }, ...Object.values(sliders).map(({ root }) => root), t.root);
  const row = element("div", { className: "plane-row" }, values.root, controls);
  return element("div", { className: "block" }, worded("h4", "learn.triangle"), row, text);
}

/** The triangle, with the text of a value at each corner. */
function drawnValues() {
  const root = drawn("svg", { viewBox: "0 0 240 156", class: "triangle", "aria-hidden": "true" });
  const points = Object.values(corners).map(([x, y]) => `${x},${y}`);
  root.append(drawn("polygon", { points: points.join(" ") }));
  const out = { root };
  for (const [name, symbol] of Object.entries({ eps: "ε", x0: "x₀", mean: "μ̃" })) {
    const [x, y] = corners[name];
    out[name] = drawn("text", { x, y: name === "eps" ? y + 36 : y - 26 });
    root.append(
      drawn("circle", { cx: x, cy: y, r: 17, class: name }),
      drawn("text", { x, y: y + 5, class: "symbol" }, symbol),
      out[name],
    );
  }
  return out;
}
