// A loaded model in the worker: the core's session, its chains, and one call at a time.

import { Crew } from "./crew.js";
import { downloadPack } from "./download.js";
import { makeError } from "./errors.js";
import { forgetPack, keepPack, keptPack } from "./store.js";

/**
 * Reads a pack: from memory, from the browser's storage, or from the network.
 *
 * @param {{url?: string, bytes?: Uint8Array}} source
 * @param {{signal: AbortSignal, onProgress: Function}} options
 * @returns {Promise<{bytes: Uint8Array, from: "memory"|"storage"|"network", storageProblem: string}>}
 */
async function readPack({ url, bytes }, options) {
  if (bytes) return { bytes, from: "memory", storageProblem: "" };
  const kept = await keptPack(url);
  if (kept) return { bytes: kept, from: "storage", storageProblem: "" };
  return { bytes: await downloadPack(url, options), from: "network", storageProblem: "" };
}

/** One model on one engine. */
export class Session {
  #core;
  #handle;
  #queue = Promise.resolve();
  #crew;
  /** What the core and the pack's way here say; see Info in unnoise.js. */
  info;

  constructor(core) {
    this.#core = core;
  }

  /** Loads a pack; see readPack. A pack that was kept and turns out damaged is fetched once more. */
  async open(source, engine, options) {
    let pack = await readPack(source, options);
    options.onProgress({ type: "check" });
    try {
      await this.#openCore(pack.bytes, engine);
    } catch (error) {
      if (pack.from !== "storage" || error.name !== "PackError") throw error;
      await forgetPack(source.url);
      pack = await readPack(source, options);
      await this.#openCore(pack.bytes, engine);
    }
    if (pack.from === "network") pack.storageProblem = await keepPack(source.url, pack.bytes);
    this.#crew = new Crew(pack.bytes);
    this.info.pack = { bytes: pack.bytes.length, from: pack.from, storageProblem: pack.storageProblem };
  }

  async #openCore(bytes, engine) {
    const { session, ...info } = await this.#core.open(bytes, { engine });
    this.#handle = session;
    this.info = info;
  }

  /** Calls fn(core, handle) when all earlier calls have ended: the core does one thing at a time. */
  exclusive(fn) {
    const result = this.#queue.then(() => fn(this.#core, this.#handle));
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Starts a chain; options are those of the core's chain(). On the CPU several workers share its pictures. */
  async startChain(options) {
    const startHere = async (part) => new Chain(this, await this.exclusive((core, handle) => core.chain(handle, part)));
    const alone = this.info.engine.engine !== "cpu" || !(options.count > 1);
    // A part that has a first picture has been shared out already.
    if (alone || "first" in options) return startHere(options);
    const chain = await this.#crew.startChain(options, startHere);
    this.info = { ...this.info, workers: this.#crew.workers };
    return chain;
  }

  /** Notes that the core has left an engine, as a step's reply tells. */
  changeEngine({ engine, dropped }) {
    this.info = { ...this.info, engine, dropped };
  }

  /** Codes a picture {rgba, width, height} of the model's size: {bytes, bits, bound, rmse}. */
  encode(picture, options) {
    return this.exclusive((core, handle) => core.encode(handle, picture, options));
  }

  /** Decodes a coded picture: {rgba, width, height, share, level}. */
  decode(bytes, options) {
    return this.exclusive((core, handle) => core.decode(handle, bytes, options));
  }

  /** The variational bound of a picture {rgba, width, height} of the model's size. */
  nll(picture, options) {
    return this.exclusive((core, handle) => core.nll(handle, picture, options));
  }

  /** Checks cases on this model's engine; bytes in and out are .safetensors files. */
  evalCases(bytes) {
    return this.exclusive((core, handle) => core.evalCases(handle, bytes));
  }
}

/** A chain of the core. Where a GPU is lost, the core goes on elsewhere by itself, from a step that may lie back. */
class Chain {
  #session;
  #handle;

  constructor(session, { chain, ...shape }) {
    this.#session = session;
    this.#handle = chain;
    /** What the core says of it: index, steps, count, width, height. */
    this.shape = shape;
  }

  /** One step back towards the picture: {index, steps, timestep, done}, with engine and dropped where the core left one. */
  async step() {
    const { engine, dropped, ...state } = await this.#session.exclusive((core) => core.step(this.#handle));
    if (!engine) return state;
    this.#session.changeEngine({ engine, dropped });
    return { ...state, left: dropped.at(-1) };
  }

  /** Pixels of the chain's state ("x") or of the estimate of its end ("x0"), RGBA. */
  frame(which) {
    return this.#session.exclusive((core) => core.frame(this.#handle, which));
  }

  /** A chain with the same past whose future noise comes from another seed. */
  async fork(seed) {
    return new Chain(this.#session, await this.#session.exclusive((core) => core.fork(this.#handle, { seed })));
  }

  /** Takes its storage back. */
  release() {
    return this.#session.exclusive((core) => core.releaseChain(this.#handle));
  }
}

/** A table of things that messages name by number. */
export class Handles {
  #items = new Map();
  #last = 0;

  add(item) {
    this.#items.set(++this.#last, item);
    return this.#last;
  }

  get(number) {
    const item = this.#items.get(number);
    if (!item) throw makeError("UsageError", "This chain was released, or its sampler closed.");
    return item;
  }

  delete(number) {
    this.#items.delete(number);
  }
}
