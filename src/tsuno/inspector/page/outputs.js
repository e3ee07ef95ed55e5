/**
 * What a layer gave for an input: the array, how it is to be seen, and the planes that it is drawn as. What an input layer gave
 * is what the model was given.
 */

import {getArray} from "./net.js";
import {channelsOf, slicesOf, transposed, wholePlane} from "./plane.js";

/**
 * @param {{layers: object[]}} model @param {{id: string, layer: string, which: number, part?: number|null}} asked
 * @param {AbortSignal} signal @returns {Promise<{shape: number[], data: Float32Array, view: string, parts: number}>}
 */
export async function outputOf(model, asked, signal) {
  const input = model.layers.find((layer) => layer.path === asked.layer && layer.family === "input" && layer.parent === null);
  const array = input
    ? await getArray("/api/inputs/array", {id: asked.id, input: input.name}, {signal})
    : await getArray("/api/output", asked, {signal});
  return {...array, view: viewOf(array)};
}

/**
 * The planes that an output is drawn as.
 * @param {{data: Float32Array, shape: number[]}} array @param {string} view @param {number} [slice] of a volume
 * @returns {import("./plane.js").Plane[]}
 */
export function planesOf({data, shape}, view, slice = 0) {
  if (!data.length) return [];
  if (view === "maps") return channelsOf(data, shape);
  if (view === "attention") return slicesOf(data, shape.length === 2 ? [1, ...shape] : shape);
  if (view === "volume") return channelsOf(data, shape.slice(1), slice * shape.slice(1).reduce((a, b) => a * b, 1));
  if (view === "sequence" || view === "embedding") return [transposed(wholePlane(data, shape[0], shape[1] ?? 1))];
  return [wholePlane(data, 1, data.length)];
}

/** How an output is shown, also where the server gave no hint. */
function viewOf({view, shape}) {
  const guess = ["number", "bars", "sequence", "maps", "volume"][shape.length] ?? "none";
  return view === "number" && shape.length ? guess : (view ?? guess);
}
