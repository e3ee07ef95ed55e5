/**
 * `<layer-weights>`: the weights of the chosen layer: their spread, size and faults; those of convolutions as pictures, and any
 * other with two axes as a map on demand.
 */

import {paintPicture, scaleOf} from "./colours.js";
import {openPlanes} from "./dialog.js";
import {make} from "./dom.js";
import {heat} from "./heat.js";
import {histogram} from "./histogram.js";
import {legend} from "./legend.js";
import {getArray, getJSON, isAbort} from "./net.js";
import {statsOf, statsOfAll, together, transposed, wholePlane} from "./plane.js";
import {chosenLayer, store} from "./state.js";
import {number, t} from "./strings.js";
import {described, tiles} from "./tiles.js";
import {choice, problem, saying, View} from "./view.js";

const MOST_SENT = 1 << 22;
const MOST_DEAD = 24;

class LayerWeights extends View {
  static keys = ["model", "layer", "which", "changes"];

  #pictures = new Map();
  #grids = new Map();
  #drawn = new Map();
  #reads = new Map();

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const grid of this.#grids.values()) grid.stop();
    this.#grids.clear();
  }

  async load(state, signal) {
    const layer = chosenLayer();
    if (!layer) return {sentence: t("panel.none.hint")};
    return {layer, ...(await getJSON("/api/layer", {layer: layer.path, which: state.which}, {signal}))};
  }

  draw(data) {
    if (data.sentence) return saying(data.sentence);
    if (!data.weights.length) return saying(t(data.layer.nested ? "weights.nested" : "weights.none"));
    const leaving = new AbortController();
    this.atEnd(() => leaving.abort());
    return make("div.weights", {}, ...data.weights.map((weight) => this.#weight(weight, data, leaving.signal)));
  }

  #weight(weight, data, signal) {
    const faults = faultsOf(weight);
    const part = make(
      "section.weights-one",
      {"aria-label": weight.path},
      make(
        "header.weights-head",
        {},
        make("h3", {}, weight.name),
        make("span.view-fact", {}, weight.shape.join(" × ") || t("output.scalar")),
        make("span.view-fact", {}, weight.dtype),
        weight.trainable ? null : make("span.view-badge", {}, t("weights.frozen")),
      ),
      ...faults.map((words) => make("p.view-warning", {}, words)),
    );
    if (weight.mean !== null) {
      const facts = ["mean", "std", "min", "max", "norm"].map((key) =>
        make("div", {}, make("dt", {}, t(`weights.${key}`)), make("dd", {}, number(weight[key]))),
      );
      facts.push(make("div", {}, make("dt", {}, t("weights.zeros")), make("dd", {}, percent(weight.zeros))));
      part.append(
        make(
          "div.weights-numbers",
          {},
          weight.histogram.counts.length ? histogram(weight.histogram, weight.name) : "",
          make("dl.weights-facts", {}, ...facts),
        ),
      );
    }
    const count = weight.shape.reduce((a, b) => a * b, 1);
    const drawable = weight.filters || (weight.shape.length === 2 && count > 1);
    if (!drawable) return part;
    if (count > MOST_SENT) {
      part.append(make("p.view-note", {}, t("weights.large")));
      return part;
    }
    const place = make("div");
    const title = t(weight.filters ? "weights.filters" : "weights.map");
    const details = make(
      "details.weights-picture",
      {open: this.#pictures.get(weight.path) ?? weight.filters},
      make("summary", {}, title),
      place,
    );
    const draw = () => {
      this.#pictures.set(weight.path, details.open);
      if (details.open && !place.firstChild) this.#picture(place, weight, data, signal);
    };
    details.addEventListener("toggle", draw);
    if (details.open) draw();
    part.append(details);
    return part;
  }

  async #picture(place, weight, data, signal) {
    // What was drawn of this weight before stays until the new numbers are there.
    place.replaceChildren(this.#drawn.get(weight.path) ?? make("p.view-wait", {}, t("page.loading")));
    try {
      const {which} = store.get();
      const {data: values, shape} = await getArray(
        "/api/weights",
        {layer: data.layer.path, index: weight.index, which},
        {signal},
      );
      const drawn = weight.filters ? await this.#filters(values, shape, weight, signal) : this.#map(values, shape, weight);
      if (signal.aborted) return;
      this.#drawn.set(weight.path, drawn);
      if (place.firstChild !== drawn) place.replaceChildren(drawn);
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) place.replaceChildren(problem(error));
    }
  }

  /** A matrix, the longer axis across. */
  #map(values, shape, weight) {
    const whole = wholePlane(values, shape[0], shape[1]);
    const across = shape[0] > shape[1];
    const stats = statsOf(whole);
    const scale = scaleOf(stats.min, stats.max, true);
    const where = (row, column) => t("weights.place", across ? {input: column, unit: row} : {input: row, unit: column});
    const options = {scale, label: described(weight.name, stats), where, stretch: true, tallest: 400};
    const plane = across ? transposed(whole) : whole;
    const last = this.#drawn.get(weight.path);
    const map = last?.querySelector("heat-map")?.show(plane, options) ?? heat(plane, options);
    const drawn = last ?? make("div.weights-drawn");
    if (last) last.querySelector(".legend").replaceWith(legend(scale, stats));
    else drawn.append(map, legend(scale, stats));
    return drawn;
  }

  /** Filters by what they read: one input channel at a time, or, where they read three, as colours. */
  async #filters(values, shape, weight, signal) {
    const [inputs, units] = shape.slice(-2);
    const place = make("div");
    const show = async (chosen) => {
      this.#reads.set(weight.path, chosen);
      const planes = Array.from({length: units}, (_, unit) => filterPlane(values, shape, Number(chosen) || 0, unit));
      const stats = await statsOfAll(
        chosen === "rgb" ? planes.map((plane, unit) => thrice(values, shape, unit)) : planes,
        signal,
      );
      const paint =
        chosen === "rgb"
          ? (canvas, unit, size) =>
              paintPicture(
                canvas,
                [0, 1, 2].map((channel) => filterPlane(values, shape, channel, unit)),
                {low: stats[unit].min, high: stats[unit].max},
                size,
              )
          : undefined;
      place.replaceChildren(
        this.#tiles(weight.path, planes, stats, (unit) => t("weights.filter", {name: weight.name, unit}), {paint}),
      );
    };
    const options = Array.from({length: Math.min(inputs, 512)}, (_, k) => [String(k), t("weights.reads.one", {channel: k})]);
    if (inputs === 3) options.unshift(["rgb", t("weights.reads.colours")]);
    const first = options.find(([value]) => value === this.#reads.get(weight.path))?.[0] ?? options[0][0];
    await show(first);
    const bar =
      inputs > 1 &&
      choice(t("weights.reads"), options, first, (value) =>
        show(value).catch((error) => isAbort(error) || place.replaceChildren(problem(error))),
      );
    return make("div.weights-drawn", {}, bar || null, place);
  }

  #tiles(path, planes, stats, name, more) {
    const whole = together(stats);
    const scale = () => scaleOf(whole.min, whole.max, true);
    const order = planes.map((_, k) => k);
    const shown = tiles(
      {planes, stats, scale, name, order, open: (first) => openPlanes({planes, stats, order, scale, name}, first), ...more},
      this.#grids.get(path),
    );
    this.#grids.set(path, shown);
    return make(
      "div.weights-tiles",
      {},
      more.paint ? make("p.view-note", {}, t("weights.colours")) : legend(scale(), whole),
      shown.element,
    );
  }
}

