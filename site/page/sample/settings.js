// What is to be drawn: the form, and the address that replays it (?model=&sampler=&steps=&eta=&seed=&count=&engine=).

import { byId } from "../dom.js";
import { classesInTurn, labelsOf } from "../parts/classes.js";
import { say } from "../words.js";
import { Sheet } from "./sheet.js";

/** @import { ModelInfo, SamplerName } from "../../lib/unnoise.js" */

// The model is the smallest of the list. The site's build draws its preview with the same values (tools/site/models.go). DDIM
// draws the site's models better with noise in its steps than without (docs/evaluation.md), and only so a fork can differ.
const defaults = {
  sampler: "ddim",
  steps: 50,
  eta: 1,
  seed: "5",
  count: 1,
  pace: "slow",
  engine: "auto",
  labels: "",
  guidance: 2,
};

const samplers = ["ddim", "ddpm", "dpmpp", "dpmpp-sde", "unipc", "euler", "euler-ancestral", "heun", "pndm", "plms"];

/** With fewer steps of DDIM than so many, noise in them makes pictures worse instead (docs/evaluation.md). */
const noisySteps = 20;

/** Steps that are enough, where not the default. */
const usualSteps = { dpmpp: 20, "dpmpp-sde": 20, unipc: 20, euler: 30, "euler-ancestral": 30, heun: 20 };

const maxSeed = 2n ** 64n - 1n;

/**
 * What is to be drawn.
 *
 * @typedef {object} Settings
 * @property {string} model its id
 * @property {SamplerName} sampler
 * @property {number} steps
 * @property {number} eta
 * @property {string} seed
 * @property {number} count
 * @property {"full"|"slow"} pace
 * @property {"auto"|"webgpu"|"cpu"} engine
 * @property {number[]} labels
 * @property {number} guidance
 */

/** Settings as an address has them. @typedef {Partial<Record<keyof typeof checks, string>>} Address */

/**
 * The form's fields, by name.
 *
 * @typedef {{[Name in "steps"|"eta"|"seed"|"labels"|"guidance"]: HTMLInputElement} &
 *   {[Name in "model"|"sampler"|"engine"]: HTMLSelectElement} & {[Name in "count"|"pace"]: RadioNodeList}} Fields
 */

/** @typedef {HTMLFormElement & {elements: Fields}} FormElement */

/** The form of settings. */
export class SettingsForm {
  #form;
  #trainTimesteps = 1000;
  /** @type {Pick<ModelInfo, "classes"|"nullLabel">} */
  #model = { classes: 0, nullLabel: -1 };
  #etaChosen = false; // by the reader or an address, not proposed by the form
  #open = false; // where no class is named, the model is asked for none
  #sheet;

