/**
 * A plane at full size, in a dialog: its numbers are read with the pointer or the arrow keys; the next plane is a key away.
 */

import {make} from "./dom.js";
import {heat} from "./heat.js";
import {described, rangeOf} from "./tiles.js";
import {legend} from "./legend.js";
import {t} from "./strings.js";

/**
 * @param {object} given
 * @param {import("./plane.js").Plane[]} given.planes @param {import("./plane.js").Stats[]} given.stats
 * @param {number[]} given.order in which the buttons go through the planes @param {number} given.first the one to begin with
 * @param {(k: number) => import("./colours.js").Scale} given.scale @param {(k: number) => string} given.name
 * @param {string[]} [given.rowLabels] @param {string[]} [given.columnLabels] @param {(row: number, column: number) => string} [given.where]
 * @param {string} [given.action] @param {(k: number, row: number, column: number) => void} [given.act] what more can be done with a number
 */
export function openPlanes(given) {
  let place = Math.max(0, given.order.indexOf(given.first));
  const title = make("h2.dialog-title");
  const facts = make("p.dialog-facts");
  const map = heat(given.planes[given.first], optionsFor(given, given.first));
  const key = make("div");
  const act = given.act && make("button", {type: "button", onclick: () => {
    const [row, column] = map.cell ?? [0, 0];
    dialog.close();
    given.act(given.order[place], row, column);
  }}, given.action);
  const step = (by) => {
    place = (place + by + given.order.length) % given.order.length;
    show();
  };
  const steps = given.order.length > 1 && make("div.view-segments", {role: "group", "aria-label": t("dialog.steps")},
    make("button", {type: "button", onclick: () => step(-1), title: "["}, t("dialog.previous")),
    make("button", {type: "button", onclick: () => step(1), title: "]"}, t("dialog.next")));
  const dialog = make("dialog.view-dialog", {"aria-label": t("dialog.label")},
    make("div.dialog-head", {}, title, steps, make("button.quiet", {type: "button", onclick: () => dialog.close()}, t("page.close"))),
    facts, map, make("div.dialog-foot", {}, key, act));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (steps && (event.key === "[" || event.key === "]")) step(event.key === "]" ? 1 : -1);
  });

  function show() {
    const k = given.order[place];
    title.textContent = given.name(k);
    facts.textContent = rangeOf(given.stats[k]);
    key.replaceChildren(legend(given.scale(k), given.stats[k]));
    map.show(given.planes[k], optionsFor(given, k));
  }

  document.body.append(dialog);
  dialog.showModal();
  show();
  map.querySelector(".heat-field").focus();
}

function optionsFor(given, k) {
  return {
    scale: given.scale(k), label: described(given.name(k), given.stats[k]), tallest: Math.max(200, innerHeight - 280),
    rowLabels: given.rowLabels, columnLabels: given.columnLabels, where: given.where, stretch: given.stretch,
  };
}
