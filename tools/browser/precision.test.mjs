// Float16 where it is asked for and the GPU has it, and nowhere else. BROWSERS chooses browsers as in page.test.mjs; WebKitGTK has no
// WebGPU.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { serveSite } from "./siteserver.mjs";

const browsers = chosenBrowsers({ webkit: false });

/** In the page: what two steps of a digit look like, and what the engine says of itself. */
async function draw(precision) {
  const { createSampler } = await import(new URL("lib/unnoise.js", location.href));
  const sampler = await createSampler({ model: "models/digits.safetensors", engine: "webgpu", precision });
  const { pictures } = await sampler.sample({ steps: 2, seed: 3 });
  const { info } = sampler;
  sampler.close();
  return { precision: info.engine.precision, bound: info.selfTest.bound, pixels: [...pictures[0].data] };
}

for (const name of browsers) {
  describe(`precision in ${name}`, () => {
    let browser;
    let site;
    let half;
    before(async () => {
      site = await serveSite(await buildSite());
      browser = await launchBrowser(name, { webgpu: true });
      await browser.open(`${site.url}models.json`);
      half = await browser.evaluate(async () => (await navigator.gpu.requestAdapter()).features.has("shader-f16"));
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    test("fast pictures are close to exact ones, and say what they are", async () => {
      const exact = await browser.evaluate(draw, "exact");
      const fast = await browser.evaluate(draw, "fast");
      assert.equal(exact.precision, "float32");
      assert.equal(fast.precision, half ? "float16 inputs" : "float32");
      assert.equal(fast.bound, half ? 2e-2 : 1e-4);
      const differences = exact.pixels.map((v, i) => Math.abs(v - fast.pixels[i]));
      assert.ok(Math.max(...differences) <= 4, `off by ${Math.max(...differences)} levels`);
      assert.equal(
        differences.some((d) => d > 0),
        half,
        "float16 leaves its mark, float32 none",
      );
    });
  });
}

test("an unknown precision is refused", async () => {
  const browser = await launchBrowser(browsers[0]);
  const site = await serveSite(await buildSite());
  try {
    await browser.open(`${site.url}models.json`);
    await assert.rejects(browser.evaluate(draw, "double"), /unknown precision "double", expected exact or fast/);
  } finally {
    await browser.close();
    await site.close();
  }
});
