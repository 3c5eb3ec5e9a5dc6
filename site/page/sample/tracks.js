// A chain and its forks: what was seen of each, and how to come back to any of its steps.

import { Frames } from "./frames.js";

/** @import { Chain, Progress } from "../../lib/unnoise.js" */
/** @import { Settings } from "./settings.js" */

// So many states a chain are kept to go back to; steps between them are done again.
const keptStates = 16;

/** A chain of the tree. */
export class Track {
  /** The player's state of this chain. @type {import("../player.js").State} */
  state = "paused";
  frames = new Frames();
  /** Time that drawing took, without the pauses, in ms. */
  spent = 0;
  /** Oldest first; index is that of a step at or before the state's. @type {{index: number, bytes: Uint8Array}[]} */
  #states = [];
  #keeping = false;

  /**
   * @param {Chain} chain
   * @param {{id: number, seed: string, settings: Settings, parent?: Track, from?: number, timestep?: number}} origin
   *   from: the parent's step where this one begins; timestep: where that was
   */
  constructor(chain, { id, seed, settings, parent = null, from = 0, timestep = Number.NaN }) {
    this.chain = chain;
    this.id = id;
    this.seed = seed;
    this.settings = settings;
    this.parent = parent;
    this.from = from;
    this.timestep = timestep;
    /** How far it is. @type {Progress} */
    this.progress = { index: chain.index, steps: chain.steps, timestep, done: chain.index === chain.steps };
  }

  /** Keeps the chain's state where the last one that was kept lies far enough back. */
  async keep() {
    const { chain } = this;
    const stride = Math.max(1, Math.floor(chain.steps / keptStates));
    const last = this.#states.at(-1);
    if (this.#keeping || (last && chain.index < last.index + stride)) return;
    this.#keeping = true;
    try {
      const bytes = await chain.save();
      // In a run the state is that of now or of a step before.
      this.#states.push({ index: chain.index, bytes });
    } finally {
      this.#keeping = false;
    }
  }

  /**
   * Chains to begin from when a step is wanted, the nearest first, as saved states.
   *
   * @param {number} index
   * @returns {Uint8Array[]}
   */
  statesBefore(index) {
    return this.#states
      .filter((state) => state.index <= index)
      .map(({ bytes }) => bytes)
      .reverse();
  }

  /** Where the track leaves its ancestors, oldest first. @returns {{from: number, seed: string}[]} */
  get forks() {
    return this.parent ? [...this.parent.forks, { from: this.from, seed: this.seed }] : [];
  }
}

/** Whether a chain of these settings has noise that a fork could change. @param {Settings} settings */
export function isNoisy({ sampler, eta }) {
  return ["ddpm", "dpmpp-sde", "euler-ancestral"].includes(sampler) || (sampler === "ddim" && eta > 0);
}
