"""`tf` itself: what belongs to none of its parts."""

from __future__ import annotations

from tsuno.legacy.tensorflow import variables
from tsuno.legacy.tensorflow.modes import control_dependencies, executing_eagerly
from tsuno.legacy.tensorflow.variables import Initialization

NAMES = {"control_dependencies", "executing_eagerly", "global_variables_initializer"}
AS_THEY_ARE = NAMES


def global_variables_initializer() -> Initialization:
    """What gives all variables their first values when a session runs it."""
    return Initialization()


_ = variables
