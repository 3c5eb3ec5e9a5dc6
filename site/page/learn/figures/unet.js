// Screen 6: the network's layers as a U; choose one to see what it wrote.

import { element } from "../../dom.js";
import { maps, showChannels } from "../../engine/activations.js";
import { unknownClass } from "../../parts/classes.js";
import { slider } from "../../parts/controls.js";
import { readPicture } from "../../parts/fit.js";
import { sayLabel } from "../../words.js";

/** @import { Layer } from "../../../lib/unnoise.js" */

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  return new UNetFigure(studio);
}

class UNetFigure {
  #studio;
  #shape = element("div", { className: "unet", role: "group" });
  #canvas = element("canvas", { className: "channels", width: 1, height: 1 });
  #text = element("p", { className: "live", role: "status" });
  #t;
  /** @type {ImageData|null} */
  #picture = null;
  /** @type {Layer|null} */
  #layer = null;
  #wanted = 0;

  /** @param {import("../../studio.js").Studio} studio */
  constructor(studio) {
    this.#studio = studio;
    this.#canvas.setAttribute("role", "img");
    sayLabel(this.#canvas, "engine.channels");
    sayLabel(this.#shape, "learn.unet.label");
    this.#t = slider("forward.t", { min: 0, max: 999, value: 300 }, () => this.#look());
    this.root = element("div", { className: "block" }, this.#shape, this.#t.root, this.#canvas, this.#text);
    // On a phone a bar is narrower than a thumb: one can be slid to.
    this.#shape.addEventListener("pointerdown", (event) => this.#slide(event));
    this.#shape.addEventListener("pointermove", (event) => this.#slide(event));
    studio.onModel(() => this.#begin());
  }

  /** @param {PointerEvent} event */
  #slide(event) {
    if (!event.buttons || !this.#shape.children.length) return;
    this.#shape.setPointerCapture(event.pointerId);
    const bars = this.#shape.children;
    const { left, width } = this.#shape.getBoundingClientRect();
    const place = Math.floor(((event.clientX - left) / width) * bars.length);
    const bar = /** @type {HTMLElement} */ (bars[Math.min(bars.length - 1, Math.max(0, place))]);
    if (bar.ariaPressed !== "true") bar.click();
  }

  async #begin() {
    try {
      const sampler = await this.#studio.sampler();
      const { model } = sampler.info;
      const { preview } = this.#studio.wanted;
      this.#picture = preview ? await readPicture(await (await fetch(preview)).blob(), model) : null;
      // One of each block is enough to choose from: its last operation that has a picture.
      const layers = (await maps(sampler)).filter(({ kernel }) => kernel !== "concat");
      this.#t.set({ max: model.trainTimesteps - 1 });
      this.#build(layers, model.height);
    } catch (error) {
      this.#studio.fail(error);
    }
  }

  /** @param {Layer[]} layers @param {number} height of the network's picture */
  #build(layers, height) {
    const depth = (/** @type {Layer} */ layer) => Math.log2(height / layer.height);
    const bars = layers.map((layer) => {
      const bar = element("button", { type: "button", className: "layer", title: layer.name });
      bar.setAttribute("aria-label", `${layer.name}, ${layer.channels} × ${layer.width}×${layer.height}`);
      bar.style.setProperty("--depth", String(depth(layer)));
      bar.dataset.kernel = layer.kernel;
      bar.addEventListener("click", () => this.#choose(layer, bar));
      return bar;
    });
    this.#shape.style.setProperty("--deepest", String(Math.max(...layers.map(depth))));
    this.#shape.replaceChildren(...bars);
    const first = Math.min(3, layers.length - 1);
    this.#choose(layers[first], bars[first]);
  }

  /** @param {Layer} layer @param {HTMLElement} bar */
  #choose(layer, bar) {
    this.#layer = layer;
    for (const other of this.#shape.children) other.setAttribute("aria-pressed", String(other === bar));
    this.#look();
  }

  async #look() {
    if (!this.#layer) return;
    const mine = ++this.#wanted;
    const { index } = this.#layer;
    try {
      const sampler = await this.#studio.sampler();
      const from = this.#picture ? { picture: this.#picture } : {};
      const seen = await sampler.activations({
        ...from,
        seed: 1,
        timestep: this.#t.value,
        layer: index,
        ...unknownClass(sampler.info.model),
      });
      if (mine !== this.#wanted) return;
      showChannels(this.#canvas, this.#text, seen, this.#layer);
    } catch (error) {
      this.#studio.fail(error);
    }
  }
}
