// Which view is open: the part of the address after "#" names it, and what follows a slash is the view's own (#learn/4).

import { onLanguage, sayLabel, t } from "./words.js";

/**
 * A view. show: it has been opened, or its own part of the address has changed; hide: another one has been opened.
 *
 * @typedef {object & {show?: (rest: string) => void, hide?: () => void}} View
 */

/** @typedef {import("./studio.js").Studio} Studio */

/**
 * A view's module.
 *
 * @typedef {{mount: (root: HTMLElement, studio: Studio) => View}} ViewModule
 */

/** The views of the page, of which one is open. */
export class Router {
  #views;
  #studio;
  #onError;
  /** By name. @type {Map<string, Promise<View>>} */
  #made = new Map();
  #open = "";

  /**
   * @param {Record<string, () => Promise<ViewModule>>} views the first is the page's start
   * @param {Studio} studio handed to mount
   * @param {(error: Error, retry: () => void) => void} onError a view's module could not be fetched
   */
  constructor(views, studio, onError) {
    this.#views = views;
    this.#studio = studio;
    this.#onError = onError;
    addEventListener("hashchange", () => this.go(true));
    onLanguage(() => this.#nameDocument());
  }

  /** The name of the open view. */
  get open() {
    return this.#open;
  }

  /** Opens what the address names. @param {boolean} [focus] move the focus there, as after a click on a link */
  async go(focus = false) {
    const [asked, ...rest] = location.hash.slice(1).split("/");
    const name = asked in this.#views ? asked : Object.keys(this.#views)[0];
    const before = this.#open;
    this.#open = name;
    document.body.dataset.view = name;
    this.#markLinks(name);
    const root = this.#section(name);
    const sections = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".view"));
    for (const section of sections) section.hidden = section !== root;
    this.#nameDocument();
    if (before && before !== name) (await this.#made.get(before))?.hide?.();
    if (focus && before !== name) {
      root.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    const view = await this.#view(name, root);
    if (this.#open === name) view?.show?.(rest.join("/"));
  }

  #nameDocument() {
    const first = this.#open === Object.keys(this.#views)[0];
    document.title = first ? "unnoise" : `${t(`nav.${this.#open}`)} · unnoise`;
  }

  /** @param {string} name */
  #markLinks(name) {
    const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".top nav a"));
    for (const link of links) {
      const current = link.hash === `#${name}`;
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
      // On a phone the links are wider than the screen.
      if (current)
        link.parentElement.scrollTo({
          left: link.offsetLeft - link.parentElement.clientWidth / 2 + link.offsetWidth / 2,
        });
    }
  }

  /** @param {string} name @returns {HTMLElement} */
  #section(name) {
    const id = `view-${name}`;
    const there = document.getElementById(id);
    if (there) return there;
    const section = Object.assign(document.createElement("section"), {
      id,
      className: `view view-${name}`,
      tabIndex: -1,
    });
    sayLabel(section, `nav.${name}`);
    document.querySelector("main").append(section);
    return section;
  }

  /** @param {string} name @param {HTMLElement} root */
  async #view(name, root) {
    if (!this.#made.has(name)) this.#made.set(name, this.#make(name, root));
    try {
      return await this.#made.get(name);
    } catch (error) {
      this.#made.delete(name);
      this.#onError(error, () => this.go());
      return null;
    }
  }

  /** @param {string} name @param {HTMLElement} root */
  async #make(name, root) {
    const { mount } = await this.#views[name]();
    return mount(root, this.#studio);
  }
}
