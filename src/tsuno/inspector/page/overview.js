/**
 * A narrow picture of the whole graph beside a graph too tall to be seen at once, with the part in view marked; it can be dragged.
 *
 * It is for the pointer only: the keyboard has the arrow keys, Home, End and the search.
 */

import {make} from "./dom.js";

const WIDTH = 36;
const PAD = 4;
const TALL = 1.6;

export class Overview {
  /** @param {import("./viewport.js").Viewport} view the window that it shows and moves */
  constructor(view) {
    this.view = view;
    this.canvas = make("canvas");
    this.frame = make("div.graph-window");
    this.element = make("div.graph-overview", {"aria-hidden": "true", hidden: true}, this.canvas, this.frame);
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    this.element.addEventListener("pointermove", (event) => event.buttons & 1 && this.#go(event));
  }

  /** Draws the boxes, each in its colour. @param {import("./boxes.js").Box[]} boxes @param {(box: import("./boxes.js").Box) => string} colourOf */
  draw(boxes, colourOf) {
    this.boxes = boxes;
    this.colourOf = colourOf;
    this.drawnFor = null;
    this.follow();
  }

  /** Marks the part that is in view now. */
  follow() {
    if (!this.boxes) return;
    const {view} = this;
    const room = view.svg.getBoundingClientRect().height;
    this.element.hidden = view.height * view.scale < room * TALL;
    if (this.element.hidden) return;
    if (this.drawnFor !== room) this.#paint(room);
    const shown = room / view.scale;
    const top = Math.max(0, -view.y / view.scale);
    this.frame.style.top = `${PAD + top * this.ratio}px`;
    this.frame.style.height = `${Math.max(6, Math.min(shown, view.height - top) * this.ratio)}px`;
  }

  #paint(room) {
    this.drawnFor = room;
    this.ratio = (room - 2 * PAD) / this.view.height;
    const density = devicePixelRatio || 1;
    Object.assign(this.canvas, {width: WIDTH * density, height: room * density});
    Object.assign(this.canvas.style, {width: `${WIDTH}px`, height: `${room}px`});
    const pen = this.canvas.getContext("2d");
    pen.scale(density, density);
    const across = (WIDTH - 2 * PAD) / this.view.width;
    for (const box of this.boxes.filter((one) => !one.frame)) {
      pen.fillStyle = this.colourOf(box);
      pen.fillRect(
        PAD + box.x * across,
        PAD + box.y * this.ratio,
        Math.max(2, box.width * across),
        Math.max(1, box.height * this.ratio),
      );
    }
  }

  #go(event) {
    const place = (event.clientY - this.element.getBoundingClientRect().top - PAD) / this.ratio;
    this.view.look(place);
  }
}
