// WebKitGTK by plain WebDriver over HTTP: WebKitWebDriver drives the package's MiniBrowser on a screen that Xvfb keeps
// in memory.

import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { findCommand, missing, startGroup, tempFolder } from "./process.mjs";

const screen = "2000x1600x24";

/** Starts WebKitGTK; see launchBrowser. It has no WebGPU. */
export async function launchWebKit() {
  const driver = findCommand("WebKitGTK", "WebKitWebDriver");
  const binary = findMiniBrowser();
  const closers = [];
  const close = async () => {
    for (const fn of closers.splice(0).reverse()) await fn();
  };
  try {
    const home = tempFolder("unnoise-webkit-");
    closers.push(home.remove);
    const display = await startScreen(closers);
    const base = await startDriver(driver, environment(home.path, display), closers);
    return await startSession(base, binary, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

function findMiniBrowser() {
  // Debian keeps it below the library's folder (/usr/lib/TRIPLET/webkit2gtk-4.1), other systems below libexec.
  const parents = ["/usr/libexec", "/usr/lib64", "/usr/lib", ...folders("/usr/lib", /-linux-gnu/)];
  const found = parents
    .flatMap((parent) => folders(parent, /^webkit(2gtk|gtk)-/))
    .map((folder) => `${folder}/MiniBrowser`)
    .filter((path) => existsSync(path));
  if (found.length === 0) throw missing("WebKitGTK", "its MiniBrowser");
  return found[found.length - 1];
}

/** The entries of a folder that match, with their path; none where there is no such folder. */
function folders(parent, pattern) {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => `${parent}/${name}`);
}

function environment(home, display) {
  const folders = { HOME: home, XDG_CACHE_HOME: `${home}/cache`, XDG_DATA_HOME: `${home}/data`, XDG_RUNTIME_DIR: home };
  const env = { ...process.env, ...folders, DISPLAY: `:${display}`, GDK_BACKEND: "x11", NO_AT_BRIDGE: "1" };
  delete env.WAYLAND_DISPLAY;
  // The sandbox refuses to run as root.
  if (process.getuid() === 0) env.WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS = "1";
  return env;
}

/** Starts Xvfb on a display of its own choosing and returns the display's number. */
async function startScreen(closers) {
  const command = findCommand("Xvfb", "Xvfb");
  const args = ["-displayfd", "3", "-screen", "0", screen, "-nolisten", "tcp"];
  const { child, end } = startGroup(command, args, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
  closers.push(end);
  const errors = collect(child.stderr);
  return new Promise((resolve, reject) => {
    child.stdio[3].once("data", (data) => resolve(String(data).trim()));
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`Xvfb ended: ${errors.text.trim()}`)));
  });
}

function collect(stream) {
  const result = { text: "" };
  stream.on("data", (data) => {
    result.text += data;
  });
  return result;
}

