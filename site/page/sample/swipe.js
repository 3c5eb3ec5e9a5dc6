// On a narrow screen one picture is in view at a time: swipe, or take the buttons. On a wide one both are, and the
// buttons are gone (page.css).

/** Joins the buttons with the strip that holds the figures. @param {HTMLElement} strip @param {HTMLElement[]} buttons */
export function startViews(strip, buttons) {
  /** @param {HTMLElement} button @returns {HTMLElement} */
  const figureOf = (button) => strip.querySelector(`#figure-${button.dataset.view}`);
  const offset = (/** @type {HTMLElement} */ button) => figureOf(button).offsetLeft - strip.offsetLeft;
  /** @param {HTMLElement} button @param {ScrollBehavior} behavior */
  const show = (button, behavior) => strip.scrollTo({ left: offset(button), behavior });
  const mark = () => {
    const nearest = buttons.reduce((a, b) => (distance(a) <= distance(b) ? a : b));
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === nearest));
  };
  const distance = (/** @type {HTMLElement} */ button) => Math.abs(offset(button) - strip.scrollLeft);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  for (const button of buttons)
    button.addEventListener("click", () => show(button, calm.matches ? "instant" : "smooth"));
  strip.addEventListener("scroll", mark, { passive: true });
  let seen = false;
  new ResizeObserver(() => {
    // What scrolls can be reached by keyboard; what does not is no stop on the way.
    strip.tabIndex = strip.scrollWidth > strip.clientWidth ? 0 : -1;
    // Behind another view there is nothing to scroll.
    if (!strip.clientWidth) return;
    // The guess shows a picture first.
    if (!seen) show(buttons.at(-1), "instant");
    seen = true;
    mark();
  }).observe(strip);
}
