#!/usr/bin/env node
// Pictures of the page in its states, on a desk and on a phone, light and dark, for people to judge:
//
//   node tools/browser/shots.mjs [--browser NAME] [--size NAME] [--theme NAME] [--language ko] [--full] [STATE...]
//
// writes build/shots/BROWSER-STATE-SIZE-THEME.png; Chromium, all sizes, both themes and all states unless named. --language switches
// when the state is reached, --full takes the whole page (Chromium and Firefox).

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildSite } from "./buildsite.mjs";
import { launchBrowser } from "./launch.mjs";
import { Page } from "./pagedriver.mjs";

const out = resolve(import.meta.dirname, "../../build/shots");

const sizes = {
  desk: { width: 1200, height: 860 },
  wide: { width: 1920, height: 1080 },
  phone: { width: 390, height: 844, scale: 2 },
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
    reach: (page) => page.until("bytes", () => /2.3 MB/.test(document.getElementById("state").textContent)),
  },
  // The same, seen from another view.
  arriving: {
    options: { intercept: packs(sendSlowly), query: "#forward" },
    reach: (page) => page.until("bytes", () => /2.3 MB/.test(document.getElementById("arriving").textContent)),
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
  // On a phone: the settings, opened.
  sheet: {
    options: { query: replay({ model: "digits", count: 1, seed: 5, steps: 5 }) },
    async reach(page) {
      await page.state("finished");
      await page.browser.evaluate(() => innerWidth < 500 && document.getElementById("panel-bar").click());
      await page.until("the sheet at rest", () => document.getAnimations().length === 0);
    },
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
      await page.chooseFile("holiday.safetensors", Buffer.from("no pack at all"));
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

/** The page at one of its views, where something has been done: clicks on elements, and what is waited for. */
function viewState(hash, clicks = [], ready = () => true) {
  return {
    options: { query: `${replay({ model: "digits", count: 1, seed: 5, steps: 3 })}#${hash}` },
    async reach(page) {
      const there = (name) =>
        document.querySelector(`#view-${name} h2`) !== null &&
        ["ready", "finished"].includes(document.body.dataset.state);
      await page.until(hash, there, hash.split("/")[0]);
      await new Promise((done) => setTimeout(done, 1500));
      // Few steps: what is judged is the page.
      await page.browser.evaluate(() => {
        for (const input of document.querySelectorAll(".view:not([hidden]) input[type=number]"))
          input.value = input.min;
      });
      for (const selector of clicks) {
        await page.until(selector, (wanted) => !document.querySelector(wanted).disabled, selector);
        await page.browser.evaluate((wanted) => document.querySelector(wanted).click(), selector);
      }
      await page.until("what was begun", ready);
      await new Promise((done) => setTimeout(done, 500));
    },
  };
}

const idle = () => document.querySelectorAll('.view:not([hidden]) [data-running="yes"]').length === 0;
const views = {
  forward: viewState("forward"),
  interpolate: viewState(
    "interpolate",
    ["#view-interpolate .primary"],
    () => document.querySelector("#view-interpolate .strip-row") !== null,
  ),
  edit: viewState("edit", ["#view-edit .primary"], idle),
  code: viewState("code", ["#view-code [value='8']", "#view-code .group .primary"], idle),
  models: viewState("models"),
  engine: viewState("engine"),
  learn1: viewState("learn/1"),
  learn2: viewState("learn/2"),
  learn3: viewState("learn/3"),
  learn4: viewState("learn/4", ["#view-learn .primary"], () =>
    /168/.test(document.querySelector("#view-learn .plane-row .live").textContent),
  ),
  learn5: viewState("learn/5"),
  learn6: viewState("learn/6"),
  learn7: viewState("learn/7", ["#view-learn .playing .primary"], idle),
  learn8: viewState("learn/8", ["#view-learn .job .primary"], idle),
  learn9: viewState("learn/9"),
  learn10: viewState("learn/10", ["#view-learn .job .primary"], idle),
  korean: viewState("learn/7", [".languages [lang=ko]"]),
};
Object.assign(states, views);

/** Half of a file, and no more for now. */
function sendSlowly(response) {
  response.writeHead(200, { "Content-Length": 2_311_036 });
  // The first bytes of a pack: the length of a header that is still to come.
  response.write(Buffer.alloc(1_200_000).fill(Uint8Array.of(0, 0, 80, 0, 0, 0, 0, 0), 0, 8));
}

async function shoot(browser, folder, name, size, theme) {
  const { options, reach } = states[name];
  // WebKitGTK cannot set the scale, and only Chromium what the reader prefers; the page has a switch of its own.
  const { scale, ...plain } = sizes[size];
  await browser.setView(browser.name === "webkit" ? plain : { ...plain, scale });
  const page = await Page.open(browser, folder, options);
  try {
    await browser.evaluate((wanted) => {
      document.documentElement.dataset.theme = wanted;
    }, theme);
    await reach(page);
    if (values.language) await speak(page, values.language);
    const suffix = values.language ? `-${values.language}` : "";
    const path = join(out, `${browser.name}-${name}-${size}-${theme}${suffix}.png`);
    await browser.screenshot(path, { fullPage: values.full });
  } finally {
    await page.site.close();
  }
}

async function speak(page, language) {
  await page.browser.evaluate((lang) => document.querySelector(`.languages [lang=${lang}]`).click(), language);
  await new Promise((done) => setTimeout(done, 700));
}

/** Sizes and themes in which a state is shown. */
function* looks(name) {
  for (const size of values.size ? [values.size] : Object.keys(sizes)) {
    for (const theme of values.theme ? [values.theme] : ["light", "dark"]) {
      // One picture of the widest screen is enough.
      if (size === "wide" && !values.size && (name !== "middle" || theme === "dark")) continue;
      yield [size, theme];
    }
  }
}

const { values, positionals } = parseArgs({
  options: {
    browser: { type: "string", default: "chromium" },
    size: { type: "string" },
    theme: { type: "string" },
    language: { type: "string" },
    full: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const names = positionals.length ? positionals : Object.keys(states);
for (const name of names)
  if (!states[name]) throw new Error(`no state is called ${name}; known: ${Object.keys(states)}`);
mkdirSync(out, { recursive: true });
const folder = await buildSite();
const browser = await launchBrowser(values.browser);
for (const name of names) {
  for (const [size, theme] of looks(name)) {
    // A state that is not reached is no reason to leave out the others.
    await shoot(browser, folder, name, size, theme).catch(({ message }) => {
      process.exitCode = 1;
      console.error(`${name}, ${size}, ${theme}: ${message}`);
    });
  }
}
await browser.close();
console.log(out);
