// The reader's own files on the page, in real browsers. BROWSERS chooses browsers as in page.test.mjs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { chosenBrowsers } from "./launch.mjs";
import { Bench, few, query } from "./pagebench.mjs";
import { packPath } from "./pagedriver.mjs";

/** In the page: the form's values of the names. */
const valuesOf = (names) => names.map((name) => document.getElementById("settings").elements[name].value);

/** In the page: drops a picture of one colour where no view waits for one. */
const dropPicture = async (colour) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
  const context = canvas.getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 64, 64);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const transfer = new DataTransfer();
  transfer.items.add(new File([blob], "mine.png", { type: "image/png" }));
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.defineProperty(event, "dataTransfer", { value: transfer });
  document.body.dispatchEvent(event);
};

/** In the page: whether a view's picture has the level in its middle. */
const hasLevel = ([view, level]) => {
  const canvas = document.querySelector(`#view-${view} .source canvas`);
  return canvas?.width === 32 && canvas.getContext("2d").getImageData(16, 16, 1, 1).data[0] === level;
};

/** Answers requests for the list of models when it is let go. */
function heldList(folder) {
  let letGo;
  const gone = new Promise((resolve) => {
    letGo = resolve;
  });
  const intercept = (path, _, response) => {
    if (path !== "models.json") return false;
    gone.then(() => response.end(readFileSync(join(folder, "models.json"))));
    return true;
  };
  return { letGo, intercept };
}

function pictures(bench) {
  bench.test("a dropped picture goes to the open view, or to Forward where that takes none", async () => {
    const page = await bench.open({ query: query({ ...few, count: 1, engine: "cpu" }) });
    await page.state("finished");
    await bench.browser.evaluate(dropPicture, "#f00");
    await page.until("red, made grey, in Forward", hasLevel, ["forward", 76]);
    await bench.browser.evaluate(() => {
      location.hash = "edit";
    });
    await page.until("the edit view's own picture", () => {
      const canvas = document.querySelector("#view-edit .source canvas");
      return canvas?.width === 32;
    });
    await bench.browser.evaluate(dropPicture, "#00f");
    await page.until("blue in Edit", hasLevel, ["edit", 29]);
    await page.until("red still in Forward", hasLevel, ["forward", 76]);
    assert.equal(await bench.browser.evaluate(() => document.querySelectorAll(".notice").length), 0);
  });
}

function suite(name) {
  const bench = new Bench(name);
  before(() => bench.launch());
  after(() => bench.browser?.close());

  bench.test("a broken file is refused and the model stays", async () => {
    const page = await bench.open({ query: query({ ...few, count: 1, engine: "cpu" }) });
    await page.state("finished");
    const pack = readFileSync(packPath("digits"));
    const flipped = Buffer.from(pack);
    flipped[flipped.length - 1000] ^= 1;
    const broken = {
      "cut.safetensors": pack.subarray(0, 100_000),
      "flipped.safetensors": flipped,
      "text.txt": Buffer.from("hello"),
    };
    for (const [fileName, bytes] of Object.entries(broken)) {
      await page.chooseFile(fileName, bytes);
      await page.notice("This file cannot be used");
      await page.notice("Digits is still loaded");
      await page.notice("Open another file");
      await bench.browser.evaluate(() => document.querySelector(".notice .icon").click());
      // So does what was drawn, to be saved, forked and looked back at.
      await page.state("finished");
      const shut = ["save", "fork", "timeline"].map((id) => `#${id}:disabled`).join();
      assert.equal(await bench.browser.evaluate((ids) => document.querySelectorAll(ids).length, shut), 0);
    }
    await page.click("play");
    await page.state("running", "finished");
  });

  bench.test("a file of the reader's is drawn with", async () => {
    const page = await bench.open({ query: query({ ...few, engine: "cpu" }) });
    await page.state("finished");
    await page.chooseFile("mine.safetensors", readFileSync(packPath("nouns")));
    await page.until("Nouns", () => /Nouns/.test(document.getElementById("model-line").textContent));
    await page.state("finished");
    await bench.compare({ ...few, model: "nouns" });
  });

  bench.test("a file chosen before the list of models is there is drawn as the address says", async () => {
    const { letGo, intercept } = heldList(bench.folder);
    const page = await bench.open({ intercept, query: query({ ...few, engine: "cpu" }) });
    await page.chooseFile("mine.safetensors", readFileSync(packPath("nouns")));
    await page.state("finished");
    const said = ["file", "cpu", "3", "5", "4"];
    const now = () => bench.browser.evaluate(valuesOf, ["model", "engine", "seed", "steps", "count"]);
    assert.deepEqual(await now(), said);
    await bench.compare({ ...few, model: "nouns" });
    letGo();
    await page.until("the list", () => document.getElementById("model").length === 3);
    assert.deepEqual(await now(), said);
  });

  pictures(bench);
}

for (const name of chosenBrowsers()) describe(name, () => suite(name));
