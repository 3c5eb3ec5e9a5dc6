// Calls into the worker, as promises. The other end is worker.js, which has the form of the messages.

import { abortError, makeError } from "./errors.js";

/**
 * What a Client needs of a worker.
 *
 * @typedef {object} WorkerLike
 * @property {((event: MessageEvent) => void)|null} onmessage
 * @property {((event: ErrorEvent) => void)|null} onerror
 * @property {(message: object, transfer?: Transferable[]) => void} postMessage
 * @property {() => void} terminate
 */

/** A worker and the calls under way in it. */
export class Client {
  #worker;
  /**
   * Those under way, by id.
   *
   * @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void, onEvent?: Function}>}
   */
  #calls = new Map();
  #last = 0;
  /** @type {Error|null} */
  #ended = null;

  /** @param {WorkerLike} worker one that runs worker.js */
  constructor(worker) {
    this.#worker = worker;
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.end(
        makeError("EngineError", `The worker stopped: ${event.message || "it could not be loaded"}. Reload the page.`),
      );
    };
  }

  /**
   * Calls an operation of the worker.
   *
   * @param {string} op
   * @param {object} [args]
   * @param {{signal?: AbortSignal, onEvent?: (event: any, painted: () => void) => void, transfer?: Transferable[]}} [options]
   *   onEvent: gets what the operation tells, painted acknowledges a picture; an aborted signal rejects at once and ends the work at its
   *   next step
   * @returns {Promise<any>} what the operation gives
   */
  call(op, args = {}, { signal, onEvent, transfer = [] } = {}) {
    if (this.#ended) return Promise.reject(this.#ended);
    if (signal?.aborted) return Promise.reject(abortError());
    const id = ++this.#last;
    const abort = () => {
      const under = this.#calls.get(id);
      if (!under) return; // it has just ended
      this.#worker.postMessage({ cancel: id });
      under.reject(abortError());
    };
    const promise = new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, onEvent });
      this.#worker.postMessage({ id, op, args }, transfer);
    });
    signal?.addEventListener("abort", abort, { once: true });
    return promise.finally(() => {
      this.#calls.delete(id);
      signal?.removeEventListener("abort", abort);
    });
  }

  #receive({ id, event, result, error }) {
    const call = this.#calls.get(id);
    if (!call) return;
    if (event) {
      call.onEvent?.(event, () => this.#worker.postMessage({ painted: id }));
      return;
    }
    this.#calls.delete(id);
    if (error) call.reject(makeError(error.name, error.message));
    else call.resolve(result);
  }

  /** Ends the worker; calls under way are rejected with the error. @param {Error} error */
  end(error) {
    if (this.#ended) return;
    this.#ended = error;
    this.#worker.terminate();
    for (const { reject } of this.#calls.values()) reject(error);
  }
}
