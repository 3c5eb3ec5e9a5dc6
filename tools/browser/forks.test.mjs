// Forks of a chain, links that replay them, and what can be taken away of a chain, in real browsers. BROWSERS chooses browsers as
// in page.test.mjs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { query } from "./pagebench.mjs";
import { largestDifference, Page } from "./pagedriver.mjs";
import { decodePNG } from "./png.mjs";

const browsers = chosenBrowsers();
const noisy = { model: "digits", sampler: "ddpm", steps: 10, seed: 3, count: 1, engine: "cpu" };

let folder;
before(async () => {
  folder = await buildSite();
});

/** In the page: what a button saves, as bytes. */
async function saved(id) {
  const make = URL.createObjectURL;
  const blob = await new Promise((resolve) => {
    URL.createObjectURL = (made) => {
      resolve(made);
      return make.call(URL, made);
    };
    document.getElementById(id).click();
  });
  URL.createObjectURL = make;
  return [...new Uint8Array(await blob.arrayBuffer())];
}

/** In the page: looks back along the track of the number, the first is 0. */
function lookBack(track, index) {
  const slider = document.querySelectorAll("#tracks input")[track];
  slider.value = index;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}

/** In the page: window.worked will be true when the player has left its state. */
function watchForWork() {
  window.worked = false;
  new MutationObserver(() => {
    window.worked = true;
  }).observe(document.body, { attributeFilter: ["data-state"] });
}

const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));

function suite(name) {
  let browser;
  before(async () => {
    browser = await launchBrowser(name);
  });
  after(() => browser?.close());
  const pageTest = (title, settings, fn) =>
    test(title, async () => {
      const page = await Page.open(browser, folder, { query: query(settings) });
      try {
        await page.state("finished");
        await fn(page);
      } finally {
        await page.close();
      }
    });
  forks(pageTest);
  // The driver of WebKitGTK does not come back from a page that saves a file.
  if (name !== "webkit") files(pageTest);
}

function forks(pageTest) {
  pageTest("a fork has the same past and another end; its link replays it", noisy, async (page) => {
    const end = await page.picture("x");
    await page.browser.evaluate(lookBack, 0, 4);
    // At full speed not every step is shown, and kept.
    const step = await page.browser.evaluate(() => Number.parseInt(document.getElementById("r-step").textContent, 10));
    const before = await page.picture("x");
    await page.browser.evaluate(press, "f");
    await page.until("a second track", () => document.querySelectorAll("#tracks .track").length === 2);
    await page.state("finished");
    const other = await page.picture("x");
    assert.ok(largestDifference(other, end) > 30, "the fork ends as the chain does");
    await page.browser.evaluate(lookBack, 1, step);
    assert.equal(largestDifference(await page.picture("x"), before), 0, "the fork's past is another");
    // The chain itself is as it was.
    await page.browser.evaluate(lookBack, 0, 10);
    await page.until("the first track", () => document.querySelector("#tracks .track").classList.contains("active"));
    assert.equal(largestDifference(await page.picture("x"), end), 0);
    await page.browser.evaluate(lookBack, 1, 10);
    await page.until("the fork", () => document.querySelector("#tracks .fork").classList.contains("active"));
    const link = await page.link();
    assert.match(link, new RegExp(`forks=${step}%3A\\d+&hash=[0-9a-f]{16}`));
    await page.browser.open(link);
    await page.until("both tracks", () => document.querySelectorAll("#tracks .track").length === 2);
    await page.state("finished");
    assert.equal(largestDifference(await page.picture("x"), other), 0, "the link draws another picture");
  });

  pageTest(
    "a chain without noise says why it cannot fork, and offers what can",
    { ...noisy, sampler: "ddim" },
    async (page) => {
      await page.click("fork");
      await page.notice("adds no noise on its way");
      await page.browser.evaluate(watchForWork);
      await page.clickNotice("Draw with DDIM, η 1");
      await page.until("another chain", () => window.worked);
      assert.equal(await page.browser.evaluate(() => document.getElementById("eta").value), "1");
      await page.state("finished");
      await page.browser.evaluate(lookBack, 0, 5);
      await page.click("fork");
      await page.until("a second track", () => document.querySelectorAll("#tracks .track").length === 2);
      await page.state("finished");
    },
  );

  pageTest("a link of another version of the model says so", { ...noisy, steps: 1, hash: "0123456789abcdef" }, (page) =>
    page.notice("Another version of the model"),
  );
}

function files(pageTest) {
  pageTest("a saved state goes on to the same picture", noisy, async (page) => {
    const end = await page.picture("x");
    await page.set("pace", "slow");
    // An impatient reader; the second begins after the first.
    await page.browser.evaluate(() => {
      for (let i = 0; i < 2; i++) document.getElementById("play").click();
    });
    await page.state("running");
    await page.until("some steps", () => Number.parseInt(document.getElementById("r-step").textContent, 10) >= 3);
    await page.click("play");
    await page.state("paused");
    const bytes = await page.browser.evaluate(saved, "save-state");
    await page.browser.open(`${page.site.url}${query({ ...noisy, steps: 1, seed: 9 })}`);
    await page.state("finished");
    await page.browser.evaluate((data) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(data)], "chain.unnoise"));
      const input = document.getElementById("state-file");
      input.files = transfer.files;
      input.dispatchEvent(new Event("change"));
    }, bytes);
    await page.state("paused");
    await page.click("play");
    await page.state("finished");
    assert.equal(largestDifference(await page.picture("x"), end), 0);
  });

  pageTest("PNG, strip and film", noisy, async (page) => {
    const end = await page.picture("x");
    const png = decodePNG(Buffer.from(await page.browser.evaluate(saved, "save")));
    assert.equal(largestDifference(png, end), 0);
    const strip = decodePNG(Buffer.from(await page.browser.evaluate(saved, "strip")));
    assert.equal(strip.height, 64);
    assert.ok(strip.width >= 64 && strip.width % 32 === 0, `${strip.width}`);
    const film = Buffer.from(await page.browser.evaluate(saved, "gif"));
    assert.equal(film.subarray(0, 6).toString(), "GIF89a");
    assert.deepEqual([film.readUInt16LE(6), film.readUInt16LE(8)], [256, 256]);
  });
}

for (const name of browsers) describe(name, () => suite(name));
