// The CPU and the GPU draw the same picture side by side.

import { element } from "../dom.js";
import { milliseconds, seconds } from "../format.js";
import { createSampler } from "../library.js";
import { classesInTurn } from "../parts/classes.js";
import { block } from "../parts/controls.js";
import { Job } from "../parts/job.js";
import { shownPicture } from "../parts/source.js";
import { say, worded } from "../words.js";

const names = { cpu: "CPU", webgpu: "WebGPU" };

/**
 * What came out of one side: the pixels of its picture, or why there is none.
 *
 * @typedef {{ms?: number, seconds?: number, adapter?: string, pixels?: Uint8Array, error?: string}} Result
 */

/** The race. */
export class Race {
  #studio;
  #lanes;
  #track;
  #job;
  #verdict = element("p", { role: "status" });
  /** What came out, for the report. @type {Partial<Record<keyof typeof names, Result>>} */
  results = {};

  /** @param {import("../studio.js").Studio} studio */
  constructor(studio) {
    this.#studio = studio;
    this.#lanes = /** @type {(keyof typeof names)[]} */ (Object.keys(names)).map((engine) => new Lane(engine));
    this.#job = new Job(studio, { key: "engine.race.go" }, () => this.#run());
    this.#track = element("div", { className: "two", hidden: true }, ...this.#lanes.map(({ root }) => root));
    const parts = [this.#track, this.#verdict, this.#job.root];
    this.root = block(
      "engine.race",
      worded("p", "engine.race.text", undefined, { className: "hint" }),
      ...(navigator.gpu ? parts : [worded("p", "engine.gpu.none")]),
    );
  }

  #run() {
    this.results = {};
    this.#verdict.textContent = "";
    this.#track.hidden = false;
    const { source } = this.#studio.wanted;
    return this.#job.run(async (_, { signal }) => {
      const ran = await Promise.all(this.#lanes.map((lane) => lane.run(source, signal)));
      if (signal.aborted) return;
      for (const [i, result] of ran.entries()) this.results[this.#lanes[i].engine] = result;
      const [cpu, gpu] = ran;
      if (cpu.error || gpu.error) return;
      const [fast, slow] = cpu.ms < gpu.ms ? ["cpu", "webgpu"] : ["webgpu", "cpu"];
      const times = (Math.max(cpu.ms, gpu.ms) / Math.min(cpu.ms, gpu.ms)).toFixed(1);
      const difference = cpu.pixels.reduce((most, value, j) => Math.max(most, Math.abs(value - gpu.pixels[j])), 0);
      say(this.#verdict, "engine.race.verdict", { fast: names[fast], slow: names[slow], times, difference });
    });
  }
}

/** One engine's side. */
class Lane {
  #picture = shownPicture("engine.race.picture");
  #text = element("figcaption");
  engine;

  /** @param {keyof typeof names} engine */
  constructor(engine) {
    this.engine = engine;
    this.#text.textContent = names[engine];
    this.root = element("figure", {}, this.#picture.root, this.#text);
  }

  /**
   * Draws; an engine that cannot be had says why.
   *
   * @param {string|File} model
   * @param {AbortSignal} signal
   * @returns {Promise<Result>}
   */
  async run(model, signal) {
    const name = names[this.engine];
    say(this.#text, "engine.race.loading", { name });
    /** @type {import("../../lib/unnoise.js").Sampler|undefined} */
    let sampler;
    try {
      sampler = await createSampler({ model, engine: this.engine, signal });
      const chain = await sampler.chain({
        sampler: "ddim",
        steps: 20,
        seed: 5,
        count: 1,
        ...classesInTurn(sampler.info.model, 1),
      });
      const started = performance.now();
      /** @param {import("../../lib/unnoise.js").Frame} frame @param {() => void} painted */
      const onFrame = ({ x0 }, painted) => {
        if (!signal.aborted) this.#picture.grid(x0, chain);
        requestAnimationFrame(painted);
      };
      /** @param {import("../../lib/unnoise.js").Progress} progress */
      const onProgress = ({ index, steps, msPerStep }) =>
        signal.aborted || say(this.#text, "engine.race.lane", { name, index, steps, ms: milliseconds(msPerStep) });
      const { msPerStep } = await chain.run({ signal, onProgress, onFrame });
      const pixels = await chain.frame("x");
      this.#picture.grid(pixels, chain);
      const time = (performance.now() - started) / 1000;
      say(this.#text, "engine.race.done", { name, time: seconds(time), ms: milliseconds(msPerStep) });
      return { ms: msPerStep, seconds: time, adapter: sampler.info.engine.adapter, pixels };
    } catch (error) {
      if (signal.aborted) throw error;
      say(this.#text, "engine.race.failed", { name, why: error.message });
      return { error: error.message };
    } finally {
      sampler?.close();
    }
  }
}
