"""Writes what TensorFlow computes for the programs and functions here: `TF_USE_LEGACY_KERAS=1 python record.py`.

Needs TensorFlow (2.21 was used) and tf-keras; the tests need neither.
"""

import json
import os
import runpy
import sys
import tempfile
import traceback
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
RECORDED = HERE.parent / "files" / "tensorflow_networks.json"


def plain(value):
    """Numbers as rounded lists; long ones as their mean, spread and some of them."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return value
    array = np.asarray(value, "float64")
    if array.size <= 12:
        return np.round(array, 7).tolist()
    flat = array.ravel()
    chosen = flat[:: max(len(flat) // 7, 1)]
    return {"shape": list(array.shape), "sum": round(float(flat.sum()), 5), "some": np.round(chosen, 7).tolist(),
            "weighted": round(float((flat * np.cos(np.arange(len(flat)))).sum()), 5)}  # fmt: skip


def run(kind, tf):
    """What each program of a kind finds, and what functions of the kind compute."""
    found = {path.stem: _program(path, kind, tf) for path in sorted(HERE.glob(f"{kind}_*.py"))}
    if kind == "graph":
        tf.reset_default_graph()
    return {**found, "functions": {name: plain(_values(call, kind, tf)) for name, call in _table(kind).items()}}


def _program(path, kind, tf):
    if kind == "graph":
        tf.reset_default_graph()
    before = os.getcwd()
    os.makedirs(path.stem, exist_ok=True)
    os.chdir(path.stem)
    try:
        return {key: plain(value) for key, value in runpy.run_path(str(path))["found"].items()}
    finally:
        os.chdir(before)


def _table(kind):
    return runpy.run_path(str(HERE / "functions.py"))["FIRST" if kind == "graph" else "TODAY"]


def _values(call, kind, tf):
    if kind == "eager":
        return call(tf).numpy()
    with tf.Session() as session:
        return session.run(call(tf))


def attempts(kind, tf):
    """As `run`, with what goes wrong in the place of what is found."""
    failed = {}
    for path in sorted(HERE.glob(f"{kind}_*.py")):
        try:
            failed[path.stem] = _program(path, kind, tf)
        except Exception:
            failed[path.stem] = {"failed": traceback.format_exc()[-1500:]}
    failed["functions"] = {}
    for name, call in _table(kind).items():
        try:
            failed["functions"][name] = plain(_values(call, kind, tf))
        except Exception:
            failed["functions"][name] = {"failed": traceback.format_exc()[-1500:]}
    return failed


if __name__ == "__main__":
    import tensorflow

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        recorded = {"eager": run("eager", tensorflow)}
        tensorflow.compat.v1.disable_v2_behavior()
        sys.modules["tensorflow"] = tensorflow.compat.v1
        recorded["graph"] = run("graph", tensorflow.compat.v1)
    RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
