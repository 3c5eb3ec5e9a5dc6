// The two pictures: pixels into a grid on a canvas, enlarged by a whole number of the screen's own pixels.

/** A canvas that shows the pictures of a chain as a square grid. */
export class Picture {
  #canvas;
  #well;

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
  show(rgba, { count, width, height }) {
    const columns = Math.ceil(Math.sqrt(count));
    this.#resize(columns * width, Math.ceil(count / columns) * height);
    const context = this.#canvas.getContext("2d");
    const size = width * height * 4;
    for (let i = 0; i < count; i++) {
      const pixels = new Uint8ClampedArray(rgba.buffer, rgba.byteOffset + i * size, size);
      const x = (i % columns) * width;
      context.putImageData(new ImageData(pixels, width, height), x, Math.floor(i / columns) * height);
    }
  }

  /** Shows an image file's picture. */
  async showImage(blob) {
    const bitmap = await createImageBitmap(blob);
    this.#resize(bitmap.width, bitmap.height);
    this.#canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
  }

  /** Says what is seen to those who do not see it. */
  describe(text) {
    this.#canvas.setAttribute("aria-label", text);
  }

  #resize(width, height) {
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#fit();
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
