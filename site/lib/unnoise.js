// unnoise: trained DDPM image models in a web page. This file is the library's only entrance; the page beside it is
// built on nothing else.
//
//   import { createSampler } from "./lib/unnoise.js";
//   const sampler = await createSampler({ model: "models/digits.safetensors" });
//   const { pictures } = await sampler.sample({ sampler: "ddim", steps: 50, seed: 7, count: 4 });
//   context.putImageData(pictures[0], 0, 0);
//   sampler.close();
//
// All work is done in a worker. Errors are told apart by class or name; errors.js lists them.

import { Client } from "./client.js";
import { makeError } from "./errors.js";
import { closed, Sampler } from "./sampler.js";
import { Workers } from "./workers.js";

export { Chain } from "./chain.js";
export {
  DeviceLostError,
  EngineError,
  NetworkError,
  PackError,
  StateError,
  UnnoiseError,
  UnsupportedModelError,
  UsageError,
} from "./errors.js";
export { forgetChain, keptChain } from "./keep.js";
export { forgetPack as forgetModel, keptPacks as storedModels } from "./store.js";
export { Sampler };

/** @typedef {import("./types.js").Stoppable} Stoppable */
/** @typedef {import("./types.js").Seed} Seed */
/** @typedef {import("./types.js").SamplerName} SamplerName */
/** @typedef {import("./types.js").ProcessOptions} ProcessOptions */
/** @typedef {import("./types.js").RepaintOptions} RepaintOptions */
/** @typedef {import("./types.js").StartOptions} StartOptions */
/** @typedef {import("./types.js").ChainOptions} ChainOptions */
/** @typedef {import("./types.js").Between} Between */
/** @typedef {import("./types.js").InterpolateOptions} InterpolateOptions */
/** @typedef {import("./types.js").Observable} Observable */
/** @typedef {import("./types.js").Counted} Counted */
/** @typedef {import("./types.js").Progress} Progress */
/** @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").KeptChain} KeptChain */
/** @typedef {import("./types.js").Info} Info */
/** @typedef {import("./types.js").ModelInfo} ModelInfo */
/** @typedef {import("./types.js").SelfTest} SelfTest */
/** @typedef {import("./types.js").Layer} Layer */
/** @typedef {import("./types.js").Activations} Activations */
/** @typedef {import("./types.js").Benchmark} Benchmark */
/** @typedef {import("./types.js").OpenProgress} OpenProgress */

/**
 * Loads a model and chooses an engine.
 *
 * @param {object} options
 * @param {string|URL|Blob|ArrayBuffer|Uint8Array} options.model a pack, or its address
 * @param {"auto"|"webgpu"|"cpu"} [options.engine] auto takes WebGPU where it is there, passes the self-test and is no
 *   software adapter, else the CPU; a named engine works or is an error
 * @param {"exact"|"fast"} [options.precision] "exact", unless told: float32 throughout. "fast" lets a GPU that can take inputs of
 *   convolutions as float16: outputs are off by up to 2e-2, and one seed gives pictures that differ a little from those of other
 *   engines. info.engine.precision says what it came to
 * @param {number} [options.threads] workers at most that compute on the CPU: several share the pictures of a chain and, where the page is
 *   isolated (crossOriginIsolated), also a single one; as many as the machine has cores, but no more than 8 and 4, unless told
 * @param {AbortSignal} [options.signal] ends loading
 * @param {(progress: OpenProgress) => void} [options.onProgress] gets {type: "download", bytes, total, secondsLeft, waiting}
 *   and {type: "check"} when the pack is there and the engine is being tested
 * @returns {Promise<Sampler>}
 * @example
 * const own = await createSampler({ model: "../models/digits.safetensors", engine: "cpu" });
 * show(own.info.model.name);
 * own.close();
 */
export async function createSampler(options) {
  const { model, engine = "auto", precision = "exact", threads, signal, onProgress } = options ?? {};
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw makeError("UsageError", `threads must be a whole number from 1 on, found ${threads}.`);
  }
  const source = packSource(model);
  const client = startWorker();
  try {
    const asked = { engine, precision, threads };
    const info = await client.call("open", { source, asked }, { signal, onEvent: onProgress });
    return new Sampler(client, info);
  } catch (error) {
    client.end(error);
    throw error;
  }
}

function startWorker() {
  return new Client(new Workers(() => new Worker(new URL("./worker.js", import.meta.url), { type: "module" })));
}

/**
 * The version of the program.
 *
 * @returns {Promise<{version: string}>}
 * @example
 * show((await version()).version);
 */
export async function version() {
  const client = startWorker();
  try {
    return await client.call("version");
  } finally {
    client.end(closed());
  }
}

function packSource(model) {
  if (typeof model === "string" || model instanceof URL) return { url: new URL(model, globalThis.location?.href).href };
  if (model instanceof Blob) return { blob: model };
  // A Blob is a copy: the caller may change its own.
  if (model instanceof ArrayBuffer || model instanceof Uint8Array)
    return { blob: new Blob([/** @type {BlobPart} */ (model)]) };
  throw makeError("UsageError", "createSampler needs model: an address, a Blob, an ArrayBuffer or a Uint8Array.");
}
