"""Everything that Keras' TensorBoard callback writes with its TensorFlow, TensorBoard's own reader finds in our files.

`RECORDED` is what Keras 3.15.1 writes in each of `CASES`; where TensorFlow is installed,
`KERAS_BACKEND=tensorflow python tests/test_tensorboard.py` prints it.
"""

import collections
import glob
import io
import json
import os
import sys
import tempfile

import numpy as np
import pytest

X = np.linspace(-1, 1, 40, dtype="float32").reshape(20, 2)
Y = X.sum(1, keepdims=True)
IMAGES = np.ones((20, 6, 6, 2), "float32")
WORDS = np.arange(80).reshape(20, 4) % 7


def dense(k):
    layers = [k.Input((2,), name="x"), k.layers.Dense(3, name="first"), k.layers.Dense(1, name="second")]
    return k.Sequential(layers, name="net")


def conv(k):
    inputs = k.Input((6, 6, 2), name="pictures")
    x = k.layers.Conv2D(3, 2, name="conv")(inputs)
    x = k.layers.Conv2D(1, (3, 2), name="thin")(x)
    x = k.layers.BatchNormalization(name="norm")(x)
    return k.Model(inputs, k.layers.Dense(1, name="out")(k.layers.Flatten(name="flat")(x)), name="net")


def words(k):
    layers = [k.layers.Embedding(7, 3, name="words"), k.layers.Flatten(name="flat"), k.layers.Dense(1, name="out")]
    return k.Sequential([k.Input((4,)), *layers], name="net")


def own(k):
    class Own(k.Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = k.layers.Dense(1, name="dense")

        def call(self, x):
            return self.dense(x)

    return Own()


# The model, its inputs, the callback's arguments, and what is done with it.
CASES = {
    "epoch": (dense, X, {}, {"validation": True}),
    "no_graph": (dense, X, {"write_graph": False}, {}),
    "batch": (dense, X, {"update_freq": "batch", "write_steps_per_second": True}, {"validation": True}),
    "every_2": (dense, X, {"update_freq": 2}, {"validation": True}),
    "histograms": (dense, X, {"histogram_freq": 2, "write_steps_per_second": True}, {"epochs": 3}),
    "images": (conv, IMAGES, {"histogram_freq": 1, "write_images": True}, {}),
    "embeddings": (words, WORDS, {"embeddings_freq": 1, "embeddings_metadata": "words.tsv"}, {}),
    "embeddings_named": (words, WORDS, {"embeddings_freq": 2, "embeddings_metadata": {"words": "w.tsv"}}, {}),
    "evaluate": (dense, X, {}, {"evaluate": True}),
    "evaluate_batch": (dense, X, {"update_freq": 1}, {"evaluate": True}),
    "profile": (dense, X, {"profile_batch": (2, 3)}, {}),
    "own": (own, X, {}, {}),
}

# For each case the run, the plugin, the type and shape of the tensors, their steps and their tags; then other files.
# fmt: off
RECORDED = {
    'epoch': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
            ('validation', 'scalars', 1, 1, (), (5, 10), 'evaluation_loss_vs_iterations evaluation_mae_vs_iterations'),
            ('validation', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae'),
        ],
        '',
    ),
    'no_graph': (
        [
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
        ],
        '',
    ),
    'batch': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 'batch_steps_per_second batch_loss batch_mae'),
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate epoch_steps_per_second'),
            ('validation', 'scalars', 1, 1, (), (5, 10), 'evaluation_loss_vs_iterations evaluation_mae_vs_iterations'),
            ('validation', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae'),
        ],
        '',
    ),
    'every_2': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (2, 4, 6, 8, 10), 'batch_loss batch_mae'),
            ('train', 'scalars', 1, 1, (), (1,), 'epoch_loss epoch_mae epoch_learning_rate'),
            ('validation', 'scalars', 1, 1, (), (5, 10), 'evaluation_loss_vs_iterations evaluation_mae_vs_iterations'),
            ('validation', 'scalars', 1, 1, (), (1,), 'epoch_loss epoch_mae'),
        ],
        '',
    ),
    'histograms': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (0, 1, 2), 'epoch_loss epoch_mae epoch_learning_rate epoch_steps_per_second'),
            ('train', 'histograms', 2, 2, (30, 3), (0, 2), 'net/first/kernel/histogram net/first/bias/histogram net/second/kernel/histogram net/second/bias/histogram'),
        ],
        '',
    ),
    'images': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
            ('train', 'histograms', 2, 2, (30, 3), (0, 1), 'conv/kernel/histogram conv/bias/histogram thin/kernel/histogram thin/bias/histogram norm/gamma/histogram norm/beta/histogram norm/moving_mean/histogram norm/moving_variance/histogram out/kernel/histogram out/bias/histogram'),
            ('train', 'images', 3, 7, (4,), (0, 1), 'conv/kernel/image'),
            ('train', 'images', 3, 7, (3,), (0, 1), 'conv/bias/image out/kernel/image'),
            ('train', 'images', 3, 7, (5,), (0, 1), 'thin/kernel/image'),
        ],
        '',
    ),
    'embeddings': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
        ],
        'projector_config.pbtxt train/keras_embedding.ckpt-0.weights.h5 train/keras_embedding.ckpt-1.weights.h5',
    ),
    'embeddings_named': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
        ],
        'projector_config.pbtxt train/keras_embedding.ckpt-0.weights.h5',
    ),
    'evaluate': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
            ('validation', 'scalars', 1, 1, (), (10,), 'evaluation_loss_vs_iterations evaluation_mae_vs_iterations'),
        ],
        '',
    ),
    'evaluate_batch': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'scalars', 1, 1, (), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 'batch_loss batch_mae'),
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
            ('validation', 'scalars', 1, 1, (), (10,), 'evaluation_loss_vs_iterations evaluation_mae_vs_iterations'),
        ],
        '',
    ),
    'profile': (
        [
            ('train', 'graph_keras_model', 3, 7, (1,), (0,), 'keras'),
            ('train', 'graph_run_metadata_graph', 3, 7, (1,), (3,), 'batch_3'),
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
        ],
        '',
    ),
    'own': (
        [
            ('train', 'scalars', 1, 1, (), (0, 1), 'epoch_loss epoch_mae epoch_learning_rate'),
        ],
        '',
    ),
}
# fmt: on


