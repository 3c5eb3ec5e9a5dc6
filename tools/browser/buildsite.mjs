// The built site, made anew where it is missing or older than anything it is built from.

import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const sources = ["go.mod", "site", "wasm", "kernels", "weights", "tools/site"];
// Large, and no part of what is built.
const skipped = new Set(["testdata", "node_modules"]);

/**
 * Builds the site where that is due.
 *
 * @returns {Promise<string>} its folder
 * @throws {Error} where the build fails; the compiler's words are on stderr
 */
export async function buildSite() {
  const site = join(root, "build/site");
  if (newest(sources.map((name) => join(root, name))) > builtAt(site)) build();
  return site;
}

/** Runs the go command at the root of the tree, with the Makefile's settings where the user has none; all output to stderr. */
export function go(...args) {
  run(args, process.stderr);
}

/** The same, for a program whose output is the result. @returns {string} */
export function goOutput(...args) {
  return run(args, "pipe").toString();
}

/** Where Go's loader of programs for js/wasm is. */
export function wasmExec() {
  return join(goOutput("env", "GOROOT").trim(), "lib/wasm/wasm_exec.js");
}

/** A Go program's arguments without that of the file which only cmd/go reads, for its cache of results. */
export function programArguments(args) {
  return args.filter((arg) => !arg.startsWith("-test.testlogfile="));
}

function run(args, stdout) {
  const { GOTOOLCHAIN = "auto", GOEXPERIMENT = "simd" } = process.env;
  // The toolchain of an image may be older than go.mod asks for, and told to fetch no other.
  const env = { ...process.env, GOTOOLCHAIN: GOTOOLCHAIN === "local" ? "auto" : GOTOOLCHAIN, GOEXPERIMENT };
  return execFileSync("go", args, { cwd: root, env, stdio: ["ignore", stdout, process.stderr] });
}

function build() {
  try {
    go("run", "./tools/site");
  } catch (error) {
    const why = error.code === "ENOENT" ? "Go is not installed" : `go run ./tools/site: ${error.message}`;
    throw new Error(`the site cannot be built: ${why}`);
  }
}

function builtAt(site) {
  try {
    return statSync(join(site, "sw.js")).mtimeMs;
  } catch {
    return 0;
  }
}

function newest(paths) {
  return Math.max(
    0,
    ...paths.map((path) => (statSync(path).isDirectory() ? newest(children(path)) : statSync(path).mtimeMs)),
  );
}

function children(folder) {
  return readdirSync(folder)
    .filter((name) => !skipped.has(name) && !name.endsWith("_test.go"))
    .map((name) => join(folder, name));
}
