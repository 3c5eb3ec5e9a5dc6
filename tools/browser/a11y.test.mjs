// axe-core looks at every view, light and dark, wide and narrow: no violation of WCAG 2.1 A and AA, nothing wider than the narrowest window. Keyboard and
// thumb reach what there is to press.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { launchBrowser } from "./launch.mjs";
import { Page } from "./pagedriver.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const views = ["sample", "forward", "interpolate", "edit", "code", "learn/4", "learn/5", "learn/6", "models", "engine"];
const query = "?model=digits&sampler=ddim&steps=2&seed=5&count=1&engine=cpu";

let browser;
let folder;
before(async () => {
  folder = await buildSite();
  browser = await launchBrowser("chromium");
});
after(() => browser?.close());

/** In the page: opens a view and waits until it stands, and a while more for its pictures. */
async function openView(hash, pause = 500) {
  location.hash = hash;
  const [name] = hash.split("/");
  for (;;) {
    const root = document.getElementById(`view-${name}`);
    if (root?.checkVisibility() && root.querySelector("h2") && (name !== "learn" || root.querySelector(".touched > *")))
      break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, pause));
}

/** In the page: what axe finds, each as a line. */
async function violations() {
  const { violations: found } = await globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary.split("\n")[1]}`),
  );
}

/** In the page: what is wider than the window, where nothing scrolls that it is in, and buttons whose words have no room. */
function tooWide() {
  const width = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > width) found.push("the page scrolls sideways");
  const scrolls = (node) => node.closest(".top nav, .pictures, .film, .scroll, .equation");
  for (const node of document.querySelectorAll("button, a, input, select, summary, p, output")) {
    if (!node.checkVisibility() || node.matches(".unseen, .skip") || scrolls(node)) continue;
    const { left, right } = node.getBoundingClientRect();
    const short = node.matches("button") && node.scrollWidth > node.clientWidth + 1;
    if (left < 0 || right > width + 1 || short) found.push(`too wide: ${node.outerHTML.slice(0, 120)}`);
  }
  return found;
}

for (const [size, view] of Object.entries({ desk: { width: 1200, height: 860 }, phone: { width: 320, height: 640 } })) {
  for (const dark of [false, true]) {
    test(`${size}, ${dark ? "dark" : "light"}: no violations`, async () => {
      await browser.setView({ ...view, dark });
      const page = await Page.open(browser, folder, { query });
      try {
        await page.state("finished");
        await browser.evaluate(axe);
        const found = [];
        for (const hash of views) {
          await browser.evaluate(openView, hash);
          for (const line of await browser.evaluate(violations)) found.push(`${hash}: ${line}`);
          for (const line of await browser.evaluate(tooWide)) found.push(`${hash}: ${line}`);
        }
        assert.deepEqual(found, []);
      } finally {
        await page.close();
      }
    });
  }
}

const screens = Array.from({ length: 10 }, (_, k) => `learn/${k + 1}`);
const doubled = () => {
  document.documentElement.style.fontSize = "200%";
};

for (const [size, view] of Object.entries({ desk: { width: 1280, height: 800 }, phone: { width: 320, height: 640 } })) {
  test(`${size}: with words twice as large nothing is wider than the window`, async () => {
    await browser.setView({ ...view, dark: false });
    const page = await Page.open(browser, folder, { query });
    try {
      await page.state("finished");
      await browser.evaluate(doubled);
      const found = [];
      for (const hash of [...views.filter((name) => !name.startsWith("learn")), ...screens]) {
        await browser.evaluate(openView, hash, 150);
        for (const line of await browser.evaluate(tooWide)) found.push(`${hash}: ${line}`);
      }
      assert.deepEqual(found, []);
    } finally {
      await page.close();
    }
  });
}

test("the keyboard reaches what the mouse does", async () => {
  await browser.setView({ width: 1200, height: 860, dark: false });
  const page = await Page.open(browser, folder, { query });
  try {
    await page.state("finished");
    const unreachable = () =>
      [...document.querySelectorAll("button, a[href], input, select, summary")]
        .filter((node) => node.checkVisibility() && node.tabIndex < 0 && !node.ariaHidden)
        .map(({ outerHTML }) => outerHTML.slice(0, 80));
    for (const hash of views) {
      await browser.evaluate(openView, hash);
      assert.deepEqual(await browser.evaluate(unreachable), [], hash);
    }
  } finally {
    await page.close();
  }
});

/** In the page: which of the buttons a thumb would not hit, since they are out of sight or something lies over them. */
const covered = (selectors) =>
  selectors.filter((selector) => {
    const button = document.querySelector(selector);
    const { left, top, width, height } = button.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2)?.closest("button") !== button;
  });

test("on a short phone the guess is what is seen first, and the buttons that draw are within reach", async () => {
  await browser.setView({ width: 390, height: 664, dark: false });
  // The first view opens behind another.
  const page = await Page.open(browser, folder, { query: `${query}#learn/2` });
  try {
    await page.state("ready");
    await browser.evaluate(openView, "sample");
    const seen = await browser.evaluate(() => [
      document.querySelector(".views [aria-pressed=true]").dataset.view,
      Math.round(document.getElementById("figure-x0").getBoundingClientRect().left),
    ]);
    assert.deepEqual(seen, ["x0", 16]);
    assert.deepEqual(await browser.evaluate(covered, ["#play", "#step", "#stop", "#panel-bar"]), []);
    for (const name of ["edit", "interpolate"]) {
      await browser.evaluate(openView, name);
      assert.deepEqual(await browser.evaluate(covered, [`#view-${name} .panel .job button`]), [], name);
    }
  } finally {
    await page.close();
  }
});

test("under forced colours it can be seen what is chosen, and how far a bar is", async () => {
  await browser.setView({ width: 1200, height: 860 });
  const page = await Page.open(browser, folder, { query });
  try {
    await page.state("finished");
    await browser.forceColours();
    await browser.evaluate(openView, "learn/6");
    // Two elements each, and the property that has to tell them apart.
    const pairs = [
      [".segments :checked + span", ".segments :not(:checked) + span", "backgroundColor"],
      [".top nav [aria-current]", ".top nav a:not([aria-current])", "borderBottomColor"],
      [".screens [aria-current]", ".screens a:not([aria-current])", "backgroundColor"],
      ["#bar", "#progress", "backgroundColor"],
      ["#progress", "body", "backgroundColor"],
      ["#play", "#step", "backgroundColor"],
      [".unet [aria-pressed=true]", ".unet [aria-pressed=false]", "backgroundColor"],
      [".unet [aria-pressed=false]", "body", "backgroundColor"],
    ];
    const alike = (list) =>
      list.filter(([one, other, property]) => {
        const [a, b] = [one, other].map((selector) => getComputedStyle(document.querySelector(selector)));
        // What the browser puts in a colour's place is seen in no style.
        return a[property] === b[property] || a.forcedColorAdjust !== "none";
      });
    assert.deepEqual(await browser.evaluate(alike, pairs), []);
  } finally {
    await page.close();
  }
});
