// Checkpoints dropped on the page, in real browsers. BROWSERS="chromium webkit" chooses which; all unless told.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildSite, go } from "./buildsite.mjs";
import { browserNames, launchBrowser } from "./launch.mjs";
import { drawNatively, largestDifference, Page } from "./pagedriver.mjs";

const browsers = (process.env.BROWSERS ?? browserNames.join(" ")).split(" ").filter(Boolean);
const root = resolve(import.meta.dirname, "../..");
const goldens = join(root, "wasm/testdata/goldens/unet");

// Engines sum in other orders: a value may fall on the other side of a rounding edge, and no further.
const tolerance = 1;
const few = { sampler: "ddim", steps: 3, seed: 3, count: 1 };

let folder;
before(async () => {
  folder = await buildSite();
});

/** What the native converter makes of a reference folder. @returns {string} the pack's path */
function convertNatively(name) {
  const out = join(root, "build/expected", `${name}.safetensors`);
  mkdirSync(join(root, "build/expected"), { recursive: true });
  go("run", "./tools/convert", "--certificate", "none", join(goldens, name), out);
  return out;
}

const read = (...path) => readFileSync(join(goldens, ...path));

/** Checkpoints, as files by name, and what the page says of the model they make. */
const checkpoints = {
  "a diffusers folder's files": {
    golden: "chain-google",
    line: /8×8/,
    files: () => ({
      "config.json": read("chain-google", "unet", "config.json"),
      "diffusion_pytorch_model.safetensors": read("chain-google", "unet", "diffusion_pytorch_model.safetensors"),
      "scheduler_config.json": read("chain-google", "scheduler", "scheduler_config.json"),
    }),
  },
  "a .pt with its flags": {
    golden: "adm-new-qkv",
    line: /16×16/,
    files: () => ({
      "model.pt": read("adm-new-qkv", "model.pt"),
      "flags.json": read("adm-new-qkv", "flags.json"),
    }),
  },
};

function suite(name) {
  let browser;
  let page;
  before(async () => {
    browser = await launchBrowser(name, { webgpu: false });
  });
  after(() => browser?.close());
  const open = async () => {
    page = await Page.open(browser, folder, {
      query: `?${new URLSearchParams({ ...few, model: "digits", engine: "cpu" })}`,
    });
    await page.state("finished");
  };

  for (const [what, { golden, line, files }] of Object.entries(checkpoints)) {
    test(`${what} are converted and drawn with`, async () => {
      await open();
      try {
        await page.chooseFiles(files());
        const shown = (source) => new RegExp(source).test(document.getElementById("model-line").textContent);
        await page.until("the model", shown, line.source);
        await page.state("finished");
        const native = drawNatively({ ...few, model: convertNatively(golden) });
        const difference = largestDifference(await page.picture("x"), native);
        assert.ok(difference <= tolerance, `off by ${difference} of 255; ${await page.text()}`);
      } finally {
        await page.close();
      }
    });
  }

  test("a checkpoint that is refused is named with the reason, and the model stays", async () => {
    await open();
    try {
      const refused = {
        "do not tell": { "model.pt": read("adm-new-qkv", "model.pt") },
        "os.system": { "bomb.pt": Buffer.from("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19cos\nsystem\n.", "latin1") },
        "config.json here": { "a.txt": Buffer.from("a"), "b.txt": Buffer.from("b") },
      };
      for (const [reason, files] of Object.entries(refused)) {
        await page.chooseFiles(files);
        await page.notice("This checkpoint cannot be converted");
        await page.notice(reason);
        await browser.evaluate(() => document.querySelector(".notice button").click());
      }
      await page.click("play");
      await page.state("running", "finished");
    } finally {
      await page.close();
    }
  });

  test("the converter is fetched only when it is needed", async () => {
    await open();
    try {
      const fetched = () => page.site.requests.some(({ path }) => path.includes("converter.wasm"));
      assert.ok(!fetched(), "fetched by a visit");
      await page.chooseFiles(checkpoints["a .pt with its flags"].files());
      await page.until("the model", () => /16×16/.test(document.getElementById("model-line").textContent));
      assert.ok(fetched(), "not fetched when needed");
    } finally {
      await page.close();
    }
  });
}

for (const name of browsers) describe(name, () => suite(name));