def compiled(k, make):
    k.utils.set_random_seed(0)
    model = make(k)
    model.compile(k.optimizers.Adam(0.01, name="adam"), "mse", metrics=["mae"])
    return model


def run(k, folder, make, x, arguments, more):
    model, board = compiled(k, make), k.callbacks.TensorBoard(folder, **arguments)
    validation = {"validation_data": (x[:8], Y[:8]), "validation_batch_size": 4} if "validation" in more else {}
    options = {"batch_size": 4, "verbose": 0, "callbacks": [board]}
    history = model.fit(x, Y, epochs=more.get("epochs", 2), shuffle=False, **options, **validation)
    for _ in range(2 if "evaluate" in more else 0):
        model.evaluate(x[:8], Y[:8], **options)
    return model, board, history.history


def events(folder):
    """Every value in the event files of a log, as (run, tag, step, the value as TensorBoard's loader gives it)."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    for path in sorted(glob.glob(f"{folder}/*/*tfevents*")):
        for event in EventFileLoader(path).Load():
            for value in event.summary.value:
                yield os.path.basename(os.path.dirname(path)), value.tag, event.step, value


def table(folder):
    """What a log holds: rows of a case of RECORDED as (run, plugin, data class, type, shape, tag) -> steps."""
    rows = collections.defaultdict(set)
    for run_name, tag, step, value in events(folder):
        shape = tuple(size.size for size in value.tensor.tensor_shape.dim)
        kind = (value.metadata.plugin_data.plugin_name, value.metadata.data_class, value.tensor.dtype, shape)
        rows[run_name, *kind, tag].add(step)
    return rows


def files(folder):
    """The files that are no events and whose names do not hold the time."""
    found = (
        os.path.relpath(path, folder) for path in glob.glob(f"{folder}/**", recursive=True) if os.path.isfile(path)
    )
    return sorted(path for path in found if "tfevents" not in path and "plugins" not in path)


def record():
    import keras

    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            _, board, _ = run(keras, folder, *case)
            for writer in board._writers.values():
                writer.flush()
            grouped = collections.defaultdict(list)
            for (*kind, tag), steps in table(folder).items():
                grouped[*kind, tuple(sorted(steps))].append(tag)
            print(f"    {name!r}: (")
            print("        [")
            for kind, tags in grouped.items():
                print(f"            ({', '.join(map(repr, kind))}, {' '.join(tags)!r}),")
            print("        ],")
            print(f"        {' '.join(files(folder))!r},")
            print("    ),")


if __name__ == "__main__":
    record()
    sys.exit()

import tsuno  # noqa: E402 - Keras' side needs none
from tsuno.callbacks import CallbackList, TensorBoard  # noqa: E402

# What Keras loses, for it writes everything at the pace of `update_freq`.
MORE = {"every_2": {("train", "epoch_loss", 0), ("train", "epoch_mae", 0), ("train", "epoch_learning_rate", 0),
                    ("validation", "epoch_loss", 0), ("validation", "epoch_mae", 0)}}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_reader_finds_what_keras_writes(name, tmp_path):
    _, _, arguments, more = CASES[name]
    _, _, history = run(tsuno, str(tmp_path), *CASES[name])
    wanted = {(*kind, tag): set(steps) for *kind, steps, tags in RECORDED[name][0] for tag in tags.split()}
    found = table(tmp_path)
    points = {kind: {(run_name, tag, step) for (run_name, *_, tag), steps in rows.items() for step in steps}
              for kind, rows in (("wanted", wanted), ("found", found))}  # fmt: skip
    assert set(found) == set(wanted)
    assert points["found"] - points["wanted"] == MORE.get(name, set())
    assert points["wanted"] <= points["found"]
    assert set(RECORDED[name][1].split()) <= set(files(tmp_path))

    # Each point is there once, and curves hold what the history holds.
    log = list(events(tmp_path))
    times = collections.Counter((run_name, tag, step) for run_name, tag, step, _ in log)
    assert set(times.values()) == {1} or "evaluate" in more
    scalars = {(run_name, tag, step): number(value) for run_name, tag, step, value in log if is_scalar(value)}
    for key, values in history.items():
        run_name = "validation" if key.startswith("val_") else "train"
        curve = [scalars[run_name, f"epoch_{key.removeprefix('val_')}", epoch] for epoch in range(len(values))]
        np.testing.assert_allclose(curve, values, rtol=1e-6)
    assert scalars["train", "epoch_learning_rate", 0] == np.float32(0.01)
    if "validation" in more:
        np.testing.assert_allclose(scalars["validation", "evaluation_mae_vs_iterations", 10], history["val_mae"][1])
    if arguments.get("write_steps_per_second"):
        assert all(value > 0 for (_, tag, _), value in scalars.items() if tag.endswith("steps_per_second"))
    if "profile_batch" in arguments:
        assert glob.glob(f"{tmp_path}/train/plugins/profile/*/*.xplane.pb")
    if "embeddings_freq" in arguments:
        check_projector(tmp_path, arguments["embeddings_metadata"])


def is_scalar(value):
    return value.metadata.plugin_data.plugin_name == "scalars"


def number(value):
    from tensorboard.util.tensor_util import make_ndarray

    return make_ndarray(value.tensor)


def check_projector(folder, metadata):
    """The real projector shows the table; Keras' own file it could not read."""
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.projector.projector_plugin import ProjectorPlugin

    plugin = ProjectorPlugin(TBContext(logdir=str(folder)))
    plugin._update_configs()
    (embedding,) = plugin._configs["."].embeddings
    assert embedding.tensor_name == "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"
    assert embedding.metadata_path == (metadata if isinstance(metadata, str) else metadata["words"])
    assert list(embedding.tensor_shape) == [7, 3]
    saved = words(tsuno)
    saved.load_weights(sorted(folder.glob("train/*.weights.h5"))[-1])
    np.testing.assert_allclose(np.loadtxt(folder / embedding.tensor_path), saved.layers[0].embeddings, rtol=1e-6)


