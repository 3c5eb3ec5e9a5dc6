// What has to be known of a pack before the core reads it: its length and the hashes of its pieces. The layout is FORMAT.md's: 8 bytes
// of little-endian length, a JSON header, data.

import { makeError } from "./errors.js";

// A header holds names and shapes; no network has a hundred megabytes of them.
const maxHeader = 100 * 2 ** 20;

/**
 * Where a pack's data is and how its pieces hash.
 *
 * @typedef {object} Layout
 * @property {number} start first byte of the data
 * @property {number} total length of the whole file in bytes
 * @property {number} chunk length of a hashed piece in bytes; 0 where the header has no hashes
 * @property {string[]} sha256 hashes of the pieces, in hexadecimal
 */

/**
 * Reads the header from the first bytes of a file.
 *
 * @param {Uint8Array} bytes
 * @returns {Layout|null} null: more bytes are needed
 * @throws {Error} PackError where this cannot become a pack
 */
export function readLayout(bytes) {
  if (bytes.length < 8) return null;
  const length = headerLength(bytes);
  if (bytes.length < 8 + length) return null;
  const header = parse(bytes.subarray(8, 8 + length));
  const chunks = parseChunks(header.__metadata__?.chunks);
  return { start: 8 + length, total: 8 + length + dataLength(header), ...chunks };
}

function headerLength(bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maxHeader) throw notAPack("it does not start with a header's length");
  return length;
}

function parse(bytes) {
  try {
    const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (header && typeof header === "object") return header;
  } catch {
    // Said below.
  }
  throw notAPack("its header is no JSON object");
}

function dataLength(header) {
  let end = 0;
  for (const [name, tensor] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const last = tensor?.data_offsets?.[1];
    if (!Number.isSafeInteger(last) || last < 0) throw notAPack(`tensor ${JSON.stringify(name)} has no place in it`);
    end = Math.max(end, last);
  }
  return end;
}

// Missing or strange hashes are left to the core, which checks every file once more and knows what to say.
function parseChunks(text) {
  try {
    const { size, sha256 } = JSON.parse(text);
    if (Number.isSafeInteger(size) && size > 0 && Array.isArray(sha256)) return { chunk: size, sha256 };
  } catch {
    // No hashes.
  }
  return { chunk: 0, sha256: [] };
}

function notAPack(why) {
  return makeError("PackError", `This file is no model pack: ${why}. Make one with the convert command.`);
}

/**
 * Reads the header of a whole file.
 *
 * @param {Blob} blob
 * @returns {Promise<Layout|null>} null where it is none of a pack: the core says more of it
 */
export async function layoutOf(blob) {
  const bytes = async (end) => new Uint8Array(await blob.slice(0, end).arrayBuffer());
  try {
    const layout = readLayout(await bytes(8 + headerLength(await bytes(8))));
    return layout?.total === blob.size ? layout : null;
  } catch {
    return null;
  }
}

/** A hash in hexadecimal. @param {BufferSource} bytes */
export async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
