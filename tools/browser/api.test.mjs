// What the library can do beyond drawing, in a page that holds nothing else. BROWSERS chooses browsers as in page.test.mjs; WebKit
// would run the same code once more.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { Page, tinyPack } from "./pagedriver.mjs";

const browsers = chosenBrowsers({ webkit: false });

let site;
let tiny;
before(async () => {
  site = await buildSite();
  tiny = readFileSync(tinyPack());
});

/** Serves an empty page and the tiny pack beside the site. */
function beside(path, _, response) {
  const extra = {
    "blank.html": ["text/html", "<!doctype html><title>library</title>"],
    "tiny.safetensors": ["application/octet-stream", tiny],
  };
  if (!extra[path]) return false;
  response.writeHead(200, { "Content-Type": extra[path][0] }).end(extra[path][1]);
  return true;
}

/** In the page: a sampler of the tiny model and what tests make of it. */
async function prepare() {
  const library = await import(new URL("lib/unnoise.js", location.href));
  const sampler = await library.createSampler({ model: "tiny.safetensors", engine: "cpu" });
  const { width, height } = sampler.info.model;
  const picture = new ImageData(width, height);
  picture.data.forEach((_, i) => {
    picture.data[i] = i % 4 === 3 ? 255 : (i * 37) % 256;
  });
  const bytes = (pictures) => pictures.map(({ data }) => [...data]);
  /** Runs to the end. */
  const finish = async (chain) => {
    await chain.run();
    const drawn = bytes(await chain.pictures());
    await chain.release();
    return JSON.stringify(drawn);
  };
  /** The name and the message of what fn throws. */
  const fails = async (fn) => {
    try {
      await fn();
      return "nothing";
    } catch (error) {
      const own = error instanceof (library[error.name] ?? DOMException);
      return `${own ? "" : "a foreign "}${error.name}: ${error.message}`;
    }
  };
  window.t = { library, sampler, picture, bytes, finish, fails, width, height };
}

const nothing = (wrong) => assert.deepEqual(wrong, []);

/** What the engine room asks. */
function engineRoom(check) {
  check("the self-test runs again", selfTested, ({ before: first, after: again, seen }) => {
    assert.deepEqual(again, first);
    assert.ok(seen > 10);
  });

  check("what takes time tells how far it is", toldHowFar, (last) => {
    for (const name of ["encode", "decode", "nll", "bench"])
      assert.ok(last[name]?.done > 0 && last[name].done === last[name].total, `${name}: ${JSON.stringify(last[name])}`);
  });

  check("the benchmark times steps and operations", benched, (got) => {
    assert.ok(got.msPerStep > 0);
    assert.equal(got.operations, got.layers);
  });

  check("layers can be looked into", lookedInto, (got) => {
    assert.deepEqual(got.wrong, []);
    assert.ok(got.layers > 20 && got.withPicture, JSON.stringify(got));
    assert.match(got.error, /^UsageError: .*layer must be the index/);
  });
}

