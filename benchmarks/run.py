"""Times Tsuno beside Keras on its JAX backend, each in a fresh process, and prints a table of ratios.

Usage: python benchmarks/run.py [--repeat N] [CASE ...]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CASES = {
    "import": "import",
    "logistic regression, 200 epochs of 8 steps: first fit": "logistic:0",
    "logistic regression, 200 epochs of 8 steps: second fit": "logistic:1",
    "convolutional network on digits, 3 epochs: first fit": "digits:0",
    "convolutional network on digits, 3 epochs: second fit": "digits:1",
    "predict one row, per call": "logistic:2",
}
HERE = Path(__file__).parent


def measure(library: str, program: str) -> list[float]:
    """The seconds that a program prints, run in a fresh process with an empty compilation cache."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "KERAS_BACKEND": "jax", "TSUNO_COMPILATION_CACHE": cache}
        command = [sys.executable, str(HERE / "cases.py"), library, program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3, help="processes per library; medians are shown")
    parser.add_argument("cases", nargs="*", help="parts of the names of cases to run; all by default")
    options = parser.parse_args()
    chosen = {name: key for name, key in CASES.items() if not options.cases or any(c in name for c in options.cases)}
    programs = dict.fromkeys(key.split(":")[0] for key in chosen.values())
    taken: dict[tuple[str, str], list[list[float]]] = {}
    for program in programs:
        for _ in range(options.repeat):
            for library in ("tsuno", "keras"):  # taking turns, so that both meet the same machine
                taken.setdefault((program, library), []).append(measure(library, program))
    print(
        f"| {'case':56} | {'Tsuno':>10} | {'Keras':>10} | {'ratio':>7} "
        f"|\n|{'-' * 58}|{'-' * 11}:|{'-' * 11}:|{'-' * 8}:|"
    )
    for name, key in chosen.items():
        program, _, place = key.partition(":")
        ours, theirs = (
            statistics.median(run[int(place or 0)] for run in taken[program, library]) for library in ("tsuno", "keras")
        )
        print(f"| {name:56} | {_shown(ours):>10} | {_shown(theirs):>10} | {f'1/{theirs / ours:.1f}':>7} |")


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


if __name__ == "__main__":
    main()
