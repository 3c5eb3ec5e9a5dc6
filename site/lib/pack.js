// A pack as the core reads it, also while it still arrives: any range of bytes, when the pieces that it touches are there and match
// their hashes. The pieces are Blobs, which browsers keep outside the worker's memory or on disk.

import { makeError } from "./errors.js";
import { layoutOf, sha256 } from "./header.js";

// The length of a piece where the header tells none.
const plainPiece = 2 ** 20;

/** One pack. Piece 0 is the header, with the length before it; the others are those that the header has hashes of. */
export class Pack {
  #layout;
  /** @type {Blob[]} */
  #blobs = [];
  /** Pieces known to match their hashes. @type {Set<number>} */
  #sound = new Set();
  /** A reader goes from front to back. @type {{index: number, bytes: Uint8Array|null}} */
  #last = { index: -1, bytes: null };
  /** @type {(value?: void) => void} */
  #wake = () => {};
  /** @type {Promise<void>|null} */
  #news = null;

  /**
   * @param {{size: number, layout: import("./header.js").Layout|null, from: "memory"|"storage"|"network"}} about layout: null where
   *   the file has no header that could be read, which the core then says
   */
  constructor({ size, layout, from }) {
    this.size = size;
    this.#layout = layout ?? { start: 0, chunk: 0, sha256: [] };
    this.from = from;
    /** Why the browser does not keep it; "" where it does, or was not asked to. */
    this.storageProblem = "";
    /** Why no more pieces will come; null: they will, or all are there. */
    this.problem = null;
    /** Settles when all pieces have come, or none will any more. */
    this.whole = Promise.resolve();
    /** Ends a download. */
    this.cancel = () => {};
  }

  /** A pack that is there already. @param {Blob} blob @param {"memory"|"storage"} from */
  static async of(blob, from) {
    const pack = new Pack({ size: blob.size, layout: await layoutOf(blob), from });
    pack.moveTo(blob);
    return pack;
  }

  /** Whether pieces are compared with their hashes here. If not, on pages without https, the core does it. */
  get checked() {
    return Boolean(globalThis.crypto?.subtle && this.#layout.chunk);
  }

  /** How many pieces there are. */
  get pieces() {
    return 1 + Math.ceil((this.size - this.#layout.start) / this.#step);
  }

  get #step() {
    return this.#layout.chunk || plainPiece;
  }

  /** Where a piece lies. @returns {[number, number]} first byte, and the one behind the last */
  range(index) {
    const { start } = this.#layout;
    if (index === 0) return [0, start];
    return [start + (index - 1) * this.#step, Math.min(start + index * this.#step, this.size)];
  }

  #pieceAt(byte) {
    const { start } = this.#layout;
    return byte < start ? 0 : 1 + Math.floor((byte - start) / this.#step);
  }

  /** Reads the pieces from this blob, which is the whole file, and holds on to no others. */
  moveTo(blob) {
    this.#blobs = Array.from({ length: this.pieces }, (_, i) => blob.slice(...this.range(i)));
    this.#sound.clear();
  }

  /** The whole file, without a copy. */
  blob() {
    return new Blob(this.#blobs);
  }

  has(index) {
    return index in this.#blobs;
  }

  /** Takes a piece that has arrived. @returns {Promise<boolean>} whether it matches its hash; if not it is not taken */
  async take(index, bytes) {
    if (!(await this.#matches(index, bytes))) return false;
    this.#sound.add(index);
    this.#blobs[index] = await outside(bytes);
    this.#tell();
    return true;
  }

  /** No more pieces will come. */
  fail(problem) {
    this.problem = problem;
    this.#tell();
  }

  #tell() {
    this.#news = null;
    this.#wake();
  }

  /** Bytes from start on, up to end, when they have arrived. @returns {Promise<Uint8Array>} */
  async read(start, end) {
    const bytes = new Uint8Array(end - start);
    for (let at = start; at < end; ) {
      const index = this.#pieceAt(at);
      const [first, behind] = this.range(index);
      const part = (await this.#piece(index)).subarray(at - first, Math.min(end, behind) - first);
      bytes.set(part, at - start);
      at = Math.min(end, behind);
    }
    return bytes;
  }

  async #piece(index) {
    if (this.#last.index === index) return this.#last.bytes;
    await this.#arrival(index);
    const bytes = new Uint8Array(await this.#blobs[index].arrayBuffer());
    if (!this.#sound.has(index) && !(await this.#matches(index, bytes))) {
      throw makeError(
        "PackError",
        `The file is damaged: wrong bytes after byte ${this.range(index)[0]}. Fetch it again.`,
      );
    }
    this.#sound.add(index);
    this.#last = { index, bytes };
    return bytes;
  }

  async #arrival(index) {
    while (!this.has(index)) {
      if (this.problem) throw this.problem;
      this.#news ??= new Promise((resolve) => {
        this.#wake = resolve;
      });
      await this.#news;
    }
  }

  /** The header has a hash of its own, which the core looks at. */
  async #matches(index, bytes) {
    return index === 0 || !this.checked || (await sha256(bytes)) === this.#layout.sha256[index - 1];
  }

  /** Lets go of what was read last. */
  rest() {
    this.#last = { index: -1, bytes: null };
  }
}

/** A Blob of bytes. Firefox puts that of a Response on disk, one that is made of bytes into memory. */
function outside(bytes) {
  return new Response(bytes).blob();
}
