"""What one library writes the other reads: models of every kind through every format, both ways, and training goes on there."""

from __future__ import annotations

import functools
import importlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest
from layer_rows import cheap_draws

import tsuno
from tsuno.core.naming import reset_names, to_snake_case

os.environ.setdefault("KERAS_BACKEND", "jax")
h5py = pytest.importorskip("h5py")
keras = pytest.importorskip("keras")
legacy_h5_format = importlib.import_module("keras.src.legacy.saving.legacy_h5_format")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

BATCH = 4
rng = np.random.default_rng(3)


def floats(*sizes: int) -> np.ndarray:
    return rng.normal(size=(BATCH, *sizes)).astype("float32")


def whole(high: int, *sizes: int) -> np.ndarray:
    return rng.integers(0, high, (BATCH, *sizes)).astype("int32")


@dataclass(frozen=True)
class Kind:
    """A kind of model: how either library makes it, how it is compiled, and what it is fed."""

    make: Callable[[Any], Any]
    compile: Callable[[Any], dict[str, Any]]
    x: Any
    y: Any
    custom: Callable[[Any], dict[str, Any]] = lambda lib: {}
    policy: str = "float32"
    h5: bool = True
    """Whether Keras writes whole models of this kind as `.h5`: not those of one's own class."""


KINDS: dict[str, Kind] = {}


