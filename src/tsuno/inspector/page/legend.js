/** What the colours stand for: the map from end to end, with its numbers; and, in words, what is not a number. */

import {paintScale} from "./colours.js";
import {make} from "./dom.js";
import {number, t} from "./strings.js";

/**
 * @param {import("./colours.js").Scale} scale @param {import("./plane.js").Stats} [stats]
 * @param {(value: number) => string} [words] the numbers in words @returns {HTMLElement}
 */
export function legend(scale, stats, words = number) {
  if (stats && !Number.isFinite(stats.min)) return make("div.legend", {}, warning(stats));
  const canvas = make("canvas", {
    role: "img",
    "aria-label": t(scale.signed ? "legend.signed" : "legend.plain", {low: words(scale.low), high: words(scale.high)}),
  });
  paintScale(canvas, scale);
  const bar = make(
    "span.legend-bar",
    {},
    make("span", {"aria-hidden": "true"}, words(scale.low)),
    canvas,
    make("span", {"aria-hidden": "true"}, words(scale.high)),
  );
  return make("div.legend", {}, bar, warning(stats));
}

/**
 * A sentence about numbers that are none, or null where all are well.
 * @param {import("./plane.js").Stats} [stats] @returns {HTMLElement|null}
 */
export function warning(stats) {
  if (!stats?.nan && !stats?.infinite) return null;
  const words = [
    stats.nan && t("tiles.nan", {count: number(stats.nan)}),
    stats.infinite && t("tiles.infinite", {count: number(stats.infinite)}),
  ];
  return make("p.view-warning", {}, make("span.legend-nan", {"aria-hidden": "true"}), words.filter(Boolean).join(", "));
}
