/**
 * `<model-inputs>`: what can be put into the model, and which of it is put in.
 *
 * A model of several inputs needs one of each: the reader fills them one by one, and the server joins them.
 */

import {openDrawing} from "./drawing.js";
import {fill, icon, make} from "./dom.js";
import {address, postJSON, showError, showNotice} from "./net.js";
import {inputOf, store} from "./state.js";
import {t} from "./strings.js";
import {canBeTyped, openTyping} from "./typing.js";

const FILE = "M9 1.5H4v13h8.5V5zM9 1.5V5h3.5M8.2 12V7.8M6.4 9.4l1.8-1.8L10 9.4";
const PENCIL = "M2.5 13.5l.8-3.2 7.5-7.5 2.4 2.4-7.5 7.5zM9.4 4.2l2.4 2.4";
const KEYS = "M1.5 4h13v8.5h-13zM4 6.8h.01M6.7 6.8h.01M9.3 6.8h.01M12 6.8h.01M5 9.8h6";
const GLYPHS = {
  audio: "M2 8h1.5l1.5-4 2.5 9 2.5-11 2 8 1-2H15",
  text: "M3 4h10M8 4v9",
  array: "M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.8h11M6.2 2.5v11M9.8 2.5v11",
};
const ALL = "";
const SEVERAL = "tsuno.several";

class ModelInputs extends HTMLElement {
  connectedCallback() {
    this.pictures = new Map(); // of what the reader gave, by id
    this.several = readSeveral();
    this.slots = {};
    this.slot = this.#given() ? ALL : this.#inputs()[0]?.name;
    this.#fillSlots(store.get().input);
    this.#draw();
    this.stop = store.subscribe((state, changed) => this.#changed(changed));
    this.dropping = new AbortController();
    this.#takeDrops(this.dropping.signal);
  }

  disconnectedCallback() {
    this.stop();
    this.dropping.abort();
  }

  #changed(changed) {
    if (changed.includes("input")) this.#fillSlots(store.get().input);
    if (["inputs", "language", "model"].some((key) => changed.includes(key))) this.#draw();
    else if (changed.includes("input")) this.#mark();
  }

