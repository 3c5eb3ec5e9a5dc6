// Pictures as bits: the bound term by term, rate against distortion, and a real file that is decoded as it arrives.

import { element } from "../dom.js";
import { Arrival } from "../parts/arrival.js";
import { unknownClass } from "../parts/classes.js";
import { block, figure, modelField, segments, viewFrame } from "../parts/controls.js";
import { Job } from "../parts/job.js";
import { losslessShare, rateDistortion } from "../parts/paper.js";
import { Plot } from "../parts/plot.js";
import { PictureSource } from "../parts/source.js";
import { say, worded } from "../words.js";

/** Builds the view. @type {import("../router.js").ViewModule["mount"]} */
export function mount(root, studio) {
  return new CodeView(root, studio);
}

/**
 * A rate in bits/dim and its RMSE of 255; paper: of the paper's.
 *
 * @typedef {{rate: number, rmse: number, paper?: true}} Point
 */

class CodeView {
  #studio;
  #source;
  #measure;
  #timesteps = "50";
  #bits = element("output", { className: "big" }, "–");
  #parts = worded("p", "code.bits.none", undefined, { className: "hint" });
  #terms;
  #rate;
  #arrival;

  /** @param {HTMLElement} root @param {import("../studio.js").Studio} studio */
  constructor(root, studio) {
    this.#studio = studio;
    this.#source = new PictureSource(studio, {
      label: "code.source.label",
      onChange: () => this.#reset(),
      blank: true,
    });
    this.#measure = new Job(studio, { key: "code.measure" }, () => this.#run());
    this.#arrival = new Arrival(studio, () => this.#source.picture);
    const plots = [element("div"), element("div")];
    const accuracy = segments(
      "code.timesteps",
      { 20: "code.timesteps.quick", 50: "code.timesteps.usual", 250: "code.timesteps.fine" },
      "50",
      (n) => {
        this.#timesteps = n;
      },
    );
    const bound = block(
      "code.bound",
      element("p", { className: "bignumber" }, this.#bits, " ", worded("span", "code.bits")),
      this.#parts,
      element(
        "div",
        { className: "two curves" },
        element("figure", {}, plots[0], worded("figcaption", "code.terms")),
        element("figure", {}, plots[1], worded("figcaption", "code.rate")),
      ),
      worded("p", "code.paper", losslessShare, { className: "hint" }),
    );
    viewFrame(root, "code", {
      bench: [
        element("div", { className: "two" }, figure("code.source", this.#source), this.#arrival.figure),
        this.#arrival.root,
        bound,
      ],
      panel: [
        modelField(studio),
        this.#arrival.panel,
        accuracy,
        this.#measure.root,
        worded("p", "code.note", undefined, { className: "hint" }),
      ],
    });
    /** @type {import("uplot").Scale} */
    const log = { distr: 3, log: 10 };
    this.#terms = new Plot(plots[0], { x: "t", scales: { y: log }, series: [{ stroke: "--accent" }] }, { height: 220 });
    this.#rate = new Plot(
      plots[1],
      {
        x: "bits/dim",
        y: "RMSE",
        scales: { x: log },
        series: [
          { stroke: "--accent", points: { show: true, size: 5 }, spanGaps: true },
          { stroke: "--warm", dash: [6, 4], points: { show: true, size: 5 }, spanGaps: true },
        ],
      },
      { height: 220 },
    );
    this.#showRates([]);
    studio.onModel(() => this.#reset());
  }

  #reset() {
    this.#measure.stop();
    this.#arrival.reset();
    for (const job of [this.#measure, this.#arrival.job]) job.able = this.#source.picture !== null;
    this.#bits.parentElement.hidden = true;
    say(this.#parts, "code.bits.none");
    this.#terms.clear("code.terms.none");
    this.#showRates([]);
  }

  async #run() {
    const { picture } = this.#source;
    const settings = { draws: 1, timesteps: Number(this.#timesteps), ...unknownClass(this.#studio.info.model) };
    const nll = await this.#measure.run((sampler, options) => sampler.nll(picture, { ...settings, ...options }));
    if (!nll) return;
    const { bitsPerDim, standardError, prior, terms } = nll;
    this.#bits.textContent = bitsPerDim.toFixed(2);
    this.#bits.parentElement.hidden = false;
    const first = terms.find(({ t }) => t === 0 || t === 1);
    const values = {
      error: standardError.toFixed(2),
      prior: prior.toExponential(1),
      last: (first?.bits ?? 0).toFixed(2),
    };
    say(this.#parts, "code.bits.parts", values);
    const sorted = [...terms].sort((a, b) => a.t - b.t);
    const { trainTimesteps } = this.#studio.info.model;
    this.#terms.show([sorted.map(({ t }) => t), perTimestep(sorted, settings.timesteps, trainTimesteps)]);
    this.#showRates(progressive(sorted, prior));
  }

  /** Shows rate and distortion of this picture, beside the paper's. @param {Point[]} mine */
  #showRates(mine) {
    const points = rateDistortion.filter(([, rate]) => rate > 0);
    const theirs = points.map(([, rate, rmse]) => /** @type {Point} */ ({ rate, rmse, paper: true }));
    const all = [...mine.filter(({ rate }) => rate > 1e-5), ...theirs].sort((a, b) => a.rate - b.rate);
    this.#rate.show([
      all.map(({ rate }) => rate),
      all.map(({ rmse, paper }) => (paper ? null : rmse)),
      all.map(({ rmse, paper }) => (paper ? rmse : null)),
    ]);
  }
}

/**
 * What has been sent when the chain is at t, and how far the estimate of x_0 is off then (section 4.3).
 *
 * @param {{t: number, bits: number, x0MSE: number}[]} terms by t
 * @param {number} prior L_T
 * @returns {Point[]}
 */
function progressive(terms, prior) {
  let rate = prior;
  return terms.toReversed().map(({ bits, x0MSE }) => {
    const point = { rate, rmse: 127.5 * Math.sqrt(x0MSE) };
    rate += bits;
    return point;
  });
}

/**
 * Bits of one timestep: a term stands for all of its stratum, the first ones for themselves.
 *
 * @param {{bits: number}[]} terms by t
 * @param {number} strata
 * @param {number} timesteps
 */
function perTimestep(terms, strata, timesteps) {
  const single = Math.max(0, terms.length - strata);
  const width = (timesteps - single) / strata;
  return terms.map(({ bits }, i) => Math.max(1e-8, i < single ? bits : bits / width));
}
