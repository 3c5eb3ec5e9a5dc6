// The little that the page needs to build elements.

/**
 * The document's elements of which more is asked than any has.
 *
 * @typedef {object} Known
 * @property {HTMLDialogElement} card-dialog
 * @property {HTMLInputElement} file
 * @property {import("./sample/settings.js").FormElement} settings
 * @property {HTMLInputElement} state-file
 * @property {HTMLTableElement} tests
 * @property {HTMLCanvasElement} x
 * @property {HTMLCanvasElement} x0
 */

/**
 * The element with the id.
 *
 * @template {string} Id
 * @param {Id} id
 * @returns {Id extends keyof Known ? Known[Id] : HTMLElement}
 */
export const byId = (id) => /** @type {any} */ (document.getElementById(id));

/**
 * Properties of an element; the browser makes texts of numbers.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @typedef {{[Key in keyof HTMLElementTagNameMap[Name]]?: HTMLElementTagNameMap[Name][Key] | string | number}} Properties
 */

/**
 * A new element.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Properties<Name>} [properties]
 * @param {...(Node|string|false)} children false and "" are none
 */
export function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  Object.assign(node, properties);
  node.append(.../** @type {(Node|string)[]} */ (children.filter((child) => child !== false && child !== "")));
  return node;
}

/** An icon from the document's symbols. @param {string} name */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** Saves a file on the reader's disk. @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
