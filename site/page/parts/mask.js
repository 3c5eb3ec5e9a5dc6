// A mask over a picture: what is painted is to be drawn anew.

import { element } from "../dom.js";
import { sayLabel } from "../words.js";
import { Brush } from "./brush.js";

/** A sheet over a canvas, as large, on which the reader paints. */
export class Mask {
  #sheet = element("canvas", { width: 1, height: 1, className: "mask", tabIndex: 0 });
  #brush;
  #erasing = false;

  /** @param {HTMLCanvasElement} canvas of the picture, in a well of its own */
  constructor(canvas) {
    this.#sheet.setAttribute("role", "img");
    sayLabel(this.#sheet, "edit.mask.label");
    canvas.after(this.#sheet);
    this.#brush = new Brush(
      this.#sheet,
      () => {},
      (x, y) => this.#dab(x, y),
    );
    this.#brush.size = 5;
    this.#brush.active = true;
    const follow = () => {
      this.#sheet.style.width = canvas.style.width;
      this.#sheet.style.height = canvas.style.height;
    };
    new ResizeObserver(follow).observe(canvas);
  }

  get root() {
    return this.#sheet;
  }

  /** @param {number} pixels */
  set size(pixels) {
    this.#brush.size = pixels;
  }

  /** @param {boolean} on */
  set erasing(on) {
    this.#erasing = on;
  }

  /** Begins with a mask over the lower half. @param {{width: number, height: number}} picture */
  begin({ width, height }) {
    Object.assign(this.#sheet, { width, height });
    this.#fill(0, Math.ceil(height / 2), width, Math.floor(height / 2));
  }

  clear() {
    this.#sheet.getContext("2d").clearRect(0, 0, this.#sheet.width, this.#sheet.height);
  }

  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  #fill(x, y, width, height) {
    const context = this.#sheet.getContext("2d");
    context.fillStyle = "#5b86ff";
    context.fillRect(x, y, width, height);
  }

  /** @param {number} x @param {number} y */
  #dab(x, y) {
    const { size } = this.#brush;
    const [left, top] = [Math.round(x - size / 2), Math.round(y - size / 2)];
    if (this.#erasing) this.#sheet.getContext("2d").clearRect(left, top, size, size);
    else this.#fill(left, top, size, size);
  }

  /** A byte a pixel: 255 where something is painted. @returns {Uint8Array} */
  get bytes() {
    const { width, height } = this.#sheet;
    const { data } = this.#sheet.getContext("2d").getImageData(0, 0, width, height);
    return Uint8Array.from({ length: width * height }, (_, i) => (data[4 * i + 3] ? 255 : 0));
  }
}
