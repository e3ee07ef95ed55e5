/** How the numbers of a weight are spread: counts over the edges of bins, as a small picture. */

import {make, makeSVG} from "./dom.js";
import {number, t} from "./strings.js";

const [WIDTH, HEIGHT] = [240, 56];

/** @param {{edges: number[], counts: number[]}} histogram @param {string} name of the weight @returns {HTMLElement} */
export function histogram({edges, counts}, name) {
  const most = Math.max(...counts, 1);
  const wide = WIDTH / counts.length;
  const peak = counts.indexOf(most);
  const label = t("weights.histogram", {
    name,
    low: number(edges[0]),
    high: number(edges.at(-1)),
    from: number(edges[Math.max(peak, 0)]),
    to: number(edges[peak + 1] ?? edges.at(-1)),
    count: number(most),
  });
  const zero = edges[0] < 0 && edges.at(-1) > 0 ? (-edges[0] / (edges.at(-1) - edges[0])) * WIDTH : null;
  const picture = makeSVG("svg.weights-histogram", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": label,
  });
  if (zero !== null) picture.append(makeSVG("line.weights-zero", {x1: zero, x2: zero, y1: 0, y2: HEIGHT}));
  counts.forEach((count, k) => {
    const high = count ? Math.max((count / most) * HEIGHT, 1) : 0;
    const bar = makeSVG("rect", {x: k * wide, y: HEIGHT - high, width: Math.max(wide - 0.5, 0.5), height: high});
    bar.append(makeSVG("title", {}, t("weights.bin", {from: number(edges[k]), to: number(edges[k + 1]), count: number(count)})));
    picture.append(bar);
  });
  return make(
    "div.weights-spread",
    {},
    picture,
    make(
      "span.weights-ends",
      {"aria-hidden": "true"},
      make("span", {}, number(edges[0])),
      make("span", {}, number(edges.at(-1))),
    ),
  );
}
