/** `<layer-config>`: what the chosen layer was made with, and what goes in and out of it. */

import {make} from "./dom.js";
import {getJSON, showError, showNotice} from "./net.js";
import {chosenLayer} from "./state.js";
import {number, t} from "./strings.js";
import {saying, View} from "./view.js";

class LayerConfig extends View {
  static keys = ["model", "layer", "which"];

  async load(state, signal) {
    const layer = chosenLayer();
    if (!layer) return {sentence: t("panel.none.hint")};
    return {layer, ...(await getJSON("/api/layer", {layer: layer.path, which: state.which}, {signal}))};
  }

  draw(data) {
    if (data.sentence) return saying(data.sentence);
    const {layer, config, input_shapes: inputs} = data;
    const facts = [
      ["config.path", data.path],
      ["config.kind", data.kind],
      ["config.input", inputs.join(", ") || "–"],
      ["config.output", data.shape],
      ["config.params", data.params === null ? "–" : number(data.params)],
      ["config.dtype", layer.dtype || "–"],
      ["config.trainable", t(layer.trainable ? "config.yes" : "config.no")],
    ];
    const copy = make("button.quiet", {type: "button", onclick: () => copied(config)}, t("config.copy"));
    return make(
      "div.config",
      {},
      make("dl.config-facts", {}, ...facts.map(([key, value]) => make("div", {}, make("dt", {}, t(key)), make("dd", {}, value)))),
      make("header.config-head", {}, make("h3", {}, t("config.title")), Object.keys(config).length ? copy : null),
      Object.keys(config).length ? tableOf(config) : saying(t("config.none")),
    );
  }
}

customElements.define("layer-config", LayerConfig);

async function copied(config) {
  try {
    await navigator.clipboard.writeText(JSON.stringify(config, null, 2));
    showNotice(t("config.copied"));
  } catch {
    showError(t("config.uncopied"));
  }
}

function tableOf(object) {
  const rows = Object.entries(object).map(([key, value]) =>
    make("tr", {}, make("th", {scope: "row"}, key), make("td", {}, valueOf(value))),
  );
  return make("table.config-table", {}, make("tbody", {}, ...rows));
}

/** Plain values as text; what has parts folds. */
function valueOf(value) {
  if (value === null || typeof value === "boolean")
    return make("span.config-word", {}, value === null ? "None" : value ? "True" : "False");
  if (typeof value === "number") return make("span.config-number", {}, String(value));
  if (typeof value === "string") return make("span.config-text", {}, value);
  if (Array.isArray(value) && value.every((one) => one === null || typeof one !== "object"))
    return make("span.config-number", {}, `(${value.map((one) => one ?? "None").join(", ")})`);
  const name = value.class_name ?? (Array.isArray(value) ? t("config.list", {count: value.length}) : t("config.object"));
  const inner = value.class_name ? (value.config ?? {}) : value;
  if (typeof inner !== "object" || !Object.keys(inner).length) return make("span.config-text", {}, name);
  return make("details.config-part", {}, make("summary", {}, name), tableOf(inner));
}
