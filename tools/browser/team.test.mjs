// One picture drawn by two workers, in an isolated page: the same picture as one draws, whatever happens meanwhile. BROWSERS chooses browsers as
// in page.test.mjs; WebKitGTK adds nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { tinyPack } from "./pagedriver.mjs";
import { serveSite } from "./siteserver.mjs";

const browsers = chosenBrowsers({ webkit: false });

/** A page beside the site, isolated but for plain.html. */
function beside() {
  const answers = {
    "blank.html": ["text/html", "<!doctype html><title>blank</title>"],
    "plain.html": ["text/html", "<!doctype html><title>plain</title>"],
    "tiny.safetensors": ["application/octet-stream", readFileSync(tinyPack())],
  };
  return (path, _request, response) => {
    if (path !== "plain.html") {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    if (!answers[path]) return false;
    response.setHeader("Content-Type", answers[path][0]);
    response.end(answers[path][1]);
    return true;
  };
}

/** In the page: samplers with so many workers, and states as text. */
async function prepare() {
  /** The workers that have begun as those beside another, of the sampler opened last. */
  const hired = [];
  const { Worker } = globalThis;
  globalThis.Worker = class extends Worker {
    postMessage(message, ...rest) {
      if (message.caller) hired.push(this);
      super.postMessage(message, ...rest);
    }
  };
  const { createSampler } = await import(new URL("lib/unnoise.js", location.href));
  /** A sampler; with two threads the second worker is there. */
  const open = async (threads, model = "models/digits.safetensors") => {
    hired.length = 0;
    const sampler = await createSampler({ model, engine: "cpu", threads });
    await (await sampler.chain({ steps: 1 })).release();
    await joined(sampler, threads);
    return sampler;
  };
  const joined = async (sampler, threads) => {
    for (let i = 0; i < 200 && (sampler.info.workers ?? 1) < threads; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await (await sampler.chain({ steps: 1 })).release();
    }
  };
  const state = async (chain) => [...(await chain.save())].join();
  const drawn = async (sampler, options) => {
    const chain = await sampler.chain(options);
    await chain.run();
    return state(chain);
  };
  /** Ends them without a word. */
  const end = () => {
    for (const worker of hired) worker.terminate();
  };
  window.t = { open, joined, state, drawn, hired, end, alone: await open(1) };
}

// Workers that wait for each other for good are a failure that is to be seen.
const limited = { timeout: 120_000 };

for (const name of browsers) {
  describe(`a picture for two workers in ${name}`, () => {
    let browser;
    let site;
    before(async () => {
      const folder = await buildSite();
      site = await serveSite(folder, { intercept: beside() });
      browser = await launchBrowser(name);
      await browser.open(`${site.url}blank.html`);
      await browser.evaluate(prepare);
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });
    const same = (title, inPage) =>
      test(title, limited, async () => assert.deepEqual(await browser.evaluate(inPage), []));
    same("has the bytes of one worker's, of every kind of chain", everyKind);
    same("goes on after steps that were cancelled", cancelled);
    same("goes on when a worker ends, and the next one has two again", ended);
    same("and several pictures at the same time", together);
    same("is no matter of a model that is too small", tooSmall);
    same("is drawn by one where another cannot start", notStarted);

    test("needs an isolated page", limited, async () => {
      await browser.open(`${site.url}plain.html`);
      await browser.evaluate(prepare);
      assert.deepEqual(await browser.evaluate(notIsolated), []);
    });
  });
}

async function everyKind() {
  const { open, drawn, alone } = window.t;
  const wrong = [];
  const pair = await open(2);
  if (!crossOriginIsolated || pair.info.workers !== 2) wrong.push(`workers: ${pair.info.workers}`);
  if (alone.info.workers) wrong.push(`one thread has ${alone.info.workers} workers`);
  const label = alone.info.model.classes ? { labels: [3] } : {};
  for (const options of [
    { sampler: "ddpm", steps: 5, seed: 3, ...label },
    { sampler: "heun", steps: 3, seed: 4, ...label },
    { sampler: "dpmpp", steps: 4, seed: 5 },
    { sampler: "ddim", steps: 4, seed: 6, guidance: 2, ...label },
  ]) {
    if ((await drawn(pair, options)) !== (await drawn(alone, options))) wrong.push(options.sampler);
  }
  // Terms come several at a time, which the workers share among them.
  const picture = new ImageData(
    Uint8ClampedArray.from({ length: 4096 }, (_, i) => (13 * i) % 251),
    32,
    32,
  );
  const bits = async (sampler) =>
    (await sampler.nll(picture, { timesteps: 7, draws: 1 })).terms.map(({ bits }) => bits);
  const [together, by1] = [await bits(pair), await bits(alone)];
  if (!together.length || together.join() !== by1.join()) wrong.push(`nll: ${together} and ${by1}`);
  pair.close();
  return wrong;
}

async function cancelled() {
  const { open, drawn, hired, state, alone } = window.t;
  const wrong = [];
  const pair = await open(2);
  const options = { sampler: "ddpm", steps: 40, seed: 6 };
  const chain = await pair.chain(options);
  let cut = 0;
  for (let i = 0; i < 6; i++) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 15 + 11 * i);
    await chain.run({ signal: controller.signal }).catch((error) => {
      if (error.name !== "AbortError") wrong.push(error.message);
      cut++;
    });
  }
  if (!cut) wrong.push("nothing was cancelled");
  await chain.run();
  if ((await state(chain)) !== (await drawn(alone, options))) wrong.push("another picture");
  await drawn(pair, { steps: 1 });
  if (hired.length !== 1) wrong.push("the other worker was lost and replaced");
  pair.close();
  return wrong;
}

