// Every view of the page beside the first, in real browsers: what it is for works. BROWSERS chooses browsers as in page.test.mjs;
// WebKit would run the same code once more.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { Page, tinyPack } from "./pagedriver.mjs";

const browsers = chosenBrowsers({ webkit: false });

const query = "?model=digits&sampler=ddim&steps=3&seed=5&count=1&engine=cpu";

let folder;
before(async () => {
  folder = await buildSite();
});

/** In the page: the mean difference of two canvases' colours, of 255, over the rows from and to (shares of the height). */
const meanDifference = ([a, b], [from, to]) => {
  const read = (selector) => {
    const canvas = document.querySelector(selector);
    const y = Math.round(from * canvas.height);
    const height = Math.round(to * canvas.height) - y;
    return canvas.getContext("2d").getImageData(0, y, canvas.width, height).data;
  };
  const [left, right] = [read(a), read(b)];
  if (left.length !== right.length) return 255;
  return left.reduce((sum, value, i) => sum + Math.abs(value - right[i]), 0) / left.length;
};

/** A view that is open in a browser. */
class OpenView {
  constructor(page, name) {
    this.page = page;
    this.root = `#view-${name}`;
  }

  evaluate(fn, ...args) {
    return this.page.browser.evaluate(fn, ...args);
  }

  /** Resolves when so many elements of the view match. */
  has(selector, count = 1, seconds = 60) {
    const enough = ([wanted, n]) => document.querySelectorAll(wanted).length >= n;
    return this.page.until(`${count} × ${selector}`, enough, [`${this.root} ${selector}`, count], seconds);
  }

  /** Resolves when a text stands in an element of the view. */
  says(pattern, seconds = 90) {
    const found = ([root, source]) => new RegExp(source).test(document.querySelector(root)?.textContent ?? "");
    return this.page.until(`the words ${pattern}`, found, [this.root, pattern], seconds);
  }

  /** Resolves when there are pictures to begin with. */
  picture(count = 1, size = 32) {
    const there = ([root, n, wanted]) =>
      [...document.querySelectorAll(`${root} .source canvas:first-child`)].filter(({ width }) => width === wanted)
        .length >= n;
    return this.page.until("a picture", there, [this.root, count, size]);
  }

  click(selector) {
    return this.evaluate((wanted) => document.querySelector(wanted).click(), `${this.root} ${selector}`);
  }

  /** Sets a control as a reader would. */
  set(selector, value) {
    const change = (wanted, text) => {
      const control = document.querySelector(wanted);
      control.value = text;
      for (const name of ["input", "change"]) control.dispatchEvent(new Event(name, { bubbles: true }));
    };
    return this.evaluate(change, `${this.root} ${selector}`, value);
  }

  /** The mean difference of two canvases of the view. */
  difference(a, b, rows = [0, 1]) {
    return this.evaluate(meanDifference, [`${this.root} ${a}`, `${this.root} ${b}`], rows);
  }
}

function suite(name) {
  let browser;
  before(async () => {
    browser = await launchBrowser(name);
  });
  after(() => browser?.close());
  const viewTest = (view, title, fn) =>
    test(`${view}: ${title}`, async () => {
      const page = await Page.open(browser, folder, { query: `${query}#${view}` });
      try {
        await fn(new OpenView(page, view));
      } finally {
        await page.close();
      }
    });
  for (const tests of [forward, interpolate, edit, code, models, engine]) tests(viewTest, name);
}

