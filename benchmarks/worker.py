"""One library in one process, as `run.py` starts it: `worker.py LIBRARY WORKLOAD [--fresh]`.

With `--fresh` the program runs once and what it took is printed. Without, it is made ready and then timed once for
each line that comes in, so that libraries take turns on the same machine.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time

SHORTEST = 0.1  # seconds; shorter actions are repeated within a turn


def main() -> None:
    library, workload = sys.argv[1:3]
    started = time.perf_counter()
    if library.startswith("keras-"):
        os.environ["KERAS_BACKEND"] = library.removeprefix("keras-")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    module = None if "-by-hand" in library else importlib.import_module(library.partition("-")[0])
    imported = time.perf_counter() - started
    if "--fresh" in sys.argv:
        if workload == "import":
            print(json.dumps({"seconds": imported}))
            return
        programs = importlib.import_module("programs.keras_api")
        seconds = programs.FRESH[workload](module)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "MiB": peak}))
        return
    name = "keras_api" if module else library.replace("-", "_")
    make = importlib.import_module(f"programs.{name}").STEADY[workload]
    action = make(module) if module else make()
    action()
    start = time.perf_counter()
    action()
    repeats = max(1, int(SHORTEST / (time.perf_counter() - start)))
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        for _ in range(repeats):
            action()
        print(json.dumps((time.perf_counter() - start) / repeats), flush=True)


if __name__ == "__main__":
    main()
