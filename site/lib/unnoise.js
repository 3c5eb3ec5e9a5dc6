// unnoise: trained DDPM image models in a web page. This file is the library's only entrance; the page beside it is
// built on nothing else.
//
//   import { createSampler } from "./lib/unnoise.js";
//   const sampler = await createSampler({ model: "models/digits.safetensors" });
//   const { pictures } = await sampler.sample({ sampler: "ddim", steps: 50, seed: 7, count: 4 });
//   context.putImageData(pictures[0], 0, 0);
//   sampler.close();
//
// All work is done in a worker. Errors are told apart by their name; errors.js lists them.

import { Client } from "./client.js";
import { makeError } from "./errors.js";

/**
 * What to do with the model.
 *
 * @typedef {object} ChainOptions
 * @property {"ddpm"|"ddim"|"dpmpp"|"dpmpp-sde"|"unipc"|"euler"|"euler-ancestral"|"heun"|"pndm"|"plms"} [sampler] "ddim"
 *   unless told; info.model.samplers lists those that the model can be drawn with
 * @property {number} [steps] 1 to the model's training timesteps; 50 unless told. Heun asks the network twice a step
 * @property {number} [eta] noise of a DDIM step, 0 (none, the default) to 1 (as DDPM)
 * @property {"fixed_small"|"fixed_large"|"learned"|"learned_range"} [variance] of a DDPM step; the model's own unless told
 * @property {"leading"|"linspace"|"trailing"|"quadratic"} [spacing] which timesteps a shorter chain visits; quadratic with
 *   DDPM and DDIM alone
 * @property {number} [order] of DPM-Solver++ and UniPC, 1 to 3; 2 unless told
 * @property {"midpoint"|"heun"|"bh1"|"bh2"} [solver] form of DPM-Solver++ (the first two) or UniPC (the last two)
 * @property {boolean} [karras] noise levels of DPM-Solver++, UniPC, Euler and Heun as Karras et al. 2022 space them
 * @property {number[]} [labels] class of each picture, for models with classes
 * @property {number} [guidance] classifier-free guidance, for models with a label of no class; 1, none, unless told
 * @property {number|string} [seed] whole number from 0 to 2^64-1, as a string beyond 2^53; 0 unless told
 * @property {ImageData} [picture] start from this picture, of the model's size, or keep a part of it
 * @property {number} [depth] timestep that the picture is noised to (SDEdit); half of the training timesteps unless told
 * @property {Uint8Array} [mask] a byte a pixel: where it is 0 the picture is kept, where it is 255 it is drawn (RePaint), with
 *   samplers that remember nothing: DDPM, DDIM, Euler and Euler ancestral
 * @property {number} [jump] steps that are done again together, with a mask; 10 unless told
 * @property {number} [repeats] times that every step is done, with a mask; 10 unless told
 * @property {number} [count] pictures drawn together; picture i is the same in every count
 */

/**
 * How far a chain is.
 *
 * @typedef {object} Progress
 * @property {number} index steps done
 * @property {number} steps steps in all
 * @property {number} timestep the training timestep the chain is at
 * @property {boolean} done
 * @property {number} [msPerStep] milliseconds of work, mean of the last steps; NaN before the first
 * @property {number} [secondsLeft]
 * @property {boolean} [paused]
 * @property {{engine: string, reason: string}} [left] an engine that was lost in this step; the chain goes on with
 *   info.engine, from a step that may lie back
 */

/**
 * The model, the engine, and how both were checked.
 *
 * @typedef {object} Info
 * @property {{name: string, hash: string, width: number, height: number, channels: number, parameters: number,
 *   macs: number, classes: number, trainTimesteps: number, samplers: string[], provenance: object}} model macs: products
 *   of one step of one picture
 * @property {{engine: "webgpu"|"cpu", adapter: string, precision: string, software: boolean}} engine
 * @property {{probeError: number, bound: number, operations: {name: string, error: number, bound: number,
 *   ok: boolean}[]}} selfTest largest errors against stored reference values
 * @property {number} [workers] how many share the pictures of a chain; absent where only one has been needed
 * @property {{engine: string, reason: string}[]} dropped engines that "auto" tried and left, and why
 * @property {{bytes: number, from: "memory"|"storage"|"network", storageProblem: string}} pack storageProblem: why the
 *   browser did not keep it for the next visit; "" where it did
 */

