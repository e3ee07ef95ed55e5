"""`model.summary()` says what Keras' says, in a table that stays in line whatever it is printed on."""

import io
import re
import sys

import keras
import numpy as np
import pytest
from rich.cells import cell_len

import tsuno


def branching(k):
    """Two inputs, a shared layer, a model inside, operations between."""
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    shared = k.layers.Dense(4, name="shared")
    left, right = shared(a), shared(b)
    inner_input = k.Input((4,), name="entry")
    inner = k.Model(inner_input, k.layers.BatchNormalization(name="norm")(inner_input), name="inner")
    joined = k.layers.Concatenate(name="join")([inner(left), right * 2])
    frozen = k.layers.Dense(5, name="frozen", trainable=False)
    return k.Model([a, b], [frozen(joined), k.layers.Dense(2, name="head")(joined[:, 1:])], name="branching")


def convnet(k):
    parts = [
        k.Input((8, 8, 1)), k.layers.Conv2D(4, 3, name="conv"), k.layers.BatchNormalization(name="norm"),
        k.layers.MaxPooling2D(name="pool"), k.layers.Dropout(0.5, name="drop"), k.layers.Flatten(name="flat"),
        k.layers.Dense(10, activation="softmax", name="out"),
    ]  # fmt: skip
    model = k.Sequential(parts, name="convnet")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    return model


def states(k):
    """Several outputs of a layer, a stack inside, whole numbers as input."""
    words = k.Input((6,), dtype="int32", name="words")
    x = k.layers.Embedding(20, 4, name="table")(words)
    sequence, last, _ = k.layers.LSTM(3, return_sequences=True, return_state=True, name="lstm")(x)
    stack = k.Sequential([k.Input((6, 3)), k.layers.GRU(2, name="gru"), k.layers.Dense(3, name="wide")], name="stack")
    return k.Model(words, k.layers.Add(name="sum")([stack(sequence), last]), name="states")


def own(k):
    class Own(k.Model):
        def __init__(self):
            super().__init__(name="own")
            self.first, self.lstm = k.layers.Dense(3, name="first"), k.layers.LSTM(4, name="lstm")
            self.norm, self.unused = k.layers.BatchNormalization(name="norm"), k.layers.Dense(9, name="unused")

        def build(self, input_shape):
            pass

        def call(self, x):
            return self.norm(self.lstm(self.first(x)))

    model = Own()
    model(np.ones((2, 5, 3), "float32"))
    return model


def in_a_row(k):
    """A layer that is called twice, one after the other."""
    inputs, again = k.Input((4,), name="x"), k.layers.Dense(4, name="again")
    return k.Model(inputs, again(again(inputs)), name="in_a_row")


def printed(model, **options):
    texts = []
    model.summary(print_fn=texts.append, **options)
    (text,) = texts
    return text


def cells(text):
    """The rows of a table, those that are folded put together."""
    rows, folded = [], []
    for line in text.splitlines():
        if line.startswith("│"):
            folded.append([cell.rstrip() for cell in line.strip("│").split("│")])
        elif folded:
            rows.append(["".join(parts) for parts in zip(*folded, strict=True)])
            folded = []
    return rows


def facts(text):
    """Rows as (name, kind, shape, parameters, connections of the outermost, trainable mark), and the lines below."""
    rows = []
    for name, *rest in cells(text):
        name, kind = re.fullmatch(r"(.*) \(([^,]*).*\)", name).groups()
        connections = rest[2:-1] if name.startswith(" ") and "└" not in name else []
        rows.append((name.strip(" └─"), kind, rest[0].strip(), rest[1].strip(), *connections, rest[-1].strip()))
    return rows, [line.strip() for line in text.splitlines() if " params: " in line]


