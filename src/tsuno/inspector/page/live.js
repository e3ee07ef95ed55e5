/**
 * `<model-live>`: a training as it goes: curves of the loss and the metrics, the size of the gradients, and the buttons that
 * pause and stop it. Events may come in any number; the page is drawn at most five times a second.
 */

import {make} from "./dom.js";
import {heat} from "./heat.js";
import {legend} from "./legend.js";
import "./lines.js";
import {onEvent, postJSON, showError} from "./net.js";
import {scaleOf} from "./colours.js";
import {wholePlane} from "./plane.js";
import {store} from "./state.js";
import {number, t} from "./strings.js";
import "./view_strings.js";

const TURN_MS = 200;
const ANSWER_MS = 5000;

class ModelLive extends HTMLElement {
  #leave = [];
  #timer = 0;
  #past = fresh();
  #asked = null;

  connectedCallback() {
    this.#past = fresh();
    this.#build();
    this.#leave = [
      onEvent((event) => this.#hear(event)),
      store.subscribe((state, changed) => {
        if (!changed.includes("language")) return;
        this.#build();
        this.#later();
      }),
    ];
  }

  disconnectedCallback() {
    for (const leave of this.#leave) leave();
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  #build() {
    const press = (action) => () => this.#ask(action);
    this.replaceChildren(
      make(
        "div.live",
        {},
        make(
          "div.live-bar",
          {},
          make("p.live-state", {role: "status"}),
          make(
            "div.view-bar",
            {},
            make("button.live-pause", {type: "button", onclick: () => this.#ask(this.#past.paused ? "resume" : "pause")}),
            make("button.live-stop", {type: "button", onclick: press("stop")}, t("live.stop")),
          ),
        ),
        make("div.live-curves"),
        make(
          "section.live-gradients",
          {hidden: true, "aria-labelledby": "live-gradients-title"},
          make("h3", {id: "live-gradients-title"}, t("live.gradients")),
          make("p.view-note", {}, t("live.gradients.means")),
        ),
      ),
    );
    this.#draw();
  }

  async #ask(action) {
    this.#asked = action;
    this.#draw();
    // The training answers between two steps; a long step must not leave the buttons dead.
    setTimeout(() => {
      if (this.#asked === action) this.#asked = null;
      this.#later();
    }, ANSWER_MS);
    try {
      await postJSON("/api/control", {action});
    } catch (error) {
      this.#asked = null;
      showError(error);
    }
    this.#later();
  }

  #hear(event) {
    if (event.kind === "hello") this.#past = fresh();
    if (["hello", "state", "end"].includes(event.kind)) this.#asked = null;
    take(this.#past, event);
    this.#later();
  }

  #later() {
    this.#timer ||= setTimeout(() => {
      this.#timer = 0;
      if (this.isConnected) this.#draw();
    }, TURN_MS);
  }

  #draw() {
    const past = this.#past;
    const line = this.querySelector(".live-state");
    if (!line) return;
    const state = past.running ? (past.paused ? "paused" : "running") : past.heard ? "ended" : "none";
    const words = t(`live.${state}`, {epoch: past.epoch, epochs: past.epochs ?? "?"});
    if (line.textContent !== words) line.textContent = words;
    line.className = `live-state live-${state}`;
    const [pause, stop] = [this.querySelector(".live-pause"), this.querySelector(".live-stop")];
    pause.textContent = t(past.paused ? "live.resume" : "live.pause");
    pause.disabled = !past.running || this.#asked !== null;
    stop.disabled = !past.running || this.#asked === "stop";
    stop.textContent = t(this.#asked === "stop" ? "live.stopping" : "live.stop");
    this.#curves(past);
    this.#gradients(past);
  }

