// Screen 1: a picture that fades.

import { element } from "../../dom.js";
import { figure as captioned, slider } from "../../parts/controls.js";
import { PictureSource, shownPicture } from "../../parts/source.js";

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  const noisy = shownPicture("forward.noisy.label");
  let wanted = 0;
  const look = async () => {
    const mine = ++wanted;
    try {
      const sampler = await studio.sampler();
      const { model } = sampler.info;
      if (mine !== wanted || source.picture?.width !== model.width) return;
      const [picture] = await sampler.forward(source.picture, { timesteps: [t.value], seed: 1 });
      if (mine === wanted) noisy.show(picture);
    } catch (error) {
      studio.fail(error);
    }
  };
  const t = slider("forward.t", { min: 0, max: 999, value: 180 }, look);
  const source = new PictureSource(studio, { label: "forward.clean.label", onChange: look, blank: true });
  studio.onModel(({ model }) => t.set({ max: model.trainTimesteps - 1 }));
  const pictures = element(
    "div",
    { className: "two" },
    captioned("forward.clean", source),
    captioned("forward.noisy", noisy),
  );
  return { root: element("div", { className: "block" }, pictures, t.root) };
}
