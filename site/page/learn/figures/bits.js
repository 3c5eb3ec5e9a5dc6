// Screen 9: what a receiver guesses of a picture when x_t is all that has arrived.

import { element } from "../../dom.js";
import { unknownClasses } from "../../parts/classes.js";
import { figure as captioned, slider } from "../../parts/controls.js";
import { PictureSource, shownPicture } from "../../parts/source.js";
import { say } from "../../words.js";

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  const [sent, guess] = [shownPicture("forward.noisy.label"), shownPicture("learn.bits.guess")];
  const text = element("p", { className: "live", role: "status" });
  let wanted = 0;
  const look = async () => {
    const mine = ++wanted;
    const { picture } = source;
    await new Promise((resolve) => setTimeout(resolve, 60));
    if (mine !== wanted || !picture) return;
    try {
      const sampler = await studio.sampler();
      const { model } = sampler.info;
      if (picture.width !== model.width) return;
      // One step from x_t: its estimate of x_0 is what is known there.
      const chain = await sampler.chain({
        picture,
        depth: t.value,
        sampler: "ddim",
        steps: Math.min(250, model.trainTimesteps),
        seed: 1,
        ...unknownClasses(model, 1),
      });
      const x = await chain.frame("x");
      await chain.step();
      const x0 = await chain.frame("x0");
      if (mine === wanted) {
        sent.grid(x, chain);
        guess.grid(x0, chain);
        say(text, "learn.bits.now", { t: t.value, rmse: rmse(picture.data, x0).toFixed(1) });
      }
      await chain.release();
    } catch (error) {
      studio.fail(error);
    }
  };
  const t = slider("learn.bits.t", { min: 4, max: 999, value: 500 }, look);
  const source = new PictureSource(studio, { label: "code.source.label", onChange: look });
  studio.onModel(({ model }) => t.set({ max: model.trainTimesteps - 1 }));
  const row = element(
    "div",
    { className: "three" },
    captioned("code.source", source),
    captioned("learn.bits.sent", sent),
    captioned("learn.bits.guess", guess),
  );
  return { root: element("div", { className: "block" }, row, t.root, text) };
}

/** Root of the mean squared difference of two pictures' colours, in levels of 255. */
function rmse(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (i % 4 !== 3) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum / ((a.length * 3) / 4));
}
