// Screen 8: the same noise with few steps: DDIM, and the paper's two variances.

import { element } from "../../dom.js";
import { classesInTurn } from "../../parts/classes.js";
import { figure as captioned, slider } from "../../parts/controls.js";
import { Job } from "../../parts/job.js";
import { shownPicture } from "../../parts/source.js";

const counts = [3, 5, 10, 20, 50, 100];
/** @type {Record<string, import("../../../lib/unnoise.js").ProcessOptions>} */
const ways = {
  ddim: { sampler: "ddim", eta: 0 },
  small: { sampler: "ddpm", variance: "fixed_small" },
  large: { sampler: "ddpm", variance: "fixed_large" },
};

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  const pictures = Object.fromEntries(Object.keys(ways).map((name) => [name, shownPicture(`learn.skipping.${name}`)]));
  const n = slider(
    "settings.steps",
    { min: 0, max: counts.length - 1, value: 1 },
    () => go(),
    (k) => String(counts[k]),
  );
  const go = () =>
    job.run(async (sampler, { signal, onProgress }) => {
      const labels = classesInTurn(sampler.info.model, 4);
      for (const [k, [name, way]] of Object.entries(ways).entries()) {
        const chain = await sampler.chain({ ...way, steps: counts[n.value], seed: 4, count: 4, ...labels, signal });
        try {
          await chain.run({
            signal,
            onProgress: ({ index, steps }) => onProgress({ done: k + index / steps, total: 3 }),
          });
          pictures[name].grid(await chain.frame("x"), chain);
        } finally {
          await chain.release().catch(() => {});
        }
      }
    });
  const job = new Job(studio, { key: "sample.draw" }, go);
  const row = element(
    "div",
    { className: "three" },
    ...Object.keys(ways).map((name) => captioned(`learn.skipping.${name}`, pictures[name])),
  );
  return { root: element("div", { className: "block" }, row, n.root, job.root), hide: () => job.stop() };
}
