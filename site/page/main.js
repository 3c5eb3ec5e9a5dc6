// The page: joins the settings, the player and what is shown.

import { showCard } from "./card.js";
import { isCheckpoint, toPack } from "./checkpoint.js";
import { byId } from "./dom.js";
import { acceptDrops } from "./drop.js";
import { droppedText, showFacts } from "./facts.js";
import { listenToKeys } from "./keys.js";
import { chainNotice, convertNotice, loadNotice } from "./messages.js";
import { Models } from "./models.js";
import { Notices } from "./notices.js";
import { Player } from "./player.js";
import { addressOf, readAddress, SettingsForm } from "./settings.js";
import { startTheme } from "./theme.js";
import { Timeline } from "./timeline.js";
import { View } from "./view.js";
import { startViews } from "./views.js";

let wanted = null; // the model that is loading, or loaded
let loaded = null; // the model and engine that are there: {model, engine}

const notices = new Notices(byId("notices"));
const view = new View();
const models = new Models();
const form = new SettingsForm(byId("settings"));
const timeline = new Timeline(byId("timeline"), (frame) => {
  if (!player.chain) return;
  view.showFrame(frame, player.chain);
  view.showPlace(frame, player.chain.steps);
});
const player = new Player({
  onState: (state) => view.showState(state),
  onLoad: (progress) => view.showLoad(wanted?.title ?? "", progress),
  onProgress(progress) {
    if (progress.index === 0) timeline.begin(progress.steps);
    view.showProgress(progress, !timeline.live);
    if (progress.left) engineLeft(progress.left);
  },
  onFrame(frame, painted) {
    if (player.chain && (timeline.live || frame.index === 0)) view.showFrame(frame, player.chain);
    timeline.add(frame);
    // A hidden page paints nothing, so the worker sends it nothing more.
    requestAnimationFrame(painted);
  },
});

/** Loads what the form says. Returns whether it is there. */
async function load() {
  const { model: id, engine } = form.get();
  wanted = models.find(id);
  notices.clear("load");
  byId("card").hidden = !wanted.card;
  try {
    if (!(await player.load(wanted.source, engine))) return false;
  } catch (error) {
    loadFailed(error, wanted, engine);
    return false;
  }
  loaded = { model: wanted, engine };
  form.setTrainTimesteps(player.info.model.trainTimesteps);
  showFacts(player.info);
  tellStorage(player.info.pack);
  return true;
}

function loadFailed(error, model, engine) {
  const useCPU = () => {
    form.set({ model: model.id, engine: "cpu" });
    loadAndDraw();
  };
  const retry = () => {
    form.set({ model: model.id, engine });
    loadAndDraw();
  };
  notices.show(
    "load",
    loadNotice(error, { engine, title: model.title, loaded: loaded?.model.title ?? "", retry, useCPU }),
  );
  if (!loaded) return;
  // What was there before is there still.
  wanted = loaded.model;
  if (model.source instanceof File && model !== loaded.model) {
    models.remove(model);
    form.setModels(models.all);
  }
  form.set({ model: loaded.model.id, engine: loaded.engine });
}

function tellStorage({ storageProblem }) {
  if (!storageProblem) return notices.clear("storage");
  notices.show("storage", {
    title: "The browser does not keep the model",
    text: `The reason: ${storageProblem}. Everything works, but the next visit fetches it again and needs a network.`,
  });
}

/** Says that the GPU went away in mid-chain; the picture goes on elsewhere. */
function engineLeft(dropped) {
  showFacts(player.info);
  const text = `${droppedText(dropped, player.info.engine.engine)} The chain goes on and ends in the same picture.`;
  // A message of its own: an error of the same chain must not be covered by it.
  notices.show("gpu", { title: "The GPU was lost", text });
}

/** Runs one of the player's ways of drawing and says what went wrong. */
async function drawing(fn) {
  for (const key of ["chain", "gpu"]) notices.clear(key);
  try {
    await fn(form.get());
  } catch (error) {
    const useCPU = () => {
      form.set({ engine: "cpu" });
      loadAndDraw();
    };
    notices.show("chain", chainNotice(error, { useCPU }));
  }
}

