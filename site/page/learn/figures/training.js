// Screen 5: the error of the loaded model by timestep, and what the paper found of what to guess, as a table.

import { element } from "../../dom.js";
import { classesInTurn, unknownClass } from "../../parts/classes.js";
import { table } from "../../parts/controls.js";
import { readPicture } from "../../parts/fit.js";
import { Job } from "../../parts/job.js";
import { ablation } from "../../parts/paper.js";
import { Plot } from "../../parts/plot.js";
import { worded } from "../../words.js";

/** @import { Sampler } from "../../../lib/unnoise.js" */
/** @import { Work } from "../../parts/job.js" */
/** @import { Studio } from "../../studio.js" */

/** @param {Studio} studio */
export function figure(studio) {
  const place = element("div");
  const plot = new Plot(
    place,
    { x: "t", scales: { y: { distr: 3, log: 10 } }, series: [{ stroke: "--accent", points: { show: true, size: 5 } }] },
    { height: 200 },
  );
  const job = new Job(studio, { key: "learn.training.measure" }, () => go());
  const go = async () => {
    const terms = await job.run((sampler, options) => measure(studio, sampler, options));
    if (terms) plot.show([terms.map((term) => term.t), terms.map(({ epsMSE }) => epsMSE)]);
  };
  const curve = element("figure", {}, place, worded("figcaption", "learn.training.curve"));
  const table = element("div", { className: "scroll", tabIndex: 0, role: "group" });
  table.append(paperTable());
  const steps = worded("ol", "learn.training.algorithm", undefined, { className: "algorithm" });
  const root = element("div", { className: "block curves" }, steps, curve, job.root, table);
  // Without it the paper's table stands alone.
  ownTable().then(
    (own) => own && root.append(own),
    () => {},
  );
  let begun = false;
  const show = () => {
    if (!begun) go();
    begun = true;
  };
  return { root, show, hide: () => job.stop() };
}

/** @param {Studio} studio @param {Sampler} sampler @param {Work} options */
async function measure(studio, sampler, options) {
  const { model } = sampler.info;
  const picture = await pictureOf(studio, sampler, options.signal);
  const { terms } = await sampler.nll(picture, { draws: 1, timesteps: 24, ...unknownClass(model), ...options });
  return terms.sort((a, b) => a.t - b.t);
}

/**
 * A picture of the model's kind: the one drawn with the site, else one drawn now.
 *
 * @param {Studio} studio
 * @param {Sampler} sampler
 * @param {AbortSignal} signal
 */
async function pictureOf({ wanted }, sampler, signal) {
  const { model } = sampler.info;
  if (wanted.preview) return readPicture(await (await fetch(wanted.preview)).blob(), model);
  const labels = classesInTurn(model, 1);
  const { pictures } = await sampler.sample({ sampler: "dpmpp", steps: 15, seed: 1, count: 1, ...labels, signal });
  return pictures[0];
}

function paperTable() {
  const head = ["learn.table.guess", "learn.table.loss", "learn.table.is", "learn.table.fid"];
  const cell = (value) => (value === null ? worded("td", "learn.table.unstable") : element("td", {}, value.toFixed(2)));
  const rows = ablation.map(([guess, loss, is, fid]) =>
    element(
      "tr",
      {},
      worded("th", `learn.guess.${guess}`, undefined, { scope: "row" }),
      worded("td", `learn.loss.${loss}`),
      cell(is),
      cell(fid),
    ),
  );
  const shown = table(head, element("tbody", {}, ...rows), { className: "table worded" });
  shown.prepend(worded("caption", "learn.table.caption"));
  return shown;
}

/**
 * The same comparison among small models that were trained for it, with a sheet of samples of each, where the site has one.
 *
 * @returns {Promise<HTMLElement|null>}
 */
async function ownTable() {
  const base = new URL("page/data/", document.baseURI);
  const response = await fetch(new URL("ablation.json", base));
  if (!response.ok) return null;
  const { rows, steps, seeds } = await response.json();
  if (!rows.length) return null;
  const sheets = element("div", { className: "ablation" }, ...rows.map((row) => sheetOf(row, base)));
  return element("div", {}, worded("p", "learn.own", { steps, seeds }, { className: "hint" }), sheets);
}

function sheetOf({ key, predict, loss, variance, sheet, frechet, bits }, base) {
  const guess = { mean: "mu" }[predict] ?? predict;
  const title = [`learn.guess.${guess}`, `learn.loss.${loss === "simple" ? loss : variance}`].map((name) =>
    worded("span", name),
  );
  const picture = sheet
    ? element("img", { src: new URL(sheet, base).href, alt: "", loading: "lazy", width: 128, height: 128 })
    : worded("p", "learn.table.unstable", undefined, { className: "empty" });
  const number = (value) => {
    if (!value) return "–";
    return value.error
      ? `${value.mean.toPrecision(3)}\u00a0±\u00a0${value.error.toPrecision(1)}`
      : value.mean.toPrecision(3);
  };
  const text = worded("span", "learn.table.own", { distance: number(frechet), bits: number(bits) });
  const caption = element("figcaption", {}, element("strong", {}, title[0], ", ", title[1]), element("br"), text);
  return element("figure", { id: `ablation-${key}` }, picture, caption);
}
