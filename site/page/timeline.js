// The timeline under the pictures: keeps the frames that were shown, so that the reader can look back along the chain.

// Beyond so many frames every other one is let go. Frames of skipped steps do not come at all at full speed.
const mostFrames = 240;

/** Frames of one chain, by step: those of every stride-th step and the newest, with a stride that doubles when there are too many. */
export class Frames {
  #list = [];
  #stride = 1;

  clear() {
    this.#list = [];
    this.#stride = 1;
  }

  /** Keeps a frame: {index, ...}. One of a step that was there before replaces it and what followed. */
  add(frame) {
    while (this.#list.length && this.#list.at(-1).index >= frame.index) this.#list.pop();
    // What was kept for being the newest is not that any more.
    if (this.#list.length && this.#list.at(-1).index % this.#stride) this.#list.pop();
    this.#list.push(frame);
    if (this.#list.length <= mostFrames) return;
    this.#stride *= 2;
    this.#list = this.#list.filter((kept) => kept.index % this.#stride === 0 || kept === frame);
  }

  /** The newest frame that is not after the step; undefined where there is none. */
  at(index) {
    return this.#list.findLast((frame) => frame.index <= index) ?? this.#list[0];
  }

  get last() {
    return this.#list.at(-1);
  }

  get length() {
    return this.#list.length;
  }
}

/** The slider over the track. */
export class Timeline {
  #slider;
  #frames = new Frames();
  #live = true;
  #onLook;

  /**
   * @param {HTMLInputElement} slider
   * @param {(frame: object, live: boolean) => void} onLook gets the frame to be shown when the reader looks back, or returns to the newest
   */
  constructor(slider, onLook) {
    this.#slider = slider;
    this.#onLook = onLook;
    slider.addEventListener("input", () => this.#look());
  }

  /** Whether the newest frame is what is seen. */
  get live() {
    return this.#live;
  }

  /** Begins a chain of so many steps. */
  begin(steps) {
    this.#frames.clear();
    this.#live = true;
    this.#slider.max = steps;
    this.#slider.value = 0;
    this.#slider.disabled = false;
  }

  /** Keeps a frame that has come; the slider follows it unless the reader looks back. */
  add(frame) {
    this.#frames.add(frame);
    if (this.#live) this.#set(frame);
  }

  /** Shows the newest frame again. */
  follow() {
    if (this.#live || !this.#frames.last) return;
    this.#live = true;
    this.#set(this.#frames.last);
    this.#onLook(this.#frames.last, true);
  }

  #look() {
    const wanted = Number(this.#slider.value);
    const frame = this.#frames.at(wanted);
    if (!frame) return;
    this.#live = wanted >= this.#frames.last.index;
    // Nothing has been drawn beyond the newest frame.
    if (this.#live) this.#slider.value = this.#frames.last.index;
    this.#say(frame);
    this.#onLook(frame, this.#live);
  }

  #set(frame) {
    this.#slider.value = frame.index;
    this.#say(frame);
  }

  #say({ index }) {
    this.#slider.setAttribute("aria-valuetext", `step ${index} of ${this.#slider.max}`);
  }
}
