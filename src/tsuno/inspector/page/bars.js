/**
 * `<bar-chart>`: a row of numbers as bars from 0, read with the pointer or the arrow keys. Few of them stand in a list with their
 * names; many stand side by side, and where a pixel holds several, it shows their extremes.
 */

import {NAN_COLOUR} from "./colours.js";
import {make} from "./dom.js";
import {number, t} from "./strings.js";

const LISTED = 20;
const HEIGHT = 168;
const FAR = 10;

class BarChart extends HTMLElement {
  #values = new Float32Array(0);
  #names = (k) => String(k);
  #range = [0, 1];
  #at = -1;
  #watch = new ResizeObserver(() => this.#draw());

  connectedCallback() {
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    this.#watch.disconnect();
  }

  /** The bar that is being read, or null. */
  get cell() {
    return this.#at < 0 ? null : this.#at;
  }

  set cell(k) {
    if (k !== null && k < this.#values.length && this.querySelector("canvas")) this.#read(k);
  }

  /**
   * @param {Float32Array|number[]} values
   * @param {{label: string, name?: (k: number) => string, range?: [number, number], act?: (k: number) => void, action?: string}} options
   *   the label in words; names of the bars; the ends of the axis; what Enter or a click does
   */
  show(values, {label, name = (k) => String(k), range, act, action}) {
    this.#values = values;
    this.#names = name;
    this.#range = range ?? rangeOf(values);
    this.act = act;
    this.replaceChildren();
    if (values.length <= LISTED) this.append(this.#list(label, act, action));
    else this.append(this.#field(label), make("output.heat-value", {"aria-live": "polite"}, t("heat.hint")));
    this.#draw();
    return this;
  }

  #list(label, act, action) {
    const [low, high] = this.#range;
    const width = high - low || 1;
    const list = make("ul.bars-list", {"aria-label": label});
    Array.from(this.#values).forEach((value, k) => {
      const bar = make("span.bars-bar");
      const [from, to] = [Math.min(value, 0), Math.max(value, 0)];
      bar.style.left = `${(((Number.isFinite(value) ? from : low) - low) / width) * 100}%`;
      bar.style.width = `${((Number.isFinite(value) ? to - from : width) / width) * 100}%`;
      if (value < 0) bar.classList.add("bars-negative");
      if (!Number.isFinite(value)) bar.classList.add("bars-nan");
      const named = act
        ? make("button.bars-name.bars-act", {type: "button", title: action, onclick: () => act(k)}, this.#names(k))
        : make("span.bars-name", {title: this.#names(k)}, this.#names(k));
      list.append(make("li", {}, named, make("span.bars-track", {}, bar), make("span.bars-value", {}, number(value))));
    });
    return list;
  }

  #field(label) {
    const field = make(
      "div.bars-field",
      {tabindex: "0", role: "group", "aria-label": `${label}. ${t("heat.keys")}`},
      make("canvas", {role: "img", "aria-label": label}),
      make("div.bars-mark", {hidden: true}),
    );
    const count = this.#values.length;
    const at = (event) => {
      const box = field.getBoundingClientRect();
      return Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count)));
    };
    field.addEventListener("pointermove", (event) => this.#read(at(event)));
    field.addEventListener("click", (event) => this.act?.(at(event)));
    field.addEventListener("focus", () => field.matches(":focus-visible") && this.#read(Math.max(this.#at, 0)));
    field.addEventListener("keydown", (event) => {
      const moves = {ArrowLeft: -1, ArrowRight: 1, PageUp: -FAR, PageDown: FAR, Home: -count, End: count};
      if (event.key === "Enter" && this.#at >= 0) this.act?.(this.#at);
      else if (!moves[event.key]) return;
      else this.#read(Math.max(0, Math.min(count - 1, Math.max(this.#at, 0) + moves[event.key])));
      event.preventDefault();
      event.stopPropagation();
    });
    return field;
  }

  #read(k) {
    this.#at = k;
    const value = this.#values[k];
    this.querySelector(".heat-value").textContent = t("heat.value", {place: this.#names(k), value: number(value)});
    const mark = this.querySelector(".bars-mark");
    mark.hidden = false;
    mark.style.left = `${(k / this.#values.length) * 100}%`;
    mark.style.width = `max(2px, ${100 / this.#values.length}%)`;
  }

  #draw() {
    const canvas = this.querySelector("canvas");
    const width = this.clientWidth;
    if (!canvas || !width) return;
    const sharp = devicePixelRatio || 1;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(HEIGHT * sharp);
    const onto = canvas.getContext("2d");
    const [low, high] = this.#range;
    const y = (value) => Math.round(((high - Math.max(low, Math.min(high, value))) / (high - low || 1)) * (canvas.height - 1));
    const style = getComputedStyle(this);
    const colours = {
      up: style.getPropertyValue("--view-up"),
      down: style.getPropertyValue("--view-down"),
      line: style.getPropertyValue("--view-line"),
    };
    const count = this.#values.length;
    const step = canvas.width / count;
    const gap = step >= 4 * sharp ? Math.max(1, Math.round(step / 5)) : 0;
    const put = (x, wide, value, colour) => {
      onto.fillStyle = colour;
      onto.fillRect(x, Math.min(y(value), y(0)), wide, Math.max(1, Math.abs(y(value) - y(0))));
    };
    for (let k = 0; k < count; k++) {
      const [x, value] = [Math.floor(k * step), this.#values[k]];
      const wide = Math.max(1, Math.ceil((k + 1) * step) - x - gap);
      if (Number.isFinite(value)) put(x, wide, value, value < 0 ? colours.down : colours.up);
      else ((onto.fillStyle = NAN_COLOUR), onto.fillRect(x, 0, wide, canvas.height));
    }
    onto.fillStyle = colours.line;
    onto.fillRect(0, y(0), canvas.width, Math.max(1, Math.round(sharp)));
  }
}

customElements.define("bar-chart", BarChart);

/** A bar chart. @param {Float32Array|number[]} values @param {object} options as for `show` @returns {BarChart} */
export function bars(values, options) {
  return new BarChart().show(values, options);
}

/** The indexes of the greatest values. @param {ArrayLike<number>} values @param {number} count */
export function greatest(values, count) {
  const order = Array.from(values, (_, k) => k).filter((k) => Number.isFinite(values[k]));
  return order.sort((a, b) => values[b] - values[a]).slice(0, count);
}

function rangeOf(values) {
  let [low, high] = [0, 0];
  for (const value of values) {
    if (value < low && value !== -Infinity) low = value;
    if (value > high && value !== Infinity) high = value;
  }
  return low === high ? [0, 1] : [low, high];
}
