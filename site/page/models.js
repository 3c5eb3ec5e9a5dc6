// The models there are to choose from: the site's own (models.json, written when the site is built) and the reader's files.

import { bytes } from "./format.js";

/**
 * What a model's card tells.
 *
 * @typedef {object} About
 * @property {string} [data]
 * @property {string} [licence]
 * @property {number} width in pixels
 * @property {number} height in pixels
 * @property {number} channels 1 (grey) or 3 (colour)
 * @property {number} [classes]
 * @property {number} parameters
 * @property {number} macs products of one step of one picture
 * @property {number} [bytes] of its pack
 */

/**
 * A model that can be chosen.
 *
 * @typedef {object} Model
 * @property {string} id
 * @property {string} title
 * @property {string} label as the list shows it
 * @property {string|File} source for createSampler
 * @property {string} [preview] address of a picture drawn when the site was built
 * @property {string} [sheet] address of a sheet of sixteen, alike
 * @property {About} [about] what its card tells
 * @property {string} [card] address of the model card
 */

/** The models, by id. Tells of a "change" of the list. */
export class Models extends EventTarget {
  /** @type {Model[]} */
  #list = [];

  /**
   * Reads the site's list.
   *
   * @throws {Error} NetworkError
   */
  async read() {
    const url = new URL("models.json", document.baseURI);
    /** @type {Response} */
    let response;
    try {
      response = await fetch(url);
    } catch (error) {
      throw networkError(`The list of models could not be fetched (${error.message}).`);
    }
    if (!response.ok) throw networkError(`The server answered ${response.status} for ${url}.`);
    const published = (await response.json()).map(fromEntry);
    this.#set([...published, ...this.#list.filter(({ source }) => source instanceof File)]);
  }

  /** All, the smallest first, the reader's own last. @returns {Model[]} */
  get all() {
    return this.#list;
  }

  /** @param {string} id @returns {Model|undefined} */
  find(id) {
    return this.#list.find((model) => model.id === id);
  }

  /** Takes in a file of the reader's, in place of an earlier one. @param {File} file */
  add(file) {
    /** @type {Model} */
    const model = { id: "file", title: file.name, label: `${file.name} · ${bytes(file.size)}`, source: file };
    this.#set([...this.#list.filter(({ id }) => id !== model.id), model]);
    return model;
  }

  /** Forgets the reader's file. @param {Model} model */
  remove(model) {
    this.#set(this.#list.filter((other) => other !== model));
  }

  /** @param {Model[]} list */
  #set(list) {
    this.#list = list;
    this.dispatchEvent(new Event("change"));
  }
}

/** A model as the site's list has it. @returns {Model} */
function fromEntry({ id, title, file, card, preview, sheet, bytes: length, width, height, about }) {
  const absolute = (address) => address && new URL(address, document.baseURI).href;
  const label = `${title} · ${width}×${height} · ${bytes(length)}`;
  const addresses = {
    source: absolute(file),
    preview: absolute(preview),
    sheet: absolute(sheet),
    card: absolute(card),
  };
  return { id, title, label, ...addresses, about: { ...about, width, height, bytes: length } };
}

function networkError(message) {
  return Object.assign(new Error(message), { name: "NetworkError" });
}
