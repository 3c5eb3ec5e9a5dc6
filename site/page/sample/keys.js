// Keys that work wherever no control has the focus.

const keys = { " ": "play", ArrowRight: "step", ArrowLeft: "back", r: "again", f: "fork", Escape: "stop" };

/**
 * Calls run for a key that stands for a command, while the view that has the commands is open.
 *
 * @param {(command: string) => void} run
 */
export function listenToKeys(run) {
  addEventListener("keydown", (event) => {
    const command = document.body.dataset.view === "sample" ? keys[event.key] : undefined;
    if (!command || event.ctrlKey || event.metaKey || event.altKey) return;
    // In a control a key means what it always means; only Escape stops from everywhere.
    const own = event.key.startsWith("Arrow") ? "input" : "input:not([type=range])";
    const target = /** @type {Element} */ (event.target);
    if (event.key !== "Escape" && target.closest(`${own}, select, textarea, button, summary, a, dialog`)) return;
    event.preventDefault();
    run(command);
  });
}
