// A model on an engine, as the page has it.

import { Chain, imagesOf } from "./chain.js";
import { makeError } from "./errors.js";

/** @import { Client } from "./client.js" */
/** @import * as T from "./types.js" */

/** An ImageData as a message to the worker. */
function plain(picture) {
  if (!(picture?.data && picture.width && picture.height)) {
    throw makeError("UsageError", "A picture must be an ImageData of the model's size.");
  }
  const { data, width, height } = picture;
  return { rgba: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height };
}

/** The same options with pictures as messages. */
function plainAll(options) {
  const { picture, between } = options;
  return {
    ...options,
    ...(picture && { picture: plain(picture) }),
    ...(between?.pictures && { between: { ...between, pictures: between.pictures.map(plain) } }),
  };
}

/** The error of a sampler that was closed. */
export function closed() {
  return makeError("UsageError", "This sampler was closed.");
}

/** A model on an engine; made by createSampler. */
export class Sampler {
  #client;
  #info;

  /**
   * @internal
   * @param {Client} client
   * @param {T.Info} info
   */
  constructor(client, info) {
    this.#client = client;
    this.#info = info;
  }

  /**
   * The model, the engine, and how both were checked.
   *
   * @returns {T.Info}
   * @example
   * show(`${sampler.info.model.name}, ${sampler.info.model.parameters} parameters, on the ${sampler.info.engine.adapter}`);
   */
  get info() {
    return this.#info;
  }

  /**
   * Draws pictures.
   *
   * @param {T.ChainOptions & T.Stoppable & T.Observable} [options]
   * @returns {Promise<{pictures: ImageData[], width: number, height: number}>}
   * @example
   * const { pictures } = await sampler.sample({ sampler: "dpmpp", steps: 8, seed: 7, count: 4 });
   * show(...pictures);
   */
  async sample({ signal, onProgress, ...options } = {}) {
    const chain = await this.chain({ ...options, signal });
    try {
      await chain.run({ signal, onProgress });
      const { width, height } = chain;
      return { pictures: await chain.pictures("x", { signal }), width, height };
    } finally {
      await chain.release().catch(() => {});
    }
  }

  /**
   * Starts a chain, doing no step yet.
   *
   * @param {T.ChainOptions & T.Stoppable} [options]
   * @returns {Promise<Chain>}
   * @example
   * const chain = await sampler.chain({ steps: 8, seed: 7 });
   * for await (const { index } of chain) if (index % 2 === 0) show(...(await chain.pictures("x")));
   * await chain.release();
   */
  async chain({ signal, ...options } = {}) {
    const args = plainAll({ sampler: "ddim", steps: 50, eta: 0, seed: 0, count: 1, ...options });
    return this.#begun(await this.#client.call("chain", args, { signal }));
  }

  /**
   * Goes on with a chain that Chain.save gave, to the same picture. The model must be the same; the engine need not be.
   *
   * @param {Uint8Array} bytes
   * @param {T.Stoppable} [options]
   * @returns {Promise<Chain>}
   * @throws {import("./errors.js").StateError} for a file that is no saved chain, is damaged, or belongs to another model
   * @example
   * const chain = await sampler.chain({ sampler: "ddpm", steps: 6, seed: 7 });
   * await chain.step();
   * const later = await sampler.resume(await chain.save());
   * await later.run();
   * show(...(await later.pictures()));
   */
  async resume(bytes, { signal } = {}) {
    return this.#begun(await this.#client.call("resume", { bytes }, { signal }));
  }

  async #begun(chain) {
    await this.#refresh();
    return new Chain(this.#client, chain, () => this.#refresh());
  }

  /**
   * Draws what lies between two pictures, noised to a depth and mixed linearly (Ho et al. 2020, figures 8 and 9), or
   * between two seeds, whose noise is mixed along the great circle.
   *
   * @param {T.InterpolateOptions} options
   * @returns {Promise<{pictures: ImageData[], width: number, height: number}>} a picture for every lambda
   * @example
   * const { pictures } = await sampler.interpolate({ seeds: [7, 9], lambdas: [0, 0.25, 0.5, 0.75, 1], steps: 8 });
   * show(...pictures);
   */
  interpolate({ pictures, seeds, depth, lambdas, ...options }) {
    const between = { pictures, seeds, depth, lambdas };
    return this.sample({ ...options, between, count: lambdas?.length });
  }

