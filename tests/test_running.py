"""`tsuno run`: programs of the past as they are, what they are told, and that programs of today pay nothing for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from surroundings import QUICKLY

FILES = Path(__file__).parent / "files"


def python(folder, *arguments, **options):
    environment = {key: value for key, value in os.environ.items() if key != "KERAS_BACKEND"} | QUICKLY
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        **options,
    )


def run(folder, text, *arguments):
    (folder / "program.py").write_text(text, "utf-8")
    return python(folder, "-m", "tsuno", "run", "program.py", *arguments)


LOGISTIC = """
import numpy as np
inputs = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)])
labels = (inputs.sum(axis=1, keepdims=True) > 1).astype(int)
"""
SESSION = (
    LOGISTIC
    + """
import tensorflow as tf

x = tf.placeholder(tf.float32, shape=[None, 3])
t = tf.placeholder(tf.float32, shape=[None, 1])
weights, bias = tf.Variable(tf.zeros([3, 1])), tf.Variable(tf.zeros([1]))
p = tf.nn.sigmoid(tf.matmul(x, weights) + bias)
loss = -tf.reduce_sum(t * tf.log(p) + (1 - t) * tf.log(1 - p))
step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
right = tf.equal(tf.to_float(tf.greater(p, 0.5)), t)
session = tf.Session()
session.run(tf.global_variables_initializer())
for _ in range(200):
    session.run(step, feed_dict={x: inputs, t: labels})
feed = {x: inputs, t: labels}
print(session.run(weights).ravel().tolist() + session.run(bias).tolist())
print(p.eval(session=session, feed_dict=feed).ravel().tolist())
print(right.eval(session=session, feed_dict=feed).all())
"""
)


def test_a_session_gives_the_numbers_that_it_gave(tmp_path):
    done = run(tmp_path, SESSION)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    variables, probabilities, right = done.stdout.splitlines()
    assert json.loads(variables) == pytest.approx([3.6166463] * 3 + [-5.25318], rel=1e-5)
    two = [0.16293728, 0.87869316]
    expected = [0.00520364, two[0], two[0], two[1], two[0], two[1], two[1], 0.9963038]
    assert json.loads(probabilities) == pytest.approx(expected, rel=1e-5)
    assert right == "True"


LISTING = (
    LOGISTIC
    + """
import sys
from keras.models import Sequential
from keras.layers.core import Dense, Activation
from keras.optimizers import SGD

model = Sequential()
model.add(Dense(output_dim=1, input_dim=3))
model.add(Activation("sigmoid"))
model.compile(SGD(lr=0.1), "binary_crossentropy", metrics=["accuracy"])
history = model.fit(inputs, labels, nb_epoch=200, batch_size=1, verbose=0)
assert (model.predict_classes(inputs) == labels).all()
assert abs(model.predict_proba(inputs)[0, 0] - 0.005) < 1e-3, model.predict_proba(inputs)
assert history.history["acc"][-1] == 1.0
print(sys.argv)
"""
)


def test_a_listing_of_keras_1(tmp_path):
    done = run(tmp_path, LISTING, "--epochs", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['program.py', '--epochs', '3']"
    notes = done.stderr.splitlines()
    assert notes == [
        "program.py:12: `output_dim` of Dense is now `units`.",
        "program.py:14: `lr` of SGD is now `learning_rate`.",
        "program.py:15: `nb_epoch` of Model.fit is now `epochs`.",
        "program.py:16: `predict_classes` is now `np.argmax(model.predict(x), -1)`, or `model.predict(x) > 0.5`.",
        "program.py:17: `predict_proba` is now `predict`.",
    ]


def test_what_a_program_raises_is_shown_from_its_own_lines_on(tmp_path):
    done = run(tmp_path, "import keras\n\ndef broken():\n    raise KeyError('mine')\n\nbroken()\n")
    lines = done.stderr.splitlines()
    assert done.returncode == 1 and lines[0].startswith("Traceback") and 'File "program.py", line 6' in lines[1]
    assert not any("runpy" in line for line in lines)
    assert run(tmp_path, "import sys\nsys.exit(3)").returncode == 3


MISSING = {
    "import keras.layerz": "No module named 'keras.layerz'",
    "from keras.layers import Dens": "`keras.layers` has no 'Dens'. Did you mean 'Dense'?",
    "import keras\nkeras.layers.Dens": "`keras.layers` has no 'Dens'. Did you mean 'Dense'?",
    "import tensorflow as tf\ntf.reduce_summ": "`tf` has no `reduce_summ` here. Did you mean 'reduce_sum'?",
    "import tensorflow as tf\ntf.raw_ops": "`tf` has no `raw_ops` here.",
    "import tensorflow as tf\nx = tf.placeholder(tf.float32, [2])\ntf.Session().run(x + 1)": "has no value: what is "
    "asked for depends on it",
}
TRYING = """
import json
for text in json.loads(TEXTS):
    try:
        exec(text, {})
        print(json.dumps("nothing"))
    except Exception as problem:
        print(json.dumps(str(problem)))
