#!/usr/bin/env node
// Times this engine and onnxruntime-web side by side in real browsers, on the same networks:
//
//   npm run bench -- [--browsers chromium,firefox] [--models digits,nouns,small,cifar] [--backends cpu,webgpu] [--rounds 5]
//
// Candidates of one model and backend are loaded into one page and take turns, so that whatever else the machine does falls on all of them;
// medians of the rounds are compared. Prints a table and writes build/bench.json. What is missing is made first: the site, the networks
// (`go run ./tools/bench models build/bench`) and the other runtime (`npm ci` in this folder).

import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildSite, go } from "../browser/buildsite.mjs";
import { launchBrowser } from "../browser/launch.mjs";
import { serveSite } from "../browser/siteserver.mjs";

const root = resolve(import.meta.dirname, "../..");

// A round takes about so long, so that the clock's coarseness (a millisecond in Firefox) does not count.
const roundMs = 400;

function parse() {
  const text = (value) => ({ type: "string", default: value });
  const { values } = parseArgs({
    options: {
      browsers: text("chromium,firefox"),
      models: text("digits,nouns,small,cifar"),
      backends: text("cpu"),
      rounds: text("5"),
    },
  });
  const list = (key) => values[key].split(",");
  return {
    browsers: list("browsers"),
    models: list("models"),
    backends: list("backends"),
    rounds: Number(values.rounds),
  };
}

/** What is compared on a backend. */
function candidatesOf(backend, model) {
  if (backend === "webgpu") {
    return ["unnoise", "onnxruntime-web"].map((runtime) => ({ runtime, backend, threads: 1, model, batch: 1 }));
  }
  return [
    { runtime: "unnoise", backend: "cpu", threads: 1, model, batch: 1 },
    { runtime: "onnxruntime-web", backend: "wasm", threads: 1, model, batch: 1 },
    { runtime: "onnxruntime-web", backend: "wasm", threads: 2, model, batch: 1 },
  ];
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Times the candidates in turns. Resolves to them with ms_per_step, their rounds' spread, and what opening took. */
async function compare(browser, candidates, rounds) {
  const opened = [];
  for (const candidate of candidates) {
    try {
      opened.push({
        candidate,
        times: [],
        ...(await browser.evaluate((wanted) => window.bench.open(wanted), candidate)),
      });
    } catch (error) {
      console.error(`${browser.name}: ${candidate.runtime} on ${candidate.backend}: ${error.message}`);
    }
  }
  const round = (index, n) => browser.evaluate((i, steps) => window.bench.round(i, steps), index, n);
  for (const one of opened) one.steps = Math.max(1, Math.round(roundMs / (await round(one.index, 2)) / 0.5));
  for (let i = 0; i < rounds; i++) {
    for (const one of opened) one.times.push((await round(one.index, one.steps)) / one.steps);
  }
  await browser.evaluate(() => window.bench.close());
  return opened.map(({ candidate, times, firstStep, about }) => ({
    ...candidate,
    browser: browser.name,
    ms_per_step: median(times),
    ms_least: Math.min(...times),
    ms_most: Math.max(...times),
    ms_first_step: firstStep,
    adapter: about,
  }));
}

/** A line of the table for every result, with the ratio to this engine's time. */
function table(results) {
  const lines = [
    "| browser | model | runtime | backend | threads | ms a step (least to most) | times unnoise's | load and first step, ms |",
    "|---|---|---|---|---|---|---|---|",
  ];
  for (const r of results) {
    const ours = results.find(
      (o) =>
        o.runtime === "unnoise" &&
        o.browser === r.browser &&
        o.model === r.model &&
        (o.backend === "webgpu") === (r.backend === "webgpu"),
    );
    const ratio = ours ? (r.ms_per_step / ours.ms_per_step).toFixed(2) : "";
    const spread = `${r.ms_per_step.toFixed(1)} (${r.ms_least.toFixed(1)} to ${r.ms_most.toFixed(1)})`;
    lines.push(
      `| ${r.browser} | ${r.model} | ${r.runtime} | ${r.backend} | ${r.threads} | ${spread} | ${ratio} | ${r.ms_first_step.toFixed(0)} |`,
    );
  }
  return lines.join("\n");
}

/** Threads need an isolated page. */
function isolate(_path, _request, response) {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  return false;
}

/** Makes what is missing. */
async function prepare(models) {
  await buildSite();
  if (!existsSync(join(root, "tools/bench/node_modules"))) {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], {
      cwd: import.meta.dirname,
      stdio: "inherit",
    });
  }
  const folder = join(root, "build/bench");
  const missing = models.filter((name) => !existsSync(join(folder, `${name}.onnx`)));
  if (missing.length) go("run", "./tools/bench", "models", folder, ...missing);
}

async function main() {
  const options = parse();
  await prepare(options.models);
  const site = await serveSite(root, { intercept: isolate });
  const results = [];
  for (const name of options.browsers) {
    const browser = await launchBrowser(name, { webgpu: options.backends.includes("webgpu") });
    for (const backend of options.backends) {
      for (const model of options.models) {
        await browser.open(`${site.url}tools/bench/page.html`);
        results.push(...(await compare(browser, candidatesOf(backend, model), options.rounds)));
      }
    }
    await browser.close();
  }
  await site.close();
  writeFileSync(join(root, "build/bench.json"), `${JSON.stringify(results, null, 2)}\n`);
  console.log(table(results));
}

await main();
