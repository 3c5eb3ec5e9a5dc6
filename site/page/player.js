// What is loaded and what is drawn: one model on one engine, and a chain with its forks, one of which goes on at a time.

import { createSampler } from "./library.js";
import { Track } from "./sample/tracks.js";

/** @import { Frame, OpenProgress, Progress, Sampler } from "../lib/unnoise.js" */
/** @import { Settings } from "./sample/settings.js" */

/**
 * "empty" nothing is loaded; "loading"; "ready"; "running"; "rewinding" a step that lies back is done again, for a fork;
 * "paused"; "finished"; "cancelled"; "failed" in mid-chain.
 * @typedef {"empty"|"loading"|"ready"|"running"|"rewinding"|"paused"|"finished"|"cancelled"|"failed"} State
 */

/**
 * Who hears what the player does. onFrame: painted() asks for the next frame.
 *
 * @typedef {object} Listener
 * @property {(state: State) => void} onState
 * @property {(progress: OpenProgress) => void} onLoad
 * @property {(tracks: Track[], active: Track|null) => void} onTracks
 * @property {(progress: Progress, track: Track) => void} onProgress
 * @property {(frame: Frame, painted: () => void, track: Track) => void} onFrame
 * @property {(sampler: Sampler) => void} onSampler
 */

// A slow chain is drawn in about five seconds, however many steps it has.
const slowSeconds = 5;
// More forks than anybody can follow, or a small GPU can hold.
const mostTracks = 6;

/** The player behind the buttons. Its methods reject with the library's errors, but never with AbortError. */
export class Player {
  /** @type {State} */
  state = "empty";
  #listener;
  /** @type {Sampler|null} */
  #sampler = null;
  /** @type {Track[]} */
  #tracks = [];
  /** @type {Track|null} */
  #active = null;
  #last = 0;
  /** @type {AbortController|null} */
  #loading = null;
  /** @type {{controller: AbortController, ended: Promise<void>}|null} */
  #running = null;
  #turn = Promise.resolve(); // settled when no chain is being made

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /** What the library says of model and engine; null where nothing is loaded. */
  get info() {
    return this.#sampler?.info ?? null;
  }

  /** The library's sampler; null where nothing is loaded. */
  get sampler() {
    return this.#sampler;
  }

  /** The chain that is seen; null before the first. @returns {Track|null} */
  get track() {
    return this.#active;
  }

  get tracks() {
    return this.#tracks;
  }

  /** @param {State} state */
  #set(state) {
    this.state = state;
    if (this.#active && state !== "loading") this.#active.state = state;
    this.#listener.onState(state);
  }

