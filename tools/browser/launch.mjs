// Starts a real browser and gives it a small interface that is the same for Chromium, Firefox and WebKitGTK.
//
//   const browser = await launchBrowser("firefox", { webgpu: true });
//   await browser.open("http://localhost:8080/");
//   await browser.evaluate((a, b) => a + b, 1, 2); // 3; the function may be async, values travel as JSON
//   await browser.screenshot("page.png");
//   await browser.close(); // leaves no process and no folder behind

import { launchChromium, launchFirefox } from "./puppeteer.mjs";
import { launchWebKit } from "./webkit.mjs";

const launchers = { chromium: launchChromium, firefox: launchFirefox, webkit: launchWebKit };

/** The names launchBrowser knows. */
export const browserNames = Object.keys(launchers);

/**
 * The browsers that a file of tests is to use: those of the environment's BROWSERS, else all.
 *
 * @param {{webkit?: boolean}} [options] webkit: false leaves WebKitGTK out, which has no WebGPU
 */
export function chosenBrowsers({ webkit = true } = {}) {
  const names = (process.env.BROWSERS ?? browserNames.join(" ")).split(" ");
  return names.filter((name) => name && (webkit || name !== "webkit"));
}

/**
 * A running browser with one page.
 *
 * @typedef {object} Browser
 * @property {string} name "chromium", "firefox" or "webkit"
 * @property {number} [pid] of the browser's first process; WebKitGTK tells none
 * @property {{kind: string, text: string}[]} log what the page wrote to its console (kind "log", "warn", "error") and
 *   the errors nobody caught (kind "pageerror"), oldest first; always empty in WebKitGTK
 * @property {Promise<Error>} died resolves, and never rejects, when the page or the browser has crashed
 * @property {(url: string) => Promise<void>} open navigates and waits for the load event
 * @property {(fn: Function|string, ...args: any[]) => Promise<any>} evaluate calls fn in the page, or takes the value
 *   of an expression given as a string; rejects with what the page threw
 * @property {(path: string, options?: {fullPage: boolean}) => Promise<void>} screenshot writes a PNG of the viewport, or of all
 *   the page (not WebKitGTK)
 * @property {(view: View) => Promise<void>} setView sets the size of the viewport and the colour scheme
 * @property {(key: string) => Promise<void>} [press] a key, by its name; not WebKitGTK
 * @property {(fn: Function, x: number, y: number, ...args: any[]) => Promise<[any, any]>} [holds] what fn returns in the page with the
 *   pointer at a place, and with the mouse's button held down there; nothing is clicked; not WebKitGTK
 * @property {() => Promise<void>} [forceColours] a system's few colours stand for the page's; Chromium alone can
 * @property {() => Promise<void>} [crashGPU] takes the GPU away from all pages; Chromium alone can
 * @property {() => Promise<void>} close ends every process of the browser
 */

/**
 * What a page is seen through. WebKitGTK has neither scale nor dark: it refuses them.
 *
 * @typedef {object} View
 * @property {number} width in CSS pixels
 * @property {number} height in CSS pixels
 * @property {number} [scale] device pixels in a CSS pixel, 1 unless told
 * @property {boolean} [dark] the user prefers a dark page
 */

/**
 * Starts a browser with a fresh profile.
 *
 * @param {string} name one of browserNames
 * @param {{webgpu?: boolean}} [options] webgpu: switch WebGPU on, on a software adapter where there is no GPU.
 *   WebKitGTK has no WebGPU: there the switch changes nothing.
 * @returns {Promise<Browser>}
 * @throws {Error} an unknown name; a browser that is not installed (the message says `make deps`) or does not start
 */
export async function launchBrowser(name, options = {}) {
  const launch = launchers[name];
  if (!launch) throw new Error(`no browser is called ${JSON.stringify(name)}; known: ${browserNames.join(", ")}`);
  return launch({ webgpu: false, ...options });
}
