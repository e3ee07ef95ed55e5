"""Files as programs of the past name them: any name may be that of a model or of its weights."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from tsuno.legacy.notices import say

HDF5 = (".h5", ".hdf5")
_GONE = ("save_format", "save_traces", "signatures", "options")  # the name of the file tells its form


def in_hdf5(usual: Callable[..., Any], *endings: str) -> Callable[..., Any]:
    """A method that saves, which writes HDF5 under names with other endings, as Keras did up to 2.3."""

    @functools.wraps(usual)
    def call(self: Any, filepath: Any, overwrite: bool = True, *rest: Any, **options: Any) -> None:
        options = {key: value for key, value in options.items() if key not in _GONE}
        name = os.fspath(filepath) if isinstance(filepath, (str, os.PathLike)) else ".h5"
        if not isinstance(name, str) or name.endswith((*endings, *HDF5)):
            usual(self, filepath, overwrite, *rest, **options)
            return
        name = name.rstrip("/\\")
        if os.path.isdir(name) or (os.path.exists(name) and not overwrite):
            raise FileExistsError(f"{name!r} is there already; a model is saved as one file, such as '{name}.keras'.")
        say(f"`{usual.__name__}` writes {name!r} as one file in HDF5; today its name ends in `.h5`.", usual.__name__)
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        usual(self, f"{name}.unfinished.h5", True, *rest, **options)
        os.replace(f"{name}.unfinished.h5", name)
        if usual.__name__ == "save_weights" and "tensorflow" in sys.modules:  # for `tf.train.latest_checkpoint`
            checkpoints = importlib.import_module("tsuno.legacy.tensorflow.checkpoints")
            checkpoints.update_checkpoint_state(os.path.dirname(name) or ".", name, [name])

    return call


def with_status(usual: Callable[..., None]) -> Callable[..., Any]:
    """A method that loads, which returns what TensorFlow's did."""

    @functools.wraps(usual)
    def call(*args: Any, **kwargs: Any) -> Status:
        usual(*args, **kwargs)
        return Status()

    return call


class Status:
    """What was loaded: all of it, or there would have been an error."""

    def expect_partial(self) -> Status:
        """Has no effect."""
        return self

    def assert_consumed(self) -> Status:
        """Has no effect."""
        return self

    def assert_existing_objects_matched(self) -> Status:
        """Has no effect."""
        return self

    def assert_nontrivial_match(self) -> Status:
        """Has no effect."""
        return self
