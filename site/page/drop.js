// Files of the reader's: dropped anywhere on the page, or chosen.

import { chosenFiles, droppedFiles } from "./checkpoint.js";

/**
 * @param {HTMLElement} sign shown while a file is held over the page
 * @param {HTMLInputElement} input
 * @param {(files: {path: string, file: File}[]) => void} open
 */
export function acceptDrops(sign, input, open) {
  const hasFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    sign.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    // Leaving the window, not merely passing from one element to the next.
    if (!event.relatedTarget) sign.hidden = true;
  });
  addEventListener("drop", async (event) => {
    sign.hidden = true;
    if (!hasFile(event)) return;
    event.preventDefault();
    const files = await droppedFiles(event.dataTransfer);
    if (files.length) open(files);
  });
  input.addEventListener("change", () => {
    const files = chosenFiles(input.files);
    if (files.length) open(files);
    // The same file may be chosen again.
    input.value = "";
  });
}