def kind(x: Any, y: Any, compile: Callable[[Any], dict[str, Any]], **more: Any) -> Callable[[Any], Any]:
    """Enter a function that makes a model into the table, under its name."""

    def enter(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
        KINDS[make.__name__] = Kind(make, compile, x, y, **more)
        return make

    return enter


def plain(loss: Any = "mse", optimizer: str = "Adam", **arguments: Any) -> Callable[[Any], dict[str, Any]]:
    """What most kinds are compiled with."""
    return lambda lib: {
        "optimizer": getattr(lib.optimizers, optimizer)(**{"learning_rate": 0.01, **arguments}),
        "loss": loss,
    }


# ---------------------------------------------------------------------- the kinds of models


@kind(
    floats(6),
    whole(3),
    lambda lib: {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
)
def perceptron(lib: Any) -> Any:
    of = lib.layers
    return lib.Sequential(
        [
            lib.Input((6,)),
            of.Dense(5, activation="relu", kernel_regularizer="l2", bias_constraint="non_neg"),
            of.PReLU(),
            of.Dense(3, activation="softmax", kernel_initializer=lib.initializers.HeNormal(seed=3)),
        ]
    )


@kind(
    floats(8, 8, 3),
    whole(2, 1).astype("float32"),
    plain("binary_crossentropy", "SGD", momentum=0.9, nesterov=True, clipnorm=1.0),
)
def convnet(lib: Any) -> Any:
    of = lib.layers
    return lib.Sequential(
        [
            lib.Input((8, 8, 3)),
            of.Conv2D(4, 3, padding="same", use_bias=False),
            of.BatchNormalization(momentum=0.9),
            of.Activation("relu"),
            of.MaxPooling2D(),
            of.SeparableConv2D(5, 3, activation="elu"),
            of.DepthwiseConv2D(2, depth_multiplier=2),
            of.AveragePooling2D(1),
            of.Dropout(0.0),  # libraries that draw as they like could not train alike
            of.GlobalAveragePooling2D(),
            of.Dense(1, activation="sigmoid"),
        ]
    )


@kind(floats(6), floats(2), plain("mae", "RMSprop", centered=True, momentum=0.5))
def branches(lib: Any) -> Any:
    of = lib.layers
    entry = lib.Input((6,), name="entry")
    a = of.Dense(4, activation="tanh")(entry)
    b = of.Dense(4, activation=lib.activations.gelu)(entry)
    c = of.Concatenate()([of.Add()([a, b]), of.Multiply()([a, b]), of.Maximum()([a, b])])
    d = of.Dot(axes=1)([a, b])
    return lib.Model(entry, of.Dense(2)(of.Concatenate(axis=-1)([c, d])), name="tree")


@kind(floats(6), floats(2), plain("huber", "Adamax"))
def nested(lib: Any) -> Any:
    of = lib.layers
    entry = lib.Input((4,))
    norm = of.BatchNormalization()
    inner = lib.Model(entry, [of.Dense(3)(norm(entry)), of.Dense(3, use_bias=False)(entry)], name="inner")
    line = lib.Sequential([lib.Input((6,)), of.Dense(4), lib.Sequential([of.Dense(4), of.LayerNormalization()])])
    start = lib.Input((6,))
    one, two = inner(line(start))
    three, _ = inner(of.Dense(4)(start))
    return lib.Model(start, of.Dense(2)(of.Average()([one, two, three])))


@kind([floats(5), floats(5)], floats(1), plain("MAPE", "Adagrad"))
def shared(lib: Any) -> Any:
    of = lib.layers
    left, right = lib.Input((5,), name="left"), lib.Input((5,), name="right")
    tower = of.Dense(4, activation="relu", name="tower")
    twice = of.Dense(4, name="twice")
    a, b = twice(tower(left)), tower(right)
    return lib.Model([left, right], of.Dense(1)(of.Subtract()([a, twice(b)])))


@kind(
    {"text": whole(9, 4), "table": floats(3)},
    {"price": floats(1), "class": whole(3)},
    lambda lib: {
        "optimizer": lib.optimizers.Nadam(0.01),
        "loss": {"price": "mse", "class": lib.losses.SparseCategoricalCrossentropy(from_logits=True)},
        "metrics": {"price": ["mae", lib.metrics.RootMeanSquaredError(name="root")], "class": ["accuracy"]},
        "loss_weights": {"price": 0.5, "class": 2.0},
    },
)
def many_ends(lib: Any) -> Any:
    of = lib.layers
    inputs = {"text": lib.Input((4,), dtype="int32", name="text"), "table": lib.Input((3,), name="table")}
    words = of.Flatten()(of.Embedding(9, 2)(inputs["text"]))
    x = of.Dense(4, activation="relu")(of.Concatenate()([words, inputs["table"]]))
    return lib.Model(inputs, {"price": of.Dense(1, name="price")(x), "class": of.Dense(3, name="class")(x)})


@functools.cache
def own(lib: Any) -> Any:
    """Classes and functions that a user registers with a library, and some that are only passed."""
    register = lib.saving.register_keras_serializable

    @register(package="Cross")
    class Scaled(lib.layers.Layer):
        def __init__(self, units: int, scale: float = 2.0, **options: Any) -> None:
            super().__init__(**options)
            self.units, self.scale = units, scale

        def build(self, shape: Any) -> None:
            self.w = self.add_weight(shape=(shape[-1], self.units), name="w")
            self.step = self.add_weight(shape=(), initializer="zeros", trainable=False, name="step")

        def call(self, x: Any) -> Any:
            return lib.ops.matmul(x, self.w) * self.scale

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units, "scale": self.scale}

    @register(package="Cross")
    class Net(lib.Model):
        def __init__(self, units: int, **options: Any) -> None:
            super().__init__(**options)
            self.units = units
            self.first = Scaled(units, 0.5)
            self.blocks = [lib.layers.Dense(units, activation="relu"), Scaled(units)]
            self.norm = lib.layers.BatchNormalization()
            self.heads = {"a": lib.layers.Dense(2), "b": lib.layers.Dense(1)}

        def call(self, x: Any, training: bool = False) -> Any:
            x = self.first(x)
            for block in self.blocks:
                x = block(x)
            x = self.norm(x, training=training)
            return lib.ops.concatenate([head(x) for head in self.heads.values()], -1)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units}

    def swish_twice(x: Any) -> Any:
        return lib.ops.silu(2 * x)

    def cube(true: Any, predicted: Any) -> Any:
        return lib.ops.mean(lib.ops.abs(true - predicted) ** 3, axis=-1)

    def distance(true: Any, predicted: Any) -> Any:
        return lib.ops.mean(lib.ops.abs(true - predicted))

    class Fourth(lib.regularizers.Regularizer):
        def __init__(self, rate: float) -> None:
            self.rate = rate

        def __call__(self, x: Any) -> Any:
            return self.rate * lib.ops.sum(x**4)

        def get_config(self) -> dict[str, Any]:
            return {"rate": self.rate}

    class Tilted(lib.initializers.Initializer):
        def __call__(self, shape: Any, dtype: Any = None) -> Any:
            return lib.ops.ones(shape, dtype=dtype)

    class Band(lib.constraints.Constraint):
        def __call__(self, w: Any) -> Any:
            return lib.ops.clip(w, -0.3, 0.3)

    return SimpleNamespace(
        Net=Net,
        Scaled=Scaled,
        swish_twice=swish_twice,
        cube=cube,
        distance=distance,
        Fourth=Fourth,
        Tilted=Tilted,
        Band=Band,
    )


