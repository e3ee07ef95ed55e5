"""The layer `Merge` of Keras 1: one name for what are several layers today."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tsuno import layers, models, ops
from tsuno.core import registry
from tsuno.core.errors import invalid, unknown

_MODES: dict[str, Callable[..., Any]] = {
    "sum": lambda axis, axes, **options: layers.Add(**options),
    "mul": lambda axis, axes, **options: layers.Multiply(**options),
    "ave": lambda axis, axes, **options: layers.Average(**options),
    "max": lambda axis, axes, **options: layers.Maximum(**options),
    "concat": lambda axis, axes, **options: layers.Concatenate(axis, **options),
    "dot": lambda axis, axes, **options: layers.Dot(axes, **options),
    "cos": lambda axis, axes, **options: layers.Dot(axes, normalize=True, **options),
}


class Merge:
    """Merges several inputs by a mode: makes the layer that does so today.

    Args:
        layers: models or layers whose outputs are merged, for a `Sequential` with several branches: makes a model of
            all their inputs.
        mode: `"sum"`, `"mul"`, `"ave"`, `"max"`, `"concat"`, `"dot"`, `"cos"`, or a function of the list of inputs.
        concat_axis: the axis of `"concat"`.
        dot_axes: the axis, or one for each input, of `"dot"` and `"cos"`.
        output_shape: accepted for compatibility; it is found by tracing.
        name: a name.
        **kwargs: what else Keras 1 has here; it says nothing.

    Example:
        >>> from tsuno.legacy.merging import Merge
        >>> Merge(mode="concat", concat_axis=1)
        Concatenate(axis=1)
    """

    def __new__(
        cls,
        layers: Sequence[Any] | None = None,
        mode: Any = "sum",
        concat_axis: int = -1,
        dot_axes: Any = -1,
        output_shape: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if layers is not None and not isinstance(layers, (list, tuple)):
            raise invalid("Merge.layers", "a list of models or layers", layers)
        if not layers:
            return _layer(mode, concat_axis, dot_axes, name)
        inputs = list({id(x): x for each in layers for x in _listed(each, "input")}.values())  # shared ones once
        outputs = [x for each in layers for x in _listed(each, "output")]
        return models.Model(inputs, _layer(mode, concat_axis, dot_axes, None)(outputs), name=name)

    @staticmethod
    def from_config(config: Mapping[str, Any]) -> Any:
        """The layer of today for a configuration of Keras 1."""
        said = {key: config[key] for key in ("mode", "concat_axis", "dot_axes", "name") if key in config}
        return Merge(registry.deserialize(config.get("layers")), **said)


def merge(inputs: Sequence[Any], mode: Any = "sum", concat_axis: int = -1, dot_axes: Any = -1, **kwargs: Any) -> Any:
    """Merge symbolic tensors by a mode, see `Merge`.

    Args:
        inputs: symbolic tensors.
        mode: see `Merge`.
        concat_axis: see `Merge`.
        dot_axes: see `Merge`.
        **kwargs: `output_shape` and `name`.

    Example:
        >>> from tsuno.legacy.merging import merge
        >>> merge([tsuno.Input((3,)), tsuno.Input((4,))], mode="concat").shape
        (None, 7)
    """
    return Merge(mode=mode, concat_axis=concat_axis, dot_axes=dot_axes, **kwargs)(list(inputs))


def _layer(mode: Any, axis: int, axes: Any, name: str | None) -> Any:
    if callable(mode):
        return layers.Lambda(mode, name=name)
    if not isinstance(mode, str) or mode not in _MODES:
        raise unknown("mode of Merge", mode, _MODES)
    axes = tuple(item[0] if isinstance(item, (list, tuple)) else item for item in axes) if _is_list(axes) else axes
    return _MODES[mode](axis, axes, name=name)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _listed(layer: Any, what: str) -> list[Any]:
    """The inputs or outputs of a model or layer."""
    found = getattr(layer, f"{what}s", None)
    found = getattr(layer, what) if found is None else found
    return list(found) if _is_list(found) else [found]


def time_distributed_dense(
    x: Any,
    w: Any,
    b: Any = None,
    dropout: Any = None,
    input_dim: Any = None,
    output_dim: Any = None,
    timesteps: Any = None,
) -> Any:
    """x · w + b for every step, as recurrent layers of Keras 1 computed their inputs."""
    y = ops.matmul(x, w)
    return y if b is None else y + b