"""


def test_what_is_not_there_is_said_by_name(tmp_path):
    done = run(tmp_path, f"TEXTS = {json.dumps(list(MISSING))!r}\n{TRYING}")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(said) == len(MISSING), done.stderr
    for (text, sentence), found in zip(MISSING.items(), said, strict=True):
        assert sentence in found, text


def test_there_must_be_a_program(tmp_path):
    done = python(tmp_path, "-m", "tsuno", "run", "nothing.py")
    assert done.returncode == 1 and "There is no program 'nothing.py' to run." in done.stderr


def test_programs_of_today_bring_in_nothing_of_the_past(tmp_path):
    text = """
import sys
import numpy as np, tsuno
from tsuno import layers
tsuno.utils.set_random_seed(1)
model = tsuno.Sequential([tsuno.Input((4,)), layers.Dense(8, activation="relu"), layers.Dropout(0.5), layers.Dense(1)])
model.compile(tsuno.optimizers.Adam(1e-3), "mse", metrics=["mae"])
model.fit(np.ones((32, 4)), np.ones((32, 1)), epochs=2, verbose=0, validation_split=0.5)
model.save("model.keras")
again = tsuno.saving.load_model("model.keras")
model.save_weights("model.weights.h5")
again.load_weights("model.weights.h5")
tsuno.models.clone_model(again).predict(np.ones((2, 4)), verbose=0)
print([name for name in sys.modules if name.startswith("tsuno.legacy")])
"""
    (tmp_path / "program.py").write_text(text)
    done = python(tmp_path, "program.py")
    assert done.stdout.strip() == "[]", done.stderr


OLD_NAMES = """
import gzip, importlib, inspect, json, sys, warnings
import tsuno.legacy
tsuno.legacy.install()
warnings.simplefilter("ignore")
import keras, tensorflow

def find(path):
    here, name = keras, "keras"
    for part in path.split("."):
        name = f"{name}.{part}"
        try:
            here = getattr(here, part)
        except AttributeError:
            if not inspect.ismodule(here):
                raise
            here = importlib.import_module(name)
    return here

found = {}
for tag, names in json.load(gzip.open(sys.argv[1])).items():
    there, taken, wanted = 0, 0, 0
    for path, parameters in names.items():
        wanted += len(parameters)
        try:
            thing = find(path)
        except (AttributeError, ImportError):
            continue
        there += 1
        if parameters:
            known = inspect.signature(thing.__init__ if inspect.isclass(thing) else thing).parameters
            taken += sum(name in known for name in parameters)
    found[tag] = there / len(names), taken / wanted
from keras.layers.core import Dense
import tensorflow.keras.layers, tf_keras.src.layers, tensorflow.python.keras.engine.base_layer as base
same = {Dense, tensorflow.keras.layers.Dense, tf_keras.src.layers.Dense, keras.layers.Dense, tsuno.layers.Dense}
class Own(Dense):
    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)
print(json.dumps([found, len(same), sorted(Own(3).get_config())]))
"""


def test_old_names_and_arguments(tmp_path):
    """Of the names of Keras 1.2.2, 2.1.6, 2.3.1 and 2.15 nearly all are there, with their arguments; as are ours."""
    (tmp_path / "names.py").write_text(OLD_NAMES)
    done = python(tmp_path, "names.py", str(FILES / "old_names.json.gz"))
    assert done.returncode == 0, done.stderr[-2000:]
    found, same, config = json.loads(done.stdout)
    for tag, (names, arguments) in found.items():
        assert names >= 0.95, (tag, names)
        assert arguments >= 0.9, (tag, arguments)
    assert same == 1
    assert "output_dim" not in config and "units" in config