@kind(floats(5), floats(3), plain("mse", "AdamW"), h5=False)
def subclassed(lib: Any) -> Any:
    model = own(lib).Net(4)
    model(np.zeros((1, 5), "float32"))
    return model


@kind(floats(4, 3), floats(2), plain("mse", "Adadelta", learning_rate=1.0))
def recurrent(lib: Any) -> Any:
    of = lib.layers
    entry = lib.Input((4, 3))
    x, h, c = of.LSTM(4, return_sequences=True, return_state=True)(entry)
    y = of.LSTM(4, return_sequences=True)(x, initial_state=[h, c])
    back = of.SimpleRNN(2, return_sequences=True, go_backwards=True)
    x = of.Bidirectional(of.GRU(2, return_sequences=True), merge_mode="concat", backward_layer=back)(y)
    x = of.TimeDistributed(of.Dense(3))(x)
    x = of.RNN([of.LSTMCell(2), of.SimpleRNNCell(3)])(x)
    return lib.Model(entry, of.Dense(2)(x))


@kind(whole(7, 5), floats(2), plain("mse", "Lion", learning_rate=1e-3))
def attention(lib: Any) -> Any:
    of = lib.layers
    entry = lib.Input((5,), dtype="int32")
    x = of.Embedding(7, 4, mask_zero=True)(entry)
    # `x` is not used again: Keras takes the mask from what it attends to, so that a sum with it has none.
    y = of.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    x = of.LayerNormalization()(of.Add()([y, of.Dense(4)(y)]))
    x = of.GroupQueryAttention(2, 4, 2)(x, x)
    x = of.Attention(use_scale=True)([x, x])
    x = of.LayerNormalization(rms_scaling=False)(x)
    return lib.Model(entry, of.Dense(2)(of.GlobalAveragePooling1D()(x)))


@kind(
    {"size": floats(2), "year": 10 * floats(1), "town": whole(3, 1), "picture": np.abs(floats(4, 4, 3))},
    floats(1),
    plain(),
)
def prepared(lib: Any) -> Any:
    """Layers that prepare numbers; those for text need TensorFlow in Keras, see `vocabularies`."""
    of = lib.layers
    inputs = {
        "size": lib.Input((2,), name="size"),
        "year": lib.Input((1,), name="year"),
        "town": lib.Input((1,), dtype="int32", name="town"),
        "picture": lib.Input((4, 4, 3), name="picture"),
    }
    norm = of.Normalization()
    norm.adapt(np.arange(12, dtype="float32").reshape(6, 2) ** 2)
    parts = [
        norm(inputs["size"]),
        of.Discretization([-5.0, 0.0, 7.5], output_mode="one_hot")(inputs["year"]),
        of.CategoryEncoding(3, output_mode="multi_hot")(inputs["town"]),
        of.Flatten()(of.CenterCrop(2, 2)(of.Resizing(3, 3)(of.Rescaling(2.0, offset=-1.0)(inputs["picture"])))),
        of.Normalization(mean=3.0, variance=2.0)(inputs["year"]),
    ]
    return lib.Model(inputs, of.Dense(1)(of.Concatenate()(parts)))


