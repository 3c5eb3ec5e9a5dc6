// The ways through the page and Learn's ten screens, in real browsers. BROWSERS chooses browsers as in page.test.mjs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { field, langevin } from "../../site/page/learn/mixture.js";
import { fromMean, fromNoise, fromPicture, posterior } from "../../site/page/learn/posterior.js";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { Page } from "./pagedriver.mjs";

const browsers = chosenBrowsers();
const query = "?model=digits&sampler=ddim&steps=2&seed=5&count=1&engine=cpu";

let folder;
before(async () => {
  folder = await buildSite();
});

test("the score is the slope of the log density", () => {
  const h = 1e-5;
  for (const sigma of [0.05, 0.3, 1.2]) {
    for (const [x, y] of [
      [0.1, 0.2],
      [-0.9, 0.5],
      [1.1, -0.4],
    ]) {
      const log = (a, b) => Math.log(field([a, b], sigma).density);
      const slope = [(log(x + h, y) - log(x - h, y)) / (2 * h), (log(x, y + h) - log(x, y - h)) / (2 * h)];
      const { score } = field([x, y], sigma);
      for (const k of [0, 1])
        assert.ok(Math.abs(score[k] - slope[k]) < 1e-4 * (1 + Math.abs(slope[k])), `${score} ${slope}`);
    }
  }
});

test("Langevin steps lead to where the density is", () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  let near = 0;
  for (let i = 0; i < 100; i++) {
    let point = [3 * random() - 1.5, 3 * random() - 1.5];
    for (let sigma = 1.2; sigma > 0.06; sigma *= 0.9)
      for (let k = 0; k < 6; k++) point = langevin(point, sigma, 0.35, random);
    if (field(point, 0).density > 0.02) near++;
  }
  assert.ok(near > 85, `${near} of 100 came near`);
});

test("the posterior of one step is equation 7's, and of all steps the picture itself", () => {
  const betas = Array.from({ length: 1000 }, (_, i) => 1e-4 + ((0.02 - 1e-4) * i) / 999);
  let product = 1;
  const alphaBars = betas.map((beta) => (product *= 1 - beta));
  const [t, xt, x0] = [300, -0.6, 0.8];
  const [a, b] = [alphaBars[t], alphaBars[t - 1]];
  const mean = (Math.sqrt(b) * betas[t] * x0 + Math.sqrt(1 - betas[t]) * (1 - b) * xt) / (1 - a);
  const got = posterior(alphaBars, t, t - 1, xt, x0);
  assert.ok(Math.abs(got.mean - mean) < 1e-12);
  assert.ok(Math.abs(got.variance - ((1 - b) / (1 - a)) * betas[t]) < 1e-12);
  assert.ok(Math.abs(posterior(alphaBars, 999, 0, xt, x0).mean - x0) < 0.01);
});

test("noise, picture and mean follow from each other", () => {
  const alphaBars = [0.9, 0.7, 0.5, 0.2];
  const place = { alphaBars, t: 3, s: 1, xt: 0.35 };
  const fact = fromPicture(place, -0.4);
  assert.ok(Math.abs(Math.sqrt(0.2) * -0.4 + Math.sqrt(0.8) * fact.eps - 0.35) < 1e-12);
  for (const other of [fromNoise(place, fact.eps), fromMean(place, fact.mean)])
    for (const name of ["eps", "x0", "mean"]) assert.ok(Math.abs(other[name] - fact[name]) < 1e-12, name);
});

function suite(name) {
  let browser;
  before(async () => {
    browser = await launchBrowser(name);
  });
  after(() => browser?.close());
  const pageTest = (title, hash, fn, options) =>
    test(title, async () => {
      const page = await Page.open(browser, folder, { query: query + hash, ...options });
      try {
        await fn(page);
      } finally {
        await page.close();
      }
    });
  ways(pageTest);
  screens(pageTest);
}

