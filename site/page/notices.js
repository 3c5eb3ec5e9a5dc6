// Messages above the pictures: what happened, what still works, and one thing to do.

import { element, icon } from "./dom.js";
import { onLanguage, sayLabel } from "./words.js";

/**
 * A message.
 *
 * @typedef {{kind?: "error"|"info", title: string, text?: string, actions?: {label: string, run: () => void}[],
 *   choice?: {label: string, options: string[], run: (option: string) => void}}} Notice
 */

/** The place of messages; one of each key at a time. */
export class Notices {
  #root;
  /** What makes its words, by a message's element. @type {WeakMap<HTMLElement, () => Notice>} */
  #makers = new WeakMap();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root;
    onLanguage(() => {
      for (const old of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".notice")))
        old.replaceWith(this.#build(old.dataset.key, this.#makers.get(old)));
    });
  }

  /**
   * Shows a message in place of an earlier one with its key.
   *
   * @param {string} key
   * @param {() => Notice} make gives the message in the language of now; called again when that changes
   */
  show(key, make) {
    this.clear(key);
    this.#root.append(this.#build(key, make));
  }

  /** @param {string} key @param {() => Notice} make */
  #build(key, make) {
    const { kind = "info", title, text = "", actions = [], choice } = make();
    const close = sayLabel(
      element("button", { type: "button", className: "quiet icon" }, icon("close")),
      "notice.close",
    );
    const body = element("div", {}, element("strong", {}, title), text && element("p", {}, text));
    const notice = element("div", { className: `notice ${kind}` }, body, close);
    notice.dataset.key = key;
    if (kind === "error") notice.setAttribute("role", "alert");
    close.addEventListener("click", () => notice.remove());
    if (actions.length)
      body.append(element("p", { className: "row" }, ...actions.map((each) => this.#button(notice, each))));
    if (choice) body.append(this.#select(notice, choice));
    this.#makers.set(notice, make);
    return notice;
  }

  /** @param {HTMLElement} notice @param {Notice["actions"][number]} action */
  #button(notice, { label, run }) {
    const button = element("button", { type: "button" }, label);
    button.addEventListener("click", () => {
      notice.remove();
      run();
    });
    return button;
  }

  /** @param {HTMLElement} notice @param {Notice["choice"]} choice */
  #select(notice, { label, options, run }) {
    const list = [label, ...options].map((text, i) => element("option", { value: i ? text : "" }, text));
    const select = element("select", { ariaLabel: label }, ...list);
    select.addEventListener("change", () => {
      notice.remove();
      run(select.value);
    });
    return select;
  }

  /** Takes a message away. @param {string} key */
  clear(key) {
    for (const notice of this.#root.querySelectorAll(`[data-key="${key}"]`)) notice.remove();
  }
}
