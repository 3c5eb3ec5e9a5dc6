// A visit: loads the candidate that the address names, does a step, then the rest of fifty, as a picture by DDIM takes.

import { runtimes } from "./runtimes.mjs";

const address = new URLSearchParams(location.search);
const candidate = { ...Object.fromEntries(address), threads: 1, batch: 1 };

async function visit() {
  const opened = await runtimes[candidate.runtime](candidate);
  await opened.steps(1);
  const firstStep = performance.now(); // since the navigation
  await opened.steps(49);
  return { firstStep, firstPicture: performance.now() };
}

window.visit = visit();
