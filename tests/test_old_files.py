"""Files of every age load, compute what they computed, and train on."""

from __future__ import annotations

import itertools
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import old_files as old
import pytest
import yaml
from old_files import Row, call, conv2d, dense, entry, first, graph, kernel
from old_layers import FIRST, GLOROT, GONE, ROWS, L, conv_of_2

import tsuno
from tsuno import layers, saving

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")
FILES = sorted((Path(__file__).parent / "files").glob("*.zip"))
WITHOUT_STATE = {"operations", "translation", "normalized", "video", "signals"}
"""Those with an optimizer of tf.keras before 2.11, of which a `.keras` file has nothing."""
OWN = {"lambdas": {"times": lambda x, by: x * by}}


def one(values: list[Any]) -> Any:
    return values if len(values) > 1 else values[0]


def close(got: Any, expected: Any, tolerance: float = 1e-5) -> None:
    for each, other in zip(got if isinstance(got, list) else [got], expected, strict=True):
        np.testing.assert_allclose(np.asarray(each), other, rtol=tolerance, atol=tolerance)


# ---------------------------------------------------------------------- what Keras 2.15 wrote


class Recorded:
    """A model that Keras 2 wrote, see `files/make.py`, and what it computed."""

    def __init__(self, path: Path, folder: Path) -> None:
        zipfile.ZipFile(path).extractall(folder)
        self.name, self.folder = path.stem, folder
        with np.load(folder / "data.npz") as data:
            self.data = dict(data)

    def all(self, kind: str) -> list[np.ndarray]:
        return [self.data[f"{kind}{n}"] for n in range(len(self.data)) if f"{kind}{n}" in self.data]

    def load(self, name: str, **options: Any) -> Any:
        return saving.load_model(self.folder / name, OWN.get(self.name), **options)

    def check_outputs(self, model: Any) -> None:
        close(model(one(self.all("x")), training=False), self.all("out"))

    def check_training(self, model: Any) -> None:
        losses = [model.train_on_batch(one(self.all("x")), one(self.all("y"))) for _ in self.data["losses"]]
        close([each[0] if isinstance(each, list) else each for each in losses], self.data["losses"], 2e-5)


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def recorded(request: Any, tmp_path: Path) -> Recorded:
    return Recorded(request.param, tmp_path)


def test_a_whole_file_of_keras_2_computes_and_trains_on(recorded: Recorded) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = recorded.load("model.h5")
    recorded.check_outputs(model)
    assert int(model.optimizer.iterations) == 1
    inner = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    own = [np.asarray(slot) for slots in inner._slots for slot in slots.values()]
    assert len(own) in (len(recorded.all("slot")) - 1, 0)  # 0: plain SGD, which had momentums that it did not use
    assert sorted(np.sum(np.abs(each)) for each in own) == sorted(
        np.sum(np.abs(each)) for each in recorded.all("slot")[1:][: len(own)]
    )
    recorded.check_training(model)


def test_an_archive_of_keras_2_computes_and_trains_on(recorded: Recorded) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = recorded.load("model.keras")
    recorded.check_outputs(model)
    stateless = recorded.name in WITHOUT_STATE
    assert [str(each.message) for each in said if "optimizer" not in str(each.message)] == []
    assert (int(model.optimizer.iterations) == 0) == stateless == bool(said)


def test_text_and_weights_of_keras_2_make_the_model(recorded: Recorded) -> None:
    model = tsuno.models.model_from_json((recorded.folder / "model.json").read_text(), OWN.get(recorded.name))
    model.load_weights(recorded.folder / "weights.h5")
    recorded.check_outputs(model)


@pytest.mark.parametrize("layers_are_in", ["layers", "_layer_checkpoint_dependencies"])
def test_weights_of_keras_2_12_to_2_15(layers_are_in: str, tmp_path: Path) -> None:
    recorded = Recorded(Path(__file__).parent / "files" / "mlp.zip", tmp_path)
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        (tmp_path / "m.weights.h5").write_bytes(archive.read("model.weights.h5"))
    with h5py.File(tmp_path / "m.weights.h5", "r+") as file:
        file.move("layers", layers_are_in)
        del file["optimizer"]
    model = tsuno.models.model_from_json((tmp_path / "model.json").read_text())
    model.load_weights(tmp_path / "m.weights.h5")
    recorded.check_outputs(model)


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_code_in_a_file_is_refused_with_the_way_out(name: str, tmp_path: Path) -> None:
    Recorded(Path(__file__).parent / "files" / "lambdas.zip", tmp_path)
    with pytest.raises(ValueError, match="'times'.*custom_objects={'times': function}"):
        saving.load_model(tmp_path / name)


