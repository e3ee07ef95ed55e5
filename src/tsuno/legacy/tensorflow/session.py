"""Sessions: what computes tensors of the graph from values of placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tsuno.core import tree
from tsuno.core.op import as_numpy
from tsuno.core.spec import KerasTensor
from tsuno.core.variable import Variable as Slot
from tsuno.layers import InputLayer
from tsuno.legacy import sessions, symbolic
from tsuno.legacy.tensorflow import modes
from tsuno.legacy.tensorflow.dtypes_of import as_dtype
from tsuno.legacy.tensorflow.variables import Initialization

_stack: list[Session] = []
_programs: dict[Any, symbolic.Program] = {}


def placeholder(dtype: Any = "float32", shape: Any = None, name: str | None = None) -> KerasTensor:
    """A tensor whose values are given to `Session.run`.

    Args:
        dtype: the dtype.
        shape: the sizes, None where any; without a shape also the number of axes may be any.
        name: a name.
    """
    modes.set_graph_mode(True)
    sizes = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
    layer = InputLayer(batch_shape=tuple(sizes), dtype=str(as_dtype(dtype)), name=sessions.plain_name(name))
    tensor: KerasTensor = layer.output
    if shape is None:
        tensor.vague = True  # type: ignore[attr-defined]
    return tensor


def placeholder_with_default(input: Any, shape: Any = None, name: str | None = None) -> KerasTensor:
    """A tensor that may be given other values."""
    modes.set_graph_mode(True)
    return modes.constant_node(as_numpy(input), name or "placeholder_with_default")


class Session:
    """What runs a graph.

    Args:
        target: accepted for compatibility.
        graph: accepted for compatibility.
        config: accepted for compatibility.
    """

    def __init__(self, target: Any = "", graph: Any = None, config: Any = None) -> None:
        modes.set_graph_mode(True)
        self.graph = graph

    def run(
        self, fetches: Any, feed_dict: Mapping[Any, Any] | None = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """The values of tensors, as NumPy arrays in the structure of `fetches`; what only has an effect gives None.

        Args:
            fetches: a tensor, variable or operation, or a structure of them.
            feed_dict: values by placeholder, or by any other tensor.
            options: accepted for compatibility.
            run_metadata: accepted for compatibility.

        Raises:
            ValueError: a placeholder that is needed has no value.
        """
        leaves = tree.flatten(fetches)
        for leaf in leaves:
            if isinstance(leaf, Initialization):
                leaf.run(feed_dict)
            elif not isinstance(leaf, (KerasTensor, Slot)) and not hasattr(leaf, "dtype"):
                raise TypeError(f"`Session.run` computes tensors and operations; got {leaf!r}, which is neither.")
        pairs = [(k, v) for k, v in (feed_dict or {}).items() if isinstance(k, KerasTensor)]
        training, pairs = _phase_apart(pairs)
        wanted = [leaf for leaf in leaves if isinstance(leaf, KerasTensor) and leaf.value is None]
        values: dict[int, Any] = {}
        if wanted:
            given = [tensor for tensor, _ in pairs]
            key = (tuple(map(id, given)), tuple(map(id, wanted)), training)
            if key not in _programs:
                _programs[key] = symbolic.Program(given, _effects_last(wanted), training)
                _programs[key].keeps = (given, wanted)  # type: ignore[attr-defined]  # their ids stay theirs
            found = _programs[key]([_plain(value) for _, value in pairs])
            values = dict(zip(map(id, _effects_last(wanted)), found, strict=True))

        def shown(leaf: Any) -> Any:
            if isinstance(leaf, Initialization) or _is_effect(leaf):
                return None
            array = np.array(as_numpy(values.get(id(leaf), leaf)))
            return array if array.ndim else array[()]

        return tree.map_structure(shown, fetches)

    def __enter__(self) -> Session:
        _stack.append(self)
        return self

    def __exit__(self, *error: Any) -> None:
        _stack.remove(self)

    def as_default(self) -> Session:
        """A block in which `eval` and `run` mean this session."""
        return self

    def close(self) -> None:
        """Nothing is held that would have to be freed."""


class InteractiveSession(Session):
    """A session that `eval` and `run` mean from here on."""

    def __init__(self, target: Any = "", graph: Any = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        _stack.append(self)


def default_session() -> Session:
    """The session at work; a new one if there is none."""
    return _stack[-1] if _stack else Session()


get_default_session = default_session


def _phase_apart(pairs: list[tuple[Any, Any]]) -> tuple[bool | None, list[tuple[Any, Any]]]:
    """Whether layers train, where it is among what is given; and the rest."""
    phase = sessions._phase_tensor()
    said = [bool(value) for tensor, value in pairs if tensor is phase and phase is not None]
    return (said[0] if said else False), [pair for pair in pairs if pair[0] is not phase or phase is None]


def _effects_last(wanted: list[KerasTensor]) -> list[KerasTensor]:
    """Tensors in the order in which they are computed: first what others may change."""
    return sorted(wanted, key=_changes)


def _changes(tensor: KerasTensor) -> bool:
    operation = None if tensor.node is None else tensor.node.operation
    return isinstance(operation, symbolic.Operation) and operation.has_effects


def _is_effect(leaf: Any) -> bool:
    """Whether something is asked for because of what it does, and has no value of its own."""
    operation = leaf.node.operation if isinstance(leaf, KerasTensor) and leaf.node is not None else None
    return isinstance(operation, symbolic.Operation) and operation.says_nothing


def _plain(value: Any) -> Any:
    return as_numpy(value) if isinstance(value, (KerasTensor, Slot)) else np.asarray(value)
