// The library under trouble, in real browsers: storage, network, GPU, tabs, reloads, and what is left behind. The page's own tests
// have the rest. BROWSERS chooses browsers as in page.test.mjs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { Page, tinyPack } from "./pagedriver.mjs";
import { beside, mortalGPU, refusedStorage, toldMemory, wrongGPU } from "./planted.mjs";

const browsers = chosenBrowsers({ webkit: false });

let site;
let tiny;
before(async () => {
  site = await buildSite();
  tiny = readFileSync(tinyPack());
});

/** In the page: the library, and a short way to pictures. */
async function prepare() {
  const library = await import(new URL("lib/unnoise.js", location.href));
  const Original = window.Worker;
  let workers = 0;
  window.Worker = class extends Original {
    constructor(...args) {
      super(...args);
      workers++;
    }
    terminate() {
      workers--;
      super.terminate();
    }
  };
  const open = (options) => library.createSampler({ model: "tiny.safetensors", engine: "cpu", ...options });
  const pixels = async (chain) => [...(await chain.frame())].join();
  /** Waits until a run is kept at a step beyond index: it must not end first, and then be forgotten. */
  const keptBeyond = async (index, running) => {
    let ended = false;
    const end = () => {
      ended = true;
    };
    running.then(end, end);
    while (!((await library.keptChain())?.index > index)) {
      if (ended) throw new Error("the chain ended before it was seen to be kept");
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  window.t = {
    library,
    open,
    pixels,
    keptBeyond,
    workers: () => workers,
    slow: { sampler: "ddpm", steps: 60, seed: 4 },
  };
}

for (const name of browsers) {
  describe(name, () => {
    let browser;
    before(async () => {
      browser = await launchBrowser(name, { webgpu: true });
    });
    after(() => browser?.close());

    /** A test of a page with a planted trouble; its rules are checked at the end. */
    const trouble = (title, { planted, intercept = () => false }, fn) =>
      test(title, async () => {
        const own = beside(site, tiny, planted);
        const options = {
          query: "blank.html",
          base: "/some/where/",
          intercept: (...args) => intercept(...args) || own(...args),
        };
        const page = await Page.open(browser, site, options);
        try {
          await browser.evaluate(prepare);
          await fn(page);
        } finally {
          await page.close();
        }
      });
    for (const tests of [storageAndTabs, gpuAndRest]) tests(trouble, name, () => browser);
  });
}

/** Storage, network, tabs and reloads. */
function storageAndTabs(trouble, name, browserNow) {
  trouble("refused storage costs the next visit, not this one", { planted: refusedStorage }, async () => {
    const { from, storageProblem } = await browserNow().evaluate(openAndDraw);
    assert.equal(from, "network");
    assert.match(storageProblem, /storage is refused/);
  });

  if (name === "chromium") {
    trouble("full storage too", {}, async ({ site: { url } }) => {
      await browserNow().setQuota(url, 50_000);
      assert.match((await browserNow().evaluate(openAndDraw)).storageProblem, /storage is full/);
    });
  }

  const damage = { times: 1 };
  trouble(
    "a damaged piece is fetched again, and told where it stays damaged",
    { intercept: damaged(damage) },
    async (page) => {
      const { from } = await browserNow().evaluate(openAndDraw);
      const ranges = page.site.requests.filter(({ path }) => path === "tiny.safetensors").map(({ range }) => range);
      assert.equal(from, "network");
      assert.match(ranges[1], /^bytes=\d+-\d+$/);
      damage.times = Number.POSITIVE_INFINITY;
      assert.match(
        await browserNow().evaluate(openAnother),
        /^PackError: .*damaged on the server: wrong bytes after byte \d+/,
      );
    },
  );

  trouble("a second tab draws at the same time, from what the first has kept", {}, async ({ site: { url } }) => {
    await browserNow().evaluate(openAndDraw);
    const tab = await browserNow().newTab(`${url}blank.html`);
    try {
      await tab.evaluate(prepare);
      const [one, other] = await Promise.all([browserNow().evaluate(drawSlowly), tab.evaluate(drawSlowly)]);
      assert.equal(other.from, "storage");
      assert.equal(one.drawn, other.drawn);
      assert.notEqual(one.tab, other.tab);
      // The first is behind the second now.
      if (name === "chromium") assert.equal(one.hidden, true);
    } finally {
      await tab.close();
    }
  });

  trouble("a reload in mid-chain can go on to the same picture", {}, async ({ site: { url } }) => {
    const want = await browserNow().evaluate(drawSlowly);
    assert.equal(want.kept, false, "a finished chain is forgotten");
    await browserNow().evaluate(beginAndKeep);
    await browserNow().open(`${url}blank.html`);
    await browserNow().evaluate(prepare);
    const got = await browserNow().evaluate(goOn);
    assert.ok(got.index > 0 && got.index < got.steps, `kept at step ${got.index} of ${got.steps}`);
    assert.equal(got.drawn, want.drawn);
    assert.deepEqual([got.about, got.hash, got.afterStop], [{ seed: 4 }, true, null]);
  });
}

/** A GPU that goes away or is wrong, and what is left behind. */
function gpuAndRest(trouble, name, browserNow) {
  trouble("a destroyed device changes no pixel", { planted: mortalGPU }, async () => {
    const { whole, disturbed, left } = await browserNow().evaluate(destroyInMidChain);
    assert.equal(disturbed, whole);
    assert.equal(left?.engine, "webgpu");
  });

  if (name === "chromium") {
    trouble("a GPU that computes wrongly is dropped by the self-test", { planted: wrongGPU }, async () => {
      const { engine, dropped } = await browserNow().evaluate(openAuto);
      assert.equal(engine, "cpu");
      assert.match(dropped[0].reason, /^self-test: .*avgpool2.* is off by/);
    });
  }

  trouble("what is stopped and closed at any moment leaves nothing running", {}, async () => {
    assert.deepEqual(await browserNow().evaluate(stopAtAnyMoment), []);
    // Firefox's protocol does not tell of a worker's end.
    if (name !== "chromium") return;
    for (let i = 0; i < 40 && browserNow().workers() > 0; i++) await new Promise((done) => setTimeout(done, 50));
    assert.equal(browserNow().workers(), 0);
  });

  trouble("200 runs in a row need no more memory than 40", { planted: toldMemory }, async () => {
    const { early, late, leaked, heap } = await browserNow().evaluate(runOften);
    assert.ok(late - early < room, `from ${early} to ${late} bytes`);
    assert.ok(leaked - late > room, `160 chains that are not released take ${leaked - late} bytes`);
    // Chromium alone tells the size of the page's own heap.
    assert.ok(!(heap > 4e6), `the page's heap has grown by ${heap} bytes`);
  });
}

// The program's memory grows by steps while its collector finds its measure, by 1 MB from the first run to the 4000th.
const room = 1.5e6;

describe("without WebGPU", () => {
  test("auto takes the CPU and says why; WebGPU by name is an error", async () => {
    const browser = await launchBrowser("chromium");
    const page = await Page.open(browser, site, { query: "blank.html", intercept: beside(site, tiny) });
    try {
      await browser.evaluate(prepare);
      const { engine, dropped } = await browser.evaluate(openAuto);
      assert.equal(engine, "cpu");
      assert.equal(dropped[0].engine, "webgpu");
      assert.match(await browser.evaluate(openNamed), /^EngineError: /);
    } finally {
      await page.close();
      await browser.close();
    }
  });
});

/** Sends tiny.safetensors with a wrong byte, as often as left.times says. */
function damaged(left) {
  return (path, request, response) => {
    if (path !== "tiny.safetensors" && path !== "another.safetensors") return false;
    const [, start, end] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [null, 0, ""];
    const bytes = Buffer.from(tiny);
    if (left.times-- > 0) bytes[bytes.length - 5000] ^= 1;
    const part = bytes.subarray(Number(start), end ? Number(end) + 1 : bytes.length);
    const range = request.headers.range && {
      "Content-Range": `bytes ${start}-${Number(start) + part.length - 1}/${bytes.length}`,
    };
    response
      .writeHead(range ? 206 : 200, {
        "Content-Type": "application/octet-stream",
        "Content-Length": part.length,
        ...range,
      })
      .end(part);
    return true;
  };
}

async function openAndDraw() {
  const sampler = await window.t.open();
  await sampler.sample({ steps: 2 });
  sampler.close();
  return sampler.info.pack;
}

async function openAnother() {
  return window.t.open({ model: "another.safetensors" }).then(
    () => "nothing",
    (error) => `${error.name}: ${error.message}`,
  );
}

async function drawSlowly() {
  const { open, pixels, slow, library } = window.t;
  const sampler = await open();
  const chain = await sampler.chain(slow);
  let hidden = false;
  await chain.run({
    stepMs: 15,
    keep: true,
    onProgress: () => {
      hidden ||= document.hidden;
    },
  });
  const result = {
    drawn: await pixels(chain),
    from: sampler.info.pack.from,
    tab: sessionStorage.getItem("unnoise-tab"),
    hidden,
  };
  sampler.close();
  return { ...result, kept: (await library.keptChain()) !== null };
}

async function beginAndKeep() {
  const { open, slow, keptBeyond } = window.t;
  const chain = await (await open()).chain(slow);
  await keptBeyond(4, chain.run({ stepMs: 200, keep: { seed: 4 } }));
}

async function goOn() {
  const { open, pixels, slow, library, keptBeyond } = window.t;
  const kept = await library.keptChain();
  const sampler = await open({ model: kept.model.url });
  const chain = await sampler.resume(kept.bytes);
  const { index, steps } = chain;
  await chain.run({ keep: true });
  const drawn = await pixels(chain);
  const controller = new AbortController();
  const stopped = (await sampler.chain(slow))
    .run({ stepMs: 200, keep: true, signal: controller.signal })
    .catch(() => {});
  await keptBeyond(-1, stopped);
  controller.abort();
  await stopped;
  // The worker forgets it when it has stopped.
  for (let i = 0; i < 40 && (await library.keptChain()); i++) await new Promise((done) => setTimeout(done, 50));
  const afterStop = await library.keptChain();
  sampler.close();
  return { index, steps, drawn, about: kept.about, hash: kept.model.hash === sampler.info.model.hash, afterStop };
}

async function destroyInMidChain() {
  const { open, pixels, slow } = window.t;
  const sampler = await open({ engine: "webgpu" });
  const [first, second] = [await sampler.chain(slow), await sampler.chain(slow)];
  await first.run();
  const orders = new BroadcastChannel("planted");
  let left;
  for await (const progress of second) {
    if (progress.index === 20 && !left) orders.postMessage("destroy");
    left ??= progress.left;
  }
  const result = { whole: await pixels(first), disturbed: await pixels(second), left };
  sampler.close();
  return result;
}

async function openAuto() {
  const { open } = window.t;
  const sampler = await open({ engine: "auto" });
  await sampler.sample({ steps: 2 });
  const { engine, dropped } = sampler.info;
  sampler.close();
  return { engine: engine.engine, dropped };
}

async function openNamed() {
  return window.t.open({ engine: "webgpu" }).then(
    () => "nothing",
    (error) => `${error.name}: ${error.message}`,
  );
}

async function stopAtAnyMoment() {
  const { open, slow, workers } = window.t;
  const wrong = [];
  // From the first byte of the worker to the middle of a chain of several workers.
  for (const wait of [0, 5, 30, 100, 200, 300, 450, 600]) {
    const controller = new AbortController();
    let calls = 0;
    const signal = controller.signal;
    const work = open({ signal }).then(async (sampler) => {
      try {
        await sampler.sample({ ...slow, steps: 1000, count: 3, signal, onProgress: () => calls++ });
      } finally {
        sampler.close();
      }
    });
    setTimeout(() => controller.abort(), wait);
    const said = await work.then(
      () => "nothing",
      (error) => error.name,
    );
    const before = calls;
    await new Promise((done) => setTimeout(done, 60));
    if (said !== "AbortError") wrong.push(`after ${wait} ms: ${said}`);
    if (calls !== before) wrong.push(`after ${wait} ms it goes on telling`);
    if (workers() > 0) wrong.push(`after ${wait} ms a worker is left`);
  }
  return wrong;
}

async function runOften() {
  const sampler = await window.t.open();
  const channel = new BroadcastChannel("planted");
  const memory = async () => {
    let most = 0;
    channel.onmessage = ({ data }) => {
      most = Math.max(most, data.bytes);
    };
    channel.postMessage("memory");
    await new Promise((done) => setTimeout(done, 200));
    return most;
  };
  const many = { steps: 1, count: 16 };
  const run = async (times) => {
    for (let i = 0; i < times; i++) await sampler.sample({ ...many, seed: i });
  };
  await run(40);
  const early = await memory();
  const heap = performance.memory?.usedJSHeapSize;
  await run(160);
  const late = await memory();
  const growth = performance.memory?.usedJSHeapSize - heap;
  for (let i = 0; i < 160; i++) await sampler.chain(many);
  const result = { early, late, leaked: await memory(), heap: growth };
  sampler.close();
  return result;
}
