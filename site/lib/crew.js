// Several workers for the pictures of one chain, where the CPU computes. Picture i is the same in every count, so each worker draws some
// of them with a program of its own; nothing is shared, and the page need not be isolated.

import { Client } from "./client.js";

// More would compete for memory, and a phone's slow cores would hold up the fast ones.
const mostWorkers = 8;

// Each worker holds the pack: beyond so many bytes one has to do.
const mostBytes = 64 * 1024 * 1024;

/** Cuts count pictures into parts for at most so many workers: {first, count} each, as even as can be. */
export function shares(count, workers) {
  const parts = Math.min(count, workers);
  const start = (i) => Math.floor((count * i) / parts);
  return Array.from({ length: parts }, (_, i) => ({ first: start(i), count: start(i + 1) - start(i) }));
}

/** The workers beside this one, started when they are first needed. */
export class Crew {
  #bytes;
  #helpers = [];

  /** @param {Uint8Array} bytes the pack; a large one, which is not shared out, is not held on to either */
  constructor(bytes) {
    this.#bytes = bytes.length > mostBytes ? null : bytes;
  }

  /** How many workers there are, this one included. */
  get workers() {
    return 1 + this.#helpers.length;
  }

  /**
   * Starts a chain whose pictures are drawn by as many workers as the machine has cores for.
   *
   * @param {number} count pictures
   * @param {(share: {first: number, count: number}) => Promise<object>} here starts a part in this worker
   * @param {(client: Client, share: {first: number, count: number}) => Promise<object>} there starts one in another
   * @param {(parts: Uint8Array[]) => Promise<Uint8Array>} join makes one saved state of those of the parts
   */
  async start(count, here, there, join) {
    const wanted = this.#bytes ? Math.min(mostWorkers, navigator.hardwareConcurrency ?? 1) : 1;
    await this.#hire(shares(count, wanted).length - 1);
    const [mine, ...rest] = shares(count, this.workers);
    if (!rest.length) return here(mine);
    const starting = [here(mine), ...rest.map((share, i) => there(this.#helpers[i], share))];
    const started = await Promise.allSettled(starting);
    const failed = started.find(({ status }) => status === "rejected");
    if (!failed)
      return new SharedChain(
        started.map(({ value }) => value),
        join,
      );
    for (const { value } of started) await value?.release().catch(() => {});
    throw failed.reason;
  }

  /** Starts helpers until there are so many. Where one cannot be had, those there are do the work. */
  async #hire(count) {
    const missing = Math.max(0, count - this.#helpers.length);
    const hired = Array.from({ length: missing }, () => hireOne(this.#bytes.slice()));
    for (const { status, value } of await Promise.allSettled(hired)) {
      if (status === "fulfilled") this.#helpers.push(value);
    }
  }
}

async function hireOne(bytes) {
  // This worker's own file, whatever a bundler has made of its name.
  const client = new Client(new Worker(globalThis.location.href, { type: "module" }));
  try {
    await client.call("open", { source: { bytes }, asked: { engine: "cpu" } }, { transfer: [bytes.buffer] });
    return client;
  } catch (error) {
    client.end(error);
    throw error;
  }
}

/** Starts a part of a chain in another worker: op is chain or resume. */
export async function startThere(client, op, args, signal) {
  return new ChainThere(client, await client.call(op, args, { signal }));
}

/** A part of a chain in another worker. */
class ChainThere {
  #client;
  #chain;

  constructor(client, { chain, ...shape }) {
    this.#client = client;
    this.#chain = chain;
    this.shape = shape;
  }

  #call(op, args, signal) {
    return this.#client.call(op, { chain: this.#chain, ...args }, { signal });
  }

  step(signal) {
    return this.#call("step", {}, signal);
  }

  where() {
    return this.#call("where");
  }

  frame(which) {
    return this.#call("frame", { which });
  }

  save() {
    return this.#call("save");
  }

  async fork(seed) {
    return new ChainThere(this.#client, await this.#call("fork", { seed }));
  }

  release() {
    return this.#call("release");
  }
}

/** A chain in parts that go on together; the same to its user as one that is whole. */
class SharedChain {
  #parts;
  #join;
  #uneven = false; // a step was cancelled that some parts may have done

  constructor(parts, join) {
    this.#parts = parts;
    this.#join = join;
    const count = parts.reduce((sum, { shape }) => sum + shape.count, 0);
    this.shape = { ...parts[0].shape, count };
  }

  #all(fn) {
    return Promise.all(this.#parts.map(fn));
  }

  async step(signal) {
    await this.#level(signal);
    this.#uneven = true;
    const [progress] = await this.#all((part) => part.step(signal));
    this.#uneven = false;
    return progress;
  }

  /** Brings the parts that lag to where the others are. */
  async #level(signal) {
    if (!this.#uneven) return;
    const at = (await this.#all((part) => part.where())).map(({ index }) => index);
    await this.#all((part, i) => (at[i] < Math.max(...at) ? part.step(signal) : null));
    this.#uneven = false;
  }

  async where() {
    await this.#level();
    return this.#parts[0].where();
  }

  async frame(which) {
    await this.#level();
    const frames = await this.#all((part) => part.frame(which));
    const whole = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const frame of frames) {
      whole.set(frame, at);
      at += frame.length;
    }
    return whole;
  }

  async save() {
    await this.#level();
    return this.#join(await this.#all((part) => part.save()));
  }

  async fork(seed) {
    await this.#level();
    return new SharedChain(await this.#all((part) => part.fork(seed)), this.#join);
  }

  release() {
    return this.#all((part) => part.release());
  }
}
