#!/usr/bin/env node

// Runs a Go program compiled for js/wasm inside a real browser:
//
//   GOOS=js GOARCH=wasm go test -exec "node $PWD/tools/browser/goexec.mjs --browser firefox" ./kernels
//
// usage: goexec.mjs [--browser chromium|firefox|webkit] [--env NAME]... PROGRAM.wasm [ARGUMENT...]
//
// The program sees this machine's files read-only, and may write below os.TempDir(). It gets the environment variables
// listed in passedOn and those named by --env. Its output appears as it comes and its exit status is ours; a page or a
// browser that crashes is status 1. The only limit of time is the program's own (-test.timeout).

import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { programArguments, wasmExec } from "./buildsite.mjs";
import { serveFS } from "./goexec-fs.mjs";
import { launchBrowser } from "./launch.mjs";
import { tempFolder } from "./process.mjs";

const passedOn = ["GOLDENS", "GODEBUG", "PWD", "TZ"];

const here = dirname(fileURLToPath(import.meta.url));
// The typed helper of the WebGPU engine, where the site has one.
const lib = (name) => resolve(here, "../../site/lib", name);
const replayScript = lib("gpu-replay.js");

/** Splits our options from the program and its arguments, which may look like options too. */
function parse(args) {
  const start = args.findIndex((arg, i) => !arg.startsWith("--") && !args[i - 1]?.match(/^--(browser|env)$/));
  const own = start < 0 ? args : args.slice(0, start);
  const options = { browser: { type: "string", default: "chromium" }, env: { type: "string", multiple: true } };
  const { values } = parseArgs({ args: own, options });
  if (start < 0) throw new Error("no program given");
  const rest = programArguments(args.slice(start + 1));
  return { browser: values.browser, names: [...passedOn, ...(values.env ?? [])], program: args[start], rest };
}

/** What the worker has to know about its program. */
function setup({ names, program, rest }, scratch) {
  const env = Object.fromEntries(names.filter((name) => name in process.env).map((name) => [name, process.env[name]]));
  const scripts = existsSync(replayScript) ? ["/gpu-replay.js"] : [];
  return {
    argv: [program, ...rest],
    env: { ...env, TMPDIR: scratch },
    scripts,
    cwd: process.cwd(),
    pid: process.pid,
    ppid: process.ppid,
    uid: process.getuid(),
    gid: process.getgid(),
  };
}

/** Serves page and program; calls on.output, on.exit, on.crash and on.alive as the page reports them. */
async function serve(program, setupReply, scratch, on) {
  const script = "text/javascript";
  const files = {
    "/goexec-page.mjs": [join(here, "goexec-page.mjs"), script],
    "/goexec-worker.mjs": [join(here, "goexec-worker.mjs"), script],
    "/wasm_exec.js": [wasmExec(), script],
    "/gpu-replay.js": [replayScript, script],
    "/team.js": [lib("team.js"), script],
    "/tiles.js": [lib("tiles.js"), script],
    "/ztiles.js": [lib("ztiles.js"), script],
    "/program.wasm": [program, "application/wasm"],
  };
  const fsCall = serveFS(scratch);
  const server = createServer(async (request, response) => {
    // An isolated page has clocks of microseconds, which benchmarks need.
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    const url = new URL(request.url, "http://localhost");
    const [, head, tail] = url.pathname.split("/");
    if (request.method === "GET" && files[url.pathname]) return sendFile(response, ...files[url.pathname]);
    if (url.pathname === "/") return send(response, "text/html", page);
    if (url.pathname === "/setup") return send(response, "application/json", JSON.stringify(setupReply(fsCall)));
    if (request.method !== "POST") return response.writeHead(404).end();
    const body = await readAll(request);
    if (head === "fs") return fsCall.handle(tail, JSON.parse(url.searchParams.get("args")), body, response);
    response.end();
    on[head]?.(tail ?? body, body);
  });
  await new Promise((done) => server.listen(0, "localhost", done));
  return server;
}

const page = `<!doctype html><meta charset="utf-8"><title>Go</title><link rel="icon" href="data:,">
<script type="module" src="/goexec-page.mjs"></script>`;

function sendFile(response, path, type) {
  response.setHeader("Content-Type", type);
  createReadStream(path)
    .on("error", () => response.writeHead(404).end())
    .pipe(response);
}

function send(response, type, text) {
  response.setHeader("Content-Type", type);
  response.end(text);
}

async function readAll(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Resolves to the program's exit status; rejects when page or browser break down. */
function run(options, scratch) {
  return new Promise((resolveStatus, reject) => {
    let alive = Date.now();
    const on = {
      output: (fd, data) => (fd === "1" ? process.stdout : process.stderr).write(data),
      exit: (status) => resolveStatus(Number(status)),
      crash: (message) => reject(new Error(`the program broke down: ${message}`)),
      alive: () => {
        alive = Date.now();
      },
    };
    start(options, scratch, on).then(({ browser, server }) => {
      browser.died.then(reject);
      // The page's own thread is idle, so silence means that it is gone; WebDriver tells of no crash.
      const watch = setInterval(() => {
        if (Date.now() - alive > 120_000) reject(new Error(`the page in ${browser.name} no longer answers`));
      }, 5000);
      closers.push(
        () => clearInterval(watch),
        () => server.close(),
        () => browser.close(),
      );
    }, reject);
  });
}

const closers = [];

async function start(options, scratch, on) {
  const browser = await launchBrowser(options.browser, { webgpu: true });
  const reply = (fsCall) => ({ ...setup(options, scratch), constants: fsCall.constants });
  const server = await serve(options.program, reply, scratch, on);
  await browser.open(`http://localhost:${server.address().port}/`);
  return { browser, server };
}

async function main() {
  let options;
  try {
    options = parse(process.argv.slice(2));
  } catch (error) {
    console.error(
      `goexec: ${error.message}\nusage: goexec.mjs [--browser NAME] [--env NAME]... PROGRAM.wasm [ARGUMENT...]`,
    );
    return 2;
  }
  const scratch = tempFolder("unnoise-goexec-");
  try {
    return await run(options, scratch.path);
  } catch (error) {
    console.error(`goexec: ${error.message}`);
    return 1;
  } finally {
    for (const close of closers.reverse()) await close();
    scratch.remove();
  }
}

const status = await main();
// What is written to a pipe may still be on its way.
process.stdout.write("", () => process.stderr.write("", () => process.exit(status)));
