"""Sound files as arrays."""

from __future__ import annotations

import wave
from typing import Any

import numpy as np


def read_wav(path: Any, sampling_rate: int | None = None, length: int | None = None) -> np.ndarray:
    """A WAV file of whole-number samples as float32 from -1 to 1, of shape (samples, channels).

    Args:
        path: the file, or its name.
        sampling_rate: samples per second to convert to; the file's own if None.
        length: samples to cut or fill the sound to.
    """
    try:
        with wave.open(path if hasattr(path, "read") else str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            content = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as problem:
        raise ValueError(f"{str(path)!r} must be a WAV file with PCM samples; it is not: {problem}.") from problem
    data = np.frombuffer(content, np.uint8).reshape(-1, width)
    if width == 1:
        samples = data[:, 0].astype(np.float32) / 128 - 1  # eight bits are unsigned
    else:
        wide = np.zeros((len(data), 4), np.uint8)
        wide[:, 4 - width :] = data
        samples = (wide.view("<i4")[:, 0] / np.float64(1 << 31)).astype(np.float32)
    sound = samples.reshape(-1, channels)
    if sampling_rate is not None and sampling_rate != rate:
        sound = _resampled(sound, round(len(sound) * sampling_rate / rate))
    if length is not None:
        sound = np.pad(sound[:length], ((0, max(length - len(sound), 0)), (0, 0)))
    return sound


def _resampled(sound: np.ndarray, count: int) -> np.ndarray:
    """The sound in another number of samples, with the frequencies that both can hold."""
    spectrum = np.fft.rfft(sound, axis=0)
    kept = np.zeros((count // 2 + 1, *sound.shape[1:]), complex)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return (np.fft.irfft(kept, count, axis=0) * (count / max(len(sound), 1))).astype(np.float32)
