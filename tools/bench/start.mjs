// What a first visit costs, and a second one in the same browser, from what it has kept: milliseconds from the navigation to the first
// step and picture, bytes fetched, the tab's memory.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { launchBrowser } from "../browser/launch.mjs";

const root = resolve(import.meta.dirname, "../..");
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// Weights are noise to a compressor, and servers do not compress them.
const isWeights = (path) => /\.(safetensors|onnx)$/.test(path);

const compressed = new Map();

function brotli(path) {
  if (!compressed.has(path)) compressed.set(path, brotliCompressSync(readFileSync(join(root, path))).length);
  return compressed.get(path);
}

/** Bytes of the files that were asked for, each once: the program's by brotli, the weights' as they are. */
function bytesOf(asked) {
  const paths = [...new Set(asked)].filter((path) => !/bench\/(start|runtimes|rounds)/.test(path));
  const sum = (list, size) => list.reduce((total, path) => total + size(path), 0);
  const weights = paths.filter(isWeights);
  return {
    program: sum(
      paths.filter((path) => !isWeights(path)),
      brotli,
    ),
    weights: sum(weights, (path) => readFileSync(join(root, path)).length),
  };
}

/** The largest that any process of the browser has been, MB: its tab's. NaN where there is no /proc, or the browser tells no process. */
function peakMemory(pid) {
  if (!pid) return Number.NaN;
  try {
    const parents = new Map();
    for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    }
    const below = (id) => id === pid || (parents.has(id) && id > 1 && below(parents.get(id)));
    const peak = (id) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0) / 1000;
    const children = [...parents.keys()].filter((id) => id !== pid && below(id));
    return Math.max(...children.map(peak));
  } catch {
    return Number.NaN;
  }
}

/** In the page: what the visit came to. WebKit may ask before the page's script has begun. */
const visited = async () => {
  while (!window.visit) await new Promise((resolve) => setTimeout(resolve, 10));
  return window.visit;
};

async function visit(name, site, candidate) {
  const browser = await launchBrowser(name, { webgpu: candidate.backend === "webgpu" });
  try {
    const url = `${site.url}tools/bench/start.html?${new URLSearchParams(candidate)}`;
    site.requests.length = 0;
    await browser.open(url);
    const first = await browser.evaluate(visited);
    const seen = { asked: site.requests.map(({ path }) => path), memory: peakMemory(browser.pid) };
    await browser.open(url);
    const second = await browser.evaluate(visited);
    return { ...first, ...seen, secondStep: second.firstStep, secondPicture: second.firstPicture };
  } finally {
    await browser.close();
  }
}

/** Visits with a fresh browser each time, the candidates in turns; medians. */
export async function measureStarts(name, site, { models, backends, rounds }) {
  const candidates = models.flatMap((model) =>
    backends.flatMap((backend) => [
      { runtime: "unnoise", model, backend },
      { runtime: "onnxruntime-web", model, backend: backend === "cpu" ? "wasm" : backend },
    ]),
  );
  const visits = candidates.map(() => []);
  for (let i = 0; i < rounds; i++) {
    for (const [k, candidate] of candidates.entries()) visits[k].push(await visit(name, site, candidate));
  }
  // Compressing takes seconds of a core, so not between visits.
  for (const one of visits.flat()) Object.assign(one, bytesOf(one.asked));
  return candidates.map((candidate, k) => {
    const middle = (key, digits = 0) => Number(median(visits[k].map((one) => one[key])).toFixed(digits));
    return {
      browser: name,
      ...candidate,
      "first step, ms": middle("firstStep"),
      "first picture, ms": middle("firstPicture"),
      "second visit: first step, ms": middle("secondStep"),
      "second visit: first picture, ms": middle("secondPicture"),
      "program, bytes by brotli": middle("program"),
      "weights, bytes": middle("weights"),
      "tab's memory, MB": middle("memory"),
    };
  });
}
