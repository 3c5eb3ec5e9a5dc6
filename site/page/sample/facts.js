// What computes, how exactly, and what the model is: the lines under the settings.

import { byId, element } from "../dom.js";
import { adapterName, bytes, millions, tiny } from "../format.js";
import { say, t, worded } from "../words.js";

/** @import { Info, ModelInfo, SelfTest } from "../../lib/unnoise.js" */

const engineNames = { webgpu: "WebGPU", cpu: "CPU" };

// The pack's provenance in the order of the page; other keys are shown by their own name.
const provenanceKeys = ["data", "licence", "training", "weights", "pictures", "source"];

// Said elsewhere, or of no use to a reader.
const hiddenKeys = new Set(["name", "layout"]);

/** Shows the facts of a loaded model. @param {Info} info */
export function showFacts(info) {
  byId("facts").hidden = false;
  showEngine(info);
  showTests(info.selfTest);
  showModel(info);
  byId("model-facts").replaceChildren(...modelFacts(info.model));
}

/** @param {Info} info */
function showEngine({ engine, selfTest, dropped }) {
  const { engine: name, precision, software } = engine;
  const kind = software ? t("facts.software") : "";
  byId("engine-line").replaceChildren(
    element("strong", {}, engineNames[name] ?? name),
    ` ${[adapterName(engine), precision, kind].filter(Boolean).join(" · ")}`,
  );
  const { probeError, bound, operations } = selfTest;
  const worst = probeError ?? Math.max(...operations.map(({ error }) => error));
  byId("test-line").replaceChildren(
    worded("span", "facts.test", undefined, { className: "good" }),
    " ",
    worded("span", "facts.exact", { worst: tiny(worst), bound: tiny(bound) }),
  );
  const line = byId("dropped-line");
  line.hidden = dropped.length === 0;
  line.textContent = dropped.map((each) => droppedText(each, name)).join(" ");
}

/**
 * Why an engine was left, as a sentence.
 *
 * @param {{engine: string, reason: string}} dropped
 * @param {string} current the engine that computes now
 */
export function droppedText({ engine, reason }, current) {
  const name = engineNames[engine] ?? engine;
  // The reason may start with the engine's own name.
  const why = reason.replace(`${name}: `, "").replace(/\.$/, "");
  return t(engine === current ? "facts.restarted" : "facts.dropped", { name, why });
}

/** @param {Info} info */
function showModel({ model, pack }) {
  byId("model-line").replaceChildren(
    element("strong", {}, model.name),
    ` ${model.width}×${model.height} · ${bytes(pack.bytes)} · `,
    worded("span", "facts.parameters", { n: millions(model.parameters) }),
  );
  say(byId("data-line"), pack.storageProblem ? "facts.kept.nowhere" : `facts.kept.${pack.from}`);
}

/** @param {SelfTest} selfTest */
function showTests({ operations, probeError, bound }) {
  const rows = [...operations, { name: t("facts.network"), error: probeError, bound }];
  const cells = ({ name, error, bound }) => [
    element("th", { scope: "row" }, name),
    element("td", {}, tiny(error)),
    element("td", {}, tiny(bound)),
  ];
  byId("tests").tBodies[0].replaceChildren(...rows.map((row) => element("tr", {}, ...cells(row))));
}

/** What a model says of itself, as terms and descriptions. @param {ModelInfo} model */
export function modelFacts(model) {
  const { width, height, channels } = model;
  const rows = [
    [worded("dt", "facts.picture"), `${width}×${height}×${channels}`],
    [worded("dt", "facts.parameters.name"), millions(model.parameters)],
    [worded("dt", "facts.macs"), millions(model.macs)],
  ];
  for (const key of [...provenanceKeys, ...Object.keys(model.provenance).filter((k) => !provenanceKeys.includes(k))]) {
    const name = provenanceKeys.includes(key) ? worded("dt", `facts.${key}`) : element("dt", {}, key);
    if (!hiddenKeys.has(key) && model.provenance[key]) rows.push([name, model.provenance[key]]);
  }
  rows.push([worded("dt", "facts.hash"), model.hash.slice(0, 16)]);
  return rows.flatMap(([name, value]) => [name, element("dd", {}, value)]);
}
