// Starts WebAssembly modules, whose functions then stand in a global. Runs in a worker.

import { makeError } from "./errors.js";
import { addTeam } from "./team.js";
import { addTiles } from "./tiles.js";

/** Starts the core, beside this file. @returns {Promise<object>} its functions */
export function startCore() {
  // Written out, so that bundlers see which files are meant.
  const loader = new URL("./wasm_exec.js", import.meta.url).href;
  return startProgram(loader, new URL("./unnoise.wasm", import.meta.url).href, "unnoiseCore");
}

/**
 * Loads Go's loader and a module, and starts it.
 *
 * @param {string} loader address of wasm_exec.js
 * @param {string} module address of the module
 * @param {string} name the global that the program sets when it is ready
 * @returns {Promise<any>} what it set
 * @throws {Error} EngineError where the module cannot be loaded
 */
export async function startProgram(loader, module, name) {
  try {
    await import(/* @vite-ignore */ loader);
    const go = new globalThis.Go();
    const fill = addTiles(go);
    addTeam(go);
    const instance = await WebAssembly.instantiate(await compile(module), go.importObject);
    fill(instance);
    // The promise ends when the program does, which is never while it serves us.
    const ended = go.run(instance);
    return await Promise.race([whenReady(name), ended.then(() => Promise.reject(new Error("it ended at once")))]);
  } catch (error) {
    throw makeError("EngineError", `The program did not start: ${error.message}. Reload the page.`);
  }
}

async function compile(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${url}`);
  // Servers that know no wasm send another type, which compileStreaming refuses.
  if (response.headers.get("Content-Type")?.startsWith("application/wasm"))
    return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** Programs set their global before they first wait, so this rarely loops. */
async function whenReady(name) {
  while (!globalThis[name]) await new Promise((resolve) => setTimeout(resolve, 5));
  return globalThis[name];
}
