// The page's words in the reader's language. A catalogue (words/en.js, words/ko.js) has a text for every key; {name} in
// a text stands for a value, and a text with tags is markup. What say() has written changes with the language.

import { element } from "./dom.js";
import en from "./words/en.js";

const key = "unnoise-language";
const loaders = { en: async () => en, ko: async () => (await import("./words/ko.js")).default };

/** @typedef {keyof typeof loaders} Language */

/** @type {Record<string, string>} */
let words = en;
/** @type {Language} */
let language = "en";
/** @type {((language: Language) => void)[]} */
const listeners = [];

/** The language that is shown. */
export const currentLanguage = () => language;

/** Calls fn whenever another language has been chosen. @param {(language: Language) => void} fn */
export function onLanguage(fn) {
  listeners.push(fn);
}

/**
 * Values of a text; one that starts with "@" is itself a key.
 *
 * @typedef {Record<string, string|number>} Values
 */

/** The text of a key. @param {string} name @param {Values} [values] @returns {string} */
export function t(name, values = {}) {
  const text = words[name] ?? en[name];
  if (text === undefined) throw new Error(`the catalogue has no text for ${name}`);
  return text.replace(/\{(\w+)\}/g, (_, value) => resolve(values[value]));
}

function resolve(value) {
  return typeof value === "string" && value.startsWith("@") ? t(value.slice(1)) : String(value);
}

/**
 * Writes a text into an element, and again when the language changes. Values in a text with tags are numbers or our own words.
 *
 * @template {HTMLElement} Node
 * @param {Node} node
 * @param {string} name
 * @param {Values} [values]
 */
export function say(node, name, values) {
  node.dataset.t = name;
  if (values) node.dataset.v = JSON.stringify(values);
  else delete node.dataset.v;
  write(node);
  return node;
}

/**
 * The same for what a screen reader says of an element.
 *
 * @template {HTMLElement} Node
 * @param {Node} node
 * @param {string} name
 * @param {Values} [values]
 */
export function sayLabel(node, name, values) {
  node.dataset.tLabel = name;
  if (values) node.dataset.vLabel = JSON.stringify(values);
  else delete node.dataset.vLabel;
  writeLabel(node);
  return node;
}

/**
 * A new element with a text.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} tag
 * @param {string} name
 * @param {Values} [values]
 * @param {import("./dom.js").Properties<Name>} [properties]
 */
export function worded(tag, name, values, properties = {}) {
  return say(element(tag, properties), name, values);
}

/** @param {HTMLElement} node */
function write(node) {
  const text = t(node.dataset.t, JSON.parse(node.dataset.v ?? "{}"));
  if (text.includes("<")) node.innerHTML = text;
  else node.textContent = text;
}

/** @param {HTMLElement} node */
function writeLabel(node) {
  node.setAttribute("aria-label", t(node.dataset.tLabel, JSON.parse(node.dataset.vLabel ?? "{}")));
}

/** Writes again what say() and the document have marked, in the language of now. */
export function translate(root = document) {
  const all = (/** @type {string} */ marked) => /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(marked));
  for (const node of all("[data-t]")) write(node);
  for (const node of all("[data-t-label]")) writeLabel(node);
}

/** Changes the language. @param {Language} name */
export async function setLanguage(name) {
  words = await loaders[name]();
  language = name;
  document.documentElement.lang = name;
  translate();
  for (const fn of listeners) fn(name);
}

/**
 * Takes the language that was chosen earlier, else the browser's, and makes the buttons choose.
 *
 * @param {HTMLElement[]} buttons each with the lang of the language it stands for
 */
export async function startLanguage(buttons) {
  const mark = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.lang === language));
  };
  onLanguage(mark);
  for (const button of buttons) {
    button.addEventListener("click", async () => {
      await setLanguage(/** @type {Language} */ (button.lang));
      remember(button.lang);
    });
  }
  const first = remembered() ?? navigator.languages?.[0]?.slice(0, 2);
  // A catalogue that cannot be had leaves the page in English.
  if (isLanguage(first) && first !== language) await setLanguage(first).catch(() => {});
  mark();
}

/** @param {string} name @returns {name is Language} */
const isLanguage = (name) => name in loaders;

/** @param {string} name */
function remember(name) {
  try {
    localStorage.setItem(key, name);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

function remembered() {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
