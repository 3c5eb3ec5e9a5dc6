// What the tests of the page in one browser share.

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildSite } from "./buildsite.mjs";
import { launchBrowser } from "./launch.mjs";
import { drawNatively, largestDifference, Page } from "./pagedriver.mjs";

// Engines sum in other orders: a value may fall on the other side of a rounding edge, and no further.
const tolerance = 1;

/** Settings that are drawn in a moment. */
export const few = { model: "digits", sampler: "ddim", steps: 5, seed: 3, count: 4 };

/** What of an address says settings. */
export const query = (settings) => `?${new URLSearchParams(settings)}`;

/** Whether a test ended since the browser of WebKitGTK did. */
const hasEnded = ({ message }) => /WebKitGTK: invalid session id/.test(message);

/** The browser and the page that the tests of one browser share. */
export class Bench {
  constructor(name) {
    this.name = name;
  }

  async launch() {
    this.folder = await buildSite();
    this.browser = await launchBrowser(this.name, { webgpu: true });
  }

  async open(options) {
    this.page = await Page.open(this.browser, this.folder, options);
    return this.page;
  }

  /**
   * A test of a page, which is closed, and its rules checked, whatever happens. WebKitGTK 2.50 now and then ends with a segmentation fault in
   * its interpreter of WebAssembly, in whatever test: that one is tried again, once, in a new browser.
   */
  test(title, fn) {
    test(title, async () => {
      try {
        await this.#closing(fn);
      } catch (error) {
        if (!hasEnded(error)) throw error;
        console.log(`${this.name} ended by itself in "${title}": once more in a new one (${error.message})`);
        await this.browser.close();
        await this.launch();
        await this.#closing(fn);
      }
    });
  }

  async #closing(fn) {
    try {
      await fn();
    } finally {
      await this.page.close();
    }
  }

  /** The picture that stands there is the one that tools/sample draws. */
  async compare({ engine: _, ...settings }) {
    const difference = largestDifference(await this.page.picture("x"), drawNatively(settings));
    assert.ok(difference <= tolerance, `off by ${difference} of 255; ${await this.page.text()}`);
  }

  async drawAndCompare(settings) {
    await this.open({ query: query(settings) });
    await this.page.state("finished", "failed");
    await this.compare(settings);
  }
}
