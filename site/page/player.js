// What is loaded and what is drawn: one model on one engine, and one chain at a time.

import { createSampler } from "../lib/unnoise.js";

/**
 * "empty" nothing is loaded; "loading"; "ready"; "running"; "paused"; "finished"; "cancelled"; "failed" in mid-chain.
 * @typedef {"empty"|"loading"|"ready"|"running"|"paused"|"finished"|"cancelled"|"failed"} State
 */

// A slow chain is drawn in about five seconds, however many steps it has.
const slowSeconds = 5;

/** The player behind the buttons. Its methods reject with the library's errors, but never with AbortError. */
export class Player {
  /** @type {State} */
  state = "empty";
  #listener;
  #sampler = null;
  #chain = null;
  #loading = null; // AbortController
  #running = null; // AbortController

  /** @param {{onState: (state: State) => void, onLoad: Function, onProgress: Function, onFrame: Function}} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /** What the library says of model and engine; null where nothing is loaded. */
  get info() {
    return this.#sampler?.info ?? null;
  }

  /** The shape of what is drawn: {count, width, height, steps}. */
  get chain() {
    return this.#chain;
  }

  #set(state) {
    this.state = state;
    this.#listener.onState(state);
  }

  /**
   * Loads a model in place of the one there is, which stays where the new one fails.
   *
   * @returns {Promise<boolean>} false: stopped, or overtaken by another load
   */
  async load(model, engine) {
    this.#loading?.abort();
    this.#running?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#set("loading");
    try {
      const { onLoad: onProgress } = this.#listener;
      const sampler = await createSampler({ model, engine, signal: loading.signal, onProgress });
      this.#replace(sampler);
      this.#loading = null;
      this.#set("ready");
      return true;
    } catch (error) {
      if (this.#loading !== loading) return false;
      this.#loading = null;
      this.#set(this.#sampler ? "ready" : "empty");
      if (error.name === "AbortError") return false;
      throw error;
    }
  }

  #replace(sampler) {
    this.#sampler?.close();
    this.#sampler = sampler;
    this.#chain = null;
  }

  /** Draws from the start. */
  async draw(settings) {
    await this.#begin(settings);
    await this.#run(settings);
  }

  /** Goes on to the end. */
  resume(settings) {
    return this.#run(settings);
  }

  /** Stops after the step under way; resume goes on. */
  async pause() {
    await this.#chain?.pause();
  }

  /** Does one step, the first of a new chain where none is under way. */
  async step(settings) {
    if (this.state !== "paused") await this.#begin(settings);
    const chain = this.#chain;
    this.#set("paused");
    try {
      const progress = await chain.step();
      const [x, x0] = [await chain.frame("x"), await chain.frame("x0")];
      if (chain !== this.#chain || this.state !== "paused") return;
      this.#listener.onFrame({ x, x0, ...progress }, () => {});
      this.#listener.onProgress(progress);
      if (progress.done) this.#set("finished");
    } catch (error) {
      if (chain === this.#chain) this.#fail(error);
    }
  }

  /** Ends loading or drawing. */
  stop() {
    if (this.#loading) return this.#loading.abort();
    this.#running?.abort();
    if (this.state === "running" || this.state === "paused") this.#set("cancelled");
  }

  async #begin({ sampler, steps, eta, seed, count }) {
    this.#running?.abort();
    const old = this.#chain;
    this.#chain = null;
    if (old) await old.release();
    const chain = await this.#sampler.chain({ sampler, steps, eta: sampler === "ddim" ? eta : 0, seed, count });
    this.#chain = chain;
    const first = { index: 0, timestep: Number.NaN };
    const x = await chain.frame("x");
    this.#listener.onProgress({ ...first, steps: chain.steps, done: false });
    this.#listener.onFrame({ ...first, x, x0: null }, () => {});
  }

  async #run({ pace }) {
    const chain = this.#chain;
    const running = new AbortController();
    this.#running = running;
    this.#set("running");
    const { onProgress, onFrame } = this.#listener;
    const current =
      (fn) =>
      (...args) =>
        running.signal.aborted || fn(...args);
    try {
      const stepMs = pace === "slow" ? (slowSeconds * 1000) / chain.steps : 0;
      const options = { signal: running.signal, stepMs, onProgress: current(onProgress), onFrame: current(onFrame) };
      const last = await chain.run(options);
      if (!running.signal.aborted) this.#set(last.done ? "finished" : "paused");
    } catch (error) {
      if (!running.signal.aborted) this.#fail(error);
    }
  }

  #fail(error) {
    this.#set("failed");
    throw error;
  }
}
