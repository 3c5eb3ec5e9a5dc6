// Tells packs from checkpoints among what was dropped, and has checkpoints converted, by a program fetched for that.

/** A file, and where it lies in what was dropped. @typedef {{path: string, file: File}} Placed */

/** What was dropped, with the folders' files. @param {DataTransfer} transfer @returns {Promise<Placed[]>} */
export async function droppedFiles(transfer) {
  // The entries are gone when the event is over, so they are taken before anything is waited for.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some(({ isDirectory }) => isDirectory)) return chosenFiles(transfer.files);
  /** @type {Placed[]} */
  const files = [];
  for (const entry of entries) await walk(entry, files);
  return files;
}

// No model has more files; whoever drops a whole disk gets an error instead of a long wait.
const mostFiles = 2000;

/** @param {FileSystemEntry} entry @param {Placed[]} files */
async function walk(entry, files) {
  if (files.length > mostFiles) return;
  if (entry.isFile) {
    /** @type {File} */
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
    );
    files.push({ path: entry.fullPath, file });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!part.length) return;
    for (const child of part) await walk(child, files);
  }
}

/** The files of an input or a transfer. @param {FileList} list @returns {Placed[]} */
export function chosenFiles(list) {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * Whether these are a checkpoint: several files, what PyTorch saved, or tensors that are no pack.
 *
 * @param {Placed[]} files
 */
export async function isCheckpoint(files) {
  if (files.length !== 1) return files.length > 1;
  const start = new Uint8Array(await files[0].file.slice(0, 1 << 20).arrayBuffer());
  const [a, b] = start;
  if (start[8] !== 0x7b) return (a === 0x50 && b === 0x4b) || (a === 0x80 && b >= 2 && b <= 5);
  return !new TextDecoder().decode(start).includes('"format":"unnoise"');
}

/**
 * Converts files to a pack.
 *
 * @param {Placed[]} files
 * @param {{preset?: string, onProgress?: (text: string) => void}} options preset: a published model's hyper-parameters
 * @returns {Promise<{file: File, notes: string[]}>}
 */
export async function toPack(files, { preset, onProgress }) {
  if (files.length > mostFiles) throw Object.assign(new Error("These are too many files."), { name: "PackError" });
  const { convertCheckpoint } = await import("../convert/convert.js");
  const name = nameOf(files);
  const { pack, notes } = await convertCheckpoint(files, { name, preset, onProgress });
  return { file: new File([pack], `${name}.safetensors`), notes };
}

/** The folder's name, or the file's without its extension. @param {Placed[]} files */
function nameOf(files) {
  const weights = files.find(({ path }) => /\.(safetensors|bin|pt|pth|ckpt)$/i.test(path)) ?? files[0];
  const [top, ...rest] = weights.path.replace(/^\//, "").split("/");
  return rest.length ? top : top.replace(/\.[^.]*$/, "");
}
