// Screen 7: Algorithm 2, live.

import { element } from "../../dom.js";
import { classesInTurn } from "../../parts/classes.js";
import { button, figure as captioned } from "../../parts/controls.js";
import { Job } from "../../parts/job.js";
import { shownPicture } from "../../parts/source.js";
import { say, worded } from "../../words.js";

/** @import { Chain, Progress, Sampler } from "../../../lib/unnoise.js" */

const steps = 50;

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  const [x, x0] = [shownPicture("sample.x.empty"), shownPicture("sample.x0.empty")];
  const text = element("p", { className: "live", role: "status" });
  const algorithm = worded("ol", "learn.sampling.algorithm", undefined, { className: "algorithm" });
  /** @type {Chain|null} */
  let chain = null;
  /** @type {Sampler|null} */
  let owner = null;
  const begin = async (/** @type {Sampler} */ sampler) => {
    await chain?.release().catch(() => {});
    const seed = Math.floor(Math.random() * 1e6);
    chain = await sampler.chain({
      sampler: "ddpm",
      steps,
      variance: "fixed_small",
      seed,
      count: 1,
      ...classesInTurn(sampler.info.model, 1, seed),
    });
    owner = sampler;
  };
  const show = async (/** @type {Progress} */ { index, timestep }) => {
    x.grid(await chain.frame("x"), chain);
    x0.grid(await chain.frame("x0"), chain);
    say(text, "learn.sampling.now", { t: timestep, index, steps });
  };
  const ready = async (/** @type {Sampler} */ sampler) => {
    if (owner !== sampler || !chain || chain.index >= chain.steps) await begin(sampler);
  };
  const job = new Job(studio, { key: "learn.sampling.play" }, () =>
    job.run(async (sampler, { signal, onProgress }) => {
      await ready(sampler);
      for (; chain.index < chain.steps && !signal.aborted; ) {
        const progress = await chain.step();
        await show(progress);
        onProgress(progress);
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    }),
  );
  const one = button("sample.step", "step", async () => {
    if (job.running) return;
    try {
      const sampler = await studio.sampler();
      await ready(sampler);
      await show(await chain.step());
    } catch (error) {
      studio.fail(error);
    }
  });
  say(text, "learn.sampling.idle");
  const pictures = element(
    "div",
    { className: "two" },
    captioned("learn.sampling.x", x),
    captioned("learn.sampling.x0", x0),
  );
  return {
    root: element(
      "div",
      { className: "block" },
      algorithm,
      pictures,
      text,
      element("div", { className: "playing" }, job.root, one),
    ),
    hide: () => job.stop(),
  };
}
