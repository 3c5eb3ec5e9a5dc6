// The forward process on a picture of the reader's: q(x_t given x_0) at any t, beside the curves that say how fast it fades.

import { element } from "../dom.js";
import { signed } from "../format.js";
import { figure, modelField, seedField, slider, viewFrame } from "../parts/controls.js";
import { Plot, twoCurves } from "../parts/plot.js";
import { cell, PictureSource, shownPicture } from "../parts/source.js";
import { term } from "../terms.js";
import { say, worded } from "../words.js";

/** @import { Sampler } from "../../lib/unnoise.js" */

// Pictures in the row below.
const rowLength = 9;

/** Builds the view. @type {import("../router.js").ViewModule["mount"]} */
export function mount(root, studio) {
  return new ForwardView(root, studio);
}

class ForwardView {
  #studio;
  #source;
  #noisy = shownPicture("forward.noisy.label");
  #slider;
  #seed;
  #row = element("div", { className: "film", role: "group" });
  #numbers;
  #bars;
  #snr;
  /** @type {Awaited<ReturnType<Sampler["schedule"]>>|null} */
  #schedule = null;
  #wanted = 0; // counts requests, so that the last one wins

  /** @param {HTMLElement} root @param {import("../studio.js").Studio} studio */
  constructor(root, studio) {
    this.#studio = studio;
    this.#source = new PictureSource(studio, {
      label: "forward.clean.label",
      onChange: () => this.#refresh(),
      blank: true,
    });
    this.#slider = slider("forward.t", { min: 0, max: 999, value: 250 }, () => this.#look());
    this.#seed = seedField(1, () => this.#refresh());
    this.#numbers = readouts(["t", "alphabar", "signal", "noise", "snr"]);
    const plots = [element("div"), element("div")];
    const pictures = element(
      "div",
      { className: "two" },
      figure("forward.clean", this.#source),
      figure("forward.noisy", this.#noisy),
    );
    const curves = element(
      "div",
      { className: "two curves" },
      element("figure", {}, plots[0], worded("figcaption", "forward.curve.alpha")),
      element("figure", {}, plots[1], worded("figcaption", "forward.curve.snr")),
    );
    viewFrame(root, "forward", {
      bench: [pictures, this.#slider.root, this.#numbers.root, this.#row, curves],
      panel: [modelField(studio), this.#seed.root, worded("p", "forward.note", undefined, { className: "hint" })],
    });
    const onCursor = (/** @type {number} */ x) => this.#go(x);
    this.#bars = new Plot(
      plots[0],
      {
        x: "t",
        scales: { y: { range: [0, 1] } },
        series: twoCurves,
      },
      { onCursor },
    );
    this.#snr = new Plot(plots[1], { x: "t", y: "dB", series: [{ stroke: "--accent" }] }, { onCursor });
    studio.onModel(() => this.#newModel());
  }

  async #newModel() {
    const sampler = await this.#studio.sampler();
    this.#schedule = await sampler.schedule();
    const { alphaBars } = this.#schedule;
    this.#slider.set({ max: alphaBars.length - 1, value: Math.min(this.#slider.value, alphaBars.length - 1) });
    const t = Float64Array.from(alphaBars, (_, i) => i);
    this.#bars.show([t, alphaBars, alphaBars.map((a) => Math.sqrt(1 - a))]);
    this.#snr.show([t, alphaBars.map((a) => 10 * Math.log10(a / (1 - a)))]);
    this.#refresh();
  }

  /** @param {number} t */
  #go(t) {
    this.#slider.set({ value: Math.round(t) });
    this.#look();
  }

  /** Another picture, seed or model: the row and what is looked at. */
  async #refresh() {
    if (!this.#schedule || !this.#source.picture) return;
    const last = this.#schedule.alphaBars.length - 1;
    const timesteps = Array.from({ length: rowLength }, (_, i) => Math.round((i * last) / (rowLength - 1)));
    const pictures = await this.#forward(timesteps);
    if (!pictures) return;
    this.#row.replaceChildren(...pictures.map((picture, i) => this.#frame(picture, timesteps[i])));
    this.#look();
  }

  /** @param {ImageData} picture @param {number} t */
  #frame(picture, t) {
    const canvas = cell(picture);
    const button = element("button", { type: "button", className: "frame" }, canvas, element("span", {}, `t = ${t}`));
    button.addEventListener("click", () => this.#go(t));
    return button;
  }

  /** @param {number[]} timesteps @returns {Promise<ImageData[]|null>} null: there are none to be shown */
  async #forward(timesteps) {
    const { picture } = this.#source;
    try {
      const sampler = await this.#studio.sampler();
      const { width, height } = sampler.info.model;
      // The model has changed since, and its picture is on its way.
      if (picture.width !== width || picture.height !== height) return null;
      return await sampler.forward(picture, { timesteps, seed: this.#seed.value });
    } catch (error) {
      this.#studio.fail(error);
      return null;
    }
  }

  /** Shows x_t at the slider's t. */
  async #look() {
    const t = this.#slider.value;
    if (!this.#schedule || !this.#source.picture) return;
    const alphaBar = this.#schedule.alphaBars[t];
    this.#numbers.set({
      t,
      alphabar: alphaBar.toPrecision(3),
      signal: Math.sqrt(alphaBar).toFixed(3),
      noise: Math.sqrt(1 - alphaBar).toFixed(3),
      snr: `${signed(10 * Math.log10(alphaBar / (1 - alphaBar)), 1)} dB`,
    });
    this.#bars.mark(t);
    this.#snr.mark(t);
    const mine = ++this.#wanted;
    const pictures = await this.#forward([t]);
    if (pictures && mine === this.#wanted) this.#noisy.show(pictures[0]);
  }
}

/** Numbers in a row, each with its explanation. @param {string[]} names of the catalogue's forward.r.* and term.* */
function readouts(names) {
  const values = Object.fromEntries(names.map((name) => [name, element("dd", {}, "–")]));
  const items = names.map((name) => {
    const word = term(name, "", 2);
    say(word, `forward.r.${name}`);
    return element("div", {}, element("dt", {}, word), values[name]);
  });
  const root = element("dl", { className: "readouts" }, ...items);
  const set = (/** @type {import("../words.js").Values} */ next) => {
    for (const [name, value] of Object.entries(next)) values[name].textContent = String(value);
  };
  return { root, set };
}
