"""Questions about symbolic tensors."""

from __future__ import annotations

from typing import Any

from tsuno.core.spec import KerasTensor
from tsuno.layers import InputLayer


def is_keras_tensor(x: Any) -> bool:
    """Whether something is a symbolic tensor.

    Example:
        >>> tsuno.utils.is_keras_tensor(tsuno.Input((2,))), tsuno.utils.is_keras_tensor(np.ones(2))
        (True, False)
    """
    return isinstance(x, KerasTensor)


def get_source_inputs(tensor: Any) -> Any:
    """The inputs that a symbolic tensor is computed from.

    Args:
        tensor: a symbolic tensor; anything else is returned as it is.

    Returns:
        A list of symbolic tensors, those that come first when going back from the arguments, in order.

    Example:
        >>> a, b = tsuno.Input((2,), name="a"), tsuno.Input((2,), name="b")
        >>> tsuno.utils.get_source_inputs(tsuno.layers.Dense(1)(b) + tsuno.layers.Dense(1)(a)) == [b, a]
        True
    """
    if not isinstance(tensor, KerasTensor):
        return tensor
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:  # depth first, without recursion: models may be deep
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if current.node is None:
            found[id(current)] = current
        elif isinstance(current.node.operation, InputLayer):
            found |= {id(output): output for output in current.node.output_tensors}
        else:
            waiting += reversed(current.node.inputs)
    return list(found.values())
