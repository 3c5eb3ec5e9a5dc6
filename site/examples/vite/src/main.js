import { createSampler } from "unnoise";
import "unnoise/element";

const sampler = await createSampler({ model: "digits.safetensors" });
const { pictures, width, height } = await sampler.sample({ steps: 10, seed: 7 });
const canvas = Object.assign(document.getElementById("digit"), { width, height });
canvas.getContext("2d").putImageData(pictures[0], 0, 0);
document.getElementById("state").textContent = `Drawn by ${sampler.info.model.name}`;
sampler.close();
