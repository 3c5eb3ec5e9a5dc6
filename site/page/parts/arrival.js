// A picture coded by the model, and decoded again as its bytes arrive.

import { element } from "../dom.js";
import { say, worded } from "../words.js";
import { unknownClass } from "./classes.js";
import { figure, segments, slider } from "./controls.js";
import { Job } from "./job.js";
import { cell, shownPicture } from "./source.js";

/** @import { Sampler } from "../../lib/unnoise.js" */

// How much of the file has come at each look, beyond its head, without which nothing can be decoded.
const shares = [0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1];
const headBytes = 24;

/** Coding, and the way back. */
export class Arrival {
  #picture;
  #shown = shownPicture("code.decoded.label");
  #blockBits = "10";
  job;
  /** @type {Awaited<ReturnType<Sampler["encode"]>>|null} */
  #coded = null;
  /** What each length of the file gives. @type {{picture: ImageData, length: number, level: number}[]} */
  #looks = [];
  #slider;
  #film = element("div", { className: "film", role: "group" });
  #numbers = worded("p", "code.file.none", undefined, { className: "hint" });

  /** @param {import("../studio.js").Studio} studio @param {() => ImageData|null} picture what is to be coded */
  constructor(studio, picture) {
    this.#picture = picture;
    this.job = new Job(studio, { key: "code.encode", glyph: "save" }, () => this.#run());
    this.#slider = slider(
      "code.arrived",
      { min: 0, max: shares.length - 1, value: 0 },
      (i) => this.#look(i),
      (i) => (this.#looks[i] ? `${this.#looks[i].length} B` : "–"),
    );
    this.#slider.input.disabled = true;
    this.figure = figure("code.decoded", this.#shown);
    this.root = element("section", { className: "block" }, this.#slider.root, this.#film, this.#numbers);
    const efforts = segments(
      "code.effort",
      { 8: "code.effort.8", 10: "code.effort.10", 14: "code.effort.14" },
      "10",
      (bits) => {
        this.#blockBits = bits;
      },
    );
    this.panel = element("div", { className: "group" }, efforts, this.job.root);
  }

  reset() {
    this.job.stop();
    this.#coded = null;
    this.#looks = [];
    this.#film.replaceChildren();
    this.#slider.input.disabled = true;
    this.#slider.set({ value: 0 });
    this.#shown.canvas.width = 1;
    say(this.#numbers, "code.file.none");
  }

  async #run() {
    const picture = this.#picture();
    this.reset();
    await this.job.run(async (sampler, { signal, onProgress }) => {
      /** @param {{done: number, total: number}} progress */
      const half = ({ done, total }) => onProgress({ done: done / 2, total });
      this.#coded = await sampler.encode(picture, {
        blockBits: Number(this.#blockBits),
        ...unknownClass(sampler.info.model),
        signal,
        onProgress: half,
      });
      if (signal.aborted) return;
      this.#tell();
      for (const [i, share] of shares.entries()) {
        await this.#decode(sampler, share, signal);
        if (signal.aborted) return;
        onProgress({ done: shares.length + i + 1, total: 2 * shares.length });
      }
    });
  }

  /** @param {Sampler} sampler @param {number} share @param {AbortSignal} signal */
  async #decode(sampler, share, signal) {
    const { bytes } = this.#coded;
    const length = Math.min(bytes.length, Math.round(headBytes + share * (bytes.length - headBytes)));
    const { picture, level } = await sampler.decode(bytes.slice(0, length), { signal });
    if (signal.aborted) return;
    const i = this.#looks.push({ picture, length, level }) - 1;
    const button = element(
      "button",
      { type: "button", className: "frame" },
      cell(picture),
      element("span", {}, `${length} B`),
    );
    button.addEventListener("click", () => this.#go(i));
    this.#film.append(button);
    this.#slider.input.disabled = false;
    this.#go(i);
  }

  /** @param {number} i */
  #go(i) {
    this.#slider.set({ value: i });
    this.#look(i);
  }

  /** @param {number} i */
  #look(i) {
    const at = Math.min(i, this.#looks.length - 1);
    if (at !== i) this.#slider.set({ value: at });
    this.#shown.show(this.#looks[at].picture);
    for (const [j, button] of [...this.#film.children].entries()) button.setAttribute("aria-pressed", String(j === at));
  }

  #tell() {
    const { bytes, bits, bound, rmse } = this.#coded;
    const values = {
      bytes: bytes.length,
      bits: Math.round(bits),
      bound: Math.round(bound),
      times: (bits / bound).toFixed(2),
      rmse: rmse.toFixed(1),
    };
    say(this.#numbers, "code.file", values);
  }
}
