// Screen 10: from one seed's picture to another's along the great circle of their noise.

import { element } from "../../dom.js";
import { unknownClasses } from "../../parts/classes.js";
import { figure as captioned, slider } from "../../parts/controls.js";
import { Job } from "../../parts/job.js";
import { cell, shownPicture } from "../../parts/source.js";

const lambdas = Array.from({ length: 13 }, (_, i) => i / 12);

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  const shown = shownPicture("interpolate.result.label");
  const film = element("div", { className: "film" });
  /** @type {ImageData[]} */
  let pictures = [];
  const look = () => {
    if (pictures.length) shown.show(pictures[lambda.value]);
    for (const [i, node] of [...film.children].entries()) node.classList.toggle("here", i === lambda.value);
  };
  const lambda = slider(
    "interpolate.lambda",
    { min: 0, max: lambdas.length - 1, value: 6 },
    look,
    (i) => `λ = ${lambdas[i].toFixed(2)}`,
  );
  const job = new Job(studio, { key: "learn.between.go", glyph: "dice" }, async () => {
    const seed = () => Math.floor(Math.random() * 1e6);
    /** @type {[number, number]} */
    const seeds = [seed(), seed()];
    const result = await job.run((sampler, options) => {
      const labels = unknownClasses(sampler.info.model, lambdas.length);
      return sampler.interpolate({ seeds, lambdas, sampler: "dpmpp", steps: 12, ...labels, ...options });
    });
    if (!result) return;
    ({ pictures } = result);
    film.replaceChildren(...pictures.map(cell));
    look();
  });
  const root = element(
    "div",
    { className: "block" },
    element("div", { className: "single" }, captioned("interpolate.middle", shown)),
    lambda.root,
    film,
    job.root,
  );
  return { root, hide: () => job.stop() };
}
