// Runs the examples of the reference, each a module of its own.

import * as library from "../lib/unnoise.js";

const model = new URL("../models/digits.safetensors", import.meta.url);
let opening = null;

/** The digits, opened once; anew after an example has closed them. */
async function open() {
  opening ??= library.createSampler({ model });
  const sampler = await opening;
  try {
    await sampler.schedule();
    return sampler;
  } catch {
    opening = library.createSampler({ model });
    return opening;
  }
}

function show(place, things) {
  for (const thing of things) {
    if (!(thing instanceof ImageData)) {
      place.append(Object.assign(document.createElement("p"), { textContent: String(thing) }));
      continue;
    }
    const canvas = Object.assign(document.createElement("canvas"), { width: thing.width, height: thing.height });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "a picture that the example made");
    canvas.getContext("2d").putImageData(thing, 0, 0);
    place.append(canvas);
  }
}

/** A .safetensors file with one input of the model's size, for evalCases. */
function casesFor({ channels, width, height }) {
  const size = 4 * channels * width * height;
  const header = {
    "x.0": { dtype: "F32", shape: [1, channels, height, width], data_offsets: [0, size] },
    "t.0": { dtype: "I64", shape: [1], data_offsets: [size, size + 8] },
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + size + 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

async function run(example) {
  const place = example.querySelector(".result");
  place.replaceChildren();
  place.classList.remove("bad");
  example.dataset.state = "running";
  try {
    const { default: code } = await import(`./examples/${example.dataset.example}.js`);
    const sampler = await open();
    const cases = casesFor(sampler.info.model);
    await code({ ...library, sampler, cases, show: (...things) => show(place, things) });
    example.dataset.state = "finished";
  } catch (error) {
    place.classList.add("bad");
    place.append(`${error.name}: ${error.message}`);
    example.dataset.state = "failed";
  }
}

for (const example of document.querySelectorAll("[data-example]")) {
  example.querySelector("button").addEventListener("click", () => run(example));
}

const live = document.querySelector("[data-element]");
live.querySelector("button").addEventListener("click", async () => {
  await import("../lib/element.js");
  const drawn = Object.assign(document.createElement("unnoise-sampler"), {
    model: model.href,
    steps: 10,
    seed: 7,
    count: 4,
  });
  live.querySelector(".result").replaceChildren(drawn);
});