def test_each_embedding_has_a_name_and_some_may_be_chosen(tmp_path):
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    inputs = tsuno.Input((4,))
    tables = [tsuno.layers.Embedding(7, 3, name=name)(inputs) for name in ("言葉", "other")]
    model = tsuno.Model(inputs, tsuno.layers.Add()(tables))
    for chosen, names in ((None, "01"), (["other"], "1")):
        metadata = {"other": 'a "b".tsv'}
        TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata=metadata, embeddings_layer_names=chosen).set_model(
            model
        )
        text = (tmp_path / "projector_config.pbtxt").read_text(encoding="utf-8")
        embeddings = text_format.Parse(text, ProjectorConfig()).embeddings
        assert [each.tensor_name.split("/")[0] for each in embeddings] == [f"layer_with_weights-{n}" for n in names]
        assert [each.metadata_path for each in embeddings][-1] == 'a "b".tsv'


def test_batches_are_written_with_their_logs(tmp_path):
    seen = []
    watch = tsuno.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    model, board = compiled(tsuno, dense), TensorBoard(tmp_path, update_freq=3)
    model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=[board, watch])
    written = {step: number(value) for _, tag, step, value in events(tmp_path) if tag == "batch_loss"}
    np.testing.assert_allclose([written[step] for step in (3, 6, 9)], [seen[2], seen[5], seen[8]], rtol=1e-6)
    assert len(written) == 3