customElements.define("layer-weights", LayerWeights);

function faultsOf(weight) {
  const faults = [];
  if (weight.nan) faults.push(t("weights.nan", {count: number(weight.nan)}));
  if (weight.dead.length) {
    const named = weight.dead.slice(0, MOST_DEAD).join(", ") + (weight.dead.length > MOST_DEAD ? ", …" : "");
    faults.push(t("weights.dead", {count: number(weight.dead.length), units: named}));
  }
  if (weight.zeros > 0.5 && !weight.dead.length && weight.shape.length > 1)
    faults.push(t("weights.sparse", {share: percent(weight.zeros)}));
  return faults;
}

function percent(share) {
  return `${number(Number((share * 100).toPrecision(3)))}%`;
}

/** The plane of a kernel that one unit puts on one input channel; of kernels of more than two places, the first slice. */
function filterPlane(data, shape, channel, unit) {
  const [inputs, units] = shape.slice(-2);
  const [rows, columns] = shape.slice(-4, -2);
  return {data, offset: channel * units + unit, rows, columns, rowStride: columns * inputs * units, columnStride: inputs * units};
}

/** All that one unit puts on three channels, for its range. */
function thrice(data, shape, unit) {
  const [inputs, units] = shape.slice(-2);
  return {data, offset: unit, rows: shape.at(-4) * shape.at(-3), columns: inputs, rowStride: inputs * units, columnStride: units};
}
