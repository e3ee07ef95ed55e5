"""`keras.utils` of the past: what has no counterpart today, or one of another form."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tsuno.core.settings import standardize_data_format
from tsuno.core.validate import sizes
from tsuno.legacy.notices import say
from tsuno.saving import untrusted


def has_arg(fn: Callable[..., Any], name: str, accept_all: bool = False) -> bool:
    """Whether a function has an argument of a name, or with `accept_all` takes any."""
    known = inspect.signature(fn).parameters
    if name in known:
        return known[name].kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return accept_all and any(each.kind is inspect.Parameter.VAR_KEYWORD for each in known.values())


# ---------------------------------------------------------------------- models


def multi_gpu_model(model: Any, gpus: Any = None, cpu_merge: bool = True, cpu_relocation: bool = False) -> Any:
    """The model itself."""
    say(
        "`multi_gpu_model` returns the model as it is: it is not spread over several devices.",
        once_for="multi_gpu_model",
    )
    return model


def print_summary(model: Any, line_length: Any = None, positions: Any = None, print_fn: Any = None) -> None:
    """Print a table of the layers."""
    model.summary(line_length=line_length, positions=positions, print_fn=print_fn)


def count_params(weights: Iterable[Any]) -> int:
    """The number of elements of weights."""
    return int(sum(np.prod(weight.shape) for weight in {id(weight): weight for weight in weights}.values()))


def count_total_params(layers: Iterable[Any], layer_set: Any = None) -> tuple[int, int]:
    """The numbers of trained and of other elements in layers."""
    every = list(layers)
    trained = [weight for layer in every for weight in layer.trainable_weights]
    return count_params(trained), count_params(weight for layer in every for weight in layer.non_trainable_weights)


def convert_kernel(kernel: np.ndarray) -> np.ndarray:
    """A convolution's kernel turned around in its window, as Theano's and TensorFlow's differ."""
    array = np.asarray(kernel)
    if not 3 <= array.ndim <= 5:
        raise ValueError(f"A kernel of a convolution has 3 to 5 axes; got one of shape {array.shape}.")
    window = tuple(slice(None, None, -1) for _ in range(array.ndim - 2))
    return np.copy(array[window])


def convert_all_kernels_in_model(model: Any) -> None:
    """Turn the kernels of all convolutions of a model around in their windows."""
    for layer in model._flatten_layers():
        if "Conv" in type(layer).__name__ and getattr(layer, "kernel", None) is not None:
            layer.kernel.assign(convert_kernel(layer.kernel.numpy()))


def convert_dense_weights_data_format(
    dense: Any, previous_feature_map_shape: Any, target_data_format: str = "channels_first"
) -> None:
    """Put the rows of a `Dense` after a `Flatten` in the order that another data format flattens in."""
    kernel, *rest = dense.get_weights()
    shape = tuple(previous_feature_map_shape)
    rows = np.arange(kernel.shape[0])
    if target_data_format == "channels_first":
        channels, *window = shape
        order = np.moveaxis(rows.reshape(*window, channels), -1, 0)
    else:
        *window, channels = shape
        order = np.moveaxis(rows.reshape(channels, *window), 0, -1)
    dense.set_weights([kernel[order.ravel()], *rest])