  /** @param {FormElement} form */
  constructor(form) {
    this.#form = form;
    this.#sheet = new Sheet(form);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => {
      const target = /** @type {HTMLInputElement|HTMLSelectElement} */ (event.target);
      if (target.name === "sampler") this.#stepsOf(target.value);
      if (target.name === "eta") this.#etaChosen = true;
      this.#tidy();
    });
    byId("dice").addEventListener("click", () =>
      this.set({ seed: String(crypto.getRandomValues(new Uint32Array(1))[0]) }),
    );
    byId("all-classes").addEventListener("click", () => this.#allClasses());
    this.set(defaults);
    this.#etaChosen = false;
  }

  /** Calls fn when the reader has changed the field. @param {(name: string) => void} fn */
  onChange(fn) {
    this.#form.addEventListener("change", ({ target }) => {
      fn(/** @type {HTMLInputElement|HTMLSelectElement} */ (target).name);
    });
  }

  /** Puts values into the form. @param {{[Name in keyof Settings]?: Settings[Name]|string|number}} values */
  set(values) {
    for (const [name, value] of Object.entries(values)) {
      const control = this.#form.elements[name];
      if (control) control.value = String(value);
    }
    if ("eta" in values) this.#etaChosen = true;
    this.#tidy();
  }

  get #labels() {
    return labelsOf(this.#model);
  }

  /** Whether a class can be left open. */
  get #guided() {
    return this.#model.classes > 0 && this.#model.nullLabel >= 0;
  }

  /** Has the model draw what it will, of no class, where none is named: what an address means by it. */
  leaveOpen() {
    this.#open = true;
  }

  /**
   * The classes that are named; else any: with guidance pictures of a class are clearer than those of none.
   *
   * @param {string} text
   * @param {string} seed
   * @param {number} count
   */
  #classesOf(text, seed, count) {
    if (!this.#labels.length) return [];
    const named = listOf(text);
    if (named.length || !this.#guided || this.#open) return named;
    return classesInTurn(this.#model, count, Number(BigInt(seed) % BigInt(this.#labels.length))).labels;
  }

  /** @returns {Settings} */
  get() {
    // None of the fields is a file.
    const { model, sampler, seed, count, pace, engine } =
      /** @type {Pick<Settings, "model"|"sampler"|"seed"|"pace"|"engine"> & {count: string}} */ (
        Object.fromEntries(new FormData(this.#form))
      );
    const { steps, eta, labels, guidance } = this.#form.elements;
    return {
      model,
      sampler,
      seed,
      pace,
      engine,
      count: Number(count),
      steps: Number(steps.value),
      eta: Number(eta.value),
      labels: this.#classesOf(labels.value, seed, Number(count)),
      guidance: Number(guidance.value),
    };
  }

  /** Fills the list of models. @param {import("../models.js").Model[]} models */
  setModels(models) {
    const select = this.#form.elements.model;
    const { value } = select;
    select.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    if (models.some(({ id }) => id === value)) select.value = value;
    select.disabled = models.length === 0;
    this.#sheet.tell();
  }

  /** Takes what a model has: training timesteps, which bound the steps, and classes. @param {ModelInfo} model */
  setModel(model) {
    const { trainTimesteps: n, classes } = model;
    this.#trainTimesteps = n;
    say(byId("steps-hint"), "settings.steps.hint", { n });
    this.#form.elements.steps.max = String(n);
    this.#model = model;
    byId("labels-field").hidden = classes === 0;
    byId("guidance-field").hidden = !this.#guided;
    const hint = this.#guided ? "settings.labels.hint.any" : "settings.labels.hint";
    if (classes) say(byId("labels-hint"), hint, { last: this.#labels.at(-1) });
    this.#tidy();
  }

  /** One picture of every class, as far as the pictures go. */
  #allClasses() {
    this.set({ labels: this.#labels.slice(0, 16).join(" "), count: 16 });
  }

  /** The usual number of steps: all for DDPM, few for the others. @param {string} sampler */
  #stepsOf(sampler) {
    const steps = sampler === "ddpm" ? this.#trainTimesteps : (usualSteps[sampler] ?? defaults.steps);
    this.#form.elements.steps.value = String(steps);
  }

  /** Brings every field into its range, and shows only what the sampler has. */
  #tidy() {
    const { sampler, steps, eta, seed, labels, guidance } = this.#form.elements;
    labels.value = listOf(labels.value)
      .map((label) => (this.#model.classes ? Math.min(label, this.#model.classes - 1) : label))
      .join(" ");
    // A model without a label for it cannot leave the class open.
    if (this.#model.classes && !this.#guided && !labels.value) labels.value = "0";
    guidance.value = within(1, 20, Number(guidance.value) || 1);
    steps.value = within(1, this.#trainTimesteps, Math.round(Number(steps.value)) || defaults.steps);
    if (!this.#etaChosen) eta.value = String(Number(steps.value) < noisySteps ? 0 : defaults.eta);
    eta.value = within(0, 1, Number(eta.value) || 0);
    seed.value = tidySeed(seed.value);
    say(byId("sampler-hint"), `sampler.${sampler.value}`);
    byId("eta-field").hidden = sampler.value !== "ddim";
    this.#sheet.tell();
  }
}

/** The nearest number of a range, as a field has it. @param {number} least @param {number} most @param {number} n */
function within(least, most, n) {
  return String(Math.min(most, Math.max(least, n)));
}

/** The numbers of a text. @param {string} text */
function listOf(text) {
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** @param {string} text */
function tidySeed(text) {
  const digits = text.replace(/\D/g, "") || defaults.seed;
  const n = BigInt(digits);
  return String(n > maxSeed ? maxSeed : n);
}

/**
 * Reads an address's settings.
 *
 * @param {string} search the address's query
 * @returns {{values: Address, asked: boolean, problems: string[]}} values: the model is any, since the list may be
 *   on its way; asked: the address says anything at all
 */
export function readAddress(search) {
  const query = new URLSearchParams(search);
  /** @type {Address} */
  const values = {};
  const problems = [];
  for (const [name, check] of Object.entries(checks)) {
    if (!query.has(name)) continue;
    const text = query.get(name);
    if (check(text)) values[name] = text;
    else problems.push(`${name}=${text}`);
  }
  const asked = Object.keys(values).length > 0;
  // Addresses leave out what says none.
  if (values.labels) values.guidance ??= "1";
  if (asked && (values.sampler ?? defaults.sampler) === "ddim") values.eta ??= "0";
  return { values, asked, problems };
}

/** @param {string[]} list @returns {(text: string) => boolean} */
const oneOf = (list) => (text) => list.includes(text);

const checks = {
  model: () => true,
  sampler: oneOf(samplers),
  steps: (text) => /^[1-9]\d{0,5}$/.test(text),
  eta: (text) => text !== "" && Number(text) >= 0 && Number(text) <= 1,
  seed: (text) => /^\d{1,20}$/.test(text) && BigInt(text) <= maxSeed,
  count: oneOf(["1", "4", "16"]),
  pace: oneOf(["full", "slow"]),
  engine: oneOf(["auto", "webgpu", "cpu"]),
  labels: (text) => /^\d{1,6}([ ,]\d{1,6}){0,15}$/.test(text),
  guidance: (text) => /^\d{1,2}(\.\d+)?$/.test(text),
  hash: (text) => /^[0-9a-f]{16}$/.test(text),
  forks: (text) => /^\d{1,6}:\d{1,20}(,\d{1,6}:\d{1,20}){0,5}$/.test(text),
};

/**
 * The address that draws the same again.
 *
 * @param {Settings} settings
 * @param {{published: boolean, hash?: string, forks?: {from: number, seed: string}[]}} origin published: the model is one of
 *   the site's: a file of the reader's own has no address; hash: the model's; forks: where the track leaves its ancestors
 */
export function addressOf(settings, { published, hash, forks = [] }) {
  const { model, sampler, steps, eta, seed, count, engine, labels, guidance } = settings;
  const query = new URLSearchParams({ ...(published && { model }), sampler, steps: String(steps) });
  if (sampler === "ddim" && eta !== 0) query.set("eta", String(eta));
  query.set("seed", seed);
  query.set("count", String(count));
  if (labels?.length) query.set("labels", labels.join(" "));
  if (labels?.length && guidance !== 1) query.set("guidance", String(guidance));
  if (forks.length) query.set("forks", forks.map(({ from, seed: other }) => `${from}:${other}`).join(","));
  if (hash) query.set("hash", hash);
  if (engine !== defaults.engine) query.set("engine", engine);
  return `${location.origin}${location.pathname}?${query}`;
}
