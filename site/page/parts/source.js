// A picture to begin with: chosen, dropped, painted, or drawn by the model.

import { element } from "../dom.js";
import { Picture } from "../pictures.js";
import { sayLabel, t } from "../words.js";
import { Brush } from "./brush.js";
import { classesInTurn } from "./classes.js";
import { button } from "./controls.js";
import { fit, plainPicture, readPicture } from "./fit.js";

/** @import { Model } from "../models.js" */
/** @import { ModelInfo } from "../../lib/unnoise.js" */

/** A picture of the model's size with the ways to get another. */
export class PictureSource {
  #studio;
  #canvas = element("canvas", { width: 1, height: 1 });
  #shown;
  #onChange;
  #brush;
  /** @type {ModelInfo|null} */
  #model = null;
  #drawing = 0;
  /** A file that was opened before there was a model. @type {File|null} */
  #waiting = null;
  /** @type {ImageData|null} */
  picture = null;

  /**
   * @param {import("../studio.js").Studio} studio
   * @param {{label: string, onChange: (picture: ImageData) => void, start?: "preview"|"sample", blank?: boolean}} options label: key
   */
  constructor(studio, { label, onChange, start = "preview", blank = false }) {
    this.#studio = studio;
    this.#onChange = onChange;
    const well = element("div", { className: "well" }, this.#canvas);
    this.#canvas.setAttribute("role", "img");
    sayLabel(this.#canvas, label);
    this.#shown = new Picture(this.#canvas);
    this.#brush = new Brush(this.#canvas, () => this.#take(this.#read(), false));
    this.root = element("div", { className: "source" }, well);
    this.tools = this.#tools(blank);
    this.#acceptDrops(well);
    studio.addSource(this);
    studio.onModel((info, model) => this.#begin(info.model, model, start));
  }

  /** @param {boolean} blank */
  #tools(blank) {
    const input = element("input", {
      type: "file",
      accept: "image/*",
      className: "unseen",
      tabIndex: -1,
      ariaHidden: "true",
    });
    input.addEventListener("change", () => input.files[0] && this.open(input.files[0]));
    const paint = button("source.paint", "brush", () => this.#togglePaint(paint), { className: "small" });
    paint.setAttribute("aria-pressed", "false");
    const colour = element("input", { type: "color", value: "#ffffff", className: "small colour", hidden: true });
    sayLabel(colour, "source.colour");
    colour.addEventListener("input", () => {
      this.#brush.colour = colour.value;
    });
    this.colour = colour;
    const tools = [
      button("source.choose", "picture", () => input.click(), { className: "small" }),
      paint,
      colour,
      button("source.model", "dice", () => this.sample(), { className: "small" }),
    ];
    if (blank) tools.push(button("source.clear", "clear", () => this.clear(), { className: "small" }));
    return element("div", { className: "tools" }, ...tools, input);
  }

  /** @param {HTMLButtonElement} paint */
  #togglePaint(paint) {
    this.#brush.active = !this.#brush.active;
    paint.setAttribute("aria-pressed", String(this.#brush.active));
    this.colour.hidden = !this.#brush.active;
  }

  /** @param {HTMLElement} well */
  #acceptDrops(well) {
    well.addEventListener("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file?.type.startsWith("image/")) return;
      event.preventDefault();
      event.stopPropagation();
      document.getElementById("drop").hidden = true;
      this.open(file);
    });
  }

  /** @param {ModelInfo} model @param {Model|null} entry @param {"preview"|"sample"} start */
  async #begin(model, entry, start) {
    this.#model = model;
    this.#brush.grey = model.channels === 1;
    // That of another model may have another size.
    this.picture = null;
    const mine = ++this.#drawing;
    if (this.#waiting) {
      const file = this.#waiting;
      this.#waiting = null;
      return this.open(file);
    }
    try {
      if (start === "sample" || !entry?.preview) return await this.sample();
      const response = await fetch(entry.preview);
      const bitmap = await createImageBitmap(await response.blob());
      if (mine === this.#drawing) this.#take(fit(bitmap, model));
    } catch {
      // No picture to begin with is no more than an empty sheet.
      if (mine === this.#drawing) this.clear();
    }
  }

  /** Opens a picture's file; one that cannot be read is said. @param {File} file */
  async open(file) {
    if (!this.#model) {
      this.#waiting = file;
      return;
    }
    this.#drawing++;
    try {
      this.#take(await readPicture(file, this.#model));
    } catch (error) {
      const text = () => t("source.broken.text", { name: file.name, why: error.message });
      this.#studio.notices.show("picture", () => ({ kind: "error", title: t("source.broken"), text: text() }));
    }
  }

  /** Has the model draw one. */
  async sample(seed = crypto.getRandomValues(new Uint32Array(1))[0]) {
    const mine = ++this.#drawing;
    this.root.dataset.busy = "yes";
    try {
      const sampler = await this.#studio.sampler();
      const labels = classesInTurn(sampler.info.model, 1, seed);
      const { pictures } = await sampler.sample({ sampler: "dpmpp", steps: 15, seed, count: 1, ...labels });
      if (mine === this.#drawing) this.#take(pictures[0]);
    } catch (error) {
      this.#studio.fail(error);
    } finally {
      if (mine === this.#drawing) delete this.root.dataset.busy;
    }
  }

  /** An empty sheet. */
  clear() {
    this.#drawing++;
    if (this.#model) this.#take(plainPicture(this.#model, this.#model.channels === 1 ? 0 : 255));
  }

  /** Puts a picture there. @param {ImageData} picture */
  set(picture) {
    this.#drawing++;
    this.#take(picture);
  }

  /** @param {ImageData} picture @param {boolean} [show] whether it is not there already */
  #take(picture, show = true) {
    this.picture = picture;
    delete this.root.dataset.busy;
    const { data, width, height } = picture;
    if (show) this.#shown.show(new Uint8Array(data.buffer.slice(0)), { count: 1, width, height });
    this.#onChange(picture);
  }

  #read() {
    const { width, height } = this.#canvas;
    return this.#canvas.getContext("2d").getImageData(0, 0, width, height);
  }
}

/**
 * What shows a picture: an ImageData, or pictures of a chain as a grid.
 *
 * @typedef {{root: HTMLElement, canvas: HTMLCanvasElement, show: (picture: ImageData) => void, grid: Picture["show"]}} Shown
 */

/**
 * A canvas in a well that shows one picture, without tools.
 *
 * @param {string} labelKey
 * @returns {Shown}
 */
export function shownPicture(labelKey) {
  const canvas = element("canvas", { width: 1, height: 1 });
  canvas.setAttribute("role", "img");
  sayLabel(canvas, labelKey);
  const well = element("div", { className: "well" }, canvas);
  const picture = new Picture(canvas);
  return {
    root: well,
    canvas,
    show: ({ data, width, height }) =>
      picture.show(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), { count: 1, width, height }),
    grid: (rgba, shape) => picture.show(rgba, shape),
  };
}

/** A small canvas of one picture, to be one of a row. @param {ImageData} picture */
export function cell(picture) {
  const canvas = element("canvas", { width: picture.width, height: picture.height, className: "cell" });
  canvas.getContext("2d").putImageData(picture, 0, 0);
  return canvas;
}
