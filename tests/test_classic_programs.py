"""Programs of Keras 1, Keras 2 and `tf.keras` run as they were written; each ends with checks of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from surroundings import QUICKLY

FOLDER = Path(__file__).parent / "legacy"
AGES = ("keras1", "keras2", "tf_keras")
PROGRAMS = [str(path.relative_to(FOLDER)) for age in AGES for path in sorted((FOLDER / age).glob("*.py"))]
AT_ONCE = 6  # programs a process, as each process takes a second or two to start
GROUPS = [
    pytest.param(PROGRAMS[start : start + AT_ONCE], marks=[pytest.mark.slow] * (start // AT_ONCE % 3 > 0))
    for start in range(0, len(PROGRAMS), AT_ONCE)
]
"""Every third group is run always, all of them with `-m "slow or not slow"`: the whole takes minutes."""


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """The variables that programs run with: small data sets, no screen."""
    folder = tmp_path_factory.mktemp("data")
    subprocess.run([sys.executable, FOLDER / "made_data.py", folder], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KERAS_", "TSUNO_"))}
    home = tmp_path_factory.mktemp("home")
    return {**kept, **QUICKLY, "TSUNO_DATASETS": str(folder), "KERAS_HOME": str(home), "MPLBACKEND": "Agg"}


def run(arguments, surroundings, **options):
    return subprocess.run(
        [sys.executable, *arguments], env=surroundings, capture_output=True, text=True, errors="replace", **options
    )


@pytest.mark.parametrize("programs", GROUPS, ids=lambda programs: f"{programs[0]}-{programs[-1]}")
def test_programs(programs, surroundings):
    done = run([FOLDER / "driver.py", *(FOLDER / program for program in programs)], surroundings)
    found = [line for line in done.stdout.splitlines() if line.startswith("== ")]
    assert done.returncode == 0 and len(found) == len(programs), "\n".join([*found, done.stderr[-6000:]])


def test_the_command_runs_a_program_and_shows_its_error_alone(surroundings, tmp_path):
    done = run(["-m", "tsuno", "run", FOLDER / "keras1" / "mnist_mlp.py"], surroundings, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "ok", done.stderr[-4000:]
    (tmp_path / "wrong.py").write_text("from keras.layers.core import Dense\nDense(output_dim=-1)\n")
    done = run(["-m", "tsuno", "run", tmp_path / "wrong.py"], surroundings, cwd=tmp_path)
    assert done.returncode == 1 and 'wrong.py", line 2' in done.stderr and "running.py" not in done.stderr
