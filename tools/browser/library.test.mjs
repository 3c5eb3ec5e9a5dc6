// The library's parts that need no browser, against a real server that misbehaves.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { shares } from "../../site/lib/crew.js";
import { fetchPack } from "../../site/lib/download.js";
import { Pack } from "../../site/lib/pack.js";
import { Run } from "../../site/lib/runner.js";
import { keepPack, keptPack } from "../../site/lib/store.js";
import { Frames } from "../../site/page/sample/frames.js";
import { serveSite } from "./siteserver.mjs";

const chunk = 1000;
const pack = makePack(10_500);
const dataStart = 8 + Number(pack.readBigUInt64LE(0));

/** A file with the header of a pack: one tensor, pieces of a thousand bytes. */
function makePack(length) {
  const data = Buffer.from(Array.from({ length }, (_, i) => (i * 7919) % 251));
  const sha256 = [];
  for (let at = 0; at < length; at += chunk) {
    sha256.push(
      createHash("sha256")
        .update(data.subarray(at, at + chunk))
        .digest("hex"),
    );
  }
  const header = {
    __metadata__: { chunks: JSON.stringify({ size: chunk, sha256 }) },
    a: { data_offsets: [0, length] },
  };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, data]);
}

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "unnoise-library-"));
  writeFileSync(join(folder, "a.safetensors"), pack);
});
after(() => rmSync(folder, { recursive: true }));

/** Fetches a pack to its end. */
async function downloadPack(url, options) {
  const arriving = await fetchPack(url, options);
  await arriving.whole;
  return arriving.read(0, arriving.size);
}

/** Downloads from a server with the given manners; returns bytes or error, progress and requests. */
async function download(intercept, options = {}) {
  const site = await serveSite(folder, { intercept });
  const progress = [];
  try {
    const bytes = await downloadPack(`${site.url}a.safetensors`, { onProgress: (p) => progress.push(p), ...options });
    return { bytes: Buffer.from(bytes), progress, ranges: site.requests.map(({ range }) => range) };
  } catch (error) {
    return { error, progress, ranges: site.requests.map(({ range }) => range) };
  } finally {
    await site.close();
  }
}

/** Does each of the steps for one request, then serves as usual. */
const inTurn =
  (...steps) =>
  (_, request, response) =>
    steps.shift()?.(response, request) ?? false;

/** Sends the first bytes and cuts the connection. */
const cutAt = (length) => (response) => {
  response.writeHead(200, { "Content-Length": pack.length, ETag: '"1"' });
  response.write(pack.subarray(0, length), () => setTimeout(() => response.destroy(), 50));
  return true;
};

const sendAll = (bytes) => (response) => {
  response.writeHead(200, { "Content-Length": bytes.length });
  response.end(bytes);
  return true;
};

test("a whole file comes in one request, with progress up to its length", async () => {
  const { bytes, progress, ranges } = await download();
  assert.ok(bytes.equals(pack));
  assert.deepEqual(ranges, [""]);
  const last = progress.at(-1);
  assert.deepEqual([last.bytes, last.total], [pack.length, pack.length]);
});

test("a cut connection goes on where it was cut, in the header and in the data", async () => {
  for (const length of [100, dataStart + 2500]) {
    const { bytes, progress, ranges } = await download(inTurn(cutAt(length)));
    assert.ok(bytes.equals(pack));
    assert.deepEqual(ranges, ["", `bytes=${length}-`]);
    assert.ok(progress.some(({ waiting }) => waiting));
  }
});

test("a server without ranges starts over", async () => {
  const { bytes } = await download(inTurn(cutAt(5000), sendAll(pack)));
  assert.ok(bytes.equals(pack));
});

test("an overloaded server is asked again", async () => {
  const { bytes } = await download(inTurn((response) => response.writeHead(503).end()));
  assert.ok(bytes.equals(pack));
});

