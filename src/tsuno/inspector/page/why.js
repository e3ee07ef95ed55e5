/**
 * `<layer-why>`: which places of the input speak for a class, laid over it (`<why-map>`); and the arithmetic of one number of the
 * chosen layer.
 */

import {bars} from "./bars.js";
import {paint, paintPicture, scaleOf} from "./colours.js";
import {make} from "./dom.js";
import {heat} from "./heat.js";
import {legend, warning} from "./legend.js";
import {getArray, getJSON} from "./net.js";
import "./pixel.js";
import {channelsOf, statsOf, transposed, wholePlane} from "./plane.js";
import {chosenLayer, chosenOutput, store} from "./state.js";
import {number, t} from "./strings.js";
import {tokensOf} from "./tokens.js";
import {choice, problem, saying, segments, View} from "./view.js";

const METHODS = ["grad_cam", "integrated_gradients", "saliency", "occlusion"];
const SMOOTH = ["grad_cam", "occlusion"];
const MOST_NAMED = 200;
const TALLEST = 360;

class LayerWhy extends HTMLElement {
  connectedCallback() {
    this.replaceChildren(make("why-map"), make("number-arithmetic"));
  }
}

class WhyMap extends View {
  static keys = ["model", "layer", "output", "input", "which", "target", "changes"];

  #method = null;
  #here = true;
  #opacity = 60;