function draw() {
  const settings = form.get();
  history.replaceState(null, "", addressOf(settings, typeof loaded?.model.source === "string"));
  return drawing(() => player.draw(settings));
}

async function loadAndDraw() {
  if (await load()) await draw();
}

const commands = {
  play() {
    timeline.follow();
    if (player.state === "running") return player.pause();
    if (player.state === "paused") return drawing((settings) => player.resume(settings));
    return player.info ? draw() : start();
  },
  step() {
    timeline.follow();
    return drawing((settings) => player.step(settings));
  },
  again: draw,
  stop: () => player.stop(),
  async save() {
    const { model, sampler, steps, seed } = form.get();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await view.png());
    link.download = `unnoise-${model}-${sampler}${steps}-seed${seed}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  },
};

async function copyLink() {
  const address = addressOf(form.get(), typeof loaded?.model.source === "string");
  try {
    await navigator.clipboard.writeText(address);
    notices.show("link", { title: "Link copied", text: "It draws the same picture on every machine." });
  } catch {
    history.replaceState(null, "", address);
    notices.show("link", {
      title: "The link is in the address bar",
      text: "The browser does not let the page copy it.",
    });
  }
}

/** Opens a pack of the reader's; a checkpoint is made one first. */
async function openFiles(files) {
  return (await isCheckpoint(files)) ? convertFiles(files) : openFile(files[0].file);
}

async function convertFiles(files, preset) {
  const say = (text) => notices.show("convert", { title: "Making a pack of the checkpoint", text: `${text} …` });
  try {
    const { file, notes } = await toPack(files, { preset, onProgress: say });
    notices.clear("convert");
    if (notes.length) notices.show("convert", { title: "What the converter noticed", text: notes.join("; ") });
    return await openFile(file);
  } catch (error) {
    notices.clear("convert");
    notices.show("load", convertNotice(error, { asPreset: (name) => convertFiles(files, name) }));
  }
}

function openFile(file) {
  const model = models.add(file);
  form.setModels(models.all);
  form.set({ model: model.id });
  return loadAndDraw();
}

/** Reads the list of models, shows a picture at once, then loads and draws what the address says. */
async function start() {
  try {
    await models.read();
  } catch (error) {
    player.state = "empty";
    view.showState("empty");
    return notices.show(
      "load",
      loadNotice(error, { engine: "auto", title: "", loaded: "", retry: start, useCPU: start }),
    );
  }
  form.setModels(models.all);
  const ids = models.all.map(({ id }) => id);
  const { values, asked, problems } = readAddress(location.search, ids);
  // A picture asked for by its address is drawn at once; else there is time to see it come.
  form.set({ model: ids[0], pace: asked ? "full" : "slow", ...values });
  if (problems.length) {
    notices.show("address", {
      title: "Part of the address was not understood",
      text: `Left out: ${problems.join(", ")}.`,
    });
  }
  // A file that the reader was quick to choose comes first.
  const own = models.find("file");
  if (own) return form.set({ model: own.id });
  const { preview } = models.find(form.get().model);
  if (preview) view.showPreview(preview).catch(() => {});
  // Whoever saves data or wants no motion begins by hand.
  if (!asked && navigator.connection?.saveData) return view.showState("empty");
  if (!(await load())) return;
  if (asked) return draw();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  return drawing((settings) => player.draw(settings));
}

startTheme(byId("theme"));
startViews(byId("pictures"), [...document.querySelectorAll("[data-view]")]);
for (const [id, run] of Object.entries(commands)) byId(id).addEventListener("click", run);
listenToKeys((id) => byId(id).disabled || commands[id]());
acceptDrops(byId("drop"), byId("file"), openFiles);
byId("link").addEventListener("click", copyLink);
byId("dice").addEventListener("click", () => player.info && draw());
byId("card").addEventListener("click", () => showCard(wanted.card));
form.onChange((name) => (name === "model" || name === "engine") && loadAndDraw());
view.showState("empty");
navigator.serviceWorker?.register(new URL("sw.js", document.baseURI)).catch(() => {
  // Private windows and plain http have none: the page works, only not offline.
});
start();
