// Between two pictures, noised to a depth and mixed (figures 8 and 9 of the paper), or between two seeds.

import { element } from "../dom.js";
import { unknownClasses } from "../parts/classes.js";
import { field, figure, modelField, seedField, segments, slider, viewFrame } from "../parts/controls.js";
import { Job } from "../parts/job.js";
import { cell, PictureSource, shownPicture } from "../parts/source.js";
import { say, worded } from "../words.js";

/** @import { InterpolateOptions, ProcessOptions, Seed } from "../../lib/unnoise.js" */

const lambdas = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1];
// Rows of other depths that stay to compare with.
const mostRows = 6;

/** Builds the view. @type {import("../router.js").ViewModule["mount"]} */
export function mount(root, studio) {
  return new InterpolateView(root, studio);
}

/**
 * A row of pictures. depth: null of seeds; values: the seeds, null of pictures; root: once it is shown.
 *
 * @typedef {{depth: number|null, values: Seed[]|null, pictures: ImageData[], root?: HTMLElement}} Result
 */

class InterpolateView {
  #studio;
  #mode = "pictures";
  #ends;
  #seeds = [seedField(1), seedField(2)];
  #seed = seedField(7);
  #depth;
  #steps;
  #job;
  #between = shownPicture("interpolate.result.label");
  #lambda;
  #rows = element("div", { className: "rows" });
  /** @type {Result[]} */
  #results = [];
  /** @type {Result|null} */
  #shown = null;
  #parts;

  /** @param {HTMLElement} root @param {import("../studio.js").Studio} studio */
  constructor(root, studio) {
    this.#studio = studio;
    this.#ends = ["a", "b"].map(
      (end, i) =>
        new PictureSource(studio, {
          label: `interpolate.${end}`,
          onChange: () => this.#judge(),
          start: i ? "sample" : "preview",
          blank: true,
        }),
    );
    this.#depth = slider(
      "interpolate.depth",
      { min: 1, max: 999, value: 500 },
      () => {},
      (t) => `t = ${t}`,
    );
    this.#steps = element("input", { type: "number", min: 5, max: 200, value: 25 });
    this.#lambda = slider(
      "interpolate.lambda",
      { min: 0, max: lambdas.length - 1, value: 4 },
      () => this.#look(),
      (i) => `λ = ${lambdas[i]}`,
    );
    this.#job = new Job(studio, { key: "interpolate.go" }, () => this.#go());
    const ends = element(
      "div",
      { className: "three" },
      figure("interpolate.a", this.#ends[0]),
      figure("interpolate.middle", this.#between),
      figure("interpolate.b", this.#ends[1]),
    );
    const modes = { pictures: "interpolate.mode.pictures", seeds: "interpolate.mode.seeds" };
    const mode = segments("interpolate.mode", modes, "pictures", (value) => this.#setMode(value));
    const seeds = element("div", { className: "pair", hidden: true }, this.#seeds[0].root, this.#seeds[1].root);
    const hint = worded("p", "interpolate.linear", undefined, { className: "hint" });
    this.#parts = { seeds, hint };
    viewFrame(root, "interpolate", {
      bench: [ends, this.#lambda.root, this.#rows],
      panel: [
        modelField(studio),
        mode,
        seeds,
        this.#depth.root,
        this.#seed.root,
        field("settings.steps", this.#steps),
        this.#job.root,
        hint,
      ],
    });
    studio.onModel(({ model }) => this.#begin(model));
  }

  /** @param {import("../../lib/unnoise.js").ModelInfo} model */
  #begin({ trainTimesteps }) {
    this.#job.stop();
    this.#depth.set({ max: trainTimesteps - 1, value: Math.round(trainTimesteps / 2) });
    this.#results = [];
    this.#rows.replaceChildren(worded("p", "interpolate.empty", undefined, { className: "empty" }));
    this.#judge();
  }

  /** Seeds are there at once, pictures may be on their way. */
  #judge() {
    this.#job.able = this.#mode === "seeds" || this.#ends.every(({ picture }) => picture);
  }

  /** @param {string} mode */
  #setMode(mode) {
    this.#mode = mode;
    const seeds = mode === "seeds";
    this.#parts.seeds.hidden = !seeds;
    this.#depth.root.hidden = seeds;
    for (const { root } of this.#ends) root.inert = seeds;
    this.#judge();
    say(this.#parts.hint, seeds ? "interpolate.spherical" : "interpolate.linear");
  }

  async #go() {
    const seeds = this.#mode === "seeds";
    const depth = this.#depth.value;
    const [[a, b], [from, to]] = [this.#ends, this.#seeds];
    /** @type {Pick<InterpolateOptions, "seeds"|"pictures"|"depth">} */
    const ends = seeds ? { seeds: [from.value, to.value] } : { pictures: [a.picture, b.picture], depth };
    /** @type {ProcessOptions} */
    const settings = {
      sampler: "ddim",
      steps: Number(this.#steps.value),
      seed: this.#seed.value,
      ...unknownClasses(this.#studio.info.model, lambdas.length),
    };
    const result = await this.#job.run((sampler, options) =>
      sampler.interpolate({ ...ends, lambdas, ...settings, ...options }),
    );
    if (!result) return;
    if (seeds) {
      this.#ends[0].set(result.pictures[0]);
      this.#ends[1].set(result.pictures.at(-1));
    }
    this.#keep({
      depth: seeds ? null : depth,
      values: seeds ? ends.seeds : null,
      pictures: result.pictures,
    });
  }

  /** A row among the others: the deeper, the lower. @param {Result} result */
  #keep(result) {
    const same = (/** @type {Result} */ other) => other.depth === result.depth && other.depth !== null;
    this.#results = [...this.#results.filter((other) => !same(other)), result].slice(-mostRows);
    this.#results.sort((a, b) => (a.depth ?? 0) - (b.depth ?? 0));
    this.#shown = result;
    this.#rows.replaceChildren(...this.#results.map((each) => this.#row(each)));
    this.#look();
  }

  /** @param {Result} result */
  #row(result) {
    const { depth, values, pictures } = result;
    const cells = pictures.map((picture, i) => {
      const button = element(
        "button",
        { type: "button", className: "frame", ariaLabel: `λ = ${lambdas[i]}` },
        cell(picture),
      );
      button.addEventListener("click", () => {
        this.#shown = result;
        this.#lambda.set({ value: i });
        this.#look();
      });
      return button;
    });
    const title = element(
      "p",
      { className: "row-title" },
      depth === null ? `${values[0]} → ${values[1]}` : `t = ${depth}`,
    );
    result.root = element("div", { className: "strip-row" }, title, element("div", { className: "film" }, ...cells));
    return result.root;
  }

  #look() {
    if (!this.#shown) return;
    const at = this.#lambda.value;
    this.#between.show(this.#shown.pictures[at]);
    for (const button of this.#rows.querySelectorAll("[aria-pressed]")) button.removeAttribute("aria-pressed");
    this.#shown.root.querySelectorAll("button")[at].setAttribute("aria-pressed", "true");
  }
}
