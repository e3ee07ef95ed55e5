/**
 * `<line-plot>`: a few series over a common axis, read with the pointer or the arrow keys. More points than pixels are thinned to
 * the extremes of each pixel, so that no peak is lost.
 *
 * @typedef {object} Series
 * @property {string} name @property {number[][]} points [x, y], x rising @property {number} colour 0 to 7
 * @property {boolean} [dashed] @property {boolean} [dots]
 */

import {make, makeSVG} from "./dom.js";
import {number, t} from "./strings.js";

const HEIGHT = 200;
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 8, 8, 24];

class LinePlot extends HTMLElement {
  /** @type {Series[]} */
  #series = [];
  #options = {};
  #frame = null;
  #at = null;
  #watch = new ResizeObserver(() => this.#draw());

  connectedCallback() {
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    this.#watch.disconnect();
  }

  /** @param {Series[]} series @param {{label: string, axis: string}} options what is shown, and what x is, in words */
  show(series, options) {
    this.#series = series;
    this.#options = options;
    if (!this.firstChild) this.#build();
    this.querySelector(".lines-field").setAttribute("aria-label", `${options.label}. ${t("heat.keys")}`);
    this.querySelector("svg").setAttribute("aria-label", options.label);
    const key = this.querySelector(".lines-key");
    key.replaceChildren(
      ...series.map(({name, colour, dashed}) =>
        make("li", {}, make(`span.lines-dash.lines-colour-${colour}${dashed ? ".lines-dashed" : ""}`), name),
      ),
    );
    this.#draw();
    return this;
  }

  #build() {
    const field = make("div.lines-field", {tabindex: "0", role: "group"}, makeSVG("svg", {role: "img"}));
    field.addEventListener("pointermove", (event) => this.#read(this.#xAt(event.clientX - field.getBoundingClientRect().left)));
    field.addEventListener("keydown", (event) => {
      const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (!by && event.key !== "Home" && event.key !== "End") return;
      const all = [...new Set(this.#series.flatMap(({points}) => points.map(([x]) => x)))].sort((a, b) => a - b);
      if (!all.length) return;
      const place =
        event.key === "Home" ? 0 : event.key === "End" || this.#at === null ? all.length - 1 : nearest(all, this.#at) + by;
      this.#read(all[Math.max(0, Math.min(all.length - 1, place))]);
      event.preventDefault();
      event.stopPropagation();
    });
    this.replaceChildren(make("ul.lines-key"), field, make("output.heat-value", {"aria-live": "polite"}, t("heat.hint")));
  }

  #xAt(pixel) {
    if (!this.#frame) return null;
    const {low, high, width} = this.#frame;
    const wanted = low + ((pixel - LEFT) / (width - LEFT - RIGHT)) * (high - low);
    let best = null;
    for (const {points} of this.#series) {
      const found =
        points[
          nearest(
            points.map(([x]) => x),
            wanted,
          )
        ];
      if (found && (best === null || Math.abs(found[0] - wanted) < Math.abs(best - wanted))) best = found[0];
    }
    return best;
  }

  #read(x) {
    if (x === null) return;
    this.#at = x;
    const values = this.#series.map(({name, points}) => {
      const point =
        points[
          nearest(
            points.map(([at]) => at),
            x,
          )
        ];
      return point && Math.abs(point[0] - x) < 1e-9 ? `${name} ${number(point[1])}` : null;
    });
    this.querySelector(".heat-value").textContent =
      `${t("lines.at", {axis: this.#options.axis, x: number(x)})} ${values.filter(Boolean).join(" · ")}`;
    this.#mark();
  }

  #mark() {
    const mark = this.querySelector(".lines-mark");
    if (!mark || this.#at === null) return;
    const x = this.#frame.x(this.#at);
    mark.setAttribute("x1", x);
    mark.setAttribute("x2", x);
    mark.classList.remove("lines-hidden");
  }

  #draw() {
    const svg = this.querySelector("svg");
    const width = this.clientWidth;
    if (!svg || width < LEFT + RIGHT + 10) return;
    const [left, right, low, high] = boundsOf(this.#series);
    const x = (value) => LEFT + ((value - left) / (right - left)) * (width - LEFT - RIGHT);
    const y = (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
    this.#frame = {low: left, high: right, width, x};
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", HEIGHT);
    svg.replaceChildren();
    for (const tick of ticks(low, high, 5)) {
      svg.append(
        makeSVG("line.lines-grid", {x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick)}),
        makeSVG("text.lines-text.lines-left", {x: LEFT - 6, y: y(tick) + 4}, number(tick)),
      );
    }
    for (const tick of ticks(left, right, Math.max(2, Math.floor(width / 90))))
      svg.append(makeSVG("text.lines-text.lines-below", {x: x(tick), y: HEIGHT - 8}, number(tick)));
    svg.append(makeSVG("line.lines-mark.lines-hidden", {y1: TOP, y2: HEIGHT - BOTTOM}));
    for (const {points, colour, dashed, dots} of this.#series) {
      const path = pathOf(thinned(points, x, width), x, y);
      svg.append(makeSVG(`path.lines-line.lines-colour-${colour}${dashed ? ".lines-dashed" : ""}`, {d: path}));
      if (dots || points.length === 1)
        for (const point of points)
          if (Number.isFinite(point[1]))
            svg.append(makeSVG(`circle.lines-dot.lines-colour-${colour}`, {cx: x(point[0]), cy: y(point[1]), r: 3}));
    }
    this.#mark();
  }
}

customElements.define("line-plot", LinePlot);

function boundsOf(series) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const {points} of series) {
    for (const [x, y] of points) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      if (!Number.isFinite(y)) continue;
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
  }
  if (left > right) [left, right] = [0, 1];
  if (low > high) [low, high] = [0, 1];
  if (left === right) [left, right] = [left - 1, right + 1];
  const space = (high - low) * 0.05 || Math.abs(high) * 0.05 || 0.5;
  return [left, right, low - space, high + space];
}

/** Round numbers between two ends. */
function ticks(low, high, about) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((one) => one * power >= rough) * power;
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-6; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

/** Of the points that fall on one pixel, the lowest and the highest. */
function thinned(points, x, width) {
  if (points.length <= 2 * width) return points;
  const kept = [];
  let column = null,
    low = null,
    high = null;
  const keep = () => low && kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  for (const point of points) {
    if (Math.round(x(point[0])) !== column) {
      keep();
      [column, low, high] = [Math.round(x(point[0])), point, point];
    } else if (!(point[1] >= low[1])) low = point;
    else if (point[1] > high[1]) high = point;
  }
  keep();
  return kept;
}

function pathOf(points, x, y) {
  let [path, joined] = ["", false];
  for (const point of points) {
    if (Number.isFinite(point[1])) path += `${joined ? "L" : "M"}${x(point[0]).toFixed(1)} ${y(point[1]).toFixed(1)}`;
    joined = Number.isFinite(point[1]);
  }
  return path;
}

function nearest(sorted, wanted) {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - sorted[low - 1] < sorted[low] - wanted ? low - 1 : low;
}
