/**
 * The page as a whole: what is loaded first, the bar at the top, the languages and themes, and the messages.
 */

import {fill, icon, make} from "./dom.js";
import {getJSON, onEvent, showError} from "./net.js";
import {inputOf, store} from "./state.js";
import {bytes, language, number, setLanguage, t} from "./strings.js";

const SUN =
  "M8 4.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13";
const MOON = "M13.6 9.8A6 6 0 0 1 6.2 2.4a6 6 0 1 0 7.4 7.4Z";
const CROSS = "M4 4l8 8M12 4l-8 8";
const PARTS = ["./graph.js", "./inputs.js", "./predictions.js", "./panel.js"];
const MOST_MESSAGES = 4;
const NOTICE_MS = 5000;
const REFRESH_MS = 1000;

const find = (selector) => document.querySelector(selector);
const kept = {};
let training = false;
const dark = matchMedia("(prefers-color-scheme: dark)");

document.addEventListener("page-message", ({detail}) => (detail.kind === "error" ? complain : notify)(detail.sentence));
start().catch(showError);

async function start() {
  chooseLanguage(remembered("language") ?? navigator.language);
  applyTheme();
  dark.addEventListener("change", applyTheme);
  find(".page-language").addEventListener("click", () => {
    remember("language", language() === "en" ? "ja" : "en");
    chooseLanguage(remembered("language"));
  });
  find(".page-theme").addEventListener("click", () => {
    remember("theme", store.get().theme === "dark" ? "light" : "dark");
    applyTheme();
  });
  // The hash holds the state: the link must not put a place on the page there.
  find(".page-skip").addEventListener("click", (event) => {
    event.preventDefault();
    find("#layer-panel").focus();
  });
  await Promise.all([loadModel(), loadInputs()]);
  store.subscribe((state, changed) => {
    if (changed.includes("input")) holdOn();
    if (changed.includes("which")) loadModel().catch(showError);
    if (changed.some((key) => ["model", "language"].includes(key))) drawBar();
  });
  drawBar();
  if (store.get().live) followTraining();
  await Promise.all(PARTS.map((part) => import(part)));
}

// ---------------------------------------------------------------- what is looked at

async function loadModel() {
  const {which} = store.get();
  const model = await getJSON("/api/model", {which});
  if (which !== store.get().which) return; // another one was chosen meanwhile
  if (!remembered("language") && !store.get().model && model.language) chooseLanguage(model.language);
  store.set({model, live: Boolean(model.live)});
}

async function loadInputs() {
  store.set({inputs: await getJSON("/api/inputs")});
  holdOn();
}

/** A link may name an input of a program that has ended: the first one takes its place. */
function holdOn() {
  const {input, other, inputs} = store.get();
  if (!inputOf(input)) store.set({input: inputs.items[0]?.id ?? null}, {replace: true});
  if (!inputOf(other)) store.set({other: null}, {replace: true});
}

/** During training the weights change again and again: what is shown is asked anew, but not all the time. */
function followTraining() {
  let waiting = null;
  onEvent((event) => {
    const running = event.running ?? (event.kind === "end" ? false : training);
    if (running !== training) {
      training = running;
      drawBar();
    }
    if (event.kind !== "weights" && event.kind !== "end") return;
    waiting ??= setTimeout(() => {
      waiting = null;
      store.set({changes: store.get().changes + 1});
    }, REFRESH_MS);
  });
}

// ---------------------------------------------------------------- the bar

function drawBar() {
  const {model, which} = store.get();
  if (!model) return;
  document.title = `${model.name} – Tsuno`;
  fill(
    find(".page-facts"),
    make("b", {title: model.name}, model.name),
    make("span", {}, t("page.params", {count: number(model.params)})),
    make("span", {}, bytes(model.bytes)),
    training && make("span.badge.page-training", {}, t("page.training")),
  );
  const choice = find(".page-which");
  choice.hidden = model.count < 2;
  choice.setAttribute("aria-label", t("page.model"));
  choice.replaceChildren(
    ...["page.model.first", "page.model.second"].map((key, number_) =>
      make(
        "button",
        {type: "button", "aria-pressed": String(which === number_), onclick: () => store.set({which: number_})},
        t(key),
      ),
    ),
  );
}

function chooseLanguage(wanted) {
  setLanguage(wanted);
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  const other = find(".page-language");
  other.textContent = language() === "en" ? "日本語" : "English";
  other.lang = language() === "en" ? "ja" : "en";
  store.set({language: language()});
  nameTheme();
}

function applyTheme() {
  const theme = remembered("theme") ?? (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  store.set({theme});
  nameTheme();
}

function nameTheme() {
  const other = store.get().theme === "dark" ? "light" : "dark";
  const button = find(".page-theme");
  button.setAttribute("aria-label", t(`page.theme.${other}`));
  button.title = t(`page.theme.${other}`);
  button.replaceChildren(icon(other === "light" ? SUN : MOON));
}

// The browser may forbid keeping things: then they last as long as the page.
function remembered(key) {
  try {
    return kept[key] ?? localStorage.getItem(`tsuno.${key}`);
  } catch {
    return null;
  }
}

function remember(key, value) {
  kept[key] = value;
  try {
    localStorage.setItem(`tsuno.${key}`, value);
  } catch {
    // It is in `kept`.
  }
}

// ---------------------------------------------------------------- messages

function complain(sentence) {
  const area = find(".page-messages");
  for (const message of [...area.children]) if (message.dataset.sentence === sentence) message.remove();
  while (area.children.length >= MOST_MESSAGES) area.firstChild.remove();
  const message = make("div.page-message", {role: "alert", "data-sentence": sentence}, make("p", {}, sentence));
  message.append(
    make(
      "button.quiet.square",
      {type: "button", "aria-label": t("page.dismiss"), onclick: () => message.remove()},
      icon(CROSS),
    ),
  );
  area.append(message);
}

function notify(sentence) {
  const notice = make("p", {}, sentence);
  find(".page-notices").replaceChildren(notice);
  setTimeout(() => notice.remove(), NOTICE_MS);
}
