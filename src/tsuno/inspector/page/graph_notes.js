/**
 * What the boxes of the graph say in their last line: the shape, or what the layer costs, which the server measures when it is asked.
 */

import {make} from "./dom.js";
import {getJSON, showError} from "./net.js";
import {store} from "./state.js";
import {bytes, number, t} from "./strings.js";

const MEASURED = {
  seconds: (value) =>
    value < 1e-4
      ? `${number(Number((value * 1e6).toPrecision(2)))} µs`
      : `${number(Number((value * 1e3).toPrecision(2)))} ms`,
  flops: (value) => `${shortened(value)} FLOP`,
  bytes: (value) => bytes(value),
};
const KNOWN = {params: (value) => shortened(value), dtype: (value) => value};
const CHOICES = ["shape", ...Object.keys(KNOWN), ...Object.keys(MEASURED)];

export class BoxNotes {
  /** @param {() => void} redraw draws the boxes anew @param {string} [shown] what is chosen at first */
  constructor(redraw, shown = "shape") {
    this.redraw = redraw;
    this.shown = shown;
    this.profile = null;
    this.select = make(
      "select",
      {},
      ...CHOICES.map((choice) =>
        make("option", {value: choice, selected: choice === shown}, t(`graph.show.${choice}`)),
      ),
    );
    this.select.addEventListener("change", () => this.#choose(this.select.value));
    this.element = make("label.graph-notes", {}, t("graph.show"), this.select);
    if (shown in MEASURED) this.#choose(shown);
  }

  /** Another model is looked at: what was measured is not of it. */
  forget() {
    this.profile = null;
    if (this.shown in MEASURED) this.#choose(this.shown);
  }

  /**
   * What the box of a layer says; null: its shape.
   * @param {string} path @returns {{text: string, share: number|null}|null}
   */
  of(path) {
    const {layers} = store.get().model;
    if (this.shown in KNOWN) {
      const value = layers.find((layer) => layer.path === path)?.[this.shown] ?? "";
      const share = this.shown === "params" ? value / store.get().model.params : null;
      return {text: value === "" ? "" : KNOWN[this.shown](value), share};
    }
    if (!(this.shown in MEASURED) || !this.profile) return null;
    // Its own cost, that of the layers within it, and that of its further calls.
    const value = this.#measured(
      (other) => other === path || [`${path}/`, `${path} (`].some((start) => other.startsWith(start)),
    );
    return value === null
      ? {text: "–", share: null}
      : {text: MEASURED[this.shown](value), share: value / (this.#measured(() => true) || 1)};
  }

  /** The sum over layers; a model that is measured itself is not counted again by its layers. */
  #measured(suits) {
    const found = Object.entries(this.profile).filter(([path]) => suits(path));
    const whole = new Set(found.map(([path]) => path));
    const outer = found.filter(([path]) => !above(path).some((place) => whole.has(place)));
    return outer.length ? outer.reduce((sum, [, costs]) => sum + (costs[this.shown] ?? 0), 0) : null;
  }

  async #choose(shown) {
    this.shown = shown;
    if (shown in MEASURED && !this.profile) {
      this.select.setAttribute("aria-busy", "true");
      try {
        this.profile = (await getJSON("/api/profile", {which: store.get().which})).layers;
      } catch (error) {
        showError(error);
        this.shown = this.select.value = "shape";
      }
      this.select.removeAttribute("aria-busy");
    }
    this.redraw();
  }
}

function above(path) {
  const parts = path.split("/");
  return parts.slice(1).map((_, depth) => parts.slice(0, depth + 1).join("/"));
}

/** A count with a letter for its thousands. */
function shortened(value) {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(value, 1)) / 3));
  return `${number(Number((value / 1000 ** power).toPrecision(3)))}${["", " k", " M", " G", " T"][power]}`;
}