async function startDriver(command, env, closers) {
  const port = await freePort();
  const { child, end } = startGroup(command, [`--port=${port}`], { env, stdio: "ignore" });
  closers.push(end);
  const base = { url: `http://127.0.0.1:${port}`, child, ended: new Promise((resolve) => child.once("exit", resolve)) };
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${command} ended with status ${child.exitCode}`);
    if (await answers(base.url)) return base;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function answers(url) {
  try {
    return (await fetch(`${url}/status`)).ok;
  } catch {
    return false;
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function startSession(base, binary, closers, close) {
  const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": { binary, args: ["--automation"] } } };
  const session = await command(base.url, "POST", "/session", { capabilities });
  const root = `${base.url}/session/${session.sessionId}`;
  // Our own group has the driver; the browser is in it too, but a clean end lets it close its files.
  closers.push(() => command(root, "DELETE", "").catch(() => {}));
  await command(root, "POST", "/timeouts", { script: null, pageLoad: 3_600_000, implicit: 0 });
  return wrap(root, base, close);
}

/** One WebDriver command; throws the driver's own message. */
async function command(root, method, path, body) {
  const text = method === "POST" ? JSON.stringify(body ?? {}) : "";
  const reply = await send(root + path, method, text);
  const { value } = JSON.parse(reply.text);
  if (reply.status >= 400) throw new Error(`WebKitGTK: ${value.error}: ${value.message}`);
  return value;
}

/** An HTTP request that may take as long as it takes: fetch would give up after five minutes. */
function send(url, method, text) {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) };
    const outgoing = request(url, { method, headers }, (reply) => {
      const body = collect(reply.setEncoding("utf8"));
      reply.once("error", reject).once("end", () => resolve({ status: reply.statusCode, text: body.text }));
    });
    outgoing.once("error", reject).end(text);
  });
}

function wrap(root, base, close) {
  let closing = false;
  let frame = null; // what a narrow page stands in
  const died = new Promise((resolve) => {
    base.ended.then(() => closing || resolve(new Error("webkit ended unexpectedly")));
  });
  return {
    name: "webkit",
    // WebDriver has no console, and MiniBrowser's own option for it writes nothing.
    log: [],
    died,
    open: async (url) => {
      await command(root, "POST", "/url", { url: frame ? new URL("models.json", url).href : url });
      if (frame) frame.element = await openFrame(root, url, frame);
    },
    evaluate: (fn, ...args) => evaluate(root, fn, args),
    screenshot: async (path) => writeFileSync(path, Buffer.from(await takeScreenshot(root, frame), "base64")),
    setView: async (view) => {
      if (frame) await command(root, "POST", "/frame", { id: null });
      frame = await setView(root, view);
    },
    async close() {
      closing = true;
      await close();
    },
  };
}

/** Calls fn, or evaluates an expression, in the page and waits for its promise. */
async function evaluate(root, fn, args) {
  const call = typeof fn === "function" ? `(${fn})(...args)` : `(${fn})`;
  const script = `
    const done = arguments[arguments.length - 1], args = arguments[0];
    (async () => ${call})().then(
      (value) => done({ value }),
      (error) => done({ error: { name: error?.name ?? "Error", message: String(error?.message ?? error) } }));`;
  const result = await command(root, "POST", "/execute/async", { script, args: [args] });
  if (!result.error) return result.value ?? undefined;
  throw Object.assign(new Error(result.error.message), { name: result.error.name });
}

/** Opens a page in a frame of the size, within a document of the same site, and goes on in there. @returns {Promise<object>} the frame */
async function openFrame(root, url, { width, height }) {
  await evaluate(root, putFrame, [url, width, height]);
  const element = await command(root, "POST", "/element", { using: "css selector", value: "iframe" });
  await command(root, "POST", "/frame", { id: element });
  return element;
}

/** In the outer document: resolves when the frame has loaded. */
function putFrame(url, width, height) {
  const node = document.createElement("iframe");
  Object.assign(node.style, { position: "fixed", inset: 0, width: `${width}px`, height: `${height}px`, border: 0 });
  document.body.replaceChildren(node);
  return new Promise((resolve) => {
    node.onload = () => resolve();
    node.src = url;
  });
}

async function takeScreenshot(root, frame) {
  if (!frame?.element) return command(root, "GET", "/screenshot");
  await command(root, "POST", "/frame", { id: null });
  const picture = await command(root, "GET", `/element/${Object.values(frame.element)[0]}/screenshot`);
  await command(root, "POST", "/frame", { id: frame.element });
  return picture;
}

/**
 * Sizes the window so that the viewport has the wanted size.
 *
 * @returns {Promise<{width: number, height: number}|null>} the frame that pages need, where the window, whose buttons take their room,
 *   cannot be so narrow
 */
async function setView(root, { width, height, scale = 1, dark = false }) {
  if (scale !== 1 || dark) throw new Error("WebKitGTK can set neither scale nor a dark page");
  for (let attempt = 0; attempt < 3; attempt++) {
    const window = await command(root, "GET", "/window/rect");
    const inner = await evaluate(root, () => ({ width: innerWidth, height: innerHeight }), []);
    if (inner.width === width && inner.height === height) return null;
    const rect = { width: window.width + width - inner.width, height: window.height + height - inner.height };
    await command(root, "POST", "/window/rect", rect);
  }
  return { width, height };
}