@kind(
    floats(4),
    floats(2),
    lambda lib: {"optimizer": lib.optimizers.Ftrl(0.1), "loss": own(lib).cube, "metrics": [own(lib).distance]},
    custom=lambda lib: {
        name: vars(own(lib))[name] for name in ("swish_twice", "cube", "distance", "Fourth", "Tilted", "Band")
    },
)
def passed(lib: Any) -> Any:
    """Functions and classes of the user's own that are not registered: the reader passes them as `custom_objects`."""
    of, mine = lib.layers, own(lib)
    return lib.Sequential(
        [
            lib.Input((4,)),
            of.Dense(
                3, activation=mine.swish_twice, kernel_regularizer=mine.Fourth(0.01), bias_initializer=mine.Tilted()
            ),
            of.Activation(mine.swish_twice),
            of.Dense(2, kernel_constraint=mine.Band()),
        ]
    )


@kind([floats(3, 4), floats(3, 4)], floats(5), plain("log_cosh", "Adam", amsgrad=True, weight_decay=0.01))
def operations(lib: Any) -> Any:
    of, ops = lib.layers, lib.ops
    a, b = lib.Input((3, 4)), lib.Input((3, 4))
    x = a * 2 + 1
    x = ops.concatenate([x, ops.exp(-(b**2)) / 3, 1 - a], axis=-1)
    x = ops.mean(x, axis=1, keepdims=True) + ops.expand_dims(ops.max(x, axis=1), 1)
    x = ops.where(x > 0.5, x, ops.zeros_like(x))[:, 0, 1:-1]
    x = ops.stack([x, ops.relu(x)], axis=1)
    x = ops.einsum("bij,bkj->bik", x, ops.transpose(x, (0, 1, 2)))
    return lib.Model([a, b], of.Dense(5)(ops.reshape(ops.cast(x, "float32"), (-1, 4))))


@kind({"line": floats(6, 2), "cube": floats(4, 4, 4, 1), "plane": floats(3, 3, 2)}, floats(2), plain("mse", "SGD"))
def convolutions(lib: Any) -> Any:
    of = lib.layers
    line, cube, plane = (
        lib.Input(shape, name=name) for name, shape in (("line", (6, 2)), ("cube", (4, 4, 4, 1)), ("plane", (3, 3, 2)))
    )
    x = of.Conv1DTranspose(2, 2, strides=2)(of.Conv1D(4, 3, padding="causal", groups=2)(line))
    x = of.SeparableConv1D(3, 2)(of.ZeroPadding1D(1)(x))
    y = of.Conv3DTranspose(2, 2)(of.Conv3D(3, 2, strides=2)(cube))
    z = of.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=1)(plane)
    z = of.GroupNormalization(2)(of.Cropping2D(1)(of.UpSampling2D(2)(z)))
    parts = [of.GlobalMaxPooling1D()(x), of.Flatten()(of.MaxPooling3D()(y)), of.GlobalAveragePooling2D()(z)]
    return lib.Model({"line": line, "cube": cube, "plane": plane}, of.Dense(2)(of.Concatenate()(parts)))


@kind(floats(6), floats(2), lambda lib: {"optimizer": "adam", "loss": "mse"}, policy="mixed_float16")
def mixed(lib: Any) -> Any:
    """Half precision; the optimizer becomes one that scales the loss, whose state is in the file too."""
    of = lib.layers
    return lib.Sequential(
        [
            lib.Input((6,)),
            of.Dense(4, activation="relu"),
            of.BatchNormalization(),
            of.Dense(4, dtype="mixed_bfloat16"),
            of.Dense(2, dtype="float32"),
        ]
    )


@kind(
    floats(6),
    floats(2),
    lambda lib: {
        "optimizer": lib.optimizers.AdamW(
            lib.optimizers.schedules.PiecewiseConstantDecay([2, 5], [0.1, 0.02, 0.005]),
            use_ema=True,
            ema_momentum=0.9,
            global_clipnorm=0.5,
        ),
        "loss": lib.losses.Huber(delta=0.5),
        "metrics": [lib.metrics.MeanAbsoluteError(), lib.metrics.CosineSimilarity(axis=-1)],
        "weighted_metrics": ["mse"],
    },
)
def scheduled(lib: Any) -> Any:
    of = lib.layers
    frozen = of.Dense(4, trainable=False)
    return lib.Sequential(
        [lib.Input((6,)), frozen, of.Dense(4, kernel_constraint=lib.constraints.MaxNorm(0.7)), of.Dense(2)]
    )