  #inputs() {
    return store.get().model?.inputs ?? [];
  }

  /** Whether what the program gave are rows, with something for every input. */
  #given() {
    const {inputs} = store.get();
    return inputs?.folder === null && inputs.items.length > 0;
  }

  /** Whether an item can be put in as it is. */
  #isWhole(item) {
    return this.#inputs().length < 2 || this.#parts(item) !== null || (this.#given() && !item.id.startsWith("own-"));
  }

  /** The ids that an item was joined from, by the model's inputs; null: it was not joined. */
  #parts(item) {
    return item.inputs ?? this.several[item.id] ?? null;
  }

  // -------------------------------------------------------------- drawing

  #draw() {
    const focused = this.contains(document.activeElement) && document.activeElement.getAttribute("role") === "option";
    const {items = [], own = []} = store.get().inputs ?? {};
    const all = own
      .filter((item) => !this.#parts(item))
      .reverse()
      .concat(items);
    this.preview = make("div.inputs-preview");
    this.choice = make("div.inputs-slots", {role: "group", "aria-label": t("input.for")});
    this.strip = make(
      "div.inputs-strip",
      {role: "listbox", "aria-label": t("input.list")},
      ...all.map((item) => this.#tile(item)),
    );
    this.strip.addEventListener("keydown", (event) => this.#key(event));
    const content = all.length ? this.strip : make("p.empty", {}, t("input.none"));
    const {folder} = store.get().inputs ?? {};
    const source = folder && make("p.inputs-folder", {}, t("input.from", {folder}));
    this.replaceChildren(
      this.choice,
      make("div.inputs-body", {}, this.preview, make("div.inputs-list", {}, content, source)),
      this.#buttons(),
    );
    this.#mark();
    if (focused) this.strip.querySelector('[tabindex="0"]')?.focus();
  }

  #tile(item) {
    const label = [item.name, item.label].filter(Boolean).join(", ");
    const tile = make(
      "div.inputs-tile",
      {
        role: "option",
        "data-id": item.id,
        "aria-label": label,
        title: label,
        tabindex: "-1",
        onclick: () => this.#choose(item.id),
      },
      this.#picture(item),
    );
    if (item.id.startsWith("own-")) tile.classList.add("own");
    return tile;
  }

  /** A thumbnail, where there is one, or a sign with the name. */
  #picture(item) {
    const kept = this.pictures.get(item.id);
    const pictured = this.#inputs().some((input) => ["image", "digit"].includes(input.kind));
    const mayAsk = this.#isWhole(item) && pictured && (item.kind === "image" || this.#inputs().length > 1);
    if (kept || mayAsk)
      return make("img", {
        src: mayAsk ? address("/api/inputs/picture", {id: item.id}) : kept,
        alt: "",
        loading: "lazy",
        decoding: "async",
        draggable: "false",
      });
    return make("span.inputs-sign", {}, icon(GLYPHS[item.kind] ?? GLYPHS.array), make("span", {}, item.name));
  }

  #buttons() {
    const button = (key, path, act) => make("button", {type: "button", onclick: act}, icon(path), t(key));
    this.file = make("input", {type: "file", hidden: true, multiple: true, "aria-label": t("input.choose")});
    this.file.addEventListener("change", () =>
      this.#sendFiles([...this.file.files]).finally(() => (this.file.value = "")),
    );
    const drawn = this.#fitting((input) => ["image", "digit"].includes(input.kind));
    const typed = this.#fitting(canBeTyped);
    return make(
      "div.inputs-buttons",
      {},
      this.file,
      button("input.choose", FILE, () => this.file.click()),
      drawn.length > 0 &&
        button("input.draw", PENCIL, () =>
          openDrawing(
            this.#fitting((input) => ["image", "digit"].includes(input.kind)),
            (picture, input) => this.#send("drawing", picture, {input}),
          ),
        ),
      typed.length > 0 &&
        button("input.type", KEYS, () =>
          openTyping(this.#fitting(canBeTyped), (kind, body, input) => this.#send(kind, body, {input})),
        ),
    );
  }

  /** The model's inputs that suit; if the one being filled does, it comes first. */
  #fitting(suits) {
    return this.#inputs()
      .filter(suits)
      .sort((a, b) => Number(b.name === this.slot) - Number(a.name === this.slot));
  }

  #mark() {
    const {input} = store.get();
    const shown = this.slot === ALL || this.#inputs().length < 2 ? input : this.slots[this.slot];
    const tiles = [...this.strip.children];
    for (const tile of tiles) {
      tile.setAttribute("aria-selected", String(tile.dataset.id === shown));
      tile.tabIndex = tile.dataset.id === shown ? 0 : -1;
    }
    if (tiles.length && !tiles.some((tile) => tile.tabIndex === 0)) tiles[0].tabIndex = 0;
    tiles.find((tile) => tile.dataset.id === shown)?.scrollIntoView?.({block: "nearest", inline: "nearest"});
    this.#markSlots();
    const item = inputOf(shown);
    this.preview.hidden = !item;
    if (item)
      fill(
        this.preview,
        make("div.inputs-big", {}, this.#picture(item)),
        make("p.inputs-name", {title: item.name}, item.name),
        item.label && make("p.inputs-label", {}, item.label),
      );
  }

  // -------------------------------------------------------------- several inputs

  #markSlots() {
    const inputs = this.#inputs();
    this.choice.hidden = inputs.length < 2;
    if (inputs.length < 2) return;
    const button = (name, text, value) =>
      make(
        "button.inputs-slot",
        {type: "button", "aria-pressed": String(this.slot === name), onclick: () => this.#fill(name)},
        make("b", {}, text),
        value && make("span", {}, value),
      );
    const missing = inputs.filter((input) => !this.slots[input.name]).map((input) => input.name);
    fill(
      this.choice,
      make(
        "p",
        {},
        missing.length
          ? `${t("input.several", {count: inputs.length})} ${t("input.several.missing", {names: missing.join(", ")})}`
          : t("input.for"),
      ),
      this.#given() && button(ALL, t("input.all")),
      ...inputs.map((input) =>
        button(input.name, input.name, inputOf(this.slots[input.name])?.name ?? t("input.nothing")),
      ),
    );
  }

  #fill(name) {
    this.slot = name;
    this.#mark();
    [...this.choice.querySelectorAll("button")]
      .find((button) => button.getAttribute("aria-pressed") === "true")
      ?.focus();
  }

  #fillSlots(id) {
    const item = inputOf(id);
    if (!item || !this.#isWhole(item)) return;
    for (const {name} of this.#inputs()) this.slots[name] = this.#parts(item)?.[name] ?? id;
  }

  async #join() {
    const parts = {...this.slots};
    const joint = await postJSON("/api/inputs", {inputs: parts}, {kind: "several"});
    this.several[joint.id] = parts;
    writeSeveral(this.several);
    this.#add(joint);
    store.set({input: joint.id});
  }

  // -------------------------------------------------------------- choosing and giving

  async #choose(id) {
    const item = inputOf(id);
    if (!item) return;
    if (this.#isWhole(item) && (this.slot === ALL || this.#inputs().length < 2 || this.#parts(item))) {
      store.set({input: id});
      return;
    }
    const inputs = this.#inputs();
    const slot = this.slot === ALL ? inputs[0].name : this.slot;
    this.slots[slot] = id;
    const next = inputs.find((input) => !this.slots[input.name]);
    if (next) this.slot = next.name;
    this.#mark();
    if (!next) await this.#join();
  }

  #add(item, picture) {
    if (picture?.type?.startsWith("image/")) this.pictures.set(item.id, URL.createObjectURL(picture));
    const {inputs} = store.get();
    store.set({inputs: {...inputs, own: [...inputs.own.filter((other) => other.id !== item.id), item]}});
  }

  async #send(kind, body, params) {
    const item = await postJSON("/api/inputs", body, {kind, ...params});
    this.#add(item, body instanceof Blob ? body : null);
    if (this.#inputs().length > 1) this.slot = params.input;
    await this.#choose(item.id);
    // One of several may still be waiting for the others.
    if (this.#inputs().every((input) => this.slots[input.name])) showNotice(t("input.sent", {name: item.name}));
  }

  async #sendFiles(files) {
    for (const file of files) {
      try {
        await this.#send("file", file, {name: file.name, input: this.#inputFor(file)});
      } catch (error) {
        showError(error);
      }
    }
  }

  /** The model's input that a file is for: the one being filled, or the first of its kind. */
  #inputFor(file) {
    const [kind] = file.type.split("/");
    const kinds = {image: ["image", "digit"], audio: ["audio"], text: ["text"]}[kind] ?? ["array", "row", "tokens"];
    const inputs = this.#inputs();
    return (
      inputs.find((input) => input.name === this.slot) ??
      inputs.find((input) => kinds.includes(input.kind)) ??
      inputs[0]
    ).name;
  }

  #key(event) {
    const tile = event.target.closest('[role="option"]');
    const tiles = [...this.strip.children];
    const at = tiles.indexOf(tile);
    const across = Math.max(
      1,
      tiles.findIndex((other) => other.offsetTop > tiles[0].offsetTop),
    );
    const moves = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: across,
      ArrowUp: -across,
      Home: -at,
      End: tiles.length - 1 - at,
    };
    if (event.key === "Enter" || event.key === " ") this.#choose(tile.dataset.id).catch(showError);
    else if (event.key in moves) {
      const next = tiles[Math.min(Math.max(at + moves[event.key], 0), tiles.length - 1)];
      tile.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else return;
    event.preventDefault();
  }

  // -------------------------------------------------------------- dropping and pasting, anywhere on the page

  #takeDrops(signal) {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    const veil = make("div.inputs-veil", {"aria-hidden": "true"});
    const show = (text) => {
      veil.replaceChildren(make("p", {}, text));
      document.body.append(veil);
    };
    const on = (name, act) => addEventListener(name, act, {signal});
    on("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      if (!veil.isConnected) show(t("input.drop"));
    });
    on("dragleave", (event) => !event.relatedTarget && veil.remove());
    on("drop", (event) => {
      veil.remove();
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.#sendFiles([...event.dataTransfer.files]);
    });
    on("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length && !document.querySelector("dialog[open]")) this.#sendFiles(files);
    });
  }
}

// Which inputs were joined is known to this page alone; it is kept as long as the tab, as the server's ids are.
function readSeveral() {
  try {
    const {at, joints} = JSON.parse(sessionStorage.getItem(SEVERAL) ?? "{}");
    return at === location.host ? joints : {};
  } catch {
    return {};
  }
}

function writeSeveral(joints) {
  try {
    sessionStorage.setItem(SEVERAL, JSON.stringify({at: location.host, joints}));
  } catch {
    // The browser may forbid keeping things; then a reload forgets.
  }
}

customElements.define("model-inputs", ModelInputs);
