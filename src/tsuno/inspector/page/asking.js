/**
 * Dialogs that ask for something and use it: one form, an error line, and two buttons.
 */

import {icon, make} from "./dom.js";
import {t} from "./strings.js";

const CROSS = "M4 4l8 8M12 4l-8 8";
let count = 0;

/**
 * Opens a dialog. It closes when `use` succeeds; what `use` throws is said in it.
 * @param {string} title @param {Node[]} content @param {string} verb the text of the button that uses it
 * @param {() => Promise<any>} use
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, content, verb, use) {
  const id = `ask-${++count}`;
  const problem = make("p.ask-problem", {role: "alert"});
  const cancel = () => dialog.close();
  const go = make("button.primary", {type: "submit"}, verb);
  const form = make(
    "form",
    {method: "dialog"},
    make(
      "div.ask-head",
      {},
      make("h2", {id}, title),
      make("button.quiet.square", {type: "button", "aria-label": t("page.close"), onclick: cancel}, icon(CROSS)),
    ),
    ...content.filter(Boolean),
    problem,
    make("div.ask-foot", {}, make("button", {type: "button", onclick: cancel}, t("page.cancel")), go),
  );
  const dialog = make("dialog.ask", {"aria-labelledby": id}, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    problem.textContent = "";
    try {
      await use();
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      go.disabled = false;
    }
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * The choice of the model's input that something is for, where several could be meant.
 * @param {import("./state.js").Entry[]} inputs the model's inputs @param {(input: import("./state.js").Entry) => void} [changed] told of every choice
 * @returns {[HTMLElement|null, () => string]} the element, if there is a choice, and what gives the name chosen
 */
export function choiceOfInput(inputs, changed = () => {}) {
  if (inputs.length < 2) return [null, () => inputs[0].name];
  const select = make("select", {}, ...inputs.map((input) => make("option", {value: input.name}, input.name)));
  select.addEventListener("change", () => changed(inputs.find((input) => input.name === select.value)));
  return [make("label.ask-field", {}, t("input.for"), select), () => select.value];
}
