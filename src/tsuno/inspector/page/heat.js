/**
 * `<heat-map>`: one plane as colours, whose numbers can be read with the pointer and with the arrow keys.
 *
 * The map takes the width it is given. Cells keep their shape and are whole pixels large where there is room; with `stretch`
 * they fill the width instead, as suits a long sequence.
 */

import {paint} from "./colours.js";
import {make} from "./dom.js";
import {valueAt} from "./plane.js";
import {number, t} from "./strings.js";

const [LEAST_GUTTER, WIDEST_GUTTER] = [24, 168];
const [LINE, LETTER, TALLEST_NAME] = [16, 6.6, 64];
const LEAST_LABELLED = 9;
const FAR = 10;

class HeatMap extends HTMLElement {
  #plane = null;
  #options = {};
  #size = {width: 0, height: 0};
  #cell = null;
  #watch = new ResizeObserver(() => this.#draw());

  connectedCallback() {
    this.#watch.observe(this);
    this.#draw();
  }

  disconnectedCallback() {
    this.#watch.disconnect();
  }

  /** The cell that is being read: [row, column], or null. */
  get cell() {
    return this.#cell;
  }

  set cell(cell) {
    if (cell && cell[0] < this.#plane.rows && cell[1] < this.#plane.columns) this.#read(cell);
  }

  /**
   * @param {import("./plane.js").Plane} plane
   * @param {object} options
   * @param {import("./colours.js").Scale} options.scale @param {string} options.label what the map shows, in words
   * @param {boolean} [options.stretch] @param {number} [options.tallest] @param {number} [options.widest] CSS pixels
   * @param {string[]} [options.rowLabels] @param {string[]} [options.columnLabels]
   * @param {(row: number, column: number) => string} [options.where] a place in words
   * @param {(row: number, column: number) => string} [options.value] a number in words, where it is not that of the plane
   * @param {(canvas: HTMLCanvasElement, size: object) => void} [options.paint] another way to draw
   * @param {(row: number, column: number) => void} [options.pick] what a click or Enter does
   */
  show(plane, options) {
    this.#plane = plane;
    this.#options = options;
    if (!this.firstChild) this.#build();
    this.querySelector("canvas").setAttribute("aria-label", options.label);
    this.querySelector(".heat-field").setAttribute("aria-label", `${options.label}. ${t("heat.keys")}`);
    if (this.#cell && (this.#cell[0] >= plane.rows || this.#cell[1] >= plane.columns)) this.#cell = null;
    this.#size = {width: 0, height: 0};
    this.#draw();
    this.#say();
    return this;
  }

  /** Draws the same anew, where `paint` has come to draw otherwise. */
  repaint() {
    this.#size = {width: 0, height: 0};
    this.#draw();
  }

  #build() {
    const field = make(
      "div.heat-field",
      {tabindex: "0", role: "group"},
      make("canvas", {role: "img"}),
      make("div.heat-mark", {hidden: true}),
    );
    const at = (event) => {
      const box = field.getBoundingClientRect();
      const {rows, columns} = this.#plane;
      const place = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
      return [place((event.clientY - box.top) / box.height, rows), place((event.clientX - box.left) / box.width, columns)];
    };
    field.addEventListener("pointermove", (event) => this.#read(at(event)));
    field.addEventListener("pointerdown", (event) => this.#read(at(event)));
    field.addEventListener("click", (event) => this.#options.pick?.(...at(event)));
    field.addEventListener("focus", () => field.matches(":focus-visible") && this.#read(this.#cell ?? [0, 0]));
    field.addEventListener("keydown", (event) => this.#onKey(event));
    this.replaceChildren(
      make("div.heat-columns", {"aria-hidden": "true"}),
      make("div.heat-rows", {"aria-hidden": "true"}),
      field,
      make("output.heat-value", {"aria-live": "polite"}),
    );
  }

  #onKey(event) {
    const {rows, columns} = this.#plane;
    const [row, column] = this.#cell ?? [0, 0];
    const moves = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      Home: [0, -columns],
      End: [0, columns],
      PageUp: [-FAR, 0],
      PageDown: [FAR, 0],
    };
    if (event.key === "Enter" && this.#options.pick && this.#cell) this.#options.pick(row, column);
    else if (!moves[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
    else
      this.#read(
        [row + moves[event.key][0], column + moves[event.key][1]].map((at, axis) =>
          Math.max(0, Math.min((axis ? columns : rows) - 1, at)),
        ),
      );
    event.preventDefault();
    event.stopPropagation();
  }

  #read(cell) {
    if (this.#cell && cell[0] === this.#cell[0] && cell[1] === this.#cell[1]) return;
    this.#cell = cell;
    this.#say();
  }

  #say() {
    const output = this.querySelector(".heat-value");
    this.#mark();
    if (!this.#cell) {
      output.textContent = t("heat.hint");
      return;
    }
    const [row, column] = this.#cell;
    const {rowLabels, columnLabels, where} = this.#options;
    const place =
      where?.(row, column) ?? t("heat.place", {row: rowLabels?.[row] ?? row, column: columnLabels?.[column] ?? column});
    const value = valueAt(this.#plane, row, column);
    output.textContent = t("heat.value", {place, value: this.#options.value?.(row, column) ?? number(value)});
    output.classList.toggle("heat-nan", Number.isNaN(value));
  }

  #mark() {
    const mark = this.querySelector(".heat-mark");
    mark.hidden = !this.#cell;
    if (!this.#cell) return;
    const {rows, columns} = this.#plane;
    const [height, width] = [this.#size.height / rows, this.#size.width / columns];
    mark.style.left = `${this.#cell[1] * width}px`;
    mark.style.top = `${this.#cell[0] * height}px`;
    mark.style.width = `${Math.max(width, 3)}px`;
    mark.style.height = `${Math.max(height, 3)}px`;
  }

  #draw() {
    const plane = this.#plane;
    const room = this.clientWidth;
    if (!plane || !room || !plane.rows || !plane.columns) return;
    const gutter = gutterOf(this.#options.rowLabels, room);
    const size = this.#sizeIn(Math.max(40, Math.min(room - gutter, this.#options.widest ?? Infinity)));
    if (size.width === this.#size.width && size.height === this.#size.height) return;
    this.#size = size;
    const field = this.querySelector(".heat-field");
    field.style.width = `${size.width}px`;
    field.style.height = `${size.height}px`;
    field.style.marginLeft = `${gutter}px`;
    const canvas = this.querySelector("canvas");
    if (this.#options.paint) this.#options.paint(canvas, size);
    else paint(canvas, plane, this.#options.scale, size);
    this.#label(gutter);
    this.#mark();
  }

  #sizeIn(width) {
    const {rows, columns} = this.#plane;
    const {stretch, tallest = 480} = this.#options;
    if (stretch)
      return {
        width,
        height: Math.round(
          Math.min(tallest, Math.max(rows * Math.min(20, Math.max(width / columns, 1)), Math.min(rows * 12, 96))),
        ),
      };
    let cell = Math.min(width / columns, tallest / rows, 48);
    if (cell > 1) cell = Math.max(1, Math.floor(cell));
    return {width: Math.max(1, Math.round(cell * columns)), height: Math.max(1, Math.round(cell * rows))};
  }

  /** The names along the edges; where cells are too narrow, upright, and every second or third of them. */
  #label(gutter) {
    const {rowLabels, columnLabels} = this.#options;
    const {rows, columns} = this.#plane;
    const [high, wide] = [this.#size.height / rows, this.#size.width / columns];
    const longest = Math.max(0, ...(columnLabels ?? []).map((name) => name.length)) * LETTER + 6;
    const upright = longest > wide;
    const top = columnLabels ? (upright ? Math.min(TALLEST_NAME, Math.ceil(longest)) : LINE) : 0;
    const [above, beside] = [this.querySelector(".heat-columns"), this.querySelector(".heat-rows")];
    above.style.height = `${top}px`;
    above.classList.toggle("heat-upright", upright);
    above.replaceChildren(
      ...spaced(columnLabels, columns, wide, (span, k) => (span.style.left = `${gutter + (k + 0.5) * wide}px`)),
    );
    beside.style.top = `${top}px`;
    beside.style.width = `${gutter}px`;
    beside.replaceChildren(...spaced(rowLabels, rows, high, (span, k) => (span.style.top = `${(k + 0.5) * high}px`)));
  }
}

customElements.define("heat-map", HeatMap);

/** A heat map of a plane. @param {import("./plane.js").Plane} plane @param {object} options as for `show` @returns {HeatMap} */
export function heat(plane, options) {
  return new HeatMap().show(plane, options);
}

/** Room for the names of the rows. */
function gutterOf(labels, room) {
  if (!labels) return 0;
  const longest = Math.max(0, ...labels.map((name) => name.length)) * LETTER + 10;
  return Math.round(Math.max(LEAST_GUTTER, Math.min(longest, WIDEST_GUTTER, room * 0.35)));
}

function spaced(labels, count, width, put) {
  if (!labels) return [];
  const every = Math.max(1, Math.ceil(LEAST_LABELLED / width)); // names of one line's height
  const spans = [];
  for (let k = 0; k < Math.min(count, labels.length); k += every) {
    const span = make("span", {}, labels[k]);
    put(span, k);
    spans.push(span);
  }
  return spans;
}
