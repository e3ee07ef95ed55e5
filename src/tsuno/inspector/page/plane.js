/**
 * A plane: rows and columns within a larger array, found by strides and never copied. A map is one channel of an output, a head
 * one slice of the attention scores, a filter one corner of a kernel; all are drawn and read in the same way.
 *
 * @typedef {object} Plane
 * @property {Float32Array} data @property {number} offset of its first number
 * @property {number} rows @property {number} columns @property {number} rowStride @property {number} columnStride
 *
 * @typedef {object} Stats
 * @property {number} min @property {number} max @property {number} mean of the absolute values; of the finite ones, all three
 * @property {number} nan @property {number} infinite how many are not numbers, or infinite
 */

/** Numbers that are looked at before the page gets a turn. */
const CHUNK = 1 << 20;

/** The number at a place. @param {Plane} plane @param {number} row @param {number} column */
export function valueAt(plane, row, column) {
  return plane.data[plane.offset + row * plane.rowStride + column * plane.columnStride];
}

/** Rows and columns exchanged. @param {Plane} plane @returns {Plane} */
export function transposed(plane) {
  return {...plane, rows: plane.columns, columns: plane.rows, rowStride: plane.columnStride, columnStride: plane.rowStride};
}

/** The plane of an array of two axes. @param {Float32Array} data @param {number} rows @param {number} columns @returns {Plane} */
export function wholePlane(data, rows, columns) {
  return {data, offset: 0, rows, columns, rowStride: columns, columnStride: 1};
}

/**
 * The maps of (rows, columns, channels). @param {Float32Array} data @param {number[]} shape
 * @param {number} [offset] of the first number @returns {Plane[]}
 */
export function channelsOf(data, [rows, columns, channels = 1], offset = 0) {
  return Array.from({length: channels}, (_, k) => ({
    data,
    offset: offset + k,
    rows,
    columns,
    rowStride: columns * channels,
    columnStride: channels,
  }));
}

/** The slices of (slices, rows, columns), such as heads. @param {Float32Array} data @param {number[]} shape @returns {Plane[]} */
export function slicesOf(data, [slices, rows, columns]) {
  return Array.from({length: slices}, (_, k) => ({
    data,
    offset: k * rows * columns,
    rows,
    columns,
    rowStride: columns,
    columnStride: 1,
  }));
}

/** @param {Plane} plane @returns {Stats} */
export function statsOf(plane) {
  const {data, offset, rows, columns, rowStride, columnStride} = plane;
  let min = Infinity,
    max = -Infinity,
    sum = 0,
    nan = 0,
    infinite = 0;
  for (let row = 0; row < rows; row++) {
    let at = offset + row * rowStride;
    for (let column = 0; column < columns; column++, at += columnStride) {
      const value = data[at];
      if (value !== value) nan++;
      else if (value === Infinity || value === -Infinity) infinite++;
      else {
        if (value < min) min = value;
        if (value > max) max = value;
        sum += value < 0 ? -value : value;
      }
    }
  }
  const count = rows * columns - nan - infinite;
  return count ? {min, max, mean: sum / count, nan, infinite} : {min: NaN, max: NaN, mean: NaN, nan, infinite};
}

/**
 * The statistics of many planes, with turns for the page between them.
 * @param {Plane[]} planes @param {AbortSignal} [signal] @returns {Promise<Stats[]>}
 */
export async function statsOfAll(planes, signal) {
  const found = [];
  let looked = 0;
  for (const plane of planes) {
    found.push(statsOf(plane));
    looked += plane.rows * plane.columns;
    if (looked < CHUNK) continue;
    looked = 0;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
  return found;
}

/** The statistics of planes together. @param {Stats[]} all @returns {Stats} */
export function together(all) {
  const whole = {min: NaN, max: NaN, mean: 0, nan: 0, infinite: 0};
  let counted = 0;
  for (const one of all) {
    whole.nan += one.nan;
    whole.infinite += one.infinite;
    if (!Number.isFinite(one.mean)) continue;
    whole.min = counted ? Math.min(whole.min, one.min) : one.min;
    whole.max = counted ? Math.max(whole.max, one.max) : one.max;
    whole.mean += one.mean;
    counted++;
  }
  whole.mean = counted ? whole.mean / counted : NaN;
  return whole;
}

/**
 * The order in which planes are shown. @param {Stats[]} stats @param {"index"|"mean"|"max"} by
 * @returns {number[]} their indexes; by activation, those with NaN come first, then the greatest
 */
export function orderOf(stats, by) {
  const order = stats.map((_, k) => k);
  if (by === "index") return order;
  const rank = stats.map((one) => {
    const value = by === "mean" ? one.mean : one.max;
    return Number.isFinite(value) ? value : -Infinity;
  });
  // Those with NaN come first of all: they are what a reader looks for.
  return order.sort((a, b) => (stats[b].nan > 0) - (stats[a].nan > 0) || rank[b] - rank[a] || a - b);
}