@pytest.mark.parametrize("make", [branching, convnet, states, own, in_a_row])
def test_rows_shapes_numbers_and_connections_are_those_of_keras(make, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    found = []
    for library in (tsuno, keras):
        library.utils.clear_session()
        found.append(facts(printed(make(library), expand_nested=True, show_trainable=True, line_length=290)))
    assert found[0] == found[1] and found[0][0]


@pytest.mark.parametrize(
    "ends", [("shared", "join"), ("join", "shared"), ("a", "b"), ("fr.*", "head"), ("h", "h"), ("s|j", "j|i")], ids=str
)
def test_the_range_is_that_of_keras(ends, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    found = []
    for library in (tsuno, keras):
        library.utils.clear_session()
        found.append(facts(printed(branching(library), layer_range=ends, line_length=290)))
    assert found[0] == found[1] and found[0][0]


def test_what_is_unbuilt_says_so():
    models = [k.Sequential([k.layers.Dense(4, name="a"), k.layers.Flatten(name="b")], name="m") for k in (tsuno, keras)]
    ours, theirs = (facts(printed(model)) for model in models)
    assert ours == theirs and ours[0][0] == ("a", "Dense", "?", "0 (unbuilt)", "0 (unbuilt)")


def test_models_within_models_are_indented_and_connected():
    inner = tsuno.Sequential([tsuno.Input((4,)), tsuno.layers.Dense(4, name="deep")], name="innermost")
    x = tsuno.Input((4,), name="entry")
    middle = tsuno.Model(x, inner(tsuno.ops.relu(x)) + x, name="middle")
    y = tsuno.Input((4,), name="y")
    text = printed(tsuno.Model(y, middle(middle(y)), name="outer"), expand_nested=True, line_length=120)
    rows = {row[0].strip(" └─").split(" ")[0]: row for row in cells(text)}
    assert list(rows) == ["y", "middle", "entry", "relu", "innermost", "deep", "add"]
    indents = {name: len(row[0]) - len(row[0].lstrip(" └─")) for name, row in rows.items()}
    assert indents == {"y": 1, "middle": 1, "entry": 4, "relu": 4, "innermost": 4, "deep": 7, "add": 4}
    assert rows["middle"][3].strip() == "y[0][0], middle[0][0]"
    assert rows["add"][3].strip() == "innermost[0][0], entry[0][0]"


def test_a_layer_in_two_models_is_counted_once_and_marked():
    shared = tsuno.layers.Dense(4, name="shared")
    stacks = [tsuno.Sequential([tsuno.Input((4,)), shared], name=name) for name in ("one", "two")]
    text = printed(tsuno.Sequential([tsuno.Input((4,)), *stacks]), expand_nested=True)
    assert [row[2].strip() for row in cells(text)] == ["20", "20", "20", "20 (shared)"]
    assert "Total params: 20 " in text


def test_shapes_of_calls_that_differ_are_all_shown():
    a, b, shared = tsuno.Input((2,)), tsuno.Input((5, 2)), tsuno.layers.Dense(3, name="shared")
    text = printed(tsuno.Model([a, b], [shared(a), shared(b)]), line_length=150)
    assert cells(text)[-1][1].strip() == "(None, 3) / (None, 5, 3)"


def test_dtypes_are_shown_where_they_differ():
    x = tsuno.Input((3,), dtype="int32", name="whole")
    y = tsuno.layers.Embedding(4, 2, dtype="mixed_bfloat16", name="half")(x)
    model = tsuno.Model(x, tsuno.layers.Dense(2, name="usual")(y))
    assert [row[0].strip() for row in cells(printed(model))] == [
        "whole (InputLayer, int32)", "half (Embedding, mixed_bfloat16)", "usual (Dense)",
    ]  # fmt: skip


def japanese():
    x = tsuno.Input((2,), name="入力")
    y = tsuno.layers.Dense(3, name="全結合の層_とても長い名前の層_もっと長い名前")(x)
    return tsuno.Model(x, tsuno.layers.Add(name="和 [bold]")([y, y]), name="角のモデル")


@pytest.mark.parametrize("width", [None, 60, 120])
def test_wide_letters_stay_in_line(width):
    text = printed(japanese(), line_length=width, show_trainable=True)
    lines = [line for line in text.splitlines() if line[0] in "┏┃┡│├└"]
    (found,) = {cell_len(line) for line in lines}
    assert found == (width or found) and "和 [bold]" in text
    assert "".join(row[0].replace(" ", "") for row in cells(text)).count("もっと長い名前") == 1


@pytest.mark.parametrize(
    ("positions", "length", "trainable", "ends"),
    [((0.45, 0.8, 1.0), 100, False, (45, 80, 100)), ((0.5, 0.75, 1.0), 60, False, (30, 45, 60)),
     ((30, 50, 64), None, False, (30, 50, 64)), ((0.33, 0.55, 0.67, 1.0), 100, False, (33, 55, 67)),
     ((80, 130, 150), None, False, (80, 130, 150)),
     ((0.45, 0.8, 1.0), 100, True, (40, 72, 90, 100)), ((0.4, 0.7, 0.8, 1.0), 100, True, (40, 70, 80, 100))],
)  # fmt: skip
def test_columns_end_where_positions_say(positions, length, trainable, ends):
    texts = []
    convnet(tsuno).summary(length, positions, texts.append, show_trainable=trainable)
    line = next(line for line in texts[0].splitlines() if line.startswith("│"))
    assert tuple(place + 1 for place, sign in enumerate(line) if sign == "│")[1:] == ends


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


def shown_on(stream, monkeypatch, model):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        model.summary(expand_nested=True)
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)


def test_what_is_printed_is_what_the_place_can_show(monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    nested = tsuno.Sequential([japanese(), tsuno.layers.Dense(1)])
    kept = shown_on(io.TextIOWrapper(io.BytesIO(), "utf-8"), monkeypatch, nested)
    assert "\x1b" not in kept and "入力" in kept and "│" in kept
    assert "\x1b[" in shown_on(Terminal(io.BytesIO(), "utf-8"), monkeypatch, nested)
    plain = shown_on(io.TextIOWrapper(io.BytesIO(), "ascii"), monkeypatch, nested)
    assert plain.isascii() and r"\u5165\u529b" in plain and "`- " in plain
    assert len({len(line) for line in plain.splitlines() if line[0] in "+|"}) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"layer_range": ("shared",)}, "`summary.layer_range` must be the names"),
     ({"layer_range": "ab"}, "`summary.layer_range` must be the names"),
     ({"layer_range": (1, 2)}, "`summary.layer_range` must be the names"),
     ({"layer_range": ("(", "b")}, "`summary.layer_range` must be regular expressions"),
     ({"layer_range": ("shard", "head")}, "`summary.layer_range` names 'shard', which is no layer. Did you mean 'shared'?"),
     ({"line_length": 10}, "`summary.line_length` must be at least 29, for 4 columns"),
     ({"positions": (0.5, 1.0)}, "`summary.positions` must be 4 ends of columns"),
     ({"positions": (0.5, 0.4, 0.7, 1.0)}, "`summary.positions` must be 4 ends of columns")],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_is_said(arguments, message):
    with pytest.raises(ValueError) as problem:
        branching(tsuno).summary(**arguments)
    assert message in str(problem.value)