  #tell() {
    this.#listener.onTracks(this.#tracks, this.#active);
  }

  /**
   * Loads a model in place of the one there is, which stays where the new one fails.
   *
   * @param {string|File} model
   * @param {"auto"|"webgpu"|"cpu"} engine
   * @returns {Promise<boolean>} false: stopped, or overtaken by another load
   */
  async load(model, engine) {
    this.#loading?.abort();
    this.#running?.controller.abort();
    if (["running", "rewinding"].includes(this.#active?.state)) this.#active.state = "cancelled";
    const loading = new AbortController();
    this.#loading = loading;
    this.#set("loading");
    try {
      const { onLoad: onProgress } = this.#listener;
      const sampler = await createSampler({ model, engine, signal: loading.signal, onProgress });
      this.#replace(sampler);
      this.#loading = null;
      this.#set("ready");
      this.#listener.onSampler(sampler);
      return true;
    } catch (error) {
      if (this.#loading !== loading) return false;
      this.#loading = null;
      // What was drawn is there still.
      this.#set(this.#active?.state ?? (this.#sampler ? "ready" : "empty"));
      if (this.#active) this.#tell();
      if (error.name === "AbortError") return false;
      throw error;
    }
  }

  /** @param {Sampler} sampler */
  #replace(sampler) {
    this.#sampler?.close();
    this.#sampler = sampler;
    this.#tracks = [];
    this.#active = null;
    this.#tell();
  }

  /** Draws from the start, in place of all tracks. @param {Settings} settings */
  async draw(settings) {
    /** @type {Promise<void>} */
    let ended;
    await this.#inTurn(async () => {
      await this.#begin(settings);
      ended = this.#run();
    });
    await ended;
  }

  /**
   * Begins one chain at a time: pressed twice, the second would release the first's while that is being made.
   *
   * @param {() => Promise<void>} begin
   */
  #inTurn(begin) {
    const begun = this.#turn.then(begin);
    this.#turn = begun.catch(() => {});
    return begun;
  }

  /** Goes on to the end. */
  resume() {
    return this.#run();
  }

  /** Stops after the step under way; resume goes on. */
  async pause() {
    if (this.state === "running") await this.#active.chain.pause();
  }

  /** Does one step, the first of a new chain where none is under way. @param {Settings} settings */
  async step(settings) {
    if (this.state !== "paused") await this.#inTurn(() => this.#begin(settings));
    const track = this.#active;
    this.#set("paused");
    try {
      const progress = await this.#stepOf(track);
      if (track !== this.#active || this.state !== "paused") return;
      if (progress.done) this.#set("finished");
    } catch (error) {
      if (track === this.#active) this.#fail(error);
    }
  }

  /** @param {Track} track */
  async #stepOf(track) {
    await track.keep();
    const { chain } = track;
    const progress = await chain.step();
    const [x, x0] = [await chain.frame("x"), await chain.frame("x0")];
    if (!this.#tracks.includes(track)) return progress;
    track.progress = progress;
    this.#listener.onFrame({ x, x0, ...progress }, () => {}, track);
    this.#listener.onProgress(progress, track);
    return progress;
  }

  /** Ends loading or drawing. */
  stop() {
    if (this.#loading) return this.#loading.abort();
    this.#running?.controller.abort();
    if (["running", "paused", "rewinding"].includes(this.state)) this.#set("cancelled");
  }

  /** Shows another track, and pauses the one that runs. @param {Track} track */
  async select(track) {
    if (track === this.#active || !this.#tracks.includes(track)) return;
    await this.#halt();
    this.#active = track;
    this.#set(track.state);
    this.#tell();
  }

  /**
   * Takes a second way from a step of the track that is seen: the same past, other noise from there on.
   *
   * @param {{index: number, timestep: number}} place
   * @param {string} seed
   * @param {Settings} settings
   */
  async fork({ index, timestep }, seed, settings) {
    const parent = this.#active;
    await this.#halt();
    const { pace } = settings;
    this.#set("rewinding");
    try {
      const chain = await this.#forkedChain(parent, index, seed);
      if (!chain) return;
      const origin = { id: ++this.#last, seed, settings: { ...parent.settings, pace }, parent, from: index, timestep };
      parent.state = parent.chain.index === parent.chain.steps ? "finished" : "paused";
      await this.#add(new Track(chain, origin));
    } catch (error) {
      return this.#fail(error);
    }
    await this.#run();
  }

  /** @param {Track} parent @param {number} index @param {string} seed */
  async #forkedChain(parent, index, seed) {
    const [at, own] = await this.#chainAt(parent, index);
    // Stopped meanwhile.
    const chain = this.state === "rewinding" ? await at.fork(seed) : null;
    if (!own) await at.release();
    return chain;
  }

  /**
   * A chain that stands at a step of the track.
   *
   * @param {Track} track
   * @param {number} index
   * @returns {Promise<[Track["chain"], boolean]>} true: it is the track's own
   */
  async #chainAt(track, index) {
    if (track.chain.index === index) return [track.chain, true];
    let chain = null;
    for (const bytes of track.statesBefore(index)) {
      chain = await this.#sampler.resume(bytes);
      if (chain.index <= index) break;
      await chain.release();
      chain = null;
    }
    chain ??= await this.#sampler.chain(chainOptions(track.settings));
    while (chain.index < index && this.state === "rewinding") await chain.step();
    return [chain, false];
  }

  /**
   * Goes on with a state that was saved to a file, as a tree of its own.
   *
   * @param {Uint8Array} bytes
   * @param {Settings} settings
   */
  async open(bytes, settings) {
    const chain = await this.#sampler.resume(bytes);
    await this.#inTurn(async () => {
      await this.#clear();
      await this.#add(new Track(chain, { id: ++this.#last, seed: settings.seed, settings, from: chain.index }));
      this.#set(chain.index === chain.steps ? "finished" : "paused");
    });
  }

  async #clear() {
    this.#running?.controller.abort();
    const old = this.#tracks;
    this.#tracks = [];
    this.#active = null;
    for (const track of old) await track.chain.release().catch(() => {});
  }

  /** @param {Settings} settings */
  async #begin(settings) {
    await this.#clear();
    const chain = await this.#sampler.chain(chainOptions(settings));
    await this.#add(new Track(chain, { id: ++this.#last, seed: settings.seed, settings }));
  }

  /** Takes a track in and shows where it begins. @param {Track} track */
  async #add(track) {
    const { chain } = track;
    this.#tracks = [...this.#tracks, track];
    // The oldest fork that nothing hangs on makes room.
    const leaf = this.#tracks.find((old) => old.parent && old !== track && !this.#tracks.some((t) => t.parent === old));
    if (this.#tracks.length > mostTracks && leaf) {
      this.#tracks = this.#tracks.filter((old) => old !== leaf);
      await leaf.chain.release();
    }
    this.#active = track;
    this.#tell();
    const first = { index: chain.index, timestep: track.timestep };
    const x = await chain.frame("x");
    const x0 = chain.index ? await chain.frame("x0").catch(() => null) : null;
    this.#listener.onProgress({ ...first, steps: chain.steps, done: false }, track);
    this.#listener.onFrame({ ...first, x, x0 }, () => {}, track);
    await track.keep();
  }

  /** Pauses what runs and waits until it stands. */
  async #halt() {
    if (this.state !== "running") return;
    await this.pause();
    await this.#running?.ended;
  }

  #run() {
    const controller = new AbortController();
    const ended = this.#runTrack(this.#active, controller);
    this.#running = { controller, ended: ended.catch(() => {}) };
    return ended;
  }

  /** @param {Track} track @param {AbortController} controller */
  async #runTrack(track, { signal }) {
    const { chain, settings } = track;
    this.#set("running");
    const { onProgress, onFrame } = this.#listener;
    const options = {
      signal,
      stepMs: settings.pace === "slow" ? (slowSeconds * 1000) / chain.steps : 0,
      // So that a reload can go on.
      keep: { settings },
      onProgress: (progress) => {
        if (signal.aborted) return;
        track.progress = progress;
        // A chain that broke meanwhile says so itself.
        track.keep().catch(() => {});
        onProgress(progress, track);
      },
      onFrame: (frame, painted) => signal.aborted || onFrame(frame, painted, track),
    };
    try {
      const last = await chain.run(options);
      if (!signal.aborted) this.#set(last.done ? "finished" : "paused");
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** @param {Error} error @returns {never} */
  #fail(error) {
    this.#set("failed");
    throw error;
  }
}

/** @param {Settings} settings */
function chainOptions({ sampler, steps, eta, seed, count, labels, guidance }) {
  /** @type {import("../lib/unnoise.js").ChainOptions} */
  const options = { sampler, steps, eta: sampler === "ddim" ? eta : 0, seed, count };
  if (labels?.length)
    Object.assign(options, { labels: Array.from({ length: count }, (_, i) => labels[i % labels.length]) });
  if (labels?.length && guidance > 1) options.guidance = guidance;
  if (sampler === "heun") options.karras = true; // evenly spaced in t, few steps of it leave grain
  return options;
}