  async load(state, signal) {
    if (!state.model || !state.input) return {sentence: t("panel.noinput")};
    const layer = chosenLayer();
    const entry = state.model.inputs[0];
    // Grad-CAM needs maps, and gradients need numbers that may change a little, which tokens may not.
    const methods = METHODS.filter(
      (method) => method !== "grad_cam" || state.model.layers.some((one) => one.family !== "input" && axesOf(one) >= 3),
    );
    if (!methods.includes(this.#method)) this.#method = null;
    const pictured = ["image", "digit"].includes(entry.kind);
    const first = entry.kind === "tokens" ? "occlusion" : pictured ? "grad_cam" : "integrated_gradients";
    this.#method ??= methods.includes(first) ? first : "integrated_gradients";
    const mapped = layer && layer.family !== "input" && axesOf(layer) > entry.shape.length && entry.shape.length > 1;
    const asked = {
      id: state.input,
      method: this.#method,
      target: state.target,
      which: state.which,
      layer: this.#method === "grad_cam" && this.#here && mapped ? chosenOutput() : null,
    };
    const [predictions, array, map] = await Promise.all([
      getJSON("/api/predictions", {id: state.input, which: state.which}, {signal}),
      pictured ? getArray("/api/inputs/array", {id: state.input, input: entry.name}, {signal}) : null,
      getArray("/api/explain", asked, {signal}).catch((error) => ({error})),
    ]);
    signal.throwIfAborted();
    const tokens = !map.error && map.shape.length ? await tokensOf(state, map.shape[0], signal) : null;
    return {layer, mapped, methods, entry, predictions, picture: array && pictureOf(array), map, tokens};
  }

  draw(data, state) {
    if (data.sentence) return saying(data.sentence);
    const {map, mapped, methods} = data;
    const bar = make(
      "div.view-bar",
      {},
      choice(
        t("why.method"),
        methods.map((method) => [method, t(`why.${method}`)]),
        this.#method,
        (value) => this.#change(() => (this.#method = value)),
      ),
      this.#classes(data, state),
    );
    if (this.#method === "grad_cam" && mapped)
      bar.append(
        segments(
          t("why.at"),
          [
            ["here", chosenOutput()],
            ["last", t("why.last")],
          ],
          this.#here ? "here" : "last",
          (value) => this.#change(() => (this.#here = value === "here")),
        ),
      );
    const shown = map.error ? [problem(map.error)] : this.#heat(data);
    return make(
      "section.why",
      {"aria-labelledby": "why-title"},
      make("h3", {id: "why-title"}, t("why.title")),
      bar,
      make("p.view-note", {}, t(`why.${this.#method}.means`)),
      ...shown,
    );
  }

  #change(change) {
    change();
    this.refresh();
  }

  #classes({predictions, map}, state) {
    const first = predictions.outputs[0];
    const count = first.shape.at(-1) ?? 1;
    const classes = state.model.classes;
    const name = (k) => (classes?.[k] === undefined ? t("predictions.class", {index: k}) : `${classes[k]}`);
    const options = [["", first.top.length ? t("why.likeliest", {name: name(first.top[0].index)}) : t("why.greatest")]];
    const listed = new Set();
    const add = (k, text) => listed.has(k) || (listed.add(k), options.push([String(k), text]));
    for (const {index, value} of first.top)
      add(index, first.kind === "classes" ? `${name(index)} · ${number(Number((value * 100).toPrecision(3)))}%` : name(index));
    if (state.target !== null) add(state.target, name(state.target));
    if (count > 1) for (let k = 0; k < Math.min(count, MOST_NAMED); k++) add(k, name(k));
    const choose = choice(t("why.class"), options, state.target === null ? "" : String(state.target), (value) =>
      store.set({target: value === "" ? null : Number(value)}),
    );
    return make(
      "div.why-class",
      {},
      options.length > 1 ? choose : null,
      map.score === null || map.score === undefined
        ? null
        : make("span.view-fact", {}, t("why.score", {score: number(map.score)})),
    );
  }

  #heat({map, picture, entry, tokens}) {
    const {data} = map;
    const plane = planeOf(map, entry);
    const stats = statsOf(plane);
    const scale = scaleOf(Math.min(stats.min, 0), stats.max);
    const method = t(`why.${this.#method}`);
    const broken = Number.isNaN(map.score);
    const flat =
      (broken || (stats.min === 0 && stats.max === 0)) &&
      make(broken ? "p.view-warning" : "p.view-note", {}, t(broken ? "why.nan" : "why.nothing"));
    if (plane.rows === 1) {
      const name = (k) => entry.columns?.[k] ?? (tokens ? `${k} (${tokens[k]})` : t("output.unit", {unit: k}));
      return [flat || null, warning(stats), bars(data, {label: t("why.bars", {method, count: data.length}), name})];
    }
    const label = t("why.map", {
      method,
      rows: plane.rows,
      columns: plane.columns,
      min: number(stats.min),
      max: number(stats.max),
    });
    if (!picture)
      return [
        flat || null,
        warning(stats),
        heat(transposed(plane), {scale, label, stretch: true, tallest: TALLEST}),
        legend(scale, stats),
      ];
    const over = document.createElement("canvas");
    const shown = heat(plane, {
      scale,
      label,
      tallest: TALLEST,
      paint: (canvas, size) => {
        paintPicture(canvas, picture.planes, picture.range, size);
        paint(over, plane, scale, size, {fade: true, smooth: SMOOTH.includes(this.#method)});
        const onto = canvas.getContext("2d");
        onto.globalAlpha = this.#opacity / 100;
        onto.drawImage(over, 0, 0);
      },
    });
    const slider = make("input", {
      type: "range",
      min: 0,
      max: 100,
      value: this.#opacity,
      oninput: () => {
        this.#opacity = Number(slider.value);
        shown.repaint();
      },
    });
    return [
      flat || null,
      shown,
      make("div.view-bar", {}, make("label.view-choice", {}, make("span", {}, t("why.opacity")), slider), legend(scale, stats)),
    ];
  }
}

customElements.define("why-map", WhyMap);
customElements.define("layer-why", LayerWhy);

/** How many axes the output of a layer has; 0 where it has several outputs. */
function axesOf({shape}) {
  return /^\([^()]*\)$/.test(shape)
    ? shape
        .slice(1, -1)
        .split(",")
        .filter((size) => size.trim()).length
    : 0;
}

/** A map over the places of the input; a flat one of a square picture becomes that square. */
function planeOf({data, shape}, entry) {
  const side = Math.round(Math.sqrt(data.length));
  if (shape.length === 1 && entry.kind === "digit" && side * side === data.length) return wholePlane(data, side, side);
  return shape.length === 2 ? wholePlane(data, ...shape) : wholePlane(data, 1, data.length);
}

/**
 * What the model was given as a grey picture, so that only what is laid over it has colour; and the range from black to white:
 * 0 to 1, 0 to 255, or as it is.
 */
function pictureOf({data, shape}) {
  const side = Math.round(Math.sqrt(data.length));
  const full = shape.length === 1 ? [side, side, 1] : shape.length === 2 ? [...shape, 1] : shape;
  if (full.length !== 3 || full[0] * full[1] * full[2] !== data.length) return null;
  const colours = channelsOf(data, full).slice(0, full[2] >= 3 ? 3 : 1);
  const shares = colours.length === 3 ? [0.2126, 0.7152, 0.0722] : [1];
  const grey = Float32Array.from({length: full[0] * full[1]}, (_, k) =>
    colours.reduce((sum, plane, c) => sum + shares[c] * data[plane.offset + k * plane.columnStride], 0),
  );
  const stats = statsOf(wholePlane(data, 1, data.length));
  const plain = stats.min >= 0 && stats.max <= 255;
  return {
    planes: [wholePlane(grey, full[0], full[1])],
    range: plain ? {low: 0, high: stats.max <= 1 ? 1 : 255} : {low: stats.min, high: stats.max},
  };
}
