// A chain without noise of its own cannot fork: what is said then.

import { t } from "../words.js";

/**
 * Why another seed would change nothing, and what would.
 *
 * @param {{sampler: string}} settings of the chain
 * @param {(values: Partial<import("./settings.js").Settings>) => void} instead draws with other settings
 * @returns {import("../notices.js").Notice}
 */
export function forkNotice({ sampler }, instead) {
  const ddpm = { label: t("fork.ddpm"), run: () => instead({ sampler: "ddpm" }) };
  const eta = { label: t("fork.eta"), run: () => instead({ sampler: "ddim", eta: 1 }) };
  const text = t(sampler === "ddim" ? "fork.ddim.text" : "fork.other.text");
  return { title: t("fork.title"), text, actions: [eta, ddpm] };
}
