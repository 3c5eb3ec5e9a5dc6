// The library's errors in the reader's words: what happened, what still works, one thing to do. Details are the library's
// own, in English.

import { t } from "./words.js";

/** @import { Notice } from "./notices.js" */

const known = ["NetworkError", "PackError", "UnsupportedModelError", "StateError", "DeviceLostError", "UsageError"];

/**
 * A notice for a failed load.
 *
 * @param {Error} error
 * @param {{engine: string, title: string, loaded: string, retry: () => void, useCPU: () => void, another?: () => void}} context
 *   title: the model's that failed; loaded: the one's that is still there, "" where there is none; another: asks for
 *   another file, where it was a file of the reader's
 * @returns {Notice}
 */
export function loadNotice(error, { engine, title, loaded, retry, useCPU, another }) {
  const still = loaded ? ` ${t("error.still", { loaded })}` : "";
  // The core knows the file as "pack" and says the engine's name first.
  const text = sentence(sentence(error.message).replace(/^WebGPU: /, "")).replace(/^Pack: /, `${title}: `);
  if (error.name === "EngineError" && engine === "webgpu") {
    const actions = [{ label: t("error.cpu"), run: useCPU }];
    return { kind: "error", title: t("error.webgpu"), text: text + still, actions };
  }
  /** @type {Notice} */
  const notice = { kind: "error", title: titleOf(error), text: text + still };
  if (error.name === "NetworkError") {
    if (!loaded) notice.text += ` ${t("error.disk")}`;
    notice.actions = [{ label: t("error.retry"), run: retry }];
  }
  if (error.name === "PackError" && another) {
    notice.text += ` ${t("error.files")}`;
    notice.actions = [{ label: t("error.another"), run: another }];
  }
  return notice;
}

/**
 * A notice for a checkpoint that did not become a pack. Where only hyper-parameters are missing, the published models can be
 * chosen whose they may be.
 *
 * @param {Error} error
 * @param {{asPreset: (name: string) => void}} context
 * @returns {Notice}
 */
export function convertNotice(error, { asPreset }) {
  const title = t(error.name === "PackError" ? "error.checkpoint" : "error.converter");
  const [reason, presets] = error.message.split(", or give --flags FILE, or --preset ");
  if (!presets) return { kind: "error", title, text: sentence(error.message) };
  const choice = { label: t("error.published"), options: presets.split(" | "), run: asPreset };
  return { kind: "error", title, text: `${sentence(reason)} ${t("error.both")}`, choice };
}

/** A notice for a chain that broke. @param {Error} error @param {{useCPU: () => void}} context */
export function chainNotice(error, { useCPU }) {
  /** @type {Notice} */
  const notice = { kind: "error", title: titleOf(error), text: sentence(error.message) };
  if (error.name === "DeviceLostError") notice.actions = [{ label: t("error.cpu"), run: useCPU }];
  return notice;
}

/** @param {Error} error */
function titleOf({ name }) {
  return t(known.includes(name) ? `error.${name}` : "error.engine");
}

/** A text as a sentence. @param {string} text */
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
