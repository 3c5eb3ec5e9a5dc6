// A chain as the page has it: a number that the worker knows, and what was last heard of it.

import { tabName } from "./keep.js";

/** @import { Client } from "./client.js" */
/** @import { Frame, Progress, Seed, Stoppable } from "./types.js" */

/**
 * A chain from noise to a picture; made by Sampler.chain and Sampler.resume. Also an async iterator: each turn does one step and
 * yields the chain's Progress, and pixels are read only when asked for.
 */
export class Chain {
  #client;
  #chain;
  #refresh;

  /**
   * @internal
   * @param {Client} client
   * @param {{chain: number, index: number, steps: number, count: number, width: number, height: number}} chain
   * @param {() => Promise<void>} refresh reads the sampler's info again
   */
  constructor(client, { chain, index, steps, count, width, height }, refresh) {
    this.#client = client;
    this.#chain = chain;
    this.#refresh = refresh;
    /** Steps done. */
    this.index = index;
    /** Steps in all. */
    this.steps = steps;
    /** Pictures drawn together. */
    this.count = count;
    /** Width of a picture in pixels. */
    this.width = width;
    /** Height of a picture in pixels. */
    this.height = height;
  }

  #call(op, args, options) {
    return this.#client.call(op, { chain: this.#chain, ...args }, options);
  }

  /**
   * Does one step.
   *
   * @param {Stoppable} [options]
   * @returns {Promise<Progress>}
   * @example
   * const chain = await sampler.chain({ steps: 4 });
   * const { index, timestep } = await chain.step();
   * show(`step ${index} left timestep ${timestep}`);
   */
  async step({ signal } = {}) {
    const progress = await this.#call("step", {}, { signal });
    this.index = progress.index;
    if (progress.left) await this.#refresh();
    return progress;
  }

  /** @returns {AsyncGenerator<Progress, void, void>} */
  async *[Symbol.asyncIterator]() {
    while (this.index < this.steps) yield await this.step();
  }

  /**
   * Runs to the end, to pause() or to a step, in the worker: a hidden tab does not stop it.
   *
   * @param {object} [options]
   * @param {AbortSignal} [options.signal] stops at once; the chain stays where it is and can go on
   * @param {number} [options.stepMs] a step takes at least so many milliseconds
   * @param {number} [options.until] pauses when the chain has done so many steps in all; it does one at least
   * @param {boolean|object} [options.keep] keeps the last state in the browser's storage, twice a second, until the chain ends or is stopped:
   *   after a reload keptChain() gives it back, with the object as its about
   * @param {(progress: Progress) => void} [options.onProgress] at most 30 times a second
   * @param {(frame: Frame, painted: () => void) => void} [options.onFrame] gets pixels as frame() gives them; the next ones come after
   *   painted()
   * @returns {Promise<Progress>} with done or paused true
   * @example
   * const chain = await sampler.chain({ steps: 8, seed: 7 });
   * await chain.run({ onProgress: ({ index, steps }) => index === steps && show(`${index} steps`) });
   * show(...(await chain.pictures()));
   */
  async run({ signal, stepMs = 0, until, keep, onProgress, onFrame } = {}) {
    /** @param {{type: "frame"} & Frame | {type: "progress"} & Progress} event @param {() => void} painted */
    const onEvent = async ({ type, ...event }, painted) => {
      if (type === "frame") return onFrame?.(/** @type {Frame} */ (event), painted);
      const progress = /** @type {Progress} */ (event);
      this.index = progress.index;
      if (progress.left) await this.#refresh();
      onProgress?.(progress);
    };
    const kept = keep && { name: tabName(), about: { about: keep === true ? {} : keep } };
    const last = await this.#call("run", { stepMs, until, frames: Boolean(onFrame), keep: kept }, { signal, onEvent });
    this.index = last.index;
    return last;
  }

  /**
   * Makes run() resolve after the step under way.
   *
   * @returns {Promise<void>}
   * @example
   * const chain = await sampler.chain({ steps: 100 });
   * setTimeout(() => chain.pause(), 100);
   * const { paused, index } = await chain.run({ stepMs: 30 });
   * show(paused, index);
   */
  pause() {
    return this.#call("pause");
  }

  /**
   * The pixels as they are now.
   *
   * @param {"x"|"x0"} [which] the chain's state, or the model's estimate of the finished picture
   * @param {Stoppable} [options]
   * @returns {Promise<Uint8Array>} RGBA, count x height x width x 4
   * @example
   * const chain = await sampler.chain({ steps: 4, seed: 7 });
   * await chain.step();
   * const rgba = await chain.frame("x0");
   * show(`${rgba.length} bytes`);
   */
  frame(which = "x", { signal } = {}) {
    return this.#call("frame", { which }, { signal });
  }

  /**
   * As frame, one ImageData a picture.
   *
   * @param {"x"|"x0"} [which]
   * @param {Stoppable} [options]
   * @returns {Promise<ImageData[]>}
   * @example
   * const chain = await sampler.chain({ steps: 4, seed: 7 });
   * await chain.step();
   * show(...(await chain.pictures("x")), ...(await chain.pictures("x0")));
   */
  async pictures(which = "x", options = {}) {
    return imagesOf(await this.frame(which, options), this.width, this.height);
  }

  /**
   * The chain as a file: its state with all that its sampler remembers, its options and seed, and which model it belongs to.
   * Sampler.resume goes on from there to the same picture, on another day as well.
   *
   * @param {Stoppable} [options]
   * @returns {Promise<Uint8Array>}
   * @example
   * const chain = await sampler.chain({ sampler: "ddpm", steps: 6 });
   * await chain.step();
   * const bytes = await chain.save();
   * show(`${bytes.length} bytes`);
   */
  save({ signal } = {}) {
    return this.#call("save", {}, { signal });
  }

  /**
   * A second chain with the same past, whose noise from here on comes from another seed (Ho et al. 2020, figure 7).
   *
   * @param {Seed} seed
   * @param {Stoppable} [options]
   * @returns {Promise<Chain>}
   * @example
   * const chain = await sampler.chain({ sampler: "ddpm", steps: 8, seed: 7 });
   * for (let i = 0; i < 4; i++) await chain.step();
   * const fork = await chain.fork(8);
   * await Promise.all([chain.run(), fork.run()]);
   * show(...(await chain.pictures()), ...(await fork.pictures()));
   */
  async fork(seed, { signal } = {}) {
    return new Chain(this.#client, await this.#call("fork", { seed }, { signal }), this.#refresh);
  }

  /**
   * Gives its storage back.
   *
   * @returns {Promise<void>}
   * @example
   * const chain = await sampler.chain({ steps: 4 });
   * await chain.release();
   * show("given back");
   */
  release() {
    return this.#call("release");
  }
}

/**
 * RGBA pixels, picture after picture, as one ImageData each.
 *
 * @param {Uint8Array} rgba
 * @param {number} width
 * @param {number} height
 * @returns {ImageData[]}
 */
export function imagesOf(rgba, width, height) {
  const size = width * height * 4;
  return Array.from({ length: rgba.length / size }, (_, i) => {
    return new ImageData(new Uint8ClampedArray(rgba.slice(i * size, (i + 1) * size)), width, height);
  });
}
