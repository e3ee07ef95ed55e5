"""Dtypes by name, and policies: which dtype a layer computes in and which its weights are kept in."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno.core.config import Configurable
from tsuno.core.errors import invalid, unknown
from tsuno.core.settings import floatx

ALLOWED_DTYPES = (
    "bool", "int4", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bfloat16", "float16",
    "float32", "float64", "float8_e4m3fn", "float8_e5m2", "complex64", "complex128", "string",
)  # fmt: skip
_PYTHON_DTYPES = {bool: "bool", int: "int32", str: "string", complex: "complex64"}


def standardize_dtype(dtype: Any) -> str:
    """The name of a dtype given as a name, a NumPy or engine dtype, a Python type, or None for the default float.

    Example:
        >>> from tsuno.core.dtypes import standardize_dtype
        >>> standardize_dtype(float), standardize_dtype(int)
        ('float32', 'int32')
    """
    if dtype is None or dtype is float:
        return floatx()
    if dtype in _PYTHON_DTYPES:
        return _PYTHON_DTYPES[dtype]
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", str(dtype))
    name = str(name).rsplit(".", 1)[-1]  # torch.float32
    if name not in ALLOWED_DTYPES:
        raise unknown("dtype", dtype, ALLOWED_DTYPES)
    return name


def is_float(dtype: Any) -> bool:
    """Whether a dtype is a floating-point one, the small ones included."""
    return "float" in str(dtype)


def numpy_dtype(dtype: Any) -> np.dtype[Any]:
    """NumPy's dtype of that name; the small floats come from `ml_dtypes`."""
    name = standardize_dtype(dtype)
    if name in ("bfloat16", "int4") or name.startswith("float8"):
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(name)


class DTypePolicy(Configurable):
    """Which dtype a layer computes in and which its variables have.

    Args:
        name: a dtype for both, such as `"float32"` or `"bfloat16"`; or `"mixed_bfloat16"` or `"mixed_float16"`, which
            compute in the half-width type and keep variables in float32.

    Example:
        >>> policy = tsuno.dtype_policies.DTypePolicy("mixed_bfloat16")
        >>> policy.compute_dtype, policy.variable_dtype
        ('bfloat16', 'float32')
    """

    def __init__(self, name: str | None = None) -> None:
        name = floatx() if name is None else name
        if not isinstance(name, str):
            raise invalid("DTypePolicy.name", "the name of a dtype or of a mixed policy", name)
        if name in ("mixed_bfloat16", "mixed_float16"):
            self._compute_dtype, self._variable_dtype = name.removeprefix("mixed_"), "float32"
        else:
            options = [*ALLOWED_DTYPES, "mixed_bfloat16", "mixed_float16"]
            if name not in options:
                raise unknown("dtype policy", name, options)
            self._compute_dtype = self._variable_dtype = name
        self.name = name

    @property
    def compute_dtype(self) -> str:
        """The dtype that inputs are cast to and that `call` works in."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype that weights are kept in."""
        return self._variable_dtype

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


_default_policy: list[DTypePolicy] = []


def dtype_policy() -> DTypePolicy:
    """The policy that layers take when they are given no `dtype`."""
    return _default_policy[0] if _default_policy else DTypePolicy(floatx())


def set_dtype_policy(policy: DTypePolicy | str) -> None:
    """Set the policy of layers made from now on.

    Args:
        policy: a `DTypePolicy` or its name, such as `"mixed_bfloat16"`.

    Example:
        >>> tsuno.config.set_dtype_policy("mixed_bfloat16")
        >>> tsuno.layers.Dense(3).compute_dtype
        'bfloat16'
        >>> tsuno.config.set_dtype_policy("float32")
    """
    _default_policy[:] = [get_policy(policy)]


def get_policy(identifier: Any) -> DTypePolicy:
    """A policy from a policy, a name, a dtype, a config, or None for the default."""
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return DTypePolicy(**identifier.get("config", identifier))
    if isinstance(identifier, str):
        return DTypePolicy(identifier)
    return DTypePolicy(standardize_dtype(identifier))
