// The runtimes, each behind the same three things: steps(n) does n steps and waits for their end, close(), and what is known of it.

import { createSampler } from "../../build/site/lib/unnoise.js";
import { filesOf } from "./rounds.mjs";

/** Where a file of the networks is, from the page. */
export const fileOf = (name) => `../../build/bench/${name}`;

// A runtime that has not opened after so long does not: in Firefox a worker that a worker starts, as onnxruntime-web does for a second thread,
// now and then never begins.
const openMs = 300_000;

const late = () =>
  new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`did not open in ${openMs / 1000} s`)), openMs);
  });

/** A runtime in a worker of its own; see ort-worker.mjs. */
async function inWorker(script, message) {
  const worker = new Worker(new URL(script, import.meta.url), { type: "module" });
  const call = (data) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data: reply }) => (reply.error ? reject(new Error(reply.error)) : resolve(reply));
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(data);
    });
  try {
    await Promise.race([call({ open: message }), late()]);
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return { steps: (n) => call({ steps: n }), close: () => worker.terminate() };
}

export const runtimes = {
  async unnoise(candidate) {
    const { backend, batch, threads } = candidate;
    const engine = backend === "webgpu" ? "webgpu" : "cpu";
    const sampler = await createSampler({ model: fileOf(filesOf(candidate).pack), engine, threads });
    // DDIM: the noise of DDPM's steps is no part of what the others do.
    const chain = await sampler.chain({ sampler: "ddim", steps: 1000, count: batch });
    // Helpers start with the chain, which does not wait for them: what is timed should have them.
    for (let waited = 0; threads > 1 && (sampler.info.workers ?? 1) < threads && waited < 20_000; waited += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await sampler.bench({ steps: 1 });
    }
    return {
      async steps(n) {
        await chain.run({ until: chain.index + n });
        await chain.save(); // waits for a GPU
      },
      close: () => sampler.close(),
      adapter: sampler.info.engine.adapter,
      threads: sampler.info.workers ?? 1,
      macs: sampler.info.model.macs,
    };
  },

  "onnxruntime-web": (candidate) => {
    const { backend, threads } = candidate;
    return inWorker("ort-worker.mjs", { model: fileOf(filesOf(candidate).onnx), backend, threads });
  },

  "jax-js": ({ model, backend, batch }) => inWorker("jax-worker.mjs", { model, backend, batch }),
};