# ---------------------------------------------------------------------- making, writing, reading


@contextmanager
def policy(name: str) -> Iterator[None]:
    """Both libraries make layers of this policy."""
    for lib in (tsuno, keras):
        lib.config.set_dtype_policy(name)
    try:
        yield
    finally:
        for lib in (tsuno, keras):
            lib.config.set_dtype_policy("float32")


def made(name: str, lib: Any) -> Any:
    """A compiled model of a kind, with the variables of its optimizer."""
    row = KINDS[name]
    reset_names()
    keras.backend.clear_session(free_memory=False)
    with policy(row.policy), cheap_draws():
        model = row.make(lib)
        model.compile(**row.compile(lib))
        model.optimizer.build(model.trainable_variables)
    return model


def filled(model: Any, seed: int) -> Any:
    """A model with weights and a state of training as `seed` draws them."""
    draw = np.random.default_rng(seed)
    for variable in [*model.weights, *model.optimizer.variables]:
        if variable.dtype == "float32" and not variable.path.endswith("learning_rate"):
            low = -0.5 if variable.trainable else 0.05  # variances and second moments are positive
            variable.assign(draw.uniform(low, 0.5, variable.shape).astype("float32"))
    model.optimizer.iterations.assign(3 + seed)
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):  # Keras keeps what it made of the mean and variance
            layer.finalize_state()
    return model


@functools.cache
def original(name: str, lib: Any) -> tuple[Any, list[np.ndarray]]:
    """The model that is written, and what it computes."""
    model = filled(made(name, lib), 1)
    return model, outputs(model, KINDS[name].x)


@functools.cache
def target(name: str, lib: Any) -> Any:
    """The model that weights are read into."""
    return made(name, lib)


def outputs(model: Any, x: Any) -> list[np.ndarray]:
    with policy("float32"):
        return [np.asarray(each, "float32") for each in jax.tree.leaves(model(x))]


def arrays(variables: Any) -> list[np.ndarray]:
    return [np.asarray(each.value if hasattr(each, "value") else each, "float32") for each in variables]


def equal(one: list[np.ndarray], other: list[np.ndarray], tolerance: float = 0.0) -> None:
    shapes = [[each.shape for each in some] for some in (one, other)]
    assert shapes[0] == shapes[1], f"{len(one)}, {len(other)}: {shapes}"
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def taken(name: str, lib: Any, path: Path) -> Any:
    """Weights, read into a model of the same kind that has others."""
    model = filled(target(name, lib), 2)
    model.load_weights(path)
    return model


def write_bare(model: Any, path: Path) -> None:
    """Weights alone as Keras 1 and 2 wrote them; Keras 3 still has the function, and no method for it."""
    if isinstance(model, tsuno.Model):
        model.save_weights(path)
    else:
        with h5py.File(path, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)


def loaded(name: str, lib: Any, path: Path) -> Any:
    # Either library scales losses where the policy at the time says so, whatever it was when the file was written.
    with policy(KINDS[name].policy):
        return lib.saving.load_model(path, custom_objects=KINDS[name].custom(lib))


def write_text(model: Any, path: Path) -> None:
    """A model as text has no weights: they go into a file beside it."""
    path.write_text(getattr(model, f"to_{path.suffix[1:]}")())
    model.save_weights(path.with_name("model.weights.h5"))


def read_text(name: str, lib: Any, path: Path) -> Any:
    read = getattr(lib.models, f"model_from_{path.suffix[1:]}")
    model = read(path.read_text(), custom_objects=KINDS[name].custom(lib))
    if not model.built:
        outputs(model, KINDS[name].x)
    model.load_weights(path.with_name("model.weights.h5"))
    return model


def shards(model: Any, path: Path) -> None:
    largest = max(np.asarray(each.value).nbytes for each in [*model.weights, *model.optimizer.variables])
    model.save_weights(path, max_shard_size=1.5 * largest / 2**30)
    assert len(list(path.parent.glob("*.weights.h5"))) > 1


