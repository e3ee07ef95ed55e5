"""The names and arguments of the past, as tables, and the functions that read them."""

import importlib
from collections.abc import Sequence

from tsuno.legacy.names import find as find
from tsuno.legacy.names import named as named
from tsuno.legacy.names import names_in as names_in
from tsuno.legacy.rewriting import reword as reword
from tsuno.legacy.rewriting import rewrite as rewrite


def install(tensorflow_1: bool | None = None) -> None:
    """Let `import keras`, `from tensorflow import keras` and `import tensorflow` mean Tsuno: a notebook's first line.

    Args:
        tensorflow_1: whether `tensorflow` builds a graph that sessions run, as its first versions did. By default the
            first name used that only they have decides.
    """
    importlib.import_module("tsuno.legacy.importing").install(tensorflow_1)


def run(program: str, arguments: Sequence[str] = ()) -> None:
    """Run a program of the past; see `tsuno run`.

    Args:
        program: a Python file.
        arguments: what the program finds in `sys.argv` after its own name.
    """
    importlib.import_module("tsuno.legacy.running").run(program, arguments)
