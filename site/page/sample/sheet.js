// On a phone the settings lie below the page: a bar tells what is set, and opens the sheet. On wider screens there is no bar,
// and the form is always there (sheet.css).

import { byId } from "../dom.js";
import { say } from "../words.js";

/** The sheet. */
export class Sheet {
  #form;
  #panel = byId("panel");
  #bar = byId("panel-bar");
  #text = byId("panel-set");

  /** @param {import("./settings.js").FormElement} form the settings, inside the panel that becomes a sheet */
  constructor(form) {
    this.#form = form;
    this.#bar.addEventListener("click", () => this.#open(!this.#isOpen));
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#isOpen) return;
      // Escape stops the chain elsewhere.
      event.stopPropagation();
      this.#open(false);
      this.#bar.focus();
    });
    // The keyboard goes on behind the sheet: what it reaches there must be seen. A tap beside the sheet leaves it as it is.
    addEventListener("focusin", (event) => {
      const target = /** @type {Element} */ (event.target);
      if (this.#isOpen && !this.#panel.contains(target) && target.matches(":focus-visible")) this.#open(false);
    });
  }

  get #isOpen() {
    return this.#bar.getAttribute("aria-expanded") === "true";
  }

  /** @param {boolean} open */
  #open(open) {
    this.#bar.setAttribute("aria-expanded", String(open));
    this.#panel.classList.toggle("open", open);
  }

  /** Says in the bar what the form has. */
  tell() {
    const { model, sampler, steps, seed } = this.#form.elements;
    const [name, way] = [model, sampler].map(({ selectedOptions }) => selectedOptions[0]?.text.split(" · ")[0] ?? "");
    say(this.#text, "settings.set", { model: name, sampler: way, steps: steps.value, seed: seed.value });
  }
}
