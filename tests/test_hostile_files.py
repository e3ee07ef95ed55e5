"""Files that mean harm or are broken: refused in one sentence that names the file, or loaded without any harm."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from hostile_files import (
    CASES,
    MIB,
    SECRET,
    SIZES,
    Case,
    Outcome,
    Place,
    attempt,
    bytecode,
    edited,
    external_link,
    external_storage,
    group_link,
    message,
    pickled,
    virtual,
)

MOST_SECONDS = 10
LONGEST_MESSAGE = 400
PLAIN = (ValueError, OSError, TypeError)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.close()


def judged(case: Case, outcome: Outcome, path: str) -> list[str]:
    """All that is wrong with what happened."""
    faults = list(outcome.faults)
    error = outcome.error
    if error is None:
        if case.loads is False:
            faults.append("it was loaded")
    else:
        text = message(error)
        if case.loads:
            faults.append(f"it was refused: {text}")
        if not isinstance(error, PLAIN) or isinstance(error, UnicodeError):
            faults.append(f"the error is a {type(error).__name__}: {text[:200]}")
        if not any(word in text for word in (path, *case.says)):
            faults.append(f"the message does not name {[path, *case.says]}: {text[:300]}")
        if len(text) > LONGEST_MESSAGE:
            faults.append(f"the message has {len(text)} characters: {text[:200]}…")
    if outcome.seconds > MOST_SECONDS:
        faults.append(f"it took {outcome.seconds:.0f} s")
    return faults


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_file_does_nothing(case: Case, place: Place) -> None:
    outcome = attempt(case, place)
    name = next((each.name for each in sorted(place.folder.iterdir()) if each.name in _NAMES), "model.keras")
    assert not judged(case, outcome, name)
    if outcome.error is None and case.name.startswith("NaN"):
        assert any("kernel" in text or "dense" in text for text in outcome.warned), "NaN weights are loaded in silence"


_NAMES = {"model.keras", "model.h5", "model.weights.h5", "model.safetensors", "model.weights.json", "archive.tar"}
_NAMES |= {"file.bin", "saved.keras"}


def test_no_size_in_a_file_is_believed() -> None:
    """All in one process that has little memory: what a file claims costs nothing."""
    script = Path(__file__).with_name("hostile_files.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, timeout=180)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert not done.returncode, f"{lines[-1]['name']}: the process ended with {done.returncode}: {done.stderr[-2000:]}"
    outcomes = {found["name"]: found for found in lines}
    faults = []
    for case in SIZES:
        found = outcomes[case.name]
        text, wrong = found["message"], list(found["faults"])
        if not found["kinds"] and case.loads is False:
            wrong.append("it was loaded")
        if found["kinds"] and not {kind.__name__ for kind in PLAIN} & set(found["kinds"]):
            wrong.append(f"the error is a {found['kinds'][0]}: {text[:200]}")
        if found["kinds"] and not any(name in text for name in _NAMES):
            wrong.append(f"the message does not name the file: {text[:200]}")
        if len(text) > LONGEST_MESSAGE:
            wrong.append(f"the message has {len(text)} characters: {text[:200]}")
        if found["seconds"] > MOST_SECONDS:
            wrong.append(f"it took {found['seconds']:.0f} s")
        if found["peak"] > 64 * MIB:
            wrong.append(f"it took {found['peak'] / MIB:.0f} MiB of memory")
        faults += [f"{case.name}: {each}" for each in wrong]
    assert not faults, "\n".join(faults)


def test_the_traps_are_live(place: Place) -> None:
    """Whoever trusts such a file does run its code and read the secret: the tests above could fail."""
    import base64
    import marshal
    import types

    code = marshal.loads(base64.b64decode(bytecode(place)["config"]["code"]))
    types.FunctionType(code, {"open": open})(1)
    assert place.canary.exists()
    place.canary.unlink()
    pickle.loads(pickled(place)).close()
    assert place.canary.exists()
    for edit in (external_link, external_storage, virtual, group_link):
        path = edited("weights", edit)(place)
        with h5py.File(path) as h5:
            assert np.all(h5["layers/dense/vars/0"][()] == SECRET)
        path.unlink()
