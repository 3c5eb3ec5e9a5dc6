// The page in real browsers. BROWSERS="chromium webkit" chooses which; all unless told.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { chosenBrowsers } from "./launch.mjs";
import { Bench, few, query } from "./pagebench.mjs";
import { classesPack, largestDifference, tinyPack } from "./pagedriver.mjs";

const browsers = chosenBrowsers();

test("the comparer sees a difference of 2, and another size", () => {
  const a = { width: 1, height: 1, rgba: Uint8Array.of(10, 10, 10, 255) };
  assert.equal(largestDifference(a, { ...a, rgba: Uint8Array.of(10, 12, 10, 255) }), 2);
  assert.equal(largestDifference(a, { ...a, width: 2 }), Number.POSITIVE_INFINITY);
});

function suite(name) {
  const bench = new Bench(name);
  before(() => bench.launch());
  after(() => bench.browser?.close());
  for (const tests of [pictures, engines, loss, unasked, controls, timeline, places, reload, network]) tests(bench);
}

/** What is drawn. */
function pictures(bench) {
  bench.test("the CPU draws what tools/sample draws", () => bench.drawAndCompare({ ...few, engine: "cpu" }));

  bench.test("several workers share the pictures, and each draws its own", async () => {
    const page = await bench.open({ query: query({ ...few, steps: 2, engine: "cpu" }) });
    const { workers, counts } = await bench.browser.evaluate(shareAndCount);
    assert.equal(workers, Math.min(3, counts.cores));
    assert.deepEqual(counts.different, []);
    await page.state("finished");
  });

  bench.test("classes, in turn and with guidance", async () => {
    const pack = classesPack();
    const settings = { ...few, labels: "3 7 1 0", guidance: 3 };
    const page = await bench.open({ query: query({ ...few, steps: 1, engine: "cpu" }) });
    await page.state("loading", "running", "finished");
    await page.chooseFile("classes.safetensors", readFileSync(pack));
    await page.until("classes", () => !document.getElementById("guidance-field").hidden);
    await page.state("finished");
    for (const field of ["steps", "labels", "guidance"]) await page.set(field, settings[field]);
    await page.click("play");
    await page.until("five steps", () => document.getElementById("r-step").textContent === "5 / 5");
    await page.state("finished");
    await bench.compare({ ...settings, model: pack });
    await page.click("all-classes");
    assert.equal(await bench.browser.evaluate(() => document.getElementById("labels").value), "0 1 2 3 4 5 6 7 8");
  });

  bench.test("an address that says nothing of guidance means none", () =>
    bench.drawAndCompare({ ...few, labels: "3 7 1 0", engine: "cpu" }),
  );

  bench.test("DDPM and DDIM with noise too", async () => {
    await bench.drawAndCompare({
      model: "nouns",
      sampler: "ddpm",
      steps: 4,
      seed: "18446744073709551615",
      count: 1,
      engine: "cpu",
    });
    await bench.page.close();
    await bench.drawAndCompare({ ...few, eta: 0.5, count: 1, engine: "cpu" });
  });
}

/** In the page: draws three pictures, and the same among six; how many workers, and which pictures differ? */
async function shareAndCount() {
  const { createSampler } = await import(new URL("lib/unnoise.js", document.baseURI));
  const sampler = await createSampler({ model: "models/digits.safetensors", engine: "cpu" });
  const options = { sampler: "ddpm", steps: 3, seed: 5 };
  const three = await sampler.sample({ ...options, count: 3 });
  const { workers = 1 } = sampler.info;
  const six = await sampler.sample({ ...options, count: 6 });
  const different = three.pictures.map(({ data }, i) => data.some((v, j) => v !== six.pictures[i].data[j]) && i);
  sampler.close();
  const counts = { cores: Math.min(8, navigator.hardwareConcurrency), different: different.filter((i) => i !== false) };
  return { workers, counts };
}

/** Which engine draws, and what is said of it. */
function engines(bench) {
  if (bench.name !== "webkit") {
    bench.test("WebGPU draws the same picture", async () => {
      await bench.drawAndCompare({ ...few, count: 1, engine: "webgpu" });
      assert.match(await bench.page.text(), /engine-line: WebGPU/);
    });
  } else {
    bench.test("WebGPU by name is an error that offers the CPU", async () => {
      const page = await bench.open({ query: query({ ...few, engine: "webgpu" }) });
      await page.notice("WebGPU cannot be used here");
      await page.clickNotice("Use the CPU");
      await page.state("finished");
      assert.match(await page.text(), /engine-line: CPU/);
    });
  }

  bench.test("auto says why it left WebGPU", async () => {
    const page = await bench.open();
    await page.state("running");
    assert.match(await page.text(), /engine-line: CPU.*dropped-line: WebGPU is not used: \w+/);
  });
}

