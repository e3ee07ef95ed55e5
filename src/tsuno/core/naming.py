"""Names that nobody chose: `Conv2D` becomes `conv2d`, the next one `conv2d_1`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from tsuno.engine.collecting import collect_all

_used: Counter[str] = Counter()


def to_snake_case(name: str) -> str:
    """`MaxPooling2D` as `max_pooling2d`, `LSTM` as `lstm`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def auto_name(prefix: str) -> str:
    """`prefix` in snake case, numbered from the second use in this session on."""
    return unique_name(to_snake_case(prefix))


def unique_name(name: str) -> str:
    """`name`, numbered from its second use in this session on."""
    count = _used[name]
    _used[name] += 1
    return f"{name}_{count}" if count else name


def used() -> dict[str, int]:
    """How often each name has been used."""
    return dict(_used)


def reset_names(used: Mapping[str, int] | None = None) -> None:
    """Start numbering anew, or from what `used` has said."""
    _used.clear()
    _used.update(used or {})


def clear_session(free_memory: bool = True) -> None:
    """Start numbering layers anew, as in a new process.

    Args:
        free_memory: also free what nothing refers to any more.

    Example:
        >>> tsuno.utils.clear_session()
        >>> tsuno.layers.Dense(1).name
        'dense'
    """
    reset_names()
    if free_memory:
        collect_all()
