// The engine room: what computes, how exactly, how fast, and what goes on inside the network.

import { download, element } from "../dom.js";
import { Activations } from "../engine/activations.js";
import { Race } from "../engine/race.js";
import { Timing } from "../engine/timing.js";
import { adapterName, tiny } from "../format.js";
import { block, button, modelField, table } from "../parts/controls.js";
import { Job } from "../parts/job.js";
import { say, worded } from "../words.js";

/** @import { SelfTest } from "../../lib/unnoise.js" */

/** Builds the view. @type {import("../router.js").ViewModule["mount"]} */
export function mount(root, studio) {
  return new EngineView(root, studio);
}

class EngineView {
  #studio;
  #facts = element("dl", { className: "facts-list" });
  #tests = element("tbody");
  #tested = element("p", { role: "status" });
  #testing;
  #timing;
  #race;
  /**
   * What the browser says of it; undefined until it has been asked.
   *
   * @type {{adapter: string, features: string[], limits: Partial<GPUAdapter["limits"]>}|null|undefined}
   */
  #gpu = navigator.gpu ? undefined : null;

  /** @param {HTMLElement} root @param {import("../studio.js").Studio} studio */
  constructor(root, studio) {
    this.#studio = studio;
    this.#timing = new Timing(studio);
    this.#race = new Race(studio);
    this.#testing = new Job(studio, { key: "engine.test", glyph: "again" }, () => this.#test());
    const head = element("header", { className: "head" }, worded("h2", "nav.engine"), worded("p", "engine.intro"));
    const what = block("engine.what", this.#facts);
    const rows = table(["facts.operation", "facts.error", "facts.allowed"], this.#tests);
    const bench = element(
      "div",
      { className: "bench" },
      what,
      new Activations(studio).root,
      block("engine.tests", this.#tested, rows, this.#testing.root),
      this.#timing.root,
      this.#race.root,
    );
    const panel = element(
      "aside",
      { className: "panel" },
      modelField(studio),
      worded("p", "engine.report.text", undefined, { className: "hint" }),
      button("engine.report", "save", () => this.#report()),
    );
    root.append(head, bench, panel);
    studio.onModel((info) => {
      this.#showFacts();
      this.#showTests(info.selfTest);
    });
    // What is not known yet has its row already, so that nothing moves when it comes.
    this.#showFacts();
    this.#askGPU();
  }

  /** What the browser says of its GPU, whichever engine computes. */
  async #askGPU() {
    try {
      const adapter = await navigator.gpu?.requestAdapter();
      const { vendor = "", architecture = "", description = "" } = adapter?.info ?? {};
      const { maxStorageBufferBindingSize, maxComputeInvocationsPerWorkgroup } = adapter?.limits ?? {};
      this.#gpu = adapter
        ? {
            adapter: [vendor, architecture, description].filter(Boolean).join(" ") || "?",
            features: [...adapter.features].sort(),
            limits: { maxStorageBufferBindingSize, maxComputeInvocationsPerWorkgroup },
          }
        : null;
    } catch {
      this.#gpu = null;
    }
    this.#showFacts();
  }

  #showFacts() {
    const { engine, dropped = [], workers } = this.#studio.info ?? {};
    const rows = [];
    const row = (key, value) => rows.push(worded("dt", key), element("dd", {}, value));
    row(
      "engine.engine",
      engine ? `${engine.engine === "cpu" ? "CPU" : "WebGPU"} · ${adapterName(engine)} · ${engine.precision}` : "–",
    );
    row("engine.cores", `${navigator.hardwareConcurrency ?? "?"} · ${workers ?? 1}`);
    rows.push(
      worded("dt", "engine.isolated"),
      worded("dd", crossOriginIsolated ? "engine.isolated.yes" : "engine.isolated.no"),
    );
    rows.push(
      worded("dt", "engine.gpu"),
      this.#gpu === null ? worded("dd", "engine.gpu.none") : element("dd", {}, this.#gpu?.adapter ?? "–"),
    );
    if (this.#gpu) {
      row("engine.features", this.#gpu.features.join(", ") || "–");
      row("engine.limits", `${Math.round(this.#gpu.limits.maxStorageBufferBindingSize / 2 ** 20)} MiB`);
    }
    for (const { engine: name, reason } of dropped) row("engine.dropped", `${name}: ${reason}`);
    this.#facts.replaceChildren(...rows);
  }

  /** @param {SelfTest} selfTest */
  #showTests({ operations, probeError, bound }) {
    const failed = operations.filter(({ ok }) => !ok).length;
    say(this.#tested, failed ? "engine.tests.failed" : "engine.tests.passed", { n: operations.length, failed });
    /** @param {{name: string, error: number, bound: number, ok?: boolean}} operation ok: absent of the whole network */
    const row = ({ name, error, bound: allowed, ok }) =>
      element(
        "tr",
        { className: ok === false ? "bad" : "" },
        element("th", { scope: "row" }, name),
        element("td", {}, tiny(error)),
        element("td", {}, tiny(allowed)),
      );
    const network = row({ name: "", error: probeError, bound });
    say(network.cells[0], "facts.network");
    this.#tests.replaceChildren(...operations.map(row), network);
  }

  async #test() {
    const result = await this.#testing.run((sampler, { signal }) => sampler.selfTest({ signal }));
    if (result) this.#showTests(result);
  }

  /** Everything that was found, as a file. */
  #report() {
    const { info } = this.#studio;
    if (!info) return;
    const race = Object.fromEntries(
      Object.entries(this.#race.results).map(([name, { pixels, ...rest }]) => [name, rest]),
    );
    const report = {
      date: new Date().toISOString(),
      browser: navigator.userAgent,
      cores: navigator.hardwareConcurrency,
      crossOriginIsolated,
      gpu: this.#gpu,
      ...info,
      benchmark: this.#timing.result,
      race,
    };
    download(new Blob([JSON.stringify(report, null, 2)], { type: "application/json" }), "unnoise-report.json");
  }
}
