/**
 * Talking with the server: JSON, arrays, events, and where errors go.
 *
 * Each call rejects with a ServerError that carries the server's sentence. A view that can say it in place catches it; what
 * nobody catches lands in the page's message area (see the last lines), so that nothing fails in silence.
 */

import {t} from "./strings.js";

export class ServerError extends Error {
  /** @param {string} sentence @param {number} status HTTP status; 0: the server was not reached */
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

/**
 * @param {string} path such as "/api/layer"
 * @param {Record<string, string|number|null|undefined>} [params] query parameters; null ones are left out
 * @returns {string} the address, everything escaped
 */
export function address(path, params = {}) {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined);
  const query = given.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join("&");
  return query ? `${path}${path.includes("?") ? "&" : "?"}${query}` : path;
}

/**
 * @param {string} path @param {Record<string, any>} [params] query parameters @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the reply
 */
export async function getJSON(path, params = {}, options = {}) {
  return (await ask(address(path, params), options)).json();
}

/**
 * An array of the server, as 32-bit floats whatever it is there.
 * @param {string} path @param {Record<string, any>} [params] query parameters @param {{signal?: AbortSignal}} [options]
 * @returns {Promise<{shape: number[], dtype: string, data: Float32Array, view: string|null, parts: number, score: number|null}>}
 */
export async function getArray(path, params = {}, options = {}) {
  const reply = await ask(address(path, params), options);
  const dtype = reply.headers.get("X-Dtype") ?? "float32";
  const shape = (reply.headers.get("X-Shape") ?? "").split(",").filter(Boolean).map(Number);
  const bytes = await reply.arrayBuffer();
  const score = reply.headers.get("X-Score");
  return {
    shape,
    dtype,
    data: floats(bytes, dtype),
    view: reply.headers.get("X-View"),
    parts: Number(reply.headers.get("X-Parts") ?? 1),
    score: score === null ? null : Number(score),
  };
}

/**
 * Sends an object as JSON, or a Blob/ArrayBuffer as it is.
 * @param {string} path @param {any} body @param {Record<string, any>} [params] query parameters
 * @param {{signal?: AbortSignal}} [options] @returns {Promise<any>} the reply
 */
export async function postJSON(path, body, params = {}, options = {}) {
  const raw = body instanceof Blob || body instanceof ArrayBuffer;
  const headers = {"Content-Type": raw ? "application/octet-stream" : "application/json"};
  const reply = await ask(address(path, params), {
    ...options,
    method: "POST",
    headers,
    body: raw ? body : JSON.stringify(body),
  });
  return reply.json();
}

/**
 * Shows a sentence in the message area (`role="alert"`) until it is dismissed.
 * @param {string|Error} error
 */
export function showError(error) {
  const sentence = typeof error === "string" ? error : error?.message || String(error);
  document.dispatchEvent(new CustomEvent("page-message", {detail: {sentence, kind: "error"}}));
}

/** Shows a notice (polite, goes away by itself). @param {string} sentence */
export function showNotice(sentence) {
  document.dispatchEvent(new CustomEvent("page-message", {detail: {sentence, kind: "notice"}}));
}

/** Whether an error only means that the question was withdrawn. @param {any} error */
export function isAbort(error) {
  return error?.name === "AbortError";
}

// One stream of events for the whole page. Whoever listens first opens it; the past is kept so that a late listener hears all.
const LONGEST_PAST = 20000;
const hearers = new Set();
let source = null;
let past = [];

/**
 * Hears the training's events, those of the past first. A "hello" says that the past is told anew: forget what was heard.
 * @param {(event: {kind: string, [key: string]: any}) => void} listener
 * @returns {() => void} a function that stops listening
 */
export function onEvent(listener) {
  for (const event of past) listener(event);
  hearers.add(listener);
  source ??= openStream();
  return () => hearers.delete(listener);
}

function openStream() {
  const stream = new EventSource("/api/events");
  stream.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.kind === "hello") past = [];
    if (past.length < LONGEST_PAST) past.push(event);
    for (const hearer of [...hearers]) hearer(event);
    // Without a training there is nothing to hear, and the browser would only ask again for ever. After the end of one, the
    // stream stays open: there may be another.
    if (event.kind === "hello" && !event.running) stream.close();
  };
  return stream;
}

async function ask(url, options) {
  let reply;
  try {
    reply = await fetch(url, options);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ServerError(t("error.unreachable"), 0);
  }
  if (!reply.ok) throw new ServerError(await sentenceOf(reply), reply.status);
  return reply;
}

async function sentenceOf(reply) {
  try {
    return (await reply.json()).error || t("error.status", {status: reply.status});
  } catch {
    return t("error.status", {status: reply.status});
  }
}

function floats(bytes, dtype) {
  if (dtype === "float32") return new Float32Array(bytes);
  if (dtype === "uint8" || dtype === "bool") return Float32Array.from(new Uint8Array(bytes));
  if (dtype === "int32") return Float32Array.from(new Int32Array(bytes));
  throw new ServerError(t("error.dtype", {dtype}), 0);
}

addEventListener("unhandledrejection", (event) => {
  if (isAbort(event.reason)) event.preventDefault();
  else if (event.reason instanceof ServerError) {
    event.preventDefault();
    showError(event.reason);
  }
});
