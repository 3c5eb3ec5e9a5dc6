// Messages above the pictures: what happened, what still works, and one thing to do.

import { element, icon } from "./dom.js";
import { sayLabel } from "./words.js";

/** The place of messages; one of each key at a time. */
export class Notices {
  #root;

  constructor(root) {
    this.#root = root;
  }

  /**
   * Shows a message in place of an earlier one with its key.
   *
   * @param {string} key
   * @param {{kind?: "error"|"info", title: string, text?: string, actions?: {label: string, run: () => void}[],
   *   choice?: {label: string, options: string[], run: (option: string) => void}}} notice
   */
  show(key, { kind = "info", title, text = "", actions = [], choice }) {
    this.clear(key);
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
    this.#root.append(notice);
  }

  #button(notice, { label, run }) {
    const button = element("button", { type: "button" }, label);
    button.addEventListener("click", () => {
      notice.remove();
      run();
    });
    return button;
  }

  #select(notice, { label, options, run }) {
    const list = [label, ...options].map((text, i) => element("option", { value: i ? text : "" }, text));
    const select = element("select", { ariaLabel: label }, ...list);
    select.addEventListener("change", () => {
      notice.remove();
      run(select.value);
    });
    return select;
  }

  /** Takes a message away. */
  clear(key) {
    for (const notice of this.#root.querySelectorAll(`[data-key="${key}"]`)) notice.remove();
  }
}
