// Pictures of the reader's, made what a model takes: its size, its channels.

import { element } from "../dom.js";

/**
 * Crops a picture to the middle and scales it smoothly; one of the right size stays as it is.
 *
 * @param {CanvasImageSource & {width: number, height: number}} source
 * @param {{width: number, height: number, channels: number}} model
 * @returns {ImageData}
 */
export function fit(source, { width, height, channels }) {
  const scale = Math.min(source.width / width, source.height / height);
  const [w, h] = [width * scale, height * scale];
  let canvas = element("canvas", { width: Math.max(width, Math.round(w)), height: Math.max(height, Math.round(h)) });
  draw(canvas, source, [(source.width - w) / 2, (source.height - h) / 2, w, h]);
  // By halves: one large step would skip pixels.
  while (canvas.width >= 2 * width && canvas.height >= 2 * height)
    canvas = shrunk(canvas, canvas.width >> 1, canvas.height >> 1);
  if (canvas.width !== width || canvas.height !== height) canvas = shrunk(canvas, width, height);
  const picture = canvas.getContext("2d").getImageData(0, 0, width, height);
  return channels === 1 ? grey(picture) : opaque(picture);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasImageSource} source
 * @param {number[]} place in it: x, y, width, height
 */
function draw(canvas, source, [x, y, w, h]) {
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  // What is transparent lies on white, as on paper.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, x, y, w, h, 0, 0, canvas.width, canvas.height);
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
function shrunk(canvas, width, height) {
  const small = element("canvas", { width: Math.max(1, width), height: Math.max(1, height) });
  draw(small, canvas, [0, 0, canvas.width, canvas.height]);
  return small;
}

/** @param {ImageData} picture */
function opaque(picture) {
  for (let i = 3; i < picture.data.length; i += 4) picture.data[i] = 255;
  return picture;
}

/** The picture in greys (luma of BT.601). @param {ImageData} picture */
export function grey(picture) {
  const { data } = picture;
  for (let i = 0; i < data.length; i += 4) {
    const value = Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]);
    data[i] = data[i + 1] = data[i + 2] = value;
    data[i + 3] = 255;
  }
  return picture;
}

/**
 * A picture of one colour.
 *
 * @param {{width: number, height: number}} model
 * @param {number} [level] of red, green and blue, 0 to 255
 */
export function plainPicture({ width, height }, level = 0) {
  const picture = new ImageData(width, height);
  picture.data.fill(level);
  return opaque(picture);
}

/** Reads a file. @param {Blob} file @param {{width: number, height: number, channels: number}} model */
export async function readPicture(file, model) {
  const bitmap = await createImageBitmap(file);
  try {
    return fit(bitmap, model);
  } finally {
    bitmap.close();
  }
}
