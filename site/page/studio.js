// What all views share: the list of models, the one that is loaded, and the player that holds it.

import { isCheckpoint, toPack } from "./checkpoint.js";
import { byId } from "./dom.js";
import { chainNotice, convertNotice, loadNotice } from "./messages.js";
import { Models } from "./models.js";
import { Notices } from "./notices.js";
import { Player } from "./player.js";
import { droppedText } from "./sample/facts.js";
import { t } from "./words.js";

/** @import { Info } from "../lib/unnoise.js" */
/** @import { Model } from "./models.js" */
/** @import { Listener } from "./player.js" */
/** @import { PictureSource } from "./parts/source.js" */
/** @import { SettingsForm } from "./sample/settings.js" */

/** @typedef {import("../lib/unnoise.js").Sampler} Sampler */

/** The page's one model, engine and player. */
export class Studio {
  notices = new Notices(byId("notices"));
  models = new Models();
  /** @type {Player} */
  player;
  /** The model that is loading, or loaded. @type {Model|null} */
  wanted = null;
  /** The model and engine that are there. @type {{model: Model, engine: "auto"|"webgpu"|"cpu"}|null} */
  loaded = null;
  #form;
  /** @type {((info: Info, model: Model) => void)[]} */
  #listeners = [];
  /** Resolve functions of sampler(). @type {((sampler: Sampler) => void)[]} */
  #waiting = [];
  /** Where pictures of the reader's can be put. @type {PictureSource[]} */
  #sources = [];
  #draw = /** @type {() => unknown} */ (async () => {});

  /** @param {Omit<Listener, "onSampler">} listener the player's @param {SettingsForm} form */
  constructor(listener, form) {
    this.#form = form;
    this.player = new Player({ ...listener, onSampler: (sampler) => this.#announce(sampler) });
  }

  /** What is called where a model of the reader's own is to be drawn with at once. @param {() => unknown} fn */
  set draw(fn) {
    this.#draw = fn;
  }

  /** @returns {Info|null} */
  get info() {
    return this.player.info;
  }

  /** Calls fn now where a model is loaded, and with each that comes. @param {(info: Info, model: Model) => void} fn */
  onModel(fn) {
    this.#listeners.push(fn);
    if (this.info) fn(this.info, this.wanted);
  }

  /** Has pictures that are dropped or opened put there while it is seen. @param {PictureSource} source */
  addSource(source) {
    this.#sources.push(source);
  }

  /** Puts a picture into the open view, its first place for one. Returns whether it has any. @param {File} file */
  openPicture(file) {
    const source = this.#sources.find(({ root }) => root.getClientRects().length);
    source?.open(file);
    return !!source;
  }

  /** @param {Sampler} sampler */
  #announce(sampler) {
    for (const fn of this.#listeners) fn(sampler.info, this.wanted);
    for (const resolve of this.#waiting.splice(0)) resolve(sampler);
  }

  /**
   * The library's sampler, when it is there; a chain under way is paused, since the engine does one thing at a time.
   *
   * @returns {Promise<Sampler>}
   */
  async sampler() {
    await this.player.pause().catch(() => {});
    return this.player.sampler ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Loads another model for the view that asks. @param {string} id */
  choose(id) {
    this.#form.set({ model: id });
    return this.load();
  }

  /** Loads what the form says. Returns whether it is there. */
  async load() {
    const { model: id, engine } = this.#form.get();
    this.wanted = this.models.find(id);
    this.notices.clear("load");
    try {
      if (!(await this.player.load(this.wanted.source, engine))) return false;
    } catch (error) {
      this.#loadFailed(error, this.wanted, engine);
      return false;
    }
    this.loaded = { model: this.wanted, engine };
    this.#tellStorage(this.info.pack);
    return true;
  }

  /** Loads, and draws where that is the open view's business. */
  async loadAndDraw() {
    if (await this.load()) await this.#draw();
  }

  /** Says that the list of models could not be read. @param {Error} error @param {() => void} retry */
  listFailed(error, retry) {
    const context = { engine: "auto", title: "", loaded: "", retry, useCPU: retry };
    this.notices.show("load", () => loadNotice(error, context));
  }

  /** @param {Error} error @param {Model} model @param {"auto"|"webgpu"|"cpu"} engine */
  #loadFailed(error, model, engine) {
    const again = (values) => () => {
      this.#form.set({ model: model.id, ...values });
      this.loadAndDraw();
    };
    const { loaded } = this;
    const context = {
      engine,
      title: model.title,
      loaded: loaded?.model.title ?? "",
      retry: again({ engine }),
      useCPU: again({ engine: "cpu" }),
      another: model.source instanceof File ? () => byId("file").click() : null,
    };
    this.notices.show("load", () => loadNotice(error, context));
    if (!loaded) return;
    // What was there before is there still.
    this.wanted = loaded.model;
    if (model.source instanceof File && model !== loaded.model) {
      this.models.remove(model);
      this.#form.setModels(this.models.all);
    }
    this.#form.set({ model: loaded.model.id, engine: loaded.engine });
  }

  /** @param {Info["pack"]} pack */
  #tellStorage({ storageProblem: why }) {
    if (!why) return this.notices.clear("storage");
    this.notices.show("storage", () => ({ title: t("storage.title"), text: t("storage.text", { why }) }));
  }

  /** Says that the GPU went away in mid-chain; the picture goes on elsewhere. @param {Info["dropped"][number]} dropped */
  engineLeft(dropped) {
    const now = this.info.engine.engine;
    const text = () => `${droppedText(dropped, now)} ${t("gpu.text")}`;
    // A message of its own: an error of the same chain must not be covered by it.
    this.notices.show("gpu", () => ({ title: t("gpu.title"), text: text() }));
  }

  /** Shows an error of the library's. @param {Error} error */
  fail(error) {
    if (error.name === "AbortError") return;
    const useCPU = () => {
      this.#form.set({ engine: "cpu" });
      this.loadAndDraw();
    };
    this.notices.show("chain", () => chainNotice(error, { useCPU }));
  }

  /** Opens a pack of the reader's; a checkpoint is made one first. @param {{path: string, file: File}[]} files */
  async openFiles(files) {
    return (await isCheckpoint(files)) ? this.#convertFiles(files) : this.#openFile(files[0].file);
  }

  /** @param {{path: string, file: File}[]} files @param {string} [preset] */
  async #convertFiles(files, preset) {
    const { notices } = this;
    const say = (text) => notices.show("convert", () => ({ title: t("convert.title"), text: `${text} …` }));
    try {
      const { file, notes } = await toPack(files, { preset, onProgress: say });
      notices.clear("convert");
      if (notes.length) notices.show("convert", () => ({ title: t("convert.notes"), text: notes.join("; ") }));
      return await this.#openFile(file);
    } catch (error) {
      notices.clear("convert");
      notices.show("load", () => convertNotice(error, { asPreset: (name) => this.#convertFiles(files, name) }));
    }
  }

  /** @param {File} file */
  #openFile(file) {
    const model = this.models.add(file);
    this.#form.setModels(this.models.all);
    this.#form.set({ model: model.id });
    return this.loadAndDraw();
  }
}
