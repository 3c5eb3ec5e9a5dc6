// A loaded model in the worker: the core's session, its chains, and one call at a time.

import { Crew, startThere } from "./crew.js";
import { fetchPack } from "./download.js";
import { makeError } from "./errors.js";
import { Pack } from "./pack.js";
import { forgetPack, keepPack, keepTunings, keptPack, keptTunings } from "./store.js";
import { joinTeam } from "./team.js";
import { Turns } from "./turns.js";

/** @import { Frame, Info, Progress, Seed } from "./types.js" */

/**
 * Opens a pack: from memory, from the browser's storage, or from the network.
 *
 * @param {{url?: string, blob?: Blob}} source
 * @param {{signal: AbortSignal, onProgress: (progress: import("./types.js").OpenProgress) => void}} options
 * @returns {Promise<Pack>} it may still be arriving
 */
async function openPack({ url, blob }, options) {
  if (blob) return Pack.of(blob, "memory");
  const kept = await keptPack(url);
  return kept ? Pack.of(kept, "storage") : fetchPack(url, options);
}

/** Keeps a pack that was fetched, and reads it from there from now on. */
async function keep(pack, url) {
  pack.storageProblem = await keepPack(url, pack.blob());
  const kept = pack.storageProblem ? null : await keptPack(url);
  if (kept?.size === pack.size) pack.moveTo(kept);
}

/** Whether another attempt may help: what was kept is damaged, and is forgotten now, or the file has changed on its way. */
async function mayMend(problem, pack, { url }) {
  if (pack.from === "storage" && problem.name === "PackError") {
    await forgetPack(url);
    return true;
  }
  return Boolean(problem.again);
}

/** One model on one engine. */
export class Session {
  #core;
  #handle;
  #turns = new Turns();
  /** @type {Crew} */
  #crew;
  #url;
  #tunings = "";
  /** What the core and the pack's way here say. @type {Info} */
  info;

  constructor(core) {
    this.#core = core;
  }

  /** Loads a pack, see openPack, as asked: {engine, precision, threads}. Where a second attempt may help, there is one. */
  async open(source, wanted, options) {
    const kept = wanted.engine === "cpu" ? "" : keptTunings();
    let pack = await openPack(source, options);
    this.#tunings = await kept;
    const asked = { ...wanted, tunings: this.#tunings };
    const problem = await this.#openCore(pack, asked, options);
    if (problem) {
      if (!(await mayMend(problem, pack, source))) throw problem;
      pack = await openPack(source, options);
      const still = await this.#openCore(pack, asked, options);
      if (still) throw still;
    }
    if (pack.from === "network") await keep(pack, source.url);
    this.#crew = this.#crewOf(pack, asked.threads);
    this.#url = source.url ?? "";
    this.info.pack = { bytes: pack.size, from: pack.from, storageProblem: pack.storageProblem };
    await this.#tuned();
  }

  /** Keeps what has been found out about GPUs since it was last kept; of one that was lost, perhaps over that, too. */
  async #tuned() {
    const tunings = await this.exclusive((core, handle) => core.tunings(handle));
    if (tunings === this.#tunings) return;
    this.#tunings = tunings;
    keepTunings(tunings); // nobody waits for it
  }

  /** @param {Pack} pack @param {number} [threads] */
  #crewOf(pack, threads) {
    return new Crew(pack, {
      threads,
      room: () => this.exclusive((core, handle) => core.room(handle)),
      share: (team, place) =>
        this.exclusive((core, handle) => {
          joinTeam(team);
          return core.share(handle, place);
        }),
    });
  }

  /** Has other workers share single pictures, from when they are there. */
  async #speedUp() {
    if (this.info.engine.engine !== "cpu") return;
    // Where it fails, this worker goes on alone, as it does until then.
    await this.#crew.enlist().catch(() => {});
    const { workers } = this.#crew;
    if (workers !== (this.info.workers ?? 1)) this.info = { ...this.info, workers };
  }

  /** Has the core read the pack, which may still be arriving: engines start, and compile, meanwhile. Returns what went wrong, or null. */
  async #openCore(pack, asked, { signal, onProgress }) {
    const arrived = pack.whole.then(() => onProgress({ type: "check" }));
    arrived.catch(() => {}); // told below
    try {
      const { session, ...info } = await this.#core.open(pack, { ...asked, signal });
      this.#handle = session;
      this.info = info;
      await arrived;
      return null;
    } catch (error) {
      pack.cancel();
      // A download that failed is why the core failed.
      return pack.problem ?? error;
    } finally {
      pack.rest();
    }
  }

  /** What the model is and where it came from, for those who want it again. */
  get source() {
    const { name, hash } = this.info.model;
    return { name, hash, url: this.#url };
  }

  /**
   * Calls fn when all earlier calls have ended: the core does one thing at a time.
   *
   * @template T
   * @param {(core: any, handle: number) => Promise<T>} fn
   * @param {AbortSignal} [signal]
   */
  exclusive(fn, signal) {
    return this.#turns.take(() => fn(this.#core, this.#handle), signal);
  }

  /** Calls an operation of the core that takes the session and other arguments, the last of them options. */
  ask(op, { signal }, ...args) {
    const options = { ...args.pop(), signal };
    return this.exclusive((core, handle) => core[op](handle, ...args, options), signal);
  }

  /** As ask, for an operation that tells how far it is: {done, total}. */
  follow(op, { signal, post }, ...args) {
    const onProgress = (progress) => post({ type: "progress", ...progress });
    this.#speedUp();
    const options = args.pop();
    return this.ask(op, { signal }, ...args, { ...options, onProgress });
  }

  /** Starts a chain; options are those of the core's chain(). On the CPU several workers share its pictures. */
  async startChain(options, signal) {
    const here = async (part) => new Chain(this, await this.ask("chain", { signal }, part));
    // A part that has a first picture has been shared out already.
    if ("first" in options) return here(options);
    const there = (client, part) => startThere(client, "chain", part, signal);
    return this.#begin(options.count, options, (share) => partOf(options, share), here, there);
  }

  /** Goes on with a saved chain, or with count pictures of one, the first of them being number from. */
  async resume({ bytes, ...part }, signal) {
    const here = async (own) => new Chain(this, await this.ask("resume", { signal }, bytes, own));
    if ("from" in part) return here(part);
    const there = (client, own) => startThere(client, "resume", { bytes, ...own }, signal);
    const { count } = await this.ask("stateShape", { signal }, bytes, {});
    return this.#begin(count, part, ({ first, count }) => ({ from: first, count }), here, there);
  }

  /** A chain of count pictures: here(whole), or where several workers share them here(cut(share)) and there(client, cut(share)). */
  async #begin(count, whole, cut, here, there) {
    if (!this.#shares(count)) {
      this.#speedUp();
      const chain = await here(whole);
      if (this.info.engine.engine === "webgpu") await this.#tuned();
      return chain;
    }
    return this.#startShared(
      count,
      (share) => here(cut(share)),
      (client, share) => there(client, cut(share)),
    );
  }

  #shares(count) {
    return this.info.engine.engine === "cpu" && count > 1;
  }

  async #startShared(count, here, there) {
    const join = (parts) => this.exclusive((core, handle) => core.join(handle, parts));
    const chain = await this.#crew.start(count, here, there, join);
    this.info = { ...this.info, workers: this.#crew.workers };
    return chain;
  }

  /** Notes that the core has left an engine, as a step's reply tells. */
  changeEngine({ engine, dropped }) {
    this.info = { ...this.info, engine, dropped };
  }
}

