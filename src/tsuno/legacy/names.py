"""Names of the past: in each namespace, what they are called today.

A name of today is given plainly, as in `"Convolution1D": "Conv1D"`; what is defined in a module of `legacy`, with that
module, as in `"Highway": "legacy.layers.Highway"`. `find` is for files, which may name anything; it only ever finds
what is in these tables. `names_in` is for namespaces that have old names as attributes.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Mapping
from typing import Any

from tsuno.core.registry import in_library

_SHORT = {
    short: name
    for lower, name in (
        ("mse", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
        ("mape", "mean_absolute_percentage_error"),
        ("msle", "mean_squared_logarithmic_error"),
        ("bce", "binary_crossentropy"),
        ("kld", "kl_divergence"),
    )
    for short in (lower, lower.upper())
}

NAMES: dict[str, dict[str, str]] = {
    "layers": {
        # Keras 1 and its Keras 2 spellings
        "Convolution1D": "Conv1D",
        "Convolution2D": "legacy.spellings.Convolution2D",
        "Convolution3D": "Conv3D",
        "AtrousConvolution1D": "Conv1D",
        "AtrousConvolution2D": "legacy.spellings.AtrousConvolution2D",
        "AtrousConv1D": "Conv1D",
        "AtrousConv2D": "legacy.spellings.AtrousConvolution2D",
        "Deconvolution2D": "legacy.spellings.Deconvolution2D",
        "Deconvolution3D": "Conv3DTranspose",
        "Deconv2D": "legacy.spellings.Deconvolution2D",
        "Deconv3D": "Conv3DTranspose",
        "SeparableConvolution1D": "SeparableConv1D",
        "SeparableConvolution2D": "legacy.spellings.SeparableConvolution2D",
        "Convolution1DTranspose": "Conv1DTranspose",
        "Convolution2DTranspose": "Conv2DTranspose",
        "Convolution3DTranspose": "Conv3DTranspose",
        "DepthwiseConvolution2D": "DepthwiseConv2D",
        "TimeDistributedDense": "legacy.spellings.TimeDistributedDense",
        "Input": "legacy.inputs.Input",
        "Merge": "legacy.merging.Merge",
        "merge": "legacy.merging.merge",
        **{f"{kind}Pool{rank}D": f"{kind}Pooling{rank}D" for kind in ("Max", "GlobalMax") for rank in (1, 2, 3)},
        **{f"AvgPool{rank}D": f"AveragePooling{rank}D" for rank in (1, 2, 3)},
        **{f"GlobalAvgPool{rank}D": f"GlobalAveragePooling{rank}D" for rank in (1, 2, 3)},
        # what later versions know under another name
        "CuDNNLSTM": "LSTM",
        "UnifiedLSTM": "LSTM",
        "UnifiedGRU": "GRU",
        "CuDNNGRU": "GRU",
        "SyncBatchNormalization": "BatchNormalization",
        "BatchNormalizationBase": "BatchNormalization",
        "AbstractRNNCell": "Layer",
        "Recurrent": "RNN",
        "ConvRecurrent2D": "ConvLSTM2D",
        "ConvRNN2D": "ConvLSTM2D",
        "PreprocessingLayer": "Layer",
        "deserialize_keras_object": "saving.deserialize_keras_object",
        "time_distributed_dense": "legacy.merging.time_distributed_dense",
        "layer_from_config": "deserialize",
        # what has no counterpart today
        "LocallyConnected1D": "legacy.layers.LocallyConnected1D",
        "LocallyConnected2D": "legacy.layers.LocallyConnected2D",
        "MaxoutDense": "legacy.layers.MaxoutDense",
        "Highway": "legacy.layers.Highway",
        "ThresholdedReLU": "legacy.layers.ThresholdedReLU",
        "ParametricSoftplus": "legacy.layers.ParametricSoftplus",
        "SReLU": "legacy.layers.SReLU",
        "RandomHeight": "legacy.image_layers.RandomHeight",
        "RandomWidth": "legacy.image_layers.RandomWidth",
        # operations of TensorFlow as layers
        "TFOpLambda": "legacy.operations.TFOpLambda",
        "SlicingOpLambda": "legacy.operations.TFOpLambda",
    },
    "initializers": {
        "one": "Ones",
        "zero": "Zeros",
        "uniform": "RandomUniform",
        "normal": "RandomNormal",
    },
    "regularizers": {
        "l1l2": "L1L2",
        "activity_l1": "L1",
        "activity_l2": "L2",
        "activity_l1l2": "L1L2",
        "WeightRegularizer": "L1L2",
        "ActivityRegularizer": "L1L2",
        "L1L2Regularizer": "L1L2",
        "L1Regularizer": "L1",
        "L2Regularizer": "L2",
        "EigenvalueRegularizer": "legacy.measures.EigenvalueRegularizer",
    },
    "constraints": {
        "maxnorm": "MaxNorm",
        "nonneg": "NonNeg",
        "unitnorm": "UnitNorm",
        "RadialConstraint": "legacy.constraints.RadialConstraint",
        "radial_constraint": "legacy.constraints.RadialConstraint",
    },
    "activations": {
        "softmax_v2": "softmax",
        "keras1_hard_sigmoid": "legacy.activations.keras2_hard_sigmoid",
        "keras2_hard_sigmoid": "legacy.activations.keras2_hard_sigmoid",
    },
    "losses": {
        "kullback_leibler_divergence": "kl_divergence",
        "cosine_proximity": "cosine_similarity",
        "cosine": "cosine_similarity",
        "logcosh": "log_cosh",
        "huber_loss": "huber",
        "Reduction": "legacy.measures.Reduction",
        **_SHORT,
    },
    "metrics": {
        **_SHORT,
        "CosineProximity": "CosineSimilarity",
        "LogCosh": "LogCoshError",
        "kullback_leibler_divergence": "kl_divergence",
        "cosine_proximity": "legacy.measures.cosine_proximity",
        **{name: f"legacy.measures.{name}" for name in ("precision", "recall", "fbeta_score", "fmeasure")},
        "f1score": "legacy.measures.fmeasure",
        "fscore": "legacy.measures.fmeasure",
        "matthews_correlation": "legacy.measures.matthews_correlation",
        "accuracy": "legacy.measures.accuracy",
        "logcosh": "log_cosh",
        "MeanRelativeError": "legacy.measures.MeanRelativeError",
        "MeanTensor": "legacy.measures.MeanTensor",
    },
    "optimizers": {
        "AdamOptimizer": "Adam",
        "AdagradOptimizer": "Adagrad",
        "AdadeltaOptimizer": "Adadelta",
        "FtrlOptimizer": "Ftrl",
        "GradientDescentOptimizer": "SGD",
        "RMSPropOptimizer": "RMSprop",
    },
    "dtype_policies": {"Policy": "DTypePolicy"},
    "mixed_precision": {"set_policy": "set_dtype_policy"},
    "applications.densenet": {"conv_block": "legacy.applications.blocks.dense_conv_block"},
    "models": {"model_from_config": "legacy.models.model_from_config"},
    "utils": {
        "plot": "plot_model",
        "validate_file": "legacy.utils.validate_file",
        "Sequence": "PyDataset",
        "get_custom_objects": "saving.get_custom_objects",
        "CustomObjectScope": "saving.custom_object_scope",
        "custom_object_scope": "saving.custom_object_scope",
    },
    "callbacks": {"BaseLogger": "Callback", "BackupAndRestoreExperimental": "BackupAndRestore"},
}

GONE: dict[str, str] = {
    "models.Graph": "`Graph` was given up in Keras 1.0: name the tensors, as in `Model(inputs, outputs)`.",
    "layers.containers": "`containers` were given up in Keras 1.0: use `Sequential` or `Model(inputs, outputs)`.",
    "layers.AutoEncoder": "`AutoEncoder` was given up in Keras 0.3: put two `Sequential` models into a third.",
    "layers.DenseFeatures": "`DenseFeatures` was given up with feature columns: use `Input` for each column, with "
    "`Normalization`, `CategoryEncoding` or `StringLookup`, and `Concatenate`.",
    "layers.SequenceFeatures": "`SequenceFeatures` was given up with feature columns: use `Embedding`.",
    "applications.resnext": "ResNeXt (`keras.applications.resnext`) was given up after Keras 2.2: use `ResNet50V2` or "
    "`ConvNeXtTiny`.",
}
"""What there is no more: by path, the sentence that says what to do instead."""

SPACES = tuple(NAMES)


def names_in(namespace: str) -> Mapping[str, str]:
    """The names of the past in a namespace such as `layers`, with where each is found today."""
    return NAMES.get(namespace, {})


def named(namespace: str, name: str) -> Any:
    """What a name of the past in a namespace stands for, or None."""
    target = names_in(namespace).get(name)
    if target is None:
        return None
    home, _, last = target.rpartition(".")
    return getattr(importlib.import_module(f"tsuno.{home or namespace}"), last)


def find(name: str, namespace: str | None = None) -> Any:
    """What a name of the past stands for, in one namespace or in the first that has it; or None.

    A version at the end of a name, as in `BatchNormalizationV1`, is left out.
    """
    spaces = SPACES if namespace is None else (namespace,)
    for space in spaces:  # what a program has put there itself: `keras.losses.mine = mine`
        own = vars(sys.modules.get(f"keras.{space}", sys))
        mine = own.get(name) if "_old_path" in own else None
        if callable(mine) and not str(getattr(mine, "__module__", "")).startswith("tsuno."):
            return mine
    plain = re.sub(r"(?<=[a-zA-Z\d])V\d$", "", name)
    for each in (name, plain) if plain != name else (name,):
        found = next((thing for space in spaces if (thing := named(space, each)) is not None), None)
        if found is not None:
            return found
    if plain == name:
        return None
    today = (getattr(importlib.import_module(f"tsuno.{space}"), plain, None) for space in spaces)
    return next((cls for cls in today if isinstance(cls, type) and in_library(cls)), None)