async function ended() {
  const { open, joined, drawn, hired, end, state, alone } = window.t;
  const wrong = [];
  const pair = await open(2);
  const options = { sampler: "ddpm", steps: 150, seed: 7 };
  const chain = await pair.chain(options);
  let told = false;
  const onProgress = ({ index }) => {
    if (index < 4 || told) return;
    told = true;
    end();
  };
  await chain.run({ onProgress });
  if (!told) wrong.push("no worker was ended");
  if ((await state(chain)) !== (await drawn(alone, options))) wrong.push("another picture");
  for (let i = 0; i < 2; i++) await drawn(pair, { steps: 1 }); // the first may be what finds out
  await joined(pair, 2);
  if (pair.info.workers !== 2 || hired.length !== 2)
    wrong.push(`workers: ${pair.info.workers}, started ${hired.length}`);
  if ((await drawn(pair, options)) !== (await drawn(alone, options))) wrong.push("another picture afterwards");
  pair.close();
  return wrong;
}

async function together() {
  const { open, drawn, alone } = window.t;
  const pair = await open(2);
  const one = { sampler: "ddpm", steps: 12, seed: 8 };
  const wrong = [];
  // Of two pictures each worker has one, which is no matter for both; of five, one has more than are shared.
  for (const count of [2, 3, 5]) {
    const several = { ...one, count };
    const [a, b] = await Promise.all([drawn(pair, one), drawn(pair, several)]);
    if (a !== (await drawn(alone, one))) wrong.push("the single picture");
    if (b !== (await drawn(alone, several))) wrong.push(`the ${count}`);
  }
  pair.close();
  return wrong;
}

async function tooSmall() {
  const { open, drawn } = window.t;
  const pair = await open(1, "tiny.safetensors");
  pair.close();
  const own = await (await import(new URL("lib/unnoise.js", location.href))).createSampler({
    model: "tiny.safetensors",
    engine: "cpu",
    threads: 2,
  });
  await drawn(own, { steps: 3 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await drawn(own, { steps: 3 });
  const { workers } = own.info;
  own.close();
  return workers ? [`workers: ${workers}`] : [];
}

async function notStarted() {
  const { drawn, alone } = window.t;
  const { createSampler } = await import(new URL("lib/unnoise.js", location.href));
  const { Worker } = globalThis;
  let started = 0;
  globalThis.Worker = class extends Worker {
    constructor(url, options) {
      super(started++ ? new URL("lib/missing.js", location.href) : url, options);
    }
  };
  const sampler = await createSampler({ model: "models/digits.safetensors", engine: "cpu", threads: 2 });
  const wrong = [];
  for (const count of [1, 3]) {
    const options = { sampler: "ddpm", steps: 3, seed: 9, count };
    if ((await drawn(sampler, options)) !== (await drawn(alone, options))) wrong.push(`${count}: another picture`);
  }
  if (started < 2 || (sampler.info.workers ?? 1) !== 1) wrong.push(`${started} started, ${sampler.info.workers} there`);
  sampler.close();
  globalThis.Worker = Worker;
  return wrong;
}

async function notIsolated() {
  const { createSampler } = await import(new URL("lib/unnoise.js", location.href));
  const own = await createSampler({ model: "models/digits.safetensors", engine: "cpu", threads: 2 });
  await window.t.drawn(own, { steps: 3 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await window.t.drawn(own, { steps: 3 });
  const wrong = crossOriginIsolated ? ["the page is isolated"] : [];
  if (own.info.workers) wrong.push(`workers: ${own.info.workers}`);
  const several = await own.sample({ steps: 2, count: 2 });
  if (several.pictures.length !== 2 || own.info.workers !== 2) wrong.push("several pictures have one worker");
  own.close();
  return wrong;
}
