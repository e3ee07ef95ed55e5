"""A hundred wrong calls and more: each gets one sentence that says where, what was received, and what was expected.

Rows are by family: data, targets and losses, names, values, order of calls. A row is what a user would type and the
words that the message must hold. Nothing is compiled: a wrong call is refused before anything is traced for the device.
"""

import os
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest

import tsuno
from tsuno import callbacks, initializers, layers, losses, metrics, models, ops, optimizers

N = 8
X = np.linspace(-1, 1, N * 3, dtype="float32").reshape(N, 3)
Y = (X.sum(axis=1, keepdims=True) > 0).astype("float32")
LABELS = np.arange(N) % 3
IMAGES = np.zeros((N, 6, 6, 1), "float32")
LIBRARY = str(Path(tsuno.__file__).parent)
PLAIN = (ValueError, TypeError, RuntimeError, AttributeError, KeyError, OSError, IndexError, NotImplementedError)


def net(units=1, activation=None, optimizer="sgd", loss="mse", **arguments):
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(units, activation, name="dense")], name="net")
    model.compile(optimizer, loss, **arguments)
    return model


def fit(model=None, x=X, y=Y, **arguments):
    return (model or net()).fit(x, y, verbose=0, **arguments)


def classes(**arguments):
    return net(3, "softmax", loss="sparse_categorical_crossentropy", **arguments)


def one_hot(**arguments):
    return net(3, "softmax", loss="categorical_crossentropy", **arguments)


def binary(**arguments):
    return net(1, "sigmoid", loss="binary_crossentropy", **arguments)


def words(**arguments):
    model = tsuno.Sequential([tsuno.Input((2,)), layers.Embedding(10, 1, name="words"), layers.Flatten()])
    model.compile("sgd", "mse")
    return model


