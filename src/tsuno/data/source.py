"""What the user passed, recognised and made into data of one form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.seeds import make_default_seed
from tsuno.data.arrays import ArrayData, as_arrays, check_finite, check_lengths
from tsuno.data.chunk import Data
from tsuno.data.py_dataset import Numbered
from tsuno.data.stream import StreamData


def make_data(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    shuffle: bool = False,
    class_weight: Mapping[int, float] | None = None,
    steps: int | None = None,
    finite: bool = False,
    read: Callable[[Any], Any] | None = None,
) -> Data:
    """Arrays, or a stream of batches, as data.

    Args:
        x: arrays, a `PyDataset`, or a generator or other iterable of batches.
        y: the targets; none for a stream.
        sample_weight: the weights; none for a stream.
        batch_size: rows per batch of arrays, 32 by default.
        shuffle: whether arrays, and the batches of a `PyDataset`, are taken in a new random order at each pass.
        class_weight: weights by class.
        steps: batches per epoch.
        finite: whether to refuse NaN and infinity.
        read: what the inputs pass through on the host, such as the layers of a model that read text.
    """
    if x is None:
        raise ValueError(
            "Data is needed: `x` must be an array, a list or dict of arrays, or a generator of batches; got None."
        )
    weigh = None if class_weight is None else lambda targets, weight: class_weights(class_weight, targets, weight)
    if is_stream(x):
        if y is not None or sample_weight is not None:
            raise ValueError(
                "With a generator as `x`, targets and weights come from it: it gives (x, y) or (x, y, "
                "sample_weight), and `y` "
                "and `sample_weight` must not be passed."
            )
        source = Numbered(x, shuffle) if Numbered.fits(x) else x
        if steps is None and getattr(source, "endless", False):
            raise ValueError("The dataset has no end: say how many batches to take, with `steps_per_epoch` or `steps`.")
        return StreamData(source, steps, weigh, read)
    x = x if read is None else read(x)
    arrays = (as_arrays(x, "x"), as_arrays(y, "y"), as_arrays(sample_weight, "sample_weight"))
    check_lengths({"x": arrays[0], "y": arrays[1], "sample_weight": arrays[2]})
    if finite:
        check_finite(arrays[0], "x")
        check_finite(arrays[1], "y")
    if weigh is not None:
        arrays = (arrays[0], arrays[1], weigh(arrays[1], arrays[2]))
    seed = make_default_seed() if shuffle else 0
    return ArrayData(arrays, 32 if batch_size is None else batch_size, shuffle, seed, steps)


def is_stream(x: Any) -> bool:
    """Whether something gives batches one after the other, rather than being an array or a structure of arrays."""
    if isinstance(x, (str, bytes, type)):
        raise invalid("x", "an array, a list or dict of arrays, or a generator of batches", x)
    if isinstance(x, (list, tuple, Mapping)) or hasattr(x, "shape") or hasattr(x, "__array__"):
        return False
    if isinstance(x, Iterator) or hasattr(x, "__iter__") or Numbered.fits(x):
        return True
    raise invalid("x", "an array, a list or dict of arrays, or a generator of batches", x)


def split_batch(data: Data, fraction: float) -> tuple[Data, Data]:
    """Data without its last part, and that part."""
    if not isinstance(data, ArrayData):
        raise ValueError("`validation_split` needs arrays; with a generator, pass `validation_data`.")
    kept = int(data.size * (1 - fraction))
    if kept == 0 or kept == data.size:
        raise ValueError(
            f"`validation_split`={fraction} of {data.size} samples leaves none for "
            f"{'training' if kept == 0 else 'validation'}."
        )
    head = engine.tree.map(lambda array: array[:kept], data.arrays)
    tail = engine.tree.map(lambda array: array[kept:], data.arrays)
    return ArrayData(head, data.batch_size, data.shuffle, data.seed), ArrayData(tail, data.batch_size)


def class_weights(table: Mapping[int, float], y: Any, sample_weight: Any) -> np.ndarray:
    """A weight per sample from weights per class; multiplied with sample weights, if there are such."""
    if not isinstance(table, Mapping):
        raise invalid("class_weight", "a dict from class index to weight, such as {0: 1.0, 1: 5.0}", table)
    targets = engine.tree.leaves(y)
    if len(targets) != 1:
        raise ValueError("`class_weight` is for models with one output; use `sample_weight` for several.")
    labels = targets[0]
    if labels.ndim > 1 and labels.shape[-1] > 1:
        labels = labels.argmax(axis=-1)
    elif labels.ndim > 1:
        labels = labels[..., 0]
    labels = np.rint(labels).astype(int)
    missing = sorted(set(np.unique(labels).tolist()) - {int(key) for key in table})
    if missing:
        raise ValueError(
            f"`class_weight` must have a weight for every class in the targets; class {missing[0]} has none."
        )
    keys = np.array(sorted(int(key) for key in table))
    weights = np.array([float(table[key]) for key in sorted(table, key=int)], np.float32)[np.searchsorted(keys, labels)]
    return weights if sample_weight is None else weights * sample_weight
