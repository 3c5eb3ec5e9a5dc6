// Makes Node look like a browser with WebGPU to what the page's workers run, through Dawn, the implementation in Chromium:
//
//   node --import ./tools/dawn/globals.mjs SCRIPT
//
// Workers started by `new Worker(url)` get the same. Files are fetched by their addresses (file:), relative ones from DAWN_BASE, a
// folder, else from the working folder. DAWN_OPTIONS are Dawn's own, separated by spaces (adapter=NAME; see the webgpu package), and
// VK_ICD_FILENAMES chooses another driver of Vulkan, as /usr/lib/chromium/vk_swiftshader_icd.json.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker as Thread } from "node:worker_threads";
import { create, globals } from "webgpu";

const base = pathToFileURL(`${process.env.DAWN_BASE ?? process.cwd()}/`);
const options = (process.env.DAWN_OPTIONS ?? "").split(" ").filter(Boolean);

Object.assign(globalThis, globals);
const navigator = { gpu: create(options), hardwareConcurrency: 1, userAgent: "Dawn" };
Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
globalThis.self = globalThis;
// The origin of a file: address is "null", which is no base of another.
globalThis.location ??= { href: base.href, origin: "file://", toString: () => base.href };

// Browsers take memory that threads share; Dawn's module does not.
const { writeBuffer } = globals.GPUQueue.prototype;
globals.GPUQueue.prototype.writeBuffer = function (buffer, offset, data, ...range) {
  const shared = (data.buffer ?? data) instanceof SharedArrayBuffer;
  return writeBuffer.call(this, buffer, offset, shared ? data.slice() : data, ...range);
};

const fetchOther = globalThis.fetch;
globalThis.fetch = async (resource, init) => {
  const url = new URL(String(resource.url ?? resource), base);
  if (url.protocol !== "file:") return fetchOther(resource, init);
  const type = url.pathname.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  try {
    const body = await readFile(url);
    return new Response(body, { headers: { "Content-Type": type, "Content-Length": String(body.length) } });
  } catch (error) {
    return new Response(String(error), { status: 404 });
  }
};

/** What pictures come as. */
globalThis.ImageData = class {
  constructor(data, width, height = data.length / 4 / width) {
    Object.assign(this, { data, width, height });
  }
};

/** The browser's Worker on a thread of Node. */
class Worker extends EventTarget {
  #thread;
  onmessage = null;
  onerror = null;

  constructor(url) {
    super();
    this.#thread = new Thread(new URL(url, base), { execArgv: ["--import", import.meta.url] });
    this.#thread.on("message", (data) => this.#tell(Object.assign(new Event("message"), { data, ports: [] })));
    this.#thread.on("error", (error) => this.#tell(Object.assign(new Event("error"), { message: String(error) })));
  }

  #tell(event) {
    this[`on${event.type}`]?.(event);
    this.dispatchEvent(event);
  }

  postMessage(data, transfer) {
    this.#thread.postMessage(data, transfer);
  }

  terminate() {
    this.#thread.terminate();
  }
}
globalThis.Worker = Worker;

if (!isMainThread) {
  const target = new EventTarget();
  const receive = (data) => target.dispatchEvent(Object.assign(new Event("message"), { data, ports: [] }));
  globalThis.addEventListener = (type, listener, ...rest) => {
    target.addEventListener(type, listener, ...rest);
    // Messages wait for the script that is to have them.
    if (type === "message" && !parentPort.listenerCount("message")) parentPort.on("message", receive);
  };
  globalThis.removeEventListener = target.removeEventListener.bind(target);
  globalThis.postMessage = (data, transfer) => parentPort.postMessage(data, transfer);
}
