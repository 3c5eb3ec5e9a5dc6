// Controls that the views are made of.

import { element, icon } from "../dom.js";
import { t, worded } from "../words.js";

/** @import { Properties } from "../dom.js" */

let lastId = 0;

/**
 * A slider. set takes its value, or its range.
 *
 * @typedef {{root: HTMLElement, input: HTMLInputElement, readonly value: number, set: (next: Properties<"input">) => void}} Slider
 */

/**
 * A button with an icon and words.
 *
 * @param {string} key
 * @param {string} glyph "" for none
 * @param {(event: MouseEvent) => void} run
 * @param {{className?: string, values?: import("../words.js").Values}} [more]
 */
export function button(key, glyph, run, { className = "", values } = {}) {
  const node = element("button", { type: "button", className }, glyph && icon(glyph), worded("span", key, values));
  node.addEventListener("click", run);
  return node;
}

/**
 * A label with a control below it, and a hint.
 *
 * @param {string} key
 * @param {HTMLElement} control
 * @param {string} [hint] its key
 */
export function field(key, control, hint) {
  control.id ||= `control-${++lastId}`;
  const label = worded("label", key, undefined, { htmlFor: control.id });
  const node = element("div", { className: "field" }, label, control);
  if (hint) {
    const text = worded("p", hint, undefined, { className: "hint", id: `${control.id}-hint` });
    control.setAttribute("aria-describedby", text.id);
    node.append(text);
  }
  return node;
}

/**
 * A slider with its value beside the label.
 *
 * @param {string} key
 * @param {{min: number, max: number, step?: number, value: number}} range
 * @param {(value: number) => void} onInput
 * @param {(value: number) => string} [format]
 * @returns {Slider}
 */
export function slider(key, { min, max, step = 1, value }, onInput, format = String) {
  const input = element("input", {
    type: "range",
    className: "range",
    id: `control-${++lastId}`,
    min,
    max,
    step,
    value,
  });
  const output = element("output", { htmlFor: input.id });
  const label = worded("label", key, undefined, { htmlFor: input.id });
  const show = () => {
    output.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    show();
    onInput(Number(input.value));
  });
  show();
  const root = element(
    "div",
    { className: "field slider" },
    element("div", { className: "slider-head" }, label, output),
    input,
  );
  return {
    root,
    input,
    get value() {
      return Number(input.value);
    },
    set(next) {
      Object.assign(input, next);
      show();
    },
  };
}

/**
 * A choice of few, as segments.
 *
 * @param {string} key of the legend
 * @param {Record<string, string>} options values and their keys
 * @param {string} value
 * @param {(value: string) => void} onChange
 */
export function segments(key, options, value, onChange) {
  const name = `segments-${++lastId}`;
  const items = Object.entries(options).map(([each, words]) => {
    const input = element("input", { type: "radio", name, value: each, checked: each === value });
    input.addEventListener("change", () => onChange(each));
    return element("label", {}, input, worded("span", words));
  });
  return element(
    "fieldset",
    { className: "field" },
    worded("legend", key),
    element("div", { className: "segments" }, ...items),
  );
}

/**
 * A seed field with a dice.
 *
 * @param {number} value
 * @param {(value: string) => void} [onChange]
 * @returns {{root: HTMLElement, readonly value: string}}
 */
export function seedField(value, onChange = () => {}) {
  const input = element("input", { inputMode: "numeric", maxLength: 20, value: String(value) });
  const dice = element("button", { type: "button", className: "icon", ariaLabel: t("settings.dice") }, icon("dice"));
  dice.dataset.tLabel = "settings.dice";
  dice.addEventListener("click", () => {
    input.value = String(crypto.getRandomValues(new Uint32Array(1))[0] % 100_000);
    onChange(input.value);
  });
  input.addEventListener("change", () => {
    input.value = input.value.replace(/\D/g, "") || "0";
    onChange(input.value);
  });
  const root = field("settings.seed", input);
  const row = element("div", { className: "row" });
  input.replaceWith(row);
  row.append(input, dice);
  return {
    root,
    get value() {
      return input.value;
    },
  };
}

/** The list of models, for views other than the first. @param {import("../studio.js").Studio} studio */
export function modelField(studio) {
  const select = element("select");
  const fill = () => {
    select.replaceChildren(...studio.models.all.map(({ id, label }) => new Option(label, id)));
    select.disabled = select.length === 0;
    if (studio.wanted) select.value = studio.wanted.id;
  };
  select.addEventListener("change", () => studio.choose(select.value).then(fill));
  select.addEventListener("focus", fill);
  studio.models.addEventListener("change", fill);
  studio.onModel(fill);
  fill();
  return field("settings.model", select);
}

/**
 * The frame of a view: what it is about, the figures, and the controls beside them.
 *
 * @param {HTMLElement} root
 * @param {string} name
 * @param {{bench: HTMLElement[], panel: HTMLElement[]}} parts
 */
export function viewFrame(root, name, { bench, panel }) {
  const head = element("header", { className: "head" }, worded("h2", `nav.${name}`), worded("p", `${name}.intro`));
  root.append(
    head,
    element("div", { className: "bench" }, ...bench),
    element("aside", { className: "panel" }, ...panel),
  );
}

/** A part of a view, under its heading. @param {string} key @param {...(HTMLElement|false)} children */
export function block(key, ...children) {
  return element("section", { className: "block" }, worded("h3", key), ...children);
}

/**
 * A table's body under its headings.
 *
 * @param {string[]} keys of the headings
 * @param {HTMLTableSectionElement} rows the tbody
 * @param {Properties<"table">} [properties]
 */
export function table(keys, rows, properties = {}) {
  const heads = keys.map((key) => worded("th", key, undefined, { scope: "col" }));
  const head = element("thead", {}, element("tr", {}, ...heads));
  return element("table", { className: "table", ...properties }, head, rows);
}

/**
 * A figure with a caption, and perhaps tools under it.
 *
 * @param {string} key
 * @param {{root: HTMLElement, tools?: HTMLElement}} shown
 */
export function figure(key, { root, tools }) {
  return element("figure", {}, root, worded("figcaption", key), tools ?? "");
}
