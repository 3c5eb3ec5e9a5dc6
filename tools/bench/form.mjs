// The page for people: choose, run, see the table grow, take the results away.

import { candidatesOf, compare, rowsOf } from "./rounds.mjs";

const byId = (id) => document.getElementById(id);
const results = [];

function browserName() {
  const [, name] = navigator.userAgent.match(/(Firefox|Edg|Chrome|Safari)\//) ?? [];
  return { Firefox: "firefox", Edg: "edge", Chrome: "chromium", Safari: "safari" }[name] ?? "browser";
}

function say(text) {
  byId("status").textContent = text;
}

function showTable() {
  const rows = rowsOf(results);
  const cells = (tag, texts) => {
    const row = document.createElement("tr");
    for (const text of texts) row.append(Object.assign(document.createElement(tag), { textContent: text }));
    return row;
  };
  byId("table").replaceChildren(
    cells("th", Object.keys(rows[0])),
    ...rows.map((row) => cells("td", Object.values(row))),
  );
  const file = new Blob([JSON.stringify(results, null, 2)], { type: "application/json" });
  URL.revokeObjectURL(byId("download").href);
  Object.assign(byId("download"), { href: URL.createObjectURL(file), hidden: false });
}

async function runAll(bench, { models, backends, rounds, batch }) {
  const about = { browser: browserName(), userAgent: navigator.userAgent };
  const onProblem = (candidate, error) => say(`${candidate.runtime}: ${error.message}`);
  for (const backend of backends) {
    for (const model of models) {
      say(`${model} on ${backend} …`);
      results.push(...(await compare(bench, candidatesOf(backend, model, batch), { rounds, about, onProblem })));
      showTable();
    }
  }
  say("Done.");
}

export function startForm(bench) {
  byId("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    byId("run").disabled = true;
    try {
      await runAll(bench, {
        models: form.getAll("model"),
        backends: form.getAll("backend"),
        rounds: Number(form.get("rounds")),
        batch: 1,
      });
    } catch (error) {
      say(error.message);
    } finally {
      byId("run").disabled = false;
    }
  });
  if (!navigator.gpu) byId("webgpu").disabled = true;
  if (!globalThis.crossOriginIsolated) say("This page is not isolated: onnxruntime-web has one thread.");
}