for (const name of browsers) {
  describe(name, () => {
    let browser;
    let page;
    before(async () => {
      browser = await launchBrowser(name);
      page = await Page.open(browser, site, { query: "blank.html", intercept: beside });
      await browser.evaluate(prepare);
    });
    after(async () => {
      await page?.close();
      await browser?.close();
    });
    const check = (title, fn, judge) => test(title, async () => judge(await browser.evaluate(fn)));

    check("the schedule is the model's", scheduleOf, ({ length, first, last, product }) => {
      assert.deepEqual([length, first], [1000, 1e-4]);
      assert.ok(Math.abs(last / 4.036e-5 - 1) < 1e-3, `${last}`);
      assert.ok(Math.abs(product / last - 1) < 1e-9, `${product} and ${last}`);
    });

    check("the forward process begins at the picture and ends at noise", forwardTo, (got) => {
      assert.ok(got.near < 12, `x_0 is ${got.near} levels from the picture`);
      assert.ok(got.far > 40, `x_999 is ${got.far} levels from the picture`);
      assert.ok(got.same && got.other, JSON.stringify(got));
    });

    check("a run pauses at the step that was named, and ends as single steps do", ranUntil, (got) => {
      assert.deepEqual(got.indices, [1, 30, 31, 64]);
      assert.ok(got.same, "another picture");
      assert.ok(got.msPerStep > 0 && got.msPerStep <= got.elapsed, JSON.stringify(got));
    });

    check("a saved chain ends in the same pictures, whatever it is", saveAndResume, nothing);

    check("a saved chain that does not fit is a StateError that says why", resumeWrong, (errors) => {
      assert.match(errors.text, /^StateError: the saved chain cannot be read: .*Save the chain again/);
      assert.match(errors.flipped, /^StateError: .*does not match its hash/);
      assert.match(errors.model, /^StateError: .*it is a model or another file/);
      assert.match(errors.other, /^StateError: .*was drawn with the model .*, the one that is open is "Digits/);
    });

    check("interpolation begins and ends at its ends", interpolated, (got) => {
      assert.deepEqual(got, { seeds: [true, true], pictures: [true, true], between: true, shared: true });
    });

    check("a wrong use of interpolation is a UsageError", interpolatedWrong, (errors) => {
      assert.match(errors.none, /^UsageError: .*needs pictures or seeds/);
      assert.match(errors.lambda, /^UsageError: .*lambdas must be numbers from 0 to 1/);
      assert.match(errors.picture, /^UsageError: .*must be an ImageData/);
    });

    check("the kept part of an inpainted picture stays", inpainted, ({ kept, drawn }) => {
      assert.equal(kept, 0);
      assert.ok(drawn > 0);
    });

    engineRoom(check);

    check("every method stops when its signal is aborted, and the sampler goes on", aborted, (got) =>
      assert.deepEqual(got, { wrong: [], ahead: 0, same: true }),
    );
  });
}

async function scheduleOf() {
  const { betas, alphaBars } = await window.t.sampler.schedule();
  let product = 1;
  for (const beta of betas) product *= 1 - beta;
  return { length: betas.length, first: betas[0], last: alphaBars.at(-1), product };
}

async function forwardTo() {
  const { sampler, picture } = window.t;
  const off = (a, b) => a.data.reduce((sum, v, i) => sum + Math.abs(v - b.data[i]), 0) / a.data.length;
  const [near, far] = await sampler.forward(picture, { timesteps: [0, 999], seed: 3 });
  const [again] = await sampler.forward(picture, { timesteps: [999], seed: 3 });
  const [other] = await sampler.forward(picture, { timesteps: [999], seed: "4" });
  return { near: off(near, picture), far: off(far, picture), same: off(far, again) === 0, other: off(far, other) > 10 };
}

async function saveAndResume() {
  const { sampler, picture, finish, width, height } = window.t;
  const mask = new Uint8Array(width * height).map((_, i) => (i % width < 3 ? 0 : 255));
  const chains = {
    kept: { sampler: "ddpm", steps: 6, picture, mask, jump: 2, repeats: 2, count: 3 },
    edited: { sampler: "ddpm", steps: 12, picture, depth: 500, count: 2 },
    between: { sampler: "ddpm", steps: 6, between: { seeds: [1, 2], lambdas: [0, 0.3, 1] }, count: 3 },
  };
  for (const name of sampler.info.model.samplers)
    chains[name] = { sampler: name, steps: 4, eta: name === "ddim" ? 0.5 : 0, count: 3 };
  const different = [];
  for (const [name, options] of Object.entries(chains)) {
    const chain = await sampler.chain({ seed: "18446744073709551615", ...options });
    const [before, fork] = [await chain.save(), await chain.fork(77)];
    for (let i = 0; i < 2; i++) await chain.step();
    const bytes = await chain.save();
    const [whole, resumed] = [await finish(chain), await sampler.resume(bytes)];
    if (resumed.index !== 2 || resumed.count !== options.count || resumed.steps !== chain.steps)
      different.push(`${name}: shape`);
    if ((await finish(resumed)) !== whole) different.push(name);
    if ((await finish(await sampler.resume(before))) !== whole) different.push(`${name}, from its start`);
    const forked = await sampler.resume(await fork.save());
    if ((await finish(forked)) !== (await finish(fork))) different.push(`${name}, forked`);
  }
  if ((sampler.info.workers ?? 1) < Math.min(3, navigator.hardwareConcurrency)) different.push("one worker");
  return different;
}

async function resumeWrong() {
  const { library, sampler, fails } = window.t;
  const chain = await sampler.chain({ steps: 2 });
  const bytes = await chain.save();
  const flipped = bytes.slice();
  flipped[flipped.length - 5] ^= 1;
  const model = new Uint8Array(await (await fetch("tiny.safetensors")).arrayBuffer());
  const other = await library.createSampler({ model: "models/digits.safetensors", engine: "cpu" });
  try {
    return {
      text: await fails(() => sampler.resume(new TextEncoder().encode("no chain at all"))),
      flipped: await fails(() => sampler.resume(flipped)),
      model: await fails(() => sampler.resume(model)),
      other: await fails(() => other.resume(bytes)),
    };
  } finally {
    other.close();
  }
}

async function interpolated() {
  const { sampler, picture, bytes } = window.t;
  const settings = { sampler: "ddpm", steps: 6, seed: 5 };
  const lambdas = [0, 0.5, 1];
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const drawn = async (options) => bytes((await sampler.interpolate({ ...settings, lambdas, ...options })).pictures);
  const seeds = await drawn({ seeds: [5, 9] });
  const [own] = bytes((await sampler.sample(settings)).pictures);
  const second = await drawn({ seeds: [9, 5], lambdas: [0] });
  const [turned] = await sampler.forward(picture, { timesteps: [0], seed: 1 });
  const pictures = await drawn({ pictures: [picture, turned], depth: 400, steps: 20 });
  const [edited] = bytes((await sampler.sample({ ...settings, steps: 20, picture, depth: 400 })).pictures);
  const whole = await drawn({ pictures: [picture, turned], depth: 400, steps: 20, lambdas: [0, 0.25, 0.5, 0.75, 1] });
  return {
    seeds: [same(seeds[0], own), same(seeds[2], second[0])],
    pictures: [same(pictures[0], edited), !same(pictures[2], edited)],
    between: !same(seeds[1], seeds[0]) && !same(seeds[1], seeds[2]),
    shared: same(whole[2], pictures[1]) && same(whole[4], pictures[2]),
  };
}

async function interpolatedWrong() {
  const { sampler, picture, fails } = window.t;
  return {
    none: await fails(() => sampler.interpolate({ lambdas: [0, 1] })),
    lambda: await fails(() => sampler.interpolate({ seeds: [1, 2], lambdas: [0, 1.5] })),
    picture: await fails(() => sampler.interpolate({ pictures: [picture, {}], lambdas: [0] })),
  };
}

async function inpainted() {
  const { sampler, picture, width, height } = window.t;
  const mask = new Uint8Array(width * height).map((_, i) => (i % width < 4 ? 0 : 255));
  const { pictures } = await sampler.inpaint(picture, mask, {
    sampler: "ddpm",
    steps: 6,
    jump: 3,
    repeats: 2,
    seed: 1,
    count: 2,
  });
  const [grey] = await sampler.forward(picture, { timesteps: [0] });
  let [kept, drawn] = [0, 0];
  for (const { data } of pictures) {
    data.forEach((v, i) => {
      const left = (i >> 2) % width < 4;
      // A grey model shows a coloured picture's brightness: compare with what it makes of the picture, but for a little noise.
      if (left && Math.abs(v - grey.data[i]) > 12) kept++;
      if (!left && Math.abs(v - grey.data[i]) > 12) drawn++;
    });
  }
  return { kept, drawn };
}

async function selfTested() {
  const { sampler } = window.t;
  const after = await sampler.selfTest();
  return { before: sampler.info.selfTest, after, seen: after.operations.length };
}

async function benched() {
  const { sampler } = window.t;
  const { msPerStep, operations } = await sampler.bench({ steps: 4 });
  const layers = await sampler.layers();
  return {
    msPerStep,
    operations: operations.map((o) => o.name).join(),
    layers: layers.map((l) => l.name).join(),
  };
}

async function toldHowFar() {
  const { sampler, picture } = window.t;
  const last = {};
  const hear = (name) => (progress) => {
    last[name] = progress;
  };
  const { bytes } = await sampler.encode(picture, { blockBits: 6, onProgress: hear("encode") });
  await sampler.decode(bytes, { onProgress: hear("decode") });
  await sampler.nll(picture, { draws: 1, timesteps: 8, onProgress: hear("nll") });
  await sampler.bench({ steps: 2, onProgress: hear("bench") });
  return last;
}

async function ranUntil() {
  const { sampler } = window.t;
  const options = { sampler: "ddpm", steps: 64, seed: 11 };
  const chain = await sampler.chain(options);
  const indices = [];
  const started = performance.now();
  let last;
  for (const until of [1, 30, 31, 99]) {
    last = await chain.run({ until });
    indices.push(chain.index);
  }
  const elapsed = performance.now() - started;
  const single = await sampler.chain(options);
  for await (const _ of single);
  const [one, other] = [await chain.frame("x"), await single.frame("x")];
  return { indices, same: one.every((v, i) => v === other[i]), msPerStep: last.msPerStep, elapsed };
}

async function lookedInto() {
  const { sampler, picture, fails } = window.t;
  const layers = await sampler.layers();
  const wrong = [];
  for (const { index, name, channels, width, height } of layers) {
    const got = await sampler.activations({ seed: 3, timestep: 500, layer: index });
    if (got.data.length !== channels * width * height || got.channels !== channels || !got.data.every(Number.isFinite))
      wrong.push(name);
  }
  const at = { timestep: 500, layer: layers.length - 1 };
  const noise = await sampler.activations(at);
  const seen = await sampler.activations({ ...at, picture });
  const error = await fails(() => sampler.activations({ timestep: 500, layer: layers.length }));
  return { layers: layers.length, wrong, withPicture: seen.data.some((v, i) => v !== noise.data[i]), error };
}

async function aborted() {
  const { sampler, picture, fails, width, height } = window.t;
  const slow = { sampler: "ddpm", steps: 1000 };
  const mask = new Uint8Array(width * height).fill(255);
  const coded = (await sampler.encode(picture, { blockBits: 6 })).bytes;
  const state = await (await sampler.chain({ steps: 2 })).save();
  const chain = await sampler.chain({ ...slow, count: 3 });
  const methods = {
    sample: (signal) => sampler.sample({ ...slow, signal }),
    chain: (signal) => sampler.chain({ ...slow, signal }),
    run: (signal) => chain.run({ signal }),
    step: (signal) => chain.step({ signal }),
    save: (signal) => chain.save({ signal }),
    frame: (signal) => chain.frame("x", { signal }),
    fork: (signal) => chain.fork(3, { signal }),
    resume: (signal) => sampler.resume(state, { signal }),
    interpolate: (signal) => sampler.interpolate({ ...slow, seeds: [1, 2], lambdas: [0, 1], signal }),
    inpaint: (signal) => sampler.inpaint(picture, mask, { ...slow, signal }),
    forward: (signal) => sampler.forward(picture, { timesteps: [3], signal }),
    schedule: (signal) => sampler.schedule({ signal }),
    selfTest: (signal) => sampler.selfTest({ signal }),
    bench: (signal) => sampler.bench({ steps: 1000, signal }),
    layers: (signal) => sampler.layers({ signal }),
    activations: (signal) => sampler.activations({ timestep: 1, layer: 1, signal }),
    encode: (signal) => sampler.encode(picture, { blockBits: 18, signal }),
    decode: (signal) => sampler.decode(coded, { signal }),
    nll: (signal) => sampler.nll(picture, { draws: 255, signal }),
  };
  // What takes far longer than any wait below must be ended; the rest may be quicker than the wait, and end as it should.
  const long = ["sample", "run", "interpolate", "inpaint", "bench", "encode", "nll"];
  const wrong = [];
  for (const [name, method] of Object.entries(methods)) {
    for (const wait of [-1, 0, 25]) {
      const controller = new AbortController();
      if (wait < 0) controller.abort();
      else setTimeout(() => controller.abort(), wait);
      const said = await fails(() => method(controller.signal));
      if (!said.startsWith("AbortError") && !(wait >= 0 && said === "nothing" && !long.includes(name)))
        wrong.push(`${name} after ${wait}: ${said}`);
      const start = performance.now();
      await sampler.layers();
      // What was not ended would go on for minutes; on a busy machine what was may take seconds.
      if (performance.now() - start > 20_000)
        wrong.push(`${name} after ${wait}: the sampler was busy for ${performance.now() - start} ms`);
    }
  }
  const again = await sampler.chain({ ...slow, count: 3 });
  // Runs that were ended may have come further than the chain knows here, on a quick machine beyond any number of steps.
  await chain.step();
  const end = Math.max(40, chain.index);
  for (const one of [chain, again]) {
    while (one.index < end) await one.step();
  }
  const pixels = async (one) => JSON.stringify([...(await one.frame())]);
  return { wrong, ahead: chain.index - again.index, same: (await pixels(chain)) === (await pixels(again)) };
}
