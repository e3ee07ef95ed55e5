/**
 * The search field over the graph: which layers match, and which of them is looked at.
 *
 * It looks through all layers, those of folded models too, by path, class and family.
 */

import {icon, make} from "./dom.js";
import {store} from "./state.js";
import {t} from "./strings.js";

export class LayerSearch {
  /**
   * @param {(path: string) => void} go brings a layer into sight
   * @param {() => void} mark shows anew what matches
   * @param {() => void} leave takes the focus when the reader is done
   */
  constructor(go, mark, leave) {
    this.go = go;
    this.mark = mark;
    this.leave = leave;
    this.matches = [];
    this.index = -1;
    this.field = make("input", {
      type: "search",
      "aria-keyshortcuts": "/",
      "aria-label": t("graph.search"),
      placeholder: t("graph.search.hint"),
      autocomplete: "off",
      spellcheck: "false",
    });
    this.count = make("output.graph-count", {"aria-live": "polite"});
    const step = (key, path, by) =>
      make(
        "button.quiet.square",
        {type: "button", "aria-label": t(key), title: t(key), disabled: true, onclick: () => this.step(by)},
        icon(path),
      );
    this.steps = [step("graph.previous", "M4 10l4-4 4 4", -1), step("graph.next", "M4 6l4 4 4-4", 1)];
    this.element = make("div.graph-search", {role: "search"}, this.field, this.count, ...this.steps);
    this.field.addEventListener("input", () => this.#look());
    this.field.addEventListener("keydown", (event) => this.#key(event));
  }

  get active() {
    return this.field.value.trim() !== "";
  }

  get current() {
    return this.matches[this.index] ?? null;
  }

  /** Goes on to the next match (1) or back (-1), round and round. */
  step(by) {
    if (!this.matches.length) return;
    this.index = (this.index + by + this.matches.length) % this.matches.length;
    this.#tell();
    this.mark();
    this.go(this.current);
  }

  #look() {
    const words = this.field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const layers = words.length ? store.get().model.layers : [];
    const about = (layer) => `${layer.path} ${layer.kind} ${layer.family} ${t(`family.${layer.family}`)}`.toLowerCase();
    this.matches = layers
      .filter((layer) => words.every((word) => about(layer).includes(word)))
      .map((layer) => layer.path);
    this.index = -1;
    this.#tell();
    this.mark();
    if (this.matches.length) this.step(1);
  }

  #tell() {
    const {matches, index} = this;
    for (const button of this.steps) button.disabled = !matches.length;
    if (!this.active) this.count.textContent = "";
    else
      this.count.textContent = matches.length
        ? t("graph.found", {at: index + 1, count: matches.length})
        : t("graph.found.none");
  }

  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
    else if (event.key === "ArrowDown") this.leave();
    else if (event.key === "Escape") {
      this.field.value = "";
      this.#look();
      this.leave();
    } else return;
    event.preventDefault();
  }
}

addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (
    event.key !== "/" ||
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    typing ||
    document.querySelector("dialog[open]")
  )
    return;
  event.preventDefault();
  document.querySelector(".graph-search input")?.focus();
});
