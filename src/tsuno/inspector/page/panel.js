/**
 * `<layer-panel>`: the chosen layer, and the tabs with what there is to see of it.
 *
 * Each tab is an element of a module of its own, which is read when it is first shown.
 */

import {make} from "./dom.js";
import {showError} from "./net.js";
import {chosenLayer, chosenOutput, store} from "./state.js";
import {number, t} from "./strings.js";

const TABS = {
  output: "layer-output",
  weights: "layer-weights",
  config: "layer-config",
  why: "layer-why",
  live: "model-live",
  compare: "model-compare",
};
const NEEDS_INPUT = ["output", "why"];
const REDRAWN = ["layer", "output", "tab", "language", "model", "live", "inputs", "input"];

class LayerPanel extends HTMLElement {
  connectedCallback() {
    this.head = make("div.panel-head");
    this.tabs = make("div.panel-tabs", {role: "tablist"});
    this.body = make("div.panel-body", {role: "tabpanel", id: "panel-body", tabindex: "0"});
    this.replaceChildren(this.head, this.tabs, this.body);
    this.tabs.addEventListener("keydown", (event) => this.#key(event));
    this.stop = store.subscribe((state, changed) => {
      if (changed.some((key) => REDRAWN.includes(key))) this.#draw();
    });
    this.#draw();
  }

  disconnectedCallback() {
    this.stop();
  }

  #draw() {
    const layer = chosenLayer();
    const tabs = this.#offered(layer);
    const tab = tabs.includes(store.get().tab) ? store.get().tab : (tabs[0] ?? null);
    this.head.replaceChildren(
      ...(layer ? described(layer) : [make("h2", {id: "panel-title"}, t(tabs.length ? "panel.live" : "panel.none"))]),
    );
    this.tabs.hidden = !tabs.length;
    this.tabs.setAttribute("aria-label", t("panel.tabs"));
    this.#drawTabs(tabs, tab);
    if (tab === null) this.#empty();
    else if (NEEDS_INPUT.includes(tab) && store.get().input === null) this.#say(t("panel.noinput"));
    else this.#mount(tab);
  }

  /** Live needs no layer; to compare, there must be two of something. */
  #offered(layer) {
    const {live, model, inputs} = store.get();
    const count = (inputs?.items.length ?? 0) + (inputs?.own.length ?? 0);
    const offered = layer ? ["output", "weights", "config", "why"] : [];
    if (live) offered.push("live");
    if (layer && (model.count > 1 || count > 1)) offered.push("compare");
    return offered;
  }

  #drawTabs(tabs, chosen) {
    const focused = this.tabs.contains(document.activeElement);
    const made = tabs.map((tab) =>
      make(
        "button.panel-tab",
        {
          type: "button",
          role: "tab",
          id: `tab-${tab}`,
          "aria-selected": String(tab === chosen),
          "aria-controls": "panel-body",
          tabindex: tab === chosen ? "0" : "-1",
          onclick: () => store.set({tab}),
        },
        t(`panel.${tab}`),
      ),
    );
    this.tabs.replaceChildren(...made);
    if (chosen) this.body.setAttribute("aria-labelledby", `tab-${chosen}`);
    else this.body.removeAttribute("aria-labelledby");
    if (focused) this.tabs.querySelector('[tabindex="0"]')?.focus();
  }

  async #mount(tab) {
    if (this.mounted === tab) return;
    this.mounted = tab;
    this.body.replaceChildren(make("p.empty", {}, t("page.loading")));
    try {
      await import(`./${tab}.js`);
    } catch (error) {
      if (this.mounted === tab) this.#say("");
      showError(error);
      return;
    }
    if (this.mounted === tab) this.body.replaceChildren(document.createElement(TABS[tab]));
  }

  #say(sentence) {
    this.mounted = null;
    this.body.replaceChildren(make("p.empty", {}, sentence));
  }

  #empty() {
    const {layer} = store.get();
    this.#say(layer === null ? t("panel.none.hint") : t("panel.unknown", {layer}));
  }

  #key(event) {
    const tabs = [...this.tabs.children];
    const at = tabs.indexOf(document.activeElement);
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    tabs[(to + tabs.length) % tabs.length].click();
  }
}

function described(layer) {
  const facts = [
    make("span.badge", {"data-family": layer.family}, layer.kind),
    make("span.panel-fact", {}, layer.shape),
    layer.params ? make("span.panel-fact", {}, t("page.params", {count: number(layer.params)})) : null,
    layer.dtype && make("span.panel-fact", {}, layer.dtype),
    layer.params && !layer.trainable ? make("span.badge", {}, t("panel.frozen")) : null,
    layer.shared > 1 && make("span.badge", {}, t("panel.shared", {count: layer.shared})),
  ];
  return [
    make("h2", {id: "panel-title", title: layer.path}, layer.path),
    make("p.panel-facts", {}, ...facts),
    calls(layer),
  ].filter(Boolean);
}

/** Which call is looked at, of a layer that is used several times. */
function calls(layer) {
  const {outputs} = layer;
  if (outputs.length < 2) return null;
  const select = make(
    "select",
    {},
    ...outputs.map((name) => make("option", {value: name, selected: name === chosenOutput()}, name)),
  );
  select.addEventListener("change", () => store.set({output: select.value}));
  return make("label.panel-calls", {}, t("panel.outputs"), select);
}

customElements.define("layer-panel", LayerPanel);
