"""Kills processes while they save, flips bits of files, and reads beside a writer; counts what that costs.

Usage: python benchmarks/crash_files.py [--kills 200] [--flips 200] [--loads 100] [--keras] [--seed 0] [KIND ...]

Every saved state is one number in all weights and all variables of the optimizer, so a mixture of two states shows.
Beside each count stands what Keras 3.15.1 shows: measured in the same way with `--keras`, else what was noted once.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FILES = {
    "keras": "model.keras",
    "h5": "model.h5",
    "weights": "model.weights.h5",
    "safetensors": "model.safetensors",
    "shards": "model.weights.json",
}
# What was noted of Keras 3.15.1: unreadable after 50 kills, wrong of 200 flips, failed of 100 loads.
NOTED = {"kill": {"keras": "41/50", "h5": "42/50", "weights": "45/50"}}
NOTED |= {"flip": {"keras": "0/200", "h5": "28/200", "weights": "46/200"}}
NOTED |= {"beside": {"keras": "60/100", "weights": "100/100"}}
PATIENCE = 30


def library(name: str) -> Any:
    """The library, imported and not yet started."""
    os.environ["KERAS_BACKEND"] = "jax"
    if name == "keras":
        import keras

        return keras
    import tsuno

    return tsuno


def build(lib: Any) -> Any:
    layers = [lib.layers.Dense(300, name="one"), lib.layers.Dense(300, name="two"), lib.layers.Dense(5, name="three")]
    model = lib.Sequential([lib.Input((300,), name="entry"), *layers], name="line")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def fill(model: Any, number: int) -> None:
    for variable in variables(model):
        variable.assign(np.full(variable.shape, number, np.dtype(str(variable.dtype))))


def write(model: Any, path: Path) -> None:
    if path.name == FILES["shards"]:
        model.save_weights(str(path), max_shard_size=5e-4)
    elif ".weights." in path.name or path.suffix == ".safetensors":
        model.save_weights(str(path))
    else:
        model.save(str(path))


def read(lib: Any, path: Path, model: Any) -> Any:
    """The model that a file holds; a file of weights is put into the one that is given."""
    if ".weights." in path.name or path.suffix == ".safetensors":
        model.load_weights(str(path))
        return model
    return lib.saving.load_model(str(path))


def arrays(model: Any, kind: str) -> list[np.ndarray]:
    return [np.asarray(each) for each in (model.variables if kind == "safetensors" else variables(model))]


# -- kills


def save_for_ever(name: str, path: Path, start: int, told: Any) -> None:
    model = build(library(name))
    number = start
    while True:
        fill(model, number)
        write(model, path)
        told.send(number)
        number += 1


def kill(name: str, kind: str, count: int, chance: random.Random) -> Iterator[str]:
    """What was there after each of so many kills: "good", or what is wrong."""
    lib = library(name)
    context = multiprocessing.get_context("fork")  # the library is imported, and its engine has not started
    with tempfile.TemporaryDirectory() as root:
        found = []
        for number in range(count):
            folder = Path(root, str(number))
            folder.mkdir()
            if found:
                shutil.copytree(found[-1][0], folder, dirs_exist_ok=True)  # the litter of the last one too
            receiving, sending = context.Pipe(duplex=False)
            path = folder / FILES[kind]
            process = context.Process(target=save_for_ever, args=(name, path, 1 + 1000 * number, sending))
            process.start()
            sending.close()
            last = receiving.recv()
            until = time.monotonic() + chance.uniform(0, 0.25)
            while (left := until - time.monotonic()) > 0:
                if receiving.poll(left):
                    last = receiving.recv()
            process.kill()
            process.join()
            while receiving.poll():
                try:
                    last = receiving.recv()
                except EOFError:
                    break
            found.append((folder, last))
        model = build(lib)
        for folder, last in found:
            yield state_of(lib, model, kind, folder / FILES[kind], (last, last + 1))


def state_of(lib: Any, model: Any, kind: str, path: Path, allowed: tuple[int, ...]) -> str:
    try:
        values = {float(value) for array in arrays(read(lib, path, model), kind) for value in np.unique(array)}
    except Exception as problem:
        return f"unreadable: {type(problem).__name__}: {str(problem)[:100]}"
    if len(values) > 1:
        return "a mixture"
    return "good" if values <= set(map(float, allowed)) else f"another state: {values} is not in {allowed}"


# -- flips


def flip(name: str, kind: str, count: int, chance: random.Random, first: int = 0) -> Iterator[str]:
    """What became of a file with one bit flipped, so many times."""
    lib = library(name)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as root:
        model, path = build(lib), Path(root, FILES[kind])
        for variable in variables(model):
            variable.assign(rng.normal(size=variable.shape).astype(str(variable.dtype)))
        write(model, path)
        expected = arrays(model, kind)
        files = [each for each in sorted(Path(root).iterdir()) if each.is_file()]
        for number in range(count):
            piece = chance.choice(files)
            data = piece.read_bytes()
            place, bit = chance.randrange(len(data)), chance.randrange(8)
            if number < first:
                continue
            fill(model, 0)
            piece.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
            try:
                found = arrays(read(lib, path, model), kind)
                right = len(found) == len(expected) and all(map(np.array_equal, found, expected))
                yield "good" if right else "wrong weights"
            except Exception as problem:
                named = any(each.name in str(problem) for each in files)
                yield f"refused: {type(problem).__name__}{'' if named else ', which names no file'}"
            piece.write_bytes(data)


# -- a reader beside a writer


def beside(name: str, kind: str, count: int, chance: random.Random) -> Iterator[str]:
    """What so many loads gave while another process saved; and the saves that failed."""
    lib = library(name)
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as root:
        path, stop = Path(root, FILES[kind]), context.Event()
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=save_until, args=(name, path, stop, sending))
        process.start()
        receiving.recv()
        model = build(lib)
        for _ in range(count):
            time.sleep(0.05)
            result = state_of(lib, model, kind, path, tuple(range(10_000)))
            yield f"load: {result}" if result != "good" else "good"
        stop.set()
        failed = receiving.recv()
        process.join()
        yield from [f"save failed: {failed}"] * (failed > 0)


def save_until(name: str, path: Path, stop: Any, told: Any) -> None:
    model = build(library(name))
    number = failed = 0
    while not stop.is_set():
        number += 1
        fill(model, number)
        try:
            write(model, path)
        except Exception:
            failed += 1
        if number == 1:
            told.send(0)
        time.sleep(0.05)
    told.send(failed)


# -- each count is taken in a process of its own, as files may end it or keep it for ever


def taken(task: str, name: str, kind: str, count: int, seed: int) -> Counter[str]:
    results: list[str] = []
    while len(results) < count:
        command = [sys.executable, "-W", "ignore", __file__, "--worker", task, name, kind, str(count), str(seed)]
        process = subprocess.Popen(
            [*command, str(len(results))], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        before, reason = len(results), "the process died"
        while True:
            patience = PATIENCE if task == "flip" and len(results) > before else 600
            if not select.select([process.stdout], [], [], patience)[0]:
                process.kill()
                reason = f"nothing for {patience} s"
                break
            line = process.stdout.readline()
            if not line:
                break
            if line.startswith('"'):
                results.append(json.loads(line))
        process.wait()
        process.stdout.close()
        if len(results) < count:
            results.append(reason)
            if task != "flip":
                break
    return Counter(results)


def worker(task: str, name: str, kind: str, count: int, seed: int, first: int) -> None:
    work: Any = {"kill": kill, "flip": flip, "beside": beside}[task]
    extra = {"first": first} if task == "flip" else {}
    for result in work(name, kind, count, random.Random(seed), **extra):
        print(json.dumps(result), flush=True)


def bad(task: str, results: Counter[str]) -> int:
    """How many results must not be."""
    harmless = ("good",) if task != "flip" else ("good", "refused")
    return sum(count for result, count in results.items() if not result.startswith(harmless))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="over all kinds")
    parser.add_argument("--flips", type=int, default=200, help="for each kind")
    parser.add_argument("--loads", type=int, default=100, help="for each kind")
    parser.add_argument("--keras", action="store_true", help="measure Keras too")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("kinds", nargs="*", help=f"among {', '.join(FILES)}; all by default")
    options = parser.parse_args()
    kinds = options.kinds or list(FILES)
    tasks = {
        "kill": (
            max(1, options.kills // len(kinds)) if options.kills else 0,
            "killed in a save: no whole file of its last state",
        ),
        "flip": (options.flips, "one bit flipped: wrong weights, a crash or a hang"),
        "beside": (options.loads, "loaded beside a writer: failed, or a save did"),
    }
    print(f"| {'what':52} | {'kind':11} | {'Tsuno':>8} | {'Keras':>8} |\n|{'-' * 54}|{'-' * 13}|{'-' * 9}:|{'-' * 9}:|")
    details = []
    for task, (count, what) in tasks.items():
        for kind in kinds if count else []:
            ours = taken(task, "tsuno", kind, count, options.seed)
            theirs = NOTED[task].get(kind, "")
            if options.keras and kind != "safetensors":
                measured = taken(task, "keras", kind, count, options.seed)
                theirs = f"{bad(task, measured)}/{count}"
                details.append((f"Keras, {task}, {kind}", measured))
            print(f"| {what:52} | {kind:11} | {f'{bad(task, ours)}/{count}':>8} | {theirs:>8} |", flush=True)
            details.append((f"{task}, {kind}", ours))
    for title, results in details:
        print(f"\n{title}:")
        for result, number in results.most_common(12):
            print(f"  {number:4} {result}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        task, name, kind, *numbers = sys.argv[2:]
        worker(task, name, kind, *map(int, numbers))
    else:
        main()
