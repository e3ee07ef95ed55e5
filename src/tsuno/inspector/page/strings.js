/**
 * Every text of the page, in English and Japanese.
 *
 * `t("key")` gives the text in the language chosen; `{name}` within it is filled from the second argument. Modules add their own
 * tables with `addStrings`.
 */

const TABLES = {en: {}, ja: {}};
/** @type {"en"|"ja"} */
let chosen = "en";

/** The language shown now. @returns {"en"|"ja"} */
export function language() {
  return chosen;
}

/** Chooses the language and tells the document. @param {string} wanted such as "ja" or "ja-JP"; others mean English */
export function setLanguage(wanted) {
  chosen = String(wanted).toLowerCase().startsWith("ja") ? "ja" : "en";
  document.documentElement.lang = chosen;
}

/** @param {{en: Record<string, string>, ja: Record<string, string>}} tables texts by key */
export function addStrings(tables) {
  for (const name of Object.keys(TABLES)) Object.assign(TABLES[name], tables[name]);
}

/**
 * @param {string} key @param {Record<string, string|number>} [values] what stands for `{name}` in the text
 * @returns {string} the text; the key itself where there is none
 */
export function t(key, values = {}) {
  const text = TABLES[chosen][key] ?? TABLES.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

/** A number for reading: digits grouped, or few significant ones. @param {number} value */
export function number(value) {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return value.toLocaleString(chosen);
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) return value.toExponential(2);
  return value.toLocaleString(chosen, {maximumSignificantDigits: 4});
}

/** Bytes for reading, in binary units. @param {number} count */
export function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(count, 1)) / 10));
  return `${number(Number((count / 1024 ** power).toPrecision(3)))} ${units[power]}`;
}

