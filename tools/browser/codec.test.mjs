// Coded pictures go from the native command to browsers and back, and the bound is the same number in both. BROWSERS chooses
// browsers as in page.test.mjs; WebKit would run the same code once more.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildSite, goOutput } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { largestDifference, Page, packPath } from "./pagedriver.mjs";
import { decodePNG } from "./png.mjs";

const browsers = chosenBrowsers({ webkit: false });

// Engines sum in other orders: a value may fall on the other side of a rounding edge, and no further.
const tolerance = 1;

let site;
let folder;
const file = (name) => join(folder, name);
const sample = (...args) => goOutput("run", "./tools/sample", ...args, "--model", packPath("digits"));

before(async () => {
  site = await buildSite();
  folder = mkdtempSync(join(tmpdir(), "unnoise-codec-"));
  sample("--n", "1", "--steps", "10", "--seed", "3", "--out", file("picture.png"));
  sample("encode", "--block-bits", "8", file("picture.png"), "-o", file("coded"));
  writeFileSync(file("half"), readFileSync(file("coded")).subarray(0, 80));
  sample("decode", file("coded"), "-o", file("coded.png"));
  sample("decode", file("half"), "-o", file("half.png"));
});
after(() => rmSync(folder, { recursive: true }));

/** In the page: opens the model and calls one of the library's methods; pictures travel as lists of bytes. */
async function inPage(method, input, options) {
  const { createSampler } = await import(new URL("lib/unnoise.js", location.href));
  const sampler = await createSampler({ model: "models/digits.safetensors", engine: "cpu" });
  try {
    const { rgba, width, height } = input;
    const given = rgba ? new ImageData(Uint8ClampedArray.from(rgba), width, height) : Uint8Array.from(input);
    const { picture, bytes, ...rest } = await sampler[method](given, options);
    return JSON.stringify({
      ...rest,
      ...(picture && { picture: { width: picture.width, height: picture.height, rgba: [...picture.data] } }),
      ...(bytes && { bytes: [...bytes] }),
    });
  } catch (error) {
    return JSON.stringify({ error: `${error.name}: ${error.message}` });
  } finally {
    sampler.close();
  }
}

/** In the page: draws from a picture; a list of pictures' bytes. */
async function drawFrom({ rgba, width, height }, options, mask) {
  const { createSampler } = await import(new URL("lib/unnoise.js", location.href));
  const sampler = await createSampler({ model: "models/digits.safetensors", engine: "cpu" });
  try {
    const from = new ImageData(Uint8ClampedArray.from(rgba), width, height);
    const { pictures } = await sampler.sample({
      ...options,
      picture: from,
      ...(mask && { mask: Uint8Array.from(mask) }),
    });
    return pictures.map(({ data }) => [...data]);
  } finally {
    sampler.close();
  }
}

/** A picture as the page takes it. */
function picture(name) {
  const { width, height, rgba } = decodePNG(readFileSync(file(name)));
  return { width, height, rgba: [...rgba] };
}

for (const name of browsers) {
  describe(name, () => {
    let browser;
    let page;
    before(async () => {
      browser = await launchBrowser(name);
      page = await Page.open(browser, site);
    });
    after(async () => {
      await page?.close();
      await browser?.close();
    });
    const call = async (...args) => JSON.parse(await browser.evaluate(inPage, ...args));

    test("a file coded natively decodes to the same picture, whole and cut", async () => {
      for (const [coded, whole] of [
        ["coded", true],
        ["half", false],
      ]) {
        const got = await call("decode", [...readFileSync(file(coded))], {});
        assert.equal(got.error, undefined);
        const difference = largestDifference(got.picture, picture(`${coded}.png`));
        assert.ok(difference <= tolerance, `${coded}: off by ${difference} of 255`);
        assert.equal(got.share === 1, whole);
      }
    });

    test("a file coded here decodes natively to the same picture", async () => {
      const got = await call("encode", picture("picture.png"), { blockBits: 8 });
      assert.equal(got.error, undefined);
      writeFileSync(file("back"), Uint8Array.from(got.bytes));
      sample("decode", file("back"), "-o", file("back.png"));
      const here = await call("decode", got.bytes, {});
      assert.ok(largestDifference(here.picture, picture("back.png")) <= tolerance);
    });

    test("the bound is the native command's", async () => {
      const native = sample("nll", "--timesteps", "4", "--draws", "1", "--seed", "7", "--json", file("picture.png"));
      const got = await call("nll", picture("picture.png"), { timesteps: 4, draws: 1, seed: 7 });
      const want = JSON.parse(native)[0].bits_per_dim;
      assert.ok(Math.abs(got.bitsPerDim - want) < 1e-4 * want, `${got.bitsPerDim}, natively ${want}`);
    });

    test("a picture can be started from, and a part of it kept", async () => {
      const given = picture("picture.png");
      const settings = { sampler: "ddpm", steps: 10, jump: 5, repeats: 2, count: 2 };
      const mask = Array.from({ length: given.width * given.height }, (_, i) => (i % given.width < 16 ? 0 : 255));
      const painted = await browser.evaluate(drawFrom, given, settings, mask);
      const edited = await browser.evaluate(drawFrom, given, { sampler: "ddim", steps: 20, depth: 60 }, null);
      let [left, right] = [0, 0];
      painted[1].forEach((value, i) => {
        const difference = Math.abs(value - given.rgba[i]);
        if ((i >> 2) % given.width < 16) left = Math.max(left, difference);
        else right = Math.max(right, difference);
      });
      assert.equal(left, 0);
      assert.ok(right > 50, `the drawn part differs by ${right}`);
      const mean = edited[0].reduce((sum, value, i) => sum + Math.abs(value - given.rgba[i]), 0) / edited[0].length;
      assert.ok(mean > 0 && mean < 25, `a picture started from little noise is ${mean} levels away`);
    });

    test("foreign files and pictures of another size are refused by name", async () => {
      const foreign = await call("decode", [1, 2, 3, 4], {});
      assert.match(foreign.error, /^UsageError: is not a picture coded/);
      const small = await call("encode", { width: 1, height: 1, rgba: [0, 0, 0, 255] }, {});
      assert.match(small.error, /^UsageError: the picture is 1x1/);
    });
  });
}
