import { abortError } from "./errors.js";

/** Work of which one piece is done at a time, in the order in which it was asked for. */
export class Turns {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * Calls fn when all earlier work has ended, however it did; not where the signal is aborted by then.
   *
   * @template T
   * @param {() => Promise<T>} fn
   * @param {AbortSignal} [signal]
   * @returns {Promise<T>} what fn gives
   */
  take(fn, signal) {
    const result = this.#last.then(() => {
      if (signal?.aborted) throw abortError();
      return fn();
    });
    this.#last = result.catch(() => {});
    return result;
  }
}