test("a damaged piece alone is fetched again", async () => {
  const damaged = Buffer.from(pack);
  damaged[dataStart + 3 * chunk + 5] ^= 1;
  const { bytes, ranges } = await download(inTurn(sendAll(damaged)));
  assert.ok(bytes.equals(pack));
  assert.deepEqual(ranges, ["", `bytes=${dataStart + 3 * chunk}-${dataStart + 4 * chunk - 1}`]);
});

test("a file that stays damaged is refused", async () => {
  const damaged = Buffer.from(pack);
  damaged[pack.length - 1] ^= 1;
  const { error } = await download((_, __, response) => sendAll(damaged)(response));
  assert.equal(error.name, "PackError");
  assert.match(error.message, /damaged on the server/);
});

test("a file that is too short on the server is refused", async () => {
  writeFileSync(join(folder, "short.safetensors"), pack.subarray(0, 4000));
  const site = await serveSite(folder);
  const error = await downloadPack(`${site.url}short.safetensors`).catch((reason) => reason);
  await site.close();
  assert.equal(error.name, "PackError");
  assert.match(error.message, /4000 of the \d+ bytes/);
});

test("what is no pack is refused after its first bytes", async () => {
  for (const text of ["<!doctype html>", "12345678", "PNG"]) {
    const { error } = await download((_, __, response) => sendAll(Buffer.from(text))(response));
    assert.equal(error.name, "PackError", text);
  }
});

test("an absent file, and a server that is gone, are network errors", async () => {
  const { error } = await download((_, __, response) => response.writeHead(404).end());
  assert.equal(error.name, "NetworkError");
  const gone = await serveSite(folder);
  await gone.close();
  const reason = await downloadPack(`${gone.url}a.safetensors`).catch((e) => e);
  assert.equal(reason.name, "NetworkError");
});

test("an aborted download ends at once", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  const start = Date.now();
  const { error } = await download((_, __, response) => response.writeHead(503).end(), { signal: controller.signal });
  assert.equal(error.name, "AbortError");
  assert.ok(Date.now() - start < 1000);
});

test("every flipped byte of the data is found where it is read", async () => {
  const whole = await Pack.of(new Blob([pack]), "memory");
  assert.ok(whole.checked);
  assert.ok(pack.equals(await whole.read(0, pack.length)));
  for (const at of [0, 999, 1000, 10_499]) {
    const damaged = Buffer.from(pack);
    damaged[dataStart + at] ^= 128;
    const [start, end] = [Math.floor(at / chunk) * chunk, Math.floor(at / chunk + 1) * chunk].map((n) => n + dataStart);
    const file = await Pack.of(new Blob([damaged]), "memory");
    const wrong = await file.read(start + 1, start + 2).catch((error) => error);
    assert.match(`${wrong}`, new RegExp(`PackError: .*wrong bytes after byte ${start}\\.`));
    const others = [await file.read(0, start), await file.read(Math.min(end, pack.length), pack.length)];
    assert.equal(Buffer.concat(others).length, pack.length - Math.min(chunk, pack.length - start));
  }
});

test("pieces can be read while others are still on their way, and none that does not match its hash", async () => {
  const damaged = Buffer.from(pack);
  damaged[dataStart + 2 * chunk] ^= 1;
  let sendRest;
  const slowly = (response) => {
    response.writeHead(200, { "Content-Length": pack.length });
    response.write(damaged.subarray(0, dataStart + 3 * chunk + 10));
    sendRest = () => response.end(damaged.subarray(dataStart + 3 * chunk + 10));
    return true;
  };
  const site = await serveSite(folder, { intercept: inTurn(slowly) });
  const arriving = await fetchPack(`${site.url}a.safetensors`);
  const [begin, end] = [dataStart + 10, dataStart + chunk + 20];
  assert.ok(pack.subarray(begin, end).equals(await arriving.read(begin, end)));
  let early = true;
  const mended = arriving.read(begin, end + 2 * chunk).then((bytes) => {
    assert.ok(!early && pack.subarray(begin, end + 2 * chunk).equals(bytes));
  });
  await new Promise((done) => setTimeout(done, 50));
  early = false;
  sendRest();
  await mended;
  await arriving.whole;
  await site.close();
});