# ---------------------------------------------------------------------- layers of Keras 1 and 2.0 to 2.2


def filled(model: Any, seed: int = 0) -> Any:
    """The model with values that are not those of initializers; variances are positive."""
    random = np.random.default_rng(seed)
    model.set_weights([np.abs(random.normal(0.5, 0.4, each.shape)).astype("float32") for each in model.get_weights()])
    return model


def sample(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=shape).astype("float32")


@pytest.mark.parametrize(("version", "row"), [row[::2] for row in ROWS], ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_a_layer_of_the_past_computes_what_it_computed(version: str, row: Row, tmp_path: Path) -> None:
    layer = row.today()
    layer.build((None, *row.shape))
    filled(layer)
    name = row.old["config"]["name"]
    arrays = [(f"{name}/array_{n}:0", array) for n, array in enumerate(row.stored(layer.get_weights()))]
    config = {
        "class_name": row.old["class_name"],
        "config": {**row.old["config"], "batch_input_shape": [None, *row.shape]},
    }
    whole = {"class_name": "Sequential", "config": [config]}
    old.write_whole(tmp_path / "m.h5", whole, [(name, arrays)], version, row.backend)
    x = sample(3, *row.shape)
    model = saving.load_model(tmp_path / "m.h5")
    close(model(x), [np.asarray(layer(x))])


@pytest.mark.parametrize("name", GONE)
def test_a_layer_that_is_no_more_computes_its_formula(name: str, tmp_path: Path) -> None:
    config, shape, sizes, formula = GONE[name]
    config = {**config, "config": {**config["config"], "batch_input_shape": [None, *shape]}}
    arrays = arrays_of(*sizes)
    whole = {"class_name": "Sequential", "config": [config]}
    old.write_whole(tmp_path / "m.h5", whole, [named("m", arrays, "a b c d")], "1.2.2")
    own = {"m" if name == "code" else "scaled": lambda x, by: x * by}
    x = np.array([[1.0, 4, 0, 2]]) if name == "embedding" else sample(3, *shape)
    close(saving.load_model(tmp_path / "m.h5", own)(x), [formula(x, *arrays)])


@pytest.mark.parametrize("version", ["1.2.2", "2.2.4"])
def test_models_within_layers_have_their_kernels_turned(version: str, tmp_path: Path) -> None:
    """A model with a convolution and running means at each step; what is trained comes first in the file."""
    convert = kernel(3, 2, 0, 1, mirrored=True) if version < "2" else kernel(mirrored=True)
    of_2 = {"data_format": "channels_first", "axis": 1}
    conv = conv2d("Convolution2D", "c", "th") if version < "2" else conv_of_2("c", 4, of_2["data_format"])
    norm = first("BatchNormalization", "n", axis=1, momentum=0.9, epsilon=1e-3, **{"mode": 0} if version < "2" else {})
    conv["config"]["batch_input_shape"] = [None, 2, 4, 4]
    inner = filled(keras.Sequential([keras.Input((2, 4, 4)), L.Conv2D(4, (3, 2), activation="relu", **FIRST),
                                     L.BatchNormalization(axis=1)]))  # fmt: skip
    kernels, bias, *rest = inner.get_weights()
    arrays = [*convert([kernels, bias]), *rest]
    within = {"class_name": "Sequential", "config": [conv, norm]}
    outer = first("TimeDistributed", "t", layer=within, batch_input_shape=[None, 3, 2, 4, 4])
    old.write_whole(tmp_path / "m.h5", {"class_name": "Sequential", "config": [outer]},
                    [named("t", arrays, "a b c d e f")], version, "theano")  # fmt: skip
    x = sample(2, 3, 2, 4, 4)
    expected = np.asarray(inner(x.reshape(6, 2, 4, 4))).reshape(2, 3, 4, 2, 3)
    close(saving.load_model(tmp_path / "m.h5")(x), [expected])


# ---------------------------------------------------------------------- models of Keras 1 and 2.0 to 2.2


def arrays_of(*shapes: tuple[int, ...], seed: int = 3) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.normal(size=shape).astype("float32") for shape in shapes]


