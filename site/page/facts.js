// What computes, how exactly, and what the model is: the lines under the settings.

import { byId, element } from "./dom.js";
import { bytes, millions, tiny } from "./format.js";

const engineNames = { webgpu: "WebGPU", cpu: "CPU" };

// The pack's provenance, in the order and the words of the page; other keys are shown by their own name.
const provenanceNames = {
  data: "Data",
  licence: "Licence",
  training: "Training",
  weights: "Weights",
  pictures: "Smaller pictures",
  source: "Source",
};

// Said elsewhere, or of no use to a reader.
const hiddenKeys = new Set(["name", "layout"]);

/**
 * Shows the facts of a loaded model.
 *
 * @param {import("../lib/unnoise.js").Info} info
 */
export function showFacts(info) {
  byId("facts").hidden = false;
  showEngine(info);
  showTests(info.selfTest);
  showModel(info);
  const rows = Object.entries(modelRows(info)).filter(([, value]) => value);
  byId("model-facts").replaceChildren(
    ...rows.flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)]),
  );
}

function showEngine({ engine, selfTest, dropped }) {
  const { engine: name, adapter, precision, software } = engine;
  const kind = software ? "software adapter" : "";
  byId("engine-line").replaceChildren(
    element("strong", {}, engineNames[name] ?? name),
    ` ${[adapter, precision, kind].filter(Boolean).join(" · ")}`,
  );
  const { probeError, bound, operations } = selfTest;
  const worst = probeError ?? Math.max(...operations.map(({ error }) => error));
  byId("test-line").replaceChildren(
    element("span", { className: "good" }, "Self-test passed: "),
    `exact to ${tiny(worst)}, ${tiny(bound)} allowed`,
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
  return `${name} ${engine === current ? "was started again" : "is not used"}: ${why}.`;
}

function showModel({ model, pack }) {
  byId("model-line").replaceChildren(
    element("strong", {}, model.name),
    ` ${model.width}×${model.height} · ${millions(model.parameters)} parameters · ${bytes(pack.bytes)}`,
  );
  const kept = { storage: "Kept from an earlier visit", network: "Kept for the next visit", memory: "Your file" }[
    pack.from
  ];
  byId("data-line").textContent = pack.storageProblem ? "In memory only" : kept;
}

function showTests({ operations, probeError, bound }) {
  const rows = [...operations, { name: "whole network", error: probeError, bound }];
  const cells = ({ name, error, bound }) => [
    element("th", { scope: "row" }, name),
    element("td", {}, tiny(error)),
    element("td", {}, tiny(bound)),
  ];
  byId("tests").tBodies[0].replaceChildren(...rows.map((row) => element("tr", {}, ...cells(row))));
}

function modelRows({ model }) {
  const rows = {
    Name: model.name,
    Picture: `${model.width}×${model.height}, ${model.channels === 1 ? "grey" : `${model.channels} channels`}`,
    Parameters: millions(model.parameters),
    "Products a step": `${millions(model.macs)} for each picture`,
  };
  for (const key of [...Object.keys(provenanceNames), ...Object.keys(model.provenance)]) {
    if (!hiddenKeys.has(key)) rows[provenanceNames[key] ?? key] = model.provenance[key];
  }
  return { ...rows, Hash: model.hash.slice(0, 16) };
}
