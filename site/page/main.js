// The page: language, theme, the views and what they share.

import { byId } from "./dom.js";
import { acceptDrops } from "./drop.js";
import { startFocus } from "./focus.js";
import { Router } from "./router.js";
import { SettingsForm } from "./sample/settings.js";
import { Studio } from "./studio.js";
import { startTerms } from "./terms.js";
import { startTheme } from "./theme.js";
import { SampleView } from "./views/sample.js";
import { startLanguage, t } from "./words.js";

startTheme(byId("theme"));
await startLanguage([.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".languages button"))]);
startTerms();
startFocus();

const form = new SettingsForm(byId("settings"));
const sample = new SampleView(form);
const studio = new Studio(sample.listener, form);
const sampleView = sample.mount(studio);

const router = new Router(
  {
    sample: async () => ({ mount: () => sampleView }),
    forward: () => import("./views/forward.js"),
    interpolate: () => import("./views/interpolate.js"),
    edit: () => import("./views/edit.js"),
    code: () => import("./views/code.js"),
    learn: () => import("./views/learn.js"),
    models: () => import("./views/models.js"),
    engine: () => import("./views/engine.js"),
  },
  studio,
  (error, retry) =>
    studio.notices.show("view", () => ({
      kind: "error",
      title: t("view.failed"),
      text: t("view.failed.text", { why: error.message }),
      actions: [{ label: t("error.retry"), run: retry }],
    })),
);

/** Puts a picture into the open view, or into Forward where that takes none. @param {File} file */
async function openPicture(file) {
  if (studio.openPicture(file)) return;
  location.hash = "forward";
  await router.go();
  studio.openPicture(file);
}

acceptDrops(byId("drop"), byId("file"), (files) => {
  if (files.length === 1 && files[0].path.endsWith(".unnoise")) return sample.openState(files[0].file);
  if (files.length === 1 && files[0].file.type.startsWith("image/")) return openPicture(files[0].file);
  studio.openFiles(files);
});
navigator.serviceWorker?.register(new URL("sw.js", document.baseURI)).catch(() => {
  // Private windows and plain http have none: the page works, only not offline.
});
await router.go();
sample.start();
