"""Saves and loads a large model with Tsuno and with Keras, each in fresh processes; prints times, memory and ratios.

Usage: python benchmarks/saving.py [--megabytes 500] [--repeat 3] [--sync] [KIND ...]

Memory is what the process held at the worst moment beyond what it held before, over the size of the model: for
loading, the model itself is taken off. Tsuno waits until a file is on the disk and Keras does not; with `--sync` the
time of Keras includes that too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

FILES = {"keras": "model.keras", "weights": "model.weights.h5", "h5": "model.h5"}
WIDTH = 5000  # one such layer has 100 MB


def peak(reset: bool = False) -> int:
    """The most memory that this process has held, since it was asked to forget."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def build(lib: Any, megabytes: int) -> Any:
    parts = [
        lib.layers.Dense(WIDTH, kernel_initializer="zeros", name=f"part_{n}") for n in range(max(1, megabytes // 100))
    ]
    return lib.Sequential([lib.Input((WIDTH,)), *parts])


def worker(name: str, kind: str, task: str, path: str, megabytes: int, sync: bool) -> None:
    os.environ["KERAS_BACKEND"] = "jax"
    if name == "keras":
        import keras as lib
    else:
        import tsuno as lib
    whole = kind != "weights"
    model = None
    if task == "save" or not whole:
        model = build(lib, megabytes)
    if task == "save":
        rng = np.random.default_rng(0)
        for variable in model.variables:
            variable.assign(rng.random(variable.shape, "float32"))
    else:
        tiny = lib.Sequential([lib.Input((2,)), lib.layers.Dense(1)])  # what loading starts once is not counted
        tiny.save(f"{path}.tiny.keras")
        lib.saving.load_model(f"{path}.tiny.keras")
        os.unlink(f"{path}.tiny.keras")
    before, started = peak(reset=True), time.perf_counter()
    if task == "save":
        model.save(path) if whole else model.save_weights(path)
        if sync and name == "keras":
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
    elif whole:
        model = lib.saving.load_model(path)
    else:
        model.load_weights(path)
    seconds = time.perf_counter() - started
    size = sum(int(np.prod(variable.shape)) * 4 for variable in model.variables)
    extra = peak() - before - (size if task == "load" and whole else 0)
    if task == "load":
        assert 0.4 < float(np.asarray(model.variables[0]).mean()) < 0.6
    print(json.dumps({"seconds": seconds, "extra": extra / size, "size": size}))


def measured(name: str, kind: str, task: str, path: Path, options: argparse.Namespace) -> dict[str, float]:
    command = [
        sys.executable,
        "-W",
        "ignore",
        __file__,
        "--worker",
        name,
        kind,
        task,
        str(path),
        str(options.megabytes),
    ]
    done = subprocess.run([*command, str(int(options.sync))], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name}, {kind}, {task}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--repeat", type=int, default=3, help="processes for each number; medians are shown")
    parser.add_argument("--sync", action="store_true", help="let Keras too wait for the disk")
    parser.add_argument("kinds", nargs="*", help=f"among {', '.join(FILES)}; all by default")
    options = parser.parse_args()
    print(
        f"| {'task':22} | {'Tsuno':>8} | {'Keras':>8} | {'ratio':>6} "
        f"| {'Tsuno, memory':>13} | {'Keras, memory':>13} |\n"
        f"|{'-' * 24}|{'-' * 9}:|{'-' * 9}:|{'-' * 7}:|{'-' * 14}:|{'-' * 14}:|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.kinds or FILES:
            for task in ("save", "load"):
                found: dict[str, list[dict[str, float]]] = {"tsuno": [], "keras": []}
                for _ in range(options.repeat):
                    for name in found:  # taking turns, so that both meet the same machine
                        inner = Path(folder, name)
                        inner.mkdir(exist_ok=True)
                        found[name].append(measured(name, kind, task, inner / FILES[kind], options))
                ours, theirs = (
                    {key: statistics.median(run[key] for run in runs) for key in runs[0]} for runs in found.values()
                )
                print(
                    f"| {f'{task} {FILES[kind]}':22} | {ours['seconds']:6.2f} s | {theirs['seconds']:6.2f} s "
                    f"| {ours['seconds'] / theirs['seconds']:6.2f} | {ours['extra']:13.2f} | {theirs['extra']:13.2f} |",
                    flush=True,
                )
            for name in found:
                Path(folder, name, FILES[kind]).unlink()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        name, kind, task, path, megabytes, sync = sys.argv[2:]
        worker(name, kind, task, path, int(megabytes), sync == "1")
    else:
        main()
