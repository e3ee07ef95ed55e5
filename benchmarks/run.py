"""Times Tsuno beside its peers in one go: Keras on each backend, plain PyTorch, JAX written by hand.

Usage: python benchmarks/run.py [--rounds N] [--libraries A,B] [WORKLOAD ...]

Whatever is installed takes part. Libraries take turns round by round, so that all meet the same machine. Printed are
medians, and how many times Tsuno's time each of them takes, with the least and the most over the rounds; a table and
the figures of each run are kept in `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import datetime
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from programs import data

HERE = Path(__file__).parent

LIBRARIES = {
    "tsuno": ["tsuno"],
    "keras-jax": ["keras", "jax"],
    "keras-torch": ["keras", "torch"],
    "keras-tensorflow": ["keras", "tensorflow"],
    "torch-by-hand": ["torch"],
    "jax-by-hand": ["jax"],
}
STEADY = {
    "logistic": "logistic regression, 200 epochs of 8 steps, second fit",
    "mlp": "784-512-10 on 60,000 rows, three epochs",
    "convnet": "first convnet, 20 batches of 128",
    "resnet20": "ResNet-20 on 32 x 32, 8 batches of 128",
    "lstm": "LSTM on 80 words, 50 batches of 32",
    "table": "mean of 80 out of 200,000 vectors, Adagrad, 50 batches of 32",
    "transformer": "two-block transformer on 128 words, 32 batches of 32",
    "row_predict": "predict one row",
    "row_call": "model(x) on one row",
    "row_train": "train_on_batch of 16 rows",
    "bulk_predict": "predict 60,000 rows",
    "vgg16": "VGG16, predict 8 images",
}
FRESH = {
    "import": "import",
    "logistic_fit": "logistic regression, first fit",
    "iris_fit": "iris, 20 epochs",
    "mlp_fit": "784-512-10, five epochs",
    "convnet_fit": "first convnet, 20 batches",
    "deep_build": "building 200 layers",
}
PEAKS = {"H100": 989, "H200": 989, "B200": 2250, "A100": 312, "L40S": 362, "L4": 121, "4090": 165, "3090": 71}
"""What a GPU can do at most, by a part of its name: 10¹² operations a second in dense bfloat16 (data sheets)."""
BY_HAND = {  # in plain JAX a convolution's gradient takes a minute for what is timed here
    "torch-by-hand": {*STEADY, *data.SIZES} - {"row_predict", "row_call", "row_train"},
    "jax-by-hand": {"logistic", "mlp", "lstm", "transformer", *data.SIZES},
}
Figures = dict[str, list[float]]


def installed(names: list[str]) -> bool:
    return all(importlib.util.find_spec(name) for name in names)


def command(library: str, workload: str, *options: str) -> list[str]:
    return [sys.executable, str(HERE / "worker.py"), library, workload, *options]


def environment(cache: str | Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(HERE.parent / "src"), str(HERE)]),
        "TSUNO_COMPILATION_CACHE": str(cache),
    }


@contextlib.contextmanager
def worker(library: str, workload: str, cache: str) -> Iterator[subprocess.Popen[str] | None]:
    """A process that has its program ready; None if it cannot run it."""
    process = subprocess.Popen(
        command(library, workload), env=environment(cache), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout and process.stdin
    try:
        lines = iter(process.stdout.readline, "")
        yield process if any(line.strip() == "ready" for line in lines) else None
    finally:
        process.stdin.close()
        process.wait()


def steady(workload: str, libraries: list[str], rounds: int) -> Figures:
    """Seconds by library, round by round."""
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as cache, contextlib.ExitStack() as stack:
        processes = {library: stack.enter_context(worker(library, workload, cache)) for library in libraries}
        for _ in range(rounds):
            for library, process in processes.items():
                if process is None:
                    continue
                assert process.stdout and process.stdin
                process.stdin.write("go\n")
                process.stdin.flush()
                figures.setdefault(library, []).append(json.loads(process.stdout.readline()))
    return figures


def fresh(workload: str, libraries: list[str], rounds: int) -> dict[str, Figures]:
    """Figures by kind and library, each from a new process: with an empty compilation cache, then with a filled one."""
    figures: dict[str, Figures] = {}

    def run(library: str, cache: str) -> dict[str, float] | None:
        started = time.perf_counter()
        done = subprocess.run(
            command(library, workload, "--fresh"), env=environment(cache), capture_output=True, text=True
        )
        whole = time.perf_counter() - started
        return None if done.returncode else {**json.loads(done.stdout.splitlines()[-1]), "process": whole}

    for _ in range(rounds):
        for library in libraries:
            with tempfile.TemporaryDirectory() as cache:
                for kind in ("cold", "warm") if library == "tsuno" and workload.endswith("_fit") else ("cold",):
                    for name, value in (run(library, cache) or {}).items():
                        figures.setdefault(f"{name}, {kind}", {}).setdefault(library, []).append(value)
    for name in [name for name in figures if name.endswith("warm")]:  # the others keep nothing from run to run
        cold = figures[name.replace("warm", "cold")]
        figures[name].update({library: cold[library] for library in cold if library != "tsuno"})
    return figures


def shown(value: float, unit: str) -> str:
    if unit == "MiB":
        return f"{value:.0f} MiB"
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.1f} ms" if value >= 1e-3 else f"{value * 1e6:.0f} us"


def table(title: str, figures: Figures, unit: str = "s", operations: float = 0, peak: float = 0) -> str:
    """Medians and ratios to Tsuno's as lines of text; with `operations`, how many a second, as a share of the peak."""
    lines = [title]
    ours = figures.get("tsuno")
    for library, values in figures.items():
        line = f"  {library:18} {shown(statistics.median(values), unit):>10}"
        if ours and library != "tsuno":
            ratios = [theirs / own for theirs, own in zip(values, ours, strict=False)]
            low, high = min(ratios), max(ratios)
            line += f"  x {statistics.median(values) / statistics.median(ours):7.2f}  ({low:.2f} to {high:.2f})"
        if operations:
            rate = operations / statistics.median(values) / 1e12
            line += f"  {rate:.3g} TFLOP/s" + (f", {rate / peak:.0%} of the peak" if peak else "")
        lines.append(line)
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    versions = {}
    for name in ("tsuno", "jax", "jaxlib", "keras", "torch", "tensorflow", "tensorflow-cpu", "numpy"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return {"cpu": cpu or platform.processor(), "cores": len(os.sched_getaffinity(0)), "system": platform.system(),
            "gpu": gpu(), "python": platform.python_version(), "versions": versions}  # fmt: skip


def gpu() -> str:
    """The name of the first GPU, or nothing."""
    with contextlib.suppress(OSError):
        asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
        return subprocess.run(asked, capture_output=True, text=True).stdout.partition("\n")[0].strip()
    return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each library")
    parser.add_argument("--libraries", help="which, with commas; all that are installed by default")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="the folder that keeps the figures")
    parser.add_argument(
        "workloads", nargs="*", help=f"which: {', '.join((*FRESH, *STEADY, *data.SIZES))}; all by default"
    )
    options = parser.parse_args()
    libraries = [name for name, needs in LIBRARIES.items() if installed(needs)]
    if options.libraries:
        libraries = [name for name in libraries if name in options.libraries.split(",")]
    compileall.compile_dir(HERE.parent / "src", quiet=2)  # as installing does for the others
    about = machine()
    chosen = options.workloads or [*FRESH, *STEADY, *(data.SIZES if about["gpu"] else ())]
    kept: dict[str, Any] = {}
    where = ", ".join(filter(None, (about["cpu"], f"{about['cores']} cores", about["gpu"])))
    text = [f"{where}, Python {about['python']}; {about['versions']}"]
    print(text[0])
    options.out.mkdir(exist_ok=True)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d-%H%M")
    for workload in chosen:
        if workload in FRESH:
            taking = [name for name in libraries if name not in BY_HAND]
            for name, figures in fresh(workload, taking, options.rounds).items():
                kept[f"{workload}: {name}"] = figures
                unit = "MiB" if "MiB" in name else "s"
                text.append(table(f"\n{FRESH[workload]} ({name})", figures, unit))
                print(text[-1], flush=True)
        else:
            taking = [name for name in libraries if workload in BY_HAND.get(name, {*STEADY, *data.SIZES})]
            kept[workload] = steady(workload, taking, options.rounds)
            sizes = data.SIZES.get(workload)
            peak = next((value for name, value in PEAKS.items() if name in about["gpu"]), 0)
            title = f"\n{sizes or STEADY[workload]}"
            text.append(table(title, kept[workload], operations=sizes.operations() if sizes else 0, peak=peak))
            print(text[-1], flush=True)
        (options.out / f"{stamp}.json").write_text(json.dumps({"machine": about, "figures": kept}, indent=1))
        (options.out / f"{stamp}.txt").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
