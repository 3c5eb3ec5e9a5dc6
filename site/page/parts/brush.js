// Painting on a canvas of few pixels, with a pointer of any kind, or with the keyboard: arrows move a place, Space paints there.

/** A brush for a canvas. */
export class Brush {
  #canvas;
  #onPaint;
  /** @type {{x: number, y: number}|null} */
  #at = null;
  #down = false;
  #active = false;
  #key = { x: 0, y: 0 };
  colour = "#ffffff";
  grey = false;
  /** In pixels of the canvas. */
  size = 2;

  /** @param {HTMLCanvasElement} canvas @param {() => void} onPaint after every stroke @param {(x: number, y: number) => void} [dab] paints a place in another way */
  constructor(canvas, onPaint, dab) {
    this.#canvas = canvas;
    this.#onPaint = onPaint;
    if (dab) this.dab = dab;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.#end());
    canvas.addEventListener("keydown", (event) => this.#press(event));
  }

  get active() {
    return this.#active;
  }

  set active(on) {
    this.#active = on;
    this.#canvas.classList.toggle("painting", on);
    this.#canvas.tabIndex = on ? 0 : -1;
    this.#key = { x: this.#canvas.width / 2, y: this.#canvas.height / 2 };
  }

  #place({ clientX, clientY }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * this.#canvas.width, y: ((clientY - top) / height) * this.#canvas.height };
  }

  #begin(event) {
    if (!this.#active) return;
    event.preventDefault();
    this.#canvas.setPointerCapture(event.pointerId);
    this.#down = true;
    this.#at = this.#place(event);
    this.#line(this.#at, this.#at);
  }

  #move(event) {
    if (!this.#down) return;
    const to = this.#place(event);
    this.#line(this.#at, to);
    this.#at = to;
  }

  #end() {
    if (!this.#down) return;
    this.#down = false;
    this.#onPaint();
  }

  #press(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!this.#active || !(event.key in moves || event.key === " ")) return;
    event.preventDefault();
    const [dx, dy] = moves[event.key] ?? [0, 0];
    const { width, height } = this.#canvas;
    this.#key = { x: (this.#key.x + dx + width) % width, y: (this.#key.y + dy + height) % height };
    // With Shift, or Space, the brush is on the paper.
    if (event.key !== " " && !event.shiftKey) return;
    this.#line(this.#key, this.#key);
    this.#onPaint();
  }

  #line(from, to) {
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
    for (let i = 0; i <= steps; i++)
      this.dab(from.x + ((to.x - from.x) * i) / steps, from.y + ((to.y - from.y) * i) / steps);
  }

  /** Paints the place. */
  dab(x, y) {
    const context = this.#canvas.getContext("2d");
    context.fillStyle = this.grey ? greyOf(this.colour) : this.colour;
    const r = this.size / 2;
    context.fillRect(Math.round(x - r), Math.round(y - r), this.size, this.size);
  }
}

function greyOf(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16));
  const value = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  return `rgb(${value} ${value} ${value})`;
}
