// Fetches a pack: with progress, going on by a Range request where the connection was cut, checking every piece as it comes.

import { abortError, makeError } from "./errors.js";
import { readLayout } from "./header.js";
import { Pack } from "./pack.js";

// Attempts in a row that bring not one byte before we give up, and the wait before the first repeat in ms; each
// further one waits twice as long.
const maxFailures = 5;
const firstWait = 400;

/**
 * How far a download is.
 *
 * @typedef {object} DownloadProgress
 * @property {"download"} type
 * @property {number} bytes fetched so far
 * @property {number} total in bytes; 0 while unknown
 * @property {number} secondsLeft NaN while unknown
 * @property {boolean} waiting the connection was cut and a new attempt is due
 */

/**
 * Begins to fetch a pack.
 *
 * @param {string} url
 * @param {{signal?: AbortSignal, onProgress?: (progress: DownloadProgress) => void}} [options]
 * @returns {Promise<Pack>} when its header is there; its pieces follow, each checked
 * @throws {Error} NetworkError, PackError or AbortError: before the header here, later by the pack's reads and by its `whole`
 */
export async function fetchPack(url, { signal, onProgress = () => {} } = {}) {
  const controller = new AbortController();
  const stop = () => controller.abort();
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  const download = new Download(url, controller.signal, onProgress);
  const whole = download.run().finally(() => signal?.removeEventListener("abort", stop));
  whole.catch(() => {}); // told by the pack
  await Promise.race([download.opened, whole]);
  return Object.assign(download.pack, { whole, cancel: stop });
}

class Download {
  /** @param {string} url @param {AbortSignal} signal @param {(progress: DownloadProgress) => void} onProgress */
  constructor(url, signal, onProgress) {
    this.url = url;
    this.signal = signal;
    this.onProgress = onProgress;
    this.started = performance.now();
    /** The pack, as soon as its header is there. @type {Pack|null} */
    this.pack = null;
    /** @type {Promise<void>} */
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
    /** Pieces that came but do not match their hash. @type {Set<number>} */
    this.damaged = new Set();
    this.reset();
  }

  /** Starts at the first byte again. Pieces that are there stay: the same file will come, or readHeader says otherwise. */
  reset() {
    this.head = new Uint8Array(0);
    /** The one that is arriving. @type {{index: number, start: number, bytes: Uint8Array}|null} */
    this.piece = null;
    this.got = 0;
    this.total = 0;
    /** @type {string|null} */
    this.validator = null;
  }

  async run() {
    try {
      await this.all();
      await this.mend();
    } catch (error) {
      this.pack?.fail(error);
      throw error;
    }
  }

  /** Fetches the whole file, however often the connection is cut. */
  async all() {
    for (let failures = 0; ; ) {
      const before = this.got;
      const problem = await this.attempt();
      if (!problem) return;
      failures = this.got > before ? 1 : failures + 1;
      if (failures > maxFailures) throw makeError("NetworkError", problem);
      this.report(true);
      await pause(firstWait * 2 ** (failures - 1), this.signal);
    }
  }

  /** Fetches what is missing. Returns what went wrong where trying again may help, else null. */
  async attempt() {
    /** @type {Response} */
    let response;
    try {
      response = await this.request(this.got, "");
      const problem = this.accept(response);
      if (problem) return problem;
      await this.receive(response.body.getReader());
    } catch (error) {
      if (this.signal?.aborted) throw abortError();
      if (error.name === "PackError" || error.name === "NetworkError") throw error;
      return `The connection to ${host(this.url)} failed (${error.message}). Check the network and try again.`;
    }
    if (this.total && this.got < this.total)
      return `The file ${this.url} ends early: ${this.got} of ${this.total} bytes.`;
    return null;
  }

  request(start, end) {
    /** @type {Record<string, string>} */
    const headers = {};
    if (start > 0 || end) {
      headers.Range = `bytes=${start}-${end}`;
      if (this.validator) headers["If-Range"] = this.validator;
    }
    return fetch(this.url, { headers, signal: this.signal });
  }

