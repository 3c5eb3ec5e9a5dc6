// The frames of a chain that were shown, so that the reader can look back along it.

/** @import { Frame } from "../../lib/unnoise.js" */

// Beyond so many frames every other one is let go. Frames of skipped steps do not come at all at full speed.
const mostFrames = 240;

/** Frames of one chain, by step: those of every stride-th step and the newest, with a stride that doubles when there are too many. */
export class Frames {
  /** @type {Frame[]} */
  #list = [];
  #stride = 1;

  clear() {
    this.#list = [];
    this.#stride = 1;
  }

  /** Keeps a frame. One of a step that was there before replaces it and what followed. @param {Frame} frame */
  add(frame) {
    while (this.#list.length && this.#list.at(-1).index >= frame.index) this.#list.pop();
    // What was kept for being the newest is not that any more.
    if (this.#list.length && this.#list.at(-1).index % this.#stride) this.#list.pop();
    this.#list.push(frame);
    if (this.#list.length <= mostFrames) return;
    this.#stride *= 2;
    this.#list = this.#list.filter((kept) => kept.index % this.#stride === 0 || kept === frame);
  }

  /**
   * The newest frame that is not after the step.
   *
   * @param {number} index
   * @returns {Frame|undefined} undefined where there is none
   */
  at(index) {
    return this.#list.findLast((frame) => frame.index <= index) ?? this.#list[0];
  }

  /** All that are kept, oldest first. */
  get all() {
    return this.#list;
  }

  get last() {
    return this.#list.at(-1);
  }

  get length() {
    return this.#list.length;
  }
}
