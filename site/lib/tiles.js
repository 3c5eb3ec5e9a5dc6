// The innermost loops of the CPU engine, beside Go's program: modules of their own that work in its memory (tools/tiles).

import { door, fused, separate } from "./ztiles.js";

function compile(base64) {
  return new WebAssembly.Module(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
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