def named(name: str, arrays: list[np.ndarray], words: str = "W b") -> tuple[str, list[tuple[str, np.ndarray]]]:
    """The arrays of a layer under names such as `dense_1_W`."""
    return name, [(f"{name}_{word}", array) for word, array in zip(words.split(), arrays, strict=False)]


def line(*units: int) -> tuple[Any, list[Any], list[np.ndarray]]:
    """Fully connected layers of Keras 1: the configuration, what a file stores, and the arrays."""
    arrays = arrays_of(*(shape for n, m in itertools.pairwise(units) for shape in ((n, m), (m,))))
    entries = [dense(f"dense_{n}", m, "tanh") for n, m in enumerate(units[1:], 1)]
    entries[0]["config"] |= {"batch_input_shape": [None, units[0]], "input_dim": units[0], "input_dtype": "float32"}
    stored = [named(f"dense_{n // 2 + 1}", arrays[n : n + 2]) for n in range(0, len(arrays), 2)]
    return {"class_name": "Sequential", "config": entries}, stored, arrays


def run(x: np.ndarray, arrays: list[np.ndarray]) -> np.ndarray:
    for w, b in zip(arrays[::2], arrays[1::2], strict=True):
        x = np.tanh(x @ w + b)
    return x


def test_a_graph_of_keras_1(tmp_path: Path) -> None:
    """Shared layers, a model within a model, all modes of `Merge`, two inputs and two outputs."""
    inner, inner_stored, inner_arrays = line(3, 4)
    inner["config"][0]["config"]["name"] = "within"
    shared, last = arrays_of((3, 3), (3,), (4, 2), seed=7)[:2], arrays_of((14, 2), (2,), seed=8)

    def merging(name: str, mode: str, **config: Any) -> Any:
        return first("Merge", name, mode=mode, mode_type="raw", concat_axis=config.pop("concat_axis", -1),
                     dot_axes=config.pop("dot_axes", -1), output_shape=None, output_shape_type="raw", arguments={},
                     output_mask=None, output_mask_type="raw")  # fmt: skip

    nested = {"class_name": "Sequential", "config": inner["config"], "name": "line"}
    both = [call("shared"), call("shared", 1)]
    modes = ["sum", "mul", "ave", "max"]
    parts: list[Any] = [
        (entry("left", 3), []),
        (entry("right", 3), []),
        (dense("shared", 3), [[call("left")], [call("right")]]),
        *((merging(mode, mode), [both]) for mode in modes),
        (merging("dot", "dot", dot_axes=1), [both]),
        (merging("cos", "cos", dot_axes=1), [both]),
        (merging("all", "concat", concat_axis=1), [[call(mode) for mode in [*modes, "dot"]] + [call("cos")]]),
        (dense("last", 2), [[call("all")]]),
    ]
    config = graph(parts, ["left", "right"], ["last", call("line", 2)])
    config["config"]["layers"].append({**nested, "inbound_nodes": [[call("left")], [call("sum")]]})
    stored = [("left", []), ("right", []), named("shared", shared), named("last", last), ("line", inner_stored[0][1])]
    old.write_whole(tmp_path / "m.h5", config, stored, "1.2.2")
    model = saving.load_model(tmp_path / "m.h5")
    x, y = sample(4, 3), sample(4, 3)[::-1].copy()
    a, b = (each @ shared[0] + shared[1] for each in (x, y))
    dot = np.sum(a * b, 1, keepdims=True)
    cos = dot / np.linalg.norm(a, axis=1, keepdims=True) / np.linalg.norm(b, axis=1, keepdims=True)
    merged = np.concatenate([a + b, a * b, (a + b) / 2, np.maximum(a, b), dot, cos], 1)
    close(model([x, y]), [merged @ last[0] + last[1], run(a + b, inner_arrays)])


