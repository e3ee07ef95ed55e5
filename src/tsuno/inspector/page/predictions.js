/**
 * `<model-predictions>`: what the model makes of the chosen input, each output in the way of its kind.
 */

import {make} from "./dom.js";
import {getJSON, isAbort} from "./net.js";
import {store} from "./state.js";
import {number, t} from "./strings.js";

const MOST_VALUES = 24;

class ModelPredictions extends HTMLElement {
  connectedCallback() {
    this.body = make("div.predictions-body");
    this.spoken = make("p.hidden", {"aria-live": "polite"});
    this.replaceChildren(this.spoken, this.body);
    this.stop = store.subscribe((state, changed) => {
      if (["input", "which", "changes"].some((key) => changed.includes(key))) this.#ask();
      else if (changed.includes("language")) this.#draw();
      else if (changed.includes("target")) this.#mark();
    });
    this.#ask();
  }

  disconnectedCallback() {
    this.stop();
    this.asking?.abort();
  }

  async #ask() {
    this.asking?.abort();
    const {input, which} = store.get();
    this.got = null;
    if (input === null) return this.#draw();
    const asking = (this.asking = new AbortController());
    this.body.classList.add("waiting");
    try {
      this.got = await getJSON("/api/predictions", {id: input, which}, {signal: asking.signal});
      this.problem = null;
    } catch (error) {
      if (isAbort(error)) return;
      this.problem = error.message;
    }
    this.#draw();
  }

  #draw() {
    this.body.classList.remove("waiting");
    const {input} = store.get();
    if (!this.got) {
      const problem = input !== null && this.problem;
      this.body.replaceChildren(
        make(problem ? "p.problem" : "p.empty", problem ? {role: "alert"} : {}, problem || t("predictions.none")),
      );
      this.spoken.textContent = "";
      return;
    }
    const {outputs, seconds} = this.got;
    const titled = outputs.length > 1;
    const took = make(
      "p.predictions-took",
      {},
      t("predictions.took", {ms: number(Number((seconds * 1000).toPrecision(2)))}),
    );
    this.body.replaceChildren(...outputs.map((output) => this.#output(output, titled)), took);
    this.spoken.textContent = outputs.map(said).join("; ");
    this.#mark();
  }

  #output(output, titled) {
    const title = titled && make("h3.predictions-title", {}, output.name);
    const forms = {classes: () => this.#classes(output), binary: () => binary(output), numbers: () => numbers(output)};
    return make("div.predictions-output", {}, title, (forms[output.kind] ?? (() => other(output)))());
  }

  /** The likeliest classes; each can be chosen to be explained. */
  #classes(output) {
    const rows = output.top.map((one) => {
      const label = labelOf(one);
      const button = make("button.predictions-class", {
        type: "button",
        "data-index": one.index,
        title: t("predictions.explain", {label}),
        onclick: () => explain(one.index),
      });
      button.append(
        make("span.predictions-label", {}, label),
        bar(one.value),
        make("span.predictions-percent", {}, percent(one.value)),
      );
      return make("li", {}, button);
    });
    return make("ol.predictions-classes", {}, ...rows);
  }

  #mark() {
    const {target} = store.get();
    const rows = [...this.body.querySelectorAll("button.predictions-class")];
    for (const row of rows) row.setAttribute("aria-pressed", String(Number(row.dataset.index) === target));
  }
}

/** Asks why the model sees a class; asked again, lets go of it. With no layer chosen, it looks from where pictures still are. */
function explain(index) {
  const {target, layer, model} = store.get();
  if (target === index) return store.set({target: null});
  const from = model.layers.findLast((one) => one.family === "convolution") ?? model.layers.at(-1);
  store.set({target: index, tab: "why", layer: layer ?? from.path});
}

function binary(output) {
  const [one] = output.top?.length ? output.top : [{label: null, value: output.values[0]}];
  const label = one.label ?? t("predictions.positive");
  return make(
    "div.predictions-class",
    {},
    make("span.predictions-label", {}, label),
    bar(one.value),
    make("span.predictions-percent", {}, percent(one.value)),
  );
}

function numbers(output) {
  const values = output.values.slice(0, MOST_VALUES).map((value) => make("li", {}, number(value)));
  const count = output.shape.reduce((product, size) => product * size, 1);
  const more = count > values.length && make("li.more", {}, t("page.more", {count: number(count - values.length)}));
  return make("ul.predictions-numbers", {}, ...values, more);
}

/** Pictures, sequences and the like are looked at as the output of their layer. */
function other(output) {
  const text = t("predictions.image", {shape: output.shape.join("×"), name: output.name});
  const known = store.get().model.layers.some((layer) => layer.path === output.name);
  const go = () => store.set({layer: output.name, tab: "output"});
  return make("p.predictions-other", {}, known ? make("button.link", {type: "button", onclick: go}, text) : text);
}

function bar(value) {
  const filled = make("span.predictions-fill");
  filled.style.width = `${Math.min(Math.max(value, 0), 1) * 100}%`;
  return make("span.predictions-bar", {"aria-hidden": "true"}, filled);
}

const labelOf = (one) => one.label ?? t("predictions.class", {index: one.index});

/** A share in per cent; what is not one (a score without softmax) as a number. */
function percent(value) {
  if (!(value >= 0 && value <= 1)) return number(value);
  return `${(value * 100).toFixed(value > 0 && value < 0.001 ? 3 : 1)} %`;
}

function said(output) {
  if (output.kind === "classes" && output.top.length)
    return `${output.name}: ${labelOf(output.top[0])} ${percent(output.top[0].value)}`;
  if (output.kind === "binary") return `${output.name}: ${percent(output.top?.[0]?.value ?? output.values[0])}`;
  if (output.kind === "numbers") return `${output.name}: ${output.values.slice(0, 5).map(number).join(", ")}`;
  return t("predictions.values", {name: output.name, shape: output.shape.join("×")});
}

customElements.define("model-predictions", ModelPredictions);
