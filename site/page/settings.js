// What is to be drawn: the form, and the address that replays it (?model=&sampler=&steps=&eta=&seed=&count=&engine=).

import { byId } from "./dom.js";

// The model is the smallest of the list. The site's build draws its preview with the same values (tools/site/models.go).
const defaults = { sampler: "ddim", steps: 50, eta: 0, seed: "5", count: 1, pace: "slow", engine: "auto" };

const hints = {
  ddim: "Few long steps; the same noise gives the same picture.",
  ddpm: "As it was trained: fresh noise in every step.",
  dpmpp: "DPM-Solver++: remembers the step before; 10 to 20 are enough.",
  "dpmpp-sde": "DPM-Solver++ with fresh noise in every step.",
  unipc: "Predicts, then corrects; 10 to 20 steps are enough.",
  euler: "The simplest way down: one slope a step.",
  "euler-ancestral": "Euler's way with fresh noise in every step.",
  heun: "The mean of two slopes: each step asks the network twice.",
  pndm: "Four slopes remembered, after a slow start.",
  plms: "Four slopes remembered.",
};

/** Steps that are enough, where not the default. */
const usualSteps = { dpmpp: 20, "dpmpp-sde": 20, unipc: 20, euler: 30, "euler-ancestral": 30, heun: 20 };

const maxSeed = 2n ** 64n - 1n;

/** @typedef {typeof defaults & {model: string}} Settings */

/** The form of settings. */
export class SettingsForm {
  #form;
  #trainTimesteps = 1000;

  constructor(form) {
    this.#form = form;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", ({ target }) => {
      if (target.name === "sampler") this.#stepsOf(target.value);
      this.#tidy();
    });
    byId("dice").addEventListener("click", () =>
      this.set({ seed: String(crypto.getRandomValues(new Uint32Array(1))[0]) }),
    );
    this.set(defaults);
  }

  /** Calls fn(name) when the reader has changed the field. */
  onChange(fn) {
    this.#form.addEventListener("change", (event) => fn(event.target.name));
  }

  /** Puts values into the form. */
  set(values) {
    for (const [name, value] of Object.entries(values)) this.#form.elements[name].value = String(value);
    this.#tidy();
  }

  /** @returns {Settings} */
  get() {
    const { model, sampler, seed, count, pace, engine } = Object.fromEntries(new FormData(this.#form));
    const { steps, eta } = this.#form.elements;
    return {
      model,
      sampler,
      seed,
      pace,
      engine,
      count: Number(count),
      steps: Number(steps.value),
      eta: Number(eta.value),
    };
  }

  /** Fills the list of models. */
  setModels(models) {
    const select = this.#form.elements.model;
    const { value } = select;
    select.replaceChildren(...models.map(({ id, label }) => new Option(label, id)));
    if (models.some(({ id }) => id === value)) select.value = value;
    select.disabled = models.length === 0;
  }

  /** Bounds the steps by what the model was trained with. */
  setTrainTimesteps(n) {
    this.#trainTimesteps = n;
    byId("steps-hint").textContent = `of ${n}`;
    this.#form.elements.steps.max = n;
    this.#tidy();
  }

  /** The usual number of steps: all for DDPM, few for the others. */
  #stepsOf(sampler) {
    this.#form.elements.steps.value =
      sampler === "ddpm" ? this.#trainTimesteps : (usualSteps[sampler] ?? defaults.steps);
  }

  /** Brings every field into its range, and shows only what the sampler has. */
  #tidy() {
    const { sampler, steps, eta, seed } = this.#form.elements;
    steps.value = Math.min(this.#trainTimesteps, Math.max(1, Math.round(Number(steps.value)) || defaults.steps));
    eta.value = Math.min(1, Math.max(0, Number(eta.value) || 0));
    seed.value = tidySeed(seed.value);
    byId("sampler-hint").textContent = hints[sampler.value];
    byId("eta-field").hidden = sampler.value !== "ddim";
  }
}

function tidySeed(text) {
  const digits = text.replace(/\D/g, "") || defaults.seed;
  const n = BigInt(digits);
  return String(n > maxSeed ? maxSeed : n);
}

/**
 * Reads an address's settings.
 *
 * @param {string} search the address's query
 * @param {string[]} models ids of the models there are
 * @returns {{values: Partial<Settings>, asked: boolean, problems: string[]}} asked: the address says anything at all
 */
export function readAddress(search, models) {
  const query = new URLSearchParams(search);
  const values = {};
  const problems = [];
  for (const [name, check] of Object.entries(checks(models))) {
    if (!query.has(name)) continue;
    const text = query.get(name);
    if (check(text)) values[name] = text;
    else problems.push(`${name}=${text}`);
  }
  return { values, asked: Object.keys(values).length > 0, problems };
}

const oneOf = (list) => (text) => list.includes(text);

function checks(models) {
  return {
    model: oneOf(models),
    sampler: oneOf(Object.keys(hints)),
    steps: (text) => /^[1-9]\d{0,5}$/.test(text),
    eta: (text) => text !== "" && Number(text) >= 0 && Number(text) <= 1,
    seed: (text) => /^\d{1,20}$/.test(text) && BigInt(text) <= maxSeed,
    count: oneOf(["1", "4", "16"]),
    pace: oneOf(["full", "slow"]),
    engine: oneOf(["auto", "webgpu", "cpu"]),
  };
}

/**
 * The address that draws the same again.
 *
 * @param {Settings} settings
 * @param {boolean} published the model is one of the site's: a file of the reader's own has no address
 */
export function addressOf(settings, published) {
  const { model, sampler, steps, eta, seed, count, engine } = settings;
  const query = new URLSearchParams({ ...(published && { model }), sampler, steps });
  if (sampler === "ddim" && eta !== 0) query.set("eta", eta);
  query.set("seed", seed);
  query.set("count", count);
  if (engine !== defaults.engine) query.set("engine", engine);
  return `${location.origin}${location.pathname}?${query}`;
}
