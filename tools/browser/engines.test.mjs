// The engine room with a GPU, in real browsers: the self-test of WebGPU, and the race of both engines. BROWSERS chooses browsers as in
// page.test.mjs; WebKitGTK has no WebGPU.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { Page, tinyPack } from "./pagedriver.mjs";

const browsers = chosenBrowsers({ webkit: false });

let folder;
let tiny;
before(async () => {
  folder = await buildSite();
  tiny = readFileSync(tinyPack());
});

/** In the page: the rows of the self-test's table. */
const testedRows = () =>
  [...document.querySelectorAll("#view-engine .block:nth-of-type(3) tbody tr")].map((row) => ({
    cells: [...row.cells].map(({ textContent }) => textContent),
    bad: row.classList.contains("bad"),
  }));

/** In the page: presses the button of a block of the engine room, by its number. */
const press = (block) => document.querySelector(`#view-engine .bench > .block:nth-child(${block}) .job button`).click();

/** In the page: takes another engine for the model that is there. */
const chooseEngine = (engine) => {
  const select = document.getElementById("engine");
  select.value = engine;
  select.dispatchEvent(new Event("change", { bubbles: true }));
};

/** Waits for words in a block of the engine room. */
const says = (page, block, pattern) =>
  page.until(
    pattern,
    ([number, source]) =>
      new RegExp(source).test(
        document.querySelector(`#view-engine .bench > .block:nth-child(${number})`)?.textContent ?? "",
      ),
    [block, pattern],
  );

for (const name of browsers) {
  describe(name, () => {
    let browser;
    before(async () => {
      browser = await launchBrowser(name, { webgpu: true });
    });
    after(() => browser?.close());

    /** The engine room with the smallest network on an engine. */
    const engineTest = (title, engine, fn) =>
      test(title, async () => {
        const page = await Page.open(browser, folder, { query: "?engine=cpu&steps=2&count=1#engine" });
        try {
          await page.until("the view", () => document.querySelector("#view-engine h2") !== null);
          await page.chooseFile("tiny.safetensors", tiny);
          await page.until("the tiny model", () => /8×8/.test(document.getElementById("model-line").textContent));
          if (engine !== "cpu") await browser.evaluate(chooseEngine, engine);
          await fn(page);
        } finally {
          await page.close();
        }
      });

    engineTest(
      "WebGPU's self-test: every operation with its error, and once more when asked",
      "webgpu",
      async (page) => {
        await says(page, 1, "WebGPU · .+ · float32");
        for (const again of [false, true]) {
          if (again) await browser.evaluate(press, 3);
          await says(page, 3, again ? "Test again" : "agree");
          await says(page, 3, "All \\d\\d operations agree with their plain definitions");
          const rows = await browser.evaluate(testedRows);
          assert.ok(rows.length > 12, `${rows.length} rows`);
          for (const { cells, bad } of rows) {
            const [operation, error, allowed] = cells;
            assert.ok(operation && !bad, operation);
            assert.ok(Number(error) <= Number(allowed), cells.join(" "));
          }
          // A GPU rounds otherwise than the definitions: errors of nothing but 0 would be those of another engine.
          assert.ok(rows.some(({ cells }) => Number(cells[1]) > 0));
        }
      },
    );

    engineTest("CPU and GPU race to the same picture", "cpu", async (page) => {
      await browser.evaluate(press, 5);
      await says(page, 5, "(CPU|WebGPU) is [\\d.]+ times as fast as (CPU|WebGPU)");
      await says(page, 5, "CPU: [\\d.]+ s, [\\d.]+ ms a step.*WebGPU: [\\d.]+ s, [\\d.]+ ms a step");
      await says(page, 5, "differ by [01] of 255 at most");
      const [cpu, gpu] = await browser.evaluate(() =>
        [...document.querySelectorAll("#view-engine .bench > .block:nth-child(5) canvas")].map((canvas) => [
          ...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data,
        ]),
      );
      assert.equal(cpu.length, 8 * 8 * 4);
      assert.ok(new Set(cpu).size > 20, "the picture is empty");
      assert.ok(cpu.every((value, i) => Math.abs(value - gpu[i]) <= 1));
    });
  });
}