addStrings({
  en: {
    "page.skip": "Skip to the chosen layer",
    "page.graph": "Model graph",
    "page.input": "Input",
    "page.predictions": "Predictions",
    "page.theme": "Theme",
    "page.theme.light": "Switch to the light theme",
    "page.theme.dark": "Switch to the dark theme",
    "page.model": "Model",
    "page.model.first": "First model",
    "page.model.second": "Second model",
    "page.params": "{count} parameters",
    "page.loading": "Loading…",
    "page.dismiss": "Dismiss",
    "page.close": "Close",
    "page.cancel": "Cancel",
    "page.more": "and {count} more",
    "page.training": "training",
    "error.unreachable": "The server does not answer. Is the Python program still running?",
    "error.status": "The server answered with status {status}.",
    "error.dtype": "The server sent an array of {dtype}, which this page cannot read.",
    "graph.search": "Search layers",
    "graph.search.hint": "Search layers ( / )",
    "graph.found": "{at} of {count}",
    "graph.found.none": "none",
    "graph.next": "Next match",
    "graph.previous": "Previous match",
    "graph.in": "Zoom in",
    "graph.out": "Zoom out",
    "graph.fit": "Fit the whole graph",
    "graph.unfold": "Unfold {name}",
    "graph.fold": "Fold {name}",
    "graph.help": "Arrow keys move along the edges, Enter chooses, Space folds, + and − zoom, 0 fits.",
    "graph.model": "{kind}, output {shape}, {params} parameters",
    "graph.legend": "Kinds of layers",
    "graph.show": "Boxes show",
    "graph.show.shape": "shape",
    "graph.show.params": "parameters",
    "graph.show.dtype": "dtype",
    "graph.show.seconds": "time",
    "graph.show.flops": "operations",
    "graph.show.bytes": "memory",
    "family.convolution": "convolution",
    "family.dense": "dense",
    "family.recurrent": "recurrent",
    "family.attention": "attention",
    "family.embedding": "embedding",
    "family.pooling": "pooling",
    "family.normalization": "normalization",
    "family.activation": "activation",
    "family.merge": "merge",
    "family.shape": "shape",
    "family.input": "input",
    "family.model": "model",
    "family.regularization": "regularization",
    "family.other": "other",
    "input.choose": "Choose a file",
    "input.draw": "Draw",
    "input.type": "Type",
    "input.list": "Inputs",
    "input.none": "No inputs yet. Add one below, or drop a file anywhere on this page.",
    "input.drop": "Drop to use as an input",
    "input.for": "For the model’s input",
    "input.all": "all inputs",
    "input.nothing": "not chosen",
    "input.from": "From {folder}",
    "input.sent": "{name} is the input now.",
    "input.several": "This model takes {count} inputs. Choose one for each.",
    "input.several.missing": "Still to be chosen: {names}.",
    "input.draw.title": "Draw an input",
    "input.draw.hint":
      "Draw with the pointer. With the keyboard: arrow keys move the brush, with Shift they draw; Space makes a dot, Delete rubs out.",
    "input.draw.canvas": "Canvas for drawing, white on black",
    "input.draw.clear": "Clear",
    "input.draw.brush": "Brush",
    "input.draw.use": "Use the drawing",
    "input.type.title": "Type an input",
    "input.type.text": "Text",
    "input.type.values": "Numbers",
    "input.type.values.hint": "{count} numbers (shape {shape}), separated by commas or spaces.",
    "input.type.tokens.hint": "Whole numbers, separated by commas or spaces; the model takes {shape}.",
    "input.type.use": "Use it",
    "input.type.count": "{got} numbers were typed; {count} are needed.",
    "input.type.bad": "“{text}” is not a number.",
    "predictions.none": "Choose an input to see what the model makes of it.",
    "predictions.took": "{ms} ms",
    "predictions.explain": "Explain {label}",
    "predictions.positive": "Probability",
    "predictions.class": "class {index}",
    "predictions.values": "{name}: {shape}",
    "predictions.image": "An array of {shape}; choose the layer {name} to see it.",
    "panel.none": "No layer chosen",
    "panel.none.hint":
      "Choose a layer in the graph to see what it gives, its weights, its settings, and why the model decided as it did.",
    "panel.tabs": "Views of the layer",
    "panel.output": "Output",
    "panel.weights": "Weights",
    "panel.config": "Configuration",
    "panel.why": "Why",
    "panel.live": "Live",
    "panel.compare": "Compare",
    "panel.outputs": "Call",
    "panel.frozen": "frozen",
    "panel.shared": "used {count} times",
    "panel.noinput": "Choose an input first: then this shows what the layer makes of it.",
    "panel.unknown": "This model has no layer {layer}.",
  },
  ja: {
    "page.skip": "選択中のレイヤーへ移動",
    "page.graph": "モデルのグラフ",
    "page.input": "入力",
    "page.predictions": "予測",
    "page.theme": "配色",
    "page.theme.light": "ライトテーマに切り替え",
    "page.theme.dark": "ダークテーマに切り替え",
    "page.model": "モデル",
    "page.model.first": "1つ目のモデル",
    "page.model.second": "2つ目のモデル",
    "page.params": "パラメータ {count} 個",
    "page.loading": "読み込み中…",
    "page.dismiss": "閉じる",
    "page.close": "閉じる",
    "page.cancel": "キャンセル",
    "page.more": "ほか {count} 件",
    "page.training": "学習中",
    "error.unreachable": "サーバーから応答がありません。Python のプログラムが動いているか確認してください。",
    "error.status": "サーバーがステータス {status} を返しました。",
    "error.dtype": "{dtype} 型の配列は、このページでは読み取れません。",
    "graph.search": "レイヤーを検索",
    "graph.search.hint": "レイヤーを検索（ / ）",
    "graph.found": "{at} / {count} 件",
    "graph.found.none": "該当なし",
    "graph.next": "次の一致",
    "graph.previous": "前の一致",
    "graph.in": "拡大",
    "graph.out": "縮小",
    "graph.fit": "全体を表示",
    "graph.unfold": "{name} を展開",
    "graph.fold": "{name} を折りたたむ",
    "graph.help": "矢印キーで接続をたどり、Enter で選択、Space で折りたたみ、+ と − で拡大縮小、0 で全体を表示します。",
    "graph.model": "{kind}、出力 {shape}、パラメータ {params} 個",
    "graph.legend": "レイヤーの種類",
    "graph.show": "表示する値",
    "graph.show.shape": "形状",
    "graph.show.params": "パラメータ数",
    "graph.show.dtype": "データ型",
    "graph.show.seconds": "時間",
    "graph.show.flops": "演算量",
    "graph.show.bytes": "メモリ",
    "family.convolution": "畳み込み",
    "family.dense": "全結合",
    "family.recurrent": "再帰",
    "family.attention": "アテンション",
    "family.embedding": "埋め込み",
    "family.pooling": "プーリング",
    "family.normalization": "正規化",
    "family.activation": "活性化",
    "family.merge": "結合",
    "family.shape": "形状変換",
    "family.input": "入力",
    "family.model": "モデル",
    "family.regularization": "正則化",
    "family.other": "その他",
    "input.choose": "ファイルを選ぶ",
    "input.draw": "描く",
    "input.type": "入力する",
    "input.list": "入力の一覧",
    "input.none": "入力がまだありません。下のボタンから追加するか、ページ上のどこかにファイルをドロップしてください。",
    "input.drop": "ドロップして入力に使う",
    "input.for": "モデルのどの入力に使うか",
    "input.all": "すべての入力",
    "input.nothing": "未選択",
    "input.from": "{folder} から",
    "input.sent": "{name} を入力にしました。",
    "input.several": "このモデルには入力が {count} つあります。それぞれ選んでください。",
    "input.several.missing": "未選択：{names}",
    "input.draw.title": "入力を描く",
    "input.draw.hint":
      "マウスや指、ペンで描いてください。キーボードでは、矢印キーでブラシを動かし、Shift を押しながらだと線を引きます。Space で点を打ち、Delete で消します。",
    "input.draw.canvas": "描画用キャンバス（黒地に白）",
    "input.draw.clear": "消去",
    "input.draw.brush": "ブラシの太さ",
    "input.draw.use": "この絵を使う",
    "input.type.title": "文字や数値を入力する",
    "input.type.text": "テキスト",
    "input.type.values": "数値",
    "input.type.values.hint": "数値を {count} 個（形状 {shape}）、カンマか空白で区切って入力してください。",
    "input.type.tokens.hint": "整数をカンマか空白で区切って入力してください（モデルの入力は {shape}）。",
    "input.type.use": "これを使う",
    "input.type.count": "数値が {got} 個入力されましたが、{count} 個必要です。",
    "input.type.bad": "「{text}」は数値ではありません。",
    "predictions.none": "入力を選ぶと、モデルの予測がここに表示されます。",
    "predictions.took": "{ms} ミリ秒",
    "predictions.explain": "{label} の根拠を見る",
    "predictions.positive": "確率",
    "predictions.class": "クラス {index}",
    "predictions.values": "{name}：{shape}",
    "predictions.image": "形状 {shape} の配列です。レイヤー {name} を選ぶと表示されます。",
    "panel.none": "レイヤーが選ばれていません",
    "panel.none.hint": "グラフでレイヤーを選ぶと、出力、重み、設定、判断の根拠が表示されます。",
    "panel.tabs": "レイヤーの表示",
    "panel.output": "出力",
    "panel.weights": "重み",
    "panel.config": "設定",
    "panel.why": "根拠",
    "panel.live": "学習状況",
    "panel.compare": "比較",
    "panel.outputs": "呼び出し",
    "panel.frozen": "固定",
    "panel.shared": "{count} か所で使用",
    "panel.noinput": "先に入力を選んでください。このレイヤーの結果が表示されます。",
    "panel.unknown": "このモデルに {layer} というレイヤーはありません。",
  },
});