@dataclass(frozen=True)
class Format:
    """A format: the name of its file, how it is written and read, and what is in it."""

    file: str
    write: Callable[[Any, Path], None]
    read: Callable[[str, Any, Path], Any]
    slots: Sequence[Any] = (tsuno, keras)
    """The libraries that take the state of training from it."""


FORMATS = {
    "keras": Format("model.keras", lambda model, path: model.save(path), loaded),
    # Keras begins anew with its own files too: it makes the optimizer's variables for the layers' weights too late.
    "h5": Format("model.h5", lambda model, path: model.save(path), loaded, (tsuno,)),
    "weights": Format("model.weights.h5", lambda model, path: model.save_weights(path), taken),
    "bare": Format("model.h5", write_bare, taken, ()),
    "shards": Format("model.weights.json", shards, taken),
    "json": Format("model.json", write_text, read_text, ()),
    "yaml": Format("model.yaml", write_text, read_text, ()),
}
# Keras 3 has no YAML.
WAYS = {"yaml": [(tsuno, tsuno)]}
ROWS = [
    pytest.param(name, form, *way, id=f"{name}-{form}-{way[0].__name__}-{way[1].__name__}")
    for name in KINDS
    for form in FORMATS
    if form != "h5" or KINDS[name].h5
    for way in WAYS.get(form, [(tsuno, keras), (keras, tsuno)])
]


