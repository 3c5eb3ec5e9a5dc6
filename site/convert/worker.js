// The converter's worker: reads files piece by piece, gathers the pack in blobs, which browsers may keep on disk.

import { startProgram } from "../lib/core.js";

const reader = new FileReaderSync();
const slice = (blob, offset, length) => new Uint8Array(reader.readAsArrayBuffer(blob.slice(offset, offset + length)));

addEventListener("message", async ({ data: { files, options } }) => {
  try {
    postMessage(await convert(files, options));
  } catch (error) {
    postMessage({ error: { name: error.name ?? "EngineError", message: String(error.message ?? error) } });
  }
});

async function convert(files, options) {
  postMessage({ say: "Fetching the converter" });
  const here = (name) => new URL(name, import.meta.url).href;
  const run = await startProgram(here("../lib/wasm_exec.js"), here("converter.wasm"), "unnoiseConvert");
  const parts = [];
  let data = new Blob();
  const list = files.map(({ path, file }) => ({ path, size: file.size }));
  const { header, notes, error } = run(list, options, {
    read: (i, offset, length) => slice(files[i].file, offset, length),
    write: (bytes) => parts.push(new Blob([bytes])),
    back(offset, length) {
      if (parts.length) data = new Blob([data, ...parts.splice(0)]);
      return slice(data, offset, length);
    },
    say: (say) => postMessage({ say }),
  });
  if (error) return { error };
  return { pack: new Blob([header, data, ...parts]), notes };
}