/** In the page: the ids of the views that can be seen. */
const visible = () =>
  [...document.querySelectorAll(".view")].filter((view) => view.checkVisibility()).map(({ id }) => id);

function ways(pageTest) {
  pageTest("every view has an address, and only one is seen", "#models", async (page) => {
    const names = ["models", "forward", "sample", "learn", "interpolate", "edit", "code", "engine"];
    const places = () => [...document.querySelectorAll(".top nav a")].map((link) => Math.round(link.offsetLeft)).join();
    const first = await page.browser.evaluate(places);
    const others = [];
    for (const name of names) {
      await page.browser.evaluate((hash) => {
        location.hash = hash;
      }, name);
      const there = (wanted) =>
        document.querySelector(`#view-${wanted} h2`) !== null && document.body.dataset.view === wanted;
      await page.until(name, there, name);
      assert.deepEqual(await page.browser.evaluate(visible), [`view-${name}`]);
      const current = await page.browser.evaluate(() => document.querySelector(".top nav [aria-current]").hash);
      assert.equal(current, `#${name}`);
      others.push(await page.browser.evaluate(places));
    }
    assert.deepEqual(others, Array(names.length).fill(first), "links move from view to view");
  });

  pageTest("Korean is chosen, said to the browser, and remembered", "#forward", async (page) => {
    await page.until("the view", () => document.querySelector("#view-forward h2") !== null);
    await page.browser.evaluate(() => document.querySelector(".languages [lang=ko]").click());
    await page.until("Korean", () => document.querySelector("#view-forward h2").textContent === "노이즈 더하기");
    assert.equal(await page.browser.evaluate(() => document.documentElement.lang), "ko");
    await page.browser.open(`${page.site.url}${query}#models`);
    await page.until("Korean again", () => document.querySelector("#view-models h2")?.textContent === "모델");
    await page.state("ready", "finished");
    // Nothing has been left in English but names and what models say of themselves.
    const left = await page.browser.evaluate(() =>
      [...document.querySelectorAll("[data-t]")]
        .map(({ textContent }) => textContent)
        .filter((text) =>
          /[a-z]{5,}/i.test(text.replace(/Space|Digits|PyTorch|diffusers|flags|WebGPU|DPM-Solver|unnoise/g, "")),
        ),
    );
    assert.deepEqual(left, []);
  });

  let down = true;
  const intercept = (path, _, response) => {
    if (!down || !path.endsWith(".safetensors")) return false;
    response.writeHead(404).end();
    return true;
  };
  const unknownModel = { query: "?model=cats&steps=3&count=1&engine=cpu", intercept };
  pageTest("what was said before changes with the language, and its buttons work", "", retranslated, unknownModel);

  /** Two messages: one that says what was left out of the address, one with a button. */
  async function retranslated(page) {
    const choose = (language) =>
      page.browser.evaluate((lang) => document.querySelector(`.languages [lang=${lang}]`).click(), language);
    await page.notice("The model could not be fetched");
    await choose("ko");
    await page.notice("모델을 받지 못했습니다");
    await page.notice("model=cats");
    const said = await page.browser.evaluate(() => document.getElementById("notices").textContent);
    assert.doesNotMatch(said, /Left out|Try again|could not be fetched/);
    assert.equal(await page.browser.evaluate(() => document.querySelectorAll(".notice").length), 2);
    down = false;
    await page.clickNotice("다시 시도");
    await page.state("finished");
    await choose("en");
    await page.notice("Left out: model=cats");
  }
}

/** In the page: whether the screen of the number is there with words, equation and figure. */
function isWhole(number) {
  const root = document.querySelector("#view-learn");
  const current = root?.querySelector(".screens [aria-current]")?.textContent;
  if (current !== String(number) || !root.querySelector("math mi")) return false;
  const link = root.querySelectorAll(".screens a")[number - 1].getAttribute("aria-label");
  if (link !== `${number}. ${root.querySelector(".lesson h3").textContent}`) return false;
  // The figure of the screen before stays until this one's is there.
  const figure = root.querySelector(`.touched[data-screen="${number}"] :is(canvas, table, .unet)`);
  return Boolean(figure) && figure.getBoundingClientRect().width > 50;
}

