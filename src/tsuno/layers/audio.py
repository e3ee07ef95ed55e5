"""Sound as images: the spectrum of each short frame of a signal, computed on the device and differentiable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, Unpack

import numpy as np

from tsuno import engine, initializers, ops
from tsuno.core.errors import invalid
from tsuno.core.settings import epsilon, image_data_format
from tsuno.core.spec import KerasTensor, infer
from tsuno.core.validate import PositiveInt
from tsuno.engine import xp
from tsuno.layers.base import Layer
from tsuno.layers.input_spec import InputSpec
from tsuno.layers.parts import LayerOptions

__all__ = ["MelSpectrogram", "STFTSpectrogram"]


class Framed(Layer):
    """Base of layers that cut signals into frames, whose number is unknown where the length of signals is.

    Signals are longer than the stand-ins for unknown sizes elsewhere, so a length is found that has frames.
    """

    def _axes(self, rank: int) -> tuple[int, int]:
        """The axis of samples in signals of a rank, and that of frames in results."""
        return rank - 1, -1

    def compute_output_spec(self, inputs: Any, **kwargs: Any) -> Any:
        samples, frames = self._axes(len(inputs.shape))
        sizes = list(inputs.shape)
        if sizes[samples] is not None:
            return infer(self._built_run(inputs), (inputs,), kwargs)
        sizes[samples] = 4 * max(getattr(self, name, None) or 0 for name in ("fft_length", "frame_length"))
        result = self.compute_output_spec(KerasTensor(sizes, inputs.dtype), **kwargs)
        known = list(result.shape)
        known[frames] = None
        return KerasTensor(known, result.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.compute_output_spec(KerasTensor(input_shape, self.compute_dtype)).shape


class MelSpectrogram(Framed):
    """Signals as their power in frequency bands of equal width on the mel scale, in which steps sound equally large.

        S = |STFT(x)|^mag_exp · M        dB = 10 log10(max(S, min_power) / ref_power)

    Args:
        fft_length: the length that frames are filled with zeros to.
        sequence_stride: how many samples apart frames begin.
        sequence_length: the length of a frame; `fft_length` by default.
        window: what frames are multiplied by: `"hann"`, `"hamming"`, an array, or None.
        sampling_rate: samples per second.
        num_mel_bins: the number of bands.
        min_freq: the lower end of the first band, in hertz.
        max_freq: the upper end of the last band, in hertz; half the sampling rate by default.
        power_to_db: whether to give decibels.
        top_db: decibels lower than the loudest of all results by more than this are raised to it.
        mag_exp: the exponent of magnitudes: 1 for magnitudes, 2 for powers.
        min_power: powers below are raised to it before the logarithm.
        ref_power: the power that is 0 decibels.
        **kwargs: the arguments of every layer, see `Layer`.

    Input shape: (samples,) or (batch, samples). Output shape: (num_mel_bins, frames) or (batch, num_mel_bins, frames).

    Example:
        >>> layer = tsuno.layers.MelSpectrogram(num_mel_bins=64, sampling_rate=8000, sequence_stride=256)
        >>> layer(np.zeros((2, 16000), "float32")).shape
        (2, 64, 63)
    """

    def __init__(
        self,
        fft_length: PositiveInt = 2048,
        sequence_stride: PositiveInt = 512,
        sequence_length: PositiveInt | None = None,
        window: Any = "hann",
        sampling_rate: PositiveInt = 16000,
        num_mel_bins: PositiveInt = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.fft_length, self.sequence_stride = fft_length, sequence_stride
        self.sequence_length = sequence_length or fft_length
        if self.sequence_length > fft_length:
            raise invalid("MelSpectrogram.sequence_length", f"at most `fft_length`, {fft_length}", sequence_length)
        self.window, self.sampling_rate, self.num_mel_bins = window, sampling_rate, num_mel_bins
        self.min_freq, self.max_freq = min_freq, max_freq or int(sampling_rate / 2)
        self.power_to_db, self.top_db, self.mag_exp = power_to_db, top_db, mag_exp
        self.min_power, self.ref_power = min_power, ref_power

    def call(self, inputs: Any) -> Any:
        x = xp.asarray(inputs)
        x = x.astype("float64" if x.dtype == "float64" else "float32")  # there are no half-width transforms
        real, imaginary = ops.stft(x, self.sequence_length, self.sequence_stride, self.fft_length, self.window)
        magnitudes = xp.sqrt(real**2 + imaginary**2)
        bands = self.linear_to_mel_weight_matrix(
            self.num_mel_bins, self.fft_length // 2 + 1, self.sampling_rate, self.min_freq, self.max_freq, x.dtype.name
        )
        result = xp.tensordot(magnitudes**self.mag_exp, bands, axes=1)
        if self.power_to_db:
            reference = max(abs(self.ref_power), self.min_power)
            result = 10 * xp.log10(xp.maximum(result, self.min_power)) - 10 * math.log10(reference)
            result = xp.maximum(result, result.max(initial=-math.inf) - self.top_db)
        return xp.swapaxes(result, -1, -2).astype(self.compute_dtype)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: float = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: Any = "float32",
    ) -> Any:
        """The matrix (num_spectrogram_bins, num_mel_bins) of bands: triangles on the mel scale, 1 at their middle.

        Args:
            num_mel_bins: the number of bands.
            num_spectrogram_bins: the number of frequencies of a spectrum, from 0 to half the sampling rate.
            sampling_rate: samples per second.
            lower_edge_hertz: the lower end of the first band.
            upper_edge_hertz: the upper end of the last band.
            dtype: the dtype of the matrix.

        Example:
            >>> tsuno.layers.MelSpectrogram().linear_to_mel_weight_matrix().shape
            (129, 20)
        """
        frequencies = np.linspace(0, sampling_rate / 2, num_spectrogram_bins, dtype=dtype)[1:]
        place = _mel(frequencies)[:, None]
        edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2, dtype=dtype)
        low, middle, high = edges[:-2], edges[1:-1], edges[2:]
        triangles = np.minimum((place - low) / (middle - low), (high - place) / (high - middle))
        # The first frequency, 0, is in no band.
        return engine.asarray(np.pad(np.maximum(triangles, 0), [(1, 0), (0, 0)]).astype(dtype))


def _mel(hertz: Any) -> Any:
    """Frequencies on the mel scale."""
    return 1127.0 * np.log(1 + hertz / 700.0)


class STFTSpectrogram(Framed):
    """Signals as the spectra of overlapping frames, by convolution with waves, which may be trained.

    Args:
        mode: what is given of each number of the spectrum: `"log"` (the logarithm of its magnitude), `"magnitude"`,
            `"psd"` (the power, that of negative frequencies added), `"real"`, `"imag"`, `"angle"`, or `"stft"` (the
            real parts, then the imaginary).
        frame_length: the length of a frame in samples.
        frame_step: how many samples apart frames begin; half of `frame_length` by default.
        fft_length: the length of the transform; the power of two from `frame_length` on by default.
        window: what frames are multiplied by: the name of a window of `scipy.signal`, or an array.
        periodic: whether a named window continues itself, rather than being symmetric.
        scaling: divide by the window's norm: `"density"` or `"spectrum"`; None leaves it.
        padding: `"valid"`, or `"same"` to keep the number of samples over `frame_step`.
        expand_dims: whether frequencies have an axis of their own, as in an image.
        data_format: `"channels_last"` (batch, samples, channels) or `"channels_first"`.
        **kwargs: the arguments of every layer, see `Layer`.

    Output shape: (batch, frames, channels · frequencies), expanded (batch, frames, frequencies, channels); with the
    channels first (batch, channels · frequencies, frames) and (batch, channels, frames, frequencies).

    Example:
        >>> layer = tsuno.layers.STFTSpectrogram(frame_length=256, frame_step=128, fft_length=512, trainable=False)
        >>> layer(np.zeros((3, 1600, 1), "float32")).shape
        (3, 11, 257)
    """

    def __init__(
        self,
        mode: Literal["log", "magnitude", "psd", "real", "imag", "angle", "stft"] = "log",
        frame_length: PositiveInt = 256,
        frame_step: PositiveInt | None = None,
        fft_length: PositiveInt | None = None,
        window: Any = "hann",
        periodic: bool = False,
        scaling: Literal["density", "spectrum"] | None = "density",
        padding: Literal["valid", "same"] = "valid",
        expand_dims: bool = False,
        data_format: Literal["channels_last", "channels_first"] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if frame_step is not None and frame_step > frame_length:
            raise invalid("STFTSpectrogram.frame_step", f"at most `frame_length`, {frame_length}", frame_step)
        if fft_length is not None and fft_length < frame_length:
            raise invalid("STFTSpectrogram.fft_length", f"at least `frame_length`, {frame_length}", fft_length)
        self.mode, self.frame_length, self.frame_step, self.fft_length = mode, frame_length, frame_step, fft_length
        self.window, self.periodic, self.scaling = window, periodic, scaling
        self.padding, self.expand_dims = padding, expand_dims
        self.data_format = data_format or image_data_format()
        self.input_spec = InputSpec(ndim=3)
        self._waves("real")  # names of windows are checked here

    def _waves(self, side: Literal["real", "imag"]) -> Any:
        return initializers.STFT(side, self.window, self.scaling, self.periodic)

    def build(self, input_shape: Sequence[int | None]) -> None:
        length = self.fft_length or 2 ** math.ceil(math.log2(self.frame_length))
        shape = (self.frame_length, 1, length // 2 + 1)
        if self.mode != "imag":
            self.real_kernel = self.add_weight(shape, self._waves("real"), name="real_kernel")
        if self.mode != "real":
            self.imag_kernel = self.add_weight(shape, self._waves("imag"), name="imag_kernel")

    def _axes(self, rank: int) -> tuple[int, int]:
        return (1, 1) if self.data_format == "channels_last" else (2, 2)

    def call(self, inputs: Any) -> Any:
        if not xp.issubdtype(inputs.dtype, xp.floating):
            raise invalid(f"{self.path}.inputs", "floats", inputs, kind=TypeError)
        channels_last = self.data_format == "channels_last"
        signals = xp.swapaxes(inputs, 1, 2) if channels_last else inputs
        sides = {
            side: self._spectra(signals, getattr(self, f"{side}_kernel"))
            for side in ("real", "imag")
            if hasattr(self, f"{side}_kernel")
        }
        result = self._given(**sides)
        if self.expand_dims:
            return xp.moveaxis(result, 1, 3) if channels_last else result
        batch, channels, frames, bins = result.shape
        result = xp.swapaxes(result, 1, 2).reshape(batch, frames, channels * bins)
        return result if channels_last else xp.swapaxes(result, 1, 2)

    def _spectra(self, signals: Any, kernel: Any) -> Any:
        """(batch, channels, samples) to (batch, channels, frames, frequencies)."""
        batch, channels, samples = signals.shape
        flat = signals.reshape(batch * channels, samples, 1)
        step = self.frame_step or self.frame_length // 2
        waves = xp.asarray(kernel.value, signals.dtype)
        result = ops.conv(flat, waves, strides=step, padding=self.padding, data_format="channels_last")
        return result.reshape(batch, channels, *result.shape[1:])

    def _given(self, real: Any = None, imag: Any = None) -> Any:
        """What `mode` asks for, of real and imaginary parts."""
        if self.mode in ("real", "imag"):
            return imag if real is None else real
        if self.mode == "stft":
            return xp.concatenate([real, imag], axis=-1)
        if self.mode == "angle":
            return xp.arctan2(imag, real)
        power = real**2 + imag**2
        if self.mode == "psd":
            return xp.concatenate([power[..., :1], 2 * power[..., 1:-1], power[..., -1:]], axis=-1)
        magnitude = xp.sqrt(xp.maximum(power, epsilon()))
        return magnitude if self.mode == "magnitude" else xp.log(xp.maximum(magnitude, epsilon()))