/**
 * Loads a model and chooses an engine.
 *
 * @param {object} options
 * @param {string|URL|Blob|ArrayBuffer|Uint8Array} options.model a pack, or its address
 * @param {"auto"|"webgpu"|"cpu"} [options.engine] auto takes WebGPU where it is there, passes the self-test and is no
 *   software adapter, else the CPU; a named engine works or is an error
 * @param {AbortSignal} [options.signal] ends loading
 * @param {(progress: object) => void} [options.onProgress] gets {type: "download", bytes, total, secondsLeft, waiting}
 *   and {type: "check"} when the pack is there and the engine is being tested
 * @returns {Promise<Sampler>}
 */
export async function createSampler({ model, engine = "auto", signal, onProgress } = {}) {
  const source = await packSource(model);
  const client = new Client();
  try {
    const transfer = source.bytes ? [source.bytes.buffer] : [];
    const info = await client.call("open", { source, engine }, { signal, onEvent: onProgress, transfer });
    return new Sampler(client, info);
  } catch (error) {
    client.end(error);
    throw error;
  }
}

/** The version of the program, as {version}. */
export async function version() {
  const client = new Client();
  try {
    return await client.call("version");
  } finally {
    client.end(closed());
  }
}

async function packSource(model) {
  if (typeof model === "string" || model instanceof URL) return { url: new URL(model, globalThis.location?.href).href };
  if (model instanceof Blob) return { bytes: new Uint8Array(await model.arrayBuffer()) };
  // A copy: the worker gets the bytes for good, and the caller keeps its own.
  if (model instanceof ArrayBuffer) return { bytes: new Uint8Array(model.slice(0)) };
  if (model instanceof Uint8Array) return { bytes: model.slice() };
  throw makeError("UsageError", "createSampler needs model: an address, a Blob, an ArrayBuffer or a Uint8Array.");
}

/** An ImageData as a message to the worker. */
function plain({ data, width, height }) {
  return { rgba: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height };
}

function closed() {
  return makeError("UsageError", "This sampler was closed.");
}

/** A model on an engine; made by createSampler. */
export class Sampler {
  #client;
  #info;

  constructor(client, info) {
    this.#client = client;
    this.#info = info;
  }

  /** @returns {Info} */
  get info() {
    return this.#info;
  }

  /**
   * Draws pictures.
   *
   * @param {ChainOptions & {signal?: AbortSignal, onProgress?: (progress: Progress) => void}} [options]
   * @returns {Promise<{pictures: ImageData[], width: number, height: number}>}
   */
  async sample({ signal, onProgress, ...options } = {}) {
    const chain = await this.chain(options);
    try {
      await chain.run({ signal, onProgress });
      const { width, height } = chain;
      return { pictures: await chain.pictures("x"), width, height };
    } finally {
      await chain.release().catch(() => {});
    }
  }

  /**
   * Starts a chain at noise, doing no step yet.
   *
   * @param {ChainOptions} [options]
   * @returns {Promise<Chain>}
   */
  async chain(options = {}) {
    options = { sampler: "ddim", steps: 50, eta: 0, seed: 0, count: 1, ...options };
    if (options.picture) options.picture = plain(options.picture);
    const chain = await this.#client.call("chain", options);
    if (options.count > 1) await this.#refresh();
    return new Chain(this.#client, chain, () => this.#refresh());
  }

  /**
   * Runs the network on given inputs, for comparison with other programs.
   *
   * @param {Uint8Array} cases a .safetensors file with x.N, t.N and perhaps y.N
   * @returns {Promise<Uint8Array>} a .safetensors file with eps.N
   */
  evalCases(cases) {
    const bytes = cases.slice();
    return this.#client.call("evalCases", { bytes }, { transfer: [bytes.buffer] });
  }

  /**
   * Codes a picture with the model in few bits.
   *
   * @param {ImageData} image of the model's size
   * @param {{blockBits?: number, label?: number}} [options] blockBits: bits that one index conveys, 6 to 18, 14 unless told;
   *   more take less room and, for every bit, twice the time
   * @returns {Promise<{bytes: Uint8Array, bits: number, bound: number, rmse: number}>} bound: bits that no coder of these
   *   steps goes below on average; rmse: of the decoded picture, in levels of 255
   */
  encode(image, options = {}) {
    return this.#client.call("encode", { picture: plain(image), ...options });
  }

  /**
   * Decodes a coded picture, or as much of it as there is.
   *
   * @param {Uint8Array} bytes
   * @param {{ancestral?: boolean, seed?: number|string}} [options] ancestral: finish a cut file by ancestral sampling, not
   *   by DDIM
   * @returns {Promise<{picture: ImageData, share: number, level: number}>} share: of the coded bits; level: the timestep
   *   where they ended
   */
  async decode(bytes, options = {}) {
    const { rgba, width, height, share, level } = await this.#client.call("decode", { bytes, ...options });
    return { picture: new ImageData(new Uint8ClampedArray(rgba.buffer), width, height), share, level };
  }

  /**
   * Computes the variational bound of a picture.
   *
   * @param {ImageData} image of the model's size
   * @param {{draws?: number, timesteps?: number, seed?: number|string, label?: number}} [options] draws of every term, 2
   *   unless told; timesteps: estimate from so many, all unless told
   * @returns {Promise<{bitsPerDim: number, standardError: number, prior: number, terms: {t: number, bits: number,
   *   epsMSE: number, x0MSE: number}[]}>} terms and prior (L_T) add up to bitsPerDim
   */
  nll(image, options = {}) {
    return this.#client.call("nll", { picture: plain(image), ...options });
  }

  /** Ends the worker and all it holds. */
  close() {
    this.#client.end(closed());
  }

  /** Reads again what changes when a GPU is lost in mid-chain, or more workers are started. */
  async #refresh() {
    this.#info = await this.#client.call("info");
  }
}