@pytest.mark.parametrize(("name", "form", "writer", "reader"), ROWS)
def test_what_one_writes_the_other_reads(name: str, form: str, writer: Any, reader: Any, tmp_path: Path) -> None:
    row, how = KINDS[name], FORMATS[form]
    own(reader)
    model, wanted = original(name, writer)
    path = tmp_path / how.file
    how.write(model, path)
    copy = how.read(name, reader, path)
    equal(arrays(copy.weights), arrays(model.weights))
    if reader in how.slots:
        equal(arrays(copy.optimizer.variables), arrays(model.optimizer.variables))
    equal(outputs(copy, row.x), wanted, 1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_training_goes_on_there(name: str, tmp_path: Path) -> None:
    """A file of Keras is read, written and read by Keras again: both train on alike."""
    row = KINDS[name]
    # A model of its own: one that Keras has saved as `.h5` has lost its optimizer for the `.keras` files that follow.
    filled(made(name, keras), 1).save(tmp_path / "keras.keras")
    model = loaded(name, tsuno, tmp_path / "keras.keras")
    model.save(tmp_path / "tsuno.keras")
    other = loaded(name, keras, tmp_path / "tsuno.keras")
    logs = [each.train_on_batch(row.x, row.y, return_dict=True) for each in (model, other)]
    assert sorted(logs[0]) == sorted(logs[1])
    for key, value in logs[1].items():
        np.testing.assert_allclose(logs[0][key], value, rtol=1e-5, atol=1e-5, err_msg=key)
    equal(arrays(model.weights), arrays(other.weights), 1e-5)
    equal(arrays(model.optimizer.variables), arrays(other.optimizer.variables), 1e-5)
    assert any(
        (a != b).any() for a, b in zip(arrays(model.weights), arrays(original(name, keras)[0].weights), strict=True)
    )


@pytest.mark.parametrize("name", KINDS)
def test_safetensors_are_those_of_the_library(name: str, tmp_path: Path) -> None:
    """Keras has no such files: what the library of the format reads and writes is what counts."""
    safetensors = pytest.importorskip("safetensors.numpy")
    model, wanted = original(name, tsuno)
    model.save_weights(tmp_path / "tsuno.safetensors")
    found = safetensors.load_file(tmp_path / "tsuno.safetensors")
    assert len(found) == len(model.weights)
    for variable in model.weights:
        assert (found[variable.path] == np.asarray(variable)).all() and found[variable.path].dtype == variable.dtype
    safetensors.save_file(found, tmp_path / "library.safetensors")
    copy = taken(name, tsuno, tmp_path / "library.safetensors")
    equal(arrays(copy.weights), arrays(model.weights))
    equal(outputs(copy, KINDS[name].x), wanted, 1e-6)


# ---------------------------------------------------------------------- vocabularies, as Keras 3.15.1 with TensorFlow wrote them

TOWNS = [["nara"], ["kyoto"], ["osaka"], ["nara"]]
NUMBERS = [[3], [7], [7], [99]]
PROSE = [["Horns are hard"], ["a hard horn!"], ["角 は hard"], ["horn"]]
LOOKUP = {
    "invert": False, "max_tokens": None, "num_oov_indices": 1, "mask_token": None, "sparse": False, "pad_to_max_tokens": False,
    "idf_weights": None, "vocabulary": None, "oov_method": "floormod", "salt": None, "output_mode": "int",
}  # fmt: skip
WORDS = "\n[UNK]\nhard\n角\nは\nhorns\nhorn\nare\na"
# The class, its configuration, its arrays, its vocabularies as files, what it was adapted to all but the last of, the results.
VOCABULARIES = [
    (
        "StringLookup",
        LOOKUP | {"oov_token": "[UNK]", "mask_token": "", "vocabulary_size": 5, "encoding": "utf-8"},
        {},
        {"": "\n[UNK]\nosaka\nnara\nkyoto"},
        TOWNS,
        [[3], [4], [2], [3]],
    ),
    (
        "StringLookup",
        LOOKUP | {"oov_token": "[UNK]", "output_mode": "tf_idf", "vocabulary_size": 4, "encoding": "utf-8"},
        {"idf_weights": 0.9162907600402832 * np.ones(4, "float32")},
        {"": "[UNK]\nosaka\nnara\nkyoto"},
        TOWNS,
        0.9162907600402832 * np.eye(4)[[2, 3, 1, 2]],
    ),
    (
        "IntegerLookup",
        LOOKUP | {"oov_token": -1, "num_oov_indices": 2, "vocabulary_dtype": "int64", "vocabulary_size": 4},
        {},
        {"": "-1\n-1\n7\n3"},
        NUMBERS,
        [[3], [2], [2], [1]],
    ),
    (
        "TextVectorization",
        {
            "max_tokens": None, "standardize": "lower_and_strip_punctuation", "split": "whitespace", "ngrams": None,
            "output_mode": "int", "output_sequence_length": 3, "pad_to_max_tokens": False, "sparse": False, "ragged": False,
            "vocabulary": None, "idf_weights": None, "encoding": "utf-8", "vocabulary_size": 9,
        },
        {},
        {"": WORDS, "_lookup_layer/": WORDS},
        PROSE,
        [[5, 7, 2], [8, 2, 6], [3, 4, 2], [6, 0, 0]],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "config", "held", "files", "x", "wanted"),
    VOCABULARIES,
    ids=[f"{row[0]}-{row[1]['output_mode']}" for row in VOCABULARIES],
)
def test_vocabularies_are_in_the_files(
    name: str, config: dict[str, Any], held: dict[str, Any], files: dict[str, str], x: Any, wanted: Any, tmp_path: Path
) -> None:
    values = np.array(x, object if isinstance(x[0][0], str) else "int64")
    place = f"layers/{to_snake_case(name)}"
    kind = "string" if values.dtype == object else "int64"
    line = {"class_name": "InputLayer", "config": {"batch_shape": [None, 1], "dtype": kind, "name": "entry"}}
    parts = [line, {"class_name": name, "config": {"name": "words", "trainable": True, **config}}]
    described = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "line", "layers": [{"module": "keras.layers", **each} for each in parts]},
    }
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.create_group("vars")
        group = file.create_group(f"{place}/vars")
        for key, value in held.items():
            group[key] = value
    with zipfile.ZipFile(tmp_path / "keras.keras", "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.15.1", "date_saved": "2026-11-21@16:00:00"}')
        archive.writestr("config.json", json.dumps(described | {"compile_config": {}}))
        for folder, text in files.items():
            archive.writestr(f"assets/{place}/{folder}vocabulary.txt", text)
        archive.writestr("model.weights.h5", memory.getvalue())
    copy = tsuno.saving.load_model(tmp_path / "keras.keras")
    np.testing.assert_allclose(np.asarray(copy(values)), wanted, rtol=1e-6)

    layer = getattr(tsuno.layers, name)(**{key: value for key, value in config.items() if key != "vocabulary_size"})
    layer.adapt(values[:3])
    model = tsuno.Sequential([tsuno.Input((1,), dtype=kind), layer])
    model.save(tmp_path / "tsuno.keras")
    with zipfile.ZipFile(tmp_path / "tsuno.keras") as archive:
        found = {member: archive.read(member) for member in archive.namelist()}
    told = json.loads(found["config.json"])["config"]["layers"][1]["config"]
    assert {key: told[key] for key in config} == config and set(told) - set(config) == {"name", "trainable", "dtype"}
    assets = {member: data.decode() for member, data in found.items() if member.startswith("assets/")}
    assert assets == {f"assets/{place}/{folder}vocabulary.txt": text for folder, text in files.items()}
    with h5py.File(io.BytesIO(found["model.weights.h5"])) as file:
        stored = {key: value[()] for key, value in file[f"{place}/vars"].items()}
    assert stored.keys() == held.keys()
    equal(list(stored.values()), list(held.values()), 1e-6)


