// Fetches a pack: with progress, going on by a Range request where the connection was cut, checking every piece.

import { abortError, makeError } from "./errors.js";
import { damagedRanges, readLayout } from "./header.js";

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
 * Fetches a pack and checks its pieces.
 *
 * @param {string} url
 * @param {{signal?: AbortSignal, onProgress?: (progress: DownloadProgress) => void}} [options]
 * @returns {Promise<Uint8Array>}
 * @throws {Error} NetworkError, PackError or AbortError
 */
export async function downloadPack(url, { signal, onProgress = () => {} } = {}) {
  const download = new Download(url, signal, onProgress);
  await download.all();
  await download.mend();
  return download.bytes;
}

class Download {
  constructor(url, signal, onProgress) {
    Object.assign(this, { url, signal, onProgress, started: performance.now() });
    this.reset();
  }

  reset() {
    this.buffer = new Uint8Array(1 << 20);
    this.got = 0;
    this.total = 0;
    this.layout = null;
    this.validator = null;
  }

  get bytes() {
    return this.buffer.subarray(0, this.got);
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
    const headers = {};
    if (start > 0 || end) {
      headers.Range = `bytes=${start}-${end}`;
      if (this.validator) headers["If-Range"] = this.validator;
    }
    return fetch(this.url, { headers, signal: this.signal });
  }

  /** Looks at a reply's status and length; a problem worth another attempt is returned. */
  accept(response) {
    const { status, headers } = response;
    if (status >= 500 || status === 429)
      return `${host(this.url)} answered ${status} for ${this.url}. Try again later.`;
    if (status === 416) {
      const { got, layout, url } = this;
      this.reset();
      if (headers.get("Content-Range") === `bytes */${got}`) {
        throw makeError(
          "PackError",
          `The file ${url} is cut: it has ${got} of the ${layout?.total} bytes its header tells of.`,
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
    if (!this.layout && length) this.total = this.got + length;
    return null;
  }

  async receive(reader) {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      this.append(value);
      this.readHeader();
      this.report(false);
    }
    if (!this.layout)
      throw makeError("PackError", `The file ${this.url} is no model pack: it is cut within its header.`);
  }

  append(value) {
    if (this.got + value.length > this.buffer.length) {
      const larger = new Uint8Array(Math.max(this.total, 2 * this.buffer.length, this.got + value.length));
      larger.set(this.bytes);
      this.buffer = larger;
    }
    this.buffer.set(value, this.got);
    this.got += value.length;
  }

  readHeader() {
    if (this.layout) return;
    this.layout = readLayout(this.bytes);
    if (this.layout) this.total = this.layout.total;
  }

  /** Fetches once more what does not match its hash. */
  async mend() {
    for (const [start, end] of await damagedRanges(this.bytes, this.layout)) {
      const response = await this.request(start, end - 1);
      if (response.status === 206)
        this.buffer.set(new Uint8Array(await response.arrayBuffer()).subarray(0, end - start), start);
    }
    const bad = await damagedRanges(this.bytes, this.layout);
    if (bad.length === 0) return;
    const where = bad.map(([start]) => start).join(", ");
    throw makeError("PackError", `The file ${this.url} is damaged on the server: wrong bytes after byte ${where}.`);
  }

  report(waiting) {
    const seconds = (performance.now() - this.started) / 1000;
    const secondsLeft = this.total && this.got ? (seconds * (this.total - this.got)) / this.got : Number.NaN;
    this.onProgress({ type: "download", bytes: this.got, total: this.total, secondsLeft, waiting });
  }
}

function rangeStart(headers) {
  return Number(/^bytes (\d+)-/.exec(headers.get("Content-Range") ?? "")?.[1] ?? Number.NaN);
}

function host(url) {
  return new URL(url, globalThis.location?.href).host || "the server";
}

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
