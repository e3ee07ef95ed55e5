"""Old forms do today what they did, each with one short note of what it is called now."""

import concurrent.futures
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from old_forms import FORMS
from surroundings import QUICKLY

HERE = Path(__file__).parent
DRIVERS = 2


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KERAS_", "TSUNO_"))}
    return {**kept, **QUICKLY, "KERAS_HOME": str(tmp_path_factory.mktemp("home")), "MPLBACKEND": "Agg"}


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


PROGRAM = """import sys
from keras.models import Sequential
from keras.layers.core import Dense
from keras.layers import Convolution2D
from keras import backend as K
for i in range(3):
    model = Sequential()
    model.add(Dense(output_dim=4, input_dim=2))
    model.add(Dense(output_dim=1, activation='relu'))
    Convolution2D(8, 3, 3)
    Convolution2D(16, 3, 3)
Dense(3, activation='relu', kernel_initializer='uniform')
print(K.image_dim_ordering(), sys.argv[1:], __name__)
"""


def test_a_program_hears_of_each_form_once_at_its_line(surroundings, tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "theano", "image_dim_ordering": "th"}')
    (tmp_path / "prog.py").write_text(PROGRAM)
    around = {**surroundings, "KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "theano"}
    done = subprocess.run(
        [sys.executable, "-m", "tsuno", "run", "prog.py", "5"], env=around, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout == "th ['5'] __main__\n", done.stderr
    assert done.stderr.splitlines() == [
        "prog.py:2: The backend 'theano' is left aside: Tsuno computes with JAX.",
        "prog.py:8: `output_dim` of Dense is now `units`.",
        "prog.py:10: Convolution2D(8, 3, 3) is read as in Keras 1: the numbers after the first are the sizes of the "
        "window.",
    ]


def test_a_program_of_python_2_is_called_that(surroundings, tmp_path):
    (tmp_path / "prog.py").write_text("import keras\nprint 'a'\n")
    done = subprocess.run(
        [sys.executable, "-m", "tsuno", "run", "prog.py"],
        env=surroundings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "prog.py, line 2, is Python 2" in done.stderr


def test_what_only_python_2_had_is_called_that(surroundings, tmp_path):
    (tmp_path / "prog.py").write_text("for k, v in {'a': 1}.iteritems():\n    print(k)\n")
    done = subprocess.run(
        [sys.executable, "-m", "tsuno", "run", "prog.py"],
        env=surroundings,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "has no attribute 'iteritems'\nThis is Python 2. To turn" in done.stderr
