"""Errors in one form: what must hold and where, what was received, how to mend it.

    `Dropout.rate` must be a number from 0 up to 1; got '0.2' (str). Pass the number: rate=0.2.

They are raised where the user's call enters the library, before any array is computed.
"""

from __future__ import annotations

import difflib
import json
import linecache
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_LIBRARY = str(Path(__file__).parents[1])
_ASKED = "is not known while a program is made"
_REASONS = {
    "TracerBoolConversionError": f"a Python `if`, `while` or `bool()` asks for a tensor's value, which {_ASKED}; use "
    "`tsuno.ops.where` or `tsuno.ops.cond`",
    "TracerArrayConversionError": f"NumPy asks for a tensor's values, and what they are {_ASKED}; use the function of "
    "the same name in `tsuno.ops`",
    "TracerIntegerConversionError": f"an integer is asked of a tensor whose value {_ASKED}",
    "ConcretizationTypeError": f"a number is asked of a tensor whose value {_ASKED}; use functions of `tsuno.ops`",
}


def invalid(where: str, expected: str, got: Any, fix: str = "", kind: type[Exception] = ValueError) -> Exception:
    """The error to raise when the thing named `where` is not what was `expected`."""
    return kind(f"`{where}` must be {expected}; got {describe(got)}.{' ' if fix else ''}{fix}")


def unknown(what: str, name: Any, options: Iterable[str], fix: str = "") -> ValueError:
    """The error for a name that is none of the `options`, with the nearest of them."""
    return ValueError(f"Unknown {what} {name!r}.{suggest(name, options)}{' ' if fix else ''}{fix}")


def refused(name: str) -> NotImplementedError:
    """The error for a name of Keras' that is not provided, with the reason that `refused.json` gives."""
    reasons = json.loads((Path(__file__).parent / "refused.json").read_text(encoding="utf-8"))
    return NotImplementedError(f"`{name}` {reasons[name]}")


def suggest(name: Any, options: Iterable[str]) -> str:
    """A sentence with the option nearest to `name`, or with the options when they are few."""
    options = sorted({str(option) for option in options})
    close = {option: _distance(str(name).lower(), option.lower()) for option in options if len(option) > 2}
    close = {option: far for option, far in close.items() if far <= 1}
    near = sorted(close, key=lambda option: (option.islower() != str(name).islower(), close[option]))
    near = near or difflib.get_close_matches(str(name), options, n=1, cutoff=0.6)
    if not near:
        lowered = {option.lower().replace("_", ""): option for option in options}
        near = [lowered[key] for key in difflib.get_close_matches(_plain(name), lowered, n=1, cutoff=0.6)]
    if not near:
        near = [option for option in options if str(name) == "".join(part[:1] for part in option.split("_"))]  # lr
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" Choose one of {', '.join(map(repr, options))}." if len(options) <= 12 else ""


def describe(value: Any) -> str:
    """A value as an error message shows it: short, with its type where that is the question."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if type(value).__module__ == "numpy" and type(value).__name__ != "ndarray" and hasattr(value, "item"):
        value = value.item()
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None and type(value).__module__ != "builtins":
        return f"an array of shape {tuple(shape)} and dtype {dtype}"
    text = repr(value)
    text = text if len(text) <= 80 else f"{text[:77]}..."
    return text if value is None or isinstance(value, (bool, dict)) else f"{text} ({type(value).__name__})"


def reason(problem: BaseException) -> str:
    """Why something failed, in one line."""
    said = getattr(problem, "reason", None) or _REASONS.get(type(problem).__name__) or str(problem)
    return said.splitlines()[0].rstrip(".") if said else type(problem).__name__


def is_asking(problem: BaseException) -> bool:
    """Whether a Python program asked for the value of a tensor while a program was made."""
    return type(problem).__name__ in _REASONS


def is_from_below(problem: BaseException) -> bool:
    """Whether the array library raised an error, rather than this library or a user's own function."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    file = trace.tb_frame.f_code.co_filename
    if file.startswith(_LIBRARY):  # it leaves its own frames out of the traceback
        return not linecache.getline(file, trace.tb_lineno).lstrip().startswith("raise")
    return any(f"/site-packages/{name}" in file.replace("\\", "/") for name in ("jax", "numpy", "ml_dtypes"))


def _distance(a: str, b: str) -> int:
    """How many letters must be put in, taken out, replaced or swapped with the next one: 0, 1, or 2 for more."""
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    swapped = a[:2] == b[:2][::-1] and a[2:] == b[2:]
    return 0 if a == b else 1 if swapped or a[1:] == b or a == b[1:] or a[1:] == b[1:] else 2


def _plain(name: Any) -> str:
    return str(name).lower().replace("_", "")
