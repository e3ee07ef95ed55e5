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
 * @typedef {object} Given
 * @property {import("./plane.js").Plane[]} planes @property {import("./plane.js").Stats[]} stats
 * @property {(k: number) => import("./colours.js").Scale} scale @property {(k: number) => string} name such as "channel 3"
 * @property {(k: number) => string} [caption] below the picture; left out: the number
 * @property {(k: number) => void} open what a click does
 * @property {number[]} order @property {(canvas: HTMLCanvasElement, k: number, size: object) => void} [paint]
 * @property {number} [width] of a picture in CSS pixels; left out: by their count
 */

/**
 * @param {Given} given
 * @param {Tiles|null} [last] what was shown before: where it is of the same form, it is drawn over and nothing flickers
 * @returns {Tiles}
 */
export function tiles(given, last = null) {
  if (last?.takes(given)) {
    last.show(given);
    return last;
  }
  last?.stop();
  return new Tiles(given);
}

class Tiles {
  #given;
  #size;
  #list = make("ul.tiles");
  #rest = make("button.tiles-more", {type: "button", onclick: () => this.#more()});
  #made = new Map();
  #waiting = new Set();
  #shown = 0;
  #turn = 0;
  #watch = new IntersectionObserver(
    (entries) => {
      for (const {isIntersecting, target} of entries) isIntersecting ? this.#waiting.add(target) : this.#waiting.delete(target);
      this.#turn ||= requestAnimationFrame(() => this.#paintSome());
    },
    {rootMargin: "160px"},
  );

  constructor(given) {
    this.element = make("div.tiles-all", {}, this.#list, this.#rest);
    this.#size = sizeOf(given);
    this.#given = given;
    this.#fill(PAGE);
  }

  /** Whether it can show something else in place of what it shows. @param {Given} given */
  takes(given) {
    const [size, last] = [sizeOf(given), this.#given];
    return last.planes.length === given.planes.length && size.width === this.#size.width && size.height === this.#size.height;
  }

  /** @param {Given} given */
  show(given) {
    this.#given = given;
    for (const [k, item] of this.#made) {
      this.#name(item, k);
      this.#watch.unobserve(item);
      this.#watch.observe(item);
    }
    this.sort(given.order);
  }

  /** @param {number[]} order */
  sort(order) {
    this.#given.order = order;
    this.#fill(Math.max(this.#shown, PAGE));
  }

  stop() {
    cancelAnimationFrame(this.#turn);
    this.#watch.disconnect();
  }

  #paintSome() {
    const start = performance.now();
    this.#turn = 0;
    for (const item of this.#waiting) {
      if (performance.now() - start > TURN_MS) {
        this.#turn = requestAnimationFrame(() => this.#paintSome());
        return;
      }
      this.#waiting.delete(item);
      this.#watch.unobserve(item);
      const {planes, scale, paint: own} = this.#given;
      const k = Number(item.dataset.k);
      const canvas = item.querySelector("canvas");
      if (own) own(canvas, k, this.#size);
      else paint(canvas, planes[k], scale(k), this.#size);
      item.classList.add("tiles-painted");
    }
  }

  #tile(k) {
    if (!this.#made.has(k)) {
      const canvas = make("canvas", {role: "img"});
      canvas.style.width = `${this.#size.width}px`;
      canvas.style.height = `${this.#size.height}px`;
      const item = make(
        "li",
        {"data-k": k},
        make(
          "button.tiles-one",
          {type: "button", onclick: () => this.#given.open(k)},
          canvas,
          make("span.tiles-name", {"aria-hidden": "true"}),
        ),
      );
      this.#made.set(k, item);
      this.#name(item, k);
      this.#watch.observe(item);
    }
    return this.#made.get(k);
  }

  #name(item, k) {
    const {stats, name, caption} = this.#given;
    const words = described(name(k), stats[k]);
    item.querySelector("canvas").setAttribute("aria-label", words);
    item.firstChild.title = words;
    item.querySelector(".tiles-name").textContent = caption?.(k) ?? String(k);
    item.classList.toggle("tiles-nan", stats[k].nan + stats[k].infinite > 0);
  }

  #fill(count) {
    const {order} = this.#given;
    this.#shown = Math.min(count, order.length);
    this.#list.replaceChildren(...order.slice(0, this.#shown).map((k) => this.#tile(k)));
    this.#rest.hidden = this.#shown === order.length;
    this.#rest.textContent = t("tiles.more", {count: order.length - this.#shown});
  }

  #more() {
    const next = this.#given.order[this.#shown];
    this.#fill(this.#shown + PAGE);
    this.#made.get(next)?.querySelector("button").focus();
  }
}

/**
 * A plane in words: its name, its range and what is wrong with it.
 * @param {string} name @param {import("./plane.js").Stats} stats
 */
export function described(name, stats) {
  return `${name}: ${rangeOf(stats)}`;
}

/** The range in words. @param {import("./plane.js").Stats} stats */
export function rangeOf(stats) {
  const range = Number.isFinite(stats.min)
    ? t("tiles.range", {min: number(stats.min), max: number(stats.max)})
    : t("tiles.nothing");
  const wrong = [
    stats.nan && t("tiles.nan", {count: number(stats.nan)}),
    stats.infinite && t("tiles.infinite", {count: number(stats.infinite)}),
  ];
  return [range, ...wrong.filter(Boolean)].join("; ");
}

function sizeOf({planes, width = planes.length <= 4 ? 176 : planes.length <= 16 ? 112 : 80}) {
  const {rows, columns} = planes[0];
  const tall = Math.min(2, Math.max(0.25, rows / columns));
  return {width: Math.round(rows > 2 * columns ? (width * 2 * columns) / rows : width) || 1, height: Math.round(width * tall)};
}
