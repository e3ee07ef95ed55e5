"""`Input` of the past: it also takes a tensor or a variable that there is, in the place of data."""

from __future__ import annotations

from typing import Any

from tsuno import layers
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable
from tsuno.legacy import symbolic


def Input(
    shape: Any = None,
    batch_shape: Any = None,
    name: str | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    tensor: Any = None,
    ragged: bool | None = None,
    batch_size: int | None = None,
    optional: bool = False,
    **older: Any,
) -> Any:
    """A symbolic tensor for data that a model will be given, in the order of arguments of Keras 1 and 2.

    Args:
        shape: the shape of one sample.
        batch_shape: the shape with the batch axis, instead of `shape`.
        name: a name.
        dtype: the dtype of the data.
        sparse: not supported.
        tensor: a tensor, variable or array that is there; nothing is given for it then.
        ragged: not supported.
        batch_size: the number of samples, if it is fixed.
        optional: whether None may be passed for it.
        **older: `batch_input_shape`.

    Example:
        >>> from tsuno.legacy.inputs import Input
        >>> Input(batch_input_shape=(2, 3)).shape
        (2, 3)
    """
    batch_shape = older.pop("batch_input_shape", batch_shape)
    if older:
        raise TypeError(f"`Input` has no argument {next(iter(older))!r}.")
    if tensor is None:
        if isinstance(batch_shape, int):  # today's second argument
            batch_shape, batch_size = None, batch_shape
        return layers.Input(shape, batch_size, dtype, sparse, ragged, batch_shape, name, optional=optional)
    if isinstance(tensor, KerasTensor):
        return tensor
    held = tensor if isinstance(tensor, Variable) else Variable(as_numpy(tensor), trainable=False)
    outputs = KerasTensor(held.shape, held.dtype)
    return symbolic.Operation(lambda: held.value, [held], name or "input").on(outputs=outputs)
