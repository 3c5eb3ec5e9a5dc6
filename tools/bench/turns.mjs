// Candidates by number, each a runtime with a model, and rounds of steps: in a page, or in Node with WebGPU of its own.

import { runtimes } from "./runtimes.mjs";

const candidates = [];

export const bench = {
  /** Loads a candidate and does its first step. */
  async open(candidate) {
    const started = performance.now();
    const opened = await runtimes[candidate.runtime](candidate);
    await opened.steps(1);
    candidates.push(opened);
    const { adapter = "", threads, macs } = opened;
    return { index: candidates.length - 1, adapter, threads, macs, firstStep: performance.now() - started };
  },

  /** Does n steps. Gives milliseconds. */
  async round(index, n) {
    const started = performance.now();
    await candidates[index].steps(n);
    return performance.now() - started;
  },

  close() {
    for (const { close } of candidates.splice(0)) close();
  },
};
