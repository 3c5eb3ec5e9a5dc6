#!/usr/bin/env node
// Times this engine beside onnxruntime-web, and for single convolutions jax-js, in real browsers, on the same networks:
//
//   npm run bench -- [--browsers chromium,firefox] [--models digits,nouns,small,cifar] [--backends cpu,webgpu] [--rounds 5] [--batch 1]
//   npm run bench -- --start [--models digits]     from a visit to the first step and picture, bytes fetched, memory
//   npm run bench -- --serve                       a page to run it in any browser, results to download
//
// A model may be a convolution, as conv-8x8-256-256. Candidates of one model and backend are loaded into one page and take turns, so
// that whatever else the machine does falls on all of them; medians of the rounds are compared. Prints a table and writes
// build/bench.json (build/bench-start.json). What is missing is made first: the site, the networks (`go run ./tools/bench models
// build/bench`) and the other runtimes (`npm ci` in this folder).

import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { launchBrowser } from "../browser/launch.mjs";
import { serveSite } from "../browser/siteserver.mjs";
import { prepare } from "./prepare.mjs";
import { candidatesOf, compare, markdown, rowsOf } from "./rounds.mjs";
import { measureStarts } from "./start.mjs";

const root = resolve(import.meta.dirname, "../..");

function parse() {
  const text = (value) => ({ type: "string", default: value });
  const { values } = parseArgs({
    options: {
      browsers: text("chromium,firefox"),
      models: text(""),
      backends: text("cpu"),
      rounds: text("5"),
      batch: text("1"),
      serve: { type: "boolean", default: false },
      start: { type: "boolean", default: false },
      port: text("8081"),
    },
  });
  const usual = values.start ? "digits" : "digits,nouns,small,cifar";
  const list = (key, otherwise) => (values[key] || otherwise).split(",");
  return {
    ...values,
    browsers: list("browsers"),
    models: list("models", values.serve ? `${usual},conv-32x32-128-128,conv-8x8-256-256,conv-4x4-256-256` : usual),
    backends: list("backends"),
    rounds: Number(values.rounds),
    batch: Number(values.batch),
  };
}

/** Threads need an isolated page. */
function isolate(_path, _request, response) {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  return false;
}

/** page.mjs's bench in a browser that is driven from here. */
function remote(browser) {
  return {
    open: (candidate) => browser.evaluate((wanted) => window.bench.open(wanted), candidate),
    round: (index, steps) => browser.evaluate((i, n) => window.bench.round(i, n), index, steps),
    close: () => browser.evaluate(() => window.bench.close()),
  };
}

async function inBrowser(name, site, { backends, models, batch, rounds }) {
  const browser = await launchBrowser(name, { webgpu: backends.includes("webgpu") });
  const onProblem = (candidate, error) =>
    console.error(`${name}: ${candidate.runtime} on ${candidate.backend}: ${error.message}`);
  const results = [];
  for (const backend of backends) {
    for (const model of models) {
      await browser.open(`${site.url}tools/bench/page.html`);
      const options = { rounds, about: { browser: name }, onProblem };
      results.push(...(await compare(remote(browser), candidatesOf(backend, model, batch), options)));
    }
  }
  await browser.close();
  return results;
}

async function main() {
  const options = parse();
  await prepare(options);
  const site = await serveSite(root, { intercept: isolate, port: options.serve ? Number(options.port) : 0 });
  if (options.serve) return console.log(`open ${site.url}tools/bench/page.html in any browser; Ctrl-C ends`);
  const results = [];
  for (const name of options.browsers) {
    results.push(...(options.start ? await measureStarts(name, site, options) : await inBrowser(name, site, options)));
  }
  await site.close();
  const file = options.start ? "bench-start.json" : "bench.json";
  writeFileSync(join(root, "build", file), `${JSON.stringify(results, null, 2)}\n`);
  console.log(markdown(options.start ? results : rowsOf(results)));
}

await main();
