/**
 * A window on a drawing larger than itself: dragging, wheel, pinch, zoom about a point, and bringing a place into view.
 */

const LEAST = 0.01;
const MOST = 3;
const READABLE = 0.8;
const PAD = 24;
const DRAG = 4;

export class Viewport {
  /**
   * @param {SVGSVGElement} svg the window @param {SVGGElement} world what is drawn in it
   * @param {() => void} moved told when another part is in view
   */
  constructor(svg, world, moved = () => {}) {
    this.svg = svg;
    this.world = world;
    this.moved = moved;
    this.width = this.height = 1;
    this.x = this.y = 0;
    this.scale = 1;
    this.untouched = true; // until the reader moves it, it fits itself to every new size
    this.dragged = false;
    this.pointers = new Map();
    svg.addEventListener("wheel", (event) => this.#wheel(event), {passive: false});
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => this.#up(event));
    // A drag that ends on a box is not a click on it.
    svg.addEventListener("click", (event) => this.dragged && event.stopPropagation(), {capture: true});
    this.watcher = new ResizeObserver(() => (this.untouched ? this.begin() : this.#apply()));
    this.watcher.observe(svg);
  }

  stop() {
    this.watcher.disconnect();
  }

  /** The size of the drawing. @param {number} width @param {number} height */
  resize(width, height) {
    [this.width, this.height] = [Math.max(width, 1), Math.max(height, 1)];
  }

  /** The first look: all of it where that can be read, else its top. */
  begin() {
    const [width, height] = this.#room();
    const whole = Math.min((width - 2 * PAD) / this.width, (height - 2 * PAD) / this.height);
    const scale = whole >= READABLE ? whole : Math.min(1, Math.max(READABLE, (width - 2 * PAD) / this.width));
    this.#set(Math.min(scale, 1.1), PAD);
  }

  /** All of it, however small. */
  fit() {
    const [width, height] = this.#room();
    const scale = Math.min((width - 2 * PAD) / this.width, (height - 2 * PAD) / this.height);
    this.#glide();
    this.#set(Math.min(Math.max(scale, LEAST), 1.1), PAD);
  }

  /** Zooms about a point of the window, by default its middle. */
  zoom(factor, [x, y] = this.#room().map((side) => side / 2), glide = true) {
    const scale = Math.min(Math.max(this.scale * factor, LEAST), MOST);
    if (glide) this.#glide();
    this.untouched = false;
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.#apply();
  }

  /** Brings a rectangle of the drawing into view, moving no more than is needed (or to the middle). */
  reveal(box, {centre = false, glide = true} = {}) {
    const [width, height] = this.#room();
    if (glide) this.#glide();
    this.untouched = false;
    if (this.scale < READABLE && centre) this.scale = READABLE;
    // Along a side where all of it fits, all of it is shown rather than one box in the middle.
    const narrow = centre && this.width * this.scale + 2 * PAD < width;
    this.x = narrow
      ? (width - this.width * this.scale) / 2
      : placed(this.x, box.x * this.scale, box.width * this.scale, width, this.width * this.scale, centre);
    this.y = placed(this.y, box.y * this.scale, box.height * this.scale, height, this.height * this.scale, centre);
    this.#apply();
  }

  /** Whether most of a rectangle of the drawing can be seen. */
  shows(box) {
    const [width, height] = this.#room();
    const [x, y] = this.seen(box.x + box.width / 2, box.y + Math.min(box.height / 2, 40));
    return x >= 0 && y >= 0 && x <= width && y <= height;
  }

  /** Brings a height of the drawing to the middle of the window. @param {number} y */
  look(y) {
    this.untouched = false;
    this.y = this.#room()[1] / 2 - Math.min(Math.max(y, 0), this.height) * this.scale;
    this.#apply();
  }

  /** Where a point of the drawing is in the window. */
  seen(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  /** Moves the drawing so that a point of it is where it is wanted in the window. */
  pin([x, y], [wantedX, wantedY]) {
    this.x = wantedX - x * this.scale;
    this.y = wantedY - y * this.scale;
    this.#apply();
  }

  #room() {
    const {width, height} = this.svg.getBoundingClientRect();
    return [width || 1, height || 1];
  }

  #set(scale, top) {
    const [width, height] = this.#room();
    this.scale = scale;
    this.x = (width - this.width * scale) / 2;
    this.y = this.height * scale < height ? Math.max(top, Math.min((height - this.height * scale) / 2, 64)) : top;
    this.#apply();
  }

  #apply() {
    const [width, height] = this.#room();
    const keep = 60; // so much of the drawing stays in view
    this.x = Math.min(Math.max(this.x, keep - this.width * this.scale), width - keep);
    this.y = Math.min(Math.max(this.y, keep - this.height * this.scale), height - keep);
    this.world.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.moved();
  }

  #glide() {
    this.world.classList.add("gliding");
    clearTimeout(this.gliding);
    this.gliding = setTimeout(() => this.world.classList.remove("gliding"), 250);
  }

