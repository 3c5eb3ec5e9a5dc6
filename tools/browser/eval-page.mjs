// The page of eval.mjs: runs the cases through the site's library and sends the result back.

import { createSampler } from "./lib/unnoise.js";

const send = (what, body = "") => fetch(`eval/${what}`, { method: "POST", body });

async function get(what) {
  return new Uint8Array(await (await fetch(`eval/${what}`)).arrayBuffer());
}

async function run() {
  const engine = await (await fetch("eval/engine")).text();
  const sampler = await createSampler({ model: await get("model"), engine });
  return sampler.evalCases(await get("cases"));
}

setInterval(() => send("alive"), 5000);
run().then(
  (out) => send("out", out),
  (error) => send("error", error.message),
);
