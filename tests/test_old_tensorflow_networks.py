"""Networks written for TensorFlow: programs of both versions, and a table of functions, against recorded numbers.

The programs and the table are in `legacy_tensorflow`, with the script that records what TensorFlow computes. They run
in processes of their own, for `import tensorflow` means Tsuno there.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from surroundings import QUICKLY

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "files" / "tensorflow_networks.json").read_text(encoding="utf-8"))
SCRIPT = """
import json, sys
sys.path.insert(0, sys.argv[1])
import tsuno.legacy
tsuno.legacy.install(tensorflow_1=sys.argv[2] == "graph")
import tensorflow
from record import attempts
json.dump(attempts(sys.argv[2], tensorflow), open("found.json", "w"))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Tsuno computes for each kind of program."""

    folders = {kind: tmp_path_factory.mktemp(kind) for kind in ("graph", "eager")}  # which threads must not make

    def run(kind: str) -> Any:
        folder = folders[kind]
        path = os.pathsep.join([str(HERE.parent / "src"), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(HERE / "legacy_tensorflow"), kind], cwd=folder, capture_output=True,
            text=True, timeout=300, env={**os.environ, **QUICKLY, "PYTHONPATH": path},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        events = list(folder.rglob("events*"))
        return {**json.loads((folder / "found.json").read_text()), "events": [path.stat().st_size for path in events]}

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(folders, pool.map(run, folders), strict=True))


def _leaves(value: Any, path: str = "") -> dict[str, float]:
    if isinstance(value, dict):
        return {key: leaf for name, item in value.items() for key, leaf in _leaves(item, f"{path}/{name}").items()}
    if isinstance(value, list):
        return {key: leaf for at, item in enumerate(value) for key, leaf in _leaves(item, f"{path}/{at}").items()}
    return {path: value}


def _compare(found: Any, expected: Any, tolerance: float = 1e-4) -> None:
    assert not (isinstance(found, dict) and "failed" in found), found["failed"]
    one, other = _leaves(found), _leaves(expected)
    assert one.keys() == other.keys()
    for key, value in other.items():
        if isinstance(value, str):
            assert one[key] == value, key
            continue
        scale = 10 if key.endswith(("/sum", "/weighted")) else 1
        assert np.isclose(one[key], value, rtol=tolerance, atol=scale * tolerance), (key, one[key], value)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, part in RECORDED.items() for name in part if name != "functions"]
)
def test_programs_compute_what_tensorflow_does(kind: str, name: str, found: dict[str, Any]) -> None:
    _compare(found[kind][name], RECORDED[kind][name])


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, part in RECORDED.items() for name in part["functions"]]
)
def test_functions_compute_what_tensorflow_does(kind: str, name: str, found: dict[str, Any]) -> None:
    _compare(found[kind]["functions"][name], RECORDED[kind]["functions"][name], 3e-5)


def test_digits_in_batches(tmp_path: Path) -> None:
    x, y = np.arange(12 * 4, dtype="uint8").reshape(12, 2, 2), np.arange(12, dtype="uint8") % 10
    np.savez(tmp_path / "mnist.npz", x_train=x, y_train=y, x_test=x[:3], y_test=y[:3])
    program = """
import tsuno.legacy
tsuno.legacy.install()
import numpy as np
from tensorflow.examples.tutorials.mnist import input_data
mnist = input_data.read_data_sets("MNIST_data/", one_hot=True, validation_size=2, seed=3)
assert mnist.train.num_examples == 10 and mnist.validation.num_examples == 2 and mnist.test.images.shape == (3, 4)
np.random.seed(3)
orders = [np.arange(10), np.arange(10)]
np.random.shuffle(orders[0])
images, first = mnist.train.images.copy(), []
np.random.seed(3)
batches = [mnist.train.next_batch(4) for _ in range(3)]
assert np.array_equal(np.concatenate([batches[0][0], batches[1][0], batches[2][0][:2]]), images[orders[0]])
assert mnist.train.epochs_completed == 1 and batches[2][1].shape == (4, 10)
assert np.allclose(mnist.test.next_batch(2, shuffle=False)[0], mnist.test.images[:2]) and images.max() <= 1
"""
    path = os.pathsep.join([str(HERE.parent / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, **QUICKLY, "PYTHONPATH": path, "TSUNO_DATASETS": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_summaries_are_written(found: dict[str, Any]) -> None:
    assert (len(found["graph"]["events"]), len(found["eager"]["events"])) == (2, 1)
    assert min(found["graph"]["events"] + found["eager"]["events"]) > 200
