// Chains under way, kept by the browser so that a page that is left or reloaded can go on with its own. Each tab keeps one, the last; storage that is
// refused or full costs only that.

const cacheName = "unnoise-chains";

// A tab that was closed does not come back: what it kept goes after a day.
const mostAge = 24 * 3600 * 1000;

// The tab's name, which lasts as long as the tab does.
const tabKey = "unnoise-tab";

/** @import { KeptChain } from "./types.js" */

/** The name of this tab; it outlasts reloads. @returns {string} */
export function tabName() {
  try {
    const known = sessionStorage.getItem(tabKey);
    if (known) return known;
    const name = Math.random().toString(36).slice(2, 12);
    sessionStorage.setItem(tabKey, name);
    return name;
  } catch {
    return "tab";
  }
}

// The Cache API keeps replies to addresses; nobody is asked for these.
const address = (name) => new URL(`/unnoise-kept-chain/${encodeURIComponent(name)}`, globalThis.location.href).href;

/**
 * Keeps a chain's state in place of the one before.
 *
 * @param {string} name
 * @param {object} about goes with it, as JSON
 * @param {Uint8Array} bytes
 */
export async function keepState(name, about, bytes) {
  const cache = await caches.open(cacheName);
  await forgetOld(cache);
  const text = new TextEncoder().encode(JSON.stringify({ ...about, time: Date.now() }));
  const length = new Uint8Array(new Uint32Array([text.length]).buffer);
  await cache.put(address(name), new Response(new Blob([length, text, /** @type {BlobPart} */ (bytes)])));
}

async function forgetOld(cache) {
  for (const request of await cache.keys()) {
    const kept = await read(await cache.match(request)).catch(() => null);
    if (!kept || Date.now() - kept.time > mostAge) await cache.delete(request);
  }
}

async function read(response) {
  const body = new Uint8Array(await response.arrayBuffer());
  const [length] = new Uint32Array(body.slice(0, 4).buffer);
  return { ...JSON.parse(new TextDecoder().decode(body.subarray(4, 4 + length))), bytes: body.slice(4 + length) };
}

/**
 * The chain that this tab was running with `keep` when it was left or reloaded. Sampler.resume goes on with its bytes.
 *
 * @param {string} [name] of the tab; this one's unless told
 * @returns {Promise<KeptChain|null>} null where there is none
 * @example
 * const kept = await keptChain();
 * show(kept ? `step ${kept.index} of ${kept.steps}` : "nothing was interrupted");
 */
export async function keptChain(name = tabName()) {
  try {
    const response = await (await caches.open(cacheName)).match(address(name));
    return response ? await read(response) : null;
  } catch {
    return null;
  }
}

/**
 * Forgets what keptChain gives.
 *
 * @param {string} [name] of the tab; this one's unless told
 * @returns {Promise<void>}
 * @example
 * await forgetChain();
 * show((await keptChain()) === null);
 */
export async function forgetChain(name = tabName()) {
  try {
    await (await caches.open(cacheName)).delete(address(name));
  } catch {
    // What cannot be opened keeps nothing.
  }
}

// So often a state is kept, at most; and no more than this part of the time goes into it.
const keepEvery = 500;
const mostPart = 1 / 20;

/** Keeps a chain's state while it runs. */
export class Keeper {
  #chain;
  #options;
  #next = 0;

  /**
   * @param {{save: () => Promise<Uint8Array>}} chain
   * @param {{name: string, about: object}|undefined} options undefined: nothing is kept
   */
  constructor(chain, options) {
    this.#chain = chain;
    this.#options = options;
  }

  /** Keeps the state after a step, where it is time to or it is the last before a pause. */
  async stepped(state, paused) {
    if (!this.#options) return;
    const start = performance.now();
    if (state.done) return this.forget();
    if (start < this.#next && !paused) return;
    const { name, about } = this.#options;
    try {
      await keepState(name, { ...about, index: state.index, steps: state.steps }, await this.#chain.save());
    } catch {
      // It is a convenience: drawing goes on without.
    }
    const took = performance.now() - start;
    this.#next = start + Math.max(keepEvery, took / mostPart);
  }

  /** The chain came to its end, or was given up. */
  async forget() {
    if (this.#options) await forgetChain(this.#options.name);
  }
}
