#!/usr/bin/env node
// Runs a model on given inputs in a real browser, through the site's own library:
//
//   npm run eval -- --browser firefox --engine webgpu --model PACK --cases IN.safetensors --out OUT.safetensors
//
// IN holds x.N, t.N and perhaps y.N, OUT gets eps.N and, in its metadata, engine, adapter and precision: the same files as
// `sample eval` reads and writes. The engine is taken or the command fails with status 1; wrong usage is status 2. The site is
// built first where it is missing or older than its sources.

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildSite } from "./buildsite.mjs";
import { browserNames, launchBrowser } from "./launch.mjs";
import { serveSite } from "./siteserver.mjs";

const usage =
  "usage: npm run eval -- --browser chromium|firefox|webkit --engine webgpu|cpu --model PACK --cases IN --out OUT";

const engines = ["webgpu", "cpu"];
const names = ["browser", "engine", "model", "cases", "out"];

function parse(args) {
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  const { values } = parseArgs({ args, options });
  for (const name of names) if (!values[name]) throw new Error(`--${name} is missing`);
  if (!browserNames.includes(values.browser)) throw new Error(`--browser must be one of ${browserNames.join(", ")}`);
  if (!engines.includes(values.engine)) throw new Error(`--engine must be one of ${engines.join(", ")}`);
  return values;
}

/** Reads a file that the page will ask for. */
function read(what, path) {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`--${what} ${path} cannot be read: ${error.code ?? error.message}`);
  }
}

/**
 * Lets the page do the work.
 *
 * @param {object} options as parse returns
 * @param {{model: Buffer, cases: Buffer}} files
 * @returns {Promise<Buffer>} the output file
 */
async function evaluate(options, files) {
  const job = pageJob(options, files);
  const site = await serveSite(await buildSite(), { intercept: job.intercept });
  try {
    const browser = await launchBrowser(options.browser, { webgpu: options.engine === "webgpu" });
    try {
      await browser.open(`${site.url}eval.html`);
      const died = browser.died.then((error) => Promise.reject(error));
      return await Promise.race([job.result, died]);
    } finally {
      job.end();
      await browser.close();
    }
  } finally {
    await site.close();
  }
}

const page = `<!doctype html><meta charset="utf-8"><title>eval</title>
<script type="module" src="eval-page.mjs"></script>`;

/** What the page is served, and what becomes of its answer. */
function pageJob({ engine }, files) {
  let alive = Date.now();
  let resolve;
  let reject;
  const result = new Promise((...both) => {
    [resolve, reject] = both;
  });
  // Not every driver tells of a crashed page. Its own thread is idle while a worker works.
  const watch = setInterval(
    () => Date.now() - alive > 120_000 && reject(new Error("the page no longer answers")),
    5000,
  );
  const replies = {
    "eval.html": ["text/html", page],
    "eval-page.mjs": ["text/javascript", readFileSync(join(dirname(fileURLToPath(import.meta.url)), "eval-page.mjs"))],
    "eval/engine": ["text/plain", engine],
    "eval/model": ["application/octet-stream", files.model],
    "eval/cases": ["application/octet-stream", files.cases],
  };
  const messages = {
    "eval/out": (body) => resolve(body),
    "eval/error": (body) => reject(new Error(body.toString())),
    "eval/alive": () => {
      alive = Date.now();
    },
  };
  async function intercept(path, request, response) {
    if (replies[path]) {
      const [type, body] = replies[path];
      response.writeHead(200, { "Content-Type": type }).end(body);
      return true;
    }
    if (!messages[path]) return false;
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.end();
    messages[path](Buffer.concat(chunks));
    return true;
  }
  return { intercept, result, end: () => clearInterval(watch) };
}

/** Writes a file whole or not at all. */
function writeWhole(path, data) {
  const fresh = `${path}.${process.pid}.new`;
  try {
    writeFileSync(fresh, data);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new Error(`--out ${path} cannot be written: ${error.code ?? error.message}`);
  }
}

async function main() {
  let options;
  try {
    options = parse(process.argv.slice(2));
  } catch (error) {
    console.error(`eval: ${error.message}\n${usage}`);
    return 2;
  }
  try {
    const files = { model: read("model", options.model), cases: read("cases", options.cases) };
    writeWhole(options.out, await evaluate(options, files));
    return 0;
  } catch (error) {
    console.error(`eval: ${error.message}`);
    return 1;
  }
}

process.exit(await main());
