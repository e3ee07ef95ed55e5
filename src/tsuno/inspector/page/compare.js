/**
 * `<model-compare>`: what the chosen layer makes of two inputs, or what two models make of one, side by side with the difference.
 */

import {bars} from "./bars.js";
import {scaleOf} from "./colours.js";
import {make} from "./dom.js";
import {heat} from "./heat.js";
import {legend, warning} from "./legend.js";
import {getJSON} from "./net.js";
import {outputOf, planesOf} from "./outputs.js";
import {orderOf, statsOfAll, together, valueAt} from "./plane.js";
import {chosenLayer, chosenOutput, inputOf, store} from "./state.js";
import {number, t} from "./strings.js";
import {tiles} from "./tiles.js";
import {choice, saying, segments, View} from "./view.js";

class ModelCompare extends View {
  static keys = ["model", "layer", "output", "input", "other", "which", "inputs", "changes"];

  #what = null;
  #channel = null;
  #of = null;
  #grid = null;

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#grid?.stop();
    this.#grid = null;
  }

  async load(state, signal) {
    const layer = chosenLayer();
    if (!layer || !state.input) return {sentence: t(layer ? "panel.noinput" : "panel.none.hint")};
    const two = state.model.count > 1;
    this.#what ??= two ? "models" : "inputs";
    const others = all(state).filter((item) => item.id !== state.input);
    const other = others.find((item) => item.id === state.other)?.id ?? null;
    const found = {layer, two, others, other, name: chosenOutput()};
    if (this.#what === "inputs" && other === null) return found;
    if (this.#what === "models") {
      const second = await getJSON("/api/model", {which: 1 - state.which}, {signal});
      if (!second.layers.some((one) => one.path === layer.path))
        return {...found, problem: t("compare.missing", {layer: layer.path})};
    }
    const ask = (id, which) =>
      outputOf(state.model, {id, layer: found.name, which}, signal).catch((error) => {
        if (signal.aborted) throw error;
        return {error};
      });
    const pair =
      this.#what === "models"
        ? [ask(state.input, 0), ask(state.input, 1)]
        : [ask(state.input, state.which), ask(other, state.which)];
    const [first, second] = await Promise.all(pair);
    if (first.error || second.error) return {...found, problem: (first.error ?? second.error).message};
    if (first.shape.join() !== second.shape.join())
      return {...found, problem: t("compare.shapes", {first: first.shape.join("×"), second: second.shape.join("×")})};
    const {view} = first;
    const difference = {...first, data: first.data.map((value, k) => value - second.data[k])};
    const sides = [first, second, difference].map((array) => planesOf(array, view));
    const stats = [];
    for (const planes of sides) stats.push(await statsOfAll(planes, signal));
    const of = `${this.#what} ${found.name}`;
    if (this.#of !== of) [this.#of, this.#channel] = [of, null];
    return {...found, view, arrays: [first, second, difference], sides, stats};
  }

  draw(data, state) {
    if (data.sentence) return saying(data.sentence);
    const bar = make("div.view-bar");
    if (data.two)
      bar.append(
        segments(
          t("compare.what"),
          [
            ["models", t("compare.models")],
            ["inputs", t("compare.inputs")],
          ],
          this.#what,
          (value) => {
            this.#what = value;
            this.refresh();
          },
        ),
      );
    if (this.#what === "inputs") {
      const options = [
        ["", t("compare.choose")],
        ...data.others.map((item) => [item.id, item.label ? `${item.name} (${item.label})` : item.name]),
      ];
      bar.append(choice(t("compare.other"), options, data.other ?? "", (value) => store.set({other: value || null})));
    }
    const shown = data.problem
      ? [make("p.view-problem", {role: "alert"}, data.problem)]
      : data.sides
        ? this.#sides(data, state)
        : [saying(t(data.others.length ? "compare.choose.hint" : "compare.alone"))];
    return make("div.compare", {}, bar, ...shown);
  }

  #sides(data, state) {
    const {view, arrays, stats, sides} = data;
    if (!arrays[0].data.length) return [saying(t("output.empty", {shape: arrays[0].shape.join("×")}))];
    const names =
      this.#what === "models"
        ? [t("page.model.first"), t("page.model.second")]
        : [state.input, data.other].map((id) => inputOf(id)?.name ?? id);
    const titles = [...names, t("compare.difference")];
    const facts = make("p.compare-facts", {role: "status"}, factsOf(arrays[0].data, arrays[1].data));
    const wrong = together(stats.flat());
    const head = [facts, warning(wrong)];
    if (view === "none") return [...head, saying(t("output.none", {shape: arrays[0].shape.join("×")}))];
    if (view === "number")
      return [
        ...head,
        make(
          "div.compare-sides",
          {},
          ...titles.map((title, k) => side(title, make("p.output-number", {}, number(arrays[k].data[0])))),
        ),
      ];
    if (view === "bars") return [...head, this.#bars(arrays, titles, state)];
    const place = make("div");
    const show = (channel) => {
      this.#channel = channel;
      place.replaceChildren(this.#maps(data, titles, channel));
    };
    const order = orderOf(stats[2], "mean");
    show(this.#channel !== null && this.#channel < order.length ? this.#channel : order[0]);
    if (order.length === 1) return [...head, place];
    this.#grid = tiles(
      {
        planes: sides[2],
        stats: stats[2],
        order,
        scale: () => scaleOf(together(stats[2]).min, together(stats[2]).max, true),
        name: (k) => t("compare.channel", {channel: k}),
        open: (k) => {
          show(k);
          place.scrollIntoView({block: "nearest"});
        },
      },
      this.#grid,
    );
    return [
      ...head,
      place,
      make("h3", {}, t("compare.channels")),
      make("p.view-note", {}, t("compare.channels.hint")),
      this.#grid.element,
    ];
  }

  #maps({view, sides, stats, name}, titles, channel) {
    const planes = sides.map((of) => of[channel]);
    const both = together([stats[0][channel], stats[1][channel]]);
    const scales = [
      scaleOf(both.min, both.max),
      scaleOf(both.min, both.max),
      scaleOf(stats[2][channel].min, stats[2][channel].max, true),
    ];
    const value = (row, column) =>
      planes.map((plane, k) => `${["A", "B", "A − B"][k]} ${number(valueAt(plane, row, column))}`).join(" · ");
    const maps = planes.map((plane, k) =>
      side(
        titles[k],
        heat(plane, {
          scale: scales[k],
          value,
          tallest: 320,
          stretch: view === "sequence" || view === "embedding",
          label: t("compare.map", {title: titles[k], layer: name, channel}),
        }),
        legend(scales[k], stats[k][channel]),
      ),
    );
    return make(
      "div",
      {},
      sides[0].length > 1 ? make("h3", {}, t(view === "attention" ? "compare.head" : "compare.channel.title", {channel})) : null,
      make("div.compare-sides", {}, ...maps),
    );
  }

  #bars(arrays, titles, state) {
    const classes = state.model.classes;
    const naming = (k) => (classes?.length === arrays[0].data.length ? classes[k] : t("output.unit", {unit: k}));
    let [low, high] = [0, 0];
    for (const {data} of arrays.slice(0, 2))
      for (const value of data) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const range = low === high ? [0, 1] : [low, high];
    return make(
      "div.compare-sides",
      {},
      ...arrays.map(({data}, k) =>
        side(titles[k], bars(data, {label: `${titles[k]}: ${data.length}`, name: naming, range: k < 2 ? range : undefined})),
      ),
    );
  }
}

customElements.define("model-compare", ModelCompare);

function all(state) {
  return [...(state.inputs?.items ?? []), ...(state.inputs?.own ?? [])];
}

function side(title, ...shown) {
  return make("figure.compare-side", {}, make("figcaption", {}, title), ...shown);
}

/** How far two arrays are apart, in words: mean and greatest difference, and the cosine of the angle between them. */
function factsOf(first, second) {
  let sum = 0,
    most = 0,
    across = 0,
    one = 0,
    two = 0,
    count = 0;
  for (let k = 0; k < first.length; k++) {
    const [a, b] = [first[k], second[k]];
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    const apart = Math.abs(a - b);
    sum += apart;
    if (apart > most) most = apart;
    across += a * b;
    one += a * a;
    two += b * b;
    count++;
  }
  if (!count) return t("tiles.nothing");
  if (most === 0) return t("compare.same");
  const cosine = one && two ? number(Number((across / Math.sqrt(one * two)).toPrecision(4))) : "–";
  return t("compare.facts", {mean: number(sum / count), most: number(most), cosine});
}
