// Turns checkpoints into packs in the page. This file, its worker and converter.wasm are fetched when they are needed.

/**
 * A file of a checkpoint, with its place in the folder it comes from.
 *
 * @typedef {{path: string, file: Blob}} CheckpointFile
 */

/**
 * Converts a checkpoint: a folder that diffusers saved, a file that PyTorch saved with flags.json or config.yml beside it.
 * Pickled files are interpreted without running anything of them.
 *
 * @param {CheckpointFile[]} files
 * @param {object} [options]
 * @param {string} [options.name] the model's name for people
 * @param {"ema"|"raw"} [options.weights] which weights, where there are both
 * @param {string} [options.preset] a published model's hyper-parameters
 * @param {"quick"|"none"} [options.certificate]
 * @param {AbortSignal} [options.signal]
 * @param {(text: string) => void} [options.onProgress]
 * @returns {Promise<{pack: Blob, notes: string[]}>}
 * @throws {Error} PackError where the checkpoint is refused, EngineError where the converter cannot run
 */
export function convertCheckpoint(files, { signal, onProgress, ...options } = {}) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const work = new Promise((resolve, reject) => {
    const fail = (name, message) => reject(Object.assign(new Error(message), { name }));
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    worker.onerror = (event) => {
      event.preventDefault();
      fail("EngineError", `The converter stopped: ${event.message || "it could not be loaded"}.`);
    };
    worker.onmessage = ({ data: { say, error, pack, notes } }) => {
      if (say) onProgress?.(say);
      else if (error) fail(error.name, error.message);
      else resolve({ pack, notes });
    };
    worker.postMessage({ files, options });
  });
  return work.finally(() => worker.terminate());
}
