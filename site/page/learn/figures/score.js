// Screen 4: the triangle of what can be predicted; the score field of two-pixel "pictures", and points that walk along it by Langevin steps.

import { element, icon } from "../../dom.js";
import { signed } from "../../format.js";
import { slider } from "../../parts/controls.js";
import { say, sayLabel, worded } from "../../words.js";
import { field, langevin, normal } from "../mixture.js";
import { Cross } from "./cross.js";
import { triangle } from "./triangle.js";

/** @typedef {import("../mixture.js").Point} Point */

const size = 420; // of the canvas, in its own pixels
const reach = 1.8; // the plane shown is from -reach to reach
const arrows = 19;
const count = 140;
// From the most noise to the least, and Langevin steps at each level.
const [most, least] = [1.2, 0.06];
const stepsEach = 6;
const levels = 28;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const toCanvas = (v) => ((v + reach) / (2 * reach)) * size;
const toPlane = (v) => (v / size) * 2 * reach - reach;

/** @param {import("../../studio.js").Studio} studio */
export function figure(studio) {
  return new ScoreFigure(studio);
}

class ScoreFigure {
  #canvas = element("canvas", { className: "plane", width: size, height: size });
  /** @type {Point[]} */
  #points = [];
  #sigma;
  #play = element("button", { type: "button", className: "primary" });
  #text = element("p", { className: "live", role: "status" });
  #cross;
  #running = 0;
  #step = 0;

  /** @param {import("../../studio.js").Studio} studio */
  constructor(studio) {
    sayLabel(this.#canvas, "learn.score.label");
    const keys = worded("p", "learn.score.keys", undefined, { className: "hint", id: "plane-keys" });
    this.#canvas.setAttribute("aria-describedby", keys.id);
    this.#cross = new Cross(
      this.#canvas,
      { reach, step: 0.1 },
      { onMove: () => this.#tell(), onPress: () => this.#drop(this.#cross.at), onChange: () => this.#draw() },
    );
    this.#sigma = slider(
      "learn.score.sigma",
      { min: 0, max: levels - 1, value: 8 },
      () => {
        this.#stop();
        this.#draw();
      },
      (k) => levelOf(k).toFixed(2),
    );
    this.#play.addEventListener("click", () => (this.#running ? this.#stop() : this.#start()));
    this.#canvas.addEventListener("pointerdown", (event) => this.#touch(event));
    this.#face();
    const steps = worded("ol", "learn.score.algorithm", undefined, { className: "algorithm" });
    this.root = element(
      "div",
      {},
      triangle(studio),
      element(
        "div",
        { className: "block plane-row" },
        this.#canvas,
        element("div", { className: "group" }, steps, this.#sigma.root, this.#play, this.#text, keys),
      ),
    );
    this.#scatter();
    new MutationObserver(() => this.#draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#draw();
    say(this.#text, "learn.score.idle");
  }

  hide() {
    this.#stop();
  }

  #face() {
    this.#play.replaceChildren(
      icon(this.#running ? "pause" : "play"),
      worded("span", this.#running ? "sample.pause" : "learn.score.play"),
    );
  }

  #scatter() {
    this.#points = Array.from({ length: count }, () => [most * normal(), most * normal()]);
    this.#step = 0;
  }

  #touch({ offsetX, offsetY }) {
    const scale = size / this.#canvas.clientWidth;
    this.#cross.at = [toPlane(offsetX * scale), -toPlane(offsetY * scale)];
    this.#drop(this.#cross.at);
  }

  /** What the arrows show, at the cross. */
  #tell(key = "learn.score.at") {
    const { score } = field(this.#cross.at, levelOf(this.#sigma.value));
    const [x, y] = this.#cross.at.map((value) => signed(value, 1));
    const [right, up] = score.map((value) => signed(value, 1));
    say(this.#text, key, { x, y, right, up });
    this.#draw();
  }

  /** Brings a quarter of the points there. @param {Point} at */
  #drop(at) {
    this.#points = this.#points.map((point, i) => (i % 4 ? point : [at[0] + 0.08 * normal(), at[1] + 0.08 * normal()]));
    this.#tell("learn.score.dropped");
  }

  #start() {
    if (this.#step >= levels * stepsEach) this.#scatter();
    else this.#step = this.#sigma.value * stepsEach;
    if (this.#step === 0) this.#scatter();
    const tick = () => {
      if (!this.#running) return;
      this.#walk();
      if (this.#running) this.#running = requestAnimationFrame(tick);
    };
    this.#running = requestAnimationFrame(tick);
    this.#face();
    // A screen reader hears where the walk ends, not every step of it.
    this.#text.setAttribute("aria-live", "off");
    // With reduced motion the walk is made at once.
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) while (this.#running) this.#walk();
  }

  #walk() {
    const level = Math.floor(this.#step / stepsEach);
    const sigma = levelOf(level);
    this.#points = this.#points.map((point) => langevin(point, sigma, 0.35));
    this.#step++;
    this.#sigma.set({ value: level });
    const end = this.#step >= levels * stepsEach;
    if (end) this.#stop();
    const share = Math.round((100 * this.#points.filter(isPicture).length) / count);
    say(this.#text, end ? "learn.score.end" : "learn.score.now", { sigma: sigma.toFixed(2), step: this.#step, share });
    this.#draw();
  }

  #stop() {
    cancelAnimationFrame(this.#running);
    this.#running = 0;
    this.#text.removeAttribute("aria-live");
    this.#face();
  }

  #draw() {
    const context = this.#canvas.getContext("2d");
    context.clearRect(0, 0, size, size);
    const sigma = levelOf(this.#sigma.value);
    drawArrows(context, sigma);
    context.fillStyle = colour("--accent");
    for (const [x, y] of this.#points) {
      context.beginPath();
      context.arc(toCanvas(x), toCanvas(-y), 3, 0, 2 * Math.PI);
      context.fill();
    }
    context.strokeStyle = colour("--ink");
    this.#cross.draw(context, toCanvas(this.#cross.at[0]), toCanvas(-this.#cross.at[1]));
  }
}

/** Whether a point is where pictures are. @param {Point} point */
const isPicture = (point) => field(point, 0).density > 0.02;

/** The noise level of number k, in equal ratios. @param {number} k */
function levelOf(k) {
  return most * (least / most) ** (k / (levels - 1));
}

/** @param {CanvasRenderingContext2D} context @param {number} sigma */
function drawArrows(context, sigma) {
  context.strokeStyle = colour("--warm");
  context.lineWidth = 1.4;
  for (let i = 0; i < arrows * arrows; i++) {
    const [x, y] = [i % arrows, Math.floor(i / arrows)].map((k) => ((k + 0.5) / arrows) * 2 * reach - reach);
    const { score } = field([x, y], sigma);
    const length = Math.hypot(...score);
    // All arrows fit their cells; the long ones say little more than the direction.
    const scale = ((0.85 * reach) / arrows) * Math.tanh(length * sigma) * (2 / Math.max(length, 1e-9));
    arrow(context, [x, y], [x + score[0] * scale, y + score[1] * scale]);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Point} from @param {Point} to */
function arrow(context, from, to) {
  const [x0, y0, x1, y1] = [toCanvas(from[0]), toCanvas(-from[1]), toCanvas(to[0]), toCanvas(-to[1])];
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const head = Math.min(5, 0.4 * Math.hypot(x1 - x0, y1 - y0));
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  for (const turn of [2.6, -2.6]) {
    context.moveTo(x1, y1);
    context.lineTo(x1 + head * Math.cos(angle + turn), y1 + head * Math.sin(angle + turn));
  }
  context.stroke();
}
