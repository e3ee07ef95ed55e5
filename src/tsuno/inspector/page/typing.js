/**
 * The dialog to type an input: a text, or numbers, in fields of their own where the columns have names.
 */

import {make} from "./dom.js";
import {choiceOfInput, openDialog} from "./asking.js";
import {number, t} from "./strings.js";

const MOST_NUMBERS = 2000;

/** Whether an input can be typed: texts, and numbers that are not too many. @param {import("./state.js").Entry} input of the model */
export function canBeTyped(input) {
  if (input.kind === "text" || input.kind === "tokens") return true;
  return ["row", "array"].includes(input.kind) && countOf(input) !== null && countOf(input) <= MOST_NUMBERS;
}

/**
 * Opens the dialog.
 * @param {import("./state.js").Entry[]} inputs the model's inputs that can be typed
 * @param {(kind: "text"|"values", body: object, input: string) => Promise<any>} use what to do with it
 */
export function openTyping(inputs, use) {
  const place = make("div.typing-place");
  let read = null;
  const show = (input) => {
    const form = input.kind === "text" ? textForm() : input.columns ? columnsForm(input) : numbersForm(input);
    read = form.read;
    place.replaceChildren(...form.elements);
  };
  const [choice, chosen] = choiceOfInput(inputs, show);
  show(inputs[0]);
  openDialog(t("input.type.title"), [choice, place], t("input.type.use"), async () => {
    const [kind, body] = read();
    await use(kind, body, chosen());
  });
  place.querySelector("textarea, input")?.focus();
}

function textForm() {
  const field = make("textarea", {rows: 4, required: true});
  return {
    elements: [make("label.ask-field", {}, t("input.type.text"), field)],
    read: () => ["text", {text: field.value}],
  };
}

function columnsForm(input) {
  const fields = input.columns.map((column) => [
    column,
    make("input", {inputmode: "decimal", value: "0", autocomplete: "off"}),
  ]);
  const labels = fields.map(([column, field]) => make("label.ask-field", {}, column, field));
  return {
    elements: [make("div.typing-columns", {}, ...labels)],
    read: () => ["values", {values: fields.map(([, field]) => parsed(field.value.trim()))}],
  };
}

function numbersForm(input) {
  const count = countOf(input);
  const shape = input.shape.map((size) => size ?? "?").join("×");
  const key = input.kind === "tokens" || count === null ? "input.type.tokens.hint" : "input.type.values.hint";
  const hint = make("p.ask-hint", {id: "typing-hint"}, t(key, {shape, count: count === null ? "" : number(count)}));
  const field = make("textarea", {
    rows: 4,
    required: true,
    inputmode: "decimal",
    "aria-describedby": "typing-hint",
    spellcheck: "false",
  });
  const read = () => {
    const values = field.value
      .split(/[\s,;、，[\]()]+/)
      .filter(Boolean)
      .map(parsed);
    // A short row of tokens is filled up by the server.
    if (input.kind !== "tokens" && count !== null && values.length !== count)
      throw new Error(t("input.type.count", {got: values.length, count}));
    return ["values", {values}];
  };
  return {elements: [make("label.ask-field", {}, t("input.type.values"), field), hint], read};
}

function parsed(text) {
  const value = Number(text.normalize("NFKC")); // digits of full width are digits
  if (text === "" || !Number.isFinite(value)) throw new Error(t("input.type.bad", {text}));
  return value;
}

/** How many numbers an input has; null where sizes are free. */
function countOf(input) {
  return input.shape.includes(null) ? null : input.shape.reduce((product, size) => product * size, 1);
}
