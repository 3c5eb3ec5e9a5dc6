// Starts the WebAssembly module, whose functions then stand in globalThis.unnoiseCore. Runs in a worker.

import { makeError } from "./errors.js";

/**
 * Loads wasm_exec.js and the module, both beside this file, and starts it.
 *
 * @returns {Promise<object>} the core's functions
 * @throws {Error} EngineError where the module cannot be loaded
 */
export async function startCore() {
  const here = (name) => new URL(name, import.meta.url).href;
  try {
    await import(here("wasm_exec.js"));
    const go = new globalThis.Go();
    const module = await compile(here("unnoise.wasm"));
    const instance = await WebAssembly.instantiate(module, go.importObject);
    // The promise ends when the program does, which is never while it serves us.
    const ended = go.run(instance);
    return await Promise.race([whenReady(), ended.then(() => Promise.reject(new Error("it ended at once")))]);
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

/** The program sets unnoiseCore before it first waits, so this rarely loops. */
async function whenReady() {
  while (!globalThis.unnoiseCore) await new Promise((resolve) => setTimeout(resolve, 5));
  return globalThis.unnoiseCore;
}
