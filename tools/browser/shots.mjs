#!/usr/bin/env node
// Pictures of the page in its states, on a desk and on a phone, light and dark, for people to judge:
//
//   node tools/browser/shots.mjs [NAME...]      writes build/shots/NAME-SIZE-THEME.png; all states unless named

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSite } from "./buildsite.mjs";
import { launchBrowser } from "./launch.mjs";
import { Page } from "./pagedriver.mjs";

const out = resolve(import.meta.dirname, "../../build/shots");

const sizes = {
  desk: { width: 1200, height: 860 },
  wide: { width: 1920, height: 1080 },
  phone: { width: 360, height: 740, scale: 2 },
};

const replay = (settings) => `?${new URLSearchParams({ engine: "cpu", ...settings })}`;
const isPack = (path) => path.endsWith(".safetensors");

/** Answers requests for packs by fn(response). */
const packs = (fn) => (path, _, response) => {
  if (!isPack(path)) return false;
  fn(response);
  return true;
};

// Each state: how the page is opened, and what brings it there.
const states = {
  loading: {
    options: { intercept: packs(sendSlowly) },
    reach: (page) => page.until("bytes", () => /of 2.3 MB/.test(document.getElementById("state").textContent)),
  },
  middle: {
    options: { query: replay({ model: "nouns", count: 4, seed: 5, steps: 50, pace: "slow" }) },
    async reach(page) {
      await page.until("the middle", () => Number.parseInt(document.getElementById("r-step").textContent, 10) >= 34);
      await page.click("play");
      await page.state("paused");
    },
  },
  running: {
    options: { query: replay({ model: "digits", count: 1, seed: 5, steps: 50, pace: "slow" }) },
    reach: (page) =>
      page.until("the middle", () => Number.parseInt(document.getElementById("r-step").textContent, 10) >= 24),
  },
  finished: {
    options: { query: replay({ model: "nouns", count: 16, seed: 5, steps: 20, sampler: "ddim" }) },
    reach: (page) => page.state("finished"),
  },
  facts: {
    options: { query: replay({ model: "digits", count: 1, seed: 5, steps: 5 }) },
    async reach(page) {
      await page.state("finished");
      await page.browser.evaluate(() => {
        for (const details of document.querySelectorAll("details")) details.open = true;
        if (innerWidth < 500) document.getElementById("facts").scrollIntoView();
      });
    },
  },
  card: {
    options: { query: replay({ model: "nouns", count: 1, seed: 5, steps: 5 }) },
    async reach(page) {
      await page.state("finished");
      await page.click("card");
      await page.until("the card", () => document.getElementById("card-dialog").open);
    },
  },
  broken: {
    options: { query: replay({ model: "digits", count: 1, seed: 5, steps: 5 }) },
    async reach(page) {
      await page.state("finished");
      await page.chooseFile("holiday.jpg", Buffer.from("no pack at all"));
      await page.notice("This file cannot be used");
    },
  },
  offline: {
    options: { intercept: packs((response) => response.writeHead(404).end()) },
    reach: (page) => page.notice("could not be fetched"),
  },
  nogpu: {
    options: { query: "?engine=webgpu&steps=5" },
    reach: (page) => page.notice("WebGPU cannot be used here"),
  },
  settings: {
    options: { query: replay({ model: "digits", count: 4, seed: 5, steps: 5 }) },
    async reach(page) {
      await page.state("finished");
      await page.browser.evaluate(() => document.getElementById("settings").scrollIntoView());
    },
  },
};

/** Half of a file, and no more for now. */
function sendSlowly(response) {
  response.writeHead(200, { "Content-Length": 2_311_036 });
  // The first bytes of a pack: the length of a header that is still to come.
  response.write(Buffer.alloc(1_200_000).fill(Uint8Array.of(0, 0, 80, 0, 0, 0, 0, 0), 0, 8));
}

async function shoot(browser, folder, name, size, theme) {
  const { options, reach } = states[name];
  await browser.setView({ ...sizes[size], dark: theme === "dark" });
  const page = await Page.open(browser, folder, options);
  await reach(page);
  await browser.screenshot(join(out, `${name}-${size}-${theme}.png`));
  await page.site.close();
}

const names = process.argv.slice(2).length ? process.argv.slice(2) : Object.keys(states);
mkdirSync(out, { recursive: true });
const folder = await buildSite();
const browser = await launchBrowser("chromium");
for (const name of names) {
  for (const size of Object.keys(sizes)) {
    for (const theme of ["light", "dark"]) {
      // One picture of the widest screen is enough.
      if (size === "wide" && (name !== "middle" || theme === "dark")) continue;
      await shoot(browser, folder, name, size, theme);
    }
  }
}
await browser.close();
console.log(out);
