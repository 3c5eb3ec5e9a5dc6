// The two pictures: pixels into a grid on a canvas, enlarged by a whole number of the screen's own pixels.

/**
 * Paints pictures as a square grid, one of the canvas's pixels for one of theirs.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} rgba count x height x width x 4
 * @param {{count: number, width: number, height: number}} shape
 * @returns {boolean} the canvas has another size than before
 */
export function paintGrid(canvas, rgba, { count, width, height }) {
  const columns = Math.ceil(Math.sqrt(count));
  const changed = setSize(canvas, columns * width, Math.ceil(count / columns) * height);
  const context = canvas.getContext("2d");
  const size = width * height * 4;
  // Pixels that come from a worker are not shared with it.
  const buffer = /** @type {ArrayBuffer} */ (rgba.buffer);
  for (let i = 0; i < count; i++) {
    const pixels = new Uint8ClampedArray(buffer, rgba.byteOffset + i * size, size);
    context.putImageData(new ImageData(pixels, width, height), (i % columns) * width, Math.floor(i / columns) * height);
  }
  return changed;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @returns {boolean} whether it had another
 */
function setSize(canvas, width, height) {
  if (canvas.width === width && canvas.height === height) return false;
  Object.assign(canvas, { width, height });
  return true;
}

/** A canvas that shows the pictures of a chain as a square grid. */
export class Picture {
  #canvas;
  #well;

  /** @param {HTMLCanvasElement} canvas in an element of its own, which it fills */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#well = canvas.parentElement;
    new ResizeObserver(() => this.#fit()).observe(this.#well);
    addEventListener("resize", () => this.#fit());
  }

  /** The canvas, one of its pixels for one of the model's. */
  get canvas() {
    return this.#canvas;
  }

  /**
   * Shows pixels.
   *
   * @param {Uint8Array} rgba count x height x width x 4
   * @param {{count: number, width: number, height: number}} shape
   */
  show(rgba, shape) {
    if (paintGrid(this.#canvas, rgba, shape)) this.#fit();
  }

  /** Shows an image file's picture. @param {Blob} blob */
  async showImage(blob) {
    const bitmap = await createImageBitmap(blob);
    if (setSize(this.#canvas, bitmap.width, bitmap.height)) this.#fit();
    this.#canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
  }

  /** Says what is seen to those who do not see it. @param {string} text */
  describe(text) {
    this.#canvas.setAttribute("aria-label", text);
  }

  #fit() {
    const { width, height, style } = this.#canvas;
    const ratio = devicePixelRatio || 1;
    const room = this.#well.clientWidth * ratio;
    const scale = Math.max(1, Math.floor(room / Math.max(width, height)));
    style.width = `${(scale * width) / ratio}px`;
    style.height = `${(scale * height) / ratio}px`;
  }

  /** @returns {Promise<Blob>} a PNG, one of its pixels for one of the model's */
  png() {
    return new Promise((resolve) => this.#canvas.toBlob(resolve, "image/png"));
  }
}
