"""Rows of the layers that prepare numbers and sound, for which Keras needs no TensorFlow."""

from __future__ import annotations

import numpy as np
from layer_rows import BATCH, Table, floats, ints

ROWS = row = Table()

# ---------------------------------------------------------------------- columns of tables

# With a mean and variance of its own: Keras keeps copies of its weights, which tests that set weights do not reach.
row("Normalization", floats(3, 5), axis=None, mean=0.5, variance=4.0)
row("Normalization", floats(5), mean=[0.0, 1.0, 2.0, 3.0, 4.0], variance=[1.0, 0.0, 4.0, 0.5, 2.0])
row("Normalization", floats(3, 5), axis=(1, -1), mean=[0.1, 0.2, 0.3, 0.4, 0.5], variance=[1.0, 2.0, 3.0, 4.0, 5.0])
row("Normalization", floats(5), axis=-1, mean=2.0, variance=9.0, invert=True, trainable=False)


def between(*sizes: int) -> np.ndarray:
    """Values in the middle between halves, so that small steps do not cross the boundaries of bins."""
    return (np.floor(floats(*sizes) * 2) / 2 + 0.25).astype("float32")


for mode in ("int", "one_hot", "multi_hot", "count"):
    row("Discretization", between(6), bin_boundaries=[-1.0, 0.0, 0.5], output_mode=mode)
    row("Discretization", between(1), bin_boundaries=[-1.0, 0.0, 0.5], output_mode=mode, epsilon=0.1)
row("Discretization", between(3, 4), bin_boundaries=[0.0], output_mode="one_hot")
row("Discretization", between(), bin_boundaries=[0.0], output_mode="one_hot")

for mode in ("one_hot", "multi_hot", "count"):
    row("CategoryEncoding", ints(6, high=5), num_tokens=5, output_mode=mode)
    row("CategoryEncoding", ints(1, high=5), num_tokens=7, output_mode=mode)
row("CategoryEncoding", ints(6, high=5), num_tokens=5)
row("CategoryEncoding", ints(high=5), num_tokens=5, output_mode="one_hot")
row("CategoryEncoding", ints(6, high=5), num_tokens=5, output_mode="count", call={"count_weights": floats(6)})

# ---------------------------------------------------------------------- sound


def waves(*sizes: int) -> np.ndarray:
    """Two tones and noise."""
    time = np.arange(sizes[0]) / 8000
    tones = np.sin(2 * np.pi * 440 * time) + 0.5 * np.sin(2 * np.pi * 1400 * time + 1)
    noise = np.random.default_rng(3).normal(0, 0.2, (BATCH, *sizes))
    return (noise + tones.reshape(-1, *[1] * (len(sizes) - 1))).astype("float32")


SMALL = {"fft_length": 128, "sequence_stride": 40, "sampling_rate": 8000, "num_mel_bins": 12}
row("MelSpectrogram", waves(400), **SMALL)
row("MelSpectrogram", waves(400), **SMALL, sequence_length=100, window="hamming", max_freq=3000.0)
# Quiet parts are raised to a level below the loudest of the whole batch.
row("MelSpectrogram", waves(400), **SMALL, top_db=30.0, flags={"batch": False})
row("MelSpectrogram", waves(400) / 4, **SMALL, power_to_db=False, mag_exp=3.0, min_freq=100.0, window=None)
row("MelSpectrogram", waves(400), **SMALL, ref_power=0.5, min_power=1e-3)

for mode in ("log", "psd", "real", "imag", "stft"):
    row("STFTSpectrogram", waves(120, 2), mode=mode, frame_length=32)
row("STFTSpectrogram", waves(120, 2), frame_length=30, frame_step=7, fft_length=64, window="hamming", periodic=True)
row("STFTSpectrogram", waves(120, 2), frame_length=32, padding="same", scaling="spectrum", expand_dims=True)
row("STFTSpectrogram", waves(120, 2), mode="psd", frame_length=32, scaling=None, window=[1.0] * 32, trainable=False)
row("STFTSpectrogram", floats(2, 90), frame_length=32, padding="same", data_format="channels_first", mode="magnitude")
# In float32: Keras refuses bfloat16 here.
row(
    "STFTSpectrogram", floats(2, 90), frame_length=16, data_format="channels_first", expand_dims=True, mode="stft",
    dtype="float32",
)  # fmt: skip