/** A GPU that goes away in mid-chain: the picture is the same. */
function loss(bench) {
  if (bench.name !== "chromium") return;
  bench.test("a lost GPU changes no pixel", async () => {
    const tiny = tinyPack();
    const settings = { sampler: "ddim", steps: 200, eta: 1, seed: 3, count: 1 };
    const page = await bench.open({ query: query({ ...settings, pace: "slow", engine: "webgpu", model: "digits" }) });
    await page.state("loading", "running");
    // The site's own model would take its time on a software GPU.
    await page.chooseFile("tiny.safetensors", readFileSync(tiny));
    await page.until("the tiny model", () => /8×8/.test(document.getElementById("model-line").textContent));
    await page.until("some steps", () => Number.parseInt(document.getElementById("r-step").textContent, 10) > 20);
    await bench.browser.crashGPU();
    await page.notice("The GPU was lost");
    await page.state("finished");
    assert.match(await page.text(), /dropped-line: WebGPU was started again: device lost/);
    await bench.compare({ ...settings, model: tiny });
  });
}

/** What the reader has not chosen. */
function unasked(bench) {
  bench.test("the seed chooses a class where none is named, and the picture's address says which", async () => {
    const page = await bench.open();
    await page.state("running");
    await page.click("stop");
    for (const [field, value] of Object.entries({ steps: 20, seed: 19 })) await page.set(field, value);
    await page.set("count", 4);
    await page.click("play");
    await page.until("all steps", () => document.getElementById("r-step").textContent === "20 / 20");
    await page.state("finished");
    await bench.compare({ ...few, steps: 20, eta: 1, seed: 19, labels: "9 0 1 2", guidance: 2 });
    const said = new URL(await page.link()).searchParams;
    assert.deepEqual(
      ["labels", "guidance", "eta"].map((name) => said.get(name)),
      ["9 0 1 2", "2", "1"],
    );
  });

  bench.test("noise is proposed for many steps, not for few, and what was chosen stays", async () => {
    const page = await bench.open();
    await page.state("running");
    await page.click("stop");
    const eta = async (steps) => {
      await page.set("steps", steps);
      return bench.browser.evaluate(() => document.getElementById("eta").value);
    };
    const proposed = [await eta(10), await eta(""), await eta(20), await eta(19)]; // none means 50
    await page.set("eta", 0.5);
    assert.deepEqual([...proposed, await eta(50), await eta(3)], ["0", "1", "1", "0", "0.5", "0.5"]);
  });

  bench.test("an address that says nothing of noise means none, as it always did", async () => {
    await bench.drawAndCompare({ ...few, steps: 3, count: 1, engine: "cpu" });
    assert.equal(new URL(await bench.page.link()).searchParams.get("eta"), null);
    await bench.page.close();
    // The sampler left out too: it is the page's.
    await bench.open({ query: "?model=digits&steps=3&seed=3&count=1&engine=cpu" });
    await bench.page.state("finished");
    await bench.compare({ ...few, steps: 3, count: 1 });
  });
}

/** Pause, step and stop. */
function controls(bench) {
  bench.test("a first visit draws by itself, and can be paused, stepped and stopped", async () => {
    const page = await bench.open();
    await page.state("running");
    await page.click("play");
    await page.state("paused");
    const stepOf = () =>
      bench.browser.evaluate(() => Number.parseInt(document.getElementById("r-step").textContent, 10));
    const paused = await stepOf();
    await page.click("step");
    await page.until(
      "one step more",
      (n) => Number.parseInt(document.getElementById("r-step").textContent, 10) === n,
      paused + 1,
    );
    await page.click("stop");
    await page.state("cancelled");
    await page.set("steps", 2);
    await page.click("play");
    await page.state("finished");
    assert.equal(await stepOf(), 2);
  });

  bench.test("keys do what the buttons do", async () => {
    const page = await bench.open();
    const press = (key) =>
      bench.browser.evaluate(
        (k) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true })),
        key,
      );
    await page.state("running");
    await press(" ");
    await page.state("paused");
    await press("ArrowRight");
    await press(" ");
    await page.state("running");
    await press("Escape");
    await page.state("cancelled");
  });

  bench.test("pauses and steps change no pixel", async () => {
    const page = await bench.open({ query: query({ ...few, steps: 8, pace: "slow", engine: "cpu" }) });
    await page.state("running");
    await page.click("play");
    await page.state("paused");
    await page.click("step");
    await page.until("a whole step", () => !/^0 /.test(document.getElementById("r-step").textContent));
    await page.click("play");
    await page.state("finished");
    await bench.compare({ ...few, steps: 8 });
  });

  bench.test("stopping acts at once in a long chain", async () => {
    const page = await bench.open({
      query: query({ model: "nouns", sampler: "ddpm", steps: 1000, seed: 1, count: 16, engine: "cpu" }),
    });
    await page.state("running");
    const start = Date.now();
    await page.click("stop");
    await page.state("cancelled");
    assert.ok(Date.now() - start < 1000, `took ${Date.now() - start} ms`);
    await page.set("steps", 1);
    await page.set("count", "1");
    await page.click("play");
    await page.state("finished");
  });
}

