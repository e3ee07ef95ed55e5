"""`tf.signal`, and what `tf` itself had of it: transforms of Fourier, and windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsuno.core.op import Tensor
from tsuno.engine import xp
from tsuno.legacy.tensorflow.calls import Static, dtype_here, whole
from tsuno.legacy.tensorflow.words import exposed


def _transform(name: str, axes: int) -> Any:
    function = getattr(xp.fft, f"{name}n")

    def transform(input: Tensor, fft_length: Static = None) -> Any:
        lengths = None if fft_length is None else np.atleast_1d(fft_length).tolist()
        found = function(xp.asarray(input), s=lengths, axes=tuple(range(-axes, 0)))
        return found.astype("float32" if name == "irfft" else "complex64")

    transform.__name__ = f"{name}{axes}"
    return exposed(whole(transform))


@whole
def frame(
    signal: Tensor,
    frame_length: Static,
    frame_step: Static,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: Static = -1,
) -> Any:
    """Overlapping pieces of a signal along a new axis."""
    x = xp.moveaxis(xp.asarray(signal), axis, -1)
    size = x.shape[-1]
    count = -(-size // frame_step) if pad_end else max(0, 1 + (size - frame_length) // frame_step)
    missing = max(0, (count - 1) * frame_step + frame_length - size)
    x = xp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)], constant_values=pad_value)
    places = np.arange(count)[:, None] * frame_step + np.arange(frame_length)
    axis = axis % x.ndim
    return xp.moveaxis(x[..., places], (-2, -1), (axis, axis + 1))


def overlap_and_add(signal: Any, frame_step: int) -> Any:
    """Pieces (..., frames, frame length) added up, each `frame_step` after the one before."""
    return _added(signal, frame_step)


@whole
def _added(signal: Tensor, step: Static) -> Any:
    x = xp.asarray(signal)
    count, length = x.shape[-2:]
    places = (np.arange(count)[:, None] * step + np.arange(length)).ravel()
    made = xp.zeros((*x.shape[:-2], (count - 1) * step + length), x.dtype)
    return made.at[..., places].add(x.reshape(*x.shape[:-2], -1))


@whole
def hann_window(window_length: Static, periodic: bool = True, dtype: Any = "float32") -> Any:
    """The Hann window."""
    return _window(window_length, periodic, dtype, (0.5, 0.5))


@whole
def hamming_window(window_length: Static, periodic: bool = True, dtype: Any = "float32") -> Any:
    """The Hamming window."""
    return _window(window_length, periodic, dtype, (0.54, 0.46))


def _window(length: int, periodic: bool, dtype: Any, weights: tuple[float, float]) -> Any:
    if length == 1:
        return xp.ones(1, dtype_here(dtype))
    even = periodic and length % 2 == 0
    turns = np.arange(length) / (length if even or periodic else length - 1)
    return xp.asarray(weights[0] - weights[1] * np.cos(2 * np.pi * turns), dtype_here(dtype))


def stft(
    signals: Any,
    frame_length: int,
    frame_step: int,
    fft_length: int | None = None,
    window_fn: Callable[..., Any] | None = hann_window,
    pad_end: bool = False,
) -> Any:
    """The transforms of overlapping pieces of a signal, each weighed by a window."""
    pieces = frame(signals, frame_length, frame_step, pad_end)
    if window_fn is not None:
        pieces = pieces * window_fn(frame_length, dtype="float32")
    length = 2 ** int(np.ceil(np.log2(frame_length))) if fft_length is None else fft_length
    return FUNCTIONS["rfft"](pieces, [length])


def inverse_stft(
    stfts: Any,
    frame_length: int,
    frame_step: int,
    fft_length: int | None = None,
    window_fn: Callable[..., Any] | None = hann_window,
) -> Any:
    """A signal from the transforms of its pieces."""
    length = 2 ** int(np.ceil(np.log2(frame_length))) if fft_length is None else fft_length
    pieces = FUNCTIONS["irfft"](stfts, [length])[..., :frame_length]
    if window_fn is not None:
        pieces = pieces * window_fn(frame_length, dtype="float32")
    return overlap_and_add(pieces, frame_step)


@whole
def linear_to_mel_weight_matrix(
    num_mel_bins: Static = 20,
    num_spectrogram_bins: Static = 129,
    sample_rate: Static = 8000,
    lower_edge_hertz: Static = 125.0,
    upper_edge_hertz: Static = 3800.0,
    dtype: Any = "float32",
) -> Any:
    """What each frequency of a spectrogram counts for in each band of the mel scale: triangles that overlap by half."""

    def mel(hertz: Any) -> Any:
        return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)

    frequencies = np.linspace(0.0, sample_rate / 2, num_spectrogram_bins)[1:]
    edges = np.linspace(mel(lower_edge_hertz), mel(upper_edge_hertz), num_mel_bins + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    at = mel(frequencies)[:, None]
    rising, falling = (at - low) / (middle - low), (high - at) / (high - middle)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    return xp.asarray(np.pad(weights, [(1, 0), (0, 0)]), dtype_here(dtype))


@whole
def dct(input: Tensor, type: Static = 2, n: Static = None, axis: Static = -1, norm: Any = None) -> Any:
    """The discrete cosine transform of type 2."""
    x = xp.asarray(input)
    size = x.shape[-1] if n is None else n
    x = x[..., :size] if size <= x.shape[-1] else xp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, size - x.shape[-1])])
    basis = 2 * np.cos(np.pi / size * np.outer(np.arange(size) + 0.5, np.arange(size)))
    if norm == "ortho":
        basis *= np.where(np.arange(size) == 0, np.sqrt(0.25 / size), np.sqrt(0.5 / size))
    return x @ xp.asarray(basis, x.dtype)


@whole
def idct(input: Tensor, type: Static = 2, n: Static = None, axis: Static = -1, norm: Any = None) -> Any:
    """The inverse of the discrete cosine transform of type 2, but for a factor unless `norm` is `"ortho"`."""
    x = xp.asarray(input)
    size = x.shape[-1]
    basis = 2 * np.cos(np.pi / size * np.outer(np.arange(size), np.arange(size) + 0.5))
    low, rest = (np.sqrt(0.25 / size), np.sqrt(0.5 / size)) if norm == "ortho" else (0.5, 1.0)
    basis[0] *= low
    basis[1:] *= rest
    return x @ xp.asarray(basis, x.dtype)


@whole
def fftshift(x: Tensor, axes: Static = None) -> Any:
    """Frequency zero moved to the middle."""
    return xp.fft.fftshift(xp.asarray(x), axes)


@whole
def ifftshift(x: Tensor, axes: Static = None) -> Any:
    """Frequency zero moved to the front."""
    return xp.fft.ifftshift(xp.asarray(x), axes)


@whole
def kaiser_window(window_length: Static, beta: Static = 12.0, dtype: Any = "float32") -> Any:
    """The Kaiser window."""
    return xp.asarray(np.kaiser(window_length, beta), dtype_here(dtype))


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any) -> Any:
    """Mel-frequency cepstral coefficients: the cosine transform of logarithms of mel spectrograms."""
    return dct(log_mel_spectrograms, norm="ortho")


FUNCTIONS: dict[str, Any] = {
    **{
        f"{name}{axes if axes > 1 else ''}{'d' if axes > 1 else ''}": _transform(name, axes)
        for name in ("fft", "ifft", "rfft", "irfft")
        for axes in (1, 2, 3)
    },
}