def convnet():
    model = tsuno.Sequential([tsuno.Input((6, 6, 1)), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def batches():
    yield X, Y


def two(outputs=None, compiled=True, **arguments):
    a, b = tsuno.Input((3,), name="a"), tsuno.Input((2,), name="b")
    p, q = layers.Dense(1, name="p")(a), layers.Dense(2, name="q")(b)
    model = tsuno.Model([a, b], [p, q] if outputs is None else outputs(p, q), name="two")
    if compiled:
        model.compile("sgd", **{"loss": "mse", **arguments})
    return model


AB = [X, X[:, :2]]
PQ = [Y, X[:, :2]]


def subclass(call=None, build=None, **members):
    """A layer of a user's own."""
    return type(
        "Mine", (layers.Layer,), {key: v for key, v in {"call": call, "build": build, **members}.items() if v}
    )()


def forgets(y_true, y_pred):
    ops.mean(y_pred)


def by_numpy(y_true, y_pred):
    return np.mean(np.square(np.asarray(y_true) - np.asarray(y_pred)))


def asks(y_true, y_pred):
    return ops.mean(y_pred) if ops.mean(y_true) > 0 else -ops.mean(y_pred)


def talks(y_true, y_pred):
    return "small"


def narrow(y_pred):
    return y_pred


DATA = {
    "nothing": (lambda: net().fit(verbose=0), "`x` must be an array"),
    "lengths differ": (lambda: fit(y=Y[:5]), "x: 8, y: 5"),
    "lengths of inputs differ": (lambda: fit(two(), [X, X[:4, :2]], PQ), "same number of samples.*x: 8.*4"),
    "lengths of weights differ": (lambda: fit(sample_weight=np.ones(5)), "sample_weight: 5"),
    "empty": (lambda: fit(x=X[:0], y=Y[:0]), "`x` has no samples"),
    "an empty list": (lambda: fit(x=[], y=[]), "`x` has no samples"),
    "too few features": (lambda: fit(x=X[:, :2]), r"must have shape \(None, 3\).*got \(\w+, 2\)"),
    "too many features": (lambda: fit(x=np.zeros((N, 4))), r"must have shape \(None, 3\).*got \(\w+, 4\)"),
    "one sample without its axis": (lambda: net().predict(X[0], verbose=0), r"must have shape \(None, 3\).*got"),
    "rank too high": (lambda: fit(x=X[:, None, None]), r"must have shape \(None, 3\).*got \(\w+, 1, 1, 3\)"),
    "a scalar": (lambda: fit(x=3.0), r"`x` must be an array.*3.0 \(float\)"),
    "channels first": (
        lambda: fit(convnet(), np.zeros((N, 1, 6, 6))),
        r"must have shape \(None, 6, 6, 1\).*\(\w+, 1, 6, 6\)",
    ),
    "colour for grey": (lambda: fit(convnet(), np.zeros((N, 6, 6, 3))), r"must have shape \(None, 6, 6, 1\).*6, 6, 3"),
    "a file name": (lambda: fit(x="train.csv"), "`x` must be an array.*'train.csv'"),
    "strings": (lambda: fit(x=np.array([["a", "b", "c"]] * N)), "`x` must hold numbers.*'a'"),
    "numbers as text": (lambda: fit(x=[["1", "2", "3"]] * N), "`x` must hold numbers.*'1'"),
    "objects": (lambda: fit(x=np.array([[None, 1, 2]] * N, dtype=object)), "`x` must hold numbers.*None"),
    "ragged": (lambda: fit(x=[[1, 2, 3], [1, 2]], y=[0, 1]), "`x` must be an array.*different lengths"),
    "complex": (lambda: fit(x=X + 1j), "`x` must hold real numbers; got dtype complex64"),
    "dates": (lambda: fit(x=np.full((N, 3), "2020-01-01", "M8[D]")), "`x` must hold numbers; got dtype datetime64"),
    "nan": (
        lambda: fit(x=np.where(X > 0.9, np.nan, X)),
        "`x` must hold finite numbers; got NaN in 1 of 8 samples.*sample 7",
    ),
    "infinite": (lambda: fit(x=np.where(X > 0.9, np.inf, X)), "`x` must hold finite numbers; got an infinite value"),
    "beyond float32": (
        lambda: fit(x=np.full((N, 3), 1e60)),
        "`x` must hold numbers within the range of float32; got 1e\\+60",
    ),
    "nan in targets": (lambda: fit(y=np.full((N, 1), np.nan)), "`y` must hold finite numbers; got NaN"),
    "infinite targets": (lambda: fit(y=np.full((N, 1), np.inf)), "`y` must hold finite numbers"),
    "nan in weights": (
        lambda: fit(sample_weight=np.full(N, np.nan)),
        "`sample_weight` must hold finite numbers; got NaN",
    ),
    "weights of a wrong shape": (lambda: fit(sample_weight=np.ones((N, 4))), r"`sample_weight` of shape \(8, 4\)"),
    "one input for two": (lambda: fit(two(), X, PQ), r"takes 2 inputs, \['a', 'b'\]; got 1"),
    "three inputs for two": (lambda: fit(two(), [X, X, X], PQ), "takes 2 inputs.*got 3"),
    "inputs exchanged": (lambda: fit(two(), AB[::-1], PQ), r"'a' of the model 'two' must have shape \(None, 3\)"),
    "a key misspelt": (lambda: fit(two(), {"a": X, "bb": AB[1]}, PQ), "'b' is missing.*'bb'"),
    "token 10 of 10": (
        lambda: fit(words(), np.full((N, 2), 10), np.zeros((N, 2))),
        "`words` must hold integers from 0 to 9.*10",
    ),
    "token -1": (
        lambda: fit(words(), np.full((N, 2), -1), np.zeros((N, 2))),
        "`words` must hold integers from 0 to 9.*-1",
    ),
    "token 1.5": (lambda: fit(words(), np.full((N, 2), 1.5), np.zeros((N, 2))), "`words` must hold whole numbers.*1.5"),
    "a generator and targets": (lambda: fit(x=iter([(X, Y)]), y=Y), "With a generator as `x`.*`y`"),
    "a generator of nothing": (lambda: fit(x=iter([]), y=None), "gave no batch"),
    "a generator of four": (lambda: fit(x=iter([(X, Y, Y, Y)]), y=None), "4"),
    "a generator function": (lambda: fit(x=batches, y=None), "`x` must be an array.*generator.*function batches"),
    "no targets in a generator": (lambda: fit(x=iter([X]), y=None), "needs targets"),
    "a split of a generator": (
        lambda: fit(x=iter([(X, Y)]), y=None, validation_split=0.5),
        "`validation_split` needs arrays",
    ),
    "validation of four parts": (
        lambda: fit(validation_data=(X, Y, Y, Y)),
        r"`fit.validation_data` must be \(x, y\).*got 4",
    ),
    "validation data alone": (lambda: fit(validation_data=X), "needs targets"),
    "validation labels": (lambda: fit(classes(), y=LABELS, validation_data=(X, LABELS + 1)), "must be from 0 to 2"),
    "validation lengths": (lambda: fit(validation_data=(X, Y[:2])), "same number of samples"),
    "validation features": (lambda: fit(validation_data=(X[:, :2], Y)), r"must have shape \(None, 3\)"),
    "predict nothing": (lambda: net().predict(None, verbose=0), "`x` must be an array"),
    "a class as data": (lambda: fit(x=np.ndarray), "`x` must be an array.*class ndarray"),
    "a set": (lambda: fit(x={1, 2, 3}), "`x` must be an array.*set"),
}

TARGETS = {
    "no targets": (lambda: fit(y=None), "needs targets: pass `y`"),
    "text labels": (lambda: fit(classes(), y=np.array(["cat"] * N)), "`y` must hold numbers.*'cat'"),
    "label 7 of 3": (lambda: fit(classes(), y=np.full(N, 7)), "must be from 0 to 2.*labels from 7 to 7"),
    "labels from 1": (lambda: fit(classes(), y=LABELS + 1), "must be from 0 to 2.*from 1 to 3"),
    "label -1": (lambda: fit(classes(), y=LABELS - 1), "must be from 0 to 2.*from -1 to 1"),
    "fractional label": (lambda: fit(classes(), y=np.full(N, 0.5)), "must be whole numbers; got.*0.5"),
    "binary label 5": (lambda: fit(binary(), y=Y * 5), "must be from 0 to 1; got values from 0.0 to 5.0"),
    "binary labels -1 and 1": (lambda: fit(binary(), y=Y * 2 - 1), "must be from 0 to 1.*hinge"),
    "class numbers for one-hot": (lambda: fit(one_hot(), y=LABELS), r"\(8,\) and \(8, 3\).*sparse_categorical"),
    "one-hot for class numbers": (lambda: fit(classes(), y=np.eye(3)[LABELS]), "takes class numbers.*one-hot"),
    "one-hot of 4 classes": (lambda: fit(one_hot(), y=np.eye(4)[LABELS]), r"\(8, 4\) and \(8, 3\)"),
    "negative probabilities": (lambda: fit(one_hot(), y=-np.eye(3)[LABELS]), "must be probabilities.*-1.0"),
    "three columns for one": (lambda: fit(y=X), r"same shape; got \(8, 3\) and \(8, 1\)"),
    "one column for three": (lambda: fit(net(3)), r"same shape; got \(8, 1\) and \(8, 3\)"),
    "binary targets for two": (
        lambda: fit(net(2, "softmax", loss="binary_crossentropy")),
        r"got \(8, 1\) and \(8, 2\)",
    ),
    "no loss": (lambda: fit(net(loss=None)), "`net` has no loss"),
    "three losses for two": (
        lambda: fit(two(loss=["mse"] * 3), AB, PQ),
        "`compile.loss`.*each of the 2 outputs; got 3",
    ),
    "a loss for no output": (lambda: fit(two(loss={"p": "mse", "r": "mse"}), AB, PQ), "`compile.loss` has a key 'r'"),
    "targets for no output": (lambda: fit(two(), AB, {"p": Y, "r": Y}), "`y` has a key 'r'"),
    "targets for one of two": (lambda: fit(two(), AB, Y), "has 2 outputs.*`y` has 1"),
    "three loss weights": (
        lambda: fit(two(loss_weights=[1, 2, 3]), AB, PQ),
        "`compile.loss_weights`.*2 outputs; got 3",
    ),
    "a loss weight as text": (lambda: fit(two(loss_weights=["1", "2"]), AB, PQ), "`compile.loss_weights` must.*'1'"),
    "metrics for three": (lambda: fit(two(metrics=[["mae"]] * 3), AB, PQ), "`compile.metrics`.*2 outputs; got 3"),
    "metrics for no output": (lambda: fit(two(metrics={"r": "mae"}), AB, PQ), "`compile.metrics` has a key 'r'"),
    "a loss of None": (lambda: fit(net(loss=forgets)), "The loss 'forgets' returned None"),
    "a loss of text": (lambda: fit(net(loss=talks)), "The loss 'talks' returned 'small'"),
    "a loss of one argument": (
        lambda: fit(net(loss=narrow)),
        r"The loss 'narrow' must be a function of \(y_true, y_pred\)",
    ),
    "a loss class": (lambda: losses.get(losses.Loss).call(Y, Y), "must define `call"),
    "a loss that uses NumPy": (lambda: fit(net(loss=by_numpy)), "'by_numpy' cannot be compiled: NumPy.*tsuno.ops"),
    "a loss with an if": (lambda: fit(net(loss=asks)), "'asks' cannot be compiled: a Python `if`.*ops.where"),
    "a metric of one argument": (lambda: net(metrics=[narrow]), r"metric 'narrow' must be a function of \(y_true"),
    "a metric of None": (lambda: fit(net(metrics=[forgets])), "The metric 'forgets' returned None"),
    "a metric that uses NumPy": (lambda: fit(net(metrics=[by_numpy])), "'by_numpy' cannot be compiled: NumPy"),
    "a class weight missing": (lambda: fit(binary(), class_weight={0: 1.0}), "`class_weight`.*class 1 has none"),
    "class weights as a list": (lambda: fit(binary(), class_weight=[1.0, 2.0]), "`class_weight` must be a dict"),
    "class weights by name": (lambda: fit(binary(), class_weight={"a": 1.0, "b": 2.0}), "`class_weight`.*'a'"),
    "class weights balanced": (
        lambda: fit(binary(), class_weight="balanced"),
        "`class_weight` must be a dict.*'balanced'",
    ),
    "class weights of two outputs": (lambda: fit(two(), AB, PQ, class_weight={0: 1.0}), "`class_weight`"),
    "mse of unlike shapes": (lambda: losses.MeanSquaredError()(X, Y), r"got \(8, 3\) and \(8, 1\)"),
    "reduction": (lambda: losses.MeanSquaredError(reduction="average"), "reduction 'average'"),
    "smoothing": (lambda: losses.CategoricalCrossentropy(label_smoothing=2.0), "label_smoothing.*from 0 to 1; got 2.0"),
    "from_logits": (
        lambda: losses.BinaryCrossentropy(from_logits="yes"),
        "from_logits` must be True or False; got 'yes'",
    ),
}

NAMES = {
    "optimizer": (lambda: net(optimizer="adma"), "Unknown optimizer 'adma'. Did you mean 'adam'"),
    "loss": (lambda: net(loss="binary_crosentropy"), "Unknown loss 'binary_crosentropy'.*'binary_crossentropy'"),
    "loss by a short name": (lambda: net(loss="crossentropy"), "Unknown loss 'crossentropy'"),
    "metric": (lambda: net(metrics=["acuracy"]), "Unknown metric 'acuracy'"),
    "metric of sklearn": (lambda: net(metrics=["f1"]), "Unknown metric 'f1'"),
    "activation": (lambda: layers.Dense(2, "rellu"), "Unknown activation 'rellu'. Did you mean 'relu'"),
    "initializer": (lambda: layers.Dense(2, kernel_initializer="he_norml"), "'he_norml'.*'he_normal'"),
    "regularizer": (lambda: layers.Dense(2, kernel_regularizer="l3"), "Unknown regularizer 'l3'.*'l"),
    "constraint": (lambda: layers.Dense(2, kernel_constraint="non_ngg"), "Unknown constraint 'non_ngg'.*'non_neg'"),
    "padding": (lambda: layers.Conv2D(2, 3, padding="smae"), "`Conv2D.padding`.*'smae'. Did you mean 'same'"),
    "data format": (
        lambda: layers.Conv2D(2, 3, data_format="channel_last"),
        "data_format.*'channel_last'.*'channels_last'",
    ),
    "interpolation": (lambda: layers.UpSampling2D(2, interpolation="bilinaer"), "'bilinaer'.*'bilinear'"),
    "merge mode": (lambda: layers.Bidirectional(layers.LSTM(2), merge_mode="concatenate"), "merge_mode.*'concat'"),
    "dtype": (lambda: layers.Dense(2, dtype="float23"), "'float23'.*'float32'"),
    "dtype policy": (lambda: tsuno.config.set_dtype_policy("mixed_float61"), "'mixed_float61'.*'mixed_float16'"),
    "floatx": (lambda: tsuno.config.set_floatx("float"), "float dtype 'float'"),
    "an argument of a layer": (
        lambda: layers.Dense(2, activaton="relu"),
        "Dense has no argument 'activaton'.*'activation'",
    ),
    "an argument of an optimizer": (lambda: optimizers.Adam(learning_rte=1), "Adam has no argument.*'learning_rate'"),
    "an argument of fit": (lambda: net().fit(X, Y, epoch=2), "fit.*'epoch'.*'epochs'"),
    "an argument of compile": (lambda: net(metric=["mae"]), "compile.*'metric'.*'metrics'"),
    "an argument of evaluate": (lambda: net().evaluate(X, Y, batchsize=2), "evaluate.*'batchsize'.*'batch_size'"),
    "an argument of predict": (lambda: net().predict(X, batchsize=2), "predict.*'batchsize'.*'batch_size'"),
    "an argument of a call": (lambda: layers.Dense(2)(X, trainin=True), "no argument 'trainin'"),
    "a layer by name": (lambda: net().get_layer("dens"), "`net` has no layer named 'dens'. Did you mean 'dense'"),
    "a namespace": (lambda: tsuno.modles, "'modles'. Did you mean 'models'"),
    "a mode": (lambda: callbacks.EarlyStopping(mode="minimum"), "mode.*'minimum'.*'min'"),
    "a file ending": (lambda: net().save("model.kears"), r"must end in .keras, .h5 or .hdf5; got .model.kears"),
    "a monitored metric": (lambda: callbacks.ModelCheckpoint("best.model"), "filepath.*best.model"),
    "a name with a slash": (
        lambda: layers.Dense(2, name="fc/1"),
        "`Dense.name` must be a string without '/'; got 'fc/1'",
    ),
    "a name that is a number": (lambda: layers.Dense(2, name=3), "`Dense.name` must be a string"),
}

VALUES = {
    "batch size 0": (lambda: fit(batch_size=0), "`fit.batch_size` must be a positive integer; got 0"),
    "batch size -4": (lambda: fit(batch_size=-4), "`fit.batch_size`.*got -4"),
    "batch size as text": (lambda: fit(batch_size="32"), r"`fit.batch_size`.*got '32' \(str\)"),
    "batch size 0.5": (lambda: fit(batch_size=0.5), "`fit.batch_size`.*got 0.5"),
    "epochs -1": (lambda: fit(epochs=-1), "`fit.epochs`.*got -1"),
    "epochs 1.5": (lambda: fit(epochs=1.5), "`fit.epochs`.*got 1.5"),
    "epochs as text": (lambda: fit(epochs="10"), "`fit.epochs`.*got '10'"),
    "no epochs": (lambda: fit(epochs=None), "`fit.epochs`.*got None"),
    "initial epoch": (lambda: fit(initial_epoch=-1), "`fit.initial_epoch`.*got -1"),
    "steps 0": (lambda: fit(steps_per_epoch=0), "`fit.steps_per_epoch`.*got 0"),
    "validation steps -1": (lambda: fit(validation_data=(X, Y), validation_steps=-1), "`fit.validation_steps`.*got -1"),
    "validation batch size 0": (
        lambda: fit(validation_data=(X, Y), validation_batch_size=0),
        "`fit.validation_batch_size`.*got 0",
    ),
    "validation frequency 0": (lambda: fit(validation_data=(X, Y), validation_freq=0), "`fit.validation_freq`.*got 0"),
    "split 1.5": (lambda: fit(validation_split=1.5), "`fit.validation_split`.*got 1.5"),
    "split -0.1": (lambda: fit(validation_split=-0.1), "`fit.validation_split`.*got -0.1"),
    "split 20": (lambda: fit(validation_split=20), "`fit.validation_split`.*got 20"),
    "split of too few": (lambda: fit(validation_split=0.99), "leaves none"),
    "verbose": (lambda: net().fit(X, Y, verbose="loud"), "`fit.verbose`.*got 'loud'"),
    "shuffle": (lambda: fit(shuffle="yes"), "`fit.shuffle`.*'yes'"),
    "evaluate batch size": (lambda: net().evaluate(X, Y, batch_size=0), "`evaluate.batch_size`.*got 0"),
    "predict batch size": (lambda: net().predict(X, batch_size=0), "`predict.batch_size`.*got 0"),
    "steps per execution 0": (lambda: net(steps_per_execution=0), "`compile.steps_per_execution`.*got 0"),
    "units 0": (lambda: layers.Dense(0), "`Dense.units` must be a positive integer; got 0"),
    "units -3": (lambda: layers.Dense(-3), "`Dense.units`.*got -3"),
    "units as text": (lambda: layers.Dense("64"), "`Dense.units`.*got '64'.*64"),
    "units None": (lambda: layers.Dense(None), "`Dense.units`.*got None"),
    "filters 0": (lambda: layers.Conv2D(0, 3), "`Conv2D.filters`.*got 0"),
    "kernel size 0": (lambda: layers.Conv2D(2, 0), "`Conv2D.kernel_size`.*got 0"),
    "three kernel sizes": (lambda: layers.Conv2D(2, (3, 3, 3)), r"`Conv2D.kernel_size`.*got \(3, 3, 3\)"),
    "strides 0": (lambda: layers.Conv2D(2, 3, strides=0), "`Conv2D.strides`.*got 0"),
    "strides and dilation": (
        lambda: layers.Conv2D(2, 3, strides=2, dilation_rate=2),
        "`Conv2D.*strides.*dilation_rate",
    ),
    "groups": (lambda: layers.Conv2D(4, 3, groups=3), "`Conv2D.filters` must be a multiple of groups=3; got 4"),
    "pool size 0": (lambda: layers.MaxPooling2D(0), "`MaxPooling2D.pool_size`.*got 0"),
    "dropout 1.5": (lambda: layers.Dropout(1.5), "`Dropout.rate` must be a number from 0 to 1; got 1.5"),
    "dropout -0.1": (lambda: layers.Dropout(-0.1), "`Dropout.rate`.*got -0.1"),
    "dropout 50": (lambda: layers.Dropout(50), "`Dropout.rate`.*got 50"),
    "dropout as text": (lambda: layers.Dropout("0.5"), "`Dropout.rate`.*got '0.5'"),
    "dropout of an LSTM": (lambda: layers.LSTM(2, dropout=2.0), "`LSTM.dropout`.*got 2.0"),
    "embedding of 0": (lambda: layers.Embedding(0, 2), "`Embedding.input_dim`.*got 0"),
    "heads": (lambda: layers.MultiHeadAttention(0, 2), "`MultiHeadAttention.num_heads`.*got 0"),
    "momentum of a normalization": (
        lambda: layers.BatchNormalization(momentum=2.0),
        "`BatchNormalization.momentum`.*got 2.0",
    ),
    "epsilon -1": (lambda: layers.LayerNormalization(epsilon=-1.0), "`LayerNormalization.epsilon`.*got -1.0"),
    "learning rate -0.1": (lambda: optimizers.SGD(-0.1), "`SGD.learning_rate`.*zero or more.*got -0.1"),
    "learning rate as text": (lambda: optimizers.Adam("1e-3"), "`Adam.learning_rate`.*got '1e-3'"),
    "learning rate nan": (lambda: optimizers.Adam(float("nan")), "`Adam.learning_rate`.*got nan"),
    "learning rate set to text": (
        lambda: setattr(optimizers.Adam(), "learning_rate", "1e-3"),
        "learning_rate.*got '1e-3'",
    ),
    "momentum 9": (lambda: optimizers.SGD(0.1, momentum=9), "`SGD.momentum`.*got 9"),
    "beta 1.5": (lambda: optimizers.Adam(beta_1=1.5), "`Adam.beta_1`.*got 1.5"),
    "clipnorm -1": (lambda: optimizers.Adam(clipnorm=-1.0), "`Adam.clipnorm`.*got -1.0"),
    "two clips": (
        lambda: optimizers.Adam(clipnorm=1.0, clipvalue=1.0),
        "only one of `clipnorm`.*clipnorm=1.0, clipvalue=1.0",
    ),
    "patience": (lambda: callbacks.EarlyStopping(patience=-1), "`EarlyStopping.patience`.*got -1"),
    "factor": (lambda: callbacks.ReduceLROnPlateau(factor=1.5), "factor.*got 1.5|factor.*1.5"),
    "input shape": (lambda: tsuno.Input((-3,)), r"`Input.shape` must be.*\(-3,\)"),
    "input shape as text": (lambda: tsuno.Input("28"), "`Input.shape` must be.*'28'"),
    "input size 2.5": (lambda: tsuno.Input((2.5,)), r"`Input.shape` must be.*\(2.5,\)"),
    "reshape": (lambda: layers.Reshape((2, 2))(X), r"\(3,\).*\(2, 2\)"),
    "permute": (lambda: layers.Permute((0, 1)), "`Permute.dims`"),
    "regularizer -1": (lambda: tsuno.regularizers.L2(-1.0), "L2.*got -1.0|l2.*got -1.0"),
    "standard deviation": (lambda: initializers.RandomNormal(stddev=-1.0), "stddev.*got -1.0"),
    "one-hot of 3 in 2": (lambda: tsuno.utils.to_categorical([0, 3], 2), "labels from 0 to 1; got values from 0 to 3"),
    "one-hot of fractions": (lambda: tsuno.utils.to_categorical([0.5]), "whole numbers"),
    "seed": (lambda: tsuno.utils.set_random_seed("7"), "set_random_seed.seed.*got '7'"),
    "top k": (lambda: metrics.TopKCategoricalAccuracy(k=0), "k` must.*got 0"),
    "axis of softmax": (lambda: layers.Softmax(axis=3)(X), r"`softmax`.*shape \(8, 3\): there is no axis 3"),
    "axis of a concatenation": (lambda: layers.Concatenate(axis=5)([X, X]), "axis.*5"),
    "axis of a mean": (lambda: ops.mean(X, axis=4), r"`ops.mean`.*shape \(8, 3\): there is no axis 4"),
    "shapes of a product": (lambda: ops.matmul(X, X), r"`ops.matmul`.*\(8, 3\).*\(8, 3\)"),
    "shapes of a sum": (lambda: ops.add(X, np.zeros((5, 2))), r"`ops.add`.*\(8, 3\).*\(5, 2\)"),
    "shape of reshape": (lambda: ops.reshape(X, (5, 5)), r"`ops.reshape`.*\(8, 3\).*\[5, 5\]"),
    "a dtype of an op": (lambda: ops.cast(X, "flaot32"), "'flaot32'.*'float32'"),
    "an array of text": (lambda: ops.mean(["a", "b"]), "`mean.*'a'|numbers"),
    "image too small": (lambda: layers.Conv2D(2, 7)(IMAGES), "smaller than the kernel"),
    "image without channels": (lambda: layers.Conv2D(2, 3)(IMAGES[..., 0]), "at least 4 axes; got shape"),
    "sequence without steps": (lambda: layers.LSTM(2)(X), r"`lstm` must have at least 3 axes; got shape \(8, 3\)"),
    "sizes to add": (lambda: layers.Add()([X, X[:, :2]]), r"`add`.*\(8, 3\).*\(8, 2\)"),
    "one to concatenate": (lambda: layers.Concatenate()(X), "list of at least"),
}


def twice(model):
    model.compile("sgd", "mse")
    return model


def unbuilt():
    return tsuno.Sequential([layers.Dense(2)], name="net")


def custom(step):
    model = type("Own", (tsuno.Sequential,), {"train_step": step})([tsuno.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def branches():
    def call(self, inputs):
        if ops.sum(inputs) > 0:
            return inputs
        return -inputs

    return tsuno.Sequential([tsuno.Input((3,)), subclass(call)])


def shared(optimizer):
    for model in (net(1, optimizer=optimizer), net(2, optimizer=optimizer)):
        model.optimizer.build(model.trainable_variables)
        model.optimizer.apply(
            [np.zeros(v.shape, "float32") for v in model.trainable_variables], model.trainable_variables
        )


LIFE = {
    "fit before compile": (
        lambda: tsuno.Sequential([layers.Dense(1)], name="net").fit(X, Y),
        "`net.fit`.*model.compile",
    ),
    "evaluate before compile": (lambda: unbuilt().evaluate(X, Y), "`net.evaluate`.*model.compile"),
    "train_on_batch before compile": (lambda: unbuilt().train_on_batch(X, Y), "`net.train_on_batch`.*model.compile"),
    "weights before build": (
        lambda: layers.Dense(2, name="d").set_weights([X, Y]),
        "`d` has 0 weights; 2 arrays.*not built",
    ),
    "count before build": (lambda: layers.Dense(2, name="d").count_params(), "`d` has no weights yet"),
    "save weights before build": (lambda: unbuilt().save_weights("w.weights.h5"), "net.*not built|no weights yet"),
    "output before call": (lambda: layers.Dense(2, name="d").output, "'d' has no `output` yet"),
    "input of an unbuilt model": (lambda: unbuilt().input, "`net` has no `input`"),
    "too few weights": (lambda: net().set_weights([X]), "`net` has 2 weights; 1 arrays"),
    "weights of a wrong shape": (lambda: net().set_weights([X, Y]), r"`net/dense/kernel` has shape \(3, 1\).*\(8, 3\)"),
    "a layer for another size": (
        lambda: net().layers[0](np.zeros((2, 5))),
        r"`dense` must have size 3 on axis -1; got shape \(2, 5\)",
    ),
    "a class for a layer": (lambda: tsuno.Sequential([layers.Dense]), "must be a layer; got the class Dense"),
    "a string for a layer": (lambda: tsuno.Sequential(["dense"]), "must be a layer; got 'dense'"),
    "an array for a layer": (lambda: tsuno.Sequential([X]), "must be a layer; got an array of shape"),
    "layers without a list": (lambda: tsuno.Sequential(layers.Dense(1), layers.Dense(1)), "Sequential"),
    "a layer twice": (
        lambda: tsuno.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")]),
        "a layer named 'a' already",
    ),
    "an input in the middle": (
        lambda: tsuno.Sequential([tsuno.Input((3,)), layers.Dense(2), tsuno.Input((2,))]),
        "an `Input` must come first",
    ),
    "an optimizer class": (lambda: net(optimizer=3), "`?optimizer`? must be"),
    "a loss in place of an optimizer": (lambda: net(optimizer=losses.MeanSquaredError()), "optimizer` must be"),
    "a number for a loss": (lambda: net(loss=5), r"loss.*5 \(int\)"),
    "a number for metrics": (lambda: net(metrics=[5]), r"metric.*5 \(int\)"),
    "metrics as text": (lambda: net(metrics="acuracy"), "Unknown metric 'acuracy'"),
    "a callback class": (lambda: fit(callbacks=[callbacks.EarlyStopping]), "`callbacks`.*class EarlyStopping"),
    "a function as callback": (lambda: fit(callbacks=[print]), "`callbacks` must hold callbacks"),
    "a name as callback": (
        lambda: fit(callbacks="early_stopping"),
        "`callbacks` must hold callbacks.*'early_stopping'",
    ),
    "an optimizer of another model": (
        lambda: shared(optimizers.Adam()),
        "built for other weights.*Make a new optimizer",
    ),
    "gradients and weights": (
        lambda: optimizers.SGD().apply([X[0]], [tsuno.Variable(X[0]), tsuno.Variable(X[0])]),
        "1 gradients.*2 weights",
    ),
    "no gradients": (
        lambda: optimizers.SGD().apply([None], [tsuno.Variable(X[0])]),
        "None of the weights has a gradient",
    ),
    "inputs without outputs": (
        lambda: tsuno.Model(tsuno.Input((3,)), name="m"),
        "`m` needs both `inputs` and `outputs`",
    ),
    "arrays as inputs": (lambda: tsuno.Model(X, X), "`Model.inputs` must be symbolic tensors"),
    "a disconnected graph": (
        lambda: tsuno.Model(tsuno.Input((3,), name="a"), layers.Dense(1)(tsuno.Input((3,), name="b")), name="m"),
        "'m' depend on 'b'",
    ),
    "numpy on a symbol": (lambda: np.log(tsuno.Input((3,))), "tsuno.ops"),
    "if on a symbol": (lambda: branches(), r"mine` \(Mine\).*Python `if`.*ops.where"),
    "a loop over a symbol": (lambda: list(tsuno.Input((3,))), "KerasTensor|symbolic"),
    "float of a symbol": (lambda: float(tsuno.Input((3,))), "symbolic"),
    "a layer without super": (
        lambda: type("Mine", (layers.Layer,), {"__init__": lambda self: None})()(X),
        r"Mine.__init__ must call `super\(\).__init__",
    ),
    "a layer without call": (lambda: layers.Layer()(X), "must define `call"),
    "a layer that returns None": (
        lambda: tsuno.Sequential([tsuno.Input((3,)), subclass(lambda self, inputs: None)]),
        "'mine' of.*returned None",
    ),
    "a layer called on text": (lambda: layers.Dense(2, name="d")("text"), "`d.inputs` must be an array.*'text'"),
    "a layer called on None": (lambda: layers.Dense(2, name="d")(None), "`d.inputs` must be an array.*None"),
    "a layer called on a layer": (lambda: layers.Dense(2, name="d")(layers.Dense(3)), "`d.inputs` must be an array"),
    "a layer called on a number": (
        lambda: layers.Dense(2, name="d")(3),
        "`d` must be called with an array or a symbolic",
    ),
    "several inputs without a list": (
        lambda: layers.Concatenate(name="c")(X, X),
        "`c` takes 1.*2 were given.*as a list",
    ),
    "a weight of a wrong shape in a layer": (
        lambda: tsuno.Sequential([tsuno.Input((3,)), wrong()]),
        r"mine` \(Mine\).*\(None, 3\)",
    ),
    "a layer called on nothing": (lambda: layers.Dense(2, name="d")(), "`d`.*'inputs'"),
    "a train_step of None": (lambda: fit(custom(lambda self, data: None)), "train_step.*None"),
    "a missing file": (lambda: models.load_model("nowhere.keras"), "nowhere.keras"),
    "a missing weights file": (lambda: net().load_weights("nowhere.weights.h5"), "nowhere.weights.h5"),
    "a text file": (lambda: models.load_model(__file__), r"test_bad_input\.py"),
    "weights of another model": (lambda: other_weights(), "dense"),
    "an unknown class": (lambda: models.model_from_json('{"class_name": "Desne", "config": {}}'), "'Desne'.*'Dense'"),
    "json that is none": (lambda: models.model_from_json("{"), "JSON|json"),
    "an index": (lambda: net().get_layer(index=5), "`net` has 1 layers; there is none at index 5"),
    "pop of layers": (lambda: net().layers.pop(), "`model.layers` cannot be changed"),
    "a cell": (lambda: layers.RNN(layers.Dense(2)), "`RNN.cell` must be a layer with"),
    "a wrapper of a class": (lambda: layers.TimeDistributed(layers.Dense), "TimeDistributed.layer.*class Dense"),
    "a wrapper of a number": (lambda: layers.Bidirectional(3), "Bidirectional.layer.*3"),
    "a lambda without a function": (lambda: layers.Lambda("x + 1"), "`Lambda.function` must be a function; got 'x"),
    "an assignment of another shape": (
        lambda: tsuno.Variable(X, name="v").assign(Y),
        r"`v` has shape \(8, 3\).*\(8, 1\)",
    ),
    "stateful without a batch": (lambda: layers.LSTM(2, stateful=True)(tsuno.Input((4, 3))), "stateful.*batch"),
}


def wrong():
    return subclass(lambda self, inputs: ops.matmul(inputs, np.ones((5, 2), "float32")))


def other_weights():
    path = os.path.join(os.environ["TSUNO_TEST_FOLDER"], "one.weights.h5")
    net().save_weights(path)
    net(2).load_weights(path)


TABLES = {"data": DATA, "targets": TARGETS, "names": NAMES, "values": VALUES, "life": LIFE}
ROWS = {f"{family}: {name}": row for family, rows in TABLES.items() for name, row in rows.items()}
lengths: dict[str, int] = {}


@pytest.mark.parametrize("name", ROWS)
def test_a_wrong_call_gets_one_sentence(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TSUNO_TEST_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    action, expected = ROWS[name]
    with pytest.raises(PLAIN, match=f"(?s){expected}") as caught:
        action()
    text = str(caught.value)
    lengths[name] = len(text)
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert frame.filename.startswith(LIBRARY), f"raised by {frame.filename}"
    assert 15 <= len(text) <= 1000 and text.count("\n") < 3, text
    assert "Tracer" not in text and "jax" not in text.lower() and "<lambda>" not in text, text


def test_messages_are_short_and_rows_many():
    assert len(ROWS) >= 110
    if len(lengths) == len(ROWS):
        assert np.percentile(list(lengths.values()), 95) <= 400


# ---------------------------------------------------------------------- what is only odd


def frozen():
    model = tsuno.Sequential([tsuno.Input((3,)), layers.Dense(1, trainable=False)])
    return twice(model)


ODD = {
    "logits without from_logits": (
        lambda: fit(net(3, loss="sparse_categorical_crossentropy"), y=LABELS),
        "from_logits",
    ),
    "nothing to train": (lambda: fit(frozen()), "no weights"),
    "relu for probabilities": (lambda: fit(net(1, "relu", loss="binary_crossentropy")), "activation is 'relu'"),
    "softmax of one": (lambda: fit(net(1, "softmax", loss="binary_crossentropy")), "over one output is always 1"),
    "accuracy of a regression": (lambda: fit(net(metrics=["accuracy"]), y=Y * 2.5 - 0.3), r"metrics=\['mae'\]"),
    "an epsilon for a momentum": (lambda: optimizers.RMSprop(1e-3, 0.9, 1e-8), "write epsilon=1e-08"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_call_is_remarked_upon(name):
    action, expected = ODD[name]
    with pytest.warns(UserWarning, match=expected):
        action()


def test_right_calls_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(classes(), y=LABELS)
        fit(two(), AB, PQ)
