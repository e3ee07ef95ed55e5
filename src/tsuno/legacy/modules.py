"""The modules of the past: under which paths programs import, and where the names in them are found today.

A path is one below `keras`. Each module of the past looks its names up in a few of today's modules, `HOMES`; one that
is not listed there has the names of the module that it was a part of, as `layers.core` those of `layers`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from tsuno.legacy.names import named, names_in

PARTS: dict[str, str] = {
    "": "activations applications backend callbacks config constraints datasets distillation distribution "
    "dtype_policies dtensor engine estimator experimental export initializations initializers layers legacy losses "
    "metrics mixed_precision models objectives ops optimizers preprocessing quantizers random regularizers saving "
    "tree utils visualization wrappers premade feature_column",
    "applications": "audio_conv_utils convnext densenet efficientnet efficientnet_v2 imagenet_utils "
    "inception_resnet_v2 inception_v3 mobilenet mobilenet_v2 mobilenet_v3 mobilenetv2 music_tagger_crnn nasnet regnet "
    "resnet resnet50 resnet_rs resnet_v2 vgg16 vgg19 xception",
    "backend": "common experimental load_backend tensorflow_backend theano_backend cntk_backend numpy_backend",
    "callbacks": "callbacks experimental tensorboard_v1 tensorboard_v2",
    "datasets": "boston_housing california_housing cifar10 cifar100 fashion_mnist imdb mnist reuters",
    "dtensor": "experimental",
    "dtensor.experimental": "optimizers",
    "engine": "base_layer input_layer network saving sequential topology training training_arrays "
    "training_generator training_utils functional base_layer_v1 keras_tensor input_spec",
    "layers": "advanced_activations convolutional convolutional_recurrent core cudnn_recurrent embeddings "
    "experimental local merge noise normalization pooling recurrent wrappers attention regularization reshaping rnn "
    "activation preprocessing serialization recurrent_v2 kernelized dense_attention",
    "layers.experimental": "preprocessing",
    "layers.normalization": "batch_normalization layer_normalization",
    "legacy": "saving preprocessing layers interfaces",
    "legacy.preprocessing": "image sequence text",
    "losses": "losses",
    "metrics": "experimental",
    "models": "experimental",
    "ops": "image linalg nn numpy",
    "optimizers": "experimental legacy schedules optimizer_v1 optimizer_v2",
    "optimizers.optimizer_v2": "adam adadelta adagrad adamax ftrl gradient_descent learning_rate_schedule nadam "
    "optimizer_v2 rmsprop",
    "optimizers.schedules": "learning_rate_schedule",
    "mixed_precision": "experimental policy loss_scale_optimizer",
    "mixed_precision.experimental": "policy loss_scale_optimizer",
    "preprocessing": "image sequence text image_dataset timeseries text_dataset",
    "saving": "hdf5_format saved_model",
    "utils": "conv_utils data_utils experimental generic_utils io_utils layer_utils legacy losses_utils metrics_utils "
    "multi_gpu_utils np_utils vis_utils visualize_util tf_utils test_utils bounding_boxes all_utils",
    "wrappers": "scikit_learn",
}
"""The modules directly in each; their names are those of the past and of today."""

HOMES: dict[str, str] = {
    "": "legacy.top . models layers engine",
    "backend": "legacy.sessions legacy.backend backend config",
    "callbacks": "legacy.callbacks callbacks",
    "dtensor.experimental": "legacy.top",
    "dtensor.experimental.optimizers": "optimizers",
    "engine": "layers models legacy.parts legacy.utils saving utils core.spec legacy.top",
    "estimator": "legacy.top",
    "experimental": "legacy.top layers optimizers.schedules optimizers",
    "initializations": "legacy.initializations initializers",
    "legacy.saving": "utils.legacy",
    "legacy.layers": "layers legacy.layers legacy.image_layers",
    "metrics": "metrics losses legacy.measures legacy.parts",
    "mixed_precision": "mixed_precision dtype_policies optimizers legacy.top",
    "models": "legacy.models models saving",
    "losses": "losses legacy.parts",
    "objectives": "losses legacy.parts",
    "optimizers": "optimizers optimizers.schedules legacy.optimizers",
    "optimizers.optimizer_v1": "optimizers legacy.optimizers",
    "optimizers.optimizer_v2": "optimizers optimizers.schedules",
    "optimizers.experimental": "optimizers",
    "optimizers.legacy": "optimizers.legacy optimizers",
    "optimizers.schedules": "optimizers.schedules",
    "regularizers": "regularizers",
    "saving": "saving legacy.saving models",
    "utils": "utils legacy.utils legacy.parts saving models core.registry",
    "utils.legacy": "utils.legacy",
    "utils.np_utils": "utils legacy.utils",
    "utils.data_utils": "utils legacy.utils legacy.parts",
    "utils.io_utils": "legacy.utils utils",
    "utils.layer_utils": "legacy.utils layers utils",
    "utils.vis_utils": "utils legacy.parts",
    "utils.losses_utils": "legacy.measures losses legacy.parts",
    "utils.metrics_utils": "legacy.measures metrics legacy.parts",
    "utils.bounding_boxes": "utils.bounding_boxes",
    "layers.experimental": "layers legacy.top",
    "wrappers.scikit_learn": "legacy.scikit_learn wrappers",
    "applications.mobilenetv2": "applications.mobilenet_v2",
    "applications.regnet": "legacy.applications.regnet",
    "applications.resnet_rs": "legacy.applications.resnet_rs",
    "applications": "applications legacy.applications",
    **{
        f"applications.{name}": f"applications.{name} legacy.applications.blocks"
        for name in ("imagenet_utils", "inception_resnet_v2", "inception_v3", "mobilenet", "nasnet", "resnet50")
    },
    "applications.densenet": "applications.densenet legacy.applications.blocks",
    "applications.audio_conv_utils": "legacy.applications.music",
    "applications.music_tagger_crnn": "legacy.applications.music",
    "preprocessing": "legacy.preprocessing preprocessing utils",
    "preprocessing.image": "legacy.preprocessing.image preprocessing.image utils",
    "preprocessing.sequence": "legacy.preprocessing.sequence preprocessing.sequence",
    "preprocessing.text": "legacy.preprocessing.text",
    "legacy.preprocessing": "legacy.preprocessing preprocessing",
}
"""The modules of today, below `tsuno`, in which a module of the past looks for its names, in order."""
_WHOLE = ("layers", "layers.normalization", "engine")
"""Modules whose parts all have the names of the whole."""


@functools.cache
def exists(path: str) -> bool:
    """Whether there was a module of a path below `keras`."""
    parent, _, name = path.rpartition(".")
    return not path or (name in PARTS.get(parent, "").split() and exists(parent))


@functools.cache
def homes(path: str) -> tuple[str, ...]:
    """The modules of today, below `tsuno`, for a module of the past, in the order in which they are asked."""
    if path in HOMES:
        return tuple(HOMES[path].split())
    parent = path.rpartition(".")[0]
    if parent in _WHOLE or not _is_today(path):
        return homes(parent)
    return (path, *homes(parent)) if parent else (path,)


def _is_today(path: str) -> bool:
    """Whether a path below `keras` is one of a module of today, below `tsuno`."""
    try:
        return importlib.util.find_spec(f"tsuno.{path}") is not None
    except ModuleNotFoundError:
        return False


def lookup(path: str, name: str) -> Any:
    """What a name stands for in a module of the past; raises AttributeError."""
    parent, _, last = path.rpartition(".")
    if parent == "applications" and name in (addresses := _addresses(last)):
        return addresses[name]
    for home in homes(path):
        found = named(home, name)
        if found is not None:
            return found
        found = None if name.startswith("_") else getattr(_module(home), name, None)
        if found is not None and not isinstance(found, ModuleType):
            return found
    raise AttributeError(name)


def names_of(path: str) -> Iterator[str]:
    """The names in a module of the past."""
    for home in homes(path):
        yield from names_in(home)
        module = _module(home)
        for name in getattr(module, "__all__", dir(module)):
            if not name.startswith("_") and not isinstance(getattr(module, name, None), ModuleType):
                yield name
    yield from PARTS.get(path, "").split()


def _addresses(application: str) -> dict[str, str]:
    """Where the weights of an application were, by the names of the past."""
    blocks = importlib.import_module("tsuno.legacy.applications.blocks")
    found: dict[str, str] = blocks.ADDRESSES.get(application, {})
    return found


@functools.cache
def _module(home: str) -> ModuleType | None:
    """A module of today."""
    try:
        return importlib.import_module("tsuno" if home == "." else f"tsuno.{home}")
    except ModuleNotFoundError as problem:
        if problem.name is not None and f"tsuno.{home}".startswith(problem.name):
            return None
        raise
