// What a user of the package may write, and, after each @ts-expect-error, what the declarations must refuse. Compiled by
// tools/browser/package.test.mjs with all strictness, never run.

import {
  type ChainOptions,
  createSampler,
  DeviceLostError,
  type Info,
  type Layer,
  PackError,
  type Progress,
  type Sampler,
  StateError,
  UnnoiseError,
  UnsupportedModelError,
} from "unnoise";
import { UnnoiseSamplerElement } from "unnoise/element";

export async function right(picture: ImageData, mask: Uint8Array): Promise<void> {
  const sampler: Sampler = await createSampler({
    model: new URL("https://example.org/digits.safetensors"),
    engine: "auto",
    signal: AbortSignal.timeout(1000),
    onProgress: (progress) => {
      if (progress.type === "download") console.log(progress.bytes / progress.total);
    },
  });
  const info: Info = sampler.info;
  const options: ChainOptions = { sampler: "dpmpp", steps: 20, seed: "18446744073709551615", count: 4, karras: true };
  const { pictures, width } = await sampler.sample({ ...options, onProgress: (p: Progress) => console.log(p.index) });
  const first: ImageData | undefined = pictures[0];
  const chain = await sampler.chain({ picture, depth: 400 });
  for await (const { index, done, left } of chain) console.log(index.toFixed(), done, left?.reason);
  const pixels: Uint8Array = await chain.frame("x0");
  const fork = await (await sampler.resume(await chain.save())).fork(3);
  await fork.run({ stepMs: 10, onFrame: ({ x }, painted) => (console.log(x.length), painted()) });
  await sampler.interpolate({ pictures: [picture, picture], depth: 500, lambdas: [0, 0.5, 1] });
  await sampler.interpolate({ seeds: [1, "2"], lambdas: [0.5], sampler: "ddim" });
  await sampler.inpaint(picture, mask, { sampler: "ddpm", jump: 10, repeats: 10 });
  const { alphaBars }: { alphaBars: Float64Array } = await sampler.schedule();
  const noised: ImageData[] = await sampler.forward(picture, { timesteps: [0, 999], seed: 1 });
  const layers: Layer[] = await sampler.layers();
  const { data }: { data: Float32Array } = await sampler.activations({ timestep: 500, layer: layers[0]?.index ?? 0 });
  const { operations } = await sampler.bench({ steps: 5, onProgress: ({ done, total }) => console.log(done / total) });
  const { bytes, bound } = await sampler.encode(picture, { blockBits: 10 });
  const decoded: ImageData = (await sampler.decode(bytes)).picture;
  const nll: number = (await sampler.nll(picture, { draws: 1 })).bitsPerDim;
  const ok: boolean = (await sampler.selfTest()).operations.every((operation) => operation.ok);
  console.log(info.model.samplers, width, first, pixels, alphaBars, noised, data, operations?.[0]?.ms, bound, decoded, nll, ok);
  const element: UnnoiseSamplerElement = document.createElement("unnoise-sampler");
  element.model = "digits.safetensors";
  element.draw();
  sampler.close();
}

export function errors(error: unknown): string {
  if (error instanceof UnsupportedModelError || error instanceof PackError || error instanceof StateError) return error.message;
  if (error instanceof DeviceLostError) return error.name;
  return error instanceof UnnoiseError ? error.message : String(error);
}

export async function wrong(sampler: Sampler, picture: ImageData): Promise<void> {
  // @ts-expect-error a model is needed
  await createSampler({});
  // @ts-expect-error no such engine
  await createSampler({ model: "a", engine: "gpu" });
  // @ts-expect-error no such sampler
  await sampler.sample({ sampler: "dpm" });
  // @ts-expect-error steps is a number
  await sampler.sample({ steps: "50" });
  // @ts-expect-error no such option
  await sampler.sample({ stepz: 50 });
  // @ts-expect-error two pictures, not one
  await sampler.interpolate({ pictures: [picture], lambdas: [0] });
  // @ts-expect-error lambdas are needed
  await sampler.interpolate({ seeds: [1, 2] });
  // @ts-expect-error timesteps are needed
  await sampler.forward(picture, {});
  // @ts-expect-error info is read only
  sampler.info = null;
  // @ts-expect-error a chain is not drawn by itself
  const pixels: Uint8Array = sampler.chain();
  // @ts-expect-error a chain has no such picture
  await (await sampler.chain()).frame("x1");
  console.log(pixels);
}