function forward(viewTest) {
  viewTest("forward", "a picture fades along the schedule", async (view) => {
    await view.has(".frame", 9);
    const clean = ".source canvas";
    const noisy = "figure:nth-child(2) canvas";
    await view.set(".range", 0);
    await view.page.until("a nearly clean picture", meanDifferenceBelow, [view.root, clean, noisy, 4]);
    assert.ok((await view.difference(clean, noisy)) > 0, "no noise at t = 0");
    await view.set(".range", 999);
    await view.says("0\\.0000404.*−43\\.9 dB");
    await view.page.until("noise", meanDifferenceAbove, [view.root, clean, noisy, 60]);
    await view.has(".uplot canvas", 2);
  });

  viewTest("forward", "a picture of the reader's is cropped, scaled and made grey", async (view) => {
    await view.has(".frame", 9);
    const levels = await view.evaluate(async (root) => {
      const wide = Object.assign(document.createElement("canvas"), { width: 200, height: 100 });
      const context = wide.getContext("2d");
      // Only the red middle is to be left.
      context.fillStyle = "#00f";
      context.fillRect(0, 0, 200, 100);
      context.fillStyle = "#f00";
      context.fillRect(50, 0, 100, 100);
      const blob = await new Promise((resolve) => wide.toBlob(resolve, "image/png"));
      const transfer = new DataTransfer();
      transfer.items.add(new File([blob], "red.png", { type: "image/png" }));
      const input = document.querySelector(`${root} input[type=file]`);
      input.files = transfer.files;
      input.dispatchEvent(new Event("change"));
      const canvas = document.querySelector(`${root} .source canvas`);
      const read = () => [...canvas.getContext("2d").getImageData(16, 16, 1, 1).data];
      while (read()[0] !== 76) await new Promise((resolve) => setTimeout(resolve, 20));
      return [canvas.width, canvas.height, ...read()];
    }, view.root);
    assert.deepEqual(levels, [32, 32, 76, 76, 76, 255]);
  });
}

const meanDifferenceBelow = async ([root, a, b, limit]) => {
  const read = (selector) => {
    const canvas = document.querySelector(`${root} ${selector}`);
    return canvas.width > 1 ? canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data : [];
  };
  const [left, right] = [read(a), read(b)];
  if (!left.length || left.length !== right.length) return false;
  return left.reduce((sum, value, i) => sum + Math.abs(value - right[i]), 0) / left.length < limit;
};

const meanDifferenceAbove = async ([root, a, b, limit]) => {
  const read = (selector) => {
    const canvas = document.querySelector(`${root} ${selector}`);
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  };
  const [left, right] = [read(a), read(b)];
  if (left.length !== right.length) return false;
  return left.reduce((sum, value, i) => sum + Math.abs(value - right[i]), 0) / left.length > limit;
};

/** In the page: waits for the button that begins, and counts the pictures that are there then. */
const begun = async () => {
  const button = document.querySelector("#view-interpolate .primary");
  let waited = false;
  for (; button.disabled; waited = true) await new Promise((resolve) => setTimeout(resolve, 10));
  const canvases = [...document.querySelectorAll("#view-interpolate .source canvas")];
  return { waited, pictures: canvases.filter(({ width }) => width === 32).length };
};

function interpolate(viewTest) {
  viewTest("interpolate", "a row from A to B, whose ends are A and B", async (view) => {
    await view.has(".primary");
    assert.deepEqual(await view.evaluate(begun), { waited: true, pictures: 2 });
    await view.set("input[type=number]", 5);
    // So shallow that hardly anything is forgotten.
    await view.set(".panel .range", 5);
    await view.click(".primary");
    await view.has(".film .frame", 9);
    const [a, b] = ["figure:nth-child(1) .source canvas", "figure:nth-child(3) .source canvas"];
    const cell = (n) => `.film .frame:nth-child(${n}) canvas`;
    assert.ok((await view.difference(a, cell(1))) < 6, "λ = 0 is not A");
    assert.ok((await view.difference(b, cell(9))) < 6, "λ = 1 is not B");
    assert.ok((await view.difference(cell(1), cell(9))) > 6, "A is B");
  });
}

