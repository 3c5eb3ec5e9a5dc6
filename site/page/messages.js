// The library's errors in the reader's words: what happened, what still works, one thing to do.

const titles = {
  NetworkError: "The model could not be fetched",
  PackError: "This file cannot be used",
  UnsupportedModelError: "This model cannot be run",
  DeviceLostError: "The GPU was taken away",
  UsageError: "That cannot be drawn",
};

/**
 * A notice for a failed load.
 *
 * @param {Error} error
 * @param {{engine: string, title: string, loaded: string, retry: () => void, useCPU: () => void}} context title: the
 *   model's that failed; loaded: the one's that is still there, "" where there is none
 */
export function loadNotice(error, { engine, title, loaded, retry, useCPU }) {
  const still = loaded ? ` ${loaded} is still loaded.` : "";
  // The core knows the file as "pack" and says the engine's name first.
  const text = sentence(sentence(error.message).replace(/^WebGPU: /, "")).replace(/^Pack: /, `${title}: `);
  if (error.name === "EngineError" && engine === "webgpu") {
    const action = { label: "Use the CPU", run: useCPU };
    return { kind: "error", title: "WebGPU cannot be used here", text: text + still, action };
  }
  const notice = { kind: "error", title: titleOf(error), text: text + still };
  if (error.name === "NetworkError") {
    if (!loaded) notice.text += " A pack from your disk works without a network.";
    notice.action = { label: "Try again", run: retry };
  }
  return notice;
}

/**
 * A notice for a checkpoint that did not become a pack. Where only hyper-parameters are missing, the published models can be
 * chosen whose they may be.
 *
 * @param {Error} error
 * @param {{asPreset: (name: string) => void}} context
 */
export function convertNotice(error, { asPreset }) {
  const title = error.name === "PackError" ? "This checkpoint cannot be converted" : "The converter failed";
  const [reason, presets] = error.message.split(", or give --flags FILE, or --preset ");
  if (!presets) return { kind: "error", title, text: sentence(error.message) };
  const choice = { label: "It is a published model", options: presets.split(" | "), run: asPreset };
  return { kind: "error", title, text: `${sentence(reason)} Drop both together.`, choice };
}

/** A notice for a chain that broke. */
export function chainNotice(error, { useCPU }) {
  const notice = { kind: "error", title: titleOf(error), text: sentence(error.message) };
  if (error.name === "DeviceLostError") notice.action = { label: "Use the CPU", run: useCPU };
  return notice;
}

function titleOf({ name }) {
  return titles[name] ?? "The engine failed";
}

function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