/**
 * A chain from noise to a picture; made by Sampler.chain. Also an async iterator: each turn does one step and yields
 * the chain's Progress, and pixels are read only when asked for.
 */
export class Chain {
  #client;
  #chain;
  #refresh;

  constructor(client, { chain, index, steps, count, width, height }, refresh) {
    this.#client = client;
    this.#chain = chain;
    this.#refresh = refresh;
    /** Steps done. */
    this.index = index;
    /** Steps in all. */
    this.steps = steps;
    /** Pictures drawn together. */
    this.count = count;
    /** Width of a picture in pixels. */
    this.width = width;
    /** Height of a picture in pixels. */
    this.height = height;
  }

  /** Does one step. @returns {Promise<Progress>} */
  async step() {
    const progress = await this.#client.call("step", { chain: this.#chain });
    this.index = progress.index;
    if (progress.left) await this.#refresh();
    return progress;
  }

  /** @returns {AsyncGenerator<Progress>} */
  async *[Symbol.asyncIterator]() {
    while (this.index < this.steps) yield await this.step();
  }

  /**
   * Runs to the end or to pause(), in the worker: a hidden tab does not stop it.
   *
   * @param {object} [options]
   * @param {AbortSignal} [options.signal]
   * @param {number} [options.stepMs] a step takes at least so many milliseconds
   * @param {(progress: Progress) => void} [options.onProgress] at most 30 times a second
   * @param {(frame: {index: number, timestep: number, x: Uint8Array, x0: Uint8Array}, painted: () => void) => void}
   *   [options.onFrame] gets pixels as frame() gives them; the next ones come after painted()
   * @returns {Promise<Progress>} with done or paused true
   */
  async run({ signal, stepMs = 0, onProgress, onFrame } = {}) {
    const onEvent = async ({ type, ...event }, painted) => {
      if (type === "frame") return onFrame?.(event, painted);
      this.index = event.index;
      if (event.left) await this.#refresh();
      onProgress?.(event);
    };
    const args = { chain: this.#chain, stepMs, frames: Boolean(onFrame) };
    const last = await this.#client.call("run", args, { signal, onEvent });
    this.index = last.index;
    return last;
  }

  /** Makes run() resolve after the step under way. */
  pause() {
    return this.#client.call("pause", { chain: this.#chain });
  }

  /**
   * The pixels as they are now.
   *
   * @param {"x"|"x0"} [which] the chain's state, or the model's estimate of the finished picture
   * @returns {Promise<Uint8Array>} RGBA, count x height x width x 4
   */
  frame(which = "x") {
    return this.#client.call("frame", { chain: this.#chain, which });
  }

  /** As frame, one ImageData a picture. @returns {Promise<ImageData[]>} */
  async pictures(which = "x") {
    const pixels = new Uint8ClampedArray(await this.frame(which));
    const size = this.width * this.height * 4;
    return Array.from({ length: this.count }, (_, i) => {
      return new ImageData(pixels.slice(i * size, (i + 1) * size), this.width, this.height);
    });
  }

  /**
   * A second chain with the same past, whose noise from here on comes from another seed.
   *
   * @param {number|string} seed
   * @returns {Promise<Chain>}
   */
  async fork(seed) {
    return new Chain(this.#client, await this.#client.call("fork", { chain: this.#chain, seed }), this.#refresh);
  }

  /** Gives its storage back. */
  release() {
    return this.#client.call("release", { chain: this.#chain });
  }
}
