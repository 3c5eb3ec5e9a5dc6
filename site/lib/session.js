// A loaded model in the worker: the core's session, the ladder from a lost GPU to the CPU, and one call at a time.

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
  #pack;
  #queue = Promise.resolve();
  #chains = new Set();
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
    this.#pack = { bytes: pack.bytes, engine };
    this.info.pack = { bytes: pack.bytes.length, from: pack.from, storageProblem: pack.storageProblem };
  }

  async #openCore(bytes, engine) {
    const { session, ...info } = await this.#core.open(bytes, { engine });
    this.#handle = session;
    this.info = { ...this.info, ...info, dropped: [...(this.info?.dropped ?? []), ...info.dropped] };
  }

  /** Calls fn(core, handle) when all earlier calls have ended: the core does one thing at a time. */
  exclusive(fn) {
    const result = this.#queue.then(() => fn(this.#core, this.#handle));
    this.#queue = result.catch(() => {});
    return result;
  }

  /** Starts a chain; see Chain. */
  async startChain(options) {
    const chain = new Chain(this, options);
    await this.exclusive((core, handle) => chain.rebuild(core, handle));
    this.#chains.add(chain);
    return chain;
  }

  /** Takes the chain's storage back. */
  releaseChain(chain) {
    this.#chains.delete(chain);
    return this.exclusive((core) => core.releaseChain(chain.handle));
  }

  /**
   * Goes on without a lost GPU: opens the pack again on the CPU and takes every chain to where it was. Noise is made from
   * the seed and the step alone, so the pictures stay the same.
   *
   * @throws the error itself where the engine was named: it never falls back
   */
  async leaveDevice(error) {
    if (error.name !== "DeviceLostError" || this.#pack.engine !== "auto") throw error;
    await this.exclusive(async (core, handle) => {
      await core.close(handle);
      this.info = { ...this.info, dropped: [...this.info.dropped, { engine: "webgpu", reason: error.message }] };
      await this.#openCore(this.#pack.bytes, "cpu");
      for (const chain of this.#chains) await chain.rebuild(core, this.#handle);
    });
  }

  /** Ends the session; its chains become useless. */
  close() {
    return this.exclusive((core, handle) => core.close(handle));
  }

  /** Checks cases on this session's engine; bytes in and out are .safetensors files. */
  evalCases(bytes) {
    return this.exclusive((core, handle) => core.evalCases(handle, bytes));
  }
}

/** A chain and all that is needed to make it again. */
class Chain {
  #session;
  /** The core's number for it. */
  handle = 0;
  /** Steps done. */
  index = 0;

  /**
   * @param {Session} session
   * @param {object} options for the core's chain(); a fork has {...options of its parent, forks}
   * @param {{index: number, seed: number|string}[]} options.forks where it was forked from its parents, oldest first
   */
  constructor(session, { forks = [], ...options }) {
    this.#session = session;
    this.options = options;
    this.forks = forks;
  }

  /** Makes the chain in the core and takes it to its index. Called by the session, within exclusive. */
  async rebuild(core, handle) {
    const { chain, ...shape } = await core.chain(handle, this.options);
    this.handle = chain;
    this.shape = shape;
    let at = 0;
    for (const { index, seed } of this.forks) {
      for (; at < index; at++) await core.step(this.handle);
      const parent = this.handle;
      this.handle = (await core.fork(parent, { seed })).chain;
      await core.releaseChain(parent);
    }
    for (; at < this.index; at++) await core.step(this.handle);
  }

  /** One step back towards the picture. */
  step() {
    return this.#call(async (core) => {
      const state = await core.step(this.handle);
      this.index = state.index;
      return state;
    });
  }

  /** Pixels of the chain's state ("x") or of the estimate of its end ("x0"), RGBA. */
  frame(which) {
    return this.#call((core) => core.frame(this.handle, which));
  }

  /** A chain with the same past whose future noise comes from another seed. */
  async fork(seed) {
    const forks = [...this.forks, { index: this.index, seed }];
    const fork = await this.#session.startChain({ ...this.options, forks });
    fork.index = this.index;
    return fork;
  }

  /** Calls fn(core), once more where the GPU was lost in it and the CPU took over. */
  async #call(fn) {
    try {
      return await this.#session.exclusive(fn);
    } catch (error) {
      await this.#session.leaveDevice(error);
      return this.#session.exclusive(fn);
    }
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