# ---------------------------------------------------------------------- weights and graphs


@pytest.mark.parametrize("values", [[3, 1, 2, 2.5], [2, 2, 2], [], [1, np.nan, 2, np.inf]], ids=str)
def test_histograms_count_every_value(values):
    from tsuno.callbacks.event_file import histogram

    rows, finite = histogram(np.asarray(values, "float16")), [value for value in values if np.isfinite(value)]
    assert rows.shape == (30, 3)
    assert rows[:, 2].sum() == len(finite)
    if finite:
        assert (rows[0, 0], rows[-1, 1]) == (min(finite), max(finite))
        counts = np.zeros(30)
        for value in finite:
            span = max(finite) - min(finite)
            counts[29 if not span else min(29, int((value - min(finite)) / (span / 30)))] += 1
        np.testing.assert_array_equal(rows[:, 2], counts)


@pytest.mark.parametrize(
    ("shape", "pictures"),
    [((5,), (1, 1, 5, 1)), ((5, 2), (1, 2, 5, 1)), ((2, 5), (1, 2, 5, 1)), ((2, 3, 4), (4, 2, 3, 1)), ((3, 2, 1, 4), (4, 3, 2, 1)),
     ((2, 3, 5, 3), (2, 3, 5, 3)), ((2, 3, 5, 4), (2, 3, 5, 4)), ((2, 3, 5, 8), None), ((1, 1), None), ((2,) * 5, None)],
)  # fmt: skip
def test_weights_as_images(shape, pictures):
    from PIL import Image

    from tsuno.callbacks import event_file

    images = event_file.images(np.linspace(-0.5, 1.5, int(np.prod(shape))).reshape(shape))
    assert (None if images is None else images.shape) == pictures
    if images is not None:
        assert images.min() == 85 and images.max() == 255  # 128 is zero, and 1.5 from it are 127
        assert {*event_file.images(np.array([-2.0, 0, np.nan, 2])).ravel()} == {0, 128, 255}
        pixels = np.asarray(Image.open(io.BytesIO(event_file.png(images[0]))))
        np.testing.assert_array_equal(pixels.reshape(images[0].shape), images[0])


def test_the_graph_is_drawn_and_the_profile_has_one(tmp_path):
    from tensorboard.compat.proto.config_pb2 import RunMetadata
    from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

    shared, inputs = tsuno.layers.Dense(2, name="shared"), tsuno.Input((2,), name="x")
    outputs = tsuno.layers.Add(name="sum")([shared(shared(inputs)), inputs])
    model = tsuno.Model(inputs, outputs)
    model.compile("sgd", "mse")
    # A profile that training ends before it is taken whole.
    model.fit(X, X, verbose=0, batch_size=10, callbacks=[TensorBoard(tmp_path, profile_batch="2,500")])
    found = {tag: number(value).item() for _, tag, _, value in events(tmp_path) if not is_scalar(value)}
    drawn = keras_model_to_graph_def(json.loads(found["keras"]))
    assert {node.name.split("/")[-1] for node in drawn.node} == {"x", "shared", "sum"}
    (function,) = RunMetadata.FromString(found["batch_500"]).function_graphs
    assert [(node.name, node.op, list(node.input)) for node in function.pre_optimization_graph.node] == [
        ("x", "InputLayer", []), ("shared", "Dense", ["x"]), ("shared/call_1", "Dense", ["shared"]),
        ("sum", "Add", ["shared/call_1", "x"]),
    ]  # fmt: skip


