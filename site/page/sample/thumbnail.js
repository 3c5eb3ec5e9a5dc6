// A small picture of the step under the pointer, or of the slider that has the focus: what the model thought there.

import { element } from "../dom.js";
import { paintGrid } from "../pictures.js";

/** @typedef {import("./timeline.js").Row} Row */

/** The one thumbnail of the tracks. */
export class Thumbnail {
  #box;
  #canvas = element("canvas", { width: 1, height: 1 });
  #text = element("span");
  #root;

  /** @param {HTMLElement} root positioned; holds the tracks */
  constructor(root) {
    this.#root = root;
    this.#box = element("div", { className: "thumbnail", hidden: true, ariaHidden: "true" }, this.#canvas, this.#text);
    root.append(this.#box);
  }

  /** Shows thumbnails of a row. @param {Row} row */
  watch(row) {
    const hide = () => {
      this.#box.hidden = true;
    };
    row.rail.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch") this.#show(row, this.#stepAt(row, event.clientX));
    });
    row.rail.addEventListener("pointerleave", hide);
    const focused = () => row.slider.matches(":focus-visible") && this.#show(row, Number(row.slider.value));
    row.slider.addEventListener("focus", focused);
    row.slider.addEventListener("input", focused);
    row.slider.addEventListener("blur", hide);
  }

  /** @param {Row} row @param {number} x */
  #stepAt({ slider, rail }, x) {
    const { left, width } = rail.getBoundingClientRect();
    const [min, max] = [Number(slider.min), Number(slider.max)];
    return Math.round(min + (max - min) * Math.min(1, Math.max(0, (x - left) / width)));
  }

  /** @param {Row} row @param {number} index */
  #show({ rail, slider, track }, index) {
    const frame = track?.frames.at(index);
    const beyond = !frame || index > track.frames.last.index;
    this.#box.hidden = beyond;
    if (beyond) return;
    paintGrid(this.#canvas, frame.x0 ?? frame.x, track.chain);
    this.#text.textContent = Number.isFinite(frame.timestep) ? `t = ${frame.timestep}` : "t = T";
    const place = rail.getBoundingClientRect();
    const origin = this.#root.getBoundingClientRect();
    const [min, max] = [Number(slider.min), Number(slider.max)];
    const part = (frame.index - min) / Math.max(1, max - min);
    const half = this.#box.offsetWidth / 2;
    const x = place.left - origin.left + part * place.width;
    this.#box.style.left = `${Math.max(half, Math.min(origin.width - half, x))}px`;
    this.#box.style.top = `${place.top - origin.top}px`;
  }
}