  /** A plot for each quantity; what is measured on validation data goes with it, dashed. */
  #curves(past) {
    const place = this.querySelector(".live-curves");
    const names = [...new Set([...past.series.keys()].map((name) => name.replace(/^val_/, "")))].sort(
      (a, b) => (b === "loss") - (a === "loss"),
    );
    names.forEach((name) => {
      const series = [
        [name, 0, false],
        [`val_${name}`, 1, true],
      ]
        .filter(([key]) => past.series.has(key))
        .map(([key, colour, dashed]) => ({name: key, points: placed(past, key), colour, dashed, dots: dashed}));
      let part = [...place.children].find((child) => child.dataset.name === name);
      if (!part)
        place.append(
          (part = make(
            "section.live-curve",
            {"data-name": name, "aria-label": name},
            make("header", {}, make("h3", {}, name), make("span.view-fact")),
            make("line-plot"),
          )),
        );
      const last = series[0].points.at(-1)?.[1];
      part.querySelector(".view-fact").textContent = series.map((one) => number(one.points.at(-1)?.[1] ?? NaN)).join(" · ");
      part
        .querySelector("line-plot")
        .show(series, {
          axis: t(past.done ? "live.epoch" : "live.step"),
          label: t("live.curve", {name, count: series[0].points.length, last: number(last ?? NaN)}),
        });
    });
    for (const child of [...place.children]) if (!names.includes(child.dataset.name)) child.remove();
  }

  #gradients(past) {
    const section = this.querySelector(".live-gradients");
    const names = inOrder([...past.gradients.keys()]);
    section.hidden = !names.length;
    if (!names.length) return;
    const epochs = past.gradientEpochs;
    const data = Float32Array.from(
      names.flatMap((name) => epochs.map((epoch) => Math.log10(past.gradients.get(name).get(epoch) ?? NaN))),
    );
    const finite = data.filter(Number.isFinite);
    const scale = scaleOf(finite.length ? Math.min(...finite) : 0, finite.length ? Math.max(...finite) : 1, false);
    const value = (row, column) => number(past.gradients.get(names[row]).get(epochs[column]) ?? NaN);
    const options = {
      scale,
      label: t("live.norms", {weights: names.length, epochs: epochs.length}),
      stretch: true,
      rowLabels: names.map(shortened),
      tallest: 640,
      where: (row, column) => t("live.norm", {weight: shortened(names[row]), epoch: epochs[column]}),
      value,
    };
    const map = section.querySelector("heat-map");
    const plane = wholePlane(data, names.length, epochs.length);
    if (map) map.show(plane, options);
    else section.append(heat(plane, options), make("div.live-key"));
    section.querySelector(".live-key").replaceChildren(legend(scale, undefined, (power) => number(10 ** power)));
  }
}

customElements.define("model-live", ModelLive);

/** A weight's path below the model. */
function shortened(path) {
  const name = store.get().model?.name;
  return name && path.startsWith(`${name}/`) ? path.slice(name.length + 1) : path;
}

/** Weights in the order of their layers: so it shows where gradients grow or vanish. */
function inOrder(names) {
  const layers = (store.get().model?.layers ?? []).map((layer) => layer.path);
  const place = (name) => layers.findLastIndex((path) => shortened(name).startsWith(`${path}/`));
  return names.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

function fresh() {
  return {
    heard: false,
    running: false,
    paused: false,
    epoch: 1,
    epochs: null,
    done: 0,
    longest: 1,
    series: new Map(),
    gradients: new Map(),
    gradientEpochs: [],
  };
}

/** Takes an event into what is known. Points are kept as [epoch, step, value]; what an epoch ends with has no step. */
function take(past, event) {
  if (event.kind === "hello")
    Object.assign(past, {running: Boolean(event.running), paused: Boolean(event.paused), epochs: event.epochs ?? null});
  if (event.kind === "state") Object.assign(past, {running: event.running ?? past.running, paused: Boolean(event.paused)});
  if (event.kind === "end") Object.assign(past, {running: false, paused: false});
  if (event.kind !== "hello") past.heard = true;
  if (event.kind === "logs" || event.kind === "epoch") {
    past.epoch = event.epoch;
    if (event.kind === "epoch") past.done = event.epoch;
    else past.longest = Math.max(past.longest, event.step);
    for (const [name, value] of Object.entries(event.logs)) {
      if (!past.series.has(name)) past.series.set(name, []);
      past.series.get(name).push([event.epoch, event.kind === "epoch" ? null : event.step, numberOf(value)]);
    }
  }
  if (event.kind === "gradients") {
    if (!past.gradientEpochs.includes(event.epoch)) past.gradientEpochs.push(event.epoch);
    for (const [name, norm] of Object.entries(event.norms)) {
      if (!past.gradients.has(name)) past.gradients.set(name, new Map());
      past.gradients.get(name).set(event.epoch, numberOf(norm));
    }
  }
}

/** Points for drawing: over steps in the first epoch, then over epochs; how long an epoch is shows only at its end. */
function placed(past, name) {
  const {longest, done} = past;
  return past.series
    .get(name)
    .map(([epoch, step, value]) => [done ? (step === null ? epoch : epoch - 1 + step / longest) : step, value]);
}

/** JSON has no NaN: it comes as null. */
function numberOf(value) {
  return value === null ? NaN : Number(value);
}
