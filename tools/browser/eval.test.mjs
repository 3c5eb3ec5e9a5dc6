// The command `npm run eval`: the numbers of every engine in every browser against PyTorch's, and its refusals.
// BROWSERS chooses browsers as in page.test.mjs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { go } from "./buildsite.mjs";
import { chosenBrowsers } from "./launch.mjs";

const root = resolve(import.meta.dirname, "../..");
const golden = join(root, "wasm/testdata/goldens/unet/chain-tutorial");
const browsers = chosenBrowsers();

// Largest difference from the float64 run with float16 weights, outputs of standard deviation 1. The sums are float32: on the
// CPU in a fixed order, on a GPU in an order and with divisions and roots of its own, which may be some units off.
const bounds = { cpu: 3e-5, webgpu: 1e-4 };

let folder;
let pack;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "unnoise-eval-"));
  pack = join(folder, "model without extension");
  go("run", "./tools/convert", golden, pack);
});
after(() => rmSync(folder, { recursive: true }));

/** Runs the command; resolves to its status and stderr. */
function evaluate(options) {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  return new Promise((done) => {
    execFile("npm", ["run", "--silent", "eval", "--", ...args], { cwd: root }, (error, _, stderr) => {
      done({ status: error ? error.code : 0, stderr });
    });
  });
}

const cases = join(golden, "cases.safetensors");
const common = () => ({ model: pack, cases, out: join(folder, "out") });

/** Tensors of a .safetensors file as float32 arrays, and its metadata. */
function read(path) {
  const file = readFileSync(path);
  const start = 8 + Number(file.readBigUInt64LE(0));
  // A small file shares its buffer with others.
  const data = Uint8Array.from(file.subarray(start)).buffer;
  const { __metadata__: metadata, ...tensors } = JSON.parse(file.toString("utf8", 8, start));
  const values = ({ data_offsets: [from, to] }) => new Float32Array(data.slice(from, to));
  return { metadata, values: (name) => values(tensors[name]), names: Object.keys(tensors) };
}

function largestDifference(out, reference) {
  let most = 0;
  for (const name of out.names) {
    const want = reference.values(name.replace("eps", "eps64_w16"));
    const got = out.values(name);
    assert.equal(got.length, want.length, name);
    got.forEach((value, i) => {
      // Not Math.max, which a NaN would slip through as easily as not.
      const difference = Math.abs(value - want[i]);
      if (!(difference <= most)) most = difference;
    });
  }
  return most;
}

for (const browser of browsers) {
  for (const engine of Object.keys(bounds)) {
    if (browser === "webkit" && engine === "webgpu") continue;
    test(`${browser}, ${engine}: within ${bounds[engine]} of PyTorch`, async () => {
      const { status, stderr } = await evaluate({ browser, engine, ...common() });
      assert.equal(status, 0, stderr);
      const out = read(join(folder, "out"));
      assert.equal(out.metadata.engine, engine);
      assert.equal(out.metadata.precision, "float32");
      const reference = read(cases);
      assert.deepEqual(
        [...out.names].sort(),
        reference.names
          .filter((name) => name.startsWith("x."))
          .map((name) => name.replace("x.", "eps."))
          .sort(),
      );
      const difference = largestDifference(out, reference);
      assert.ok(difference <= bounds[engine], `off by ${difference}`);
    });
  }
}

if (browsers.includes("webkit")) {
  test("webkit has no WebGPU: one line, status 1, no file", async () => {
    const before = readdirSync(folder).length;
    const { status, stderr } = await evaluate({
      browser: "webkit",
      engine: "webgpu",
      ...common(),
      out: join(folder, "none"),
    });
    assert.equal(status, 1);
    assert.match(stderr.trim(), /^eval: WebGPU.*$/);
    assert.equal(readdirSync(folder).length, before);
  });
}

test("bad files are refused with one line and status 1", async () => {
  const text = join(folder, "text");
  writeFileSync(text, "no tensors");
  for (const change of [{ model: text }, { cases: text }, { cases: pack }, { model: join(folder, "absent") }]) {
    const { status, stderr } = await evaluate({
      browser: browsers[0],
      engine: "cpu",
      ...common(),
      out: join(folder, "none"),
      ...change,
    });
    assert.equal(status, 1, JSON.stringify(change));
    assert.match(stderr.trim(), /^eval: .+$/);
    assert.ok(!readdirSync(folder).some((name) => name.startsWith("none")));
  }
});

test("wrong usage is status 2", async () => {
  for (const options of [
    {},
    { ...common(), browser: "chromium" },
    { ...common(), browser: "lynx", engine: "cpu" },
    { wrong: "1" },
  ]) {
    assert.equal((await evaluate(options)).status, 2);
  }
});

test("the comparer sees a planted fault", () => {
  const tensor = (values) => ({ names: ["eps.0"], values: () => Float32Array.from(values) });
  assert.ok(largestDifference(tensor([1, 2]), tensor([1, 2.5])) === 0.5);
  assert.ok(Number.isNaN(largestDifference(tensor([1, Number.NaN]), tensor([1, 2]))));
});
