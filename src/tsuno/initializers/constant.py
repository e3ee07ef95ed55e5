"""Initializers that draw nothing."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from tsuno import engine
from tsuno.core.dtypes import numpy_dtype
from tsuno.core.errors import invalid, unknown
from tsuno.initializers.base import Initializer


class Zeros(Initializer):
    """All zeros.

    Example:
        >>> tsuno.initializers.Zeros()((2,)).tolist()
        [0.0, 0.0]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        return engine.asarray(np.zeros(tuple(shape), numpy_dtype(dtype)))


class Ones(Initializer):
    """All ones.

    Example:
        >>> tsuno.initializers.Ones()((2,)).tolist()
        [1.0, 1.0]
    """

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        return engine.asarray(np.ones(tuple(shape), numpy_dtype(dtype)))


class Constant(Initializer):
    """One number everywhere, or given values broadcast to the shape.

    Args:
        value: a number or an array.

    Example:
        >>> tsuno.initializers.Constant(3.0)((2,)).tolist()
        [3.0, 3.0]
    """

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        return engine.asarray(np.broadcast_to(np.asarray(self.value), tuple(shape)).astype(numpy_dtype(dtype)))


class Identity(Initializer):
    """The identity matrix, multiplied by `gain`.

    Args:
        gain: the number on the diagonal.

    Example:
        >>> tsuno.initializers.Identity()((2, 2)).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        if len(shape) != 2:
            raise invalid("Identity.shape", "of two axes", tuple(shape))
        return engine.asarray(self.gain * np.eye(*shape, dtype=numpy_dtype(dtype)))


class STFT(Initializer):
    """The waves of a short-time Fourier transform, as a kernel for `Conv1D`: windowed cosines or negative sines.

        kernel[t, 0, f] = window[t] · cos(-2π t f / F) / norm        for "real", with sin for "imag"; F = 2 (bins - 1)

    The shape is `(window length, 1, bins)`.

    Args:
        side: `"real"` or `"imag"`.
        window: the name of a window of `scipy.signal`, the window's values, or None for none.
        scaling: divide by the window's norm: `"density"` by the root of its sum of squares, `"spectrum"` by its sum;
            None leaves it.
        periodic: whether a named window continues itself, rather than being symmetric.

    Example:
        >>> np.asarray(tsuno.initializers.STFT(window=None)((4, 1, 3)))[:, 0, 1].round(2) + 0.0
        array([ 1.,  0., -1.,  0.], dtype=float32)
    """

    def __init__(
        self,
        side: Literal["real", "imag"] = "real",
        window: Any = "hann",
        scaling: Literal["density", "spectrum"] | None = "density",
        periodic: bool = False,
    ) -> None:
        if isinstance(window, str) and not hasattr(_windows(), window):
            raise unknown("window", window, _windows().__all__)
        self.side, self.window, self.scaling, self.periodic = side, window, scaling, periodic

    def __call__(self, shape: Sequence[int], dtype: Any = None, **kwargs: Any) -> Any:
        if len(shape) != 3:
            raise invalid("STFT.shape", "of three axes, (window length, 1, bins)", tuple(shape))
        length, _, bins = shape
        angles = -2 * np.pi * np.outer(np.arange(length), np.arange(bins) / (2 * (bins - 1)))
        kernel = (np.cos(angles) if self.side == "real" else np.sin(angles))[:, None, :]
        if self.window is not None:
            window = self.window
            if isinstance(window, str):
                window = _windows().get_window(window, length, fftbins=self.periodic)
            window = np.asarray(window, float)
            if window.shape != (length,):
                raise invalid("STFT.window", f"of {length} values, the first of the shape {tuple(shape)}", self.window)
            norms = {"density": np.sqrt(np.sum(window**2)), "spectrum": np.sum(np.abs(window)), None: 1.0}
            kernel = kernel * window[:, None, None] / norms[self.scaling]
        return engine.asarray(kernel.astype(numpy_dtype(dtype)))


def _windows() -> Any:
    """SciPy's windows, read when first asked for: the import takes longer than ours."""
    return importlib.import_module("scipy.signal.windows")
