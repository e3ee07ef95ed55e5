"""Old forms do today what they did, each with one short note of what it is called now."""

import concurrent.futures
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from old_forms import FORMS

HERE = Path(__file__).parent
DRIVERS = 2


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KERAS_", "TSUNO_"))}
    return {**kept, "KERAS_HOME": str(tmp_path_factory.mktemp("home")), "MPLBACKEND": "Agg"}


@pytest.fixture(scope="module")
def results(surroundings):
    """What came of every row, by its place; run in few processes."""

    def part(first):
        command = [sys.executable, HERE / "old_forms_driver.py", str(first), str(DRIVERS)]
        return subprocess.run(command, env=surroundings, capture_output=True, text=True, errors="replace")

    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(part, range(DRIVERS)))
    found = [json.loads(line) for each in done for line in each.stdout.splitlines() if line.startswith("{")]
    assert len(found) == len(FORMS), [each.stderr[-3000:] for each in done]
    return {each["place"]: each for each in found}


@pytest.mark.parametrize("place", range(len(FORMS)), ids=[f"{form.row} {form.old}" for form in FORMS])
def test_an_old_form(place, results):
    form, result = FORMS[place], results[place]
    assert result["failed"] is None, f"{form.code}\n{result['failed']}"
    assert form.problem(result["notes"]) is None