# ---------------------------------------------------------------------- the real TensorBoard


def seeing(k):
    """Two inputs, a model inside that is called twice, a layer that is called on its own output, operations."""
    words, rows = k.Input((4,), dtype="int32", name="words"), k.Input((3,), name="rows")
    entry = k.Input((3,), name="entry")
    inner = k.Model(entry, k.layers.Dense(3, name="deep")(entry), name="inner")
    shared = k.layers.Dense(3, name="shared")
    x = k.layers.Flatten(name="flat")(k.layers.Embedding(7, 3, name="table")(words))
    x = k.layers.Concatenate(name="join")([shared(shared(inner(inner(rows)))) * 0.5, x])
    return k.Model([words, rows], k.layers.Dense(1, name="out")(x), name="net")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """What TensorBoard answers on a log of everything; nothing leaves the process."""
    from tensorboard import default, program
    from werkzeug.test import Client

    folder = str(tmp_path_factory.mktemp("log"))
    with open(f"{folder}/table.tsv", "w", encoding="utf-8") as file:
        file.write("".join(f"語{number}\n" for number in range(7)))
    board = TensorBoard(
        folder, histogram_freq=1, write_images=True, embeddings_freq=1, embeddings_metadata="table.tsv",
        profile_batch=(2, 3), update_freq=2,
    )  # fmt: skip
    x = [WORDS, np.ones((20, 3), "float32")]
    history = compiled(tsuno, seeing).fit(
        x, Y, batch_size=4, epochs=2, verbose=0, validation_data=(x, Y), callbacks=[board]
    )
    program = program.TensorBoard(plugins=default.get_plugins(), server_class=lambda app, flags: app)
    program.configure(
        ["tensorboard", "--logdir", folder, "--load_fast=false", "--reload_task=blocking", "--reload_interval=0"]
    )
    client = Client(program._make_server())

    def ask(path, **query):
        reply = client.get(f"/data/{path}", query_string=query or None)
        assert reply.status_code == 200, (path, reply.get_data())
        return reply.get_json() if reply.is_json else reply.get_data()

    return ask, folder, history.history


def test_tensorboard_offers_every_tab(served):
    plugins = served[0]("plugins_listing")
    active = {name for name, plugin in plugins.items() if plugin["enabled"]}
    assert {"scalars", "histograms", "distributions", "images", "graphs", "timeseries"} <= active
    assert served[0]("runs") == ["train", "validation"]


def test_tensorboard_serves_the_curves(served):
    ask, _, history = served
    tags = {run_name: set(found) for run_name, found in ask("plugin/scalars/tags").items()}
    assert tags["train"] == {"epoch_loss", "epoch_mae", "epoch_learning_rate", "batch_loss", "batch_mae"}
    assert tags["validation"] == {
        "epoch_loss", "epoch_mae", "evaluation_loss_vs_iterations", "evaluation_mae_vs_iterations",
    }  # fmt: skip
    for run_name, tag, key in (("train", "epoch_loss", "loss"), ("validation", "epoch_mae", "val_mae")):
        points = ask("plugin/scalars/scalars", run=run_name, tag=tag)
        assert [step for _, step, _ in points] == [0, 1]
        np.testing.assert_allclose([value for *_, value in points], history[key], rtol=1e-6)
    assert [step for _, step, _ in ask("plugin/scalars/scalars", run="train", tag="batch_loss")] == [2, 4, 6, 8, 10]


