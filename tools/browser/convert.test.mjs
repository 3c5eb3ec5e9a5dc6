// Checkpoints dropped on the page, in real browsers. BROWSERS="chromium webkit" chooses which; all unless told.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildSite, go } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { drawNatively, largestDifference, Page } from "./pagedriver.mjs";

const browsers = chosenBrowsers();
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

/** In the page: drops a folder. No driver can drag one, so the event is made here; the files in it are real. */
function dropFolder(texts) {
  const tree = { fullPath: "", children: {} };
  for (const [path, base64] of texts) {
    const data = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    let at = tree;
    for (const part of path.split("/")) {
      at.children ??= {};
      at.children[part] ??= { fullPath: `${at.fullPath}/${part}` };
      at = at.children[part];
    }
    at.file = new File([data], path.split("/").pop());
  }
  const entry = (node) => ({
    fullPath: node.fullPath,
    isFile: Boolean(node.file),
    isDirectory: !node.file,
    file: (done) => done(node.file),
    createReader() {
      const rest = Object.values(node.children).map(entry);
      // Browsers hand folders out in parts, the last of them empty.
      return { readEntries: (done) => done(rest.splice(0, 1)) };
    },
  });
  const items = Object.values(tree.children).map((node) => ({ webkitGetAsEntry: () => entry(node) }));
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], items, files: [] } });
  document.body.dispatchEvent(event);
}

/** The browser and the page that the tests of one browser share. */
class Bench {
  async open() {
    const query = `?${new URLSearchParams({ ...few, model: "digits", engine: "cpu" })}`;
    this.page = await Page.open(this.browser, folder, { query });
    await this.page.state("finished");
    return this.page;
  }

  /** A test of a page that has drawn with the site's own model. */
  test(title, fn) {
    test(title, async () => {
      try {
        await fn(await this.open());
      } finally {
        await this.page.close();
      }
    });
  }
}

function suite(name) {
  const bench = new Bench();
  before(async () => {
    bench.browser = await launchBrowser(name, { webgpu: false });
  });
  after(() => bench.browser?.close());
  for (const tests of [converted, refused]) tests(bench);
}

const modelLine = (source) => new RegExp(source).test(document.getElementById("model-line").textContent);

/** What becomes a pack. */
function converted(bench) {
  for (const [what, { golden, line, files }] of Object.entries(checkpoints)) {
    bench.test(`${what} are converted and drawn with`, async (page) => {
      await page.chooseFiles(files());
      await page.until("the model", modelLine, line.source);
      await page.state("finished");
      const native = drawNatively({ ...few, model: convertNatively(golden) });
      const difference = largestDifference(await page.picture("x"), native);
      assert.ok(difference <= tolerance, `off by ${difference} of 255; ${await page.text()}`);
    });
  }

  bench.test("a dropped folder is converted, whatever else lies in it", async (page) => {
    const unet = (file) => read("chain-google", "unet", file);
    const files = {
      "my-model/model_index.json": Buffer.from("{}"),
      "my-model/unet/config.json": unet("config.json"),
      "my-model/unet/diffusion_pytorch_model.safetensors": unet("diffusion_pytorch_model.safetensors"),
      "my-model/scheduler/scheduler_config.json": read("chain-google", "scheduler", "scheduler_config.json"),
    };
    const texts = Object.entries(files).map(([path, bytes]) => [path, bytes.toString("base64")]);
    await bench.browser.evaluate(dropFolder, texts);
    await page.until("the model", () => /my-model/.test(document.getElementById("model").textContent));
    await page.until("its size", modelLine, "8×8");
    await page.state("finished");
  });

  bench.test("the converter is fetched only when it is needed", async (page) => {
    const fetched = () => page.site.requests.some(({ path }) => path.includes("converter.wasm"));
    assert.ok(!fetched(), "fetched by a visit");
    await page.chooseFiles(checkpoints["a .pt with its flags"].files());
    await page.until("the model", modelLine, "16×16");
    assert.ok(fetched(), "not fetched when needed");
  });
}

/** What does not: it is named with the reason, and the model stays. */
function refused(bench) {
  bench.test("a checkpoint that is refused is named with the reason", async (page) => {
    const bomb = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19cos\nsystem\n.";
    const bad = {
      "do not tell": { "model.pt": read("adm-new-qkv", "model.pt") },
      "os.system": { "bomb.pt": Buffer.from(bomb, "latin1") },
      "config.json here": { "a.txt": Buffer.from("a"), "b.txt": Buffer.from("b") },
    };
    for (const [reason, files] of Object.entries(bad)) {
      await page.chooseFiles(files);
      await page.notice("This checkpoint cannot be converted");
      await page.notice(reason);
      await bench.browser.evaluate(() => document.querySelector(".notice button").click());
    }
    await page.click("play");
    await page.state("running", "finished");
  });

  bench.test("a published model can be chosen where flags are missing, and must fit", async (page) => {
    await page.chooseFiles({ "model.pt": read("adm-new-qkv", "model.pt") });
    await page.notice("do not tell image_size");
    await bench.browser.evaluate(() => {
      const select = document.querySelector(".notice select");
      select.value = "adm-64";
      select.dispatchEvent(new Event("change"));
    });
    await page.notice('"num_channels" is 192, but the tensors have 32');
  });
}

for (const name of browsers) describe(name, () => suite(name));
