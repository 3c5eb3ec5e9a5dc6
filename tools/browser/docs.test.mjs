// The library's reference: every exported name is in it, and every example runs, in Chromium under the page's policy.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { buildDocs } from "../docs/docs.mjs";
import { buildSite } from "./buildsite.mjs";
import { launchBrowser } from "./launch.mjs";
import { Page } from "./pagedriver.mjs";

let site;
let examples;
let browser;
before(async () => {
  site = await buildSite();
  examples = buildDocs(site);
  browser = await launchBrowser("chromium");
});
after(() => browser?.close());

test("every method has an example", () => {
  const html = readFileSync(join(site, "docs/index.html"), "utf8");
  const methods = [...html.matchAll(/<article id="([\w.]+)"><h3><code>(?:sampler|chain)?\.?\w+\(/g)].map(
    ([, id]) => id,
  );
  const without = methods.filter((id) => !examples.includes(id));
  assert.ok(methods.length > 25, `${methods.length} methods`);
  assert.deepEqual(without, []);
  for (const name of ["PackError", "UnnoiseSamplerElement.draw", "ChainOptions", "storedModels"])
    assert.match(html, new RegExp(`id="${name}"`));
});

test("every parameter has its row, and nothing is left of the comments' own signs", () => {
  const html = readFileSync(join(site, "docs/index.html"), "utf8");
  const missing = [];
  for (const [, call, names, rest] of html.matchAll(/<h3><code>([\w.]+)\(([^)]*)\)(.*?)<\/article>/gs)) {
    const rows = [...rest.matchAll(/<th scope="row"><code>(\w+)/g)].map(([, name]) => name);
    for (const name of names.split(", ")) if (name && !rows.includes(name)) missing.push(`${call}: ${name}`);
  }
  assert.deepEqual(missing, []);
  assert.deepEqual(html.match(/@\w+|import\(|\n\s*\* .*/g) ?? [], []);
});

test("it is no wider than the window, on a phone and with words twice as large", async () => {
  const page = await Page.open(browser, site, { query: "docs/index.html" });
  try {
    for (const [width, size] of [
      [320, "100%"],
      [390, "200%"],
      [1280, "200%"],
    ]) {
      await browser.setView({ width, height: 800 });
      const wide = await browser.evaluate((fontSize) => {
        document.documentElement.style.fontSize = fontSize;
        return Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth);
      }, size);
      assert.equal(wide, 0, `${width} px, words at ${size}`);
    }
  } finally {
    await page.close();
  }
});

test("every example runs and shows something", async () => {
  const page = await Page.open(browser, site, { query: "docs/index.html" });
  try {
    const wrong = await browser.evaluate(runAll);
    assert.deepEqual(wrong, []);
  } finally {
    await page.close();
  }
});

/** In the page: presses every button; what is wrong with what comes of it. */
async function runAll() {
  const wrong = [];
  for (const example of document.querySelectorAll("[data-example]")) {
    example.querySelector("button").click();
    while (!["finished", "failed"].includes(example.dataset.state)) await new Promise((done) => setTimeout(done, 20));
    const result = example.querySelector(".result");
    // Nothing need be stored for an empty list to be right.
    const mayBeEmpty = example.dataset.example === "storedModels";
    if (example.dataset.state === "failed") wrong.push(`${example.dataset.example}: ${result.textContent}`);
    else if (!result.childElementCount && !mayBeEmpty) wrong.push(`${example.dataset.example} shows nothing`);
  }
  document.querySelector("[data-element] button").click();
  const drawn = () => document.querySelector("unnoise-sampler")?.shadowRoot.querySelector("canvas").width > 1;
  for (let i = 0; i < 1000 && !drawn(); i++) await new Promise((done) => setTimeout(done, 20));
  if (!drawn()) wrong.push("the element draws nothing");
  return wrong;
}
