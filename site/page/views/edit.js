// A part of a picture drawn anew (RePaint), or a picture begun by the reader's hand and finished by the model (SDEdit).

import { element } from "../dom.js";
import { unknownClasses } from "../parts/classes.js";
import { button, field, figure, modelField, seedField, segments, slider, viewFrame } from "../parts/controls.js";
import { Job } from "../parts/job.js";
import { Mask } from "../parts/mask.js";
import { PictureSource, shownPicture } from "../parts/source.js";
import { say, t, worded } from "../words.js";

/** @import { ChainOptions, Frame, ModelInfo, Sampler } from "../../lib/unnoise.js" */
/** @import { Work } from "../parts/job.js" */

/** Builds the view. @type {import("../router.js").ViewModule["mount"]} */
export function mount(root, studio) {
  return new EditView(root, studio);
}

class EditView {
  #studio;
  #mode = "inpaint";
  #source;
  #mask;
  #result = shownPicture("edit.result.label");
  #seed = seedField(1);
  #depth;
  #repeats;
  #steps = element("input", { type: "number", min: 5, max: 250, value: 25 });
  #count = 4;
  #job;
  /** @type {{hint?: HTMLElement, tools?: HTMLElement}} */
  #parts = {};

  /** @param {HTMLElement} root @param {import("../studio.js").Studio} studio */
  constructor(root, studio) {
    this.#studio = studio;
    this.#source = new PictureSource(studio, {
      label: "edit.source.label",
      onChange: () => this.#judge(),
      blank: true,
    });
    this.#mask = new Mask(this.#source.root.querySelector("canvas"));
    this.#depth = slider(
      "edit.depth",
      { min: 1, max: 999, value: 400 },
      () => {},
      (value) => `t = ${value}`,
    );
    this.#repeats = slider("edit.repeats", { min: 1, max: 10, value: 3 }, () => {});
    this.#job = new Job(studio, { key: "edit.go", glyph: "brush" }, () => this.#go());
    const modes = segments(
      "edit.mode",
      { inpaint: "edit.mode.inpaint", drawing: "edit.mode.drawing" },
      "inpaint",
      (mode) => this.#setMode(mode),
    );
    const counts = segments("settings.count", { 1: "number.1", 4: "number.4" }, "4", (n) => {
      this.#count = Number(n);
    });
    const hint = worded("p", "edit.hint.inpaint", undefined, { className: "hint" });
    this.#parts = { hint, tools: this.#maskTools() };
    const pictures = element(
      "div",
      { className: "two" },
      figure("edit.source", this.#source),
      figure("edit.result", this.#result),
    );
    viewFrame(root, "edit", {
      bench: [this.#parts.tools, pictures],
      panel: [
        modelField(studio),
        modes,
        this.#depth.root,
        this.#repeats.root,
        this.#seed.root,
        field("settings.steps", this.#steps),
        counts,
        this.#job.root,
        hint,
      ],
    });
    this.#setMode("inpaint");
    studio.onModel(({ model }) => this.#begin(model));
  }

  #maskTools() {
    const erase = button(
      "edit.mask.erase",
      "",
      () => {
        const on = erase.getAttribute("aria-pressed") !== "true";
        erase.setAttribute("aria-pressed", String(on));
        this.#mask.erasing = on;
      },
      { className: "small" },
    );
    erase.setAttribute("aria-pressed", "false");
    const size = slider("edit.mask.size", { min: 1, max: 12, value: 5 }, (value) => {
      this.#mask.size = value;
    });
    const clear = button("edit.mask.clear", "clear", () => this.#mask.clear(), { className: "small" });
    return element("div", { className: "tools masks" }, size.root, erase, clear);
  }

  /** @param {ModelInfo} model */
  #begin(model) {
    this.#job.stop();
    this.#depth.set({ max: model.trainTimesteps - 1, value: Math.round(model.trainTimesteps * 0.5) });
    this.#mask.begin(model);
    this.#judge();
  }

  #judge() {
    this.#job.able = this.#source.picture !== null;
  }

  /** @param {string} mode */
  #setMode(mode) {
    this.#mode = mode;
    const inpaint = mode === "inpaint";
    this.#mask.root.hidden = !inpaint;
    this.#parts.tools.hidden = !inpaint;
    this.#repeats.root.hidden = !inpaint;
    this.#depth.root.hidden = inpaint;
    say(this.#parts.hint, `edit.hint.${mode}`);
  }

  async #go() {
    const { picture } = this.#source;
    /** @type {ChainOptions} */
    const settings = {
      sampler: "ddim",
      eta: 1,
      steps: Number(this.#steps.value) || 25,
      seed: this.#seed.value,
      picture,
      count: this.#count,
    };
    const mask = this.#mask.bytes;
    if (this.#mode === "inpaint" && !mask.includes(255)) {
      return this.#studio.notices.show("mask", () => ({ title: t("edit.nomask"), text: t("edit.nomask.text") }));
    }
    this.#studio.notices.clear("mask");
    if (this.#mode === "inpaint") Object.assign(settings, { mask, jump: 5, repeats: this.#repeats.value });
    else Object.assign(settings, { eta: 0, depth: this.#depth.value });
    Object.assign(settings, unknownClasses(this.#studio.info.model, this.#count));
    await this.#job.run((sampler, options) => this.#draw(sampler, settings, options));
  }

  /** Draws and shows every step that comes. @param {Sampler} sampler @param {ChainOptions} settings @param {Work} work */
  async #draw(sampler, settings, { signal, onProgress }) {
    const chain = await sampler.chain({ ...settings, signal });
    try {
      /** @param {Frame} frame @param {() => void} painted */
      const onFrame = ({ x0 }, painted) => {
        if (!signal.aborted) this.#result.grid(x0, chain);
        requestAnimationFrame(painted);
      };
      await chain.run({ signal, onProgress, onFrame });
      this.#result.grid(await chain.frame("x"), chain);
    } finally {
      await chain.release().catch(() => {});
    }
  }
}
