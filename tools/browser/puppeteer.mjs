// Chromium by the DevTools protocol and Firefox by WebDriver BiDi, both through puppeteer-core.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { atEnd, findCommand, tempFolder } from "./process.mjs";

// A browser under test speaks to no host but the one it was sent to.
const chromiumQuiet = [
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-sync",
  "--disable-features=OptimizationHints,MediaRouter,Translate",
  "--metrics-recording-only",
];

// Hidden and headless pages otherwise run their timers at 1 Hz.
const chromiumAwake = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

// SwiftShader is the adapter every machine has; its numbers are the same everywhere.
const chromiumWebGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=WebGPU"];

const firefoxQuiet = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "http://localhost:1/",
  "toolkit.telemetry.server": "",
};

const firefoxWebGPU = {
  "dom.webgpu.enabled": true,
  "dom.webgpu.workers.enabled": true,
  // The blocklist refuses software adapters, the only ones on most test machines.
  "gfx.webgpu.ignore-blocklist": true,
};

/** Starts Chromium; see launchBrowser. */
export async function launchChromium({ webgpu }) {
  const profile = tempFolder("unnoise-chromium-");
  return start("chromium", profile, {
    browser: "chrome",
    executablePath: findCommand("Chromium", "chromium", "chromium-browser", "google-chrome"),
    headless: true,
    userDataDir: profile.path,
    // The browser ends by itself when the pipe breaks, even where this process is killed.
    pipe: true,
    args: ["--no-sandbox", ...chromiumQuiet, ...chromiumAwake, ...(webgpu ? chromiumWebGPU : [])],
  });
}

/** Starts Firefox; see launchBrowser. */
export async function launchFirefox({ webgpu }) {
  const profile = tempFolder("unnoise-firefox-");
  return start("firefox", profile, {
    browser: "firefox",
    protocol: "webDriverBiDi",
    executablePath: findCommand("Firefox", "firefox-esr", "firefox"),
    headless: true,
    userDataDir: profile.path,
    extraPrefsFirefox: { ...firefoxQuiet, ...(webgpu ? firefoxWebGPU : {}) },
    env: { ...process.env, HOME: profile.path, ...(webgpu ? softwareVulkan() : {}) },
  });
}

/** The variables that make Vulkan find lavapipe, the driver without a GPU, where the user chose no other. */
function softwareVulkan() {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return {};
  const folder = "/usr/share/vulkan/icd.d";
  const driver = listOrNothing(folder).find((name) => name.startsWith("lvp_icd"));
  return driver ? { VK_ICD_FILENAMES: join(folder, driver) } : {};
}

function listOrNothing(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function start(name, profile, options) {
  // protocolTimeout 0: the caller knows how long its page may take.
  const handling = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  let instance;
  try {
    instance = await puppeteer.launch({ ...options, ...handling, protocolTimeout: 0, timeout: 120_000 });
  } catch (error) {
    profile.remove();
    throw new Error(`${options.executablePath} did not start: ${error.message}`);
  }
  const kill = atEnd(() => instance.process()?.kill("SIGKILL"));
  const page = (await instance.pages())[0] ?? (await instance.newPage());
  return wrap(name, instance, page, async () => {
    await instance.close().catch(kill);
    kill();
    profile.remove();
  });
}

function wrap(name, instance, page, close) {
  const log = [];
  const asked = [];
  let closing = false;
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => log.push({ kind: message.type(), text: message.text() }));
  page.on("pageerror", (error) => log.push({ kind: "pageerror", text: String(error?.stack ?? error) }));
  const died = new Promise((resolve) => {
    page.on("error", (error) => resolve(new Error(`the page crashed in ${name}: ${error.message}`)));
    instance.on("disconnected", () => closing || resolve(new Error(`${name} ended unexpectedly`)));
  });
  return {
    name,
    pid: instance.process()?.pid,
    log,
    died,
    open: async (url) => void (await page.goto(url, { waitUntil: "load", timeout: 0 })),
    evaluate: (fn, ...args) => page.evaluate(fn, ...args),
    screenshot: async (path, options) => void (await page.screenshot({ path, ...options })),
    setView: (view) => setView(page, view),
    press: (key) => page.keyboard.press(key),
    holds: (fn, ...args) => holds(page, fn, args),
    forceColours: () => forceColours(page),
    async close() {
      closing = true;
      await close();
    },
    asked,
    crashGPU: () => crashGPU(instance),
    newTab: (url) => newTab(instance, url),
    setQuota: (url, bytes) => setQuota(page, url, bytes),
    workers: () => page.workers().length,
  };
}

/** Holds the mouse's button down where the pointer is moved to, evaluates there, and lets go elsewhere: nothing is clicked. */
async function holds(page, fn, [x, y, ...args]) {
  await page.mouse.move(x, y);
  const before = await page.evaluate(fn, ...args);
  await page.mouse.down();
  const held = await page.evaluate(fn, ...args);
  await page.mouse.move(0, 0);
  await page.mouse.up();
  return [before, held];
}

/** Opens a second tab, in front of the first. */
async function newTab(instance, url) {
  const page = await instance.newPage();
  await page.goto(url, { waitUntil: "load", timeout: 0 });
  await page.bringToFront();
  return { evaluate: (fn, ...args) => page.evaluate(fn, ...args), close: () => page.close() };
}

/** Leaves a site so many bytes of storage; Chromium alone can. */
async function setQuota(page, url, quotaSize) {
  const session = await page.createCDPSession();
  await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(url).origin, quotaSize });
}

/** Shows the page in the few colours of a system's high contrast; Chromium alone can. */
async function forceColours(page) {
  const session = await page.createCDPSession();
  await session.send("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }] });
}

/** Ends Chromium's GPU process, as a driver's fault would. */
async function crashGPU(instance) {
  const session = await instance.target().createCDPSession();
  await session.send("Browser.crashGpuProcess");
}

async function setView(page, { width, height, scale = 1, dark }) {
  await page.setViewport({ width, height, deviceScaleFactor: scale });
  if (dark === undefined) return;
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
}
