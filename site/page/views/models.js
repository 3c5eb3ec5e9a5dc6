// The models: what each was made from, under which licence, what it costs; and what the browser keeps of them.

import { showCard } from "../card.js";
import { element } from "../dom.js";
import { bytes, millions, milliseconds } from "../format.js";
import { forgetModel, storedModels } from "../library.js";
import { labelsOf } from "../parts/classes.js";
import { block, button, table } from "../parts/controls.js";
import { onLanguage, say, t, worded } from "../words.js";

/** @import { Info, ModelInfo } from "../../lib/unnoise.js" */
/** @import { Model } from "../models.js" */

/** Builds the view. @type {import("../router.js").ViewModule["mount"]} */
export function mount(root, studio) {
  return new ModelsView(root, studio);
}

class ModelsView {
  #studio;
  #cards = element("div", { className: "cards" });
  #kept = element("tbody");
  #total = element("p", { className: "hint" });
  /** Milliseconds a step, by id, as measured in this visit. @type {Map<string, number>} */
  #speeds = new Map();

  /** @param {HTMLElement} root @param {import("../studio.js").Studio} studio */
  constructor(root, studio) {
    this.#studio = studio;
    const rows = table(["models.kept.name", "models.kept.size", "models.kept.delete"], this.#kept);
    const heads = rows.tHead.rows[0].cells;
    heads[heads.length - 1].className = "headless";
    rows.hidden = true;
    const head = element("header", { className: "head" }, worded("h2", "nav.models"), worded("p", "models.intro"));
    const own = element(
      "div",
      { className: "own" },
      worded("p", "models.own"),
      button("models.open", "open", () => document.getElementById("file").click()),
    );
    const kept = block(
      "models.kept",
      worded("p", "models.kept.text", undefined, { className: "hint" }),
      rows,
      this.#total,
    );
    root.classList.add("plain");
    root.append(head, element("div", { className: "bench" }, this.#cards, own, kept, aboutLibrary()));
    studio.onModel(() => this.show());
    studio.models.addEventListener("change", () => this.#showCards());
    onLanguage(() => this.show());
  }

  show() {
    this.#showCards();
    this.#showKept();
  }

  #showCards() {
    this.#cards.replaceChildren(...this.#studio.models.all.map((model) => this.#card(model)));
  }

  /** @param {Model} model */
  #card(model) {
    const { wanted, info } = this.#studio;
    const current = wanted?.id === model.id && Boolean(info);
    const picture = model.sheet ?? model.preview;
    const sheet = element("div", { className: "sheet" });
    if (picture) {
      const image = element("img", {
        src: picture,
        alt: t("models.sheet", { title: model.title }),
        loading: "lazy",
        width: 256,
        height: 256,
      });
      sheet.append(image);
    }
    const use = button(current ? "models.current" : "models.use", current ? "" : "play", () => this.#use(model), {
      className: "primary",
    });
    use.disabled = current;
    const actions = element("p", { className: "row" }, use);
    if (model.card) actions.append(button("facts.card", "", () => showCard(model.card)));
    const text = element(
      "div",
      { className: "card-text" },
      element("h3", {}, model.title),
      this.#facts(model, current ? info : null),
      actions,
    );
    return element("article", { className: `card${current ? " current" : ""}` }, sheet, text);
  }

  /** @param {Model} model @param {Info|null} info where it is loaded */
  #facts({ id, about }, info) {
    /** @type {HTMLElement[]} */
    const rows = [];
    const row = (/** @type {string} */ key, /** @type {string|undefined} */ value) =>
      value && rows.push(worded("dt", key), element("dd", {}, value));
    const facts = about ?? (info && aboutOf(info.model));
    if (facts) {
      row("facts.data", facts.data);
      row("facts.licence", facts.licence);
      row("facts.picture", `${facts.width}×${facts.height}×${facts.channels}`);
      if (facts.classes) row("models.classes", String(facts.classes));
      row("facts.parameters.name", `${millions(facts.parameters)} · ${bytes(facts.bytes ?? info.pack.bytes)}`);
      row("models.cost", t("models.macs", { n: millions(facts.macs) }));
    }
    if (this.#speeds.has(id)) row("models.speed", t("models.ms", { n: milliseconds(this.#speeds.get(id)) }));
    else if (info) rows.push(worded("dt", "models.speed"), element("dd", {}, this.#timer(id)));
    return element("dl", { className: "facts-list" }, ...rows);
  }

  /** A button that times one step of the model that is loaded. @param {string} id */
  #timer(id) {
    return button(
      "models.time",
      "",
      async ({ currentTarget }) => {
        /** @type {HTMLButtonElement} */ (currentTarget).disabled = true;
        try {
          const sampler = await this.#studio.sampler();
          const { msPerStep } = await sampler.bench({ steps: 5 });
          this.#speeds.set(id, msPerStep);
        } catch (error) {
          this.#studio.fail(error);
        }
        this.#showCards();
      },
      { className: "small" },
    );
  }

  /** @param {Model} model */
  async #use(model) {
    await this.#studio.choose(model.id);
    this.#showCards();
    this.#showKept();
  }

  async #showKept() {
    const kept = await storedModels();
    this.#kept.replaceChildren(...kept.map((each) => this.#keptRow(each)));
    // No headings over nothing; and WebKit gives a column without words no room for what is put there later.
    this.#kept.parentElement.hidden = !kept.length;
    const { usage, quota } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
    if (!kept.length) say(this.#total, "models.kept.none");
    else if (usage) say(this.#total, "models.kept.total", { usage: bytes(usage), quota: bytes(quota) });
    else this.#total.textContent = "";
  }

  /** @param {{url: string, bytes: number}} kept */
  #keptRow({ url, bytes: length }) {
    const known = this.#studio.models.all.find(({ source }) => source === url);
    const remove = button(
      "models.kept.delete",
      "clear",
      async () => {
        await forgetModel(url);
        this.#showKept();
      },
      { className: "small" },
    );
    const name = known?.title ?? new URL(url).pathname.split("/").at(-1);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", {}, bytes(length)),
      element("td", {}, remove),
    );
  }
}

/** The way to the library's reference, which is a page of its own. */
function aboutLibrary() {
  const link = worded("a", "models.library.link", undefined, { href: "docs/" });
  return block("models.library", element("p", { className: "hint" }, worded("span", "models.library.text"), " ", link));
}

/** @param {ModelInfo} model @returns {import("../models.js").About} */
function aboutOf(model) {
  const { provenance, width, height, channels, parameters, macs } = model;
  return { ...provenance, width, height, channels, classes: labelsOf(model).length, parameters, macs };
}
