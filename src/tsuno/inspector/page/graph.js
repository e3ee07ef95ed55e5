/**
 * `<model-graph>`: the model's layers as boxes, laid out by the server for the state of folding.
 *
 * To assistive technology it is a tree of one choice. One box at a time takes part in the order of the Tab key; arrow keys
 * go along the edges.
 */

import {arrowHead, drawnBox, drawnEdge} from "./boxes.js";
import {icon, make, makeSVG} from "./dom.js";
import {BoxNotes} from "./graph_notes.js";
import {LayerSearch} from "./graph_search.js";
import {getJSON, isAbort, showError} from "./net.js";
import {Overview} from "./overview.js";
import {store} from "./state.js";
import {t} from "./strings.js";
import {Viewport} from "./viewport.js";

const STEP = 1.25;
const PLUS = "M8 3v10M3 8h10";
const MINUS = "M3 8h10";
const FIT = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4";

class ModelGraph extends HTMLElement {
  connectedCallback() {
    this.#build();
    this.stop = store.subscribe((state, changed) => this.#changed(state, changed));
    this.#load();
  }

  disconnectedCallback() {
    this.stop?.();
    this.view?.stop();
    this.asking?.abort();
  }

  #build() {
    this.view?.stop();
    this.edges = makeSVG("g", {"aria-hidden": "true"});
    this.boxes = makeSVG("g", {role: "none"});
    this.world = makeSVG("g.graph-world", {role: "none"}, this.edges, this.boxes);
    this.svg = makeSVG(
      "svg.graph-canvas",
      {role: "tree", "aria-label": t("page.graph"), "aria-describedby": "graph-help"},
      arrowHead(),
      this.world,
    );
    this.search = new LayerSearch(
      (path) => this.#goTo(path),
      () => this.#mark(),
      () => this.#focus(this.at),
    );
    const tool = (key, path, act) =>
      make("button.quiet.square", {type: "button", "aria-label": t(key), title: t(key), onclick: act}, icon(path));
    const tools = make(
      "div.graph-tools",
      {},
      this.search.element,
      make(
        "div.graph-zoom",
        {},
        tool("graph.in", PLUS, () => this.view.zoom(STEP)),
        tool("graph.out", MINUS, () => this.view.zoom(1 / STEP)),
        tool("graph.fit", FIT, () => this.view.fit()),
      ),
    );
    this.notes = new BoxNotes(() => this.layout && this.#draw(), this.notes?.shown);
    this.legend = make("details.graph-legend", {open: innerWidth >= 900});
    this.view = new Viewport(this.svg, this.world, () => this.overview?.follow());
    this.overview = new Overview(this.view);
    // Listening for focus on an SVG element itself would make it a stop of the Tab key.
    const stage = make(
      "div.graph-stage",
      {onfocusin: (event) => this.#focused(pathAt(event))},
      this.svg,
      this.overview.element,
      make("p.graph-help", {id: "graph-help"}, t("graph.help")),
    );
    const foot = make("div.graph-foot", {}, this.notes.element, this.legend);
    this.replaceChildren(tools, stage, foot);
    this.svg.addEventListener("click", (event) => this.#clicked(event));
    this.svg.addEventListener("dblclick", (event) => this.#toggle(pathAt(event)));
    this.svg.addEventListener("keydown", (event) => this.#key(event));
  }

  #changed(state, changed) {
    if (changed.includes("language")) {
      this.#build();
      if (this.layout) (this.#draw(), this.view.begin());
    } else if (changed.includes("which") || changed.includes("model")) {
      this.layout = null;
      this.notes.forget();
    }
    if (changed.includes("theme")) this.#drawOverview();
    if (changed.includes("open") || changed.includes("model")) this.#load();
    else if (changed.includes("layer")) {
      this.#mark();
      const box = this.#box(this.#visible(state.layer));
      if (box) this.at = box.path;
      if (box && !this.view.shows(box)) this.view.reveal(box);
      this.#rove();
    }
  }

  // -------------------------------------------------------------- the layout

  async #load() {
    this.asking?.abort();
    this.asking = new AbortController();
    const {which, open} = store.get();
    try {
      const layout = await getJSON(
        "/api/graph",
        {which, open: open.join(",") || null, direction: "TB"},
        {signal: this.asking.signal},
      );
      const held = this.pinned && this.#box(this.pinned);
      const seen = held && this.view.seen(held.x, held.y);
      const first = !this.layout;
      this.layout = layout;
      this.#draw();
      const kept = seen && this.#box(this.pinned);
      if (first) this.#begin();
      else if (kept) this.view.pin([kept.x, kept.y], seen);
      this.pinned = null;
      if (this.wanted) this.#goTo(this.wanted);
    } catch (error) {
      if (!isAbort(error)) showError(error);
    }
  }

  #begin() {
    this.view.untouched = true;
    this.view.begin();
    const chosen = this.#box(this.#visible(store.get().layer));
    this.at = chosen?.path ?? this.#first();
    if (chosen && !this.view.shows(chosen)) this.view.reveal(chosen, {centre: true, glide: false});
    this.#rove();
  }

  #draw() {
    const focused = this.svg.contains(document.activeElement);
    const records = new Map(store.get().model?.layers.map((layer) => [layer.path, layer]));
    this.view.resize(this.layout.width, this.layout.height);
    const frames = new Set(this.layout.boxes.filter((box) => box.frame).map((box) => box.path));
    this.edges.replaceChildren(...this.layout.edges.map((edge) => drawnEdge(edge, edge.arrow ?? !frames.has(edge.to))));
    this.boxes.replaceChildren(
      ...this.layout.boxes.map((box) => drawnBox(box, records.get(box.path), this.notes.of(box.path))),
    );
    this.shapes = new Map([...this.boxes.children].map((shape) => [shape.dataset.path, shape]));
    this.#nameFamilies();
    this.#drawOverview();
    if (!this.#box(this.at)) this.at = this.#visible(this.at) ?? this.#first();
    this.#mark();
    this.#rove();
    if (focused) this.#focus(this.at);
  }

  #drawOverview() {
    const colours = {};
    const colourOf = ({path, family}) =>
      (colours[family] ??= getComputedStyle(this.shapes.get(path).querySelector(".graph-stripe")).fill);
    if (this.layout) this.overview.draw(this.layout.boxes, colourOf);
  }

  #nameFamilies() {
    const families = [...new Set(this.layout.boxes.map((box) => box.family))].sort();
    const entries = families.map((family) => make("li", {"data-family": family}, t(`family.${family}`)));
    this.legend.replaceChildren(make("summary", {}, t("graph.legend")), make("ul", {}, ...entries));
  }

  #first() {
    return this.layout.boxes.length ? this.layout.boxes.reduce(upper).path : null;
  }

