"""`tf` itself: what has another name there than in the part of TensorFlow that it belongs to."""

from __future__ import annotations

from typing import Any

from tsuno.legacy.tensorflow import checking, linear, randomness, signals, strings
from tsuno.legacy.tensorflow.words import exposed

FUNCTIONS: dict[str, Any] = {
    **linear.IN_TF,
    **randomness.IN_TF,
    **checking.IN_TF,
    **{name: function for name, function in signals.FUNCTIONS.items() if "fft" in name},
    **{name: exposed(function) for name, function in strings.IN_TF.items()},
}