/** The options of some of a chain's pictures. */
function partOf(options, share) {
  const cut = (list) => list?.slice(share.first, share.first + share.count);
  const { labels, between } = options;
  return {
    ...options,
    ...share,
    ...(labels && { labels: cut(labels) }),
    ...(between && { between: { ...between, lambdas: cut(between.lambdas) } }),
  };
}

/** A chain of the core. Where a GPU is lost, the core goes on elsewhere by itself, from a step that may lie back. */
class Chain {
  #session;
  #handle;

  /** @param {Session} session @param {{chain: number} & import("./crew.js").Part["shape"]} chain */
  constructor(session, { chain, ...shape }) {
    this.#session = session;
    this.#handle = chain;
    /** What the core says of it: index, steps, count, width, height. */
    this.shape = shape;
  }

  /**
   * One step back towards the picture, or on the CPU as many as begin within so many milliseconds, up to until in all.
   *
   * @param {AbortSignal} [signal]
   * @param {{ms?: number, until?: number}} [most]
   * @returns {Promise<Progress>} with left where the core left an engine
   */
  async step(signal, { ms, until } = {}) {
    // A GPU has its own way of doing several, and pictures of each on their way.
    const most = this.#session.info.engine.engine === "cpu" ? { ms, until } : {};
    const step = (core) => core.step(this.#handle, { signal, ...most });
    const { engine, dropped, ...state } = await this.#session.exclusive(step, signal);
    if (!engine) return state;
    this.#session.changeEngine({ engine, dropped });
    return { ...state, left: dropped.at(-1) };
  }

  /** How far it is. @returns {Promise<{index: number}>} */
  where() {
    return this.#session.exclusive((core) => core.where(this.#handle));
  }

  /** Its state as a file. @returns {Promise<Uint8Array>} */
  save() {
    return this.#session.exclusive((core) => core.save(this.#handle));
  }

  /**
   * Pixels of the chain's state or of the estimate of its end.
   *
   * @param {"x"|"x0"} which
   * @returns {Promise<Uint8Array>} RGBA, count x height x width x 4
   */
  frame(which) {
    return this.#session.exclusive((core) => core.frame(this.#handle, which));
  }

  /**
   * Both on their way: the chain may go on before they are there. Rejects where the engine is lost meanwhile.
   *
   * @returns {Promise<Pick<Frame, "x"|"x0">>}
   */
  async frames() {
    const { pixels } = await this.#session.exclusive((core) => core.frames(this.#handle));
    return pixels;
  }

  /**
   * A chain with the same past whose future noise comes from another seed.
   *
   * @param {Seed} seed
   * @returns {Promise<Chain>}
   */
  async fork(seed) {
    return new Chain(this.#session, await this.#session.exclusive((core) => core.fork(this.#handle, { seed })));
  }

  /** Takes its storage back. */
  release() {
    return this.#session.exclusive((core) => core.releaseChain(this.#handle));
  }
}

/**
 * A table of things that messages name by number.
 *
 * @template Item
 */
export class Handles {
  /** @type {Map<number, Item>} */
  #items = new Map();

  /** @param {number} number @param {Item} item */
  set(number, item) {
    this.#items.set(number, item);
  }

  /** @param {number} number */
  has(number) {
    return this.#items.has(number);
  }

  /** @param {number} number @returns {Item} */
  get(number) {
    const item = this.#items.get(number);
    if (!item) throw makeError("UsageError", "This chain was released, or its sampler closed.");
    return item;
  }

  /** @param {number} number */
  delete(number) {
    this.#items.delete(number);
  }
}
