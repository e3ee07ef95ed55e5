"""What the user passed, recognised and made into data of one form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tsuno import engine
from tsuno.core.errors import invalid
from tsuno.core.seeds import make_default_seed
from tsuno.data.arrays import ArrayData
from tsuno.data.chunk import Data
from tsuno.data.foreign import apart, recognised
from tsuno.data.large import Rows, is_read_in_parts, resident_limit, size_of
from tsuno.data.py_dataset import Numbered
from tsuno.data.reading import as_arrays, check_finite, check_lengths, columns, is_frame, is_sparse
from tsuno.data.stream import StreamData
from tsuno.data.weights import class_weights


def make_data(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    shuffle: bool = False,
    class_weight: Any = None,
    steps: int | None = None,
    finite: bool = False,
    read: Callable[[Any], Any] | None = None,
    names: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    whole: bool = False,
) -> Data:
    """Arrays, or a stream of batches, as data.

    Args:
        x: arrays, data frames or sparse matrices; a `PyDataset`; a dataset of another library; or a generator or other
            iterable of batches.
        y: the targets; none for a stream. A name, or a list of names, takes them from columns of a data frame, or from
            the dicts that a stream gives.
        sample_weight: the weights; none for a stream.
        batch_size: rows per batch of arrays, 32 by default.
        shuffle: whether arrays, and the batches of a `PyDataset`, are taken in a new random order at each pass.
        class_weight: weights by class; see `class_weights`.
        steps: batches per epoch.
        finite: whether to refuse NaN and infinity.
        read: what the inputs pass through on the host, such as the layers of a model that read text.
        names: the names of the inputs, of a model that has several; a data frame gives them as columns.
        outputs: the names of the outputs.
        whole: whether arrays stay arrays, however large.
    """
    if x is None:
        raise ValueError(
            "Data is needed: `x` must be an array, a list or dict of arrays, or a generator of batches; got None."
        )
    weigh = None if class_weight is None else lambda y, weight: class_weights(class_weight, y, weight, outputs)
    if is_stream(x):
        return _stream(x, y, sample_weight, batch_size, shuffle, steps, weigh, read)
    x, y = _from_frame(x, y, names)
    x = x if read is None else read(x)
    given = {"x": x, "y": y, "sample_weight": sample_weight}
    parts = {name: as_arrays(part, name, is_read_in_parts) for name, part in given.items()}
    check_lengths(parts)
    size = 32 if batch_size is None else batch_size
    if not whole and size_of(list(parts.values())) > resident_limit():
        return StreamData(Rows(tuple(parts.values()), size, shuffle), steps, weigh)
    arrays = tuple(as_arrays(part, name) for name, part in parts.items())
    if finite:
        check_finite(arrays[0], "x")
        check_finite(arrays[1], "y")
        check_finite(arrays[2], "sample_weight")
    if weigh is not None:
        arrays = (arrays[0], arrays[1], weigh(arrays[1], arrays[2]))
    return ArrayData(arrays, size, shuffle, make_default_seed() if shuffle else 0, steps)


def _stream(
    x: Any, y: Any, sample_weight: Any, batch_size: int | None, shuffle: bool, steps: int | None, weigh: Any, read: Any
) -> StreamData:
    by_name = isinstance(y, str) or (isinstance(y, (list, tuple)) and y and all(isinstance(name, str) for name in y))
    if (y is not None and not by_name) or sample_weight is not None:
        raise ValueError(
            "With a generator as `x`, targets and weights come from it: it gives (x, y) or (x, y, "
            "sample_weight), and `y` "
            "and `sample_weight` must not be passed."
        )
    source = Numbered(x, shuffle) if Numbered.fits(x) else recognised(x, batch_size, shuffle, y if by_name else None)
    source = x if source is None else source
    if steps is None and getattr(source, "endless", False):
        raise ValueError("The dataset has no end: say how many batches to take, with `steps_per_epoch` or `steps`.")
    return StreamData(source, steps, weigh, read, (lambda batch: apart(batch, y)) if by_name else None)


def _from_frame(x: Any, y: Any, names: Sequence[str] | None) -> tuple[Any, Any]:
    """A data frame's columns as the inputs and targets that they are for."""
    if not is_frame(x):
        return x, y
    table = columns(x)
    if isinstance(y, str) or (isinstance(y, (list, tuple)) and y and all(isinstance(name, str) for name in y)):
        inputs = {name: column for name, column in table.items() if name != y and (isinstance(y, str) or name not in y)}
        targets = {name: _column(table, name) for name in ([y] if isinstance(y, str) else y)}
        y = targets[y] if isinstance(y, str) else targets
        x = x[list(inputs)]
        table = inputs
    if names is not None and len(names) > 1 and all(name in table for name in names):
        return {name: table[name] for name in names}, y
    return x, y


def _column(table: Mapping[str, Any], name: str) -> Any:
    if name not in table:
        raise invalid("y", f"an array, or the name of one of the columns {list(table)}", name)
    return table[name]


def is_stream(x: Any) -> bool:
    """Whether something gives batches one after the other, rather than being an array or a structure of arrays."""
    if isinstance(x, (str, bytes, type, set, frozenset)):
        raise invalid("x", "an array, a list or dict of arrays, or a generator of batches", x)
    if is_frame(x) or is_sparse(x) or isinstance(x, (list, tuple)):
        return False
    if hasattr(x, "with_format") or hasattr(x, "to_iter_dataset"):  # Hugging Face's have a `shape`, or are dicts
        return True
    if isinstance(x, Mapping) or hasattr(x, "shape") or hasattr(x, "__array__"):
        return False
    if isinstance(x, Iterator) or hasattr(x, "__iter__") or Numbered.fits(x) or recognised(x, None, False) is not None:
        return True
    raise invalid("x", "an array, a list or dict of arrays, or a generator of batches", x)


def split_batch(data: Data, fraction: float) -> tuple[Data, Data]:
    """Data without its last part, and that part."""
    large = isinstance(data, StreamData) and isinstance(data.source, Rows)
    if not isinstance(data, ArrayData) and not large:
        raise ValueError("`validation_split` needs arrays; with a generator, pass `validation_data`.")
    size = data.source.size if large else data.size  # type: ignore[attr-defined]
    kept = int(size * (1 - fraction))
    if kept == 0 or kept == size:
        raise ValueError(
            f"`validation_split`={fraction} of {size} samples leaves none for "
            f"{'training' if kept == 0 else 'validation'}."
        )
    if isinstance(data, StreamData):
        head, tail = data.source.part(0, kept, data.source.shuffle), data.source.part(kept, size, False)  # type: ignore[attr-defined]
        return StreamData(head, None, data.weigh), StreamData(tail, None, data.weigh)
    assert isinstance(data, ArrayData)
    first = engine.tree.map(lambda array: array[:kept], data.arrays)
    last = engine.tree.map(lambda array: array[kept:], data.arrays)
    return ArrayData(first, data.batch_size, data.shuffle, data.seed), ArrayData(last, data.batch_size)