  /**
   * Draws the rest of a picture of which a part is kept (RePaint, Lugmayr et al. 2022).
   *
   * @param {ImageData} picture of the model's size
   * @param {Uint8Array} mask a byte a pixel: 0 is kept, 255 is drawn
   * @param {T.ProcessOptions & T.RepaintOptions & T.Stoppable & T.Observable} [options] the sampler is one that remembers nothing: DDPM, DDIM
   *   (unless told), Euler or Euler ancestral
   * @returns {Promise<{pictures: ImageData[], width: number, height: number}>}
   * @example
   * const { pictures: [digit], width, height } = await sampler.sample({ steps: 8, seed: 7 });
   * const mask = new Uint8Array(width * height).map((_, i) => (i % width < width / 2 ? 0 : 255));
   * const { pictures } = await sampler.inpaint(digit, mask, { sampler: "ddpm", steps: 8, jump: 4, repeats: 2 });
   * show(digit, ...pictures);
   */
  inpaint(picture, mask, options = {}) {
    return this.sample({ ...options, picture, mask });
  }

  /**
   * The noise schedule, by timestep t from 0 to T-1.
   *
   * @param {T.Stoppable} [options]
   * @returns {Promise<{betas: Float64Array, alphaBars: Float64Array}>} alphaBar_t is the product of 1 - beta up to and including t
   * @example
   * const { alphaBars } = await sampler.schedule();
   * show(`alphaBar at t = 500 is ${alphaBars[500].toFixed(4)}`);
   */
  schedule({ signal } = {}) {
    return this.#client.call("schedule", {}, { signal });
  }

  /**
   * Samples q(x_t given x_0) of a picture: what the forward process makes of it (Ho et al. 2020, equation 4).
   *
   * @param {ImageData} picture of the model's size
   * @param {{timesteps: number[], seed?: T.Seed} & T.Stoppable} options timesteps from 0 to T-1; the noise of each is its own
   * @returns {Promise<ImageData[]>} x_t for each of the timesteps, as pixels
   * @example
   * const { pictures: [digit] } = await sampler.sample({ steps: 8, seed: 7 });
   * show(...(await sampler.forward(digit, { timesteps: [0, 250, 500, 999] })));
   */
  async forward(picture, { timesteps, seed = 0, signal }) {
    const args = { picture: plain(picture), timesteps, seed };
    const { rgba, width, height } = await this.#client.call("forward", args, { signal });
    return imagesOf(rgba, width, height);
  }

  /**
   * Runs the network on given inputs, for comparison with other programs.
   *
   * @param {Uint8Array} cases a .safetensors file with x.N, t.N and perhaps y.N
   * @param {T.Stoppable} [options]
   * @returns {Promise<Uint8Array>} a .safetensors file with eps.N
   * @example
   * // cases is a .safetensors file with x.0 and t.0.
   * const answers = await sampler.evalCases(cases);
   * show(`${answers.length} bytes of eps`);
   */
  evalCases(cases, { signal } = {}) {
    const bytes = cases.slice();
    return this.#client.call("evalCases", { bytes }, { signal, transfer: [bytes.buffer] });
  }

  /**
   * Codes a picture with the model in few bits.
   *
   * @param {ImageData} image of the model's size
   * @param {{blockBits?: number, label?: number} & T.Stoppable & T.Counted} [options] blockBits: bits that one index conveys, 6 to 18, 14
   *   unless told; more take less room and, for every bit, twice the time
   * @returns {Promise<{bytes: Uint8Array, bits: number, bound: number, rmse: number}>} bound: bits that no coder of these
   *   steps goes below on average; rmse: of the decoded picture, in levels of 255
   * @example
   * const { pictures: [digit] } = await sampler.sample({ steps: 8, seed: 7 });
   * const { bits, bound } = await sampler.encode(digit, { blockBits: 6 });
   * show(`${bits} bits, no less than ${Math.round(bound)}`);
   */
  encode(image, { signal, onProgress, ...options } = {}) {
    return this.#counted("encode", { picture: plain(image), ...options }, { signal, onProgress });
  }

