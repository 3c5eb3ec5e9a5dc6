// The first view: a chain and its forks, with the settings beside them.

import { showCard } from "../card.js";
import { byId } from "../dom.js";
import { keptChain } from "../library.js";
import { showFacts } from "../sample/facts.js";
import { forkNotice } from "../sample/fork.js";
import { listenToKeys } from "../sample/keys.js";
import { saveGIF, savePNG, saveState, saveStrip } from "../sample/saving.js";
import { addressOf, readAddress } from "../sample/settings.js";
import { Stage } from "../sample/stage.js";
import { startViews } from "../sample/swipe.js";
import { Timeline } from "../sample/timeline.js";
import { isNoisy } from "../sample/tracks.js";
import { onLanguage, t } from "../words.js";

/** @import { KeptChain } from "../../lib/unnoise.js" */
/** @import { Address, Settings, SettingsForm } from "../sample/settings.js" */
/** @import { Studio } from "../studio.js" */

/** The view, made before the player that it listens to. */
export class SampleView {
  #stage = new Stage();
  #timeline;
  #form;
  /** @type {Studio} */
  #studio;
  #asked;

  /** @param {SettingsForm} form */
  constructor(form) {
    this.#form = form;
    // Before anything can be loaded: a file may be chosen while the list of models is on its way.
    this.#asked = readAddress(location.search);
    // A picture asked for by its address is drawn at once; else there is time to see it come.
    form.set({ pace: this.#asked.asked ? "full" : "slow", ...this.#asked.values });
    if (this.#asked.asked) form.leaveOpen();
    this.#timeline = new Timeline(byId("tracks"), {
      onLook: (frame, track) => {
        this.#stage.showFrame(frame, track.chain);
        this.#stage.showPlace(frame, track.chain.steps);
      },
      onSelect: (track) => this.#studio.player.select(track),
    });
  }

  /** What the player tells. @returns {Omit<import("../player.js").Listener, "onSampler">} */
  get listener() {
    const stage = this.#stage;
    const timeline = this.#timeline;
    return {
      onState: (state) => stage.showState(state),
      onLoad: (progress) => stage.showLoad(this.#studio.wanted?.title ?? "", progress),
      onTracks: (tracks, active) => {
        timeline.show(tracks, active);
        const frame = timeline.place;
        if (frame) stage.showFrame(frame, active.chain);
        if (frame) stage.showPlace(frame, active.chain.steps);
      },
      onProgress: (progress, track) => {
        timeline.progress(progress, track);
        if (track === this.#studio.player.track) stage.showProgress(progress, !timeline.live);
        if (!progress.left) return;
        showFacts(this.#studio.info);
        this.#studio.engineLeft(progress.left);
      },
      onFrame: (frame, painted, track) => {
        const seen = track === this.#studio.player.track && (timeline.live || frame.index === 0);
        if (seen) stage.showFrame(frame, track.chain);
        timeline.add(frame, track);
        // A hidden page paints nothing, so the worker sends it nothing more.
        requestAnimationFrame(painted);
      },
    };
  }

  /** Joins buttons and keys with the player. @param {Studio} studio @returns {import("../router.js").View} */
  mount(studio) {
    this.#studio = studio;
    studio.draw = () => document.body.dataset.view === "sample" && this.draw();
    const views = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]:is(button)"));
    startViews(byId("pictures"), [...views]);
    const commands = this.#commands();
    for (const [id, run] of Object.entries(commands)) byId(id)?.addEventListener("click", run);
    listenToKeys((id) => /** @type {HTMLButtonElement|null} */ (byId(id))?.disabled || commands[id]());
    byId("link").addEventListener("click", () => this.#copyLink());
    byId("dice").addEventListener("click", () => studio.info && this.draw());
    byId("card").addEventListener("click", () => showCard(studio.wanted.card));
    const file = byId("state-file");
    file.addEventListener("change", () => {
      if (file.files[0]) this.openState(file.files[0]);
      file.value = "";
    });
    this.#form.onChange((name) => (name === "model" || name === "engine") && studio.loadAndDraw());
    studio.onModel((info, model) => {
      byId("card").hidden = !model.card;
      this.#form.setModel(info.model);
      showFacts(info);
    });
    onLanguage(() => studio.info && showFacts(studio.info));
    this.#stage.showState("empty");
    return { hide: () => studio.player.pause() };
  }

  #commands() {
    const { player } = this.#studio;
    const timeline = this.#timeline;
    return {
      play: () => {
        timeline.follow();
        if (player.state === "running") return player.pause();
        if (player.state === "paused") return this.#drawing(() => player.resume());
        return player.info ? this.draw() : this.start();
      },
      step: () => {
        if (!timeline.live) return timeline.move(1);
        return this.#drawing((settings) => player.step(settings));
      },
      back: () => timeline.move(-1),
      again: () => this.draw(),
      fork: () => this.#fork(),
      stop: () => player.stop(),
      save: () => savePNG(this.#stage, this.#name()),
      strip: () => saveStrip(player.track, this.#name()),
      gif: () => this.#drawing(() => saveGIF(player.track, this.#name())),
      "save-state": () => this.#drawing(() => saveState(player.track, this.#name())),
    };
  }

  #name() {
    const { settings, seed } = this.#studio.player.track;
    return `unnoise-${this.#studio.wanted.id}-${settings.sampler}${settings.steps}-seed${seed}`;
  }

  /** Runs one of the player's ways of drawing and says what went wrong. @param {(settings: Settings) => unknown} fn */
  async #drawing(fn) {
    for (const key of ["chain", "gpu", "fork"]) this.#studio.notices.clear(key);
    try {
      await fn(this.#form.get());
    } catch (error) {
      this.#studio.fail(error);
    }
  }

  /** Draws what the form says, and puts it into the address. */
  draw() {
    history.replaceState(null, "", this.#address(this.#form.get()));
    return this.#drawing((settings) => this.#studio.player.draw(settings));
  }

  /** Forks at the step that is looked at. */
  #fork() {
    const { player, notices } = this.#studio;
    const { track } = player;
    const frame = this.#timeline.place;
    if (!track || !frame) return;
    if (!isNoisy(track.settings)) {
      /** @type {Parameters<typeof forkNotice>[1]} */
      const instead = (values) => {
        this.#form.set(values);
        this.draw();
      };
      return notices.show("fork", () => forkNotice(track.settings, instead));
    }
    // The last step leaves nothing to differ in.
    const index = Math.min(frame.index, track.chain.steps - 1);
    const place = index === frame.index ? frame : (track.frames.at(index) ?? frame);
    const seed = String(crypto.getRandomValues(new Uint32Array(1))[0] % 10_000);
    return this.#drawing((settings) => player.fork({ index: place.index, timestep: place.timestep }, seed, settings));
  }

  /** @param {Settings} settings @param {{from: number, seed: string}[]} [forks] */
  #address(settings, forks) {
    const { loaded, info } = this.#studio;
    const published = typeof loaded?.model.source === "string";
    return addressOf(settings, { published, hash: info?.model.hash.slice(0, 16), forks });
  }

  async #copyLink() {
    const { player, notices } = this.#studio;
    const track = player.track;
    // A fork replays the chain that it comes from; else the form counts, drawn or not.
    const settings = track?.parent ? { ...this.#form.get(), ...track.settings } : this.#form.get();
    const address = this.#address(settings, track?.forks);
    try {
      await navigator.clipboard.writeText(address);
      notices.show("link", () => ({ title: t("link.copied"), text: t("link.same") }));
    } catch {
      history.replaceState(null, "", address);
      notices.show("link", () => ({ title: t("link.address"), text: t("link.refused") }));
    }
  }

  /** Goes on with a chain that was saved to a file. @param {File} file */
  async openState(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { player, info } = this.#studio;
    if (info) await this.#drawing((settings) => player.open(bytes, settings));
  }

  /** Reads the list of models, shows a picture at once, then loads and draws what the address says. */
  async start() {
    const { models, player, notices } = this.#studio;
    const kept = await keptChain();
    try {
      await models.read();
    } catch (error) {
      player.state = "empty";
      this.#stage.showState("empty");
      return this.#studio.listFailed(error, () => this.start());
    }
    this.#form.setModels(models.all);
    const { values, asked } = this.#asked;
    this.#chooseModel(values.model);
    // A file that the reader was quick to choose comes first.
    if (models.find("file")) return;
    const { preview } = models.find(this.#form.get().model);
    if (preview) this.#stage.showPreview(preview).catch(() => {});
    // Whoever saves data or wants no motion begins by hand.
    if (!asked && navigator.connection?.saveData) return this.#stage.showState("empty");
    if (!(await this.#studio.load())) return;
    if (values.hash && values.hash !== this.#studio.info.model.hash.slice(0, 16)) {
      notices.show("hash", () => ({ title: t("hash.title"), text: t("hash.text") }));
    }
    if (document.body.dataset.view !== "sample" || this.#offersToGoOn(kept, values)) return;
    if (asked) return this.#replay(values.forks);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    return this.#drawing((settings) => player.draw(settings));
  }

  /**
   * Chooses the model that the address names, else the first, and says what of the address was not understood.
   *
   * @param {string} [id]
   */
  #chooseModel(id) {
    const { models, notices } = this.#studio;
    const known = models.find(id);
    const problems = [...(id && !known ? [`model=${id}`] : []), ...this.#asked.problems];
    this.#form.set({ model: (models.find("file") ?? known ?? models.all[0]).id });
    const what = problems.join(", ");
    if (what) notices.show("address", () => ({ title: t("address.title"), text: t("address.text", { what }) }));
  }

  /**
   * Offers to go on with the chain that was under way when the page was left.
   *
   * @param {KeptChain|null} kept
   * @param {Address} asked
   * @returns {boolean} false: there is none, or the address asks for another picture
   */
  #offersToGoOn(kept, asked) {
    const { info, player, notices } = this.#studio;
    if (kept?.model.hash !== info.model.hash) return false;
    const { settings } = /** @type {{settings: Settings}} */ (kept.about);
    const same = ["seed", "sampler", "steps"].every(
      (key) => !(key in asked) || String(asked[key]) === String(settings[key]),
    );
    if (!same) return false;
    const goOn = () => {
      this.#form.set(settings);
      return this.#drawing(async () => {
        await player.open(kept.bytes, settings);
        await player.resume();
      });
    };
    const actions = () => [
      { label: t("kept.on"), run: goOn },
      { label: t("kept.again"), run: () => this.draw() },
    ];
    notices.show("kept", () => ({
      title: t("kept.title"),
      text: t("kept.text", { index: kept.index, steps: kept.steps }),
      actions: actions(),
    }));
    return true;
  }

  /** Draws what the address says: the chain, and then fork after fork. */
  async #replay(forks = "") {
    await this.draw();
    for (const fork of forks.split(",").filter(Boolean)) {
      const { player } = this.#studio;
      const [index, seed] = fork.split(":");
      if (player.state !== "finished" || Number(index) >= player.track.chain.steps) return;
      const { timestep } = player.track.frames.at(Number(index)) ?? {};
      await this.#drawing((settings) => player.fork({ index: Number(index), timestep }, seed, settings));
    }
  }
}
