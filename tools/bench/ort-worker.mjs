// onnxruntime-web in a worker of its own, so that its number of threads can differ from one candidate to the next.

import { answer } from "./answer.mjs";

let session;
let feeds;

answer({
  async open({ model, backend, threads }) {
    const file = backend === "webgpu" ? "ort.webgpu.min.mjs" : "ort.wasm.min.mjs";
    const ort = await import(new URL(`node_modules/onnxruntime-web/dist/${file}`, import.meta.url));
    ort.env.wasm.numThreads = threads;
    const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
    session = await ort.InferenceSession.create(bytes, {
      executionProviders: [backend],
      graphOptimizationLevel: "all",
    });
    feeds = {};
    for (const { name, shape } of session.inputMetadata) {
      const size = shape.reduce((product, n) => product * n, 1);
      feeds[name] = new ort.Tensor(
        "float32",
        Float32Array.from({ length: size }, () => Math.random() - 0.5),
        shape,
      );
    }
  },

  async steps(n) {
    for (let i = 0; i < n; i++) await session.run(feeds);
  },
});
