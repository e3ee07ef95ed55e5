"""A dict with attributes, which can be frozen and written as JSON."""

from __future__ import annotations

import json
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any

from tsuno.core.errors import suggest


class Config:
    """Named values, read and set as attributes or as items.

    Args:
        **kwargs: the first values.

    Example:
        >>> config = tsuno.utils.Config(learning_rate=0.1)
        >>> config.seed = 3
        >>> config["seed"], config.to_json()
        (3, '{"learning_rate": 0.1, "seed": 3}')
        >>> config.freeze()
        >>> config.seed = 4
        Traceback (most recent call last):
        ...
        ValueError: The configuration is frozen, so `seed` cannot change. Call `unfreeze()` first.
    """

    _config: dict[str, Any]
    _frozen: bool

    def __init__(self, **kwargs: Any) -> None:
        object.__setattr__(self, "_config", dict(kwargs))
        object.__setattr__(self, "_frozen", False)

    @property
    def frozen(self) -> bool:
        """Whether values can no longer change."""
        return self._frozen

    def freeze(self) -> None:
        """Let no value change from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Let values change again."""
        object.__setattr__(self, "_frozen", False)

    def as_dict(self) -> dict[str, Any]:
        """The values in a dict of their own."""
        return dict(self._config)

    def to_json(self) -> str:
        """The values as JSON text."""
        return json.dumps(self._config)

    def keys(self) -> KeysView[str]:
        return self._config.keys()

    def values(self) -> ValuesView[Any]:
        return self._config.values()

    def items(self) -> ItemsView[str, Any]:
        return self._config.items()

    def get(self, keyname: str, value: Any = None) -> Any:
        """The value of a name, or `value` where there is none."""
        return self._config.get(keyname, value)

    def pop(self, *args: Any) -> Any:
        """Take a value out: `pop(name)` or `pop(name, default)`."""
        self._check_open(args[0] if args else "")
        return self._config.pop(*args)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several values, as `dict.update` does."""
        self._check_open("")
        self._config.update(*args, **kwargs)

    def _check_open(self, name: str) -> None:
        if self._frozen:
            what = f"`{name}`" if name else "its values"
            raise ValueError(f"The configuration is frozen, so {what} cannot change. Call `unfreeze()` first.")

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            raise AttributeError(f"`{name}` is a method of Config: set the value as config[{name!r}].")
        self[name] = value

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__.get("_config", {})  # empty while a copy is being made
        if name in values:
            return values[name]
        raise AttributeError(f"The configuration has no value {name!r}.{suggest(name, values)}")

    def __setitem__(self, key: str, item: Any) -> None:
        self._check_open(key)
        self._config[key] = item

    def __getitem__(self, key: str) -> Any:
        return self._config[key]

    def __delitem__(self, key: str) -> None:
        self._check_open(key)
        del self._config[key]

    def __contains__(self, item: str) -> bool:
        return item in self._config

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._config))

    def __len__(self) -> int:
        return len(self._config)

    def __repr__(self) -> str:
        return f"<Config {self._config}>"
