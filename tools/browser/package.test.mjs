// The npm package as its users have it: packed, installed, typed, and bundled in the ways of site/examples; and the custom element.
// BROWSERS chooses browsers as in page.test.mjs.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { buildPackage } from "../package/package.mjs";
import { chosenBrowsers, launchBrowser } from "./launch.mjs";
import { drawNatively, largestDifference, Page, packPath, tinyPack } from "./pagedriver.mjs";

const root = resolve(import.meta.dirname, "../..");
const browsers = chosenBrowsers();

// Engines sum in other orders: a value may fall on the other side of a rounding edge, and no further.
const tolerance = 1;

let scratch;
let built;
let tiny;
before(async () => {
  scratch = mkdtempSync(join(tmpdir(), "unnoise-package-"));
  built = await buildPackage();
  tiny = readFileSync(tinyPack());
});
after(() => rmSync(scratch, { recursive: true }));

const run = (folder, command, ...args) => execFileSync(command, args, { cwd: folder, stdio: ["ignore", 2, 2] });

/** Copies an example and installs the packed package and what it asks for. @returns {string} its folder */
function install(name) {
  const folder = join(scratch, name);
  cpSync(join(root, "site/examples", name), folder, { recursive: true });
  run(folder, "npm", "pkg", "set", `dependencies.unnoise=file:${built.tarball}`);
  run(folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error");
  return folder;
}

/** Each example as its author builds it: the folder that a server publishes. */
const examples = {
  plain() {
    const folder = join(scratch, "plain");
    cpSync(join(root, "site/examples/plain"), folder, { recursive: true });
    run(scratch, "tar", "xzf", built.tarball);
    cpSync(join(scratch, "package"), join(folder, "unnoise"), { recursive: true });
    cpSync(packPath("digits"), join(folder, "digits.safetensors"));
    return folder;
  },
  esbuild() {
    const folder = install("esbuild");
    run(folder, "npm", "run", "--silent", "build");
    cpSync(packPath("digits"), join(folder, "dist/digits.safetensors"));
    return join(folder, "dist");
  },
  vite() {
    const folder = install("vite");
    mkdirSync(join(folder, "public"));
    cpSync(packPath("digits"), join(folder, "public/digits.safetensors"));
    run(folder, "npm", "run", "--silent", "build");
    return join(folder, "dist");
  },
};

test("the declarations take what is right and refuse what is wrong", () => {
  const folder = join(scratch, "types");
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  cpSync(built.folder, join(folder, "node_modules/unnoise"), { recursive: true });
  cpSync(join(root, "tools/package/types.ts"), join(folder, "types.ts"));
  const options = {
    target: "es2022",
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: false,
    noEmit: true,
  };
  const compilerOptions = {
    ...options,
    types: [],
    lib: ["es2023", "dom", "dom.iterable"],
    noUncheckedIndexedAccess: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  run(folder, process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", ".");
});

test("the package holds what it needs and nothing else", () => {
  const names = execFileSync("tar", ["tzf", built.tarball]).toString().trim().split("\n");
  const plain = names.map((name) => name.replace("package/", "")).filter((name) => !name.startsWith("types/"));
  assert.deepEqual(plain.sort(), [
    "LICENSE",
    "README.ko.md",
    "README.md",
    "element.js",
    "package.json",
    "unnoise.js",
    "unnoise.wasm",
    "wasm_exec.js",
    "worker.js",
  ]);
  assert.ok(names.includes("package/types/unnoise.d.ts"));
});

const publishedAt = {};

/** The folder of an example, built once. */
function published(name) {
  publishedAt[name] ??= examples[name]();
  return publishedAt[name];
}

/** The example of Vite under its development server, which serves modules one by one. @returns {Promise<object>} as serveSite's */
async function developed() {
  const folder = dirname(published("vite"));
  const { createServer } = await import(join(folder, "node_modules/vite/dist/node/index.js"));
  const server = await createServer({ root: folder, logLevel: "error", server: { port: 0, host: "localhost" } });
  await server.listen();
  return { url: server.resolvedUrls.local[0], reports: [], close: () => server.close() };
}

/** Waits for what every example shows: a digit, the same as the native command's, and the element's four. */
async function drawsDigits(page) {
  await page.until("the digit", () => document.getElementById("state").textContent.startsWith("Drawn by"));
  const native = drawNatively({ model: "digits", sampler: "ddim", steps: 10, seed: 7, count: 1 });
  assert.ok(largestDifference(await page.picture("digit"), native) <= tolerance);
  await page.until("the element", () => {
    const { shadowRoot } = document.querySelector("unnoise-sampler");
    return shadowRoot.querySelector("canvas").width === 64 && shadowRoot.querySelector("progress").hidden;
  });
}

const where = { plain: ["chromium"], esbuild: ["chromium"], vite: ["chromium", "firefox"] };

for (const name of browsers) {
  describe(name, () => {
    let browser;
    before(async () => {
      browser = await launchBrowser(name);
    });
    after(() => browser?.close());

    for (const example of Object.keys(examples)) {
      if (!where[example].includes(name)) continue;
      test(`the ${example} example draws a digit`, async () => {
        const page = await Page.open(browser, published(example), { base: "/some/where/" });
        try {
          await drawsDigits(page);
        } finally {
          await page.close();
        }
      });
    }

    if (name === "chromium") {
      test("the vite example draws a digit under the development server", async () => {
        const page = await Page.visit(browser, await developed());
        try {
          await drawsDigits(page);
        } finally {
          await page.close();
        }
      });
    }

    // An event that never comes must not hold up the rest.
    test("the element draws, tells, obeys its attributes and leaves nothing behind", { timeout: 120_000 }, async () => {
      const page = await Page.open(browser, built.folder, { query: "blank.html", intercept: beside });
      try {
        await browser.evaluate(countWorkers);
        assert.deepEqual((await browser.evaluate(useElement)).wrong, []);
        const got = await browser.evaluate(troubleElement);
        assert.deepEqual(got.wrong, []);
        assert.equal(got.workers, 0);
      } finally {
        await page.close();
      }
    });
  });
}

function beside(path, _, response) {
  const blank = ["text/html", "<!doctype html><html lang=ko><title>element</title>"];
  const extra = { "blank.html": blank, "tiny.safetensors": ["application/octet-stream", tiny] };
  if (!extra[path]) return false;
  response.writeHead(200, { "Content-Type": extra[path][0] }).end(extra[path][1]);
  return true;
}

/** In the page: loads the element's module, and counts workers from then on. */
async function countWorkers() {
  const wrong = [];
  const next = (target, type) => {
    return new Promise((done) => target.addEventListener(type, ({ detail }) => done(detail), { once: true }));
  };
  // Three pictures are drawn by as many, where there are cores for that.
  const all = Math.min(3, navigator.hardwareConcurrency);
  window.t = { workers: 0, all, wrong, next, expect: (what, is) => is || wrong.push(what) };
  const Original = window.Worker;
  window.Worker = class extends Original {
    constructor(...args) {
      super(...args);
      window.t.workers++;
    }
    terminate() {
      window.t.workers--;
      super.terminate();
    }
  };
  await import(new URL("element.js", location.href));
}

/** In the page: what an author does with an element, and what is wrong with what it does then. */
async function useElement() {
  const { t } = window;
  const { expect, next } = t;
  const element = document.createElement("unnoise-sampler");
  Object.assign(element, { model: "tiny.safetensors", engine: "cpu", steps: 4, seed: 3, count: 3 });
  const [shadow, seen] = [element.shadowRoot, []];
  element.addEventListener("progress", ({ detail }) => seen.push(detail.type));
  expect("attributes", element.getAttribute("steps") === "4" && element.sampler === "ddim");
  document.body.append(element);
  const first = await next(element, "finish");
  const canvas = shadow.querySelector("canvas");
  const pixels = () => [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data].join();
  const drawn = pixels();
  expect(
    "pictures",
    first.pictures.length === 3 && canvas.width === 2 * first.width && canvas.height === 2 * first.height,
  );
  expect(
    "progress",
    ["download", "check", "step"].every((type) => seen.includes(type)),
  );
  expect("role", canvas.getAttribute("role") === "img" && /그림 3장/.test(canvas.getAttribute("aria-label")));
  expect(
    "spoken",
    shadow.querySelector("[role=status]").textContent === "완성" && shadow.querySelector("progress").hidden,
  );
  element.label = "a nice digit";
  await 0;
  expect("label", canvas.getAttribute("aria-label") === "a nice digit");
  // A move is no reason to draw again; another seed is.
  document.body.prepend(element);
  element.seed = "4";
  await next(element, "finish");
  expect("another seed", pixels() !== drawn);
  expect("one worker a picture and no more", t.workers === t.all);
  // Several changes are one drawing, and the one that was under way ends.
  element.steps = "500";
  await next(element, "progress");
  Object.assign(element, { steps: "4", seed: "3" });
  await next(element, "finish");
  expect("the first picture again", pixels() === drawn);
  Object.assign(t, { element, pixels });
  return { wrong: t.wrong, workers: t.workers };
}

/** In the page: what goes wrong, and what is taken away. */
async function troubleElement() {
  // In a script of WebKitGTK's driver microtasks run within every change of an attribute, before anybody can listen.
  await 0;
  const { t } = window;
  const { expect, next, element, pixels } = t;
  const shadow = element.shadowRoot;
  const canvas = shadow.querySelector("canvas");
  const [width, height] = [canvas.width / 2, canvas.height / 2];
  const drawn = [...canvas.getContext("2d").getImageData(0, 0, width, height).data].join();
  element.steps = "many";
  const error = await next(element, "error");
  expect(
    "error",
    error.name === "UsageError" &&
      /steps must be a whole number, found "many"/.test(shadow.querySelector("[role=alert]").textContent),
  );
  element.steps = "500";
  await next(element, "progress");
  element.remove();
  await 0;
  expect("removal ends the work", t.workers === 0 && element.sampling === null);
  // One picture of the three, by one worker: WebKit needs seconds to start each.
  Object.assign(element, { count: 1, steps: "4" });
  document.body.append(element);
  await next(element, "finish");
  expect("reconnected", pixels() === drawn && canvas.width === width && t.workers === 1);
  element.model = "none.safetensors";
  expect("no model", (await next(element, "error")).name === "NetworkError");
  element.remove();
  await new Promise((done) => setTimeout(done, 50));
  return { wrong: t.wrong, workers: t.workers };
}