# ---------------------------------------------------------------------- YAML, as Keras 2.2.4 wrote it

YAML = """
backend: tensorflow
class_name: Model
config:
  input_layers:
  - [left, 0, 0]
  - [right, 0, 0]
  layers:
  - class_name: InputLayer
    config:
      batch_input_shape: &id001 !!python/tuple [null, 6]
      dtype: float32
      name: left
      sparse: false
    inbound_nodes: []
    name: left
  - class_name: InputLayer
    config:
      batch_input_shape: *id001
      dtype: float32
      name: right
      sparse: false
    inbound_nodes: []
    name: right
  - class_name: Dense
    config:
      activation: tanh
      activity_regularizer: null
      bias_constraint: null
      bias_initializer: &id002
        class_name: Zeros
        config: {}
      bias_regularizer: null
      kernel_constraint: null
      kernel_initializer: &id003
        class_name: VarianceScaling
        config:
          distribution: uniform
          mode: fan_avg
          scale: 1.0
          seed: null
      kernel_regularizer:
        class_name: L1L2
        config:
          l1: 0.0
          l2: 0.009999999776482582
      name: tower
      trainable: true
      units: 3
      use_bias: true
    inbound_nodes:
    - - - left
        - 0
        - 0
        - {}
    - - - right
        - 0
        - 0
        - {}
    name: tower
  - class_name: Concatenate
    config:
      axis: -1
      name: concatenate_1
      trainable: true
    inbound_nodes:
    - - - tower
        - 0
        - 0
        - {}
      - - tower
        - 1
        - 0
        - {}
    name: concatenate_1
  - class_name: Dense
    config:
      activation: linear
      activity_regularizer: null
      bias_constraint: null
      bias_initializer: *id002
      bias_regularizer: null
      kernel_constraint: null
      kernel_initializer: *id003
      kernel_regularizer: null
      name: head
      trainable: false
      units: 2
      use_bias: true
    inbound_nodes:
    - - - concatenate_1
        - 0
        - 0
        - {}
    name: head
  name: model_1
  output_layers:
  - [head, 0, 0]
keras_version: 2.2.4
"""


def test_yaml_of_keras_2_is_read() -> None:
    model = tsuno.models.model_from_yaml(YAML)
    x = [floats(6), floats(6)]
    weights = [rng.normal(size=each.shape).astype("float32") for each in model.weights]
    model.set_weights(weights)
    kernel, bias, last, end = weights
    wanted = np.concatenate([np.tanh(each @ kernel + bias) for each in x], -1) @ last + end
    equal(outputs(model, x), [wanted], 1e-6)
    assert len(model.trainable_weights) == 2 and float(model.get_layer("tower").kernel_regularizer.l2) == np.float32(
        0.01
    )
    again = tsuno.models.model_from_yaml(model.to_yaml())
    again.set_weights(weights)
    equal(outputs(again, x), [wanted], 1e-6)