/** Looking back along a chain. */
function timeline(bench) {
  bench.test("the timeline looks back, and returns to what is drawn", async () => {
    const page = await bench.open({ query: query({ ...few, steps: 8, pace: "slow", engine: "cpu" }) });
    const look = (index) =>
      bench.browser.evaluate((wanted) => {
        const slider = document.getElementById("timeline");
        slider.value = wanted;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }, index);
    await page.state("finished");
    const end = await page.picture("x");
    await look(4);
    assert.match(await page.text(), /r-step: 4 \/ 8/);
    assert.ok(largestDifference(await page.picture("x"), end) > 50);
    await look(8);
    assert.equal(largestDifference(await page.picture("x"), end), 0);
    await bench.compare({ ...few, steps: 8 });
  });
}

/** Where the site stands, and that it needs nobody. */
function places(bench) {
  bench.test("works from a sub-path, asking for nothing beside it", async () => {
    const page = await bench.open({ base: "/some/where/", query: query({ ...few, count: 1, engine: "cpu" }) });
    await page.state("finished");
    assert.ok(page.site.requests.some(({ path }) => path === "lib/unnoise.wasm"));
  });

  bench.test("works without a network after the first visit", async () => {
    const page = await bench.open({ base: "/some/where/", query: query({ ...few, engine: "cpu" }) });
    await page.state("finished");
    await page.until(
      "the service worker",
      async () => (await navigator.serviceWorker.ready).active?.state === "activated",
    );
    await page.site.close();
    await bench.browser.open(`${page.site.url}${query({ ...few, seed: 4, engine: "cpu" })}`);
    await page.state("finished");
    await bench.compare({ ...few, seed: 4 });
    assert.ok(await bench.browser.evaluate(() => crossOriginIsolated), "the service worker isolates the page");
  });
}

/** What a reload interrupts. */
function reload(bench) {
  if (bench.name === "webkit") return;
  bench.test("a reload in mid-chain offers to go on, to the same picture", async () => {
    const settings = { ...few, steps: 50 };
    const page = await bench.open({ query: query({ ...settings, pace: "slow", engine: "cpu" }) });
    await page.until("some steps", () => Number.parseInt(document.getElementById("r-step").textContent, 10) > 12);
    await bench.browser.open(`${page.site.url}${query({ ...settings, engine: "cpu" })}`);
    await page.notice("A picture was under way");
    await page.clickNotice("Go on");
    await page.state("finished");
    await bench.compare(settings);
  });
}

/** A network that fails, and an address that is wrong. */
function network(bench) {
  bench.test("a cut download goes on where it was cut", async () => {
    const cut = cutAfter(600_000, /\.safetensors$/, 2);
    const page = await bench.open({ intercept: cut, query: query({ ...few, engine: "cpu" }) });
    await page.state("finished");
    const ranges = page.site.requests.filter(({ path }) => path.endsWith(".safetensors")).map(({ range }) => range);
    assert.equal(ranges.length, 3);
    assert.match(ranges[1], /^bytes=[1-9]\d{4,}-$/);
    await bench.compare(few);
  });

  bench.test("the other views show how far the model's download is", async () => {
    const intercept = (path, _, response) => {
      if (!path.endsWith(".safetensors")) return false;
      response.writeHead(200, { "Content-Length": 2_000_000 });
      response.write(Buffer.alloc(1_000_000).fill(Uint8Array.of(0, 0, 80, 0, 0, 0, 0, 0), 0, 8));
      return true;
    };
    const page = await bench.open({ intercept, query: `${query({ ...few, engine: "cpu" })}#forward` });
    await page.until("the line at the foot", () => {
      const line = document.querySelector(".arriving");
      const [box] = line.getClientRects();
      return box?.width && /1\.0 MB \/ 2\.0 MB/.test(line.textContent);
    });
  });

  bench.test("no network is said in words, and can be tried again", async () => {
    let down = true;
    const intercept = (path, _, response) => {
      if (!down || !path.endsWith(".safetensors")) return false;
      response.writeHead(404).end();
      return true;
    };
    const page = await bench.open({ intercept, query: query({ ...few, engine: "cpu" }) });
    await page.notice("The model could not be fetched");
    down = false;
    await page.clickNotice("Try again");
    await page.state("finished");
  });

  bench.test("an address that makes no sense is said, and the rest is used", async () => {
    const page = await bench.open({ query: "?model=cats&steps=5&seed=-1&engine=cpu" });
    await page.notice("Left out: model=cats, seed=-1");
    await page.state("finished");
    assert.match(await page.text(), /r-step: 5 \/ 5/);
  });
}

/** Ends the connection after so many bytes of a file, so many times. */
function cutAfter(bytes, pattern, times) {
  let left = times;
  return (path, _, response) => {
    if (left === 0 || !pattern.test(path)) return false;
    left--;
    let sent = 0;
    const write = response.write.bind(response);
    response.write = (chunk, ...rest) => {
      sent += chunk.length;
      if (sent <= bytes) return write(chunk, ...rest);
      // A reset overtakes data still on its way: what was sent shall arrive first.
      setTimeout(() => response.destroy(), 300);
      return false;
    };
    return false;
  };
}

for (const name of browsers) describe(name, () => suite(name));
