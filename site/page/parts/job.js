// Work that takes a while: a button that begins it and stops it, a bar, and what went wrong.

import { element, icon } from "../dom.js";
import { duration } from "../format.js";
import { say, worded } from "../words.js";

/** @import { Sampler } from "../../lib/unnoise.js" */

/** How far work is. @typedef {{done: number, total: number} | {index: number, steps: number}} Progress */

/** What work is given. @typedef {{signal: AbortSignal, onProgress: (progress: Progress) => void}} Work */

/** One piece of work at a time. */
export class Job {
  #studio;
  /** @type {AbortController|null} */
  #controller = null;
  #started = 0;
  #able = false;
  #button;
  #bar = element("div", { className: "bar" });
  #meter;
  #text = element("p", { className: "hint job-text", role: "status" });
  #face;

  /**
   * @param {import("../studio.js").Studio} studio
   * @param {{key: string, glyph?: string}} face of the button while nothing runs
   * @param {() => void} start what the button does then
   */
  constructor(studio, { key, glyph = "play" }, start) {
    this.#studio = studio;
    this.#face = [glyph, key];
    this.#button = element("button", { type: "button", className: "primary" });
    this.#button.addEventListener("click", () => (this.#controller ? this.stop() : start()));
    this.#meter = element("div", { className: "progress job-progress", hidden: true }, this.#bar);
    this.root = element("div", { className: "job" }, this.#button, this.#meter, this.#text);
    this.#show();
    studio.onModel(() => {
      this.able = true;
    });
  }

  /** Whether it can begin: not while a model, or a picture that it needs, is on its way. @param {boolean} yes */
  set able(yes) {
    this.#able = yes;
    this.#show();
  }

  get button() {
    return this.#button;
  }

  get running() {
    return this.#controller !== null;
  }

  #show() {
    const [glyph, key] = this.#controller ? ["stop", "sample.stop"] : this.#face;
    this.#button.replaceChildren(icon(glyph), worded("span", key));
    this.root.dataset.running = this.running ? "yes" : "no";
    this.#button.disabled = !this.running && !this.#able;
    this.#meter.hidden = !this.running;
  }

  stop() {
    this.#controller?.abort();
  }

  /**
   * Runs fn in place of what runs.
   *
   * @template T
   * @param {(sampler: Sampler, work: Work) => Promise<T>} fn
   * @returns {Promise<T|undefined>} what fn returned; undefined where it was stopped or failed
   */
  async run(fn) {
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    this.#started = performance.now();
    this.progress(0, 1);
    this.#show();
    this.#studio.notices.clear("chain");
    try {
      const sampler = await this.#studio.sampler();
      /** @param {Progress} progress */
      const onProgress = (progress) => {
        if (controller.signal.aborted) return;
        if ("index" in progress) this.progress(progress.index, progress.steps);
        else this.progress(progress.done, progress.total);
      };
      const result = await fn(sampler, { signal: controller.signal, onProgress });
      return controller.signal.aborted ? undefined : result;
    } catch (error) {
      if (!controller.signal.aborted) this.#studio.fail(error);
      return undefined;
    } finally {
      if (this.#controller === controller) {
        this.#controller = null;
        this.#show();
        this.#text.textContent = "";
        delete this.#text.dataset.t;
      }
    }
  }

  /** Shows how far the work is, and how long the rest will take. @param {number} done @param {number} total */
  progress(done, total) {
    const part = total ? done / total : 0;
    this.#bar.style.width = `${100 * part}%`;
    const seconds = (performance.now() - this.#started) / 1000;
    if (part > 0.02) say(this.#text, "job.left", { time: duration((seconds * (1 - part)) / part) });
    else say(this.#text, "job.working");
  }
}
