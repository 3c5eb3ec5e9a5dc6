// The library in Node on Dawn's WebGPU, as tools/bench/gpu.mjs runs it: here on the SwiftShader that Chromium brings along.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { install } from "../bench/prepare.mjs";
import { buildSite } from "./buildsite.mjs";
import { findCommand } from "./process.mjs";

const root = resolve(import.meta.dirname, "../..");
const dawn = join(root, "tools/dawn");

/** Where Vulkan's loader finds SwiftShader. */
function swiftShader() {
  const folders = [dirname(realpathSync(findCommand("Chromium", "chromium", "chromium-browser"))), "/usr/lib/chromium"];
  const found = folders.map((folder) => join(folder, "vk_swiftshader_icd.json")).find(existsSync);
  assert.ok(found, `no vk_swiftshader_icd.json in ${folders.join(" or ")}: Chromium's package should have it`);
  return found;
}

// Draws with both engines, which must agree.
const program = `
  const { createSampler } = await import(process.env.LIBRARY);
  const drawn = {};
  for (const engine of ["webgpu", "cpu"]) {
    const sampler = await createSampler({ model: "weights/models/digits.safetensors", engine });
    const { pictures } = await sampler.sample({ sampler: "ddim", steps: 3, seed: 7 });
    drawn[engine] = { info: sampler.info.engine, levels: [...pictures[0].data] };
    sampler.close();
  }
  process.stdout.write(JSON.stringify(drawn), () => process.kill(process.pid, "SIGKILL"));
`;

test("the library draws in Node through Dawn what it draws on the CPU", async () => {
  const site = await buildSite();
  install(dawn, "webgpu");
  const library = pathToFileURL(join(site, "lib/unnoise.js")).href;
  const env = { ...process.env, VK_ICD_FILENAMES: swiftShader(), DAWN_BASE: root, LIBRARY: library };
  const args = ["--import", join(dawn, "globals.mjs"), "--input-type=module", "-e", program];
  // The program ends itself: Dawn may crash when its devices are taken down with the process.
  const stdout = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 1 << 26 }).then(
    (done) => done.stdout,
    (error) => (error.signal === "SIGKILL" ? error.stdout : Promise.reject(error)),
  );
  const { webgpu, cpu } = JSON.parse(stdout);
  assert.equal(webgpu.info.engine, "webgpu");
  assert.match(webgpu.info.adapter, /swiftshader/i);
  assert.equal(webgpu.levels.length, cpu.levels.length);
  const worst = Math.max(...webgpu.levels.map((level, i) => Math.abs(level - cpu.levels[i])));
  assert.ok(worst <= 1, `the pictures differ by ${worst} levels`);
  assert.ok(new Set(cpu.levels).size > 10, "the picture is blank");
});
