// <unnoise-sampler model="digits.safetensors" steps="50" seed="7" sampler="ddim" count="4"></unnoise-sampler>
//
// Draws by itself where it stands in a page, and anew when an attribute changes. Importing this file defines the element. Its style is an adopted sheet, which a
// content security policy of style-src 'self' allows.

import { createSampler, UsageError } from "./unnoise.js";

const style = `
  :host { display: inline-block; inline-size: 12rem; max-inline-size: 100%; position: relative; }
  :host([hidden]) { display: none; }
  canvas { display: block; inline-size: 100%; block-size: auto; image-rendering: pixelated; background: rgb(127 127 127 / 0.15); }
  progress { display: block; inline-size: 100%; block-size: 0.25rem; margin: 0.25rem 0 0; accent-color: currentColor; }
  progress[hidden], p[hidden] { display: none; }
  p { margin: 0.25rem 0 0; font: 0.875rem/1.4 system-ui, sans-serif; }
  .spoken { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

const texts = {
  en: {
    picture: (count, name) => (count === 1 ? `Picture drawn by ${name}` : `${count} pictures drawn by ${name}`),
    loading: "The model is being fetched",
    percent: (percent) => `${percent} percent drawn`,
    finished: "Finished",
  },
  ko: {
    picture: (count, name) => `${name} 모델이 그린 그림 ${count}장`,
    loading: "모델을 받는 중",
    percent: (percent) => `${percent}퍼센트 그림`,
    finished: "완성",
  },
};

// Servers that render pages know no elements: there the import does nothing.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/** The attributes that make another picture, with what stands for an absent one. */
const defaults = { model: "", engine: "auto", sampler: "ddim", steps: "50", seed: "0", eta: "0", count: "1" };

/** @import { Sampler } from "./unnoise.js" */

/**
 * A custom element that draws pictures. Attributes, each also a property: model (the pack's address), engine, sampler, steps, seed, eta, count,
 * and label, which stands for the picture where it cannot be seen. Events: "progress" (detail: {type: "download"|"check"|"step", ...}),
 * "finish" (detail: {pictures, width, height}), "error" (detail: the error).
 */
export class UnnoiseSamplerElement extends Base {
  static observedAttributes = [...Object.keys(defaults), "label"];

  #view;
  /** @type {Sampler|null} */
  #sampler = null;
  #opened = ""; // what the sampler was made of
  #drawn = ""; // the attributes of the picture that stands there or is on its way
  #controller = new AbortController();
  #scheduled = false;

  constructor() {
    super();
    this.#view = makeView(this.attachShadow({ mode: "open" }));
  }

  /** The sampler, once the model is there. @returns {Sampler|null} */
  get sampling() {
    return this.#sampler;
  }

  /** @internal */
  connectedCallback() {
    this.#schedule();
  }

  /** @internal */
  disconnectedCallback() {
    this.#schedule();
  }

  /** @internal */
  attributeChangedCallback() {
    this.#schedule();
  }

  /** Draws anew, with the attributes as they are. @returns {void} */
  draw() {
    this.#drawn = "";
    this.#schedule();
  }

  /** Stops drawing; what was drawn stays. @returns {void} */
  stop() {
    this.#controller.abort();
    this.#view.bar.hidden = true;
  }

  /** Several changes at once, and a move within the page, are one. */
  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#update();
    });
  }

  #settings() {
    const values = Object.entries(defaults).map(([name, usual]) => [name, this.getAttribute(name) ?? usual]);
    return /** @type {typeof defaults} */ (Object.fromEntries(values));
  }

  async #update() {
    this.#name();
    const settings = this.#settings();
    const key = this.isConnected && settings.model ? JSON.stringify(settings) : "";
    if (key && key === this.#drawn) return;
    this.#drawn = key;
    this.#controller.abort();
    if (!key) return this.#close();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    try {
      await this.#open(settings, signal);
      await this.#run(settings, signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** @param {typeof defaults} settings @param {AbortSignal} signal */
  async #open({ model, engine }, signal) {
    const source = JSON.stringify([model, engine]);
    if (this.#sampler && this.#opened === source) return;
    this.#close();
    this.#view.begin(this.#texts.loading);
    const address = new URL(model, this.ownerDocument.baseURI);
    const onProgress = (progress) => this.#tell("progress", progress);
    const sampler = await createSampler({ model: address, engine: /** @type {any} */ (engine), signal, onProgress });
    if (signal.aborted) return sampler.close();
    this.#sampler = sampler;
    this.#opened = source;
    this.#name();
  }

  /** @param {typeof defaults} settings @param {AbortSignal} signal */
  async #run({ sampler, seed, ...rest }, signal) {
    const [steps, count, eta] = [whole("steps", rest.steps), whole("count", rest.count), Number(rest.eta)];
    this.#view.begin(this.#texts.percent(0));
    const chain = await this.#sampler.chain({ sampler: /** @type {any} */ (sampler), seed, steps, count, eta, signal });
    try {
      await chain.run({
        signal,
        onProgress: (progress) => this.#step(progress),
        onFrame: ({ x }, painted) => {
          this.#view.paint(chain, x);
          painted();
        },
      });
      const pictures = await chain.pictures("x", { signal });
      this.#view.end(this.#texts.finished);
      this.#tell("finish", { pictures, width: chain.width, height: chain.height });
    } finally {
      chain.release().catch(() => {});
    }
  }

  #step(progress) {
    this.#view.advance(progress.index / progress.steps, this.#texts.percent);
    this.#tell("progress", { type: "step", ...progress });
  }

  #fail(error) {
    this.#view.fail(error.message);
    this.#tell("error", error);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #close() {
    this.#sampler?.close();
    this.#sampler = null;
    this.#opened = "";
    this.#view.end("");
  }

  get #texts() {
    const language = /** @type {HTMLElement|null} */ (this.closest("[lang]"))?.lang ?? "";
    return /^ko\b/i.test(language) ? texts.ko : texts.en;
  }

  /** Names the picture for those who cannot see it. */
  #name() {
    const name = this.#sampler?.info.model.name || this.getAttribute("model") || "unnoise";
    this.#view.name(this.getAttribute("label") ?? this.#texts.picture(Number(this.#settings().count), name));
  }
}

function whole(name, text) {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`${name} must be a whole number, found ${JSON.stringify(text)}.`);
}

/** What the element shows: a canvas, a bar under it, words for those who hear the page, and words about an error. */
function makeView(root) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  const add = (tag, attributes) => {
    const element = Object.assign(document.createElement(tag), attributes);
    root.append(element);
    return element;
  };
  const canvas = add("canvas", { width: 1, height: 1, part: "picture" });
  const bar = add("progress", { hidden: true, max: 1, part: "progress" });
  const message = add("p", { hidden: true, part: "message" });
  const spoken = add("span", { className: "spoken" });
  // Some browsers reflect no ARIA properties: attributes are known to all.
  canvas.setAttribute("role", "img");
  bar.setAttribute("aria-hidden", "true");
  message.setAttribute("role", "alert");
  spoken.setAttribute("role", "status");
  let said = 0;
  return {
    bar,
    name: (text) => canvas.setAttribute("aria-label", text),
    begin(text) {
      [bar.hidden, message.hidden, said, spoken.textContent] = [false, true, 0, text];
      bar.removeAttribute("value");
    },
    /** Says every quarter: more would talk over everything else. */
    advance(part, words) {
      bar.value = part;
      const quarter = Math.floor(part * 4) * 25;
      if (quarter > said && quarter < 100) spoken.textContent = words(quarter);
      said = quarter;
    },
    end(text) {
      [bar.hidden, spoken.textContent] = [true, text];
    },
    fail(text) {
      [bar.hidden, message.hidden, message.textContent, spoken.textContent] = [true, false, text, ""];
    },
    paint: (chain, rgba) => paint(canvas, chain, rgba),
  };
}

/** Paints pictures side by side, in as many rows as columns. */
function paint(canvas, { count, width, height }, rgba) {
  const columns = Math.ceil(Math.sqrt(count));
  const size = [columns * width, Math.ceil(count / columns) * height];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = canvas.getContext("2d");
  const bytes = width * height * 4;
  for (let i = 0; i < count; i++) {
    const pixels = new ImageData(new Uint8ClampedArray(rgba.slice(i * bytes, (i + 1) * bytes)), width, height);
    context.putImageData(pixels, (i % columns) * width, Math.floor(i / columns) * height);
  }
}

for (const name of UnnoiseSamplerElement.observedAttributes) {
  Object.defineProperty(UnnoiseSamplerElement.prototype, name, {
    get() {
      return this.getAttribute(name) ?? defaults[name] ?? "";
    },
    set(value) {
      this.setAttribute(name, value);
    },
  });
}

if (globalThis.customElements && !customElements.get("unnoise-sampler")) {
  customElements.define("unnoise-sampler", UnnoiseSamplerElement);
}
