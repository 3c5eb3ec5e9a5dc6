// Troubles planted into the library's worker: lines that stand before its own, in a real browser.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The browser keeps nothing, as in a frame without storage. */
export const refusedStorage = `
  Object.defineProperty(globalThis, "caches", { get() { throw new DOMException("storage is refused", "SecurityError"); } });
`;

/** The adapter claims to be hardware, so that "auto" takes it. */
const hardware = `
  for (const [type, name, value] of [[GPUAdapterInfo, "description", "planted"], [GPUAdapterInfo, "vendor", ""],
      [GPUAdapterInfo, "architecture", ""], [GPUAdapterInfo, "device", ""], [GPUAdapterInfo, "isFallbackAdapter", false]])
    Object.defineProperty(type.prototype, name, { get: () => value });
`;

/** A GPU whose means of four pixels are a little too large. */
export const wrongGPU = `${hardware}
  const compile = GPUDevice.prototype.createShaderModule;
  GPUDevice.prototype.createShaderModule = function (about) {
    return compile.call(this, { ...about, code: about.code.replace("sum * 0.25", "sum * 0.2501") });
  };
`;

/** A device that is destroyed when the channel "planted" says so. */
export const mortalGPU = `
  const request = GPUAdapter.prototype.requestDevice;
  const devices = [];
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await request.apply(this, args);
    devices.push(device);
    return device;
  };
  const orders = new BroadcastChannel("planted");
  orders.onmessage = ({ data }) => {
    if (data === "destroy") devices.at(-1).destroy();
  };
`;

/** Tells the size of the program's memory when the channel "planted" asks. */
export const toldMemory = `
  const instantiate = WebAssembly.instantiate;
  const memories = [];
  WebAssembly.instantiate = async (...args) => {
    const result = await instantiate(...args);
    const { mem } = (result.instance ?? result).exports;
    if (mem) memories.push(mem);
    return result;
  };
  const questions = new BroadcastChannel("planted");
  questions.onmessage = ({ data }) => {
    if (data === "memory") questions.postMessage({ bytes: memories[0].buffer.byteLength });
  };
`;

/**
 * What a test's server answers beside the site: an empty page, a pack, and the worker with a planted trouble.
 *
 * @param {string} site the built site's folder
 * @param {Buffer} pack served as tiny.safetensors
 * @param {string} [planted]
 */
export function beside(site, pack, planted = "") {
  const answers = {
    "blank.html": ["text/html", () => "<!doctype html><title>library</title>"],
    "tiny.safetensors": ["application/octet-stream", () => pack],
    // Imports are hoisted; the plants are statements, which run when the imports have: before any call.
    ...(planted && {
      "lib/worker.js": ["text/javascript", () => planted + readFileSync(join(site, "lib/worker.js"), "utf8")],
    }),
  };
  return (path, _, response) => {
    if (!answers[path]) return false;
    const [type, body] = answers[path];
    response.writeHead(200, { "Content-Type": type }).end(body());
    return true;
  };
}