/** In the page: what stands wrong in the equation that is shown: accents far from their letters, bars taller than what stands around them. */
function misplaced() {
  const boxes = (node) => [...node.children].map((child) => child.getBoundingClientRect());
  const high = ([base, sign]) => sign.height > base.height && sign.bottom < base.top + 1;
  const accents = [...document.querySelectorAll("#view-learn .equation mover")].filter((node) => high(boxes(node)));
  // What is given stands in parentheses.
  const bars = [...document.querySelectorAll("#view-learn .equation mo")].filter(
    (node) =>
      node.textContent === "|" && node.getBoundingClientRect().height > 1.2 * boxes(node.parentElement)[0].height,
  );
  return [...accents, ...bars].map(({ textContent }) => textContent);
}

/** In the page: how far the button that forgets a kept model stands out of its table; nothing until it is there. */
function forgetOut() {
  const button = document.querySelector("#view-models .table button");
  if (!button?.checkVisibility()) return null;
  const box = button.getBoundingClientRect();
  const table = button.closest("table").getBoundingClientRect();
  const words = button.querySelector("span").getBoundingClientRect();
  return Math.max(box.right - table.right, words.right - box.right, words.bottom - box.bottom);
}

function screens(pageTest) {
  pageTest(
    "accents and bars keep to their letters, and the button that forgets to its table",
    "#learn/1",
    async (page) => {
      for (let n = 1; n <= 10; n++) {
        await page.browser.evaluate((hash) => {
          location.hash = hash;
        }, `learn/${n}`);
        await page.until(`screen ${n}`, isWhole, n);
        assert.deepEqual(await page.browser.evaluate(misplaced), [], `screen ${n}`);
      }
      await page.state("ready", "finished");
      await page.browser.evaluate(() => {
        location.hash = "models";
      });
      await page.until("the button", `(${forgetOut})() !== null`);
      const out = await page.browser.evaluate(forgetOut);
      assert.ok(out <= 1, `${out} px outside`);
    },
  );

  pageTest("ten screens: words, equation and figure of each", "#learn", async (page) => {
    for (let n = 1; n <= 10; n++) {
      await page.until(`screen ${n}`, isWhole, n);
      const { title, right } = await page.browser.evaluate(() => ({
        title: document.querySelector("#view-learn .lesson h3").textContent,
        right: document.querySelector("#view-learn .touched").getBoundingClientRect().right - innerWidth,
      }));
      assert.ok(title.length > 5 && right <= 1, `${title}: ${right}`);
      if (n < 10) await page.browser.evaluate(() => document.querySelector("#view-learn .way:last-child").click());
    }
  });

  pageTest(
    "points walk to where pictures are, and the chain of screen 7 ends in a picture",
    "#learn/4",
    async (page) => {
      await page.until("the field", () => document.querySelector("#view-learn .plane") !== null);
      const live = (start) => {
        if (start) document.querySelector("#view-learn .primary").click();
        return document.querySelector("#view-learn .plane-row .live").getAttribute("aria-live") ?? "as a status";
      };
      const during = await page.browser.evaluate(live, true);
      await page.until("the last step", () =>
        /168/.test(document.querySelector("#view-learn .plane-row .live").textContent),
      );
      // A screen reader hears the end, not 168 steps.
      assert.deepEqual([during, await page.browser.evaluate(live, false)], ["off", "as a status"]);
      await page.browser.evaluate(() => {
        location.hash = "learn/7";
      });
      await page.until("screen 7", () => document.querySelector("#view-learn .playing") !== null);
      await page.browser.evaluate(() => document.querySelector("#view-learn .playing .primary").click());
      await page.until("the end", () => /Step 50 of 50/.test(document.querySelector("#view-learn .live").textContent));
    },
  );
}

for (const name of browsers) describe(name, () => suite(name));