test("a file that changes while it is fetched is not mixed", async () => {
  const other = Buffer.from(pack.toString("latin1").replace('"a"', '"b"'), "latin1");
  const site = await serveSite(folder, { intercept: inTurn(cutAt(dataStart + 2500), sendAll(other)) });
  const arriving = await fetchPack(`${site.url}a.safetensors`);
  const reason = await arriving.read(0, pack.length).catch((error) => error);
  await site.close();
  assert.match(`${reason}`, /NetworkError: .*has changed while it was fetched/);
  assert.ok(reason.again);
});

test("where storage is refused nothing is kept, and the reason is told", async () => {
  assert.equal(await keptPack("http://localhost/a"), null);
  assert.match(await keepPack("http://localhost/a", new Blob([pack])), /https/);
  globalThis.caches = { open: () => Promise.reject(new DOMException("no room", "QuotaExceededError")) };
  assert.match(await keepPack("http://localhost/a", new Blob([pack])), /full/);
  delete globalThis.caches;
});

/** A chain of so many steps that only counts. */
class CountingChain {
  index = 0;

  constructor(steps) {
    this.steps = steps;
  }

  async step() {
    this.index++;
    return { index: this.index, steps: this.steps, timestep: this.steps - this.index, done: this.index === this.steps };
  }

  async frame() {
    return new Uint8Array(4).fill(this.index);
  }

  async frames() {
    const [x, x0] = [await this.frame(), await this.frame()];
    return { x, x0 };
  }
}

test("a run ends with the last picture and sends no second one before the first is painted", async () => {
  const events = [];
  const run = new Run(new CountingChain(200), { frames: true, stepMs: 1 }, new AbortController().signal, (e) =>
    events.push(e),
  );
  const last = await run.run();
  const frames = events.filter(({ type }) => type === "frame");
  assert.equal(last.done, true);
  assert.equal(last.secondsLeft, 0);
  assert.deepEqual([frames[0].index, frames.at(-1).index, frames.length], [1, 200, 2]);
});

test("a run goes on while pictures come late, and shows the last that the page can paint", async () => {
  const late = [];
  const chain = new CountingChain(200);
  chain.frames = () => {
    const pixels = new Uint8Array(4).fill(chain.index);
    return new Promise((resolve, reject) => {
      late.push({ resolve: () => resolve({ x: pixels, x0: pixels }), reject });
    });
  };
  const shown = [];
  const post = ({ type, index, x }) => type === "frame" && shown.push({ index, right: x[0] === index });
  const run = new Run(chain, { frames: true, stepMs: 1 }, new AbortController().signal, post);
  const ended = run.run();
  const until = async (test) => {
    while (!test()) await new Promise((done) => setTimeout(done, 1));
  };
  await until(() => late.length === 4);
  const [asked, begun] = [late.length, chain.index];
  await until(() => chain.index > begun + 40); // more than an update's time: no fifth is asked for
  assert.deepEqual([shown.length, late.length], [0, asked]);
  late[0].resolve();
  await until(() => shown.length === 1);
  late[1].resolve();
  late[2].reject(new Error("the device is lost"));
  late[3].resolve();
  await until(() => late.length === 5);
  assert.equal(shown.length, 1); // which the page has not painted yet
  run.painted();
  assert.equal(shown.length, 2);
  run.painted(); // there is no other one
  assert.equal(shown.length, 2);
  await ended;
  assert.equal(shown.at(-1).index, 200);
  assert.ok(shown[0].index < shown[1].index && shown[1].index < begun + 1, JSON.stringify(shown));
  assert.ok(shown.every(({ right }) => right));
});

