// Several pictures drawn by two workers of which the second is late: what it is sent waits here until it is let go. BROWSERS chooses
// browsers as in page.test.mjs; WebKitGTK adds nothing.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { serveSite } from "./siteserver.mjs";

/** An empty page beside the site. */
function blank(path, _request, response) {
  if (path !== "blank.html") return false;
  response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>blank</title>");
  return true;
}

for (const name of chosenBrowsers({ webkit: false })) {
  describe(`several pictures by two workers in ${name}`, () => {
    let browser;
    let site;
    before(async () => {
      site = await serveSite(await buildSite(), { intercept: blank });
      browser = await launchBrowser(name);
      await browser.open(`${site.url}blank.html`);
      await browser.evaluate(holdBack);
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    test("agree on what is asked at once after a step that one has done and the other has not", async () => {
      const got = await browser.evaluate(askedAtOnce);
      assert.deepEqual(got, { error: "AbortError", index: 2, catchingUp: 1, states: 1, pictures: 1 });
    });
  });
}

/** In the page: hired workers hear nothing between hold() and letGo(). */
function holdBack() {
  let held = null;
  const sent = [];
  const pass = (send, data, ports) => {
    sent.push(data);
    if (held) held.push(() => send.postMessage(data, ports));
    else send.postMessage(data, ports);
  };
  const { Worker } = globalThis;
  globalThis.Worker = class extends Worker {
    postMessage(message, ports) {
      const { caller } = message;
      if (!caller) return super.postMessage(message, ports);
      const { port1, port2 } = new MessageChannel();
      caller.onmessage = ({ data, ports }) => pass(port1, data, ports);
      port1.onmessage = ({ data, ports }) => caller.postMessage(data, ports);
      super.postMessage({ caller: port2 }, [port2]);
    }
  };
  const hold = () => {
    held = [];
  };
  const letGo = () => {
    for (const send of held.splice(0)) send();
    held = null;
  };
  /** Waits until they were sent so many of an operation, or cancellations. */
  const reached = async (count, isIt) => {
    while (sent.filter(isIt).length < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  window.t = { sent, hold, letGo, reached };
}

async function askedAtOnce() {
  const { sent, hold, letGo, reached } = window.t;
  const { createSampler } = await import(new URL("lib/unnoise.js", location.href));
  const sampler = await createSampler({ model: "models/digits.safetensors", engine: "cpu", threads: 2 });
  // As many as make the late worker's step long enough for its cancellation to be heard.
  const options = { sampler: "ddpm", steps: 4, seed: 5, count: 24 };
  const chain = await sampler.chain(options);
  const begun = performance.now();
  await chain.step();
  const took = performance.now() - begun;
  hold();
  const controller = new AbortController();
  const cancelled = chain.step({ signal: controller.signal }).catch((error) => error.name);
  await reached(2, ({ op }) => op === "step");
  await new Promise((resolve) => setTimeout(resolve, 3 * took)); // the first worker ends its part
  controller.abort();
  const error = await cancelled;
  await reached(1, ({ cancel }) => cancel);
  letGo();
  const before = sent.length;
  const [one, two, fork] = await Promise.all([chain.save(), chain.save(), chain.fork(5), chain.frame()]);
  const catchingUp = sent.slice(before).filter(({ op }) => op === "step").length;
  const { index } = await sampler.resume(one);
  const finish = async (any) => {
    await any.run();
    return `${await any.frame()}`;
  };
  const pictures = [await finish(chain), await finish(fork), await finish(await sampler.chain(options))];
  sampler.close();
  return { error, index, catchingUp, states: new Set([`${one}`, `${two}`]).size, pictures: new Set(pictures).size };
}
