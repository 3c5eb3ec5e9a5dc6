// Plots with uPlot in the page's colours and the reader's theme.

import "./locale.js";
import uPlot from "uplot";
import { signed, superscript } from "../format.js";
import { worded } from "../words.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The look of two curves, as the colours of terms in words are: the second dashed. */
export const twoCurves = [
  { stroke: "--accent", fill: "--accent" },
  { stroke: "--warm", dash: [6, 4] },
];

/**
 * What a plot shows.
 *
 * @typedef {object} PlotOptions
 * @property {(import("uplot").Series & {stroke: string, fill?: string})[]} series uPlot's, with colours by their names ("--accent")
 * @property {{x?: import("uplot").Scale, y?: import("uplot").Scale}} [scales]
 * @property {string} [x] label of the abscissa
 * @property {string} [y] label of the ordinate
 * @property {number[]} [xSplits] marks on the abscissa
 */

/** A plot that keeps the width of its place and the colours of the theme. */
export class Plot {
  #root;
  #make;
  /** @type {uPlot|null} */
  #plot = null;
  /** @type {import("uplot").AlignedData|null} */
  #data = null;
  #height;
  #onCursor;

  /**
   * @param {HTMLElement} root
   * @param {PlotOptions} options
   * @param {{height?: number, onCursor?: (index: number) => void}} [more] onCursor: the reader points at a value
   */
  constructor(root, options, { height = 200, onCursor } = {}) {
    this.#root = root;
    this.#height = height;
    this.#onCursor = onCursor;
    root.classList.add("plot");
    root.style.minHeight = `${height}px`;
    this.#make = () => plotOptions(options, root.clientWidth || 320, height);
    new ResizeObserver(() => this.#resize()).observe(root);
    new MutationObserver(() => this.#again()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#again());
    if (onCursor) this.#listen(root);
  }

  /** Shows values. @param {import("uplot").AlignedData} data x, y1, y2, ... */
  show(data) {
    this.#data = data;
    if (this.#plot) this.#plot.setData(data);
    else this.#again();
  }

  /** Shows words in place of a plot, until there are values. @param {string} key */
  clear(key) {
    this.#plot?.destroy();
    this.#plot = null;
    this.#data = null;
    this.#root.replaceChildren(worded("p", key, undefined, { className: "empty" }));
  }

  /** Marks a place on the abscissa by a line. @param {number} x */
  mark(x) {
    this.at = x;
    this.#plot?.redraw(false);
  }

  #again() {
    this.#plot?.destroy();
    this.#plot = null;
    if (!this.#data || !this.#root.clientWidth) return;
    this.#root.replaceChildren();
    const options = this.#make();
    options.hooks = { draw: [(plot) => this.#drawMark(plot)] };
    this.#plot = new uPlot(options, this.#data, this.#root);
  }

  #resize() {
    const width = this.#root.clientWidth;
    if (!width || !this.#data) return;
    if (!this.#plot) this.#again();
    else if (this.#plot.width !== width) this.#plot.setSize({ width, height: this.#height });
  }

  /** @param {uPlot} plot */
  #drawMark(plot) {
    if (this.at === undefined) return;
    const x = plot.valToPos(this.at, "x", true);
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = css("--ink");
    ctx.lineWidth = devicePixelRatio;
    // The last curve's dashes would be the line's.
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }

  /** @param {HTMLElement} root */
  #listen(root) {
    /** @param {PointerEvent} event */
    const point = (event) => {
      if (!this.#plot || (event.type === "pointermove" && !event.buttons)) return;
      const { left } = this.#plot.over.getBoundingClientRect();
      this.#onCursor(this.#plot.posToVal(event.clientX - left, "x"));
    };
    root.addEventListener("pointerdown", point);
    root.addEventListener("pointermove", point);
    root.style.touchAction = "pan-y";
    root.style.cursor = "crosshair";
  }
}

/** @param {PlotOptions} options @param {number} width @param {number} height @returns {import("uplot").Options} */
function plotOptions({ series, scales = {}, x, y, xSplits }, width, height) {
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  /** @type {import("uplot").Axis} */
  const axis = {
    stroke: css("--quiet"),
    grid: { stroke: css("--line"), width: 1, filter: marked },
    ticks: { show: false },
    values: (_, marks) => marks.map((value) => (value === null ? "" : signed(value))),
    font,
  };
  // A symbol is set as one.
  const labelled = (/** @type {string|undefined} */ label) => ({
    label,
    labelSize: 16,
    labelFont: label?.length === 1 ? 'italic 14px "Cambria Math", "STIX Two Text", Georgia, serif' : font,
  });
  return {
    width,
    height,
    scales: { x: { time: false, ...scales.x }, y: { ...scales.y } },
    legend: { show: false },
    cursor: { show: false },
    axes: [
      {
        ...axis,
        ...labelled(x),
        size: 28,
        ...(scales.x?.distr === 3 && powers),
        ...(xSplits && { splits: () => xSplits }),
      },
      {
        ...axis,
        ...labelled(y),
        size: 44,
        ...(scales.y?.distr === 3 && powers),
      },
    ],
    series: [
      {},
      ...series.map((each) => ({
        width: 2,
        points: { show: false },
        ...each,
        stroke: css(each.stroke),
        ...(each.fill && { fill: `color-mix(in srgb, ${css(each.fill)} 18%, transparent)` }),
        ...(each.points && { points: { ...each.points, fill: css(each.stroke), stroke: css(each.stroke) } }),
      })),
    ],
  };
}

/**
 * Lines where a logarithmic axis has its powers of ten, and everywhere on others: the rest are too many.
 *
 * @type {import("uplot").Axis.Filter}
 */
function marked(plot, splits, axis) {
  if (plot.scales[plot.axes[axis].scale].distr !== 3) return splits;
  return splits.map((value) => (Math.abs(Math.log10(value) % 1) < 1e-9 ? value : null));
}

/** A logarithmic axis. @type {import("uplot").Axis} */
const powers = { values: (_, marks) => marks.map(powerOf) };

/** A mark on a logarithmic axis. @param {number|null} value null: it has no room for words */
function powerOf(value) {
  if (value === null || value === undefined) return "";
  return value >= 0.001 ? String(value) : `10${superscript(Math.round(Math.log10(value)))}`;
}