  #box(path) {
    return this.layout?.boxes.find((box) => box.path === path) ?? null;
  }

  /** The box that stands for a layer: its own, or that of the folded model it is in. */
  #visible(path) {
    for (let here = path; here; here = here.includes("/") ? here.slice(0, here.lastIndexOf("/")) : "")
      if (this.#box(here)) return here;
    return null;
  }

  // -------------------------------------------------------------- marks and focus

  #mark() {
    const {layer} = store.get();
    const stands = this.#visible(layer);
    for (const [path, shape] of this.shapes ?? []) {
      shape.classList.toggle("chosen", path === layer);
      shape.classList.toggle("holds", path === stands && path !== layer);
      shape.classList.toggle("match", this.search.matches.includes(path));
      shape.classList.toggle("match-at", path === this.search.current);
      shape.classList.toggle(
        "match-inside",
        !this.#box(path)?.open && this.search.matches.some((match) => match.startsWith(`${path}/`)),
      );
      shape.setAttribute("aria-selected", String(path === layer));
    }
    this.world.classList.toggle("searching", this.search.active);
    for (const edge of this.edges.children)
      edge.classList.toggle("near", [edge.dataset.from, edge.dataset.to].includes(layer));
  }

  #rove() {
    for (const [path, shape] of this.shapes ?? []) shape.setAttribute("tabindex", path === this.at ? "0" : "-1");
  }

  #focus(path) {
    this.shapes?.get(path)?.focus({preventScroll: true});
  }

  #focused(path) {
    if (!path) return;
    this.at = path;
    this.#rove();
    const box = this.#box(path);
    // A click has shown already where the box is; the keyboard may have gone out of sight.
    if (box && !this.view.pointers.size) this.view.reveal(box.frame ? {...box, height: 40} : box);
  }

  // -------------------------------------------------------------- what the reader does

  #clicked(event) {
    const path = pathAt(event);
    if (!path) return;
    if (event.target.closest(".graph-mark")) this.#toggle(path);
    else this.#choose(path);
  }

  #choose(path) {
    const known = store.get().model.layers.some((layer) => layer.path === path);
    if (known) store.set({layer: path});
  }

  #toggle(path) {
    const box = this.#box(path);
    if (!box?.foldable) return;
    const {open} = store.get();
    this.pinned = path;
    store.set({
      open: box.open ? open.filter((other) => other !== path && !other.startsWith(`${path}/`)) : [...open, path],
    });
  }

  /** Brings a layer into sight, unfolding the models that it is in. */
  #goTo(path) {
    this.wanted = null;
    if (!path || !this.layout) return;
    const parts = path.split("/");
    const above = parts.slice(0, -1).map((_, depth) => parts.slice(0, depth + 1).join("/"));
    const closed = above.filter(
      (place) => this.#box(this.#visible(place))?.foldable && !store.get().open.includes(place),
    );
    if (!this.#box(path)) {
      this.wanted = path; // gone to when the layout that has it is there
      if (closed.length) store.set({open: [...store.get().open, ...closed]});
      return;
    }
    const box = this.#box(path);
    this.at = path;
    this.#rove();
    this.#mark();
    this.view.reveal(box.frame ? {...box, height: 40} : box, {centre: true});
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.at) return;
    const box = this.#box(this.at);
    const acts = {
      Enter: () => this.#choose(this.at),
      " ": () => (box.foldable ? this.#toggle(this.at) : this.#choose(this.at)),
      ArrowDown: () => this.#focus(this.#along("down")),
      ArrowUp: () => this.#focus(this.#along("up")),
      ArrowRight: () => (box.foldable && !box.open ? this.#toggle(this.at) : this.#focus(this.#beside(1))),
      ArrowLeft: () =>
        box.foldable && box.open ? this.#toggle(this.at) : this.#focus(this.#beside(-1) ?? parentOf(this.at)),
      Home: () => this.#focus(this.layout.boxes.reduce(upper).path),
      End: () => this.#focus(this.layout.boxes.reduce((last, other) => (other.y > last.y ? other : last)).path),
      "+": () => this.view.zoom(STEP),
      "=": () => this.view.zoom(STEP),
      "-": () => this.view.zoom(1 / STEP),
      0: () => this.view.fit(),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** The next box along an edge; where none leads on, the nearest in that direction. */
  #along(direction) {
    const here = this.#box(this.at);
    const links = this.layout.links ?? this.layout.edges.map((edge) => [edge.from, edge.to]);
    const linked = links
      .filter(([from, to]) => (direction === "down" ? from : to) === this.at)
      .map(([from, to]) => (direction === "down" ? to : from));
    const inside =
      here.frame && direction === "down" ? this.layout.boxes.filter((box) => parentOf(box.path) === here.path) : [];
    if (inside.length) return inside.reduce(upper).path;
    const boxes = linked.map((path) => this.#box(this.#visible(path))).filter(Boolean);
    const sign = direction === "down" ? 1 : -1;
    const found = boxes.length
      ? nearestOf(here, boxes)
      : this.#nearest(here, (box) => sign * (middle(box)[1] - middle(here)[1]) > 1 && !box.frame);
    return found?.path;
  }

  /** The nearest box to the right (1) or to the left (-1) in about the same row. */
  #beside(sign) {
    const here = this.#box(this.at);
    const found = this.#nearest(
      here,
      (box) =>
        !box.frame &&
        sign * (middle(box)[0] - middle(here)[0]) > 1 &&
        Math.abs(middle(box)[1] - middle(here)[1]) < here.height,
    );
    return found?.path;
  }

  #nearest(here, suits) {
    return nearestOf(
      here,
      this.layout.boxes.filter((box) => box !== here && suits(box)),
    );
  }
}

// ---------------------------------------------------------------- places

const pathAt = (event) => event.target.closest(".graph-box")?.dataset.path ?? null;
const parentOf = (path) => (path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : undefined);
const upper = (best, box) => (box.y < best.y ? box : best);
const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];

function nearestOf(here, boxes) {
  const [x, y] = middle(here);
  const far = (box) => Math.hypot((middle(box)[0] - x) * 2, middle(box)[1] - y);
  return boxes.reduce((best, box) => (!best || far(box) < far(best) ? box : best), null);
}

customElements.define("model-graph", ModelGraph);
