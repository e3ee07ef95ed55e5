/**
 * Making elements in few words, always from text and never from markup.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element with its attributes and children. Keys that begin with "on" are listeners; null, undefined and false are left out;
 * true is an attribute without a value.
 * @param {string} name such as "button" or "button.quiet.small" (classes)
 * @param {Record<string, any>} [attributes] @param {...(Node|string|null|undefined|false)} children
 * @returns {any} an HTMLElement of that name
 */
export function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return dressed(document.createElement(tag), classes, attributes, children);
}

/** The same for SVG. @param {string} name @param {Record<string, any>} [attributes] @param {...any} children @returns {any} */
export function makeSVG(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return dressed(document.createElementNS(SVG, tag), classes, attributes, children);
}

/** Puts children in place of what an element holds. @param {Element} element @param {...(Node|string|null|undefined|false)} children */
export function fill(element, ...children) {
  element.replaceChildren(.../** @type {(Node|string)[]} */ (children.filter(isSomething)));
}

/** An icon: one path in a square of 16. @param {string} path @returns {SVGElement} */
export function icon(path) {
  return makeSVG("svg.icon", {viewBox: "0 0 16 16", "aria-hidden": "true"}, makeSVG("path", {d: path}));
}

function dressed(element, classes, attributes, children) {
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter(isSomething));
  return element;
}

const isSomething = (child) => child !== null && child !== undefined && child !== false;