test("the time of a step is the mean of the last ones, without the first", async () => {
  const chain = new CountingChain(12);
  const plain = chain.step.bind(chain);
  // As a GPU does it: most steps return at once, some wait for the work.
  chain.step = async () => {
    const wait = { 0: 200, 3: 40, 6: 40, 9: 40 }[chain.index] ?? 0;
    await new Promise((done) => setTimeout(done, wait));
    return plain();
  };
  const last = await new Run(chain, {}, new AbortController().signal, () => {}).run();
  assert.ok(last.msPerStep > 8 && last.msPerStep < 30, `${last.msPerStep} ms`);
});

test("a run asks for as many steps a call as an update has room for, and times each", async () => {
  const chain = new CountingChain(200);
  const plain = chain.step.bind(chain);
  const asked = [];
  chain.step = async (_, { ms, until }) => {
    asked.push({ ms, until });
    const steps = Math.min(ms ? 5 : 1, until - chain.index);
    await new Promise((done) => setTimeout(done, 4 * steps));
    for (let i = 1; i < steps; i++) await plain();
    return plain();
  };
  const signal = new AbortController().signal;
  const last = await new Run(chain, { until: 93 }, signal, () => {}).run();
  assert.equal(last.index, 93);
  assert.equal(asked[0].ms, 0);
  assert.ok(asked.some(({ ms }) => ms > 10) && asked.every(({ ms, until }) => ms <= 1000 / 30 && until === 93));
  assert.ok(last.msPerStep > 3.5 && last.msPerStep < 8, `${last.msPerStep} ms`);
  asked.length = 0;
  await new Run(chain, { until: 97, stepMs: 1 }, signal, () => {}).run(); // whoever wants to see each step has each by itself
  assert.ok(asked.length === 4 && asked.every(({ ms }) => ms === 0));
});

test("a run pauses and stops after the step under way", async () => {
  const chain = new CountingChain(1e9);
  const controller = new AbortController();
  const post = () => {};
  const run = new Run(chain, {}, controller.signal, post);
  setTimeout(() => run.pause(), 30);
  const paused = await run.run();
  assert.equal(paused.paused, true);
  assert.equal(paused.index, chain.index);
  setTimeout(() => controller.abort(), 30);
  await assert.rejects(new Run(chain, {}, controller.signal, post).run(), { name: "AbortError" });
});

test("a run until a step pauses there, and the next one goes on", async () => {
  const chain = new CountingChain(12);
  const until = async (step) => new Run(chain, { until: step }, new AbortController().signal, () => {}).run();
  const { index, paused } = await until(5);
  assert.deepEqual([index, chain.index, paused], [5, 5, true]);
  const end = await until(99);
  assert.deepEqual([end.index, end.paused, end.done], [12, false, true]);
});

// Node keeps a port open that has a listener: the runner's, by which it lets messages in.
after(() => setImmediate(() => process.exit()));

test("pictures are shared out whole, in order and evenly", () => {
  assert.deepEqual(shares(1, 8), [{ first: 0, count: 1 }]);
  assert.deepEqual(shares(4, 3), [
    { first: 0, count: 1 },
    { first: 1, count: 1 },
    { first: 2, count: 2 },
  ]);
  for (const [count, workers] of [
    [16, 8],
    [5, 2],
    [2, 8],
  ]) {
    const parts = shares(count, workers);
    assert.equal(parts.length, Math.min(count, workers));
    let next = 0;
    for (const { first, count: own } of parts) {
      assert.equal(first, next);
      next += own;
    }
    assert.equal(next, count);
  }
});

test("kept frames are thinned out evenly, and the first and the newest stay", () => {
  const frames = new Frames();
  assert.equal(frames.at(3), undefined);
  for (let index = 0; index <= 1000; index++) frames.add({ index });
  assert.ok(frames.length <= 240 && frames.length > 100, `${frames.length} frames`);
  assert.equal(frames.at(0).index, 0);
  assert.equal(frames.at(1000).index, 1000);
  for (let index = 0; index <= 1000; index++) assert.ok(index - frames.at(index).index < 16, `nothing near ${index}`);
  // A lost GPU sends a chain back: what was drawn beyond is drawn again.
  frames.add({ index: 500, again: true });
  assert.ok(frames.at(1000).again);
});
