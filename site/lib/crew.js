// Several workers for the pictures of one chain, where the CPU computes. Picture i is the same in every count, so each worker draws some
// of them with a program of its own; nothing is shared, and the page need not be isolated. Where it is, they also share single pictures.

import { Client } from "./client.js";
import { makeError } from "./errors.js";
import { Team, teamMemory } from "./team.js";
import { Turns } from "./turns.js";
import { HiredWorker } from "./workers.js";

/** @import { Frame, Progress, Seed } from "./types.js" */

/**
 * A chain, or some of the pictures of one, in this worker or another.
 *
 * @typedef {object} Part
 * @property {{index: number, steps: number, count: number, width: number, height: number}} shape
 * @property {(signal?: AbortSignal, most?: {ms?: number, until?: number}) => Promise<Progress>} step one, or as many as begin within ms
 *   milliseconds where nothing speaks against several, up to until in all
 * @property {() => Promise<{index: number}>} where
 * @property {(which: "x"|"x0") => Promise<Uint8Array>} frame RGBA, count x height x width x 4
 * @property {() => Promise<Uint8Array>} save
 * @property {(seed: Seed) => Promise<Part>} fork
 * @property {() => Promise<unknown>} release
 */

// More would compete for memory, and a phone's slow cores would hold up the fast ones.
const mostWorkers = 8;

// For single pictures: what all workers do, and that they wait for each other, grows with their number.
const mostSharing = 4;

// Each worker holds the pack: all together no more than so many bytes.
const mostBytes = 256 * 1024 * 1024;

// So often workers that share a picture may be lost before that is given up.
const mostLosses = 3;

/** Cuts count pictures into parts for at most so many workers: {first, count} each, as even as can be. */
export function shares(count, workers) {
  const parts = Math.min(count, workers);
  const start = (i) => Math.floor((count * i) / parts);
  return Array.from({ length: parts }, (_, i) => ({ first: start(i), count: start(i + 1) - start(i) }));
}

/** A worker beside this one. */
class Helper {
  #client;
  #crew;
  #calls = 0;

  /** @param {Client} client @param {Crew} crew */
  constructor(client, crew) {
    this.#client = client;
    this.#crew = crew;
  }

  /** Whether it has no work but what this worker shares with it. */
  get free() {
    return this.#calls === 0;
  }

  /**
   * See Client.call. It may be listening for shared work, and must hear of other work.
   *
   * @type {Client["call"]}
   */
  async call(op, args, options) {
    this.#calls++;
    this.#crew.dismiss();
    try {
      return await this.#client.call(op, args, options);
    } finally {
      this.#calls--;
    }
  }

  /**
   * Has it listen for shared work. It may be about to answer that it no longer does: what it is asked meanwhile comes after that, so
   * each call is sent.
   */
  async serve() {
    try {
      await this.#client.call("serve");
    } catch {
      // It has ended; the team finds out by itself.
    }
  }

  end() {
    this.#client.end(makeError("EngineError", "A worker stopped. Draw the picture again, or reload the page."));
  }
}

/** The workers beside this one, started when they are first needed. */
export class Crew {
  #pack;
  #most;
  #room;
  #share;
  /** @type {Helper[]} */
  #helpers = [];
  #hiring = Promise.resolve();
  /** @type {Team|null} */
  #team = null;
  /** @type {Promise<void>|null} */
  #enlisting = null;
  #losses = 0;

  /**
   * @param {import("./pack.js").Pack} pack
   * @param {{threads?: number, room: () => Promise<number>, share: (team: Team, place: {part: number, of: number}) => Promise<void>}} options
   *   threads: workers at most; room: values of an exchange where single pictures are worth sharing, else 0; share: gives this worker's
   *   program its place in a team
   */
  constructor(pack, { threads, room, share }) {
    const cores = navigator.hardwareConcurrency ?? 1;
    const fit = Math.floor(mostBytes / pack.size);
    const most = (limit) => Math.max(1, Math.min(threads ?? Math.min(limit, cores), fit));
    this.#most = { pictures: most(mostWorkers), one: globalThis.crossOriginIsolated ? most(mostSharing) : 1 };
    this.#pack = pack;
    this.#room = room;
    this.#share = share;
  }

  /** How many workers there are, this one included. */
  get workers() {
    return 1 + this.#helpers.length;
  }

