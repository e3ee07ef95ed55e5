/**
 * Many planes as small pictures, each with its number. Only those on the screen are drawn, a few milliseconds at a time; the
 * rest wait until they are scrolled to.
 */

import {paint} from "./colours.js";
import {make} from "./dom.js";
import {number, t} from "./strings.js";

const PAGE = 128;
const TURN_MS = 8;

/**
 * @param {object} given
 * @param {import("./plane.js").Plane[]} given.planes @param {import("./plane.js").Stats[]} given.stats
 * @param {(k: number) => import("./colours.js").Scale} given.scale @param {(k: number) => string} given.name such as "channel 3"
 * @param {(k: number) => string} [given.caption] below the picture; left out: the number
 * @param {(k: number) => void} given.open what a click does
 * @param {number[]} given.order @param {(canvas: HTMLCanvasElement, k: number, size: object) => void} [given.paint]
 * @param {number} [given.width] of a picture in CSS pixels; left out: by their count
 * @returns {{element: HTMLElement, sort: (order: number[]) => void, stop: () => void}}
 */
export function tiles(given) {
  const {planes, stats} = given;
  const width = given.width ?? (planes.length <= 4 ? 176 : planes.length <= 16 ? 112 : 80);
  const size = sizeOf(planes[0], width);
  const list = make("ul.tiles");
  const rest = make("button.tiles-more", {type: "button", onclick: () => more()});
  const element = make("div.tiles-all", {}, list, rest);
  const made = new Map();
  const waiting = new Set();
  let {order} = given;
  let shown = 0;
  let turn = 0;
  const watch = new IntersectionObserver((entries) => {
    for (const {isIntersecting, target} of entries) isIntersecting ? waiting.add(target) : waiting.delete(target);
    turn ||= requestAnimationFrame(paintSome);
  }, {rootMargin: "160px"});

  function paintSome() {
    const start = performance.now();
    turn = 0;
    for (const item of waiting) {
      if (performance.now() - start > TURN_MS) {
        turn = requestAnimationFrame(paintSome);
        return;
      }
      waiting.delete(item);
      watch.unobserve(item);
      const k = Number(item.dataset.k);
      const canvas = item.querySelector("canvas");
      if (given.paint) given.paint(canvas, k, size);
      else paint(canvas, planes[k], given.scale(k), size);
      item.classList.add("tiles-painted");
    }
  }

  function tile(k) {
    if (!made.has(k)) {
      const canvas = make("canvas", {role: "img", "aria-label": described(given.name(k), stats[k])});
      canvas.style.width = `${size.width}px`;
      canvas.style.height = `${size.height}px`;
      const item = make("li", {"data-k": k}, make("button.tiles-one", {type: "button", title: described(given.name(k), stats[k]), onclick: () => given.open(k)},
        canvas, make("span.tiles-name", {"aria-hidden": "true"}, given.caption?.(k) ?? String(k))));
      if (stats[k].nan || stats[k].infinite) item.classList.add("tiles-nan");
      made.set(k, item);
      watch.observe(item);
    }
    return made.get(k);
  }

  function fill(count) {
    shown = Math.min(count, order.length);
    list.replaceChildren(...order.slice(0, shown).map(tile));
    rest.hidden = shown === order.length;
    rest.textContent = t("tiles.more", {count: order.length - shown});
  }

  function more() {
    const next = order[shown];
    fill(shown + PAGE);
    made.get(next)?.querySelector("button").focus();
  }

  fill(PAGE);
  return {
    element,
    sort(wanted) {
      order = wanted;
      fill(Math.max(shown, PAGE));
    },
    stop() {
      cancelAnimationFrame(turn);
      watch.disconnect();
    },
  };
}

/** A plane in words: its name, its range and what is wrong with it. @param {string} name @param {import("./plane.js").Stats} stats */
export function described(name, stats) {
  return `${name}: ${rangeOf(stats)}`;
}

/** The range in words. @param {import("./plane.js").Stats} stats */
export function rangeOf(stats) {
  const range = Number.isFinite(stats.min) ? t("tiles.range", {min: number(stats.min), max: number(stats.max)}) : t("tiles.nothing");
  const wrong = [stats.nan && t("tiles.nan", {count: number(stats.nan)}), stats.infinite && t("tiles.infinite", {count: number(stats.infinite)})];
  return [range, ...wrong.filter(Boolean)].join("; ");
}

function sizeOf(plane, width) {
  const {rows, columns} = plane;
  const tall = Math.min(2, Math.max(0.25, rows / columns));
  return {width: Math.round(rows > 2 * columns ? (width * 2 * columns) / rows : width) || 1, height: Math.round(width * tall)};
}
