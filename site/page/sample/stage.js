// What the page shows of the player: pictures, numbers and buttons.

import { byId, icon } from "../dom.js";
import { bytes, duration, milliseconds } from "../format.js";
import { Picture } from "../pictures.js";
import { say, sayLabel, worded } from "../words.js";

/** @import { Frame, OpenProgress, Progress } from "../../lib/unnoise.js" */

// The first button by state: its icon and word.
const playFaces = {
  running: ["pause", "pause"],
  paused: ["play", "resume"],
  empty: ["play", "load"],
};

// Which buttons are of use in a state.
const useful = {
  play: ["empty", "ready", "running", "paused", "finished", "cancelled", "failed"],
  step: ["ready", "paused", "finished", "cancelled", "failed"],
  again: ["running", "paused"],
  stop: ["loading", "running", "paused", "rewinding"],
  fork: ["running", "paused", "finished", "cancelled"],
  save: ["running", "paused", "finished", "cancelled"],
  strip: ["paused", "finished", "cancelled"],
  gif: ["paused", "finished", "cancelled"],
  "save-state": ["paused", "finished", "cancelled"],
};

/** A button of the page. @param {string} id */
const buttonOf = (id) => /** @type {HTMLButtonElement} */ (byId(id));

/** @typedef {{count: number, width: number, height: number}} Shape */

/** The stage: both pictures and the numbers under them. */
export class Stage {
  #x = new Picture(byId("x"));
  #x0 = new Picture(byId("x0"));
  /** @type {Shape|null} */
  #shape = null;
  #clock = new Stopwatch();

  /** Shows a state on buttons and in words. @param {import("../player.js").State} state */
  showState(state) {
    document.body.dataset.state = state;
    // What did not arrive is not there.
    if (state === "empty") this.#bar(0, 1);
    if (state === "running") this.#clock.start();
    else this.#clock.stop();
    if (state === "finished" && this.#clock.seconds > 0) sayTime(this.#clock.seconds);
    else say(byId("state"), `state.${state}`);
    for (const [id, states] of Object.entries(useful)) buttonOf(id).disabled = !states.includes(state);
    const [name, word] = playFaces[state] ?? ["play", "draw"];
    byId("play").replaceChildren(icon(name), worded("span", `sample.${word}`));
    if (state === "finished") this.#describe();
  }

  /** Shows how far loading is. @param {string} title the model's @param {OpenProgress} progress */
  showLoad(title, progress) {
    if (progress.type === "check") {
      this.#sayLoad("load.check", { title });
      return this.#bar(1, 1);
    }
    const { bytes: got, total, secondsLeft, waiting } = progress;
    const part = total ? `${bytes(got)} / ${bytes(total)}` : bytes(got);
    const left = Number.isFinite(secondsLeft) ? duration(secondsLeft) : "";
    if (waiting) this.#sayLoad("load.waiting", { part });
    else this.#sayLoad(left ? "load.left" : "load.bytes", { title, part, left });
    this.#bar(got, total);
  }

  /**
   * Here, and in the line at the foot of the other views.
   *
   * @param {string} key
   * @param {import("../words.js").Values} values
   */
  #sayLoad(key, values) {
    for (const id of ["state", "arriving"]) say(byId(id), key, values);
    byId("arriving").parentElement.hidden = false;
  }

  /** @param {number} value @param {number} total */
  #bar(value, total) {
    const part = total ? value / total : 0;
    const line = /** @type {HTMLElement} */ (byId("arriving").nextElementSibling);
    for (const bar of [byId("bar"), line]) bar.style.width = `${100 * part}%`;
    byId("progress").setAttribute("aria-valuenow", String(Math.round(100 * part)));
  }

  /**
   * Shows how far a chain is.
   *
   * @param {Progress} progress
   * @param {boolean} [lookingBack] the reader does: the step and timestep that are seen are left alone
   */
  showProgress({ index, steps, timestep, msPerStep, secondsLeft, done }, lookingBack = false) {
    if (index === 0) this.#clock.reset();
    if (!lookingBack) this.showPlace({ index, timestep }, steps);
    if (msPerStep !== undefined) byId("r-ms").textContent = milliseconds(msPerStep);
    byId("r-left").textContent = done ? "0:00" : duration(secondsLeft);
  }

  /**
   * Shows which step of how many is seen, and the timestep it left.
   *
   * @param {{index: number, timestep: number}} place
   * @param {number} steps
   */
  showPlace({ index, timestep }, steps) {
    byId("r-step").textContent = `${index} / ${steps}`;
    byId("r-t").textContent = Number.isFinite(timestep) ? String(timestep) : "–";
    byId("x-t").textContent = index === 0 ? "T" : index === steps ? "0" : "t";
  }

  /**
   * Shows a frame; x0 null: there is no guess yet.
   *
   * @param {Pick<Frame, "x"|"x0">} frame
   * @param {Shape} shape of its chain
   */
  showFrame({ x, x0 }, shape) {
    this.#shape = shape;
    this.#x.show(x, shape);
    this.#x0.show(x0 ?? new Uint8Array(x.length), shape);
    this.#caption("sample.x0.caption", false);
  }

  /** Shows a picture that was drawn when the site was built, marked as such. @param {string} url */
  async showPreview(url) {
    const response = await fetch(url);
    if (!response.ok || document.body.dataset.drawn) return;
    await this.#x0.showImage(await response.blob());
    if (document.body.dataset.drawn) return;
    this.#caption("sample.x0.built", true);
    sayLabel(byId("x0"), "sample.x0.preview");
  }

  /** @param {string} key @param {boolean} sample */
  #caption(key, sample) {
    if (byId("x0-caption").dataset.t !== key) say(byId("x0-caption"), key);
    byId("figure-x0").classList.toggle("sample", sample);
    if (!sample) document.body.dataset.drawn = "yes";
  }

  #describe() {
    const { count } = this.#shape ?? { count: 1 };
    sayLabel(byId("x"), "sample.x.finished", { count });
    sayLabel(byId("x0"), "sample.x0.finished", { count });
  }

  /** @returns {Promise<Blob>} what the chain shows, as PNG */
  png() {
    return this.#x.png();
  }
}

/** Says that the chain is finished, and after how long. @param {number} seconds */
function sayTime(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) say(byId("state"), "state.finished.in", { s: seconds.toFixed(seconds < 10 ? 1 : 0) });
  else say(byId("state"), "state.finished.long", { min: Math.floor(whole / 60), s: whole % 60 });
}

/** The time that drawing took, without the pauses. */
class Stopwatch {
  #before = 0;
  /** @type {number|null} */
  #since = null;

  start() {
    this.#since ??= performance.now();
  }

  stop() {
    this.#before = this.#now();
    this.#since = null;
  }

  reset() {
    this.#before = 0;
    if (this.#since !== null) this.#since = performance.now();
  }

  get seconds() {
    return this.#now() / 1000;
  }

  #now() {
    return this.#before + (this.#since === null ? 0 : performance.now() - this.#since);
  }
}
