"""What programs ask of `keras.backend` today: settings, dtypes and names, under the names that it has there."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno import engine
from tsuno.config import backend as backend
from tsuno.core import naming
from tsuno.core.dtypes import is_float as _is_float
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.dtypes import standardize_dtype as standardize_dtype
from tsuno.core.errors import invalid
from tsuno.core.naming import clear_session as clear_session
from tsuno.core.settings import epsilon as epsilon
from tsuno.core.settings import floatx as floatx
from tsuno.core.settings import image_data_format as image_data_format
from tsuno.core.settings import set_epsilon as set_epsilon
from tsuno.core.settings import set_floatx as set_floatx
from tsuno.core.settings import set_image_data_format as set_image_data_format
from tsuno.engine import xp
from tsuno.utils.symbols import is_keras_tensor as is_keras_tensor

__all__ = [
    "backend", "clear_session", "epsilon", "floatx", "get_uid", "image_data_format", "is_float_dtype", "is_int_dtype",
    "is_keras_tensor", "result_type", "set_epsilon", "set_floatx", "set_image_data_format", "standardize_dtype",
]  # fmt: skip


def get_uid(prefix: str = "") -> int:
    """How often this prefix has been used for names in this session, with this time.

    Args:
        prefix: what names begin with.

    Example:
        >>> tsuno.backend.get_uid("tower"), tsuno.backend.get_uid("tower")
        (1, 2)
    """
    naming.unique_name(prefix)
    return naming.used()[prefix]


def is_float_dtype(dtype: Any) -> bool:
    """Whether numbers of this dtype have a point.

    Args:
        dtype: a dtype or its name.

    Example:
        >>> tsuno.backend.is_float_dtype("bfloat16"), tsuno.backend.is_float_dtype("int8")
        (True, False)
    """
    return _is_float(standardize_dtype(dtype))


def is_int_dtype(dtype: Any) -> bool:
    """Whether numbers of this dtype are whole, with a sign or without.

    Args:
        dtype: a dtype or its name.

    Example:
        >>> tsuno.backend.is_int_dtype("uint8"), tsuno.backend.is_int_dtype("bool")
        (True, False)
    """
    return standardize_dtype(dtype).startswith(("int", "uint"))


def result_type(*dtypes: Any) -> str:
    """The dtype of what is computed from numbers of these dtypes.

    Args:
        *dtypes: dtypes or their names; None stands for `floatx()`. Python's `int` and `float` give way to the others.

    Example:
        >>> tsuno.backend.result_type("bfloat16", int), tsuno.backend.result_type("int32", "float16")
        ('bfloat16', 'float16')
    """
    names = [dtype if dtype in (bool, int, float, complex) else standardize_dtype(dtype) for dtype in dtypes]
    if narrow := [name for name in names if str(name).startswith("float8")]:
        fix = "Cast it to a wider one first."
        raise invalid("result_type.dtypes", "dtypes that others can be turned into", narrow[0], fix)
    # An empty array has the dtype that the engine gives numbers of 64 bits.
    plain = [engine.asarray(np.empty(0, numpy_dtype(name))).dtype if isinstance(name, str) else name for name in names]
    return str(xp.result_type(*plain)) if plain else floatx()