  #at(event) {
    const frame = this.svg.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  #wheel(event) {
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * unit * 0.004), this.#at(event), false);
      return;
    }
    const [width, height] = this.#room();
    const [across, down] = event.shiftKey && !event.deltaX ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
    const x = scrolled(this.x, across * unit, this.width * this.scale, width);
    const y = scrolled(this.y, down * unit, this.height * this.scale, height);
    if (x === this.x && y === this.y) return; // at its end: the page scrolls on
    event.preventDefault();
    this.untouched = false;
    [this.x, this.y] = [x, y];
    this.#apply();
  }

  #down(event) {
    if (event.button > 0) return;
    this.dragged = false;
    this.pointers.set(event.pointerId, {at: this.#at(event), from: this.#at(event)});
  }

  #move(event) {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) return;
    const [x, y] = this.#at(event);
    const [dx, dy] = [x - pointer.at[0], y - pointer.at[1]];
    if (!this.dragged && Math.hypot(x - pointer.from[0], y - pointer.from[1]) < DRAG && this.pointers.size === 1)
      return;
    if (!this.dragged) this.svg.setPointerCapture(event.pointerId);
    this.dragged = true;
    this.untouched = false;
    if (this.pointers.size === 2) this.#pinch(event.pointerId, pointer, [x, y]);
    else {
      this.x += dx;
      this.y += dy;
      this.#apply();
    }
    pointer.at = [x, y];
  }

  #pinch(id, pointer, [x, y]) {
    const other = [...this.pointers].find(([key]) => key !== id)[1].at;
    const before = Math.hypot(pointer.at[0] - other[0], pointer.at[1] - other[1]);
    const after = Math.hypot(x - other[0], y - other[1]);
    if (before > 1) this.zoom(after / before, other, false);
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    // The click follows at once; after it, clicks count again.
    setTimeout(() => (this.dragged = this.pointers.size > 0 && this.dragged));
  }
}

/** The offset at which a stretch is within the window, or in its middle. */
function placed(offset, start, length, room, total, centre) {
  if (centre) {
    const wanted = length > room ? PAD - start : room / 2 - start - length / 2;
    return Math.min(PAD, Math.max(wanted, Math.min(PAD, room - total - PAD))); // nothing but the drawing where it fills the window
  }
  const gap = Math.min(PAD, Math.max(0, (room - length) / 2));
  if (offset + start < gap || length > room) return gap - start;
  return Math.min(offset, room - gap - start - length);
}

/** The offset after scrolling, not further than to the drawing's ends (or no further off than it was). */
function scrolled(offset, by, length, room) {
  const [low, high] = [Math.min(offset, room - length - PAD), Math.max(offset, PAD)];
  if (length + 2 * PAD <= room) return offset;
  return Math.min(Math.max(offset - by, low), high);
}
