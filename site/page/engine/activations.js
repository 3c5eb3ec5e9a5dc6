// What any layer of the network wrote for a picture at a timestep, as pictures: one a channel.

import { element } from "../dom.js";
import { unknownClass } from "../parts/classes.js";
import { block, figure, slider } from "../parts/controls.js";
import { PictureSource } from "../parts/source.js";
import { say, sayLabel, worded } from "../words.js";

/** @import { Layer, Sampler } from "../../lib/unnoise.js" */

// What has no picture: rows of means and scales, and vectors.
const isMap = (/** @type {Layer} */ { kernel, width }) => kernel !== "groupnorm" && width > 1;

/** The layers of the network that can be looked at. @param {Sampler} sampler */
export async function maps(sampler) {
  return (await sampler.layers()).filter(isMap);
}

/**
 * Paints a layer's channels on a canvas as a grid and says below it what they are.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} text
 * @param {{data: Float32Array, channels: number, width: number, height: number}} seen
 * @param {{name: string, kernel: string}} layer
 */
export function showChannels(canvas, text, seen, { name, kernel }) {
  paintChannels(canvas, seen);
  const { channels, width, height } = seen;
  say(text, "engine.layer.text", { name, kernel, channels, width, height });
}

/** Every channel stretched from its least to its greatest value. */
function paintChannels(canvas, { data, channels, width, height }) {
  const columns = Math.ceil(Math.sqrt(channels * 2));
  const rows = Math.ceil(channels / columns);
  // A pixel between two channels.
  Object.assign(canvas, { width: columns * (width + 1) - 1, height: rows * (height + 1) - 1 });
  const context = canvas.getContext("2d");
  const size = width * height;
  for (let c = 0; c < channels; c++) {
    const values = data.subarray(c * size, (c + 1) * size);
    const picture = new ImageData(width, height);
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    for (let i = 0; i < size; i++) {
      const level = high > low ? (255 * (values[i] - low)) / (high - low) : 128;
      picture.data.set([level, level, level, 255], 4 * i);
    }
    context.putImageData(picture, (c % columns) * (width + 1), Math.floor(c / columns) * (height + 1));
  }
}

/** The part of the engine room that looks into the network. */
export class Activations {
  #studio;
  #source;
  #t;
  #layer = element("select");
  #canvas = element("canvas", { className: "channels", width: 1, height: 1 });
  #text = element("p", { className: "hint", role: "status" });
  /** @type {Layer[]} */
  #layers = [];
  #wanted = 0;

  /** @param {import("../studio.js").Studio} studio */
  constructor(studio) {
    this.#studio = studio;
    this.#source = new PictureSource(studio, { label: "engine.picture", onChange: () => this.#look() });
    this.#t = slider("forward.t", { min: 0, max: 999, value: 300 }, () => this.#look());
    this.#canvas.setAttribute("role", "img");
    sayLabel(this.#canvas, "engine.channels");
    sayLabel(this.#layer, "engine.layer");
    this.#layer.addEventListener("change", () => this.#look());
    const controls = element(
      "div",
      { className: "group" },
      figure("engine.picture", this.#source),
      element(
        "div",
        { className: "field" },
        worded("span", "engine.layer", undefined, { className: "label" }),
        this.#layer,
      ),
      this.#t.root,
    );
    this.root = block(
      "engine.activations",
      worded("p", "engine.activations.text", undefined, { className: "hint" }),
      element("div", { className: "looking" }, controls, element("div", {}, this.#canvas, this.#text)),
    );
    studio.onModel(() => this.#begin());
  }

  async #begin() {
    const sampler = await this.#studio.sampler();
    this.#layers = await maps(sampler);
    this.#layer.replaceChildren(...this.#layers.map(({ index, name }) => new Option(name, String(index))));
    this.#layer.selectedIndex = Math.min(2, this.#layers.length - 1);
    this.#t.set({ max: sampler.info.model.trainTimesteps - 1 });
    this.#look();
  }

  async #look() {
    const { picture } = this.#source;
    const { model } = this.#studio.info ?? {};
    if (!picture || !this.#layers.length || picture.width !== model.width) return;
    const mine = ++this.#wanted;
    // A slider that moves asks once in a while.
    await new Promise((resolve) => setTimeout(resolve, 60));
    if (mine !== this.#wanted) return;
    const layer = Number(this.#layer.value);
    try {
      const sampler = await this.#studio.sampler();
      const seen = await sampler.activations({
        picture,
        seed: 1,
        timestep: this.#t.value,
        layer,
        ...unknownClass(model),
      });
      if (mine !== this.#wanted) return;
      const shown = this.#layers.find(({ index }) => index === layer);
      showChannels(this.#canvas, this.#text, seen, shown);
    } catch (error) {
      this.#studio.fail(error);
    }
  }
}
