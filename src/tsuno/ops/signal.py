"""Waves and their spectra: Fourier transforms of signals, whole or in overlapping frames.

Complex spectra are pairs (real part, imaginary part) of tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tsuno.core.errors import invalid, unknown
from tsuno.core.op import Tensor, op, to_array
from tsuno.engine import xp
from tsuno.ops.fusing import fused

__all__ = ["fft", "fft2", "ifft2", "rfft", "irfft", "stft", "istft", "extract_sequences"]

Pair = tuple[Any, Any]


@op
@fused
def fft(x: Pair) -> Pair:
    """The discrete Fourier transform along the last axis: Σ x_n · e^(−2πi·kn/N).

    Example:
        >>> real, imaginary = ops.fft((np.ones(4, "float32"), np.zeros(4, "float32")))
        >>> real.tolist()
        [4.0, 0.0, 0.0, 0.0]
    """
    return _parts(xp.fft.fft(_complex(x, "fft")))


@op
@fused
def fft2(x: Pair) -> Pair:
    """The discrete Fourier transform over the last two axes.

    Example:
        >>> real, imaginary = ops.fft2((np.ones((2, 2), "float32"), np.zeros((2, 2), "float32")))
        >>> real.tolist()
        [[4.0, 0.0], [0.0, 0.0]]
    """
    return _parts(xp.fft.fft2(_complex(x, "fft2")))


@op
@fused
def ifft2(x: Pair) -> Pair:
    """The inverse of `fft2`.

    Example:
        >>> real, imaginary = ops.ifft2((np.ones((2, 2), "float32"), np.zeros((2, 2), "float32")))
        >>> real.tolist()
        [[1.0, 0.0], [0.0, 0.0]]
    """
    return _parts(xp.fft.ifft2(_complex(x, "ifft2")))


@op
@fused
def rfft(x: Tensor, fft_length: int | None = None) -> Pair:
    """The first half of the spectrum of a real signal, which determines the other.

    Args:
        fft_length: signals are cut or filled with zeros to this length.

    Example:
        >>> real, imaginary = ops.rfft([1.0, 1.0, 1.0, 1.0])
        >>> real.tolist()
        [4.0, 0.0, 0.0]
    """
    return _parts(xp.fft.rfft(x, n=fft_length))


@op
@fused
def irfft(x: Pair, fft_length: int | None = None) -> Tensor:
    """The real signal of half a spectrum: the inverse of `rfft`.

    Args:
        fft_length: the length of the signal; an even one by default.

    Example:
        >>> ops.irfft((np.array([4.0, 0.0, 0.0]), np.zeros(3))).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    return xp.fft.irfft(_complex(x, "irfft"), n=fft_length)


@op
@fused
def extract_sequences(x: Tensor, sequence_length: int, sequence_stride: int) -> Tensor:
    """Overlapping frames of the last axis: (…, time) becomes (…, frames, sequence_length).

    Args:
        sequence_stride: how far apart frames begin.

    Example:
        >>> ops.extract_sequences([1.0, 2.0, 3.0, 4.0], 2, 1).tolist()
        [[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]]
    """
    starts = np.arange(0, xp.shape(x)[-1] - sequence_length + 1, sequence_stride)
    return xp.take(x, starts[:, None] + np.arange(sequence_length), axis=-1)


@op
@fused
def stft(
    x: Tensor,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    window: Any = "hann",
    center: bool = True,
) -> Pair:
    """The spectra of overlapping frames: (…, time) becomes two of (…, frames, fft_length // 2 + 1).

    Args:
        sequence_length: the length of a frame.
        sequence_stride: how far apart frames begin.
        fft_length: frames are filled with zeros on both sides to this length.
        window: what frames are multiplied by: `hann`, `hamming`, a tensor, or None.
        center: whether the signal is reflected at both ends, so that frame i is centred at i · stride.

    Example:
        >>> real, imaginary = ops.stft(np.ones(8, "float32"), 4, 2, 4)
        >>> real.shape
        (5, 3)
    """
    x = xp.asarray(x)
    if x.dtype not in (xp.float32, xp.float64):
        raise invalid("stft.x", "of dtype float32 or float64", x, kind=TypeError)
    weights = _window(window, sequence_length, fft_length, "stft")
    if center:
        x = xp.pad(x, [(0, 0)] * (x.ndim - 1) + [(fft_length // 2, fft_length // 2)], mode="reflect")
    frames = extract_sequences(x, fft_length, sequence_stride)
    return _parts(xp.fft.rfft(frames * xp.asarray(weights, x.dtype)))


@op
@fused
def istft(
    x: Pair,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Tensor:
    """The signal whose frames have these spectra, as nearly as possible: the inverse of `stft`.

    Daniel Griffin and Jae Lim, "Signal Estimation from Modified Short-Time Fourier Transform", 1984.

    Args:
        length: of the signal; all that the frames determine by default. The others are as for `stft`.

    Example:
        >>> signal = np.arange(8, dtype="float32")
        >>> ops.round(ops.istft(ops.stft(signal, 4, 2, 4), 4, 2, 4)).tolist()
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    spectra = _complex(x, "istft")
    if spectra.ndim < 2:
        raise invalid("istft.x", "a pair of (…, frames, frequencies)", spectra)
    weights = _window(window, sequence_length, fft_length, "istft")
    count = spectra.shape[-2]
    total = fft_length + sequence_stride * (count - 1)
    places = (np.arange(count) * sequence_stride)[:, None] + np.arange(fft_length)
    frames = xp.fft.irfft(spectra, n=fft_length) * xp.asarray(weights, spectra.real.dtype)
    signal = xp.zeros((*spectra.shape[:-2], total), frames.dtype).at[..., places].add(frames)
    overlap = xp.zeros(total, frames.dtype).at[places].add(xp.asarray(xp.square(weights), frames.dtype))
    signal = signal / xp.where(overlap > 1e-10, overlap, 1.0)
    start = fft_length // 2 if center else 0
    end = start + length if length is not None else total - start
    return signal[..., start:end]


def _window(window: Any, sequence_length: int, fft_length: int, where: str) -> Any:
    """The weights of a frame, with zeros on both sides up to the length of the transform."""
    if fft_length < sequence_length:
        raise invalid(f"{where}.fft_length", f"at least the sequence length, {sequence_length}", fft_length)
    before = (fft_length - sequence_length) // 2
    if window is None:
        return xp.ones(fft_length)
    if isinstance(window, str):
        if window not in ("hann", "hamming"):
            raise unknown("window", window, ("hann", "hamming"))
        offset = 0.5 if window == "hann" else 0.54
        window = offset - (1 - offset) * np.cos(2 * np.pi * np.arange(sequence_length) / sequence_length)
    weights = to_array(window)
    if weights.shape != (sequence_length,):
        raise invalid(f"{where}.window", f"of shape ({sequence_length},)", weights)
    return xp.pad(weights, (before, fft_length - sequence_length - before))


def _complex(x: Any, where: str) -> Any:
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise invalid(f"{where}.x", "a pair of tensors: the real and the imaginary part", x)
    real, imaginary = (xp.asarray(to_array(part)) for part in x)
    if real.shape != imaginary.shape or not xp.issubdtype(xp.result_type(real, imaginary), xp.floating):
        raise invalid(f"{where}.x", "a pair of float tensors of one shape", x)
    return real + 1j * imaginary


def _parts(x: Any) -> Pair:
    return xp.real(x), xp.imag(x)
