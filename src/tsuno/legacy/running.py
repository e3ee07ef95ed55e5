"""Run a program of the past as it is: `tsuno run program.py`."""

from __future__ import annotations

import functools
import re
import runpy
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tsuno.legacy.importing import install
from tsuno.legacy.notices import OldForm


def run(program: str, arguments: Sequence[str] = ()) -> None:
    """Run a program under names of the past.

    Args:
        program: a Python file.
        arguments: what the program finds in `sys.argv` after its own name.

    Raises:
        FileNotFoundError: there is no such file.
        SyntaxError: it is not Python 3.
    """
    path = Path(program)
    if not path.is_file():
        raise FileNotFoundError(f"There is no program {program!r} to run.")
    sys.excepthook = functools.partial(_show_from_program_on, str(path))
    _check_language(path)
    install()
    _say_in_one_line()
    sys.argv = [program, *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    runpy.run_path(str(path), run_name="__main__")


_PYTHON_2 = re.compile(
    r"""^\s*(?:print\s+[^\s(=.,\[:]|print\s*$|exec\s+[\w'"]|raise\s+\w+\s*,)|except\s+[^:]*\w\s*,\s*\w+\s*:|<>|\bur["']|\b0\d+\b|`"""
)
"""What a line has that Python 2 could read, and Python 3 cannot."""


_RUNS_IN_PYTHON_2 = re.compile(
    "'dict' object has no attribute '(iteritems|itervalues|iterkeys|has_key)'|"
    "'(dict_keys|dict_values|dict_items|map|filter)' object (is not subscriptable|has no attribute '(sort|append)')|"
    "'(generator|enumerate|zip|map)' object has no attribute 'next'"
)
"""What Python 3 says of what only Python 2 had."""


def _check_language(path: Path) -> None:
    """Say of a program in Python 2 that it is one."""
    source = path.read_bytes()
    try:
        compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as problem:
        lines = source.decode("utf-8", "replace").splitlines()
        number = problem.lineno or 1
        line = lines[number - 1] if number <= len(lines) else ""
        if not (_PYTHON_2.search(line) or isinstance(problem, TabError)):
            raise
        raise SyntaxError(
            f"{path.name}, line {number}, is Python 2: {line.strip()!r}. {_TO_PYTHON_3.format(path)}"
        ) from None


_TO_PYTHON_3 = "To turn the program into Python 3, run `pip install fissix`, then `python -m fissix -w {}`."


def _show_from_program_on(path: str, kind: type[BaseException], error: BaseException, trace: Any) -> None:
    """Print an error without the frames that run the program."""
    inner = trace
    while inner is not None and inner.tb_frame.f_code.co_filename != path:
        inner = inner.tb_next
    if _RUNS_IN_PYTHON_2.search(str(error)):
        error.add_note(f"This is Python 2. {_TO_PYTHON_3.format(path)}")
    traceback.print_exception(kind, error, inner or (None if kind is SyntaxError else trace))


def _say_in_one_line() -> None:
    """Show notes about old forms as `program.py:3: …`, all else as Python does."""
    warnings.simplefilter("always", OldForm)
    usual = warnings.showwarning

    def show(message: Any, category: type[Warning], filename: str, lineno: int, *rest: Any) -> None:
        if category is OldForm:
            print(f"{Path(filename).name}:{lineno}: {message}", file=sys.stderr)
        else:
            usual(message, category, filename, lineno, *rest)

    warnings.showwarning = show  # type: ignore[assignment]
