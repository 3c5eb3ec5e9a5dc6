// What bench.mjs drives in the browser: candidates by number, each a runtime with a model, and rounds of steps.

import { createSampler } from "../../build/site/lib/unnoise.js";

const candidates = [];

const runtimes = {
  async unnoise({ model, backend, batch }) {
    const engine = backend === "webgpu" ? "webgpu" : "cpu";
    const sampler = await createSampler({ model: `../../build/bench/${model}.safetensors`, engine });
    const chain = await sampler.chain({ sampler: "ddpm", steps: 1000, count: batch });
    return {
      async steps(n) {
        for (let i = 0; i < n; i++) await chain.step();
        await chain.frame("x"); // waits for a GPU
      },
      close: () => sampler.close(),
      about: sampler.info.engine.adapter,
    };
  },

  async "onnxruntime-web"({ model, backend, threads }) {
    const worker = new Worker(new URL("ort-worker.mjs", import.meta.url), { type: "module" });
    const call = (message) =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data));
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage(message);
      });
    await call({ open: `../../build/bench/${model}.onnx`, backend, threads });
    return { steps: (n) => call({ steps: n }), close: () => worker.terminate(), about: "" };
  },
};

window.bench = {
  /** Loads a candidate and does its first step. */
  async open(candidate) {
    const started = performance.now();
    const opened = await runtimes[candidate.runtime](candidate);
    await opened.steps(1);
    candidates.push(opened);
    return { index: candidates.length - 1, about: opened.about, firstStep: performance.now() - started };
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
