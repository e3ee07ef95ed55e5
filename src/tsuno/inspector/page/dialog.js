/**
 * A plane at full size, in a dialog: its numbers are read with the pointer or the arrow keys; the next plane is a key away.
 */

import {icon, make} from "./dom.js";
import {heat} from "./heat.js";
import {described, rangeOf} from "./tiles.js";
import {legend} from "./legend.js";
import {t} from "./strings.js";

const CROSS = "M4 4l8 8M12 4l-8 8";

/**
 * @typedef {object} Given
 * @property {import("./plane.js").Plane[]} planes @property {import("./plane.js").Stats[]} stats
 * @property {number[]} order in which the buttons go through the planes
 * @property {(k: number) => import("./colours.js").Scale} scale @property {(k: number) => string} name
 * @property {string[]} [rowLabels] @property {string[]} [columnLabels] @property {boolean} [stretch]
 * @property {(row: number, column: number) => string} [where] a place in words
 * @property {string|false} [action] what more can be done with a number, in words
 * @property {(k: number, row: number, column: number) => void} [act]
 */

/**
 * @param {Given} given @param {number} first the plane to begin with
 * @returns {{update: (given: Given) => void}} update: shows what has come instead, while the dialog is open
 */
export function openPlanes(given, first) {
  let now = first;
  const title = make("h2.dialog-title");
  const facts = make("p");
  const map = heat(given.planes[first], optionsFor(given, first));
  const key = make("div");
  const act =
    given.action &&
    make(
      "button",
      {
        type: "button",
        onclick: () => {
          const [row, column] = map.cell ?? [0, 0];
          dialog.close();
          given.act(now, row, column);
        },
      },
      given.action,
    );
  const step = (by) => {
    const count = given.order.length;
    now = given.order[(given.order.indexOf(now) + by + count) % count];
    show();
  };
  const steps =
    given.order.length > 1 &&
    make(
      "div.view-segments",
      {role: "group", "aria-label": t("dialog.steps")},
      make("button", {type: "button", onclick: () => step(-1), title: "["}, t("dialog.previous")),
      make("button", {type: "button", onclick: () => step(1), title: "]"}, t("dialog.next")),
    );
  const dialog = make(
    "dialog.view-dialog",
    {"aria-label": t("dialog.label")},
    make(
      "div.dialog-head",
      {},
      title,
      make(
        "button.quiet.square",
        {type: "button", "aria-label": t("page.close"), title: t("page.close"), onclick: () => dialog.close()},
        icon(CROSS),
      ),
    ),
    make("div.dialog-facts", {}, facts, steps),
    map,
    make("div.dialog-foot", {}, key, act),
  );
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (steps && (event.key === "[" || event.key === "]")) step(event.key === "]" ? 1 : -1);
  });

  function show() {
    title.textContent = given.name(now);
    facts.textContent = rangeOf(given.stats[now]);
    key.replaceChildren(legend(given.scale(now), given.stats[now]));
    map.show(given.planes[now], optionsFor(given, now));
  }

  document.body.append(dialog);
  dialog.showModal();
  show();
  map.querySelector(".heat-field").focus();
  return {
    update(next) {
      if (!dialog.isConnected || next.planes.length !== given.planes.length) return;
      given = next;
      show();
    },
  };
}

function optionsFor(given, k) {
  return {
    scale: given.scale(k),
    label: described(given.name(k), given.stats[k]),
    tallest: Math.max(200, innerHeight - 280),
    rowLabels: given.rowLabels,
    columnLabels: given.columnLabels,
    where: given.where,
    stretch: given.stretch,
  };
}
