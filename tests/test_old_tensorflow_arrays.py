"""The array part of `import tensorflow as tf`: the numbers of TensorFlow 2.21, at once, in graphs and in `tf.function`.

What TensorFlow gives was recorded by `old_tensorflow_rows.py record`. That module runs here under Tsuno in processes of
its own, for programs of the past change classes for a whole process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from old_tensorflow_rows import DATA, FILE, FIRST, GRADIENTS, OLDEST, ROWS
from surroundings import QUICKLY

RECORDED = json.loads(FILE.read_text())
PARTS = ("eager pipelines gradients facts_at_once", "gradients_in_graphs facts_of_graphs", "function", "graph")


class Found(dict[str, Any]):
    """What each mode gives; a part is run when the first of its modes is asked for."""

    def __missing__(self, mode: str) -> Any:
        here, part = Path(__file__).parent, next(part for part in PARTS if mode in part.split())
        settings = {**os.environ, **QUICKLY, "PYTHONPATH": str(here.parent / "src"), "PYTHONWARNINGS": "ignore"}
        command = [sys.executable, str(here / "old_tensorflow_rows.py"), *part.split()]
        done = subprocess.run(command, capture_output=True, env=settings, text=True, timeout=300)
        assert not done.returncode, done.stderr[-3000:]
        self.update(json.loads(done.stdout.splitlines()[-1]))
        return self[mode]


@pytest.fixture(scope="module")
def found() -> Found:
    return Found()


def difference(mine: Any, theirs: list[Any]) -> str:
    """What differs between lists of arrays; nothing if they are equal."""
    if isinstance(mine, str) or len(mine) != len(theirs):
        return f"{mine} instead of {len(theirs)} results"
    for a, b in zip(mine, theirs, strict=True):
        if (a["shape"], a["kind"]) != (b["shape"], b["kind"]):
            return f"{a['shape']} {a['kind']} instead of {b['shape']} {b['kind']}"
        if a["kind"] == "S":
            if a["values"] != b["values"]:
                return f"{a['values']} instead of {b['values']}"
            continue
        here, there = np.asarray(a["values"]), np.asarray(b["values"])
        scale = max(1.0, float(np.nanmax(np.abs(there), initial=0.0)))
        if not np.allclose(here, there, rtol=2e-6, atol=1e-6 * scale, equal_nan=True):
            return f"{here} instead of {there}"
    return ""


def differences(mine: dict[str, Any], theirs: dict[str, Any], rows: Any) -> dict[str, str]:
    return {row: what for row in rows if (what := difference(mine[row], theirs[row]))}


MODES = ["eager", pytest.param("function", marks=pytest.mark.slow), pytest.param("graph", marks=pytest.mark.slow)]


@pytest.mark.parametrize("mode", MODES)
def test_numbers_of_tensorflow(found: dict[str, Any], mode: str) -> None:
    rows = [*ROWS, *FIRST, *OLDEST] if mode == "graph" else ROWS
    assert len(ROWS) > 150 and len(RECORDED["rows"]) == len(ROWS) + len(FIRST) + len(OLDEST)
    assert not differences(found[mode], RECORDED["rows"], rows)


@pytest.mark.parametrize("mode", ["gradients", "gradients_in_graphs"])
def test_gradients_of_tensorflow(found: dict[str, Any], mode: str) -> None:
    assert len(GRADIENTS) > 20
    assert not differences(found[mode], RECORDED["gradients"], GRADIENTS)


def test_pipelines_of_tensorflow(found: dict[str, Any]) -> None:
    """Element by element."""
    wrong = {}
    for row in DATA:
        mine, theirs = found["pipelines"][row], RECORDED["pipelines"][row]
        same = not isinstance(mine, str) and len(mine) == len(theirs)
        wrong[row] = (
            [difference(a, b) for a, b in zip(mine, theirs, strict=True)] if same else [f"{mine}, not {theirs}"]
        )
    assert len(DATA) > 40
    assert not {row: what for row, what in wrong.items() if any(what)}


@pytest.mark.parametrize("mode", ["facts_at_once", "facts_of_graphs"])
def test_randomness_branches_and_the_rest(found: dict[str, Any], mode: str) -> None:
    assert not {fact: both for fact, both in found[mode].items() if both[0] != both[1]}
