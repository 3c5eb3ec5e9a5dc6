// What the keyboard reaches comes into sight, ring and all. Browsers by themselves are content with a part of it, and take no
// notice of the bars that lie over a phone's page.

/** Follows the focus wherever it goes by keyboard. */
export function startFocus() {
  addEventListener("focusin", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    // A pointer's way is in sight already, and what only a program gives the focus to may be a whole view.
    if (target.matches(":focus-visible") && target.tabIndex >= 0) seenOf(target).scrollIntoView(nearest);
  });
}

/** @type {ScrollIntoViewOptions} */
const nearest = { block: "nearest", inline: "nearest" };

/** What has the ring: of some controls nothing is seen but their labels (focus.css). @param {HTMLElement} control */
function seenOf(control) {
  if (control.matches("[type=radio], [type=file]")) return /** @type {HTMLInputElement} */ (control).labels[0];
  return control.closest(".well") ?? control;
}
