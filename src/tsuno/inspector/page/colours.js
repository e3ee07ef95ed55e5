/**
 * Numbers as colours: two maps that the colour-blind can read, the scale that puts numbers on them, and the painting of a plane.
 *
 * Values of one sign go through viridis, from the least to the greatest. Signed values go through blue, white and orange with 0
 * at the white. What is not a number is magenta, which neither map has.
 *
 * Source of viridis: S. van der Walt and N. Smith, 2015 (released to the public domain).
 */

const VIRIDIS =
  "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725";
const SIGNED = "0b3c7d 1f5fae 4a8acb 86b4df c2d9ee f7f7f5 fbd9ad f6b066 e88426 c25a08 7f3300";
const STEPS = 256;
const NAN = packed(255, 0, 200);
const TABLES = {viridis: table(VIRIDIS), signed: table(SIGNED)};

/** The colour of what is not a number, for CSS. */
export const NAN_COLOUR = "rgb(255, 0, 200)";

/**
 * @typedef {object} Scale
 * @property {number} low @property {number} high what the ends of the map stand for
 * @property {boolean} signed whether the map is the one with white at 0
 */

/**
 * The scale for numbers between `min` and `max`. @param {number} min @param {number} max
 * @param {boolean} [signed] left out: whether there are negative ones @returns {Scale}
 */
export function scaleOf(min, max, signed = min < 0) {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return {low: 0, high: 1, signed: false};
  if (!signed) return {low: min, high: max, signed};
  const most = Math.max(Math.abs(min), Math.abs(max));
  return {low: -most, high: most, signed};
}

/**
 * @param {Scale} scale
 * @returns {(value: number) => number} packed colour of a number, for a Uint32Array over ImageData
 */
export function colourer(scale) {
  const colours = TABLES[scale.signed ? "signed" : "viridis"];
  const width = scale.high - scale.low;
  const factor = width > 0 ? (STEPS - 1) / width : 0;
  const {low} = scale;
  const flat = scale.signed ? STEPS / 2 : 0;
  return (value) => {
    if (value !== value) return NAN;
    const place = factor ? (value - low) * factor : flat;
    return colours[place <= 0 ? 0 : place >= STEPS - 1 ? STEPS - 1 : (place + 0.5) | 0];
  };
}

/**
 * Draws a plane over the whole of a canvas, at the screen's own pixels. Larger cells keep their edges; where a pixel holds
 * several cells they are averaged.
 * @param {HTMLCanvasElement} canvas @param {import("./plane.js").Plane} plane @param {Scale} scale
 * @param {{width: number, height: number}} size in CSS pixels
 * @param {{fade?: boolean, smooth?: boolean}} [options] fade: the nearer to 0, the more transparent; smooth: no edges of cells
 */
export function paint(canvas, plane, scale, size, {fade = false, smooth = false} = {}) {
  const solid = colourer(scale);
  const most = Math.max(Math.abs(scale.low), Math.abs(scale.high), 1e-30);
  const faded = (value) => ((solid(value) & 0xffffff) | (Math.min(255, 255 * Math.sqrt(Math.abs(value) / most)) << 24)) >>> 0;
  const colour = fade ? faded : solid;
  place(canvas, plane.rows, plane.columns, size, smooth, (pixels) => {
    const {data, offset, rowStride, columnStride, rows, columns} = plane;
    let at = 0;
    for (let row = 0; row < rows; row++) {
      let from = offset + row * rowStride;
      for (let column = 0; column < columns; column++, from += columnStride) pixels[at++] = colour(data[from]);
    }
  });
}

/**
 * Draws three planes as red, green and blue, or one as grey.
 * @param {HTMLCanvasElement} canvas @param {import("./plane.js").Plane[]} planes one or three
 * @param {{low: number, high: number}} range what black and full colour stand for @param {{width: number, height: number}} size
 */
export function paintPicture(canvas, planes, range, size) {
  const factor = 255 / Math.max(range.high - range.low, 1e-12);
  const byte = (plane, row, column) => {
    const value = (plane.data[plane.offset + row * plane.rowStride + column * plane.columnStride] - range.low) * factor;
    return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value) | 0;
  };
  const [red, green, blue] = planes.length >= 3 ? planes : [planes[0], planes[0], planes[0]];
  place(canvas, red.rows, red.columns, size, false, (pixels) => {
    let at = 0;
    for (let row = 0; row < red.rows; row++)
      for (let column = 0; column < red.columns; column++)
        pixels[at++] = packed(byte(red, row, column), byte(green, row, column), byte(blue, row, column));
  });
}

/** Draws a scale's colours from left to right. @param {HTMLCanvasElement} canvas @param {Scale} scale */
export function paintScale(canvas, scale) {
  const data = Float32Array.from({length: STEPS}, (_, i) => scale.low + ((scale.high - scale.low || 1) * i) / (STEPS - 1));
  const shown = {...scale, high: scale.high > scale.low ? scale.high : scale.low + 1};
  paint(canvas, {data, rows: 1, columns: STEPS, offset: 0, rowStride: STEPS, columnStride: 1}, shown, {width: 160, height: 10});
}

// One array and one canvas serve all drawings: only what is copied to the screen is kept.
let store = null;
let pixels = new Uint32Array(0);

function place(canvas, rows, columns, size, smooth, fill) {
  const count = rows * columns;
  if (!count) return;
  if (pixels.length < count) pixels = new Uint32Array(count);
  fill(pixels);
  store ??= document.createElement("canvas");
  if (store.width !== columns) store.width = columns;
  if (store.height !== rows) store.height = rows;
  store.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer, 0, count * 4), columns, rows), 0, 0);
  const sharp = devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(size.width * sharp));
  canvas.height = Math.max(1, Math.round(size.height * sharp));
  const onto = canvas.getContext("2d");
  onto.imageSmoothingEnabled = smooth || canvas.width < columns || canvas.height < rows;
  onto.imageSmoothingQuality = "high";
  onto.drawImage(store, 0, 0, columns, rows, 0, 0, canvas.width, canvas.height);
}

/** The bytes of a colour in the order of memory, which is little endian wherever there are browsers. */
function packed(red, green, blue) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

function table(text) {
  const anchors = text.split(" ").map((word) => [0, 2, 4].map((i) => parseInt(word.slice(i, i + 2), 16)));
  return Uint32Array.from({length: STEPS}, (_, i) => {
    const place = (i / (STEPS - 1)) * (anchors.length - 1);
    const before = Math.min(anchors.length - 2, Math.floor(place));
    const mix = anchors[before].map((value, k) => Math.round(value + (anchors[before + 1][k] - value) * (place - before)));
    return packed(...mix);
  });
}
