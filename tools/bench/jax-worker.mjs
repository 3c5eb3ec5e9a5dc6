// A single convolution in jax-js.

import { answer } from "./answer.mjs";
import { blockUntilReady, defaultDevice, init, jit, lax, numpy as np } from "./node_modules/@jax-js/jax/dist/index.js";

let conv;
let x;
let w;

function random(shape) {
  const size = shape.reduce((product, n) => product * n, 1);
  return np.array(Float32Array.from({ length: size }, () => Math.random() - 0.5)).reshape(shape);
}

answer({
  async open({ model, backend, batch }) {
    const [h, width, cin, cout] = model.match(/\d+/g).map(Number);
    const devices = await init(backend);
    if (!devices.includes(backend)) throw new Error(`no ${backend} here`);
    defaultDevice(backend);
    conv = jit((a, b) => lax.conv(a, b, [1, 1], "SAME"));
    x = random([batch, cin, h, width]);
    w = random([cout, cin, 3, 3]);
    await blockUntilReady([x, w]);
  },

  async steps(n) {
    const results = Array.from({ length: n }, () => conv(x.ref, w.ref));
    await blockUntilReady(results);
    for (const result of results) result.dispose();
  },
});