  /**
   * Starts a chain whose pictures are drawn by as many workers as the machine has cores for.
   *
   * @param {number} count pictures
   * @param {(share: {first: number, count: number}) => Promise<Part>} here starts a part in this worker
   * @param {(helper: Helper, share: {first: number, count: number}) => Promise<Part>} there starts one in another
   * @param {(parts: Uint8Array[]) => Promise<Uint8Array>} join makes one saved state of those of the parts
   * @returns {Promise<Part>}
   */
  async start(count, here, there, join) {
    await this.#hire(shares(count, this.#most.pictures).length - 1);
    const [mine, ...rest] = shares(count, Math.min(this.workers, this.#most.pictures));
    if (!rest.length) return here(mine);
    const starting = [here(mine), ...rest.map((share, i) => there(this.#helpers[i], share))];
    const ends = await Promise.allSettled(starting);
    const started = ends.filter((end) => end.status === "fulfilled").map(({ value }) => value);
    const failed = ends.find((end) => end.status === "rejected");
    if (!failed) return new SharedChain(started, join);
    for (const part of started) await part.release().catch(() => {});
    throw failed.reason;
  }

  /** Starts helpers until there are so many. Where one cannot be had, those there are do the work. */
  #hire(count) {
    this.#hiring = this.#hiring.then(async () => {
      const missing = Math.max(0, count - this.#helpers.length);
      const hired = Array.from({ length: missing }, () => hireOne(this.#pack.blob()));
      for (const end of await Promise.allSettled(hired)) {
        if (end.status === "fulfilled") this.#helpers.push(new Helper(end.value, this));
      }
    });
    return this.#hiring;
  }

  /** Makes a team of workers for single pictures, where memory can be shared and there is none. Work goes on meanwhile, and becomes faster. */
  async enlist() {
    if (this.#most.one < 2 || (this.#team && !this.#team.broken) || this.#losses >= mostLosses) return;
    this.#enlisting ??= this.#form().finally(() => {
      this.#enlisting = null;
    });
    await this.#enlisting;
  }

  async #form() {
    const room = await this.#room();
    if (!room) this.#most.one = 1;
    await this.#hire(this.#most.one - 1);
    const helpers = this.#helpers.slice(0, this.#most.one - 1);
    const of = helpers.length + 1;
    if (of < 2) return;
    const memory = teamMemory(room);
    await Promise.all(helpers.map((helper, i) => helper.call("join", { memory, part: i + 1, of })));
    const team = new Team(memory, 0, of, {
      free: () => helpers.every((helper) => helper.free),
      wake: (part) => helpers[part - 1].serve(),
      lost: (part) => this.#lose(helpers[part - 1]),
    });
    await this.#share(team, { part: 0, of });
    this.#team = team;
  }

  /**
   * A helper no longer answers. What it has under way fails, and another takes its place when the next chain begins.
   *
   * @param {Helper} helper
   */
  #lose(helper) {
    this.#losses++;
    this.#helpers = this.#helpers.filter((other) => other !== helper);
    helper.end();
  }

  dismiss() {
    this.#team?.dismiss();
  }
}

/** @param {Blob} blob the pack */
async function hireOne(blob) {
  const client = new Client(new HiredWorker());
  try {
    await client.call("open", { source: { blob }, asked: { engine: "cpu" } });
    return client;
  } catch (error) {
    client.end(error);
    throw error;
  }
}

/**
 * Starts a part of a chain in another worker.
 *
 * @param {Helper} helper
 * @param {"chain"|"resume"} op
 * @param {object} args
 * @param {AbortSignal} [signal]
 */
export async function startThere(helper, op, args, signal) {
  return new ChainThere(helper, await helper.call(op, args, { signal }));
}

/** A part of a chain in another worker. */
class ChainThere {
  #helper;
  #chain;

  /** @param {Helper} helper @param {{chain: number} & Part["shape"]} chain */
  constructor(helper, { chain, ...shape }) {
    this.#helper = helper;
    this.#chain = chain;
    this.shape = shape;
  }

  /** @param {string} op @param {object} [args] @param {AbortSignal} [signal] */
  #call(op, args, signal) {
    return this.#helper.call(op, { chain: this.#chain, ...args }, { signal });
  }

  /** @param {AbortSignal} [signal] */
  step(signal) {
    return this.#call("step", {}, signal);
  }

  where() {
    return this.#call("where");
  }

  /** @param {"x"|"x0"} which */
  frame(which) {
    return this.#call("frame", { which });
  }

  save() {
    return this.#call("save");
  }

  /** @param {Seed} seed */
  async fork(seed) {
    return new ChainThere(this.#helper, await this.#call("fork", { seed }));
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
  #turns = new Turns();

  /** @param {Part[]} parts @param {(states: Uint8Array[]) => Promise<Uint8Array>} join */
  constructor(parts, join) {
    this.#parts = parts;
    this.#join = join;
    const count = parts.reduce((sum, { shape }) => sum + shape.count, 0);
    this.shape = { ...parts[0].shape, count };
  }

  /** @template T @param {(part: Part, i: number) => Promise<T>|null} fn @returns {Promise<T[]>} */
  #all(fn) {
    return Promise.all(this.#parts.map(fn));
  }

  /**
   * Calls fn when earlier calls have ended and the parts are level: two that found a part behind would both take it a step on.
   *
   * @template T
   * @param {() => Promise<T>} fn
   * @param {AbortSignal} [signal]
   */
  #level(fn, signal) {
    return this.#turns.take(async () => {
      if (this.#uneven) await this.#catchUp(signal);
      return fn();
    }, signal);
  }

  /** Brings the parts that lag to where the others are. @param {AbortSignal} [signal] */
  async #catchUp(signal) {
    const at = (await this.#all((part) => part.where())).map(({ index }) => index);
    await this.#all((part, i) => (at[i] < Math.max(...at) ? part.step(signal) : null));
    this.#uneven = false;
  }

  /** @param {AbortSignal} [signal] */
  step(signal) {
    return this.#level(async () => {
      this.#uneven = true;
      const [progress] = await this.#all((part) => part.step(signal));
      this.#uneven = false;
      return progress;
    }, signal);
  }

  where() {
    return this.#level(() => this.#parts[0].where());
  }

  /** @param {"x"|"x0"} which */
  frame(which) {
    return this.#level(async () => {
      const frames = await this.#all((part) => part.frame(which));
      const whole = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const frame of frames) {
        whole.set(frame, at);
        at += frame.length;
      }
      return whole;
    });
  }

  /** @returns {Promise<Pick<Frame, "x"|"x0">>} */
  async frames() {
    const [x, x0] = await Promise.all([this.frame("x"), this.frame("x0")]); // asked for at once: no step comes between
    return { x, x0 };
  }

  save() {
    return this.#level(async () => this.#join(await this.#all((part) => part.save())));
  }

  /** @param {Seed} seed @returns {Promise<Part>} */
  fork(seed) {
    return this.#level(async () => new SharedChain(await this.#all((part) => part.fork(seed)), this.#join));
  }

  release() {
    return this.#all((part) => part.release());
  }
}
