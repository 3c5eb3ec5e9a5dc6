// What the page shows of the player: pictures, numbers and buttons.

import { byId } from "./dom.js";
import { bytes, duration, milliseconds, seconds } from "./format.js";
import { icon } from "./notices.js";
import { Picture } from "./pictures.js";

const stateWords = {
  empty: "No model",
  loading: "Loading",
  ready: "Ready",
  running: "Drawing",
  paused: "Paused",
  finished: "Finished",
  cancelled: "Stopped",
  failed: "Failed",
};

// The first button by state: its icon and word.
const playFaces = {
  running: ["pause", "Pause"],
  paused: ["play", "Resume"],
  empty: ["play", "Load"],
  loading: ["play", "Draw"],
};

// Which buttons are of use in a state.
const useful = {
  play: ["empty", "ready", "running", "paused", "finished", "cancelled", "failed"],
  step: ["ready", "paused", "finished", "cancelled", "failed"],
  again: ["running", "paused"],
  stop: ["loading", "running", "paused"],
  save: ["running", "paused", "finished", "cancelled"],
};

const guessCaption = "the model's guess of the finished picture";

/** The stage: both pictures, the track and the numbers under it. */
export class View {
  #x = new Picture(byId("x"));
  #x0 = new Picture(byId("x0"));
  #shape = null;
  #clock = new Stopwatch();

  /** Shows a state on buttons and in words. */
  showState(state) {
    document.body.dataset.state = state;
    if (state === "running") this.#clock.start();
    else this.#clock.stop();
    const time = state === "finished" ? ` in ${seconds(this.#clock.seconds)}` : "";
    byId("state").textContent = stateWords[state] + time;
    for (const [id, states] of Object.entries(useful)) byId(id).disabled = !states.includes(state);
    const [name, word] = playFaces[state] ?? ["play", "Draw"];
    byId("play").replaceChildren(icon(name), Object.assign(document.createElement("span"), { textContent: word }));
    if (state === "finished") this.#describe("finished");
  }

  /** Shows how far loading is. */
  showLoad(title, { type, bytes: got, total, secondsLeft, waiting }) {
    if (type === "check") {
      byId("state").textContent = `Testing the engine for ${title}`;
      return this.#bar(1, 1);
    }
    const part = total ? `${bytes(got)} of ${bytes(total)}` : bytes(got);
    const rest = Number.isFinite(secondsLeft) ? `, ${duration(secondsLeft)} left` : "";
    const text = waiting ? `Connection cut after ${part}, trying again` : `Loading ${title}: ${part}${rest}`;
    byId("state").textContent = text;
    this.#bar(got, total);
  }

  /** Shows how far a chain is; where the reader looks back, the step and timestep seen are left alone. */
  showProgress({ index, steps, timestep, msPerStep, secondsLeft, done }, lookingBack = false) {
    if (index === 0) this.#clock.reset();
    if (!lookingBack) this.showPlace({ index, timestep }, steps);
    if (msPerStep !== undefined) byId("r-ms").textContent = milliseconds(msPerStep);
    byId("r-left").textContent = done ? "0:00" : duration(secondsLeft);
    byId("progress").dataset.steps = steps <= 100 ? "few" : "many";
    byId("progress").style.setProperty("--steps", steps);
    this.#bar(index, steps);
  }

  /** Shows which step of how many is seen, and the timestep it left. */
  showPlace({ index, timestep }, steps) {
    byId("r-step").textContent = `${index} / ${steps}`;
    byId("r-t").textContent = Number.isFinite(timestep) ? String(timestep) : "–";
    byId("x-t").textContent = index === 0 ? "T" : index === steps ? "0" : "t";
  }

  #bar(value, total) {
    const part = total ? value / total : 0;
    byId("bar").style.width = `${100 * part}%`;
    byId("progress").setAttribute("aria-valuenow", Math.round(100 * part));
  }

  /** Shows a frame of a chain of the shape; x0 null: there is no guess yet. */
  showFrame({ x, x0 }, shape) {
    this.#shape = shape;
    this.#x.show(x, shape);
    this.#x0.show(x0 ?? new Uint8Array(x.length), shape);
    this.#caption(guessCaption, false);
  }

  /** Shows a picture that was drawn when the site was built, marked as such. */
  async showPreview(url) {
    const response = await fetch(url);
    if (!response.ok || document.body.dataset.drawn) return;
    await this.#x0.showImage(await response.blob());
    if (document.body.dataset.drawn) return;
    this.#caption("drawn when this page was built", true);
    this.#x0.describe("A picture by this model, drawn when this page was built");
  }

  #caption(text, sample) {
    byId("x0-caption").textContent = text;
    byId("figure-x0").classList.toggle("sample", sample);
    if (!sample) document.body.dataset.drawn = "yes";
  }

  #describe(word) {
    const { count } = this.#shape ?? { count: 1 };
    const what = count === 1 ? "one picture" : `${count} pictures`;
    this.#x.describe(`The chain: ${what}, ${word}`);
    this.#x0.describe(`The model's guess: ${what}, ${word}`);
  }

  /** @returns {Promise<Blob>} what the chain shows, as PNG */
  png() {
    return this.#x.png();
  }
}

/** The time that drawing took, without the pauses. */
class Stopwatch {
  #before = 0;
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
