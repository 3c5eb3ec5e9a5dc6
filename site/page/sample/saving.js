// What can be taken away of a chain: the picture, a strip along the chain, a film, and the state itself.

import { download, element } from "../dom.js";
import { paintGrid } from "../pictures.js";

/** @import { Track } from "./tracks.js" */

// Columns of a strip, and frames of a film at most; the last frame stays for longer (ms).
const columns = 10;
const mostFilmFrames = 60;
const [frameDelay, lastDelay] = [60, 1500];
// A film's pixels are this many times as wide: viewers blur small pictures.
const filmWidth = 256;

/**
 * Saves the pictures that are seen.
 *
 * @param {import("./stage.js").Stage} stage
 * @param {string} name of the file, without an ending
 */
export async function savePNG(stage, name) {
  download(await stage.png(), `${name}.png`);
}

/** Saves pictures along the chain, x_t above what the model took them for. @param {Track} track @param {string} name */
export async function saveStrip(track, name) {
  const frames = spread(track.frames.all, columns);
  const shape = track.chain;
  const cell = element("canvas");
  paintGrid(cell, frames[0].x, shape);
  const strip = element("canvas", { width: cell.width * frames.length, height: cell.height * 2 });
  const context = strip.getContext("2d");
  for (const [i, { x, x0 }] of frames.entries()) {
    for (const [row, pixels] of [x, x0 ?? x].entries()) {
      paintGrid(cell, pixels, shape);
      context.drawImage(cell, i * cell.width, row * cell.height);
    }
  }
  download(await blobOf(strip), `${name}-strip.png`);
}

/** Saves what the model thought, frame after frame, as an animated GIF. @param {Track} track @param {string} name */
export async function saveGIF(track, name) {
  const { GIFEncoder, quantize, applyPalette } = await import("gifenc/dist/gifenc.esm.js");
  const frames = spread(track.frames.all, mostFilmFrames);
  const cell = element("canvas");
  const film = GIFEncoder();
  for (const [i, { x, x0 }] of frames.entries()) {
    paintGrid(cell, x0 && i < frames.length - 1 ? x0 : x, track.chain);
    const { data, width, height } = enlarged(cell);
    const palette = quantize(data, 256);
    const delay = i === frames.length - 1 ? lastDelay : frameDelay;
    film.writeFrame(applyPalette(data, palette), width, height, { palette, delay });
    // The page paints between frames.
    await new Promise((resolve) => setTimeout(resolve));
  }
  film.finish();
  download(new Blob([film.bytes()], { type: "image/gif" }), `${name}.gif`);
}

/** Saves the chain where it stands, to go on with it another day. @param {Track} track @param {string} name */
export async function saveState(track, name) {
  const bytes = await track.chain.save();
  download(new Blob([/** @type {BlobPart} */ (bytes)]), `${name}-step${track.chain.index}.unnoise`);
}

/** At most n of a list, evenly, the first and the last among them. @template T @param {T[]} list @param {number} n */
export function spread(list, n) {
  if (list.length <= n) return list;
  return Array.from({ length: n }, (_, i) => list[Math.round((i * (list.length - 1)) / (n - 1))]);
}

/** @param {HTMLCanvasElement} cell */
function enlarged(cell) {
  const scale = Math.max(1, Math.floor(filmWidth / cell.width));
  const large = element("canvas", { width: cell.width * scale, height: cell.height * scale });
  const context = large.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  context.drawImage(cell, 0, 0, large.width, large.height);
  return context.getImageData(0, 0, large.width, large.height);
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob|null>} */
function blobOf(canvas) {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
