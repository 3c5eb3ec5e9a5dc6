#!/usr/bin/env node
// Times WebGPU without a browser: this engine and onnxruntime-web through Dawn, in turns, as many pictures a step as asked.
//
//   npm run bench:gpu -- [--models nouns,cifar,ddpm256] [--batches 1,8,64] [--rounds 5] [--runtimes unnoise,onnxruntime-web]
//   npm run bench:gpu -- --operations [--models nouns]    milliseconds by kind of operation, where the adapter has timestamp-query
//
// Prints a table and writes build/bench-gpu.json (--out). Dawn takes the adapter that Vulkan, Metal or Direct3D offers first;
// tools/dawn/globals.mjs says how to choose. gpu_peers.py times PyTorch on the same networks and GPU.

import { spawnSync } from "node:child_process";
import { writeFileSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { install, prepare } from "./prepare.mjs";
import { candidatesOf, compare, filesOf, markdown, rowsOf } from "./rounds.mjs";

const root = resolve(import.meta.dirname, "../..");
const dawn = join(root, "tools/dawn");

// A round takes about so long. Dawn tells of ends at once.
const roundMs = 700;

function parse() {
  const text = (value) => ({ type: "string", default: value });
  const { values } = parseArgs({
    options: {
      models: text("nouns,cifar,ddpm256"),
      batches: text("1,8,64"),
      rounds: text("5"),
      runtimes: text("unnoise,onnxruntime-web"),
      out: text("build/bench-gpu.json"),
      operations: { type: "boolean", default: false },
      // What the processes are started with that do the work: a model, and of how many pictures.
      one: text(""),
    },
  });
  const list = (key) => values[key].split(",");
  return { ...values, models: list("models"), batches: list("batches").map(Number), runtimes: list("runtimes") };
}

/** Times one model's candidates in this process. */
async function timeOne(model, batch, { rounds, runtimes }) {
  const { bench } = await import("./turns.mjs");
  const onProblem = ({ runtime }, error) => console.error(`${runtime}, ${model} x ${batch}: ${error.message}`);
  const candidates = candidatesOf("webgpu", model, batch).filter(({ runtime }) => runtimes.includes(runtime));
  // The process ends soon, and Dawn may crash when the thread of one of its devices is ended.
  const kept = { ...bench, close() {} };
  return compare(kept, candidates, { rounds: Number(rounds), about: { browser: "dawn" }, onProblem, roundMs });
}

/** Milliseconds a step by kind of operation, for one picture. */
async function operationsOf(model) {
  const { createSampler } = await import("../../build/site/lib/unnoise.js");
  const { fileOf } = await import("./runtimes.mjs");
  const sampler = await createSampler({ model: fileOf(filesOf({ model, batch: 1 }).pack), engine: "webgpu" });
  const { msPerStep, operations = [] } = await sampler.bench({ steps: 20 });
  const sums = {};
  for (const { kernel, ms } of operations) sums[kernel] = (sums[kernel] ?? 0) + ms;
  return [{ model, adapter: sampler.info.engine.adapter, msPerStep, sums, operations }];
}

/** Does a model's part in a process of its own and gives its results: the devices of one leave nothing to the next. */
function inProcess(model, batch) {
  const script = join(import.meta.dirname, "gpu.mjs");
  const args = ["--import", join(dawn, "globals.mjs"), script, ...process.argv.slice(2), "--one", `${model},${batch}`];
  const env = { ...process.env, DAWN_BASE: import.meta.dirname };
  const { stdout } = spawnSync(process.execPath, args, {
    env,
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
  try {
    return JSON.parse(stdout.toString());
  } catch {
    console.error(`${model} x ${batch}: the process broke`);
    return [];
  }
}

async function main() {
  const options = parse();
  if (options.one) {
    const [model, batch] = options.one.split(",");
    const results = await (options.operations ? operationsOf(model) : timeOne(model, Number(batch), options));
    writeSync(1, JSON.stringify(results));
    process.kill(process.pid, "SIGKILL"); // see timeOne
  }
  install(dawn, "webgpu");
  const results = [];
  for (const model of options.models) {
    for (const batch of options.operations ? [1] : options.batches) {
      await prepare({ models: [model], batch });
      results.push(...inProcess(model, batch));
      writeFileSync(join(root, options.out), `${JSON.stringify(results, null, 2)}\n`);
    }
  }
  if (!options.operations) return console.log(markdown(rowsOf(results)));
  for (const { model, msPerStep, sums } of results) console.log(model, msPerStep, sums);
}

await main();
