// What is compared, in turns, and the table of it: the same for the command and for the page.

// A round takes about so long, so that the clock's coarseness (a millisecond in Firefox) does not count; on WebGPU longer, since Firefox
// may tell of the end of work a tenth of a second late.
const usualMs = { cpu: 400, wasm: 400, webgpu: 1500 };

/** What is compared on a backend. */
export function candidatesOf(backend, model, batch) {
  const candidate = (runtime, on, threads) => ({ runtime, backend: on, threads, model, batch });
  if (backend === "webgpu") {
    const list = [candidate("unnoise", "webgpu", 1), candidate("onnxruntime-web", "webgpu", 1)];
    return model.startsWith("conv-") ? [...list, candidate("jax-js", "webgpu", 1)] : list;
  }
  const each = (runtime, on) => [1, 2].map((threads) => candidate(runtime, on, threads));
  return [...each("unnoise", "cpu"), ...each("onnxruntime-web", "wasm")];
}

/** The files that a candidate loads, below build/bench. */
export function filesOf({ model, batch }) {
  return { pack: `${model}.safetensors`, onnx: `${model}${batch > 1 ? `-batch${batch}` : ""}.onnx` };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Times candidates in turns.
 *
 * @param {{open: Function, round: Function, close: Function}} bench that of turns.mjs, here or in a page
 * @param {object[]} candidates
 * @param {{rounds: number, about: object, onProblem: (candidate: object, error: Error) => void, roundMs?: number}} options about: what
 *   is added to every result; roundMs: how long a round takes, where not as usual on the backend
 * @returns {Promise<object[]>} the candidates with ms_per_step, their rounds' spread, and what opening took
 */
export async function compare(bench, candidates, { rounds, about, onProblem, roundMs }) {
  const opened = [];
  for (const candidate of candidates) {
    try {
      opened.push({ candidate, times: [], ...(await bench.open(candidate)) });
    } catch (error) {
      onProblem(candidate, error);
    }
  }
  for (const one of opened)
    one.steps = Math.max(
      1,
      Math.round((roundMs ?? usualMs[one.candidate.backend]) / (await bench.round(one.index, 2)) / 0.5),
    );
  for (let i = 0; i < rounds; i++) {
    for (const one of opened) one.times.push((await bench.round(one.index, one.steps)) / one.steps);
  }
  await bench.close();
  return opened.map(({ candidate, times, firstStep, adapter, threads, macs }) => ({
    ...candidate,
    ...about,
    threads: threads ?? candidate.threads,
    ms_per_step: median(times),
    ms_least: Math.min(...times),
    ms_most: Math.max(...times),
    ms_first_step: firstStep,
    gflops: macs ? (2e-6 * macs * candidate.batch) / median(times) : undefined,
    adapter,
  }));
}

/** This engine's result that another is compared with. */
function ours(results, r) {
  const same = (o, key) => o[key] === r[key];
  return results.find(
    (o) =>
      o.runtime === "unnoise" &&
      ["browser", "model", "batch"].every((key) => same(o, key)) &&
      (o.backend === "webgpu") === (r.backend === "webgpu"),
  );
}

/** The rows of the table: texts, by column. */
export function rowsOf(results) {
  return results.map((r) => {
    const base = ours(results, r);
    return {
      browser: r.browser,
      model: r.batch > 1 ? `${r.model} x ${r.batch}` : r.model,
      runtime: r.runtime,
      backend: r.backend,
      threads: String(r.threads),
      "ms a step (least to most)": `${r.ms_per_step.toFixed(1)} (${r.ms_least.toFixed(1)} to ${r.ms_most.toFixed(1)})`,
      "GFLOP/s": base?.gflops ? ((base.gflops * base.ms_per_step) / r.ms_per_step).toFixed(1) : "",
      "times unnoise's": base ? (r.ms_per_step / base.ms_per_step).toFixed(2) : "",
      "load and first step, ms": r.ms_first_step.toFixed(0),
    };
  });
}

/** Rows as a Markdown table. */
export function markdown(rows) {
  if (!rows.length) return "nothing was measured";
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const names = Object.keys(rows[0]);
  return [line(names), line(names.map(() => "---")), ...rows.map((row) => line(Object.values(row)))].join("\n");
}