def test_operations_in_a_graph_of_tensorflow_2_0_to_2_3() -> None:
    """A raw operation with its constants by the place that they have among its inputs."""

    def raw(name: str, op: str, inputs: list[Any], constants: Any = None, **attributes: Any) -> Any:
        about = {"name": name, "op": op, "input": [], "attr": {"T": {"type": "DT_FLOAT"}, **attributes}}
        return {
            "class_name": "TensorFlowOpLayer", "name": f"tf_op_layer_{name}", "inbound_nodes": [inputs],
            "config": {"name": name, "trainable": True, "dtype": "float32", "node_def": about,
                       "constants": constants or {}},
        }  # fmt: skip

    def of(name: str) -> list[Any]:
        return call(f"tf_op_layer_{name}", kwargs={})

    parts = [
        {**entry("x", 4, 3), "name": "x", "inbound_nodes": []},
        raw("mul", "Mul", [call("x", kwargs={})], {"1": 2.0}),
        raw("sub", "Sub", [of("mul")], {"0": 1.0}),
        raw("relu", "Relu", [of("sub")]),
        raw("mean", "Mean", [of("relu")], {"1": 1}, keep_dims={"b": True}),
        raw("add", "AddV2", [of("relu"), of("mean")]),
        raw("product", "BatchMatMulV2", [of("add"), of("mul")], adj_y={"b": True}),
        raw("all", "ConcatV2", [of("product"), of("add")], {"2": -1}),
        raw("flat", "Reshape", [of("all")], {"1": [-1, 28]}),
    ]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["tf_op_layer_flat", 0, 0]]}
    text = {"class_name": "Model", "config": {"name": "m", "layers": parts, **ends}, "keras_version": "2.3.0-tf"}
    x = sample(2, 4, 3)
    relu = np.maximum(1 - 2 * x, 0)
    added = relu + relu.mean(1, keepdims=True)
    expected = np.concatenate([added @ (2 * x).transpose(0, 2, 1), added], -1).reshape(-1, 28)
    close(tsuno.models.model_from_json(json.dumps(text))(x), [expected])
    parts[3]["config"]["node_def"]["op"] = "Bessel"
    with pytest.raises(ValueError, match="'Bessel' of TensorFlow, in the layer 'tf_op_layer_relu'"):
        tsuno.models.model_from_json(json.dumps(text))


def test_branches_before_a_line_of_keras_1(tmp_path: Path) -> None:
    """`Sequential([Merge([left, right], "concat"), Dense(2)])`, whose files list the layers of the branches."""
    left, left_stored, left_arrays = line(3, 4)
    right, _, right_arrays = line(2, 5, 4)
    for n, each in enumerate(right["config"], 2):
        each["config"]["name"] = f"dense_{n}"
    last = arrays_of((8, 2), (2,))
    merging = {"class_name": "Merge", "config": {"name": "merge_1", "layers": [left, right], "mode": "concat",
               "mode_type": "raw", "concat_axis": -1, "dot_axes": -1, "output_shape": None,
               "output_shape_type": "raw"}}  # fmt: skip
    config = {"class_name": "Sequential", "config": [merging, dense("dense_4", 2, "tanh")]}
    stored = [
        left_stored[0],
        named("dense_2", right_arrays[:2]),
        named("dense_3", right_arrays[2:]),
        named("dense_4", last),
    ]
    old.write_whole(tmp_path / "m.h5", config, stored, "1.1.0")
    model = saving.load_model(tmp_path / "m.h5")
    x, y = sample(4, 3), sample(4, 2)
    close(model([x, y]), [run(np.concatenate([run(x, left_arrays), run(y, right_arrays)], 1), last)])


def test_text_and_weights_of_old_tutorials(tmp_path: Path) -> None:
    """`model_from_json(open("architecture.json").read())`, then `load_weights("weights.h5")`: of 1, of 2, as YAML."""
    config, stored, arrays = line(3, 4, 2)
    of_2 = json.loads(json.dumps(config))
    for each, units in zip(of_2["config"], (4, 2), strict=True):
        each["config"] = {"name": each["config"]["name"], "trainable": True, "units": units, "activation": "tanh",
                          "use_bias": True, "dtype": "float32", **GLOROT}  # fmt: skip
    of_2["config"][0]["config"]["batch_input_shape"] = [None, 3]
    newer = {"class_name": "Sequential", "config": {"name": "sequential_1", "layers": of_2["config"]}}
    old.write_bare(tmp_path / "weights.h5", stored)
    x = sample(4, 3)
    for each in (config, {**config, "keras_version": "1.2.2"}, {**of_2, "keras_version": "2.1.6", "backend": "theano"},
                 {**newer, "keras_version": "2.2.4", "backend": "tensorflow"}):  # fmt: skip
        for model in (
            tsuno.models.model_from_json(json.dumps(each)),
            tsuno.models.model_from_yaml(yaml.dump(each)),
        ):
            model.load_weights(tmp_path / "weights.h5")
            close(model(x), [run(x, arrays)])


