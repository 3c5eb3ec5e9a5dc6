// Keys that work wherever no control has the focus.

const keys = { " ": "play", ArrowRight: "step", r: "again", Escape: "stop" };

/** Calls run(id of the button) for a key that stands for it. */
export function listenToKeys(run) {
  addEventListener("keydown", (event) => {
    const command = keys[event.key];
    if (!command || event.ctrlKey || event.metaKey || event.altKey) return;
    // In a control a key means what it always means; only Escape stops from everywhere.
    if (event.key !== "Escape" && event.target.closest("input, select, button, summary, a, dialog")) return;
    event.preventDefault();
    run(command);
  });
}