  /** Looks at a reply's status and length; a problem worth another attempt is returned. @param {Response} response */
  accept(response) {
    const { status, headers } = response;
    if (status >= 500 || status === 429)
      return `${host(this.url)} answered ${status} for ${this.url}. Try again later.`;
    if (status === 416) {
      const { got, total, url } = this;
      this.reset();
      if (headers.get("Content-Range") === `bytes */${got}`) {
        throw makeError(
          "PackError",
          `The file ${url} is cut: it has ${got} of the ${total} bytes its header tells of.`,
        );
      }
      return `The file ${this.url} has changed while it was fetched.`;
    }
    if (!response.ok) {
      throw makeError("NetworkError", `There is no model at ${this.url}: the server answered ${status}.`);
    }
    if (status === 206 && rangeStart(headers) !== this.got) {
      this.reset();
      return `${host(this.url)} answered with another part of ${this.url} than was asked for.`;
    }
    if (status !== 206) this.reset();
    // A weak tag promises no equal bytes.
    const tag = headers.get("ETag");
    this.validator = tag && !tag.startsWith("W/") ? tag : headers.get("Last-Modified");
    // The length of a compressed transfer is not the file's.
    const length = headers.get("Content-Encoding") ? 0 : Number(headers.get("Content-Length"));
    if (!this.piece && length) this.total = this.got + length;
    return null;
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async receive(reader) {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      await this.append(value);
      this.report(false);
    }
    if (!this.piece)
      throw makeError("PackError", `The file ${this.url} is no model pack: it is cut within its header.`);
  }

  /** @param {Uint8Array} bytes */
  async append(bytes) {
    if (this.piece) return this.fill(bytes);
    const head = new Uint8Array(this.got + bytes.length);
    head.set(this.head);
    head.set(bytes, this.got);
    this.head = head;
    this.got = head.length;
    const layout = readLayout(head);
    if (layout) await this.begin(layout);
  }

  /** The header is there, and perhaps some bytes more. @param {import("./header.js").Layout} layout */
  async begin(layout) {
    const { head, pack } = this;
    const header = head.subarray(0, layout.start);
    if (!pack) {
      this.pack = new Pack({ size: layout.total, layout, from: "network" });
      await this.pack.take(0, header);
      this.open();
    } else if (!same(header, await pack.read(0, Math.min(layout.start, pack.size)))) {
      const changed = makeError(
        "NetworkError",
        `The file ${this.url} has changed while it was fetched. Load it again.`,
      );
      throw Object.assign(changed, { again: true });
    }
    this.head = null;
    this.total = layout.total;
    this.got = layout.start;
    this.next(1);
    await this.fill(head.subarray(layout.start));
  }

  next(index) {
    const [start, end] = this.pack.range(index);
    this.piece = { index, start, bytes: new Uint8Array(Math.max(0, end - start)) };
  }

  /** Takes bytes of the data. @param {Uint8Array} bytes */
  async fill(bytes) {
    for (let rest = bytes; rest.length; ) {
      const { index, start, bytes: piece } = this.piece;
      const part = rest.subarray(0, start + piece.length - this.got);
      if (!part.length)
        throw makeError("PackError", `The file ${this.url} is longer than its header tells, ${this.total} bytes.`);
      piece.set(part, this.got - start);
      this.got += part.length;
      rest = rest.subarray(part.length);
      if (this.got < start + piece.length) continue;
      await this.deliver(index, piece);
      this.next(index + 1);
    }
  }

  /** @param {number} index @param {Uint8Array} bytes */
  async deliver(index, bytes) {
    if (this.pack.has(index)) return;
    if (await this.pack.take(index, bytes)) this.damaged.delete(index);
    else this.damaged.add(index);
  }

  /** Fetches once more what does not match its hash. */
  async mend() {
    for (const index of [...this.damaged].sort((a, b) => a - b)) {
      const [start, end] = this.pack.range(index);
      const response = await this.request(start, end - 1);
      if (response.status === 206)
        await this.deliver(index, new Uint8Array(await response.arrayBuffer()).slice(0, end - start));
    }
    if (this.damaged.size === 0) return;
    const where = [...this.damaged].map((index) => this.pack.range(index)[0]).join(", ");
    throw makeError("PackError", `The file ${this.url} is damaged on the server: wrong bytes after byte ${where}.`);
  }

  report(waiting) {
    const seconds = (performance.now() - this.started) / 1000;
    const secondsLeft = this.total && this.got ? (seconds * (this.total - this.got)) / this.got : Number.NaN;
    this.onProgress({ type: "download", bytes: this.got, total: this.total, secondsLeft, waiting });
  }
}

function same(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function rangeStart(headers) {
  return Number(/^bytes (\d+)-/.exec(headers.get("Content-Range") ?? "")?.[1] ?? Number.NaN);
}

function host(url) {
  return new URL(url, globalThis.location?.href).host || "the server";
}

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(abortError());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
