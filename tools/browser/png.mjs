// Reads the PNG files that our own tools write: 8 bits, grey, RGB or RGBA, not interlaced.

import { inflateSync } from "node:zlib";

const channelsOf = { 0: 1, 2: 3, 6: 4 };

/**
 * Decodes a file.
 *
 * @param {Buffer} file
 * @returns {{width: number, height: number, rgba: Uint8Array}}
 * @throws {Error} for any other kind of PNG
 */
export function decodePNG(file) {
  const { width, height, channels, data } = readChunks(file);
  const lines = unfilter(inflateSync(data), height, width * channels, channels);
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < Math.max(3, channels); c++) rgba[4 * i + c] = lines[i * channels + (channels === 1 ? 0 : c)];
  }
  return { width, height, rgba };
}

function readChunks(file) {
  const parts = [];
  let head;
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString("latin1", at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") head = readHead(body);
    if (type === "IDAT") parts.push(body);
    at += 12 + length;
  }
  return { ...head, data: Buffer.concat(parts) };
}

function readHead(body) {
  const channels = channelsOf[body[9]];
  if (body[8] !== 8 || !channels || body[12] !== 0) throw new Error("not a PNG of 8 bits, grey, RGB or RGBA");
  return { width: body.readUInt32BE(0), height: body.readUInt32BE(4), channels };
}

/** Undoes the five filters of PNG (specification, section 9). */
function unfilter(raw, height, stride, channels) {
  const out = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x >= channels ? out[y * stride + x - channels] : 0;
      const up = y > 0 ? out[(y - 1) * stride + x] : 0;
      const corner = x >= channels && y > 0 ? out[(y - 1) * stride + x - channels] : 0;
      out[y * stride + x] = raw[y * (stride + 1) + 1 + x] + predict(filter, left, up, corner);
    }
  }
  return out;
}

function predict(filter, left, up, corner) {
  if (filter < 4) return [0, left, up, (left + up) >> 1][filter];
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