def test_tensorboard_serves_the_weights(served):
    from PIL import Image

    ask = served[0]
    tags = {f"{name}/histogram" for name in (
        "table/embeddings", "shared/kernel", "shared/bias", "deep/kernel", "deep/bias", "out/kernel", "out/bias",
    )}  # fmt: skip
    for plugin in ("histograms", "distributions"):
        assert set(ask(f"plugin/{plugin}/tags")["train"]) == tags
    (_, first, rows), (_, second, _) = ask("plugin/histograms/histograms", run="train", tag="shared/kernel/histogram")
    assert (first, second) == (0, 1) and sum(count for *_, count in rows) == 9
    assert len(ask("plugin/distributions/distributions", run="train", tag="out/kernel/histogram")) == 2
    assert ask("plugin/images/tags")["train"]["deep/kernel/image"]["samples"] == 1
    found = ask("plugin/images/images", run="train", tag="table/embeddings/image", sample=0)
    picture = Image.open(io.BytesIO(ask(f"plugin/images/individualImage?{found[-1]['query']}")))
    assert [each["step"] for each in found] == [0, 1] and picture.size == (7, 3)
    assert {0, 255} & {*np.asarray(picture).ravel()}


def test_tensorboard_serves_the_graphs(served):
    from google.protobuf import text_format
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    ask = served[0]
    tags = ask("plugin/graphs/info")["train"]["tags"]
    assert tags["keras"]["conceptual_graph"] and tags["batch_3"]["op_graph"]
    text = ask("plugin/graphs/graph", run="train", tag="keras", conceptual="true")
    drawn = {node.name.removeprefix("net/"): node for node in text_format.Parse(text, GraphDef()).node}
    inputs = {name: [each.removeprefix("net/") for each in node.input] for name, node in drawn.items()}
    assert inputs == {
        "words": [], "rows": [], "inner/entry": ["rows", "inner/deep"], "inner/deep": ["inner/entry"] * 2,
        "shared": ["inner/deep", "shared"], "multiply": ["shared"], "table": ["words"], "flat": ["table"],
        "join": ["multiply", "flat"], "out": ["join"],
    }  # fmt: skip
    assert drawn["multiply"].attr["keras_class"].s == b"Multiply" and drawn["words"].attr["dtype"].type == 3
    text = ask("plugin/graphs/graph", run="train", tag="batch_3", conceptual="false")
    calls = {node.name: node.op for node in text_format.Parse(text, GraphDef()).node}
    assert calls["inner/call_1"] == "Functional" and calls["multiply"] == "Multiply"


def test_tensorboard_serves_the_projector_and_the_profile(served):
    ask, folder, _ = served
    (embedding,) = ask("plugin/projector/info", run=".")["embeddings"]
    assert embedding["tensorShape"] == [7, 3]
    name = {"run": ".", "name": embedding["tensorName"]}
    values = np.frombuffer(ask("plugin/projector/tensor", **name), "<f4").reshape(7, 3)
    np.testing.assert_allclose(values, np.loadtxt(os.path.join(folder, embedding["tensorPath"])), rtol=1e-6)
    assert ask("plugin/projector/metadata", **name).decode().split() == [f"語{number}" for number in range(7)]
    # Where the plugin xprof looks: run/plugins/profile/session/host.xplane.pb.
    (profile,) = glob.glob(f"{folder}/train/plugins/profile/*/*.xplane.pb")
    assert os.path.getsize(profile) > 1000


# ---------------------------------------------------------------------- cost, resuming, errors


@pytest.mark.parametrize(
    ("arguments", "hooks"),
    [({}, None), ({"histogram_freq": 1, "write_steps_per_second": True}, None), ({"update_freq": 10}, "every"),
     ({"update_freq": "batch", "write_steps_per_second": True}, "step"), ({"profile_batch": 2}, "step")],
    ids=str,
)  # fmt: skip
def test_steps_are_watched_no_more_than_is_needed(arguments, hooks):
    class Own(TensorBoard):
        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)

    for board, needed in ((TensorBoard("logs", **arguments), hooks), (Own("logs", **arguments), "step")):
        watched = {need for need in ("step", "every", "latest") if CallbackList([board]).watching("train", need)}
        assert watched == ({needed} if needed else set())
        assert not any(CallbackList([board]).watching("test", need) for need in ("step", "every", "latest"))


def test_once_the_profile_is_taken_steps_run_together_again(tmp_path):
    board, model = TensorBoard(tmp_path, profile_batch=1), compiled(tsuno, dense)
    hooks = []
    watch = tsuno.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: hooks.append(board.batch_hooks))
    model.fit(X, Y, epochs=2, batch_size=4, verbose=0, callbacks=[board, watch])
    assert hooks == ["step", "never"]


