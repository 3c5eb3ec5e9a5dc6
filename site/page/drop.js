// A file of the reader's: dropped anywhere on the page, or chosen.

/**
 * @param {HTMLElement} sign shown while a file is held over the page
 * @param {HTMLInputElement} input
 * @param {(file: File) => void} open
 */
export function acceptDrops(sign, input, open) {
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    sign.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    // Leaving the window, not merely passing from one element to the next.
    if (!event.relatedTarget) sign.hidden = true;
  });
  addEventListener("drop", (event) => {
    sign.hidden = true;
    if (!hasFile(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) open(file);
  });
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) open(file);
    // The same file may be chosen again.
    input.value = "";
  });
}
