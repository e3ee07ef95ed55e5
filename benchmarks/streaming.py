"""Streams: whether memory stays as it is however much data goes through, and whether the device waits for data.

    python benchmarks/streaming.py [--megabytes 2000] [--limit 200] [--steps 40]

The first table: data ten times larger than a limit that the operating system enforces on the memory allocated after
warming up. The second: loaders that take a given share of a step's time; `best` is the shortest time that any loop
could take, `idle` the share of the time in which the device had nothing to do, `waits` that in which the loop stood
still for a batch (the device may be at work on the steps before).
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import tsuno
from tsuno import layers
from tsuno.data import stream

FEATURES, ROWS = 256, 4096
BATCH_BYTES = FEATURES * ROWS * 4
REPEATS = 5


def model(width: int) -> tsuno.Model:
    made = tsuno.Sequential([tsuno.Input((FEATURES,)), layers.Dense(width, activation="relu"), layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def batches(count: int, seconds: float = 0.0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    random = np.random.default_rng(0)
    fixed = random.normal(size=(ROWS, FEATURES)).astype("float32") if seconds else None
    for _ in range(count):
        time.sleep(seconds)
        x = random.random((ROWS, FEATURES), dtype="float32") if fixed is None else fixed
        yield x, x[:, :1]


def memory(name: str) -> float:
    """Megabytes of a kind of this process's memory, as the kernel counts it."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


class Peak(tsuno.callbacks.Callback):
    """The most private memory seen at the end of a step."""

    batch_hooks = "step"

    def __init__(self) -> None:
        super().__init__()
        self.most = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.most = max(self.most, memory("RssAnon"))


def steady_memory(megabytes: int, limit: int) -> None:
    steps = megabytes * 1_000_000 // BATCH_BYTES
    print(
        f"\nMemory: {steps * BATCH_BYTES / 1e6:.0f} MB of batches, limit {limit} MB above what is there after warm-up"
    )
    with tempfile.TemporaryDirectory() as folder:
        large = np.lib.format.open_memmap(
            Path(folder) / "large.npy", mode="w+", dtype="float32", shape=(steps * ROWS, FEATURES)
        )
        for step, (x, _) in enumerate(batches(steps)):
            large[step * ROWS : (step + 1) * ROWS] = x
        targets = np.zeros((len(large), 1), "float32")
        del large
        tsuno.data.set_resident_limit(limit * 1_000_000)
        small = model(16)
        mapped = np.load(Path(folder) / "large.npy", mmap_mode="r")
        small.fit(batches(10), steps_per_epoch=10, verbose=0)
        warm = (mapped, targets)
        small.fit(*warm, batch_size=ROWS, steps_per_epoch=20, verbose=0)
        before = memory("VmData")
        bound = int((before + limit) * 1024 * 1024)
        resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
        for name, run in (
            ("generator", lambda spy: small.fit(batches(steps), steps_per_epoch=steps, verbose=0, callbacks=[spy])),
            ("memory map, shuffled", lambda spy: small.fit(*warm, batch_size=ROWS, verbose=0, callbacks=[spy])),
        ):
            start, spy, began = memory("RssAnon"), Peak(), time.perf_counter()
            run(spy)
            seconds, streamed = time.perf_counter() - began, steps * BATCH_BYTES / 1e6
            growth = max(spy.most - start, 0)
            print(f"  {name:22} peak growth {growth:6.1f} MB of {streamed:.0f} MB  ({streamed / seconds:.0f} MB/s)")
        tsuno.data.set_resident_limit(None)


def device_waits(steps: int) -> None:
    large = model(512)
    waited = 0.0
    read = stream._Prefetch.__next__

    def timed(self: stream._Prefetch) -> object:
        nonlocal waited
        began = time.perf_counter()
        try:
            return read(self)
        finally:
            waited += time.perf_counter() - began

    stream._Prefetch.__next__ = timed  # type: ignore[method-assign]
    x, y = next(batches(1, 1e-6))

    def run(seconds: float, count: int) -> tuple[float, float]:
        """Seconds per step, and of these those waited; the first batch, which nothing can hide, does not count."""
        nonlocal waited
        source = batches(count, seconds) if seconds else ((x, y) for _ in range(count))
        waited, began = 0.0, time.perf_counter()
        large.fit(source, steps_per_epoch=count, verbose=0)
        return (time.perf_counter() - began - seconds) / count, max(waited - seconds, 0.0) / count

    run(0.0, 10)
    print(f"\nWaiting (medians of {REPEATS} runs, each after one whose batches are there)")
    print("  loader    step, ms    best   taken    idle   waits")
    for share in (0.0, 0.25, 0.5, 1.0, 1.5):
        rows = []
        for _ in range(REPEATS):
            step, _ = run(0.0, steps)
            taken, idle = run(share * step, steps)
            rows.append((step * 1000, max(step, share * step) * 1000, taken * 1000, idle / taken))
        step, best, taken, waits = (statistics.median(column) for column in zip(*rows, strict=True))
        print(
            f"  {share:6.0%}  {step:10.1f}  {best:6.1f}  {taken:6.1f}  {max(0.0, 1 - step / taken):6.1%}  {waits:6.1%}"
        )
    stream._Prefetch.__next__ = read  # type: ignore[method-assign]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--steps", type=int, default=40)
    given = parser.parse_args()
    device_waits(given.steps)
    steady_memory(given.megabytes, given.limit)
