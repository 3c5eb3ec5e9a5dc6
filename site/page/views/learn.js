// The paper in ten screens: a few words, an equation, and a figure to be touched.

import { element, icon } from "../dom.js";
import { equations } from "../learn/equations.js";
import { currentLanguage, onLanguage, sayLabel, worded } from "../words.js";

const texts = {
  en: () => import("../learn/en.js"),
  ko: () => import("../learn/ko.js"),
};

const figures = [
  () => import("../learn/figures/fade.js"),
  () => import("../learn/figures/schedule.js"),
  () => import("../learn/figures/posterior.js"),
  () => import("../learn/figures/score.js"),
  () => import("../learn/figures/training.js"),
  () => import("../learn/figures/unet.js"),
  () => import("../learn/figures/sampling.js"),
  () => import("../learn/figures/skipping.js"),
  () => import("../learn/figures/bits.js"),
  () => import("../learn/figures/between.js"),
];

/** Builds the view. @type {import("../router.js").ViewModule["mount"]} */
export function mount(root, studio) {
  return new LearnView(root, studio);
}

/** What a screen shows. @typedef {import("../router.js").View & {root: HTMLElement}} Figure */

/** Whether a subscript stands as high as what it belongs to: Chromium lowers none where no font knows mathematics. */
function isLevel(script) {
  if (!script) return false;
  const [base, low] = [...script.children].map((child) => child.getBoundingClientRect().bottom);
  return low - base < 2;
}

/** Whether a bar or a hat stands over what it belongs to with all of its line's height: WebKit sets it no closer. */
function isLifted(accent) {
  const [base, sign] = [...accent.children].map((child) => child.getBoundingClientRect());
  return sign.height > base.height && sign.bottom < base.top + 1;
}

class LearnView {
  #studio;
  #links;
  #article = element("article", { className: "screen", tabIndex: -1 });
  #figure = element("div", { className: "touched" });
  #words = element("div", { className: "lesson" });
  /** By number. @type {Map<number, Figure>} */
  #made = new Map();
  #open = 0;
  #ways;

  /** @param {HTMLElement} root @param {import("../studio.js").Studio} studio */
  constructor(root, studio) {
    this.#studio = studio;
    root.classList.add("plain");
    this.#links = equations.map((_, k) => {
      const link = element("a", { href: `#learn/${k + 1}` }, String(k + 1));
      return link;
    });
    const list = element("ol", {}, ...this.#links.map((link) => element("li", {}, link)));
    const nav = sayLabel(element("nav", { className: "screens" }, list), "learn.screens");
    this.#ways = [this.#way("learn.before", "previous"), this.#way("learn.next", "next")];
    this.#article.append(this.#words, this.#figure);
    const head = element("header", { className: "head learn-head" }, worded("h2", "nav.learn"), nav);
    root.append(head, this.#article, element("p", { className: "ways" }, ...this.#ways));
    onLanguage(() => this.#open && this.#write(this.#open));
  }

  #way(key, glyph) {
    const text = worded("span", key);
    const parts = glyph === "next" ? [text, icon(glyph)] : [icon(glyph), text];
    return element("a", { className: "way" }, ...parts);
  }

  /** Opens the screen whose number the address has. @param {string} rest */
  async show(rest) {
    const number = Math.min(equations.length, Math.max(1, Number.parseInt(rest, 10) || 1));
    if (number === this.#open) return this.#made.get(number)?.show?.();
    this.#made.get(this.#open)?.hide?.();
    this.#open = number;
    for (const [k, link] of this.#links.entries()) {
      if (k + 1 === number) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    for (const [k, way] of this.#ways.entries()) {
      const to = number + (k ? 1 : -1);
      way.href = `#learn/${to}`;
      way.hidden = to < 1 || to > equations.length;
    }
    await Promise.all([this.#write(number), this.#draw(number)]);
  }

  hide() {
    this.#made.get(this.#open)?.hide?.();
  }

  /** @param {number} number */
  async #write(number) {
    const { screens } = (await texts[currentLanguage()]()).default;
    if (number !== this.#open) return;
    const { title, text, section, link } = screens[number - 1];
    for (const [k, each] of this.#links.entries()) {
      each.setAttribute("aria-label", `${k + 1}. ${screens[k].title}`);
      each.title = screens[k].title;
    }
    const prose = element("div", { className: "prose" });
    prose.innerHTML = text;
    const equation = element("div", { className: "equation", tabIndex: 0, role: "group" });
    sayLabel(equation, "learn.equation");
    equation.innerHTML = equations[number - 1];
    const source = element("p", { className: "hint" }, worded("span", "learn.paper"), ` ${section}`);
    const control = element("a", { href: link[0], className: "try" }, link[1], icon("next"));
    this.#words.replaceChildren(element("h3", {}, title), prose, equation, source, control);
    equation.classList.toggle("level", isLevel(equation.querySelector("msub")));
    for (const accent of equation.querySelectorAll("mover")) accent.classList.toggle("lifted", isLifted(accent));
  }

  /** @param {number} number */
  async #draw(number) {
    if (!this.#made.has(number)) {
      const { figure } = await figures[number - 1]();
      this.#made.set(number, figure(this.#studio));
    }
    if (number !== this.#open) return;
    const made = this.#made.get(number);
    this.#figure.replaceChildren(made.root);
    this.#figure.dataset.screen = String(number);
    made.show?.();
  }
}
