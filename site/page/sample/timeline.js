// The tracks under the pictures: the chain and its forks, each a bar of what is drawn with a slider over it that looks back
// along the frames that are kept.

import { element, icon } from "../dom.js";
import { sayLabel, worded } from "../words.js";
import { Thumbnail } from "./thumbnail.js";

/** @import { Frame } from "../../lib/unnoise.js" */
/** @import { Track } from "./tracks.js" */

/** All tracks of a chain. */
export class Timeline {
  #root;
  /** @type {Row[]} */
  #rows = [];
  /** @type {Row|null} */
  #active = null;
  #thumbnail;
  #listener;

  /**
   * @param {HTMLElement} root holds the first track's elements already
   * @param {{onLook: (frame: Frame, track: Track) => void, onSelect: (track: Track) => void}} listener onLook gets the
   *   frame to be shown when the reader looks back, or returns to the newest
   */
  constructor(root, listener) {
    this.#root = root;
    this.#listener = listener;
    this.#thumbnail = new Thumbnail(root);
    this.#rows = [this.#row(root.querySelector(".track"))];
  }

  /** Whether the newest frame of the track that is seen is shown. */
  get live() {
    return this.#active?.live ?? true;
  }

  /** The frame that is looked at; undefined where there is none. */
  get place() {
    const row = this.#active;
    return row?.track?.frames.at(Number(row.slider.value));
  }

  /**
   * Shows these tracks; the first is the chain itself, the others are its forks.
   *
   * @param {Track[]} tracks
   * @param {Track|null} active
   */
  show(tracks, active) {
    const [first] = this.#rows;
    if (first.track !== (tracks[0] ?? null)) first.begin(tracks[0] ?? null);
    const known = this.#rows.slice(1).filter((row) => tracks.includes(row.track) || row.root.remove());
    const fresh = tracks.slice(1).filter((track) => !known.some((row) => row.track === track));
    this.#rows = [first, ...known, ...fresh.map((track) => this.#addRow(track))];
    for (const row of this.#rows) {
      row.root.classList.toggle("active", row.track === active);
      row.hang(this.#rows);
    }
    this.#active = this.#rows.find((row) => row.track === active) ?? null;
    this.#root.classList.toggle("forked", this.#rows.length > 1);
  }

  /** Shows how far a chain is. @param {{index: number, steps: number}} progress @param {Track} track */
  progress({ index, steps }, track) {
    this.#rows.find((row) => row.track === track)?.progress(index, steps);
  }

  /**
   * Keeps a frame that has come; the slider follows it unless the reader looks back.
   *
   * @param {Frame} frame
   * @param {Track} track
   */
  add(frame, track) {
    track.frames.add(frame);
    const row = this.#rows.find((each) => each.track === track);
    if (row?.live) row.set(frame);
  }

  /** Shows the newest frame of the track that is seen again. */
  follow() {
    const row = this.#active;
    if (!row || row.live || !row.track.frames.last) return;
    row.live = true;
    row.set(row.track.frames.last);
    this.#listener.onLook(row.track.frames.last, row.track);
  }

  /** Moves the slider of the track that is seen by so many steps. @param {number} steps */
  move(steps) {
    const slider = this.#active?.slider;
    if (!slider) return;
    slider.value = String(Number(slider.value) + steps);
    slider.dispatchEvent(new Event("input"));
  }

  /** @param {HTMLElement} root */
  #row(root) {
    const row = new Row(root);
    row.slider.addEventListener("input", () => {
      if (row !== this.#active) this.#listener.onSelect(row.track);
      const frame = row.look();
      if (frame) this.#listener.onLook(frame, row.track);
    });
    this.#thumbnail.watch(row);
    return row;
  }

  /** @param {Track} track */
  #addRow(track) {
    const rail = element(
      "div",
      { className: "rail" },
      element("div", { className: "progress" }, element("div", { className: "bar" })),
      sayLabel(
        element("input", { type: "range", min: track.from, max: track.chain.steps, step: 1 }),
        "sample.look.fork",
        {
          seed: track.seed,
        },
      ),
    );
    const values = { t: Number.isFinite(track.timestep) ? track.timestep : "T", seed: track.seed };
    const label = element("p", { className: "fork-label" }, icon("fork"), worded("span", "sample.fork.label", values));
    const end = (/** @type {string} */ text) => element("span", { className: "end", ariaHidden: "true" }, text);
    const root = element("div", { className: "track fork" }, end("T"), rail, end("0"), label);
    this.#root.append(root);
    const row = this.#row(root);
    row.begin(track);
    return row;
  }
}

/** One track's elements. */
export class Row {
  /** @type {Track|null} */
  track = null;
  /** Whether its newest frame is what the slider stands at. */
  live = true;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.slider = root.querySelector("input");
    /** @type {HTMLElement} */
    this.rail = root.querySelector(".rail");
    /** @type {HTMLElement} */
    this.bar = root.querySelector(".bar");
    /** @type {HTMLElement} */
    this.meter = root.querySelector(".progress");
  }

  /** Begins with a track, or with none. @param {Track|null} track */
  begin(track) {
    this.track = track;
    this.live = true;
    this.slider.disabled = !track;
    if (!track) return;
    const { from, chain } = track;
    this.slider.min = String(from);
    this.slider.max = String(chain.steps);
    this.slider.value = String(from);
    this.rail.style.setProperty("--from", String(from / chain.steps));
    this.progress(from, chain.steps);
  }

  /** @param {number} index @param {number} steps */
  progress(index, steps) {
    const from = this.track?.from ?? 0;
    const part = steps > from ? (index - from) / (steps - from) : 1;
    this.bar.style.width = `${100 * part}%`;
    this.meter.style.setProperty("--steps", String(steps - from));
    this.meter.dataset.steps = steps - from <= 100 ? "few" : "many";
    if (this.meter.role === "progressbar") this.meter.setAttribute("aria-valuenow", String(Math.round(100 * part)));
  }

  /** Where a fork hangs: how many rows below its parent. @param {Row[]} rows */
  hang(rows) {
    if (!this.track?.parent) return;
    const parent = rows.findIndex(({ track }) => track === this.track.parent);
    this.root.style.setProperty("--up", String(rows.indexOf(this) - Math.max(0, parent)));
  }

  /** The slider has moved. @returns {Frame|undefined} the frame to be shown */
  look() {
    const wanted = Number(this.slider.value);
    const { frames } = this.track;
    const frame = frames.at(wanted);
    if (!frame) return undefined;
    this.live = wanted >= frames.last.index;
    // Nothing has been drawn beyond the newest frame.
    if (this.live) this.slider.value = String(frames.last.index);
    this.#say(frame);
    return frame;
  }

  /** @param {Frame} frame */
  set(frame) {
    this.slider.value = String(frame.index);
    this.#say(frame);
  }

  /** @param {Frame} frame */
  #say({ index }) {
    this.slider.setAttribute("aria-valuetext", `${index} / ${this.slider.max}`);
  }
}
