"""Kills training at random moments, takes it up again, and compares every bit with a run that was left alone.

Usage: python benchmarks/resume.py [--kills N] [--seed S]

The run shuffles, drops out, uses Adam, and saves every few steps, so that most moments fall into the writing of a file.
Then it measures what saving costs: the same training with `resume=` and without, on a model of 25 million weights.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import tsuno
from tsuno import callbacks, layers

SAVED_EVERY = 7
EPOCHS = 25


def train(folder: Any, result: Any) -> None:
    """A short training; sends a digest of all that it ends with."""
    tsuno.utils.set_random_seed(3)
    x, y = np.random.randn(600, 8), np.random.randint(0, 3, 600)
    model = tsuno.Sequential(
        [
            tsuno.Input((8,)),
            layers.Dense(32, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    watchers: list[Any] = [callbacks.ReduceLROnPlateau(patience=3, min_delta=0.01)]
    if folder is not None:
        watchers.append(callbacks.BackupAndRestore(folder, save_freq=SAVED_EVERY))
    history = model.fit(x, y, batch_size=16, epochs=25, validation_split=0.2, verbose=0, callbacks=watchers)
    digest = hashlib.sha256(repr((history.epoch, dict(history.history))).encode())
    for variable in [*model.variables, *model.optimizer.variables]:
        digest.update(variable.numpy().tobytes())
    result.send(digest.hexdigest())


def run(folder: Any, seconds: float | None = None) -> tuple[str | None, float]:
    """The digest of a run in a process of its own, or None if it was killed; and how long it took."""
    context = multiprocessing.get_context("fork")  # the engine is imported, and has not started
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=train, args=(folder, sending))
    started = time.perf_counter()
    process.start()
    sending.close()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()
    taken = time.perf_counter() - started
    if process.exitcode == -signal.SIGKILL:
        return None, taken
    if process.exitcode:
        raise SystemExit(f"The process ended with code {process.exitcode}.")
    return receiving.recv(), taken


def kill(count: int, seed: int) -> None:
    """Kill so many runs, and compare."""
    chance = random.Random(seed)
    expected, taken = run(None)
    folder = Path(tempfile.mkdtemp())
    _, taken = run(folder)
    kills = same = finished = 0
    while kills < count:
        shutil.rmtree(folder, ignore_errors=True)
        digest, _ = run(folder, chance.uniform(0.1, 1.0) * taken)
        if digest is not None:
            finished += 1
            continue
        kills += 1
        digest, _ = run(folder)
        same += digest == expected
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{kills} runs killed (a whole one takes {taken:.1f} s): {same} of {kills} ended bit-identical.")


def cost() -> None:
    """The time of training with and without saving."""
    x, y = np.random.randn(2048, 64), np.random.randn(2048, 1)
    times: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(4):
        saved = bool(turn % 2)
        tsuno.utils.clear_session()
        model = tsuno.Sequential(
            [tsuno.Input((64,)), layers.Dense(5000, "relu"), layers.Dense(5000, "relu"), layers.Dense(1)]
        )
        model.compile("adam", "mse")
        model.fit(x, y, batch_size=128, verbose=0)
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            model.fit(x, y, batch_size=128, epochs=EPOCHS, verbose=0, resume=folder if saved else None)
            times[saved].append(time.perf_counter() - started)
            sizes = [file.stat().st_size / 2**20 for file in Path(folder).iterdir()]
    without, with_ = (min(times[saved]) for saved in (False, True))
    print(
        f"{model.count_params():,} weights, {EPOCHS} epochs: {without:.2f} s; with saving {with_:.2f} s "
        f"({len(sizes)} files of {max(sizes):.0f} MiB are left)."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kill(options.kills, options.seed)
    cost()
