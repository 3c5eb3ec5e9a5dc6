// A cross over a plane, for readers without a pointer: arrow keys move it, Enter or the space bar press where it stands.

const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** The cross of a canvas that shows a plane. */
export class Cross {
  /** Where it stands, in the plane. @type {[number, number]} */
  at = [0, 0];
  #canvas;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{reach: number, step: number}} plane coordinates go from -reach to reach; a key moves by step
   * @param {{onMove: () => void, onPress: () => void, onChange: () => void}} listener onChange: the cross comes or goes
   */
  constructor(canvas, { reach, step }, { onMove, onPress, onChange }) {
    this.#canvas = canvas;
    canvas.tabIndex = 0;
    // A reader's own program leaves the arrow keys to an application.
    canvas.setAttribute("role", "application");
    canvas.addEventListener("focus", onChange);
    canvas.addEventListener("blur", onChange);
    const last = Math.floor(reach / step) * step;
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = moves[event.key];
      const moved = (/** @type {0|1} */ k) => Math.min(last, Math.max(-last, this.at[k] + step * move[k]));
      if (move) this.at = [moved(0), moved(1)];
      else if (event.key === "Home") this.at = [0, 0];
      else if (!["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      if (move || event.key === "Home") onMove();
      else onPress();
    });
  }

  /** Draws it, x and y in the canvas's pixels, while the keyboard is there. */
  draw(context, x, y) {
    if (!this.#canvas.matches(":focus-visible")) return;
    context.lineWidth = 2;
    context.beginPath();
    for (const [dx, dy] of [
      [9, 0],
      [0, 9],
    ]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
  }
}