function edit(viewTest) {
  viewTest("edit", "what is not masked stays, what is masked is drawn", async (view) => {
    await view.picture();
    await view.set("input[type=number]", 8);
    await view.set(".panel .slider:not([hidden]) input", 1);
    await view.click("input[type=radio][value='1']");
    await view.click(".primary");
    await view.page.until("the end", ([root]) => document.querySelector(`${root} .job`).dataset.running === "no", [
      view.root,
    ]);
    const [source, result] = [".source canvas", "figure:nth-child(2) canvas"];
    assert.ok((await view.difference(source, result, [0, 0.5])) < 1, "the kept half has changed");
    assert.ok((await view.difference(source, result, [0.5, 1])) > 1, "the masked half has not");
  });

  viewTest("edit", "an empty mask is said", async (view) => {
    await view.picture();
    await view.click(".masks button:last-child");
    await view.click(".primary");
    await view.page.notice("Nothing is to be drawn");
  });
}

function code(viewTest) {
  viewTest("code", "a file is decoded as it comes, and the bound is measured", async (view) => {
    // The site's own models would take a minute.
    await view.page.chooseFile("tiny.safetensors", readFileSync(tinyPack()));
    await view.picture(1, 8);
    await view.click("input[value='8']");
    await view.click(".group .primary");
    await view.has(".film .frame", 8, 120);
    await view.says("bytes, \\d+ bits: 1\\.\\d+ times the bound");
    const source = ".source canvas";
    assert.ok(
      (await view.difference(source, ".film .frame:last-child canvas")) < 2,
      "the whole file is another picture",
    );
    assert.ok((await view.difference(source, ".film .frame:first-child canvas")) > 2, "all is in the first bytes");
    await view.click("input[value='20']");
    await view.click(".panel > .job .primary");
    await view.says("\\d\\.\\d\\d bits/dim± \\d");
    await view.has(".uplot", 2);
  });
}

function models(viewTest) {
  viewTest("models", "cards tell what models are; what is kept can be deleted", async (view) => {
    await view.has(".card", 2);
    await view.says("MNIST.*CC BY-SA 3\\.0.*In use.*CC0");
    await view.has("tbody tr", 1);
    await view.click("tbody button");
    await view.says("Nothing is kept");
    assert.deepEqual(await view.evaluate(async () => (await (await caches.open("unnoise-packs")).keys()).length), 0);
    await view.click(".card:nth-child(2) .primary");
    await view.page.until("Nouns", () => /Nouns/.test(document.getElementById("model-line").textContent));
    await view.has(".card.current:nth-child(2)");
  });
}

function engine(viewTest) {
  viewTest("engine", "layers are shown, operations tested and timed", async (view) => {
    await view.has("option", 10);
    await view.says("conv3x3, 32 channels of 32×32");
    const shades = () => {
      const canvas = document.querySelector("#view-engine .channels");
      return new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size;
    };
    assert.ok((await view.evaluate(shades)) > 100, "the channels are empty");
    await view.says("All \\d+ operations agree");
    // Rows that stand before they are known are filled in, whether there is a GPU or none.
    await view.page.until("the facts", () => {
      const facts = [...document.querySelectorAll("#view-engine dl dd")].map(({ textContent }) => textContent);
      return facts.length >= 4 && /^CPU · /.test(facts[0]) && /^\d+ · 1$/.test(facts[1]) && !facts.includes("–");
    });
    // Without WebGPU there is nothing to race with.
    const race = () => [
      document.querySelectorAll("#view-engine .bench > .block:nth-child(5) button").length,
      Number("gpu" in navigator),
    ];
    const [buttons, gpus] = await view.evaluate(race);
    assert.equal(buttons, gpus);
    await view.click(".bench > .block:nth-child(4) .primary");
    await view.says("[\\d.]+ ms a step, the median of 10");
    const reported = await view.evaluate(async () => {
      const blobs = [];
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => blobs.push(blob) && make.call(URL, blob);
      document.querySelector("#view-engine .panel > button").click();
      URL.createObjectURL = make;
      return blobs[0].text();
    });
    const report = JSON.parse(reported);
    assert.equal(report.model.name, "Digits");
    assert.ok(report.benchmark.msPerStep > 0);
  });
}

for (const name of browsers) describe(name, () => suite(name));
