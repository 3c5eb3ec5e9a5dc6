// The innermost loops of the CPU engine, beside Go's program: modules of their own that work in its memory (tools/tiles).

import { door, fused, separate } from "./ztiles.js";

/** @param {string} hex */
function compile(hex) {
  return new WebAssembly.Module(
    Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)),
  );
}

/** The kernels: with products and sums fused where the browser has relaxed SIMD. */
function compileKernels() {
  try {
    return compile(fused);
  } catch {
    return compile(separate);
  }
}

/**
 * Gives a program of Go what it imports, before it is instantiated.
 *
 * @param {GoProgram} go
 * @returns {(instance: WebAssembly.Instance) => void} to be called with the instance before it runs
 */
export function addTiles(go) {
  const { exports } = new WebAssembly.Instance(compile(door));
  go.importObject.tiles = exports;
  return (instance) => {
    new WebAssembly.Instance(compileKernels(), { go: { mem: instance.exports.mem }, door: { table: exports.table } });
  };
}
