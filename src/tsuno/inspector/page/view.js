/**
 * What every view of the chosen layer has in common: it asks the server, then draws; when the state changes it asks anew, and a
 * reply that comes too late is dropped.
 *
 * A view says which keys of the state its question depends on (`static keys`), how it asks (`load`) and how it draws (`draw`).
 * What it shows stays until the new reply is there; then it is replaced in one step.
 */

import {make} from "./dom.js";
import {isAbort} from "./net.js";
import {store} from "./state.js";
import {t} from "./strings.js";
import "./view_strings.js";

/** Keys after which the same data are only drawn anew: the texts or the colours of lines have changed. */
const DRAWN_ANEW = ["language", "theme"];

export class View extends HTMLElement {
  /** @type {string[]} keys of the state whose change means another question */
  static keys = [];

  #leave = null;
  #question = null;
  #shown = null;
  #endings = [];

  connectedCallback() {
    this.#leave = store.subscribe((state, changed) => {
      const asking = changed.filter((key) => this.constructor.keys.includes(key));
      if (asking.length && !(asking.join() === "changes" && isHeld(this))) this.refresh();
      else if (this.#shown && changed.some((key) => DRAWN_ANEW.includes(key))) this.#place(this.#shown, state);
    });
    this.refresh();
  }

  disconnectedCallback() {
    this.#leave?.();
    this.#question?.abort();
    this.#end();
  }

  /** What `draw` will be given. @param {import("./state.js").State} state @param {AbortSignal} signal @returns {Promise<any>} */
  async load(_state, _signal) {
    return {};
  }

  /** What is shown for it; null: nothing. @param {any} data @param {import("./state.js").State} state @returns {Node|null} */
  draw(_data, _state) {
    return null;
  }

  /** Something to be done before what is drawn now goes away. @param {() => void} ending */
  atEnd(ending) {
    this.#endings.push(ending);
  }

  /** Asks anew and draws. */
  async refresh() {
    this.#question?.abort();
    const question = (this.#question = new AbortController());
    this.setAttribute("aria-busy", "true");
    if (!this.firstChild) this.replaceChildren(make("p.view-wait", {}, t("page.loading")));
    try {
      const data = await this.load(store.get(), question.signal);
      if (question.signal.aborted) return;
      this.#shown = data;
      this.#place(data, store.get());
    } catch (error) {
      if (question.signal.aborted || isAbort(error)) return;
      this.#shown = null;
      this.#end();
      this.replaceChildren(problem(error));
    }
    this.removeAttribute("aria-busy");
  }

  /** Draws what is shown anew after a change of it. @param {object} [changes] of the data */
  redraw(changes = {}) {
    if (!this.#shown) return;
    Object.assign(this.#shown, changes);
    this.#place(this.#shown, store.get());
  }

  #place(data, state) {
    this.#end();
    const recall = remembered(this);
    const drawn = this.draw(data, state);
    this.replaceChildren(...(drawn ? [drawn] : []));
    recall();
  }

  #end() {
    for (const ending of this.#endings.splice(0)) ending();
  }
}

/** Whether the reader holds something that must not be taken away: an open list, a slider. */
function isHeld(view) {
  try {
    return view.querySelector("select:open, input:active") !== null;
  } catch {
    return view.querySelector("input:active") !== null; // a browser that does not know :open
  }
}

/** What the reader was at: the focus and the numbers being read. @returns {() => void} goes back there in what is new */
function remembered(view) {
  const path = [];
  for (let at = view.contains(document.activeElement) ? document.activeElement : view; at !== view; at = at.parentNode)
    path.unshift([...at.parentNode.children].indexOf(at));
  const readers = () => [...view.querySelectorAll("heat-map, bar-chart")];
  const cells = readers().map((reader) => reader.cell);
  return () => {
    const now = readers();
    if (now.length === cells.length) now.forEach((reader, k) => (reader.cell = cells[k]));
    const found = path.reduce((at, index) => at?.children[index], view);
    if (path.length) found?.focus({preventScroll: true});
  };
}

/** A sentence in place of a view. @param {string} sentence @returns {HTMLElement} */
export function saying(sentence) {
  return make("p.view-empty", {}, sentence);
}

/** The sentence of an error, in place of what was asked for. @param {Error} error @returns {HTMLElement} */
export function problem(error) {
  return make("p.view-problem", {role: "alert"}, error?.message || String(error));
}

/**
 * A labelled choice of one of several.
 * @param {string} label @param {[string, string][]} options values and texts @param {string} chosen
 * @param {(value: string) => void} choose @returns {HTMLElement}
 */
export function choice(label, options, chosen, choose) {
  const select = make("select", {onchange: () => choose(select.value)});
  for (const [value, text] of options) select.append(make("option", {value, selected: value === chosen}, text));
  return make("label.view-choice", {}, make("span", {}, label), select);
}

/**
 * A few choices beside each other, one of them pressed.
 * @param {string} label @param {[string, string][]} options values and texts @param {string} chosen
 * @param {(value: string) => void} choose @returns {HTMLElement}
 */
export function segments(label, options, chosen, choose) {
  const group = make("span.view-segments", {role: "group", "aria-label": label});
  for (const [value, text] of options) {
    const press = () => {
      for (const button of group.children) button.setAttribute("aria-pressed", String(button.dataset.value === value));
      choose(value);
    };
    group.append(
      make("button", {type: "button", "data-value": value, "aria-pressed": String(value === chosen), onclick: press}, text),
    );
  }
  return make("div.view-choice", {}, make("span", {"aria-hidden": "true"}, label), group);
}
