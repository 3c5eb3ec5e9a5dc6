// onnxruntime-web in a worker of its own, so that its number of threads can differ from one candidate to the next.

let session;
let feeds;

const operations = {
  async open({ open: model, backend, threads }) {
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

  async steps({ steps }) {
    for (let i = 0; i < steps; i++) await session.run(feeds);
  },
};

addEventListener("message", async ({ data }) => {
  try {
    await operations["open" in data ? "open" : "steps"](data);
    postMessage({});
  } catch (error) {
    postMessage({ error: String(error?.message ?? error) });
  }
});
