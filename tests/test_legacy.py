"""The past as a table: old arguments, names and configurations mean what they meant, today's are left alone."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tsuno
from tsuno import callbacks, constraints, initializers, layers, losses, metrics, optimizers, regularizers
from tsuno.core import past, registry
from tsuno.legacy import arguments, find, named, names, notices, rewrite, rewriting
from tsuno.legacy import layers as old
from tsuno.legacy.activations import keras2_hard_sigmoid
from tsuno.legacy.image_layers import RandomHeight, RandomWidth
from tsuno.legacy.operations import OPERATIONS, TFOpLambda
from tsuno.legacy.spellings import AtrousConvolution2D, Convolution2D, Deconvolution2D, TimeDistributedDense

X = np.random.default_rng(0).uniform(-1, 1, (2, 6, 5, 3)).astype("float32")


@pytest.fixture(autouse=True)
def alive(monkeypatch):
    monkeypatch.setattr(past, "alive", True)


def plain(thing: Any) -> Any:
    """What a thing is, without the name that it happened to get."""
    config = registry.serialize(thing)
    config["config"].pop("name", None)
    return config


def applied(cls: type, **kwargs: Any) -> dict[str, Any]:
    return rewrite(cls, (), kwargs)[1]


# ---------------------------------------------------------------------- every row of the table

GONE: dict[str, Any] = {
    "adaptive_epsilon": False, "adjustment": None, "autocast": True, "batch_size": 3, "cache_enabled": True,
    "causal": False, "consume_less": "gpu", "count_mode": "steps", "dropout": 0.0, "dtype": "float32",
    "dynamic": False, "epsilon": None, "fn": "mse", "force_generator": True, "function_type": "lambda", "fused": True,
    "gradient_aggregator": None, "gradient_transformers": None, "groups": 1, "ignore_border": True,
    "implementation": 2, "input_dtype": "int32", "is_legacy_optimizer": False, "jit_compile": True,
    "input_shape": (3,), "mask_module": None, "mask_type": None, "num_constants": None,
    "kernel_constraint": None, "kernel_initializer": "zeros", "kernel_regularizer": None, "key_shape": (3,),
    "load_weights_on_restart": False, "loss_scale": "dynamic", "mode": 0, "module": "m", "noise_shape": None,
    "options": None, "output_shape": (None, 3), "output_shape_module": None, "output_shape_type": "raw",
    "partition_info": None, "query_shape": (3,), "ragged": False, "rng_type": "stateful",
    "robust_masking": True, "save_before_preemption": False, "schedule_decay": 0.004, "softmax_robust_masking": True,
    "sparse": False, "stateful_metrics": None, "time_major": False, "trainable": True, "transform_bias": -2,
    "truncate_gradient": -1, "type_spec": None, "value_shape": (3,), "verify_shape": False, "virtual_batch_size": None,
    "vocabulary_dtype": "string", "weights": None,
}  # fmt: skip
READ: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "U_regularizer": ({"U_regularizer": "l2"}, {"recurrent_regularizer": "l2"}),
    "W_constraint": ({"W_constraint": "non_neg"}, {"kernel_constraint": "non_neg"}),
    "W_regularizer": ({"W_regularizer": "l2"}, {"kernel_regularizer": "l2"}),
    "activity_regularizer": ({"activity_regularizer": "l2"}, {"activity_regularizer": "l2"}),
    "alpha": ({"alpha": 0.1}, {"negative_slope": 0.1}),
    "atrous_rate": ({"atrous_rate": (2, 2)}, {"dilation_rate": (2, 2)}),
    "axis": ({"axis": [3]}, {"axis": 3}),
    "b_constraint": ({"b_constraint": None}, {"bias_constraint": None}),
    "b_regularizer": ({"b_regularizer": "l1"}, {"bias_regularizer": "l1"}),
    "batch_input_shape": ({"batch_input_shape": [4, 5, 6]}, {"input_shape": (5, 6), "batch_size": 4}),
    "beta_init": ({"beta_init": "one"}, {"beta_initializer": "one"}),
    "beta_regularizer": ({"beta_regularizer": None}, {"beta_regularizer": None}),
    "bias": ({"bias": False}, {"use_bias": False}),
    "bins": ({"bins": [0.5]}, {"bin_boundaries": [0.5]}),
    "border_mode": ({"border_mode": "same"}, {"padding": "same"}),
    "depthwise_constraint": ({"depthwise_constraint": None}, {"depthwise_constraint": None}),
    "depthwise_regularizer": ({"depthwise_regularizer": None}, {"depthwise_regularizer": None}),
    "dim_ordering": ({"dim_ordering": "th"}, {"data_format": "channels_first"}),
    "dims": ({"dims": (3,)}, {"target_shape": (3,)}),
    "distribution": ({"distribution": "normal"}, {"distribution": "truncated_normal"}),
    "dropout_U": ({"dropout_U": 0.1}, {"recurrent_dropout": 0.1}),
    "dropout_W": ({"dropout_W": 0.1}, {"dropout": 0.1}),
    "epsilon": ({"epsilon": 0.1}, {"min_delta": 0.1}),
    "filter_length": ({"filter_length": [3]}, {"kernel_size": 3}),
    "forget_bias_init": ({"forget_bias_init": "one"}, {"unit_forget_bias": True}),
    "gamma_init": ({"gamma_init": "zero"}, {"gamma_initializer": "zero"}),
    "gamma_regularizer": ({"gamma_regularizer": None}, {"gamma_regularizer": None}),
    "high": ({"high": 1.0}, {"max_value": 1.0}),
    "init": ({"init": "uniform"}, {"kernel_initializer": "uniform"}),
    "inner_activation": ({"inner_activation": "relu"}, {"recurrent_activation": "relu"}),
    "inner_init": ({"inner_init": "zero"}, {"recurrent_initializer": "zero"}),
    "input": ({"input": 1}, {"inputs": 1}),
    "input_dim": ({"input_dim": 3}, {"input_shape": (None, 3)}),
    "input_length": ({"input_dim": 3, "input_length": 5}, {"input_shape": (5, 3)}),
    "kernel_dim1": ({"kernel_dim1": 1, "kernel_dim2": 2, "kernel_dim3": 3}, {"kernel_size": (1, 2, 3)}),
    "length": ({"length": 2}, {"size": 2}),
    "low": ({"low": 0.1}, {"min_value": 0.1}),
    "lr": ({"lr": 0.1}, {"learning_rate": 0.1}),
    "m": ({"m": 3}, {"max_value": 3}),
    "max_tokens": ({"max_tokens": 3}, {"num_tokens": 3}),
    "nb_filter": ({"nb_filter": 3}, {"filters": 3}),
    "nb_row": ({"nb_row": 2, "nb_col": 3}, {"kernel_size": (2, 3)}),
    "optimizer": ({"optimizer": 1}, {"inner_optimizer": 1}),
    "output": ({"output": 1}, {"outputs": 1}),
    "output_dim": ({"output_dim": 3}, {"units": 3}),
    "output_mode": ({"output_mode": "binary"}, {"output_mode": "multi_hot"}),
    "p": ({"p": 0.2}, {"rate": 0.2}),
    "padding": ({"padding": {"top_pad": 1, "left_pad": 2}}, {"padding": ((1, 0), (2, 0))}),
    "pointwise_constraint": ({"pointwise_constraint": None}, {"pointwise_constraint": None}),
    "pointwise_regularizer": ({"pointwise_regularizer": None}, {"pointwise_regularizer": None}),
    "pool_length": ({"pool_length": 2}, {"pool_size": 2}),
    "poolsize": ({"poolsize": (2, 2)}, {"pool_size": (2, 2)}),
    "period": ({"period": 1}, {"save_freq": "epoch"}),
    "rate": ({"rate": "0.2"}, {"rate": 0.2}),
    "reduction": ({"reduction": "auto"}, {"reduction": "sum_over_batch_size"}),
    "sigma": ({"sigma": 0.1}, {"stddev": 0.1}),
    "stride": ({"stride": 2}, {"strides": 2}),
    "subsample": ({"subsample": (2, 2)}, {"strides": (2, 2)}),
    "subsample_length": ({"subsample_length": 2}, {"strides": 2}),
}  # fmt: skip
READ["nb_col"] = READ["nb_row"]
READ["kernel_dim2"] = READ["kernel_dim3"] = READ["kernel_dim1"]
BY_CLASS = {
    ("InputLayer", "batch_input_shape"): ({"batch_input_shape": (None, 3)}, {"batch_shape": (None, 3)}),
    ("InputLayer", "input_dtype"): ({"input_dtype": "int32"}, {"dtype": "int32"}),
    ("Embedding", "init"): ({"init": "zero"}, {"embeddings_initializer": "zero"}),
    ("Embedding", "input_length"): ({"input_length": 7}, {"input_shape": (7,)}),
    ("Embedding", "W_regularizer"): ({"W_regularizer": "l2"}, {"embeddings_regularizer": "l2"}),
    ("Embedding", "W_constraint"): ({"W_constraint": None}, {"embeddings_constraint": None}),
    ("PReLU", "init"): ({"init": "zero"}, {"alpha_initializer": "zero"}),
    ("L1", "l"): ({"l": 0.1}, {"l1": 0.1}),
    ("L2", "l"): ({"l": 0.1}, {"l2": 0.1}),
    ("ReduceLROnPlateau", "epsilon"): READ["epsilon"],
    **{(f"DepthwiseConv{n}D", "init"): ({"init": "zero"}, {"depthwise_initializer": "zero"}) for n in (1, 2)},
    **{
        (f"SeparableConv{n}D", "init"): (
            {"init": "zero"}, {"depthwise_initializer": "zero", "pointwise_initializer": "zero"},
        )
        for n in (1, 2)
    },
}  # fmt: skip


def classes() -> dict[str, type]:
    """Every class of the library by name."""
    registry._enter_all()
    found = {cls.__name__: cls for cls in registry._library.values() if isinstance(cls, type)}
    spaces = (callbacks, constraints, initializers, losses, metrics, optimizers, regularizers, tsuno.dtype_policies)
    found |= {name: cls for space in spaces for name, cls in vars(space).items() if isinstance(cls, type)}
    known = {name: named("layers", name) for name in names.names_in("layers")}
    found |= {name: cls for name, cls in known.items() if isinstance(cls, type) and hasattr(cls, "__signature__")}
    return {name: cls for name, cls in found.items() if registry.in_library(cls) and hasattr(cls, "__signature__")}


CLASSES = classes()
FAMILIES = [(names_.split(), old_name) for names_, rows in arguments.TABLE for old_name in rows]


def test_every_row_is_read():
    used = set()
    for family, old_name in FAMILIES:
        for name in family:
            row = rewriting.of_class(CLASSES[name])[0].get(old_name)
            if row is None:
                continue
            used.add((family[0], old_name))
            case = ({old_name: GONE[old_name]}, {}) if old_name in GONE else READ.get(old_name)
            given, expected = BY_CLASS.get((name, old_name)) or case
            found = applied(CLASSES[name], **given)
            assert found == expected, (name, old_name)
            assert set(found) <= set(CLASSES[name].__signature__.parameters), (name, old_name)
    bases = {
        "Layer",
        "Initializer",
        "Metric",
        "Loss",
        "Optimizer",
        "Callback",
    }  # for those heirs that lack the argument
    unused = {(family[0], old_name) for family, old_name in FAMILIES} - used
    assert {pair for pair in unused if pair[0] not in bases} == set()


def test_words_of_today_are_left_alone():
    """No row touches an argument that a class has today, whatever its value; but for those that name a shape."""
    value, defaults = object(), 0
    shapes = {"input_dim", "input_length"}
    for name, cls in CLASSES.items():
        for parameter in cls.__signature__.parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            if parameter.name not in shapes:
                assert applied(cls, **{parameter.name: value}) == {parameter.name: value}, (name, parameter.name)
            if parameter.default is not parameter.empty:
                defaults += 1
                given = {parameter.name: parameter.default}
                assert applied(cls, **given) == given, (name, parameter.name)
    assert len(CLASSES) > 250 and defaults > 2000


# ---------------------------------------------------------------------- calls of the past

SAME = {
    "Dense of Keras 1": (
        lambda: layers.Dense(
            output_dim=4, input_dim=3, init="uniform", activation="relu", W_regularizer=regularizers.l2(l=0.1),
            b_constraint="non_neg", bias=True,
        ),
        lambda: layers.Dense(
            4, activation="relu", kernel_initializer="uniform", kernel_regularizer=regularizers.L2(0.1),
            bias_constraint="non_neg",
        ),
    ),
    "Dense with an initializer": (
        lambda: layers.Dense(4, "uniform", "relu"),
        lambda: layers.Dense(4, "relu", kernel_initializer="uniform"),
    ),
    "Conv1D": (
        lambda: layers.Convolution1D(nb_filter=4, filter_length=3, border_mode="same", subsample_length=2, input_dim=3),
        lambda: layers.Conv1D(4, 3, padding="same", strides=2),
    ),
    "Conv1D with an initializer": (
        lambda: layers.Conv1D(4, 3, "uniform", "relu"),
        lambda: layers.Conv1D(4, 3, activation="relu", kernel_initializer="uniform"),
    ),
    "Conv2D by names": (
        lambda: layers.Conv2D(nb_filter=4, nb_row=3, nb_col=2, border_mode="same", subsample=(2, 1), dim_ordering="th"),
        lambda: layers.Conv2D(4, (3, 2), (2, 1), "same", "channels_first"),
    ),
    "Conv2D by numbers": (lambda: layers.Conv2D(4, 3, 2, border_mode="same"), lambda: layers.Conv2D(4, (3, 2), padding="same")),
    "Conv2D by a number and a name": (lambda: layers.Conv2D(4, 3, nb_col=2), lambda: layers.Conv2D(4, (3, 2))),
    "Conv2D with an initializer": (
        lambda: layers.Conv2D(4, 3, 2, "uniform", "relu"),
        lambda: layers.Conv2D(4, (3, 2), activation="relu", kernel_initializer="uniform"),
    ),
    "Conv2D of today": (lambda: layers.Conv2D(4, 3, 2), lambda: layers.Conv2D(4, (3, 3), strides=(2, 2))),
    "Conv3D by numbers": (lambda: layers.Conv3D(4, 3, 2, 1), lambda: layers.Conv3D(4, (3, 2, 1))),
    "Conv3D by names": (
        lambda: layers.Conv3D(4, kernel_dim1=3, kernel_dim2=2, kernel_dim3=1),
        lambda: layers.Conv3D(4, (3, 2, 1)),
    ),
    "Convolution2D": (lambda: Convolution2D(4, 3, 3), lambda: layers.Conv2D(4, (3, 3))),
    "Convolution2D of Keras 2": (lambda: Convolution2D(4, (3, 2), padding="same"), lambda: layers.Conv2D(4, (3, 2), padding="same")),
    "AtrousConvolution2D": (
        lambda: AtrousConvolution2D(4, 3, 2, atrous_rate=(2, 2)),
        lambda: layers.Conv2D(4, (3, 2), dilation_rate=2),
    ),
    "Deconvolution2D": (
        lambda: Deconvolution2D(4, 3, 3, (None, 12, 12, 4), subsample=(2, 2), border_mode="same"),
        lambda: layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
    ),
    "SeparableConv2D": (
        lambda: layers.SeparableConv2D(4, 3, 2, init="uniform", groups=1),
        lambda: layers.SeparableConv2D(4, (3, 2), depthwise_initializer="uniform", pointwise_initializer="uniform"),
    ),
    "DepthwiseConv2D of Keras 2": (
        lambda: layers.DepthwiseConv2D(3, groups=1, kernel_initializer="zeros"),
        lambda: layers.DepthwiseConv2D(3),
    ),
    "LSTM of Keras 1": (
        lambda: layers.LSTM(
            output_dim=4, input_dim=3, input_length=5, init="uniform", inner_init="zero", forget_bias_init="one",
            inner_activation="hard_sigmoid", dropout_W=0.1, dropout_U=0.2, consume_less="gpu", U_regularizer="l2",
        ),
        lambda: layers.LSTM(
            4, kernel_initializer="uniform", recurrent_initializer="zero", recurrent_activation="hard_sigmoid",
            dropout=0.1, recurrent_dropout=0.2, recurrent_regularizer="l2",
        ),
    ),
    "LSTM with initializers": (
        lambda: layers.LSTM(4, "uniform", "zero", "zero", "relu", "sigmoid"),
        lambda: layers.LSTM(
            4, "relu", kernel_initializer="uniform", recurrent_initializer="zero", unit_forget_bias=False,
        ),
    ),
    "GRU of tf.keras": (lambda: layers.GRU(4, time_major=False, implementation=1), lambda: layers.GRU(4, implementation=1)),
    "SimpleRNN": (lambda: layers.SimpleRNN(4, "uniform"), lambda: layers.SimpleRNN(4, kernel_initializer="uniform")),
    "ConvLSTM2D": (
        lambda: layers.ConvLSTM2D(nb_filter=4, nb_row=3, nb_col=2, border_mode="same", inner_activation="sigmoid"),
        lambda: layers.ConvLSTM2D(4, (3, 2), padding="same"),
    ),
    "TimeDistributedDense": (lambda: TimeDistributedDense(4, input_dim=3, input_length=5), lambda: layers.Dense(4)),
    "Embedding": (
        lambda: layers.Embedding(9, 4, init="zero", W_regularizer="l2", input_length=5, dropout=0.0),
        lambda: layers.Embedding(9, 4, "zero", "l2"),
    ),
    "Embedding by numbers": (lambda: layers.Embedding(9, 4, "zero", 5), lambda: layers.Embedding(9, 4, "zero")),
    "BatchNormalization of Keras 1": (
        lambda: layers.BatchNormalization(epsilon=1e-5, mode=0, axis=1, beta_init="one", gamma_init="zero"),
        lambda: layers.BatchNormalization(1, epsilon=1e-5, beta_initializer="one", gamma_initializer="zero"),
    ),
    "BatchNormalization by number": (
        lambda: layers.BatchNormalization(1e-5, 0, 1),
        lambda: layers.BatchNormalization(1, epsilon=1e-5),
    ),
    "BatchNormalization of tf.keras": (
        lambda: layers.BatchNormalization(axis=[3], fused=True, virtual_batch_size=None),
        lambda: layers.BatchNormalization(axis=3),
    ),
    "MaxPooling1D": (
        lambda: layers.MaxPooling1D(pool_length=3, stride=2, border_mode="same"),
        lambda: layers.MaxPooling1D(3, 2, "same"),
    ),
    "AveragePooling2D": (
        lambda: layers.AveragePooling2D((2, 2), border_mode="same", dim_ordering="tf"),
        lambda: layers.AveragePooling2D((2, 2), None, "same", "channels_last"),
    ),
    "ZeroPadding2D": (
        lambda: layers.ZeroPadding2D(padding=(1, 2, 3, 4), dim_ordering="default"),
        lambda: layers.ZeroPadding2D(((1, 2), (3, 4))),
    ),
    "UpSampling1D": (lambda: layers.UpSampling1D(length=3), lambda: layers.UpSampling1D(3)),
    "Dropout": (lambda: layers.Dropout(p=0.2), lambda: layers.Dropout(0.2)),
    "SpatialDropout2D": (
        lambda: layers.SpatialDropout2D(p=0.2, dim_ordering="th"),
        lambda: layers.SpatialDropout2D(0.2, "channels_first"),
    ),
    "GaussianNoise": (lambda: layers.GaussianNoise(sigma=0.2), lambda: layers.GaussianNoise(0.2)),
    "LeakyReLU": (lambda: layers.LeakyReLU(alpha=0.2), lambda: layers.LeakyReLU(0.2)),
    "PReLU": (lambda: layers.PReLU(init="one"), lambda: layers.PReLU("ones")),
    "Adam": (
        lambda: optimizers.Adam(lr=0.1, epsilon=None, jit_compile=True, is_legacy_optimizer=False),
        lambda: optimizers.Adam(0.1),
    ),
    "SGD by numbers": (
        lambda: optimizers.SGD(0.1, 0.9, 1e-6, True),
        lambda: optimizers.SGD(0.1, 0.9, True, decay=1e-6),
    ),
    "Adam by numbers": (
        lambda: optimizers.Adam(0.1, 0.8, 0.9, 1e-8, 1e-6),
        lambda: optimizers.Adam(0.1, 0.8, 0.9, 1e-8, decay=1e-6),
    ),
    "Nadam": (lambda: optimizers.Nadam(lr=0.1, schedule_decay=0.004), lambda: optimizers.Nadam(0.1)),
    "VarianceScaling": (
        lambda: initializers.VarianceScaling(2.0, distribution="normal", dtype="float32"),
        lambda: initializers.VarianceScaling(2.0),
    ),
    "l1": (lambda: regularizers.l1(l=0.1), lambda: regularizers.L1(0.1)),
    "max_norm": (lambda: constraints.max_norm(m=3), lambda: constraints.MaxNorm(3)),
    "a loss of tf.keras": (lambda: losses.Huber(2.0, reduction="auto"), lambda: losses.Huber(2.0)),
    "LocallyConnected2D": (lambda: old.LocallyConnected2D(4, 3, 2), lambda: old.LocallyConnected2D(4, (3, 2))),
    "ConvLSTM2D by numbers": (
        lambda: layers.ConvLSTM2D(4, 3, 2, border_mode="same"),
        lambda: layers.ConvLSTM2D(4, (3, 2), padding="same"),
    ),
    "Merge": (
        lambda: named("layers", "Merge")(mode="concat", concat_axis=1),
        lambda: layers.Concatenate(1),
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*is read as in")
@pytest.mark.parametrize("name", SAME)
def test_a_call_of_the_past_means_what_it_meant(name):
    then, today = SAME[name]
    assert plain(then()) == plain(today())


@pytest.mark.parametrize(
    "cls, args",
    [
        (layers.Dense, (3, "relu")), (layers.Dense, (3, None, False)), (layers.Conv1D, (3, 2, 1)),
        (layers.Conv2D, (3, 2, 1)), (layers.Conv2D, (3, (2, 2), (1, 1), "same")), (layers.Conv3D, (3, 2, 1, "same")),
        (layers.SeparableConv2D, (3, 2, 1)), (layers.ConvLSTM2D, (3, 2, 1)), (layers.LSTM, (3, "tanh", "sigmoid")),
        (layers.GRU, (3, None)), (layers.BatchNormalization, (1, 0.9)), (layers.BatchNormalization, ()),
        (optimizers.SGD, (0.1, 0.9, True)), (optimizers.SGD, (0.1, 0.9, False, 0.1)),
        (optimizers.Adam, (0.1, 0.9, 0.99, 1e-7, True)), (layers.LeakyReLU, (0.1,)), (layers.Dropout, (0.1, (1, 2), 3)),
    ],
)  # fmt: skip
def test_arguments_without_names_mean_what_they_mean_today(cls, args):
    assert rewrite(cls, args, {}) == (args, {})


def test_shapes_of_first_layers():
    shapes = {
        (None, 5, 3): layers.LSTM(2, input_dim=3, input_length=5),
        (None, None, 3): layers.Conv1D(2, 3, input_dim=3),
        (4, 5, 3): layers.LSTM(2, batch_input_shape=(4, 5, 3), stateful=True),
        (None, 3): layers.Dense(2, batch_input_shape=(None, 3)),
        (None, 7): layers.Embedding(9, 2, input_length=7),
        (None, 6, 3): TimeDistributedDense(2, input_dim=3, input_length=6),
    }
    for shape, layer in shapes.items():
        assert tsuno.Sequential([layer]).input_shape == shape
    assert layers.InputLayer(batch_input_shape=(None, 3), ragged=False).batch_shape == (None, 3)
    # Keras 1 says both in its files
    layer = layers.LSTM(2, input_dim=3, input_length=5, batch_input_shape=[None, 5, 3])
    assert tsuno.Sequential([layer]).input_shape == (None, 5, 3)


def test_models_of_keras_1():
    x = tsuno.Input((3,))
    model = tsuno.Model(input=x, output=layers.Dense(output_dim=2)(x))
    assert model.output_shape == (None, 2)
    dropout = layers.SpatialDropout1D(p=0.2, batch_input_shape=(None, 5, 3), trainable=False, noise_shape=None)
    assert dropout.rate == 0.2


def test_first_values_of_weights():
    kernel, bias = np.ones((3, 2), "float32"), np.full(2, 5.0, "float32")
    layer = layers.Dense(2, weights=[kernel, bias])
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.get_weights()[0], kernel)
    np.testing.assert_array_equal(layer.get_weights()[1], bias)
    assert layers.Dense.from_config(layer.get_config()).get_config() == layer.get_config()  # the values are in files
    arrays = [np.full(shape, 0.5, "float32") for shape in ((3, 8), (2, 8), (8,))]
    lstm = layers.LSTM(2, weights=arrays)
    lstm.build((None, 5, 3))
    for mine, given in zip(lstm.get_weights(), arrays, strict=True):
        np.testing.assert_array_equal(mine, given)
    with pytest.raises(ValueError, match=r"`weights` has an array of shape \(3, 2\) for a weight of shape \(4, 2\)"):
        layers.Dense(2, weights=[kernel]).build((None, 4))


def test_what_changes_is_said_once():
    notices._said.clear()
    with pytest.warns(UserWarning, match=r"Convolution2D\(3, 3, 3\) is read as in Keras 1") as caught:
        Convolution2D(3, 3, 3)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="dropout=0.5 is left out; put a SpatialDropout1D layer after it"):
        layers.Embedding(3, 2, dropout=0.5)
    with pytest.warns(notices.OldForm, match="`output_dim` of Dense is now `units`"):
        layers.Dense(output_dim=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Convolution2D(3, 5, 5)
        layers.Embedding(3, 2, dropout=0.2)
        layers.LSTM(output_dim=3)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: layers.Dense(output_dim=3, units=4), "given 'output_dim' and 'units', the old and the present name"),
        (lambda: layers.Dense(4, output_dim=3), "multiple values for argument 'units'"),
        (lambda: layers.LSTM(3, time_major=True), "LSTM has no argument 'time_major'"),
        (lambda: layers.BatchNormalization(mode=2), "BatchNormalization has no argument 'mode'"),
        (lambda: layers.Conv2D(3, nb_row=3), "Conv2D has no argument 'nb_row'"),
        (lambda: layers.Dense(3, inti="uniform"), "Dense has no argument 'inti'"),
        (lambda: layers.Dense(3, kernel_initialiser="zeros"), "Did you mean 'kernel_initializer'"),
        (lambda: layers.LSTM(3, input_length=5), "LSTM has no argument 'input_length'"),
        (lambda: optimizers.Adam(learning_rte=0.1), "Did you mean 'learning_rate'"),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_class(call, message):
    with pytest.raises(TypeError, match=message):
        call()


class Scaled(layers.Dense):
    """A class of the user's, with words of its own that once were the library's."""

    def __init__(self, output_dim, init="ones", **kwargs):
        self.init, self.batch = init, kwargs.pop("batch_size", None)
        super().__init__(output_dim=output_dim, init=init, **kwargs)


class Plain(layers.Dense):
    """A class that leaves the constructor to the library."""


def test_classes_of_users():
    layer = Scaled(3, init="zeros", batch_size=7, batch_input_shape=(None, 4), W_regularizer="l2")
    assert (layer.init, layer.batch, layer.units) == ("zeros", 7, 3)
    assert type(layer.kernel_initializer).__name__ == "Zeros" and layer.kernel_regularizer.l2 == 0.01
    assert layer.get_config()["output_dim"] == 3 and "units" not in layer.get_config()
    assert tsuno.Sequential([layer]).input_shape == (None, 4)
    assert Plain(output_dim=3, bias=False).use_bias is False
    assert rewrite(Scaled, (), {"init": 1, "bias": 2}) == ((), {"init": 1, "bias": 2})


def test_the_usual_call_costs_next_to_nothing():
    args, kwargs = (3,), {"activation": "relu", "name": "x"}
    found = rewrite(layers.Dense, args, kwargs)
    assert found[0] is args and found[1] is kwargs
    assert rewriting.of_class(layers.Dense) is rewriting.of_class(layers.Dense)


# ---------------------------------------------------------------------- names of the past


@pytest.mark.parametrize("namespace", names.NAMES)
def test_names_of_the_past_stand_for_something(namespace):
    for name in names.names_in(namespace):
        found = named(namespace, name)
        assert callable(found), name
        assert find(name, namespace) is found
    assert find("Adamm") is None and find("MappingV2") is None and find("V2") is None


@pytest.mark.parametrize(
    "name, today",
    [
        ("BatchNormalizationV1", layers.BatchNormalization), ("GRUV2", layers.GRU), ("CuDNNLSTM", layers.LSTM),
        ("GlorotUniformV2", initializers.GlorotUniform), ("MaxPool2D", layers.MaxPooling2D),
        ("Policy", tsuno.dtype_policies.DTypePolicy), ("LossScaleOptimizerV3", optimizers.LossScaleOptimizer),
        ("WeightRegularizer", regularizers.L1L2), ("maxnorm", constraints.MaxNorm), ("one", initializers.Ones),
        ("kullback_leibler_divergence", losses.kl_divergence), ("CosineProximity", metrics.CosineSimilarity),
    ],
)  # fmt: skip
def test_names_of_the_past(name, today):
    assert find(name) is today


def test_names_as_strings():
    assert losses.get("kullback_leibler_divergence") is losses.kl_divergence
    assert losses.get("huber_loss") is losses.huber and losses.get("cosine_proximity") is losses.cosine_similarity
    assert constraints.get("maxnorm") == constraints.get("maxnorm") or constraints.get("maxnorm").max_value == 2
    assert regularizers.get("activity_l2").l2 == 0.01
    assert tsuno.activations.get("keras2_hard_sigmoid") is keras2_hard_sigmoid
    assert isinstance(initializers.get("one"), initializers.Ones)


def test_spellings_are_classes_of_today():
    layer = Convolution2D(3, (2, 2))
    assert type(layer) is layers.Conv2D and isinstance(layer, Convolution2D)
    assert isinstance(layers.Conv2D(1, 1), Convolution2D) and not isinstance(layers.Dense(1), Convolution2D)
    assert issubclass(Convolution2D, layers.Conv2D)

    class Mine(Convolution2D):
        pass

    assert type(Mine(3, (2, 2))) is Mine and not isinstance(layer, Mine)


CONFIGS = [
    (
        "Convolution2D",
        {
            "name": "a", "trainable": True, "batch_input_shape": [None, 3, 8, 8], "input_dtype": "float32",
            "nb_filter": 4, "nb_row": 3, "nb_col": 2, "init": "glorot_uniform", "activation": "relu",
            "border_mode": "same", "subsample": [1, 1], "dim_ordering": "th", "bias": True,
            "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.5}, "b_regularizer": None,
            "activity_regularizer": None, "W_constraint": {"name": "MaxNorm", "m": 3, "axis": 0}, "b_constraint": None,
        },
        lambda: layers.Conv2D(
            4, (3, 2), padding="same", data_format="channels_first", activation="relu", kernel_constraint="max_norm",
            kernel_regularizer=regularizers.L1L2(0.0, 0.5), input_shape=(3, 8, 8), name="a",
        ),
    ),
    (
        "LSTM",
        {
            "name": "b", "trainable": True, "return_sequences": False, "go_backwards": False, "stateful": False,
            "unroll": False, "consume_less": "cpu", "input_dim": 3, "input_length": None, "output_dim": 4,
            "init": "glorot_uniform", "inner_init": "orthogonal", "forget_bias_init": "one", "activation": "tanh",
            "inner_activation": "sigmoid", "W_regularizer": None, "U_regularizer": None, "b_regularizer": None,
            "dropout_W": 0.0, "dropout_U": 0.0,
        },
        lambda: layers.LSTM(4, name="b", input_shape=(None, 3)),
    ),
    (
        "BatchNormalizationV1",
        {
            "name": "c", "trainable": True, "dtype": "float32", "axis": [3], "momentum": 0.9, "epsilon": 0.01,
            "center": True, "scale": True, "beta_initializer": {"class_name": "Zeros", "config": {}},
        },
        lambda: layers.BatchNormalization(3, 0.9, 0.01, name="c"),
    ),
    (
        "CuDNNGRU",
        {
            "name": "d", "trainable": True, "dtype": {"class_name": "Policy", "config": {"name": "float32"}},
            "units": 4, "kernel_initializer": {
                "class_name": "VarianceScaling",
                "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
            },
        },
        lambda: layers.GRU(
            4, name="d", kernel_initializer=initializers.VarianceScaling(1.0, "fan_avg", "uniform"),
        ),
    ),
    (
        "Merge",
        {"name": "e", "mode": "concat", "mode_type": "raw", "concat_axis": 1, "dot_axes": -1, "output_shape": None},
        lambda: layers.Concatenate(1, name="e"),
    ),
    ("Highway", {"name": "f", "init": "zero", "activation": "relu", "bias": True, "input_dim": 3},
     lambda: old.Highway("zeros", "relu", name="f")),
    ("MaxoutDense", {"name": "g", "output_dim": 3, "nb_feature": 2, "init": "uniform", "input_dim": 4},
     lambda: old.MaxoutDense(3, 2, "uniform", name="g")),
    ("LocallyConnected1D", {"name": "h", "nb_filter": 3, "filter_length": 2, "subsample_length": 1, "input_dim": None},
     lambda: old.LocallyConnected1D(3, 2, name="h")),
]  # fmt: skip


@pytest.mark.parametrize("name, config, today", CONFIGS, ids=[name for name, *_ in CONFIGS])
def test_configurations_of_the_past(name, config, today):
    found = registry.deserialize({"class_name": name, "config": config}).get_config()
    expected = today().get_config()
    if name == "Convolution2D":
        expected["kernel_constraint"]["config"]["max_value"] = 3
    assert found == expected
    again = registry.deserialize(registry.serialize(today())).get_config()
    assert again == today().get_config()


# ---------------------------------------------------------------------- layers that are gone


def test_locally_connected():
    """Against the sum over patches, in the order of Keras 2 (compared with tf_keras 2.21 when this was written)."""
    rng = np.random.default_rng(1)
    for data_format, strides in (("channels_last", (2, 1)), ("channels_first", (1, 2))):
        x = X if data_format == "channels_last" else np.moveaxis(X, -1, 1)
        layer = old.LocallyConnected2D(4, (3, 2), strides, data_format=data_format, activation="relu")
        layer.build(x.shape)
        kernel, bias = (rng.normal(size=weight.shape).astype("float32") for weight in layer.weights)
        layer.set_weights([kernel, bias])
        rows, columns = bias.shape[:2]
        expected = np.empty((2, rows, columns, 4), "float32")
        for i in range(rows):
            for j in range(columns):
                patch = X[:, i * strides[0] : i * strides[0] + 3, j * strides[1] : j * strides[1] + 2]
                patch = patch if data_format == "channels_last" else np.moveaxis(patch, -1, 1)
                expected[:, i, j] = patch.reshape(2, -1) @ kernel[i * columns + j]
        if data_format == "channels_first":
            expected = np.moveaxis(expected, -1, 1) + bias.reshape(4, rows, columns)
        else:
            expected = expected + bias
        np.testing.assert_allclose(np.asarray(layer(x)), np.maximum(expected, 0), atol=1e-5)
    same = old.LocallyConnected1D(4, 3, padding="same")
    assert same(X[:, :, 0]).shape == (2, 6, 4) and same.weights[0].shape == (6, 9, 4)
    with pytest.raises(ValueError, match="of known size along all axes but the first"):
        old.LocallyConnected1D(4, 3)(tsuno.Input((None, 3)))


def test_maxout_and_highway():
    x, rng = X[:, 0, 0], np.random.default_rng(2)
    maxout, highway = old.MaxoutDense(4, 3), old.Highway(activation="tanh")
    for layer in (maxout, highway):
        layer.build(x.shape)
        layer.set_weights([rng.normal(size=weight.shape).astype("float32") for weight in layer.weights])
    kernel, bias = maxout.get_weights()
    np.testing.assert_allclose(np.asarray(maxout(x)), (np.einsum("ni,kiu->nku", x, kernel) + bias).max(1), atol=1e-5)
    kernel, carry, bias, carry_bias = highway.get_weights()
    gate = 1 / (1 + np.exp(-(x @ carry + carry_bias)))
    np.testing.assert_allclose(np.asarray(highway(x)), gate * np.tanh(x @ kernel + bias) + (1 - gate) * x, atol=1e-5)
    fresh = old.Highway()
    fresh.build(x.shape)
    assert fresh.get_weights()[3].tolist() == [1.0, 1.0, 1.0]


def test_activations_of_the_past():
    x = np.linspace(-4, 4, 33, dtype="float32")[None]
    np.testing.assert_allclose(np.asarray(keras2_hard_sigmoid(x)), np.clip(0.2 * x + 0.5, 0, 1), atol=1e-6)
    np.testing.assert_allclose(np.asarray(old.ThresholdedReLU(0.5)(x)), np.where(x > 0.5, x, 0), atol=0)
    softplus = old.ParametricSoftplus(0.5, 2.0)
    np.testing.assert_allclose(np.asarray(softplus(x)), 0.5 * np.log1p(np.exp(2 * x)), rtol=1e-5)
    s_shaped = old.SReLU()
    s_shaped.build(x.shape)
    s_shaped.set_weights([np.full(33, value, "float32") for value in (-1.0, 0.5, -2.0, 3.0)])
    expected = np.where(x < -1, -1 + 0.5 * (x + 1), np.where(x > 1, 1 + 3 * (x - 1), x))
    np.testing.assert_allclose(np.asarray(s_shaped(x)), expected, atol=1e-6)


@pytest.mark.parametrize("kind", [RandomHeight, RandomWidth])
def test_random_sides(kind):
    layer = kind((0.5, 0.5), seed=1)
    y = np.asarray(layer(X, training=True))
    axis = 1 if kind is RandomHeight else 2
    middle, size = (X.shape[axis] - 1) / 2, X.shape[axis]
    places = middle + (np.arange(size) - middle) / 1.5
    low = np.clip(np.floor(places).astype(int), 0, size - 2)
    part = (places - low).reshape([-1 if n == axis else 1 for n in range(4)])
    expected = np.take(X, low, axis) * (1 - part) + np.take(X, low + 1, axis) * part
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_array_equal(np.asarray(layer(X, training=False)), X)


# ---------------------------------------------------------------------- operations of TensorFlow

POSITIVE = np.abs(X) + 0.1
TENSORFLOW = {
    "__operators__.add": (X, {"y": 1, "name": None}, X + 1),
    "math.subtract": (1.0, {"y": X}, 1 - X),
    "math.truediv": (X, {"y": POSITIVE}, X / POSITIVE),
    "math.pow": (X, {"y": 2}, X**2),
    "math.reduce_mean": (X, {"axis": [1, 2], "keepdims": True}, X.mean((1, 2), keepdims=True)),
    "math.reduce_sum": (X, {"keepdims": True}, X.sum(keepdims=True)),
    "math.l2_normalize": (X, {"axis": -1}, X / np.linalg.norm(X, axis=-1, keepdims=True)),
    "nn.leaky_relu": (X, {"alpha": 0.1}, np.where(X > 0, X, 0.1 * X)),
    "concat": ([X, X], {"axis": -1}, np.concatenate([X, X], -1)),
    "split": (X, {"num_or_size_splits": [1, 2], "axis": -1}, [X[..., :1], X[..., 1:]]),
    "reshape": (X, {"shape": [-1, 90]}, X.reshape(-1, 90)),
    "compat.v1.transpose": (X, {"perm": [0, 2, 1, 3], "conjugate": False}, X.transpose(0, 2, 1, 3)),
    "compat.v1.pad": (
        X, {"paddings": [[0, 0], [1, 0], [0, 0], [0, 0]], "mode": "CONSTANT", "constant_values": 0},
        np.pad(X, [(0, 0), (1, 0), (0, 0), (0, 0)]),
    ),
    "__operators__.getitem": (
        X, {"slice_spec": [{"start": None, "stop": None, "step": None}, 0, {"class_name": "__ellipsis__"}, -1]},
        X[:, 0, ..., -1],
    ),
    "linalg.matmul": (X, {"b": X, "transpose_b": True}, X @ np.swapaxes(X, -1, -2)),
    "compat.v1.gather": (X, {"indices": [2, 0], "axis": 1, "batch_dims": 0}, X[:, [2, 0]]),
    "slice": (X, {"begin": [0, 1, 0, 0], "size": [-1, 2, 2, 3]}, X[:, 1:3, :2]),
    "nn.max_pool2d": (X, {"ksize": 2, "strides": 2, "padding": "VALID"}, X[:, :6, :4].reshape(2, 3, 2, 2, 2, 3).max((2, 4))),
    "nn.space_to_depth": (
        X[:, :, :4], {"block_size": 2},
        X[:, :, :4].reshape(2, 3, 2, 2, 2, 3).transpose(0, 1, 3, 2, 4, 5).reshape(2, 3, 2, 12),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TENSORFLOW)
def test_operations_of_tensorflow(name):
    """The arguments are those that tf_keras 2.21 writes; all of OPERATIONS were compared with TensorFlow 2.21."""
    first, others, expected = TENSORFLOW[name]
    result = TFOpLambda(name)(first, **others)
    for mine, theirs in zip(*((x if isinstance(x, list) else [x]) for x in (result, expected)), strict=True):
        np.testing.assert_allclose(np.asarray(mine), theirs, rtol=1e-6, atol=1e-6)


def test_operations_of_tensorflow_in_a_model():
    x, y = tsuno.Input((4, 3)), tsuno.Input((4, 3))
    twice = TFOpLambda.from_config(
        {"name": "tf.math.multiply", "trainable": True, "dtype": "float32", "function": "math.multiply"}
    )
    z = TFOpLambda("math.subtract", name="tf.math.subtract")(1.0, y=twice(x, y=2, name=None))
    z = TFOpLambda("concat")([z, y], axis=-1)
    model = tsuno.Model([x, y], TFOpLambda("math.reduce_max")(z, axis=[1]))
    a, b = X[:, :4, 0], X[:, :4, 1]
    expected = np.concatenate([1 - 2 * a, b], -1).max(1)
    assert model.output_shape == (None, 6)
    np.testing.assert_allclose(model.predict([a, b], verbose=0), expected, atol=1e-6)
    again = tsuno.Model.from_config(model.get_config())
    np.testing.assert_allclose(np.asarray(again([a, b])), expected, atol=1e-6)
    with pytest.raises(ValueError, match="The operation 'math.ad' .* is not known here. Did you mean 'math.add'"):
        TFOpLambda("math.ad")
    with pytest.raises(TypeError, match="has an argument 'z', which is not known"):
        TFOpLambda("math.add")(X, z=1)


def test_every_operation_is_there():
    for name, (target, *_) in OPERATIONS.items():
        assert callable(getattr(tsuno.ops, target) if isinstance(target, str) else target), name


def test_merge_of_keras_1():
    merge, make = named("layers", "merge"), named("layers", "Merge")
    x, y = tsuno.Input((3,)), tsuno.Input((3,))
    shapes = {"sum": 3, "mul": 3, "ave": 3, "max": 3, "concat": 6, "dot": 1, "cos": 1}
    assert {mode: merge([x, y], mode=mode).shape[-1] for mode in shapes} == shapes
    assert merge([x, y], mode=lambda both: both[0] - both[1], output_shape=(3,)).shape == (None, 3)
    left, right = (tsuno.Sequential([layers.Dense(2, input_dim=3)]) for _ in range(2))
    model = make([left, right], mode="concat")
    assert model.output_shape == (None, 4) and len(model.inputs) == 2
    branches = [registry.serialize(each) for each in (left, right)]
    again = registry.deserialize({"class_name": "Merge", "config": {"layers": branches, "mode": "sum", "name": "both"}})
    assert again.name == "both" and again.output_shape == (None, 2)
    with pytest.raises(ValueError, match="Unknown mode of Merge 'summ'. Did you mean 'sum'"):
        make(mode="summ")


def test_metrics_of_the_past():
    metric = find("MeanRelativeError")(normalizer=[1.0, 2.0, 0.0])
    metric.update_state([1.0, 2.0, 3.0], [2.0, 0.0, 0.0])
    assert float(metric.result()) == pytest.approx(2 / 3)
    mean = find("MeanTensor")()
    mean.update_state([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.0])
    mean.update_state([[5.0, 6.0], [7.0, 8.0]])
    assert mean.result().tolist() == [[3.0, 4.0], [7.0, 8.0]]
    with pytest.raises(ValueError, match=r"must be of shape \(2, 2\), as before"):
        mean.update_state([1.0])
    assert metrics.get("cosine_proximity")(np.eye(2), np.eye(2)).tolist() == [-1.0, -1.0]


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_radial_constraint(size):
    """Ring by ring from the inside, as Keras 2 pads them (compared with tf_keras 2.21 when this was written)."""
    w = np.random.default_rng(3).normal(size=(size, size, 2, 3)).astype("float32")
    half = size // 2
    expected = w[half - 1, half - 1] * np.ones((2 - size % 2, 2 - size % 2, 1, 1), "float32")
    for ring in range(1 - size % 2, half):
        value, inner = w[half + ring, half + ring], expected
        expected = np.broadcast_to(value, (len(inner) + 2, len(inner) + 2, 2, 3)).copy()
        expected[1:-1, 1:-1] = inner
    np.testing.assert_array_equal(np.asarray(find("RadialConstraint")()(w)), expected)
