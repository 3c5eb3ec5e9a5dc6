// Quiet words under numbers: what each means, on hover, focus or tap, with a link to where Learn explains it.

import { element } from "./dom.js";
import { onLanguage, say, worded } from "./words.js";

/** Makes the explanations of all buttons that have data-term="KEY" and data-learn="SCREEN", now and later. */
export function startTerms() {
  const box = element("div", { className: "explanation", id: "explanation", hidden: true, role: "tooltip" });
  const text = element("p");
  const link = worded("a", "term.more", undefined, { className: "more" });
  box.append(text, link);
  document.body.append(box);
  /** @type {HTMLElement|null} */
  let owner = null;
  const hide = () => {
    box.hidden = true;
    owner?.removeAttribute("aria-describedby");
    owner = null;
  };
  const show = (/** @type {HTMLElement} */ button) => {
    if (owner === button) return;
    hide();
    owner = button;
    say(text, `term.${button.dataset.term}`);
    link.href = `#learn/${button.dataset.learn}`;
    link.hidden = !button.dataset.learn;
    button.setAttribute("aria-describedby", box.id);
    box.hidden = false;
    place(box, button);
  };
  /** @param {Event} event @returns {HTMLElement|null|undefined} undefined: the document is no element */
  const termOf = (event) => /** @type {Element} */ (event.target).closest?.("[data-term]");
  const inBox = (/** @type {EventTarget|null} */ target) => box.contains(/** @type {Node|null} */ (target));
  const inside = (/** @type {EventTarget|null} */ target) =>
    inBox(target) || owner?.contains(/** @type {Node|null} */ (target));
  addEventListener("pointerover", (event) => event.pointerType === "mouse" && termOf(event) && show(termOf(event)));
  addEventListener("pointerout", (event) => {
    // The way from the word to the box is not a way out.
    if (owner && inside(event.target) && !inside(event.relatedTarget)) setTimeout(leave, 250);
  });
  const leave = () => owner && !owner.matches(":hover, :focus") && !box.matches(":hover, :focus-within") && hide();
  addEventListener("focusin", (event) => (termOf(event) ? show(termOf(event)) : inBox(event.target) || hide()));
  addEventListener("click", (event) => {
    if (termOf(event)) show(termOf(event));
    else hide();
  });
  addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("hashchange", hide);
  onLanguage(hide);
}

/** @param {HTMLElement} box @param {HTMLElement} button */
function place(box, button) {
  const { left, top } = button.getBoundingClientRect();
  // The number that is explained stays in sight.
  const { bottom } = (button.closest("dt")?.nextElementSibling ?? button).getBoundingClientRect();
  const width = document.documentElement.clientWidth;
  const x = Math.max(8, Math.min(left, width - box.offsetWidth - 8));
  const below = bottom + 8 + box.offsetHeight < innerHeight;
  box.style.left = `${x + scrollX}px`;
  box.style.top = `${(below ? bottom + 6 : top - box.offsetHeight - 6) + scrollY}px`;
}

/** A word with an explanation. @param {string} key of the catalogue, term.KEY @param {number|string} learn the screen that says more */
export function term(key, content, learn = "") {
  const button = element("button", { type: "button", className: "term" }, content);
  Object.assign(button.dataset, { term: key, learn });
  return button;
}
