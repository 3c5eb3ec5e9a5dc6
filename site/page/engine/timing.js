// Milliseconds of each operation of a step, longest first.

import { element } from "../dom.js";
import { milliseconds } from "../format.js";
import { block, table } from "../parts/controls.js";
import { Job } from "../parts/job.js";
import { say } from "../words.js";

const shownRows = 12;

/** The bench. */
export class Timing {
  #job;
  #rows = element("tbody");
  #text = element("p", { role: "status" });
  #table;
  /** Once there is one. @type {import("../../lib/unnoise.js").Benchmark|null} */
  result = null;

  /** @param {import("../studio.js").Studio} studio */
  constructor(studio) {
    this.#job = new Job(studio, { key: "engine.time" }, () => this.#run());
    const heads = ["engine.time.name", "engine.time.kernel", "engine.time.ms", "engine.time.share"];
    this.#table = table(heads, this.#rows, { className: "table worded timing", hidden: true });
    this.root = block("engine.timing", this.#text, this.#table, this.#job.root);
    say(this.#text, "engine.time.text");
    studio.onModel(() => this.#reset());
  }

  #reset() {
    this.result = null;
    this.#table.hidden = true;
    say(this.#text, "engine.time.text");
  }

  async #run() {
    const result = await this.#job.run((sampler, options) => sampler.bench({ steps: 10, ...options }));
    if (!result) return;
    this.result = result;
    const { msPerStep, operations, steps } = result;
    const key = operations ? "engine.time.done" : "engine.time.only";
    say(this.#text, key, {
      ms: milliseconds(msPerStep),
      steps,
      rows: Math.min(shownRows, operations?.length ?? 0),
      all: operations?.length ?? 0,
    });
    this.#table.hidden = !operations;
    if (operations) this.#show(operations);
  }

  /** @param {import("../../lib/unnoise.js").Benchmark["operations"]} operations */
  #show(operations) {
    const total = operations.reduce((sum, { ms }) => sum + ms, 0);
    const longest = [...operations].sort((a, b) => b.ms - a.ms).slice(0, shownRows);
    const most = longest[0].ms;
    const row = ({ name, kernel, ms }) => {
      const bar = element("span", { className: "share" });
      bar.style.width = `${(100 * ms) / most}%`;
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, name),
        element("td", {}, kernel),
        element("td", {}, milliseconds(ms)),
        element("td", {}, bar, `${((100 * ms) / total).toFixed(0)} %`),
      );
    };
    this.#rows.replaceChildren(...longest.map(row));
  }
}
