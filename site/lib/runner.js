// Runs a chain in the worker, so that it goes on in a hidden tab, and shows it no more often than the page can paint.

import { breath } from "./breath.js";
import { abortError } from "./errors.js";
import { Keeper } from "./keep.js";

/** @import { Frame, Progress } from "./types.js" */

// At most so many updates a second; the page acknowledges a picture when it has painted it.
const updatesPerSecond = 30;
// A GPU has more than one step under way, whose pictures come later.
const mostComing = 4;
// The time of a step is the mean of so many, and of those of so long: a GPU is given many short steps at once, and then none for a while.
const timedSteps = 32;
const timedMs = 1000;

function sleepUntil(time) {
  const wait = time - performance.now();
  return wait > 0 ? new Promise((resolve) => setTimeout(resolve, wait)) : breath();
}

/** One run of a chain, from where it is to its end or to a pause. */
export class Run {
  #chain;
  #options;
  #signal;
  #post;
  /** The last calls. @type {{steps: number, ms: number}[]} */
  #times = [];
  #timed = { steps: 0, ms: 0 }; // their sum
  #noted = 0;
  #index = 0; // of the last step, once one has been noted
  #lastUpdate = Number.NEGATIVE_INFINITY;
  #coming = 0; // pictures on their way out of the engine
  #painting = false; // the page has a picture that it has not painted yet
  /** The one after it. @type {Frame|null} */
  #next = null;
  #paused = false;
  #keeper;

  /**
   * @param {import("./crew.js").Part & {frames: () => Promise<Pick<Frame, "x"|"x0">>}} chain of session.js or crew.js
   * @param {{stepMs?: number, until?: number, frames?: boolean, keep?: {name: string, about: object}}} options stepMs: a step takes at
   *   least so long; until: pause when so many steps are done; frames: send pictures; keep: see Keeper
   * @param {AbortSignal} signal
   * @param {(event: object, transfer?: Transferable[]) => void} post
   */
  constructor(chain, options, signal, post) {
    this.#chain = chain;
    this.#options = options;
    this.#signal = signal;
    this.#post = post;
    this.#keeper = new Keeper(chain, options.keep);
  }

  /** Ends the run after the step under way. */
  pause() {
    this.#paused = true;
  }

  /** The page has painted the last picture. */
  painted() {
    this.#painting = false;
    if (this.#next) this.#send(this.#next);
  }

  /** Runs. Resolves to the last progress, with done or paused true; rejects with AbortError. */
  async run() {
    try {
      return await this.#steps();
    } catch (error) {
      if (error.name === "AbortError") await this.#keeper.forget();
      throw error;
    }
  }

  async #steps() {
    const { stepMs = 0, until = Number.POSITIVE_INFINITY, frames = false } = this.#options;
    for (;;) {
      if (this.#signal.aborted) throw abortError();
      const started = performance.now();
      // The first step is one by itself: what it takes says nothing.
      const ms = stepMs || !this.#noted ? 0 : Math.max(0, this.#untilUpdate());
      const state = await this.#chain.step(this.#signal, { ms, until });
      const pausing = this.#paused || state.index >= until;
      const last = state.done || pausing;
      if (last || state.left || this.#untilUpdate() <= 0) await this.#update(state, frames, last);
      // A GPU may return from a step before its work is done; what waits for it counts too.
      this.#note(state.index, performance.now() - started);
      await this.#keeper.stepped(state, pausing);
      if (last) return { ...this.#progress(state), paused: !state.done };
      await sleepUntil(started + stepMs);
    }
  }

  /** @param {number} index the steps that are done @param {number} ms what the last of them took */
  #note(index, ms) {
    // The first step also warms up: it says nothing about the others.
    if (this.#noted++ < 2) {
      this.#times = [];
      this.#timed = { steps: 0, ms: 0 };
    }
    // None where a device was lost meanwhile.
    this.#add({ steps: this.#noted === 1 ? 1 : Math.max(1, index - this.#index), ms });
    this.#index = index;
    const [oldest] = this.#times;
    if (this.#timed.steps - oldest.steps >= timedSteps && this.#timed.ms - oldest.ms > timedMs) {
      this.#times.shift();
      this.#timed = { steps: this.#timed.steps - oldest.steps, ms: this.#timed.ms - oldest.ms };
    }
  }

  /** @param {{steps: number, ms: number}} call */
  #add(call) {
    this.#times.push(call);
    this.#timed = { steps: this.#timed.steps + call.steps, ms: this.#timed.ms + call.ms };
  }

  /** The time until the next update is due, in milliseconds; negative: it is late. */
  #untilUpdate() {
    return this.#lastUpdate + 1000 / updatesPerSecond - performance.now();
  }

  /** @param {Progress} state @returns {Progress} */
  #progress(state) {
    const msPerStep = this.#timed.ms / this.#timed.steps;
    const each = Math.max(msPerStep, this.#options.stepMs ?? 0);
    return { ...state, msPerStep, secondsLeft: ((state.steps - state.index) * each) / 1000 };
  }

  /** @param {Progress} state @param {boolean} frames @param {boolean} last */
  async #update(state, frames, last) {
    this.#lastUpdate = performance.now();
    this.#post({ type: "progress", ...this.#progress(state) });
    if (!frames) return;
    if (last) this.#send({ ...state, x: await this.#chain.frame("x"), x0: await this.#chain.frame("x0") });
    else if (this.#coming < mostComing) this.#show(state);
  }

  /**
   * Shows the chain as it is now, when that is there and the page can paint it. Nothing waits for it: a GPU would stand still
   * meanwhile. Where the engine is lost there is no picture; the next step goes on elsewhere.
   *
   * @param {Progress} state
   */
  #show(state) {
    this.#coming++;
    /** @param {Pick<Frame, "x"|"x0">|null} pixels */
    const ended = (pixels) => {
      this.#coming--;
      if (!pixels) return;
      this.#next = { ...state, ...pixels };
      if (!this.#painting) this.#send(this.#next);
    };
    this.#chain.frames().then(ended, () => ended(null));
  }

  /** @param {Frame} frame */
  #send({ index, timestep, x, x0 }) {
    this.#painting = true;
    this.#next = null;
    this.#post({ type: "frame", index, timestep, x, x0 }, [x.buffer, x0.buffer]);
  }
}
