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
   * @param {object} options those of the core's chain()
   * @param {(options: object) => Promise<object>} startHere starts a part in this worker
   */
  async startChain(options, startHere) {
    const wanted = this.#bytes ? Math.min(mostWorkers, navigator.hardwareConcurrency ?? 1) : 1;
    await this.#hire(shares(options.count, wanted).length - 1);
    const [here, ...rest] = shares(options.count, this.workers);
    const labelsOf = ({ first, count }) => options.labels && { labels: options.labels.slice(first, first + count) };
    const part = (share) => ({ ...options, ...share, ...labelsOf(share) });
    if (!rest.length) return startHere(options);
    const there = rest.map((share, i) => startThere(this.#helpers[i], part(share)));
    return new SharedChain(await Promise.all([startHere(part(here)), ...there]));
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
  const client = new Client();
  try {
    await client.call("open", { source: { bytes }, engine: "cpu" }, { transfer: [bytes.buffer] });
    return client;
  } catch (error) {
    client.end(error);
    throw error;
  }
}

async function startThere(client, options) {
  return new ChainThere(client, await client.call("chain", options));
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

  step() {
    return this.#client.call("step", { chain: this.#chain });
  }

  frame(which) {
    return this.#client.call("frame", { chain: this.#chain, which });
  }

  async fork(seed) {
    return new ChainThere(this.#client, await this.#client.call("fork", { chain: this.#chain, seed }));
  }

  release() {
    return this.#client.call("release", { chain: this.#chain });
  }
}

/** A chain in parts that go on together; the same to its user as one that is whole. */
class SharedChain {
  #parts;

  constructor(parts) {
    this.#parts = parts;
    const count = parts.reduce((sum, { shape }) => sum + shape.count, 0);
    this.shape = { ...parts[0].shape, count };
  }

  #all(fn) {
    return Promise.all(this.#parts.map(fn));
  }

  async step() {
    const [progress] = await this.#all((part) => part.step());
    return progress;
  }

  async frame(which) {
    const frames = await this.#all((part) => part.frame(which));
    const whole = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const frame of frames) {
      whole.set(frame, at);
      at += frame.length;
    }
    return whole;
  }

  async fork(seed) {
    return new SharedChain(await this.#all((part) => part.fork(seed)));
  }

  release() {
    return this.#all((part) => part.release());
  }
}
