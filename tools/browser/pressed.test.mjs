// What a button looks like under the mouse, and what it says of itself: every one shows that it is held, and what is on says so.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { Page } from "./pagedriver.mjs";

const query = "?model=digits&sampler=ddim&steps=2&seed=5&count=1&engine=cpu";
const views = ["sample", "edit", "interpolate", "learn/7", "models", "engine"];

let folder;
before(async () => {
  folder = await buildSite();
});

/** In the page: the open view's buttons that can be pressed, one of a kind, numbered; not the U-Net's bars, which are chosen while they are held. */
function findButtons() {
  // Looked for anew each time: a list may be written again meanwhile.
  globalThis.kindsOfButtons = () => {
    const list = document.querySelectorAll(".view:not([hidden]) button:enabled:not(.layer), .switches button");
    const seen = [...list].filter((button) => button.checkVisibility());
    return new Map(seen.map((button) => [`${button.className} ${button.ariaPressed}`, button]));
  };
  return [...globalThis.kindsOfButtons().keys()];
}

/** In the page: where the button of the kind is, after it has come into sight. */
function place(kind) {
  const button = globalThis.kindsOfButtons().get(kind);
  button.scrollIntoView({ block: "center", behavior: "instant" });
  // Of words in several lines, the first.
  const { left, top, width, height } = button.getClientRects()[0];
  return [left + width / 2, top + height / 2];
}

/** In the page: how the button looks, and whether the pointer is over it. */
function look(kind) {
  const button = globalThis.kindsOfButtons().get(kind);
  const style = getComputedStyle(button);
  const own = style.forcedColorAdjust === "none" || !matchMedia("(forced-colors: active)").matches;
  return { over: button.matches(":hover"), face: own ? style.backgroundColor : "the system's" };
}

/** Holds every kind of button of every view. @returns {Promise<string[]>} those that look as before */
async function dumb(page) {
  const { browser } = page;
  const found = [];
  for (const hash of views) {
    await browser.evaluate((wanted) => {
      location.hash = wanted;
    }, hash);
    const there = (name) =>
      [...document.querySelectorAll(`#view-${name} button:enabled`)].some((button) => button.checkVisibility());
    await page.until(hash, there, hash.split("/")[0]);
    const kinds = await browser.evaluate(findButtons);
    assert.ok(kinds.length > 3, `${hash}: ${kinds}`);
    for (const kind of kinds) {
      const [before, held] = await browser.holds(look, ...(await browser.evaluate(place, kind)), kind);
      if (!held.over) found.push(`${hash}: ${kind} is under something`);
      else if (before.face === held.face) found.push(`${hash}: ${kind} stays ${held.face}`);
    }
  }
  return found;
}

for (const name of chosenBrowsers({ webkit: false })) {
  describe(name, () => {
    let browser;
    let page;
    before(async () => {
      browser = await launchBrowser(name);
      await browser.setView({ width: 1200, height: 860 });
      page = await Page.open(browser, folder, { query });
      await page.state("finished");
    });
    after(async () => {
      await page?.close();
      await browser?.close();
    });

    test("every button shows that it is held", async () => {
      assert.deepEqual(await dumb(page), []);
    });

    test("what is switched on says so, and looks so", async () => {
      await browser.evaluate(() => {
        location.hash = "engine";
      });
      const brush = "#view-engine .tools [aria-pressed]";
      await page.until("the brush", (selector) => document.querySelector(selector)?.checkVisibility(), brush);
      const click = () => browser.evaluate((selector) => document.querySelector(selector).click(), brush);
      const state = () =>
        browser.evaluate((selector) => {
          const button = document.querySelector(selector);
          return [button.ariaPressed, getComputedStyle(button).boxShadow !== "none"];
        }, brush);
      assert.deepEqual(await state(), ["false", false]);
      await click();
      assert.deepEqual(await state(), ["true", true]);
      await click();
      assert.deepEqual(await state(), ["false", false]);
    });

    // Firefox's protocol cannot force colours.
    if (name === "chromium")
      test("under forced colours too", async () => {
        await browser.forceColours();
        assert.deepEqual(await dumb(page), []);
      });
  });
}
