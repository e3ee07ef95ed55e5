"""`model.profile(x)`: arithmetic by closed forms, parameters and memory by the shapes, and how it shows itself."""

import io
import sys

import numpy as np
import pytest

import tsuno
from tsuno import engine, layers
from tsuno.models.arithmetic import flops_of
from tsuno.models.profiling import Profile, ProfileRow

# A layer, the shape of its input, the operations of its products, and all others where they have a closed form.
COUNTED = [
    (layers.Dense(5), (3, 4), 2 * 3 * 4 * 5, 3 * 5),
    (layers.Dense(5, use_bias=False), (3, 7, 4), 2 * 3 * 7 * 4 * 5, 0),
    (layers.Dense(5, activation="relu"), (3, 4), 2 * 3 * 4 * 5, 2 * 3 * 5),
    (layers.EinsumDense("abc,cd->abd", (None, 5)), (2, 3, 4), 2 * 2 * 3 * 4 * 5, 0),
    (layers.Conv1D(5, 3, padding="causal", dilation_rate=2), (2, 9, 4), 2 * 2 * 9 * 5 * 3 * 4, 2 * 9 * 5),
    (layers.Conv2D(6, 3), (2, 7, 8, 4), 2 * 2 * 5 * 6 * 6 * 9 * 4, 2 * 5 * 6 * 6),
    (layers.Conv2D(6, 3, strides=2, groups=2, padding="same"), (2, 7, 8, 4), 2 * 2 * 4 * 4 * 6 * 9 * 2, 2 * 4 * 4 * 6),
    (layers.Conv2D(6, (3, 1), groups=4 // 2, data_format="channels_first"), (2, 4, 7, 8), 2 * 2 * 5 * 8 * 6 * 3 * 2, 2 * 5 * 8 * 6),
    (layers.Conv3D(3, 2, use_bias=False), (1, 3, 4, 5, 2), 2 * 2 * 3 * 4 * 3 * 8 * 2, 0),
    (layers.DepthwiseConv2D(3, depth_multiplier=2), (2, 7, 8, 4), 2 * 2 * 5 * 6 * 8 * 9, 2 * 5 * 6 * 8),
    (layers.SeparableConv2D(5, 3), (2, 7, 8, 4), 2 * 2 * 5 * 6 * (4 * 9 + 4 * 5), 2 * 5 * 6 * 5),
    (layers.Conv2DTranspose(5, 3, strides=2), (2, 4, 3, 6), 2 * 2 * 4 * 3 * 9 * 6 * 5, 2 * 9 * 7 * 5),
    (layers.SimpleRNN(5), (2, 7, 3), 2 * 2 * 7 * 5 * (3 + 5), None),
    (layers.LSTM(5), (2, 7, 3), 2 * 2 * 7 * 4 * 5 * (3 + 5), None),
    (layers.GRU(5), (2, 7, 3), 2 * 2 * 7 * 3 * 5 * (3 + 5), None),
    (layers.Bidirectional(layers.LSTM(5)), (2, 7, 3), 2 * 2 * 2 * 7 * 4 * 5 * (3 + 5), None),
    (layers.TimeDistributed(layers.Dense(5)), (2, 7, 3), 2 * 2 * 7 * 3 * 5, 2 * 7 * 5),
    (layers.MaxPooling2D(2), (2, 8, 8, 3), 0, 2 * 4 * 4 * 3 * 4),
    (layers.GlobalAveragePooling2D(), (2, 8, 8, 3), 0, None),
    (layers.Reshape((6, 4)), (2, 8, 3), 0, 0),
    (layers.Permute((2, 1)), (2, 8, 3), 0, 0),
    (layers.Dropout(0.5), (2, 8, 3), 0, 0),
    (layers.ReLU(), (2, 8, 3), 0, 2 * 8 * 3),
]  # fmt: skip


def counted(layer, *shapes):
    arrays = [np.ones(shape, "float32") for shape in shapes]
    layer(*arrays)
    return flops_of(engine.traced_program(lambda *arrays: layer(*arrays), *arrays)[0])


@pytest.mark.parametrize(
    ("layer", "shape", "products", "others"), COUNTED, ids=lambda value: getattr(value, "name", "")
)
def test_operations_are_those_of_the_closed_form(layer, shape, products, others):
    found = counted(layer, shape)
    assert found.products == products
    if others is not None:
        assert found.others == others
    elif products:
        assert 0 < found.others < products


def test_attention_counts_projections_scores_and_values():
    batch, queries, keys, width, heads, size, value_size = 2, 5, 4, 6, 3, 7, 8
    layer = layers.MultiHeadAttention(heads, size, value_size)
    projections = (
        queries * width * size + keys * width * size + keys * width * value_size + queries * value_size * width
    )
    scores = queries * keys * (size + value_size)
    found = counted(layer, (batch, queries, width), (batch, keys, width))
    assert found.products == 2 * batch * heads * (projections + scores)


def test_loops_count_as_often_as_they_run_and_branches_as_the_dearest():
    def twice(x):
        return engine.scan(lambda carry, row: (carry @ carry, row), x, engine.xp.zeros((7, 1)))[0]

    def either(x):
        return engine.cond(x.sum() > 0, lambda x: x @ x, lambda x: x, x)

    x = np.ones((3, 3), "float32")
    assert flops_of(engine.traced_program(twice, x)[0]).products == 7 * 2 * 27
    assert flops_of(engine.traced_program(either, x)[0]).products == 2 * 27
    half = flops_of(engine.traced_program(lambda x: x.astype("bfloat16") * 2, x)[0])
    whole = flops_of(engine.traced_program(lambda x: x * 2, x.astype("int32"))[0])
    assert (half.others, whole.others) == (9, 0)


# ---------------------------------------------------------------------- a whole model


class Block(layers.Layer):
    """A layer of one's own with layers inside, and arithmetic between them."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(4, name="dense")
        self.norm = layers.LayerNormalization(name="norm")

    def build(self, input_shape):
        self.gate = self.add_weight((4,), name="gate")

    def call(self, x):
        return self.norm(x + self.dense(x)) * self.gate


def model_with_everything():
    words, rows = tsuno.Input((6,), dtype="int32", name="words"), tsuno.Input((4,), name="rows")
    inner = tsuno.Sequential([tsuno.Input((4,)), layers.Dense(4, name="deep")], name="inner")
    shared = layers.Dense(4, name="shared")
    x = layers.LSTM(4, name="lstm")(layers.Embedding(9, 3, mask_zero=True, name="table")(words))
    x = shared(x) + inner(shared(rows))
    return tsuno.Model({"words": words, "rows": rows}, layers.Dense(2, name="head")(Block(name="block")(x)), name="net")


@pytest.fixture(scope="module")
def profile():
    model = model_with_everything()
    x = {"words": np.arange(30).reshape(5, 6) % 9, "rows": np.ones((5, 4), "float32")}
    found = model.profile(x, batch_size=3, repeats=2)
    # Nothing of the looking stays.
    assert not any("call" in vars(layer) for layer in model._flatten_layers())
    assert all(node in node.operation._inbound_nodes for node in model.graph.nodes)
    return model, found


def test_each_call_has_a_row(profile):
    found = profile[1]
    rows = {row.path: row for row in found.rows}
    assert found.batch_size == 3 and found.name == "net"
    assert set(rows) == {
        "table", "lstm", "shared", "shared (2)", "inner/deep", "add", "block/dense", "block/norm", "head",
        "(between layers)",
    }  # fmt: skip
    assert [rows[path].kind for path in ("table", "inner/deep", "add", "block/norm")] == [
        "Embedding", "Dense", "Add", "LayerNormalization",
    ]  # fmt: skip
    assert rows["table"].output_shape == "(3, 6, 3)" and rows["head"].output_shape == "(3, 2)"
    dense = 2 * 3 * 4 * 4 + 3 * 4
    assert [rows[path].flops for path in ("shared", "shared (2)", "inner/deep", "block/dense")] == [dense] * 4
    assert rows["table"].flops == 0 and rows["add"].flops == 12 and rows["lstm"].flops > 2 * 3 * 6 * 16 * 7
    # A shared layer's weights count once; memory is that of weights and outputs.
    assert (rows["shared"].params + rows["shared (2)"].params, rows["shared"].bytes) in ((20, 128), (20, 48))
    assert (rows["table"].params, rows["table"].bytes) == (27, 4 * (27 + 54))
    # What the layer of one's own does between its layers: a sum and a product, with a weight.
    rest = rows["(between layers)"]
    assert (rest.flops, rest.params, rest.bytes, rest.seconds) == (24, 4, 16, 0.0)


def test_the_total_is_that_of_the_model(profile):
    model, found = profile
    total = found.total
    assert total.params == model.count_params()
    assert total.flops == sum(row.flops for row in found.rows)
    assert sum(row.share for row in found.rows) == pytest.approx(1)
    assert all(row.seconds >= 0 for row in found.rows) and found.seconds >= 0


def test_drawings_get_short_lines_by_path(profile):
    labels = profile[1].labels()
    assert set(labels) == {"table", "lstm", "shared", "inner", "inner/deep", "add", "block", "block/dense", "block/norm", "head"}  # fmt: skip
    assert labels["inner"] == labels["inner/deep"] and all(len(lines) == 3 for lines in labels.values())
    assert labels["shared"][1] == "216 FLOP"


def example():
    rows = [("conv", "Conv2D", 0.006, 0.6), ("層 (2)", "Dense", 0.003, 0.3), ("<flat>", "Flatten", 0.00004, 0.004)]
    made = [ProfileRow(name, kind, "(1, 2)", 1234, 5_600_000, 2048, *times) for name, kind, *times in rows]
    return Profile("net", tuple(made), 0.008, 1)


def test_it_prints_itself(monkeypatch):
    text = repr(example())
    for part in ('Profile of "net"', "conv (Conv2D)", "5.6 M", "2.00 KB", "6 ms", "60.0%", "████", "3,702", "16.8 M",
                 "As one program: 8 ms for 1 example, 2.1 GFLOP/s"):  # fmt: skip
        assert part in text, part
    page = example()._repr_html_()
    assert "&lt;flat&gt;" in page and "<flat>" not in page and "60.0%" in page and page.count("<tr") == 5
    assert page.count("font-weight:bold") == 2
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
        plain = repr(example())
    assert plain.isascii() and "####" in plain and r"\u5c64" in plain


def test_a_model_that_is_not_built_is_built(monkeypatch):
    model = tsuno.Sequential([layers.Flatten(name="flat"), layers.Dense(2, name="out")])
    found = model.profile(np.ones((40, 2, 3)), repeats=1)
    assert found.batch_size == 32 and [row.path for row in found.rows] == ["flat", "out"]
    assert found.total.flops == 2 * 32 * 6 * 2 + 32 * 2


def test_layers_that_read_text_are_timed_where_they_run():
    x = tsuno.Input((1,), dtype="string")
    found = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot", name="lookup")(x)
    model = tsuno.Model(x, layers.Dense(2, name="out")(found))
    rows = model.profile(np.array([["a"], ["c"]]), repeats=1).rows
    assert [(row.path, row.output_shape, row.params) for row in rows] == [("lookup", "(2, 3)", 0), ("out", "(2, 2)", 8)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"x": 3}, "`profile.x` must be arrays of at least one example"),
     ({"x": np.zeros((0, 4))}, "`profile.x` must be arrays of at least one example"),
     ({"x": np.ones((2, 4)), "repeats": 0}, "`profile.repeats` must be"),
     ({"x": np.ones((2, 4)), "batch_size": 0}, "`profile.batch_size` must be"),
     ({"x": np.ones((2, 5))}, "must have shape (None, 4)"),
     ({"x": np.ones((2, 4)), "repeat": 1}, "Did you mean 'repeats'?")],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_is_said(arguments, message):
    model = tsuno.Sequential([tsuno.Input((4,)), layers.Dense(1)])
    with pytest.raises((ValueError, TypeError)) as problem:
        model.profile(**arguments)
    assert message in str(problem.value)
