// The library's worker by its messages, where a call of the library would have to come at just the wrong moment. BROWSERS chooses browsers as
// in page.test.mjs; WebKit would run the same code once more.

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { serveSite } from "./siteserver.mjs";

/** What the worker says of a chain before and after word comes that its caller ended the call, and never heard of the chain. */
async function endedLate() {
  const worker = new Worker(new URL("lib/worker.js", location.href), { type: "module" });
  let id = 0;
  const ask = (op, args) => {
    const own = ++id;
    return new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }) => {
        if (data.id !== own || data.event) return;
        if (data.error) reject(new Error(`${data.error.name}: ${data.error.message}`));
        else resolve(data.result);
      });
      worker.postMessage({ id: own, op, args });
    });
  };
  try {
    const url = new URL("models/digits.safetensors", location.href).href;
    await ask("open", { source: { url }, asked: { engine: "cpu" } });
    const { chain } = await ask("chain", { sampler: "ddpm", steps: 4, count: 1, seed: 1 });
    const started = id;
    const where = () =>
      ask("where", { chain }).then(
        ({ index }) => `[${index}]`,
        (error) => error.message,
      );
    const before = await where();
    worker.postMessage({ cancel: started });
    return { before, after: await where() };
  } finally {
    worker.terminate();
  }
}

for (const name of chosenBrowsers({ webkit: false })) {
  test(`a chain whose start was ended too late is given back in ${name}`, async () => {
    const site = await serveSite(await buildSite());
    const browser = await launchBrowser(name);
    try {
      await browser.open(`${site.url}models.json`);
      const { before, after } = await browser.evaluate(endedLate);
      assert.equal(before, "[0]");
      assert.match(after, /^UsageError: This chain was released/);
    } finally {
      await browser.close();
      await site.close();
    }
  });
}
