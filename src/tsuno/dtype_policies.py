"""Dtype policies: which dtype layers compute in and which they keep weights in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno.core import registry
from tsuno.core.dtypes import AWQDTypePolicy as AWQDTypePolicy
from tsuno.core.dtypes import DTypePolicy as DTypePolicy
from tsuno.core.dtypes import DTypePolicyMap as DTypePolicyMap
from tsuno.core.dtypes import FloatDTypePolicy as FloatDTypePolicy
from tsuno.core.dtypes import GPTQDTypePolicy as GPTQDTypePolicy
from tsuno.core.dtypes import Int4DTypePolicy as Int4DTypePolicy
from tsuno.core.dtypes import QuantizedDTypePolicy as QuantizedDTypePolicy
from tsuno.core.dtypes import QuantizedFloat8DTypePolicy as QuantizedFloat8DTypePolicy
from tsuno.core.dtypes import get_policy as get


def serialize(dtype_policy: Any) -> Any:
    """A policy as plain data.

    Example:
        >>> tsuno.dtype_policies.serialize(tsuno.dtype_policies.DTypePolicy("float16"))["config"]
        {'name': 'float16'}
    """
    return registry.serialize(dtype_policy)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The policy with a name or described by plain data.

    Example:
        >>> tsuno.dtype_policies.deserialize({"class_name": "DTypePolicy", "config": {"name": "float16"}})
        <DTypePolicy "float16">
    """
    with registry.custom_object_scope(custom_objects or {}):
        return get(config)