  /**
   * Decodes a coded picture, or as much of it as there is.
   *
   * @param {Uint8Array} bytes
   * @param {{ancestral?: boolean, seed?: T.Seed} & T.Stoppable & T.Counted} [options] ancestral: finish a cut file by ancestral sampling,
   *   not by DDIM
   * @returns {Promise<{picture: ImageData, share: number, level: number}>} share: of the coded bits; level: the timestep
   *   where they ended
   * @example
   * const { pictures: [digit] } = await sampler.sample({ steps: 8, seed: 7 });
   * const { bytes } = await sampler.encode(digit, { blockBits: 6 });
   * const { picture } = await sampler.decode(bytes.subarray(0, bytes.length / 2));
   * show(digit, picture);
   */
  async decode(bytes, { signal, onProgress, ...options } = {}) {
    const decoded = await this.#counted("decode", { bytes, ...options }, { signal, onProgress });
    const { rgba, width, height, share, level } = decoded;
    return { picture: imagesOf(rgba, width, height)[0], share, level };
  }

  /**
   * Computes the variational bound of a picture.
   *
   * @param {ImageData} image of the model's size
   * @param {{draws?: number, timesteps?: number, seed?: T.Seed, label?: number} & T.Stoppable & T.Counted} [options] draws of every term, 2
   *   unless told; timesteps: estimate from so many, all unless told
   * @returns {Promise<{bitsPerDim: number, standardError: number, prior: number, terms: {t: number, bits: number,
   *   epsMSE: number, x0MSE: number}[]}>} terms and prior (L_T) add up to bitsPerDim
   * @example
   * const { pictures: [digit] } = await sampler.sample({ steps: 8, seed: 7 });
   * const { bitsPerDim } = await sampler.nll(digit, { draws: 1, timesteps: 8 });
   * show(`about ${bitsPerDim.toFixed(2)} bits per dimension`);
   */
  nll(image, { signal, onProgress, ...options } = {}) {
    return this.#counted("nll", { picture: plain(image), ...options }, { signal, onProgress });
  }

  /**
   * Tries the engine once more: every operation against its definition, and the whole network against the values stored in the pack.
   *
   * @param {T.Stoppable} [options]
   * @returns {Promise<T.SelfTest>}
   * @example
   * const { operations } = await sampler.selfTest();
   * show(`${operations.filter(({ ok }) => ok).length} of ${operations.length} operations are right`);
   */
  selfTest({ signal } = {}) {
    return this.#client.call("selfTest", {}, { signal });
  }

  /**
   * Times the network.
   *
   * @param {{steps?: number} & T.Stoppable & T.Counted} [options] steps to time; 10 unless told
   * @returns {Promise<T.Benchmark>}
   * @example
   * const { msPerStep } = await sampler.bench({ steps: 3 });
   * show(`${msPerStep.toFixed(1)} ms a step`);
   */
  async bench({ steps = 10, signal, onProgress } = {}) {
    const timed = await this.#counted("bench", { steps }, { signal, onProgress });
    await this.#refresh();
    return timed;
  }

  /**
   * Lists the operations of the network's plan, in the order they are done.
   *
   * @param {T.Stoppable} [options]
   * @returns {Promise<T.Layer[]>}
   * @example
   * const layers = await sampler.layers();
   * show(`${layers.length} operations, the first ${layers[0].name}`);
   */
  layers({ signal } = {}) {
    return this.#client.call("layers", {}, { signal });
  }

  /**
   * Looks into the network: what one of its operations writes for x_t.
   *
   * @param {{picture?: ImageData, seed?: T.Seed, timestep: number, layer: number, label?: number} & T.Stoppable} options picture: x_0,
   *   noised to the timestep as forward() does it; without it x_t is the noise of the seed. layer: an index of layers()
   * @returns {Promise<T.Activations>}
   * @example
   * const layers = await sampler.layers();
   * const first = layers.find(({ kernel }) => kernel === "conv3x3");
   * const { channels, width, height, data } = await sampler.activations({ seed: 7, timestep: 500, layer: first.index });
   * show(`${channels} pictures of ${width} x ${height}, the first value ${data[0].toFixed(3)}`);
   */
  activations({ signal, ...options }) {
    return this.#client.call("activations", plainAll(options), { signal });
  }

  #counted(op, args, { signal, onProgress }) {
    const onEvent = ({ done, total }) => onProgress?.({ done, total });
    return this.#client.call(op, args, { signal, onEvent });
  }

  /**
   * Ends the worker and all it holds.
   *
   * @returns {void}
   * @example
   * sampler.close();
   * show("closed");
   */
  close() {
    this.#client.end(closed());
  }

  /** Reads again what changes when a GPU is lost in mid-chain, or more workers are started. */
  async #refresh() {
    this.#info = await this.#client.call("info");
  }
}
