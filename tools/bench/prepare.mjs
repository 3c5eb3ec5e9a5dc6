// Makes what the benchmarks need and is missing: the site, the other runtimes, the networks.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildSite, go } from "../browser/buildsite.mjs";
import { filesOf } from "./rounds.mjs";

const root = resolve(import.meta.dirname, "../..");

/** The packages of a folder of tools, where one of them is missing. */
export function install(folder, name) {
  if (existsSync(join(folder, "node_modules", name))) return;
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder, stdio: "inherit" });
}

/** @param {{models: string[], batch: number}} wanted */
export async function prepare({ models, batch }) {
  await buildSite();
  install(import.meta.dirname, "@jax-js");
  const folder = join(root, "build/bench");
  const missing = models.filter((model) => !existsSync(join(folder, filesOf({ model, batch }).onnx)));
  if (missing.length) go("run", "./tools/bench", "models", "--batch", String(batch), folder, ...missing);
}
