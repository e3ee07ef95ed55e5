/**
 * The graph's boxes and edges as SVG.
 *
 * @typedef {{path: string, x: number, y: number, width: number, height: number, lines: string[], frame: boolean, foldable: boolean,
 *   open: boolean, family: string}} Box a layer, or the frame around the layers of a model within the model
 * @typedef {{from: string|null, to: string|null, points: [number, number][], arrow?: boolean}} Edge
 */

import {makeSVG} from "./dom.js";
import {number, t} from "./strings.js";

const [STRIPE, ROUND, TEXT, LINE] = [6, 8, 14, 17];
const PRESSED = 0.82;
const FONT = getComputedStyle(document.body).fontFamily;
const pen = document.createElement("canvas").getContext("2d");

/**
 * A box of the layout.
 * @param {Box} box @param {import("./state.js").Layer|undefined} record what the model says of the layer
 * @param {{text: string, share: number|null}|null} note what stands in the last line instead of the shape, and its share of all
 * @returns {SVGElement}
 */
export function drawnBox(box, record, note) {
  const shape = makeSVG("g.graph-box", {
    role: "treeitem",
    tabindex: "-1",
    "data-path": box.path,
    "data-family": box.family,
    "aria-label": spoken(box, record, note),
    "aria-level": box.path.split("/").length,
    "aria-expanded": box.foldable ? String(box.open) : null,
    transform: `translate(${box.x} ${box.y})`,
  });
  shape.classList.toggle("frame", box.frame);
  const {width, height} = box;
  shape.append(
    makeSVG("title", {}, [box.path, ...box.lines.slice(1)].join("\n")),
    makeSVG("rect.graph-ring", {x: -4, y: -4, width: width + 8, height: height + 8, rx: ROUND + 4}),
    makeSVG("rect.graph-body", {width, height, rx: ROUND}),
  );
  const room = width - TEXT - (box.foldable ? 34 : 8);
  if (box.frame) shape.append(written("graph-name", box.lines[0], 17, room));
  else {
    const top = (height - Math.max(box.lines.length, note ? 3 : 0) * LINE) / 2;
    shape.append(makeSVG("path.graph-stripe", {d: stripe(height)}));
    const kinds = ["graph-name", "graph-kind", "graph-shape"];
    const lines = note ? [...box.lines.slice(0, 2), note.text] : box.lines;
    lines.forEach((line, row) => {
      shape.append(written(kinds[Math.min(row, 2)], line, top + (row + 0.75) * LINE, room));
    });
  }
  if (note?.share > 0)
    shape.append(
      makeSVG("rect.graph-share", {
        x: TEXT,
        y: height - 6,
        width: Math.max(1.5, (width - TEXT - 10) * note.share),
        height: 3,
        rx: 1.5,
      }),
    );
  if (box.foldable) shape.append(foldMark(box));
  return shape;
}

function foldMark(box) {
  const [x, y] = [box.width - 28, box.frame ? 0 : box.height / 2 - 12];
  const sign = box.open ? "M8 12h8" : "M12 8v8M8 12h8";
  const title = t(box.open ? "graph.fold" : "graph.unfold", {name: box.lines[0]});
  return makeSVG(
    "g.graph-mark",
    {transform: `translate(${x} ${y})`, "aria-hidden": "true"},
    makeSVG("title", {}, title),
    makeSVG("rect", {width: 24, height: 24, rx: 6}),
    makeSVG("path", {d: sign}),
  );
}

/** An edge, with an arrow at its end where it ends at a layer. @param {Edge} edge @param {boolean} arrow @returns {SVGElement} */
export function drawnEdge(edge, arrow) {
  return makeSVG("path.graph-edge", {
    d: rounded(edge.points),
    "data-from": edge.from,
    "data-to": edge.to,
    "marker-end": arrow ? "url(#graph-arrow)" : null,
  });
}

/** The head that arrows refer to. @returns {SVGElement} */
export function arrowHead() {
  const marker = makeSVG(
    "marker",
    {
      id: "graph-arrow",
      viewBox: "0 0 8 8",
      refX: 7,
      refY: 4,
      markerWidth: 10,
      markerHeight: 10,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    makeSVG("path.graph-head", {d: "M0 0.5 7.5 4 0 7.5Z"}),
  );
  return makeSVG("defs", {}, marker);
}

/** A line through points, its corners rounded. */
function rounded(points) {
  let path = `M${points[0].join(" ")}`;
  for (let i = 1; i < points.length; i++) {
    const [here, before, next] = [points[i], points[i - 1], points[i + 1]];
    if (!next) path += `L${here.join(" ")}`;
    else path += `L${towards(here, before).join(" ")}Q${here.join(" ")} ${towards(here, next).join(" ")}`;
  }
  return path;
}

function towards([x, y], [otherX, otherY]) {
  const length = Math.hypot(otherX - x, otherY - y) || 1;
  const step = Math.min(6, length / 2) / length;
  return [x + (otherX - x) * step, y + (otherY - y) * step];
}

const stripe = (height) =>
  `M${STRIPE} 0H${ROUND}A${ROUND} ${ROUND} 0 0 0 0 ${ROUND}V${height - ROUND}A${ROUND} ${ROUND} 0 0 0 ${ROUND} ${height}H${STRIPE}Z`;

/** A line of text in a box: pressed a little where it is too long, cut where that is not enough. */
function written(kind, text, y, room) {
  pen.font = `${kind === "graph-name" ? "600 12px" : "500 11.5px"} ${FONT}`;
  const width = (shown) => pen.measureText(shown).width;
  let shown = text;
  for (let length = text.length; length > 1 && width(shown) * PRESSED > room; length--)
    shown = `${text.slice(0, length - 1)}…`;
  const pressed = width(shown) > room ? {textLength: room, lengthAdjust: "spacingAndGlyphs"} : {};
  return makeSVG(`text.${kind}`, {x: TEXT, y, ...pressed}, shown);
}

function spoken(box, record, note) {
  if (!record) return box.lines.join(", ");
  const about = t("graph.model", {kind: record.kind, shape: record.shape, params: number(record.params ?? 0)});
  return [record.name, about, t(`family.${box.family}`), note?.text].filter(Boolean).join(", ");
}
