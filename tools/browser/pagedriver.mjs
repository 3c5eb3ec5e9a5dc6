// The page as a test handles it: opened from a server of its own, clicked, read.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, isAbsolute, join, resolve } from "node:path";
import { go } from "./buildsite.mjs";
import { decodePNG } from "./png.mjs";
import { serveSite } from "./siteserver.mjs";

const root = resolve(import.meta.dirname, "../..");
// What the native commands make for comparison.
const expected = join(root, "build/expected");

/** A model of the site by its name; the path of any other pack stays what it is. */
export const packPath = (model) => (isAbsolute(model) ? model : join(root, "weights/models", `${model}.safetensors`));

/** A pack of a network so small that a software GPU computes a step in milliseconds. @returns {string} its path */
export function tinyPack() {
  mkdirSync(expected, { recursive: true });
  const out = join(expected, "tiny.safetensors");
  go("run", "./tools/convert", "wasm/testdata/goldens/unet/chain-google", out);
  return out;
}

/** Packs the references' network with classes, the last of which is said to stand for none, and gives the file's name. */
export function classesPack() {
  const [folder, out] = [join(expected, "classes"), join(expected, "classes.safetensors")];
  cpSync(join(root, "wasm/testdata/goldens/unet/classes"), folder, { recursive: true });
  const file = join(folder, "unet/config.json");
  const config = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...config, null_label: config.num_class_embeds - 1 }));
  go("run", "./tools/convert", folder, out);
  return out;
}

/**
 * Draws with the native command, once for each set of settings, which are those of the page's addresses.
 *
 * @returns {{width: number, height: number, rgba: Uint8Array}}
 */
export function drawNatively({ model, sampler, steps, seed, count, eta = 0, labels = "", guidance = 1 }) {
  mkdirSync(expected, { recursive: true });
  const out = join(expected, `${[basename(model), sampler, steps, eta, seed, count, labels, guidance].join("-")}.png`);
  const settings = ["--sampler", sampler, "--steps", steps, "--eta", eta, "--seed", seed, "--n", count].map(String);
  if (labels) settings.push("--labels", labels.replaceAll(" ", ","), "--guidance", String(guidance));
  const args = ["run", "./tools/sample", "--model", packPath(model), "--out", out, ...settings];
  go(...args);
  return decodePNG(readFileSync(out));
}

/** The largest difference of two pictures in any channel of any pixel; Infinity where their sizes differ. */
export function largestDifference(a, b) {
  if (a.width !== b.width || a.height !== b.height) return Number.POSITIVE_INFINITY;
  return a.rgba.reduce((most, value, i) => Math.max(most, Math.abs(value - b.rgba[i])), 0);
}

/** In the page: the link that the button copies, where the browser may copy or not. */
async function copiedLink() {
  const copied = [];
  Object.defineProperty(navigator, "clipboard", {
    configurable: true,
    value: { writeText: async (text) => copied.push(text) },
  });
  document.getElementById("link").click();
  while (!copied.length) await new Promise((resolve) => setTimeout(resolve, 10));
  return copied[0];
}

/** The page in a browser, served by a server of its own (and so with storage of its own). */
export class Page {
  /** @param {import("./launch.mjs").Browser} browser */
  constructor(browser, site) {
    this.browser = browser;
    this.site = site;
  }

  /** Serves the site and opens it; options are serveSite's, and query what follows the address. */
  static async open(browser, folder, { query = "", ...options } = {}) {
    const site = await serveSite(folder, options);
    try {
      return await Page.visit(browser, site, query);
    } catch (error) {
      await site.close(); // a server that is left open keeps the tests from ending
      throw error;
    }
  }

  /** Opens what is served already. */
  static async visit(browser, site, query = "") {
    browser.log.length = 0;
    if (browser.asked) browser.asked.length = 0;
    await browser.open(site.url + query);
    return new Page(browser, site);
  }

  /** Resolves when fn(argument), called in the page, is true; fails with what the page shows instead. */
  async until(what, fn, argument, seconds = 120) {
    const end = Date.now() + seconds * 1000;
    while (!(await this.browser.evaluate(fn, argument))) {
      if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}; the page shows: ${await this.text()}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Waits for one of the player's states. */
  state(...states) {
    return this.until(states.join(" or "), (wanted) => wanted.includes(document.body.dataset.state), states);
  }

  /** Waits for a message that has the text. */
  notice(text) {
    const shown = (wanted) => document.getElementById("notices").textContent.includes(wanted);
    return this.until(`the message "${text}"`, shown, text);
  }

  /** What the page says: state, numbers, messages. */
  text() {
    return this.browser.evaluate(() =>
      ["state", "r-step", "notices", "engine-line", "dropped-line"]
        .map((id) => `${id}: ${document.getElementById(id).textContent}`)
        .join("; "),
    );
  }

  /** Clicks the element with the id. */
  click(id) {
    return this.browser.evaluate((wanted) => document.getElementById(wanted).click(), id);
  }

  /** Clicks a message's own button. */
  clickNotice(label) {
    return this.browser.evaluate((wanted) => {
      const buttons = [...document.querySelectorAll(".notice div button")];
      buttons.find(({ textContent }) => textContent === wanted).click();
    }, label);
  }

  /** Sets a field as a reader would. */
  set(name, value) {
    return this.browser.evaluate(
      (field, text) => {
        const control = document.getElementById("settings").elements[field];
        control.value = text;
        (control[0] ?? control).dispatchEvent(new Event("change", { bubbles: true }));
      },
      name,
      value,
    );
  }

  /** The address of the picture that is there. */
  link() {
    return this.browser.evaluate(copiedLink);
  }

  /** Chooses a file of the reader's. */
  chooseFile(name, bytes) {
    return this.chooseFiles({ [name]: bytes });
  }

  /** Chooses files of the reader's: their bytes by name. */
  chooseFiles(files) {
    const texts = Object.entries(files).map(([name, bytes]) => [name, bytes.toString("base64")]);
    return this.browser.evaluate((list) => {
      const transfer = new DataTransfer();
      for (const [fileName, base64] of list) {
        const data = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        transfer.items.add(new File([data], fileName));
      }
      const input = document.getElementById("file");
      input.files = transfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }, texts);
  }

  /** What a canvas holds. */
  async picture(id) {
    const { width, height, pixels } = await this.browser.evaluate((wanted) => {
      const canvas = document.getElementById(wanted);
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return { width: canvas.width, height: canvas.height, pixels: [...data] };
    }, id);
    return { width, height, rgba: Uint8Array.from(pixels) };
  }

  /** Ends the server; fails where the page broke its own security policy, left an error unhandled or asked another host. */
  async close() {
    const foreign = (this.browser.asked ?? []).filter(
      (url) => /^(https?|wss?):/.test(url) && !url.startsWith(new URL(this.site.url).origin),
    );
    const problems = [
      ...this.site.reports.map((report) => JSON.stringify(report)),
      ...errorsOf(this.browser),
      ...foreign,
    ];
    // What is still being fetched must not miss the server: the page goes first.
    try {
      await this.browser.open("about:blank");
    } finally {
      await this.site.close(); // where the browser has died too: an open server keeps the tests from ending
    }
    this.browser.log.length = 0;
    if (problems.length) throw new Error(`the page broke its rules: ${problems.join("; ")}`);
  }
}

function errorsOf({ log }) {
  return log
    .filter(({ kind, text }) => kind === "pageerror" || /content.security.policy/i.test(text))
    .map(({ text }) => text);
}
