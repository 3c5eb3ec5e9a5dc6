// The keyboard's way through every view of a phone's page: whatever has the focus has a ring, whole and in sight.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { signed } from "../../site/page/format.js";
import { field } from "../../site/page/learn/mixture.js";
import { buildSite } from "./buildsite.mjs";
import { launchBrowser } from "./launch.mjs";
import { Page } from "./pagedriver.mjs";

const views = ["sample", "forward", "interpolate", "edit", "code", "learn/4", "learn/6", "models", "engine"];
const query = "?model=digits&sampler=ddim&steps=2&seed=5&count=1&engine=cpu";

let browser;
let page;
before(async () => {
  const folder = await buildSite();
  browser = await launchBrowser("chromium");
  await browser.setView({ width: 360, height: 640, dark: false });
  page = await Page.open(browser, folder, { query });
  await page.state("finished");
});
after(async () => {
  await page?.close();
  await browser?.close();
});

/** Opens a view, and puts the focus before its first control. */
async function open(hash) {
  await browser.evaluate((wanted) => {
    location.hash = wanted;
  }, hash);
  const there = (name) => {
    const root = document.getElementById(`view-${name}`);
    return root?.checkVisibility() && root.querySelector(name === "learn" ? ".touched > *" : "h2") !== null;
  };
  await page.until(hash, there, hash.split("/")[0]);
  await browser.evaluate(() => document.getElementById("main").focus());
}

/** In the page: what has the focus, and what is wrong with its ring; null: the way through the page is over. */
function look() {
  const control = document.activeElement;
  if (control === document.body || control.closest("header.top, .skip")) return null;
  const seen = control.matches("[type=radio]")
    ? control.nextElementSibling
    : control.matches("[type=file]")
      ? control.labels[0]
      : (control.closest(".well") ?? control);
  const style = getComputedStyle(seen);
  const around = Number.parseFloat(style.outlineWidth) + Number.parseFloat(style.outlineOffset);
  // Of words in several lines, the first.
  const { left, top, right, bottom } = seen.getClientRects()[0];
  const faults = [];
  if (style.outlineStyle !== "solid" || style.opacity !== "1") faults.push("has no full ring");
  const inside = (what, frame) => {
    // What is higher than its frame cannot be whole.
    const high = bottom - top + 2 * around > frame.bottom - frame.top;
    const over = [frame.left - left, right - frame.right, ...(high ? [] : [frame.top - top, bottom - frame.bottom])];
    if (Math.max(...over) + around > 0.5) faults.push(`is cut off by ${what}`);
  };
  inside("the window", { left: 0, top: 0, right: innerWidth, bottom: innerHeight });
  for (let node = seen.parentElement; node !== document.body; node = node.parentElement)
    if (getComputedStyle(node).overflow !== "visible") inside(node.className || node.id, node.getBoundingClientRect());
  for (const y of [top + 1, Math.min(bottom, innerHeight) - 1]) {
    const over = document.elementFromPoint((left + right) / 2, y);
    if (!seen.contains(over) && !over.contains(seen) && !over.contains(control))
      faults.push(`is under ${over.outerHTML}`);
  }
  const name = control.ariaLabel ?? control.textContent.trim();
  return { control: `${control.localName} ${control.id} ${name}`, faults };
}

/** Presses Tab until the way is over. @returns {Promise<{control: string, faults: string[]}[]>} */
async function walk() {
  const stops = [];
  for (;;) {
    await browser.press("Tab");
    await page.until("the page at rest", () => document.getAnimations().length === 0);
    const stop = await browser.evaluate(look);
    if (!stop) return stops;
    stops.push(stop);
  }
}

const faultsOf = (stops) => stops.flatMap(({ control, faults }) => faults.map((fault) => `${control} ${fault}`));

for (const hash of views) {
  test(`${hash}: every stop has a whole ring that can be seen`, async () => {
    await open(hash);
    const stops = await walk();
    assert.ok(stops.length >= 5, `only ${stops.length} stops`);
    assert.deepEqual(faultsOf(stops), []);
  });
}

test("the links to the views come into sight one by one", async () => {
  await open("sample");
  await browser.evaluate(() => document.querySelector(".top h1 a").focus());
  const links = await browser.evaluate(() => [...document.querySelectorAll(".top nav a")].map(({ hash }) => hash));
  for (const link of links) {
    await browser.press("Tab");
    const [hash, seen] = await browser.evaluate(() => {
      const { left, right } = document.activeElement.getBoundingClientRect();
      return [document.activeElement.hash, left >= 0 && right <= innerWidth];
    });
    assert.deepEqual([hash, seen], [link, true]);
  }
});

test("the sheet of settings closes when the keyboard goes on behind it", async () => {
  await open("sample");
  await browser.evaluate(() => document.getElementById("panel-bar").focus());
  const isOpen = () => document.getElementById("panel").classList.contains("open");
  await browser.press("Enter");
  assert.ok(await browser.evaluate(isOpen));
  const stops = await walk();
  assert.ok(stops.length > 8, `only ${stops.length} settings`);
  assert.deepEqual(faultsOf(stops), []);
  await browser.press("Tab");
  assert.ok(!(await browser.evaluate(isOpen)));
});

test("points are dropped on the plane, and its arrows told, by keyboard", async () => {
  await open("learn/4");
  await browser.evaluate(() => document.querySelector("#view-learn .range:last-of-type").focus());
  const at = () => browser.evaluate(() => document.activeElement.className);
  for (let k = 0; (await at()) !== "plane"; k++) {
    assert.ok(k < 12, "the plane takes no focus");
    await browser.press("Tab");
  }
  const said = () => browser.evaluate(() => document.querySelector("#view-learn .plane-row [role=status]").textContent);
  const picture = () => browser.evaluate(() => document.querySelector("#view-learn .plane").toDataURL());
  const before = await picture();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowUp"]) await browser.press(key);
  // The slider's place at first, 8 of 27, in equal ratios from 1.2 to 0.06.
  const sigma = 1.2 * 0.05 ** (8 / 27);
  const [right, up] = field([0.2, 0.1], sigma).score.map((value) => signed(value, 1));
  assert.match(await said(), new RegExp(`^At \\(0\\.2, 0\\.1\\) the score is ${right} to the right and ${up} upwards`));
  const crossed = await picture();
  assert.notEqual(crossed, before, "no cross is seen");
  await browser.press("Enter");
  assert.match(await said(), /^Points dropped at \(0\.2, 0\.1\)/);
  assert.notEqual(await picture(), crossed, "no point has moved");
  const hint = (id) => document.getElementById(id)?.checkVisibility();
  assert.ok(
    await browser.evaluate(hint, await browser.evaluate(() => document.activeElement.getAttribute("aria-describedby"))),
  );
});