def test_yaml_of_keras_1_has_tuples_and_aliases() -> None:
    text = """
class_name: Sequential
config:
- class_name: Convolution2D
  config:
    W_constraint: null
    W_regularizer: &id001 {l1: 0.0, l2: 0.01, name: WeightRegularizer}
    activation: relu
    activity_regularizer: null
    b_constraint: null
    b_regularizer: *id001
    batch_input_shape: !!python/tuple [null, 6, 6, 2]
    bias: true
    border_mode: same
    dim_ordering: tf
    init: glorot_uniform
    input_dtype: float32
    name: convolution2d_1
    nb_col: 2
    nb_filter: 4
    nb_row: 3
    subsample: &id002 !!python/tuple [2, 2]
    trainable: true
- class_name: MaxPooling2D
  config:
    border_mode: valid
    dim_ordering: tf
    name: maxpooling2d_1
    pool_size: *id002
    strides: *id002
    trainable: true
keras_version: 1.2.0
"""
    model = tsuno.models.model_from_yaml(text)
    assert model.output_shape == (None, 1, 1, 4)
    conv = model.layers[0]
    assert (conv.kernel_size, conv.strides, conv.padding) == ((3, 2), (2, 2), "same")
    assert [float(each.l2) for each in (conv.kernel_regularizer, conv.bias_regularizer)] == [0.01, 0.01]


def made(*units: int) -> Any:
    return tsuno.Sequential(
        [tsuno.Input((units[0],)), *(layers.Dense(n, "tanh", name=f"dense_{i}") for i, n in enumerate(units[1:], 1))]
    )


def test_lists_of_names_in_several_attributes(tmp_path: Path) -> None:
    _, stored, arrays = line(3, 2, 4, 3, 2)
    old.write_bare(tmp_path / "w.h5", stored, "2.2.4", "tensorflow", parts=3)
    model = made(3, 2, 4, 3, 2)
    model.load_weights(tmp_path / "w.h5")
    close(model(sample(5, 3)), [run(sample(5, 3), arrays)])


def test_layers_by_name_and_those_that_do_not_fit(tmp_path: Path) -> None:
    _, stored, arrays = line(3, 4, 2)
    old.write_bare(tmp_path / "w.h5", [stored[1], ("other", []), stored[0]], "2.1.0", "tensorflow")
    model = made(3, 4, 2)
    model.load_weights(tmp_path / "w.h5", by_name=True)
    close(model.get_weights(), arrays)
    with pytest.raises(ValueError, match="shape"):
        model.load_weights(tmp_path / "w.h5")
    wider = made(3, 4, 5)
    before = wider.get_weights()
    with pytest.raises(ValueError, match=r"dense_2.*\(4, 5\).*\(4, 2\)"):
        wider.load_weights(tmp_path / "w.h5", by_name=True)
    close(wider.get_weights(), before)
    with pytest.warns(UserWarning, match="dense_2"):
        wider.load_weights(tmp_path / "w.h5", by_name=True, skip_mismatch=True)
    close(wider.get_weights(), arrays[:2] + before[2:])


# ---------------------------------------------------------------------- training that goes on


def adam(w: Any, g: Any, slots: list[Any], step: int, lr: float) -> Any:
    slots[0], slots[1] = 0.9 * slots[0] + 0.1 * g, 0.999 * slots[1] + 0.001 * g * g
    return w - lr * np.sqrt(1 - 0.999**step) / (1 - 0.9**step) * slots[0] / (np.sqrt(slots[1]) + 1e-7)


def momentum(w: Any, g: Any, slots: list[Any], step: int, lr: float) -> Any:
    slots[0] = 0.9 * slots[0] - lr * g
    return w + slots[0]


