/**
 * The dialog to draw an input: white strokes on black, by pointer or by keyboard.
 */

import {make} from "./dom.js";
import {choiceOfInput, openDialog} from "./asking.js";
import {t} from "./strings.js";

const SIDE = 280;
const [THINNEST, USUAL, THICKEST] = [4, 20, 48];
const STEP = 8;
const MOVES = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP]};

/**
 * Opens the dialog.
 * @param {import("./state.js").Entry[]} inputs the model's inputs that can be drawn
 * @param {(picture: Blob, input: string) => Promise<any>} use what to do with the drawing
 */
export function openDrawing(inputs, use) {
  const sheet = new Sheet();
  const [choice, chosen] = choiceOfInput(inputs);
  const brush = make("input", {type: "range", min: THINNEST, max: THICKEST, value: USUAL});
  brush.addEventListener("input", () => sheet.setBrush(Number(brush.value)));
  const hint = make("p.ask-hint", {id: "drawing-hint"}, t("input.draw.hint"));
  const clear = make("button", {type: "button", onclick: () => sheet.clear()}, t("input.draw.clear"));
  const tools = make("div.drawing-tools", {}, make("label", {}, t("input.draw.brush"), brush), clear);
  openDialog(t("input.draw.title"), [choice, sheet.element, tools, hint], t("input.draw.use"), async () =>
    use(await sheet.picture(), chosen()),
  );
  sheet.canvas.focus();
}

/** A square to draw on, with a brush that the keyboard moves. */
class Sheet {
  constructor() {
    this.canvas = make("canvas.drawing-canvas", {
      width: SIDE,
      height: SIDE,
      role: "img",
      tabindex: "0",
      "aria-label": t("input.draw.canvas"),
      "aria-describedby": "drawing-hint",
    });
    this.ring = make("span.drawing-brush", {"aria-hidden": "true"});
    this.element = make("div.drawing-sheet", {}, this.canvas, this.ring);
    this.pen = this.canvas.getContext("2d");
    [this.x, this.y] = [SIDE / 2, SIDE / 2];
    this.setBrush(USUAL);
    this.clear();
    this.canvas.addEventListener("pointerdown", (event) => this.#pointer(event, true));
    this.canvas.addEventListener("pointermove", (event) => this.#pointer(event, false));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  clear() {
    this.pen.fillStyle = "#000";
    this.pen.fillRect(0, 0, SIDE, SIDE);
  }

  setBrush(size) {
    this.size = size;
    this.#showBrush();
  }

  /** @returns {Promise<Blob>} the drawing as PNG */
  picture() {
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }

  #pointer(event, first) {
    const frame = this.canvas.getBoundingClientRect();
    const scale = SIDE / frame.width;
    // Between two events the pointer may have gone through several places.
    for (const one of first ? [event] : (event.getCoalescedEvents?.() ?? [event])) {
      const at = [(one.clientX - frame.left) * scale, (one.clientY - frame.top) * scale];
      if (event.buttons & 1) this.#line(first ? at : [this.x, this.y], at);
      [this.x, this.y] = at;
    }
    if (first) this.canvas.setPointerCapture(event.pointerId);
    this.#showBrush();
  }

  #key(event) {
    const move = MOVES[event.key];
    if (move) {
      const from = [this.x, this.y];
      this.x = Math.min(Math.max(this.x + move[0], 0), SIDE);
      this.y = Math.min(Math.max(this.y + move[1], 0), SIDE);
      if (event.shiftKey) this.#line(from, [this.x, this.y]);
    } else if (event.key === " ") this.#line([this.x, this.y], [this.x, this.y]);
    else if (event.key === "Delete" || event.key === "Backspace")
      this.#line([this.x, this.y], [this.x, this.y], "#000");
    else return;
    event.preventDefault();
    this.#showBrush();
  }

  #line(from, to, colour = "#fff") {
    Object.assign(this.pen, {strokeStyle: colour, lineWidth: this.size, lineCap: "round", lineJoin: "round"});
    this.pen.beginPath();
    this.pen.moveTo(...from);
    this.pen.lineTo(to[0] + 0.01, to[1]);
    this.pen.stroke();
  }

  #showBrush() {
    Object.assign(this.ring.style, {
      left: `${(this.x / SIDE) * 100}%`,
      top: `${(this.y / SIDE) * 100}%`,
      width: `${(this.size / SIDE) * 100}%`,
    });
  }
}