def disable_tracking(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function: attributes that hold variables are found when they are looked for."""
    return function


# ---------------------------------------------------------------------- arithmetic of convolutions


def conv_output_length(
    input_length: int | None, filter_size: int, padding: str, stride: int, dilation: int = 1
) -> int | None:
    """The length that a convolution leaves of an axis."""
    if input_length is None:
        return None
    wide = filter_size + (filter_size - 1) * (dilation - 1)
    lengths = {
        "same": input_length,
        "causal": input_length,
        "valid": input_length - wide + 1,
        "full": input_length + wide - 1,
    }
    return (lengths[normalize_padding(padding)] + stride - 1) // stride


def conv_input_length(output_length: int | None, filter_size: int, padding: str, stride: int) -> int | None:
    """The length of an axis of which a convolution leaves so much."""
    if output_length is None:
        return None
    pad = {"same": filter_size // 2, "valid": 0, "full": filter_size - 1}[normalize_padding(padding)]
    return (output_length - 1) * stride - 2 * pad + filter_size


def deconv_length(
    dim_size: int | None,
    stride_size: int,
    kernel_size: int,
    padding: str,
    output_padding: int | None = None,
    dilation: int = 1,
) -> int | None:
    """The length that a transposed convolution makes of an axis."""
    if dim_size is None:
        return None
    wide = kernel_size + (kernel_size - 1) * (dilation - 1)
    padding = normalize_padding(padding)
    if output_padding is None:
        more = {"valid": max(wide - stride_size, 0), "full": wide - stride_size - 2 * (wide - 1) + 1, "same": 0}[
            padding
        ]
        return dim_size * stride_size + more
    pad = {"same": wide // 2, "valid": 0, "full": wide - 1}[padding]
    return (dim_size - 1) * stride_size + wide - 2 * pad + output_padding


def normalize_tuple(value: Any, n: int, name: str) -> tuple[int, ...]:
    """One whole number per axis."""
    return sizes(value, n, name)


def normalize_padding(value: str) -> str:
    """The name of a padding in lower case."""
    padding = str(value).lower()
    if padding not in ("valid", "same", "causal", "full"):
        raise ValueError(f"`padding` must be 'valid', 'same', 'causal' or 'full'; got {value!r}.")
    return padding


def normalize_data_format(value: str | None) -> str:
    """The data format, that of the settings for None."""
    return standardize_data_format(value)


# ---------------------------------------------------------------------- numbers and classes


def probas_to_classes(y_pred: Any) -> np.ndarray:
    """The classes of predictions: the largest column, or 1 where the only one is above a half."""
    array = np.asarray(y_pred)
    if array.ndim > 1 and array.shape[1] > 1:
        return categorical_probas_to_classes(array)
    return np.array([1 if p > 0.5 else 0 for p in array.ravel()])


def categorical_probas_to_classes(p: Any) -> np.ndarray:
    """The largest column of each row."""
    return np.argmax(np.asarray(p), axis=1)


def to_ordinal(y: Any, num_classes: int | None = None, dtype: str = "float32") -> np.ndarray:
    """Classes 0 to K - 1 as K - 1 columns, of which the first y are 1."""
    labels = np.asarray(y, "int64")
    labels = labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels
    count = num_classes or int(labels.max()) + 1
    return (np.arange(count - 1) < labels[..., None]).astype(dtype)


def accuracy(y_pred: Any, y_true: Any) -> float:
    """How many classes are right."""
    return float(np.mean(np.asarray(y_pred) == np.asarray(y_true)))


def binary_logloss(p: Any, y: Any) -> float:
    """The logarithmic loss of probabilities of one class."""
    p = np.clip(np.asarray(p, "float64"), 1e-15, 1 - 1e-15)
    return float(-np.mean(np.asarray(y) * np.log(p) + (1 - np.asarray(y)) * np.log(1 - p)))


def multiclass_logloss(P: Any, Y: Any) -> float:
    """The logarithmic loss of probabilities of several classes."""
    return float(-np.mean(np.log([row[label] for row, label in zip(P, Y, strict=True)])))


def warmstart_embedding_matrix(
    base_vocabulary: Any, new_vocabulary: Any, base_embeddings: Any, new_embeddings_initializer: Any = "uniform"
) -> np.ndarray:
    """The rows of an embedding for another vocabulary: those of words that both have, and new ones."""
    old = _words(base_vocabulary)
    rows = np.asarray(base_embeddings)
    new = _words(new_vocabulary)
    given = new_embeddings_initializer
    fresh = np.asarray(given((len(new), rows.shape[1]))) if callable(given) else None
    drawn = np.random.uniform(-0.05, 0.05, (len(new), rows.shape[1])) if fresh is None else fresh
    places = {word: place for place, word in enumerate(old)}
    for place, word in enumerate(new):
        if word in places:
            drawn[place] = rows[places[word]]
    return drawn.astype(rows.dtype)


def _words(vocabulary: Any) -> list[str]:
    if isinstance(vocabulary, (str, os.PathLike)):
        with open(vocabulary, encoding="utf-8") as file:
            return file.read().split("\n")
    return list(vocabulary)


# ---------------------------------------------------------------------- arrays in files


class HDF5Matrix:
    """An array in an HDF5 file.

    Args:
        datapath: the file.
        dataset: the name of the array.
        start: the first row.
        end: the row to stop before; all by default.
        normalizer: a function applied to rows that are read.
    """

    def __init__(
        self,
        datapath: Any,
        dataset: str,
        start: int = 0,
        end: int | None = None,
        normalizer: Callable[[Any], Any] | None = None,
    ) -> None:
        with untrusted.open_hdf5(Path(datapath), str(datapath)) as file:
            self.data = file.array(dataset).read()
        self.start, self.end = start, self.data.shape[0] if end is None else end
        self.normalizer = normalizer

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key: Any) -> Any:
        found = self.data[self.start : self.end][key if not isinstance(key, list) else np.asarray(key)]
        return found if self.normalizer is None else self.normalizer(found)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self[:], dtype=dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return (len(self), *self.data.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        """The dtype."""
        return np.dtype(self.data.dtype)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape))


def save_array(array: Any, name: str) -> None:
    """Keep an array in a file of NumPy's format."""
    with open(name, "wb") as file:
        np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


def load_array(name: str) -> np.ndarray:
    """The array in a file of NumPy's format."""
    with open(name, "rb") as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def ask_to_proceed_with_overwrite(filepath: Any) -> bool:
    """Ask at the terminal whether a file may be replaced."""
    return input(f"{filepath} is there already. Replace it? [y/n] ").strip().lower() in ("y", "yes")


# ---------------------------------------------------------------------- what reads ahead


class SequenceEnqueuer:
    """Batches of a `Sequence`, or of a generator, in order.

    Args:
        sequence: what gives batches.
        use_multiprocessing: accepted for compatibility.
        shuffle: whether a `Sequence` gives its batches in another order each time.
    """

    def __init__(self, sequence: Any, use_multiprocessing: bool = False, shuffle: bool = False) -> None:
        self.sequence, self.shuffle = sequence, shuffle
        self._running = False

    def is_running(self) -> bool:
        """Whether it was started."""
        return self._running

    def start(self, workers: int = 1, max_queue_size: int = 10) -> None:
        """Begin; batches are made when they are asked for."""
        self._running = True

    def stop(self, timeout: float | None = None) -> None:
        """End."""
        self._running = False

    def get(self) -> Iterator[Any]:
        """The batches, without end where they come from a `Sequence`."""
        if not hasattr(self.sequence, "__getitem__"):
            yield from self.sequence
            return
        while self._running:
            order = np.random.permutation(len(self.sequence)) if self.shuffle else range(len(self.sequence))
            for place in order:
                yield self.sequence[int(place)]
            self.sequence.on_epoch_end()


class OrderedEnqueuer(SequenceEnqueuer):
    """Batches of a `Sequence` in order."""


class GeneratorEnqueuer(SequenceEnqueuer):
    """Batches of a generator in order."""


def validate_file(fpath: Any, md5_hash: str) -> bool:
    """Whether a file has an MD5 hash."""
    with open(fpath, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest() == str(md5_hash)
