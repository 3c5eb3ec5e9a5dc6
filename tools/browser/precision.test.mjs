// Float16 where it is asked for and the GPU has it, and nowhere else. BROWSERS chooses browsers as in page.test.mjs; WebKitGTK has no
// WebGPU.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { serveSite } from "./siteserver.mjs";

const browsers = chosenBrowsers({ webkit: false });

/** In the page: the tunings that the browser keeps, a line each; those given are kept first. */
async function tunings(given) {
  const cache = await caches.open("unnoise-tunings");
  const address = new URL("/unnoise-tunings", location.href).href;
  if (given) await cache.put(address, new Response(given.join("\n")));
  return (await (await cache.match(address))?.text())?.split("\n") ?? [];
}

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

    // A software adapter convolves in workgroup memory, whose tiles are tuned, only with float16.
    test("tiles that were found quickest are kept for the next visit", async () => {
      const kept = await browser.evaluate(tunings);
      assert.equal(kept.length > 1, half, `${kept}`);
      if (!half) return;
      for (const line of kept.slice(1))
        assert.match(line, /^.+\tconv[13]x[13] half [\d ]+\t(\d+x\d+x\d+( two)?|once)$/);
      const other = ["another GPU\tconv3x3 1 8 8 64 1\t2x8x8", ...kept.slice(1)];
      await browser.evaluate(tunings, [kept[0], ...other]);
      await browser.evaluate(draw, "fast");
      const again = await browser.evaluate(tunings);
      assert.deepEqual(
        again
          .slice(1)
          .filter((line) => other.includes(line))
          .sort(),
        other.sort(),
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
