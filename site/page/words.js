// The page's words in the reader's language. A catalogue (words/en.js, words/ko.js) has a text for every key; {name} in
// a text stands for a value, and a text with tags is markup. What say() has written changes with the language.

import en from "./words/en.js";

const key = "unnoise-language";
const loaders = { en: async () => en, ko: async () => (await import("./words/ko.js")).default };

let words = en;
let language = "en";
const listeners = [];

/** The language that is shown. @returns {"en"|"ko"} */
export const currentLanguage = () => language;

/** Calls fn(language) whenever another language has been chosen. */
export function onLanguage(fn) {
  listeners.push(fn);
}

/** The text of a key; a value that starts with "@" is itself a key. */
export function t(name, values = {}) {
  const text = words[name] ?? en[name];
  if (text === undefined) throw new Error(`the catalogue has no text for ${name}`);
  return text.replace(/\{(\w+)\}/g, (_, value) => resolve(values[value]));
}

function resolve(value) {
  return typeof value === "string" && value.startsWith("@") ? t(value.slice(1)) : String(value);
}

/** Writes a text into an element, and again when the language changes. Values in a text with tags are numbers or our own words. */
export function say(node, name, values) {
  node.dataset.t = name;
  if (values) node.dataset.v = JSON.stringify(values);
  else delete node.dataset.v;
  write(node);
  return node;
}

/** The same for what a screen reader says of an element. */
export function sayLabel(node, name, values) {
  node.dataset.tLabel = name;
  if (values) node.dataset.vLabel = JSON.stringify(values);
  else delete node.dataset.vLabel;
  writeLabel(node);
  return node;
}

/** A new element with a text. */
export function worded(tag, name, values, properties = {}) {
  return say(Object.assign(document.createElement(tag), properties), name, values);
}

function write(node) {
  const text = t(node.dataset.t, JSON.parse(node.dataset.v ?? "{}"));
  if (text.includes("<")) node.innerHTML = text;
  else node.textContent = text;
}

function writeLabel(node) {
  node.setAttribute("aria-label", t(node.dataset.tLabel, JSON.parse(node.dataset.vLabel ?? "{}")));
}

/** Writes again what say() and the document have marked, in the language of now. */
export function translate(root = document) {
  for (const node of root.querySelectorAll("[data-t]")) write(node);
  for (const node of root.querySelectorAll("[data-t-label]")) writeLabel(node);
}

/** Changes the language. @param {"en"|"ko"} name */
export async function setLanguage(name) {
  words = await loaders[name]();
  language = name;
  document.documentElement.lang = name;
  translate();
  for (const fn of listeners) fn(name);
}

/** Takes the language that was chosen earlier, else the browser's, and makes the buttons choose. */
export async function startLanguage(buttons) {
  const mark = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.lang === language));
  };
  onLanguage(mark);
  for (const button of buttons) {
    button.addEventListener("click", async () => {
      await setLanguage(button.lang);
      remember(button.lang);
    });
  }
  const first = remembered() ?? navigator.languages?.[0]?.slice(0, 2);
  // A catalogue that cannot be had leaves the page in English.
  if (first in loaders && first !== language) await setLanguage(first).catch(() => {});
  mark();
}

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
