/**
 * `<layer-output>`: what the chosen layer made of the input, drawn as what it is: maps, bars, a sequence, heads of attention,
 * slices of a volume, or one number.
 */

import {bars, greatest} from "./bars.js";
import {scaleOf} from "./colours.js";
import {openPlanes} from "./dialog.js";
import {make} from "./dom.js";
import {heat} from "./heat.js";
import {legend, warning} from "./legend.js";
import {outputOf, planesOf} from "./outputs.js";
import {explainNumber} from "./pixel.js";
import {orderOf, statsOfAll, together} from "./plane.js";
import {chosenLayer, chosenOutput} from "./state.js";
import {number, t} from "./strings.js";
import {tiles} from "./tiles.js";
import {tokensOf} from "./tokens.js";
import {choice, saying, segments, View} from "./view.js";

const NAMED = 10;

class LayerOutput extends View {
  static keys = ["model", "layer", "output", "input", "which", "changes"];

  #part = 0;
  #scores = false;
  #sort = "mean";
  #scale = "each";
  #slice = 0;
  #of = null;
  #grid = null;
  #full = null;

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#grid?.stop();
    this.#grid = null;
  }

  async load(state, signal) {
    const layer = chosenLayer();
    if (!layer || !state.input) return {sentence: t(layer ? "panel.noinput" : "panel.none.hint")};
    const of = `${state.which} ${chosenOutput()}`;
    if (this.#of !== of) [this.#of, this.#part, this.#slice, this.#scores, this.#full] = [of, 0, 0, false, null];
    const asked = this.#scores ? layer.attention : chosenOutput();
    const array = await outputOf(
      state.model,
      {id: state.input, layer: asked, part: this.#part || null, which: state.which},
      signal,
    );
    const {view} = array;
    const planes = planesOf(array, view, this.#slice);
    const stats = await statsOfAll(planes, signal);
    const steps = view === "attention" ? array.shape.at(-1) : view === "sequence" || view === "embedding" ? array.shape[0] : 0;
    const tokens = steps ? await tokensOf(state, steps, signal) : null;
    return {layer, array, view, planes, stats, tokens, name: asked};
  }

  draw(data, state) {
    if (data.sentence) return saying(data.sentence);
    const {view, array, layer} = data;
    if (!array.data.length) return saying(t("output.empty", {shape: array.shape.join("×")}));
    const drawing = {
      maps: (bar) => this.#maps(data, bar),
      attention: (bar) => this.#maps(data, bar),
      volume: (bar) => this.#maps(data, bar),
      bars: () => this.#bars(data, state),
      sequence: () => this.#sequence(data),
      embedding: () => this.#sequence(data),
      number: () => [make("p.output-number", {}, number(array.data[0]))],
    }[view];
    if (!drawing) return saying(t("output.none", {shape: array.shape.join("×")}));
    const bar = make("div.view-bar");
    if (layer.attention)
      bar.append(
        segments(
          t("output.which"),
          [
            ["no", t("output.result")],
            ["yes", t("output.scores")],
          ],
          this.#scores ? "yes" : "no",
          (value) => {
            [this.#scores, this.#part] = [value === "yes", 0];
            this.refresh();
          },
        ),
      );
    if (array.parts > 1)
      bar.append(
        choice(
          t("output.part"),
          Array.from({length: array.parts}, (_, k) => [String(k), t("output.part.of", {part: k + 1, count: array.parts})]),
          String(this.#part),
          (value) => {
            this.#part = Number(value);
            this.refresh();
          },
        ),
      );
    const shown = drawing(bar);
    bar.append(make("span.view-fact", {}, array.shape.join(" × ") || t("output.scalar")));
    return make("div.output", {}, bar, ...shown);
  }

  #maps(data, bar) {
    const {planes, stats, view, tokens, name} = data;
    const whole = together(stats);
    const signed = whole.min < 0;
    const scale = (k) =>
      this.#scale === "all" ? scaleOf(whole.min, whole.max, signed) : scaleOf(stats[k].min, stats[k].max, signed);
    const naming = (k) => t(view === "attention" ? "output.head" : "output.channel", {layer: name, channel: k});
    const labels = tokens && view === "attention" ? {rowLabels: tokens, columnLabels: tokens} : {};
    const where =
      view === "attention"
        ? (row, column) => t("output.pays", {query: tokens?.[row] ?? row, key: tokens?.[column] ?? column})
        : undefined;
    const order = () => orderOf(stats, this.#sort);
    const action = view === "maps" && !this.#scores && explainNumber.knows(data.layer) && t("output.arithmetic");
    const act = (channel, row, column) => explainNumber.choose(data.layer.path, [row, column, channel]);
    const full = () => ({planes, stats, order: order(), scale, name: naming, where, action, act, ...labels});
    const open = (k) => (this.#full = openPlanes(full(), k));
    this.#full?.update(full());
    if (planes.length === 1) {
      return [
        this.#slices(data),
        warning(whole),
        heat(planes[0], {scale: scale(0), label: naming(0), where, ...labels}),
        legend(scale(0)),
        make("div", {}, make("button", {type: "button", onclick: () => open(0)}, t("output.full"))),
      ];
    }
    const key = make("div");
    const grid = () => {
      this.#grid = tiles({planes, stats, scale, name: naming, open, order: order()}, this.#grid);
      key.replaceChildren(
        this.#scale === "all"
          ? legend(scale(0), whole)
          : make("div.legend", {}, make("p.view-note", {}, t(signed ? "output.each.signed" : "output.each")), warning(whole)),
      );
      return this.#grid.element;
    };
    bar.append(
      choice(
        t("output.sort"),
        [
          ["mean", t("output.sort.mean")],
          ["max", t("output.sort.max")],
          ["index", t("output.sort.index")],
        ],
        this.#sort,
        (value) => {
          this.#sort = value;
          this.#grid.sort(order());
        },
      ),
      choice(
        t("output.scale"),
        [
          ["each", t("output.scale.each")],
          ["all", t("output.scale.all")],
        ],
        this.#scale,
        (value) => {
          this.#scale = value;
          grid();
        },
      ),
    );
    const idle = stats.filter((one) => one.min === 0 && one.max === 0 && !one.nan).length;
    const silent = idle > 0 && make("p.view-note", {}, t("output.silent", {count: number(idle), all: number(planes.length)}));
    return [this.#slices(data), key, silent || null, grid()];
  }

  #slices(data) {
    const {view, array} = data;
    if (view !== "volume") return null;
    const most = array.shape[0] - 1;
    const shown = make("output", {}, `${this.#slice + 1} / ${most + 1}`);
    const slider = make("input", {
      type: "range",
      min: 0,
      max: most,
      value: this.#slice,
      oninput: () => (shown.textContent = `${Number(slider.value) + 1} / ${most + 1}`),
      onchange: async () => {
        const slice = (this.#slice = Number(slider.value));
        const planes = planesOf(array, view, slice);
        const stats = await statsOfAll(planes);
        if (slice !== this.#slice || !slider.isConnected) return;
        this.redraw({planes, stats});
        this.querySelector("input[type=range]").focus();
      },
    });
    return make("label.view-choice", {}, make("span", {}, t("output.slice")), slider, shown);
  }

  #bars({array, stats, layer, name}, state) {
    const classes = state.model.classes;
    const naming = (k) => (classes?.length === array.data.length ? `${k} ${classes[k]}` : t("output.unit", {unit: k}));
    const act = explainNumber.knows(layer) ? (k) => explainNumber.choose(layer.path, [k]) : undefined;
    const order = greatest(array.data, NAMED);
    const top =
      array.data.length > 20 &&
      order.length > 0 &&
      make(
        "div.output-top",
        {},
        make("h3", {}, t("output.greatest", {count: order.length})),
        bars(
          order.map((k) => array.data[k]),
          {
            label: t("output.greatest", {count: order.length}),
            name: (i) => naming(order[i]),
            act: act && ((i) => act(order[i])),
            action: t("output.arithmetic"),
          },
        ),
      );
    const label = t("output.bars", {layer: name, count: array.data.length, min: number(stats[0].min), max: number(stats[0].max)});
    return [warning(stats[0]), bars(array.data, {label, name: naming, act, action: t("output.arithmetic")}), top || null];
  }

  #sequence({array, planes, stats, tokens, name}) {
    const scale = scaleOf(stats[0].min, stats[0].max);
    const [steps, features] = array.shape;
    const label = t("output.sequence", {layer: name, steps, features});
    const where = (row, column) => t("output.step", {step: tokens ? `${column} (${tokens[column]})` : column, feature: row});
    const given = {stretch: true, columnLabels: tokens ?? undefined, where};
    const full = {planes, stats, order: [0], scale: () => scale, name: () => label, ...given};
    const open = () => (this.#full = openPlanes(full, 0));
    this.#full?.update(full);
    return [
      make("p.view-note", {}, label),
      warning(stats[0]),
      heat(planes[0], {scale, label, tallest: 320, ...given}),
      make("div.view-bar", {}, legend(scale), make("button", {type: "button", onclick: open}, t("output.full"))),
    ];
  }
}

customElements.define("layer-output", LayerOutput);
