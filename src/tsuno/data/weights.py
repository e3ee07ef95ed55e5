"""Weights per class as weights per sample: of one output or of several, for each sample or for each of its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tsuno.core.errors import invalid, suggest

_FORM = "a dict from class index to weight, such as {0: 1.0, 1: 5.0}"


def class_weights(table: Any, y: Any, sample_weight: Any, outputs: Sequence[str] | None = None) -> Any:
    """Sample weights from weights per class; multiplied with sample weights, if there are such.

    Args:
        table: a dict from class index to weight; for several outputs a dict of such dicts by the outputs' names, or a
            list of them, with None for outputs without.
        y: the targets: class indices, or one number per class; of samples, or of each of their steps.
        sample_weight: the weights that there are, in the structure of the targets.
        outputs: the names of the outputs, for targets in a list.

    Returns:
        Arrays in the structure of `y`.

    Raises:
        ValueError: a class or an output has no weight, or the form is another one.
    """
    if isinstance(table, str):
        raise ValueError(
            f"`class_weight` must be {_FORM}; got {table!r}. Balanced weights are "
            "{c: len(y) / (classes * np.sum(y == c)) for c in range(classes)}."
        )
    if not isinstance(y, (dict, list, tuple)):
        if isinstance(table, Mapping) and len(table) == 1 and isinstance(next(iter(table.values())), Mapping):
            table = next(iter(table.values()))
        return _weights(table, y, sample_weight, "class_weight")
    keys: list[Any] = list(y) if isinstance(y, dict) else list(range(len(y)))
    if len(keys) == 1 and not _by_output(table):
        table = {keys[0]: table} if isinstance(y, dict) else [table]
    names = keys if isinstance(y, dict) else list(outputs) if outputs is not None else None
    tables = _per_output(table, keys, names)
    given = dict.fromkeys(keys)
    if isinstance(sample_weight, dict):
        given.update(sample_weight)
    elif isinstance(sample_weight, (list, tuple)):
        given.update(zip(keys, sample_weight, strict=True))
    elif sample_weight is not None:
        given = dict.fromkeys(keys, sample_weight)
    made: dict[Any, Any] = {}
    for place, key in enumerate(keys):
        where = f"class_weight[{names[place] if names else key!r}]"
        made[key] = given[key] if tables[place] is None else _weights(tables[place], y[key], given[key], where)
        if made[key] is None:
            made[key] = np.ones(len(y[key]), np.float32)
    return made if isinstance(y, dict) else [made[key] for key in keys]


def _by_output(table: Any) -> bool:
    if isinstance(table, Mapping):
        return any(value is None or isinstance(value, Mapping) for value in table.values())
    return isinstance(table, (list, tuple))


def _per_output(table: Any, keys: list[Any], names: list[str] | None) -> list[Any]:
    several = f"a dict of such dicts by output name, or a list of {len(keys)} of them"
    if isinstance(table, (list, tuple)) and len(table) == len(keys):
        return list(table)
    if isinstance(table, Mapping) and _by_output(table):
        if names is None:
            raise ValueError(
                "`class_weight` by output name needs targets by name, too: pass `y` as a dict, or `class_weight` as a "
                "list in the outputs' order."
            )
        strange = [key for key in table if key not in names]
        if strange:
            raise ValueError(f"`class_weight` has a key {strange[0]!r} that is no output.{suggest(strange[0], names)}")
        return [table.get(name) for name in names]
    raise ValueError(f"For a model with {len(keys)} outputs `class_weight` must be {several}; got {table!r}.")


def _weights(table: Any, y: Any, sample_weight: Any, where: str) -> np.ndarray:
    try:
        numbers = {int(key): float(value) for key, value in table.items()}
    except (AttributeError, TypeError, ValueError):
        raise invalid(where, _FORM, table) from None
    labels = np.rint(_labels(y)).astype(int)
    missing = sorted(set(np.unique(labels).tolist()) - set(numbers))
    if missing:
        raise ValueError(f"`{where}` must have a weight for every class in the targets; class {missing[0]} has none.")
    keys = np.array(sorted(numbers))
    weights = np.array([numbers[key] for key in keys.tolist()], np.float32)[np.searchsorted(keys, labels)]
    if sample_weight is None:
        return weights
    return weights * sample_weight.reshape(sample_weight.shape + (1,) * (weights.ndim - sample_weight.ndim))


def _labels(y: Any) -> Any:
    """Class indices, of samples or of their steps; targets that have a number per class show the class by its place."""
    if y.ndim > 1 and y.shape[-1] == 1:
        return y[..., 0]
    if y.ndim > 1 and y.size and (y >= 0).all() and np.allclose(y.sum(axis=-1), 1, atol=1e-3):
        return y.argmax(axis=-1)
    return y
