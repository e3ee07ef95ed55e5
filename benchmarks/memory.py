"""The most memory that training takes, beside Keras on its JAX backend, each in a fresh process.

Usage: python benchmarks/memory.py

On a CPU it is the peak of the process above what it had when the library was imported and the data were made; on an
accelerator, the peak of the device.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
from typing import Any

import numpy as np

CASES = ("wide", "deep", "deep, RematScope", "deep, mixed_bfloat16")


def make(k: Any, case: str) -> tuple[Any, np.ndarray, np.ndarray]:
    """A compiled model, and data."""
    if case == "wide":  # weights and what Adam keeps of them
        layers = [k.layers.Dense(4096, activation="relu") for _ in range(4)]
        model = k.Sequential([k.Input((512,)), *layers, k.layers.Dense(1)])
        x = np.ones((256, 512), "float32")
    else:  # what is kept for the gradient
        if "bfloat16" in case:
            k.config.set_dtype_policy("mixed_bfloat16")
        scope = k.RematScope(mode="full" if "Remat" in case else None)
        with scope:
            x0 = x1 = k.Input((64, 64, 32))
            for _ in range(12):
                x1 = k.layers.Conv2D(32, 3, padding="same", activation="relu")(x1)
                x1 = k.layers.LayerNormalization()(x1)
            model = k.Model(x0, k.layers.Dense(1)(k.layers.GlobalAveragePooling2D()(x1)))
        x = np.ones((64, 64, 64, 32), "float32")
    model.compile("adam", "mse")
    return model, x, np.ones((len(x), 1), "float32")


def run(library: str, case: str) -> None:
    """Train for a few steps; prints the peak in MiB and the loss."""
    import jax

    k = importlib.import_module(library)
    model, x, y = make(k, case)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    loss = model.fit(x, y, batch_size=32, epochs=3, verbose=0).history["loss"][-1]
    device = jax.devices()[0].memory_stats()
    peak = device["peak_bytes_in_use"] if device else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    print(json.dumps([peak / 2**20, loss]))


def main() -> None:
    print(f"| {'case':22} | {'Tsuno':>10} | {'Keras':>10} | {'ratio':>6} |")
    print(f"|{'-' * 24}|{'-' * 11}:|{'-' * 11}:|{'-' * 7}:|")
    for case in CASES:
        peaks = []
        for library in ("tsuno", "keras"):
            environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
            done = subprocess.run(
                [sys.executable, __file__, library, case], env=environment, capture_output=True, text=True, check=True
            )
            peaks.append(json.loads(done.stdout.splitlines()[-1])[0])
        print(f"| {case:22} | {peaks[0]:6.0f} MiB | {peaks[1]:6.0f} MiB | {peaks[0] / peaks[1]:6.2f} |")


if __name__ == "__main__":
    run(*sys.argv[1:]) if len(sys.argv) > 1 else main()