def test_somebody_elses_profile_is_left_alone(tmp_path):
    tsuno.engine.start_trace(str(tmp_path / "other"))
    try:
        with pytest.warns(UserWarning, match="Batch 1 is not profiled"):
            compiled(tsuno, dense).fit(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path / "own", profile_batch=1)])
    finally:
        tsuno.engine.stop_trace()
    assert glob.glob(f"{tmp_path}/other/plugins/profile/*/*.xplane.pb")
    assert not glob.glob(f"{tmp_path}/own/train/plugins")


def test_a_resumed_run_goes_on_with_its_log(tmp_path):
    def board(name):
        return TensorBoard(tmp_path / name, update_freq=1, histogram_freq=2)

    def interrupt(batch, logs):
        batches.append(batch)
        if len(batches) == 14:
            callbacks[0].get_state()  # the disk has what is written so far
            raise KeyboardInterrupt

    batches, options = [], {"batch_size": 4, "verbose": 0, "validation_data": (X[:4], Y[:4])}
    compiled(tsuno, dense).fit(X, Y, epochs=4, callbacks=[board("whole")], **options)
    # An older log in the same folder is nobody's business.
    compiled(tsuno, dense).fit(X, Y, callbacks=[board("parts")], **options)
    older = {path: path.read_bytes() for path in tmp_path.glob("parts/*/*tfevents*")}
    backup = tsuno.callbacks.BackupAndRestore(tmp_path / "backup", save_freq=2)
    callbacks = [board("parts"), backup, tsuno.callbacks.LambdaCallback(on_train_batch_end=interrupt)]
    with pytest.raises(KeyboardInterrupt):
        compiled(tsuno, dense).fit(X, Y, epochs=4, callbacks=callbacks, **options)
    assert ("train", "batch_loss", 13) in {point[:3] for point in events(tmp_path / "parts")}
    resumed = []
    callbacks = [
        board("parts"),
        backup,
        tsuno.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: resumed.append(batch)),
    ]
    compiled(tsuno, dense).fit(X, Y, epochs=4, callbacks=callbacks, **options)
    assert len(resumed) == 8  # it went on from within epoch 2, two batches before it was interrupted

    assert {path: path.read_bytes() for path in older} == older
    for path in older:
        path.unlink()
    whole, parts = (
        [(*point[:3], number(point[3]).tolist()) for point in events(tmp_path / name)] for name in ("whole", "parts")
    )
    assert sorted(parts, key=repr) == sorted(whole, key=repr)
    assert len({point[:3] for point in parts}) == len(parts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"update_freq": "epochs"}, "`TensorBoard.update_freq` must be 'batch', 'epoch' or a positive number"),
     ({"update_freq": 0}, "`TensorBoard.update_freq` must be"),
     ({"profile_batch": (5, 2)}, "`TensorBoard.profile_batch` must be a batch counted from 1, a pair"),
     ({"profile_batch": "a"}, "`TensorBoard.profile_batch` must be"),
     ({"profile_batch": -1}, "`TensorBoard.profile_batch` must be"),
     ({"histogram_freq": -1}, "`TensorBoard.histogram_freq` must be"),
     ({"histogram_frequency": 1}, "histogram_freq"),
     ({"embeddings_freq": 1, "embeddings_metadata": {"word": "a.tsv"}}, "Unknown embedding layer of `net` 'word'. Did you mean 'words'?"),
     ({"embeddings_freq": 1, "embeddings_layer_names": ["other"]}, "Unknown embedding layer of `net` 'other'")],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_is_said_before_training(arguments, message, tmp_path):
    with pytest.raises((ValueError, TypeError)) as problem:
        TensorBoard(tmp_path, **arguments).set_model(words(tsuno))
    assert message in str(problem.value)


def test_without_the_library_one_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX.event_file_writer", None)
    with pytest.raises(ImportError, match=r"needs tensorboardX.*pip install 'tsuno\[tensorboard\]'"):
        TensorBoard().set_model(words(tsuno))


@pytest.mark.parametrize(
    "old", [{"batch_size": 32}, {"write_grads": True}, {"embeddings_data": X}], ids=lambda old: next(iter(old))
)
def test_older_arguments_are_accepted(old):
    with pytest.warns(UserWarning, match=f"`TensorBoard.{next(iter(old))}` has no effect"):
        TensorBoard(**old)
