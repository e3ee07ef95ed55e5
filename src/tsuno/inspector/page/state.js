/**
 * What is being looked at: one small store, mirrored in the address's hash.
 *
 * Elements read `store.get()`, change with `store.set({...})`, and hear of changes with `store.subscribe`. The keys in
 * LINKED are what a permanent link holds; the rest lives as long as the page.
 *
 * @typedef {{path: string, name: string, kind: string, depth: number, parent: string|null, shape: string, params: number|null,
 *   trainable: boolean, dtype: string, shared: number, nested: boolean, family: string, outputs: string[],
 *   attention: string|null}} Layer a layer of a model
 * @typedef {{name: string, shape: (number|null)[], dtype: string, kind: string, columns: string[]|null}} Entry an input of a model
 * @typedef {{name: string, which: number, count: number, version: string, params: number, trainable: number, bytes: number,
 *   classes: string[]|null, top: number, live: boolean, language: string|null, inputs: Entry[], layers: Layer[]}} Model
 * @typedef {{id: string, name: string, kind: string, label: string|null, inputs?: Record<string, string>}} Item something that can
 *   be put in; `inputs`: the items that it was joined from
 *
 * @typedef {object} State
 * @property {Model|null} model the reply of /api/model for `which`
 * @property {{folder: string|null, items: Item[], own: Item[]}|null} inputs the reply of /api/inputs
 * @property {string|null} layer path of the chosen layer
 * @property {string|null} output which of its outputs (a shared layer has several); null: the layer's own name
 * @property {string|null} input id of the chosen input
 * @property {string|null} other id of the input to compare with
 * @property {number} which 0, or 1 for the second of two models
 * @property {string} tab output, weights, config, why, live or compare
 * @property {number|null} target class to explain; null: the likeliest
 * @property {string[]} open nested models whose insides the graph shows
 * @property {boolean} live whether the model is being trained under `callbacks.Inspector`
 * @property {number} changes raised when the weights changed: what is shown must be asked anew
 * @property {string} language en or ja
 * @property {string} theme light or dark, as it is shown now
 */

const LINKED = ["layer", "output", "input", "other", "tab", "open", "which", "target"];
const FRESH = {layer: null, output: null, input: null, other: null, tab: "output", open: [], which: 0, target: null};

/** @type {State} */
let state = {
  ...FRESH,
  ...fromHash(),
  model: null,
  inputs: null,
  live: false,
  changes: 0,
  language: "en",
  theme: "light",
};
const listeners = new Set();

export const store = {
  /** @returns {State} */
  get: () => state,

  /**
   * Changes keys and tells the listeners which of them are new. Another layer forgets the output that was chosen of the last.
   * @param {Partial<State>} changes
   * @param {{replace?: boolean}} [options] replace: no new entry in the browser's history
   */
  set(changes, {replace = false} = {}) {
    const next = {...changes};
    if ("layer" in next && next.layer !== state.layer && !("output" in next)) next.output = null;
    const keys = Object.keys(next).filter((key) => !same(state[key], next[key]));
    if (!keys.length) return;
    state = {...state, ...next};
    if (keys.some((key) => LINKED.includes(key)))
      writeHash(replace || !keys.some((key) => key === "layer" || key === "tab"));
    tell(keys);
  },

  /**
   * @param {(state: State, changed: string[]) => void} listener
   * @returns {() => void} a function that ends the subscription
   */
  subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** The model's record of the chosen layer, or null. @returns {Layer|null} */
export function chosenLayer() {
  return state.model?.layers.find((layer) => layer.path === state.layer) ?? null;
}

/** The name to ask /api/output for, or null: the chosen output, or the layer's first. @returns {string|null} */
export function chosenOutput() {
  return state.output ?? chosenLayer()?.outputs?.[0] ?? state.layer;
}

/** The hash of a state that differs from the one shown by `changes`: for links. @param {Partial<State>} changes */
export function linkTo(changes) {
  return toHash({...state, ...changes});
}

/** The record of an input by its id, or null. @param {string|null} id @returns {Item|null} */
export function inputOf(id) {
  const {items = [], own = []} = state.inputs ?? {};
  return [...items, ...own].find((item) => item.id === id) ?? null;
}

function tell(keys) {
  for (const listener of [...listeners]) listener(state, keys);
}

function fromHash() {
  const given = new URLSearchParams(location.hash.slice(1));
  const read = {};
  for (const key of LINKED) {
    const text = given.get(key);
    if (text === null || text === "") continue;
    if (key === "open") read.open = text.split(",").filter(Boolean);
    else if (key === "which") read.which = text === "1" ? 1 : 0;
    else if (key === "target") read.target = /^\d+$/.test(text) ? Number(text) : null;
    else read[key] = text;
  }
  return read;
}

function toHash(shown) {
  const parts = [];
  for (const key of LINKED) {
    if (same(shown[key], FRESH[key])) continue;
    const text = key === "open" ? shown.open.join(",") : String(shown[key]);
    parts.push(`${key}=${encodeURIComponent(text).replace(/%2F/g, "/").replace(/%2C/g, ",").replace(/%20/g, "+")}`);
  }
  return `#${parts.join("&")}`;
}

function writeHash(replace) {
  const hash = toHash(state);
  if (hash === (location.hash || "#")) return;
  history[replace ? "replaceState" : "pushState"](null, "", hash === "#" ? location.pathname : hash);
}

function same(a, b) {
  return (
    a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => value === b[i]))
  );
}

// Links that are typed, followed, or come back with the browser's buttons. What the hash leaves out is as at the start,
// but the input stays: a page without one would show nothing.
addEventListener("hashchange", () => {
  const wanted = {...FRESH, input: state.input, ...fromHash()};
  const keys = LINKED.filter((key) => !same(state[key], wanted[key]));
  state = {...state, ...wanted};
  if (keys.length) tell(keys);
});
