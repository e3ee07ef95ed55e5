/**
 * `<number-arithmetic>`: how one number of the chosen layer's output comes about: the patch that it reads, the kernel, their
 * products, the bias and the activation. It begins with the largest number.
 */

import {bars, greatest} from "./bars.js";
import {colourer, scaleOf} from "./colours.js";
import {make} from "./dom.js";
import {getArray, getJSON} from "./net.js";
import {chosenLayer, chosenOutput, store} from "./state.js";
import {number, t} from "./strings.js";
import {choice, problem, View} from "./view.js";

const KINDS = ["Conv2D", "DepthwiseConv2D", "Dense", "MaxPooling2D", "AveragePooling2D"];
const WIDEST = 9;
const TERMS = 12;
let wanted = null;

export const explainNumber = {
  /** Whether the arithmetic of a layer can be shown. @param {{kind: string}|null} layer */
  knows: (layer) => KINDS.includes(layer?.kind),
  /** Shows that of one number. @param {string} path @param {number[]} at */
  choose(path, at) {
    wanted = {path, at};
    store.set({tab: "why"});
  },
};

class NumberArithmetic extends View {
  static keys = ["model", "layer", "output", "input", "which", "changes"];

  #at = null;
  #of = null;

  async load(state, signal) {
    const layer = chosenLayer();
    if (!explainNumber.knows(layer) || !state.input) return null;
    const [path, of] = [chosenOutput(), `${state.which} ${chosenOutput()}`];
    const output = await getArray("/api/output", {id: state.input, layer: path, which: state.which}, {signal});
    if (this.#of !== of) [this.#of, this.#at] = [of, null];
    if (wanted?.path === layer.path) this.#at = wanted.at;
    const sent = wanted?.path === layer.path;
    wanted = null;
    if (this.#at?.length !== output.shape.length) this.#at = placeOf(largest(output.data), output.shape);
    this.#at = this.#at.map((at, axis) => Math.min(at, output.shape[axis] - 1));
    let found = null,
      error = null;
    try {
      found = withNumbers(
        await getJSON("/api/pixel", {id: state.input, layer: path, at: this.#at.join(","), which: state.which}, {signal}),
      );
    } catch (problem) {
      if (signal.aborted) throw problem;
      error = problem;
    }
    return {layer, shape: output.shape, value: output.data[indexOf(this.#at, output.shape)], found, error, sent};
  }

  draw(data) {
    if (!data) return null;
    const {shape, found, error, sent} = data;
    const axes = {3: ["row", "column", "channel"], 2: ["step", "unit"], 1: ["unit"]}[shape.length] ?? shape.map(() => "unit");
    const fields = shape.map((size, axis) => {
      const field = make("input", {
        type: "number",
        min: 0,
        max: size - 1,
        value: this.#at[axis],
        onchange: () => {
          const typed = Math.round(Number(field.value));
          this.#at[axis] = Math.max(0, Math.min(size - 1, Number.isFinite(typed) ? typed : 0));
          this.refresh().then(() => this.querySelectorAll("input[type=number]")[axis]?.focus());
        },
      });
      return make("label.view-choice", {}, make("span", {}, t(`pixel.${axes[axis]}`)), field);
    });
    const section = make(
      "section.pixel",
      {"aria-labelledby": "pixel-title"},
      make("h3", {id: "pixel-title", tabindex: "-1"}, t("pixel.title")),
      make("div.view-bar", {}, ...fields),
      error ? problem(error) : this.#sum(found, data.value),
      error ? null : this.#terms(found),
    );
    if (sent) requestAnimationFrame(() => section.querySelector("h3").focus());
    data.sent = false;
    return section;
  }

  #sum(found, value) {
    const {activation, kernel, bias} = found;
    const before = found.before_activation;
    if (!kernel)
      return make("p.pixel-sum", {}, t(found.kind.startsWith("Max") ? "pixel.greatest" : "pixel.mean", {value: number(value)}));
    const parts = [part("pixel.products", before - bias), "+", part("pixel.bias", bias), "=", part("pixel.before", before)];
    if (activation !== "linear")
      parts.push(
        "→",
        make("span.pixel-part", {}, make("code", {}, activation), make("small", {}, t("pixel.activation"))),
        "→",
        part("pixel.value", value),
      );
    return make("p.pixel-sum", {"aria-live": "polite"}, ...parts);
  }

  #terms(found) {
    const {patch, kernel} = found;
    if (patch.shape.length !== 3) return this.#products(patch.values, kernel.values);
    const [rows, columns, channels] = patch.shape;
    const slice = (values, channel) => Array.from({length: rows * columns}, (_, k) => values[k * channels + channel]);
    const patches = Array.from({length: channels}, (_, k) => slice(patch.values, k));
    const from =
      found.from &&
      make(
        "p.view-note",
        {},
        t("pixel.from", {
          top: found.from.rows[0],
          bottom: found.from.rows[1] - 1,
          left: found.from.columns[0],
          right: found.from.columns[1] - 1,
        }),
      );
    if (!kernel) return make("div", {}, from, make("div.pixel-grids", {}, grid(t("pixel.patch"), patches[0], columns)));
    const kernels = patches.map((_, k) => slice(kernel.values, k));
    const products = patches.map((values, k) => values.map((value, i) => value * kernels[k][i]));
    const sums = products.map((values) => values.reduce((a, b) => a + b, 0));
    const order = sums.map((_, k) => k).sort((a, b) => Math.abs(sums[b]) - Math.abs(sums[a]));
    const grids = make("div.pixel-grids");
    const show = (channel) =>
      grids.replaceChildren(
        grid(t("pixel.patch"), patches[channel], columns),
        make("span.pixel-sign", {"aria-hidden": "true"}, "×"),
        grid(t("pixel.kernel"), kernels[channel], columns),
        make("span.pixel-sign", {"aria-hidden": "true"}, "="),
        grid(t("pixel.product", {sum: number(sums[channel])}), products[channel], columns),
      );
    show(order[0]);
    const options = order.map((channel) => [String(channel), t("pixel.source.one", {channel, sum: number(sums[channel])})]);
    return make(
      "div",
      {},
      from || null,
      channels > 1 ? choice(t("pixel.source"), options, options[0][0], (value) => show(Number(value))) : null,
      grids,
    );
  }

  #products(values, kernel) {
    const products = values.map((value, k) => value * kernel[k]);
    const order = greatest(products.map(Math.abs), values.length <= TERMS + 4 ? values.length : TERMS);
    const rest = products.reduce((sum, value, k) => (order.includes(k) ? sum : sum + value), 0);
    const name = (i) => t("pixel.term", {unit: order[i], value: number(values[order[i]]), weight: number(kernel[order[i]])});
    return make(
      "div.pixel-products",
      {},
      bars(
        order.map((k) => products[k]),
        {label: t("pixel.largest"), name},
      ),
      values.length > order.length
        ? make("p.view-note", {}, t("pixel.rest", {count: number(values.length - order.length), sum: number(rest)}))
        : null,
    );
  }
}

customElements.define("number-arithmetic", NumberArithmetic);

function part(key, value) {
  return make("span.pixel-part", {}, make("strong", {}, number(value)), make("small", {}, t(key)));
}

/** Numbers in rows, on their colours; wide windows show the colours only. */
function grid(caption, values, columns) {
  const finite = values.filter(Number.isFinite);
  const colour = colourer(scaleOf(Math.min(...finite, 0), Math.max(...finite, 0), true));
  const body = make("tbody");
  for (let start = 0; start < values.length; start += columns) {
    body.append(
      make(
        "tr",
        {},
        ...values.slice(start, start + columns).map((value) => {
          const packed = colour(value);
          const [red, green, blue] = [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255];
          const cell = make("td", {title: String(value)}, columns <= WIDEST ? Number(value.toPrecision(2)).toString() : "");
          cell.style.backgroundColor = `rgb(${red}, ${green}, ${blue})`;
          cell.style.color = brightness(red, green, blue) > 0.179 ? "#000" : "#fff"; // where black and white contrast alike
          return cell;
        }),
      ),
    );
  }
  return make("table.pixel-grid", {}, make("caption", {}, caption), body);
}

/** JSON has no NaN: the server sends null or a word in its place. */
function withNumbers(found) {
  const numeric = (value) =>
    typeof value === "number" ? value : value === null ? NaN : Number(String(value).replace("inf", "Infinity"));
  const array = (one) => one && {...one, values: one.values.map(numeric)};
  const {value, before_activation: before, bias, patch, kernel} = found;
  return {
    ...found,
    value: numeric(value),
    before_activation: numeric(before),
    bias: numeric(bias),
    patch: array(patch),
    kernel: array(kernel),
  };
}

/** Relative luminance, 0 to 1, as contrast is measured on the web. */
function brightness(...colour) {
  const [red, green, blue] = colour.map((value) =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function largest(data) {
  let at = 0;
  for (let k = 1; k < data.length; k++) if (data[k] > data[at]) at = k;
  return at;
}

function placeOf(index, shape) {
  const at = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at.unshift(index % shape[axis]);
    index = Math.floor(index / shape[axis]);
  }
  return at;
}

function indexOf(at, shape) {
  return at.reduce((index, place, axis) => index * shape[axis] + place, 0);
}