def rms(w: Any, g: Any, slots: list[Any], step: int, lr: float) -> Any:
    slots[0] = 0.9 * slots[0] + 0.1 * g * g
    return w - lr * g / np.sqrt(slots[0] + 1e-7)


SHAPES = [(3, 2), (2,)]
STATES: dict[str, tuple[Any, dict[str, Any], int, list[tuple[int, ...]], bool]] = {
    "Adam": (adam, {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}, 2, [(1,), (1,)], True),
    "SGD": (momentum, {"momentum": 0.9, "nesterov": False}, 1, [], True),
    "RMSprop": (rms, {"rho": 0.9, "epsilon": 1e-7}, 1, [], False),
}
"""The law, the configuration, the slots of each weight, arrays that say nothing, and whether the step is there."""


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("name", STATES)
def test_training_goes_on_where_keras_2_2_stopped(name: str, decay: float, tmp_path: Path) -> None:
    law, said, count, empty, counted = STATES[name]
    w, b = arrays_of(*SHAPES)
    slots = [[np.abs(each) for each in arrays_of(*SHAPES, seed=9 + n)] for n in range(count)]
    done = 5 if counted else 0
    config, _, _ = line(3, 2)
    config["config"][0]["config"]["activation"] = "linear"
    state = (
        [np.int64(done)] * counted + [each for slot in slots for each in slot] + [np.zeros(s, "float32") for s in empty]
    )
    training = {
        "optimizer_config": {"class_name": name, "config": {"lr": 0.1, "decay": decay, **said}},
        "loss": "mse", "metrics": ["mae"], "sample_weight_mode": None, "loss_weights": None,
    }  # fmt: skip
    names = [f"training/{name}/Variable{'_' * bool(n)}{n or ''}:0" for n in range(len(state))]
    old.write_whole(tmp_path / "m.h5", config, [named("dense_1", [w, b])], "2.2.4", "tensorflow", training,
                    list(zip(names, state, strict=True)))  # fmt: skip
    model = saving.load_model(tmp_path / "m.h5")
    x, y = sample(4, 3), sample(4, 2)
    for step in range(done, done + 3):
        error = x @ w + b - y
        loss, mae = model.train_on_batch(x, y)
        close([loss, mae], [np.mean(error**2), np.mean(np.abs(error))])
        rate = 0.1 / (1 + decay * step)
        kept = [[slot[n] for slot in slots] for n in range(2)]
        w, b = (
            law(each, g, own, step + 1, rate)
            for each, g, own in zip((w, b), (x.T @ error / 4, error.sum(0) / 4), kept, strict=True)
        )
        slots = [[own[n] for own in kept] for n in range(count)]
    close(model.get_weights(), [w, b])


def test_the_state_for_one_weight_is_not_taken_for_that_of_today(tmp_path: Path) -> None:
    """One weight of Adam in 2.2.4: as many arrays as today, in another order."""
    config, _, _ = line(3, 2)
    config["config"][0]["config"]["bias"] = False
    state = [np.int64(5), *arrays_of((3, 2), (3, 2)), np.zeros(1, "float32")]
    training = {"optimizer_config": {"class_name": "Adam", "config": {"lr": 0.125}}, "loss": "mse", "metrics": []}
    old.write_whole(tmp_path / "m.h5", config, [named("dense_1", arrays_of((3, 2)))], "2.2.4", "tensorflow", training,
                    [(f"training/Adam/Variable_{n}:0", each) for n, each in enumerate(state)])  # fmt: skip
    close(
        [np.asarray(each) for each in saving.load_model(tmp_path / "m.h5").optimizer.variables], [5, 0.125, *state[1:3]]
    )


def test_the_hard_sigmoid_of_old_files_is_that_of_keras_2() -> None:
    x = np.linspace(-4, 4, 9, dtype="float32")
    close(tsuno.activations.get("keras2_hard_sigmoid")(x), [np.clip(0.2 * x + 0.5, 0, 1)])


def test_the_softmax_of_tensorflow_goes_by_another_name() -> None:
    config, _, _ = line(3, 2)
    config["config"][0]["config"]["activation"] = "softmax_v2"  # Dense(2, activation=tf.nn.softmax)
    model = tsuno.models.model_from_json(json.dumps(config))
    assert model.layers[0].activation is tsuno.activations.softmax
