"""Distillation as in Keras: losses, learning curves, configurations and files."""

import json

import keras
import numpy as np
import pytest

import tsuno
from tsuno.distillation import DistillationLoss, Distiller, FeatureDistillation, LogitsDistillation

X = np.random.RandomState(0).normal(size=(24, 4)).astype("float32")
Y = (np.arange(24) % 3).astype("int32")
TEACHER, STUDENT = np.random.RandomState(1).normal(size=(2, 5, 3)).astype("float32")


def network(k, units, prefix, activation=None):
    model = k.Sequential(
        [
            k.Input((4,)),
            k.layers.Dense(units, activation="relu", name=f"{prefix}_hidden"),
            k.layers.Dense(3, activation=activation, name=f"{prefix}_out"),
        ],
        name=prefix,
    )
    random = np.random.RandomState(units)
    model.set_weights([random.normal(size=weight.shape) * 0.5 for weight in model.weights])
    return model


def distiller(k, make_losses, activation=None, **kwargs):
    teacher, student = network(k, 6, "teacher", activation), network(k, kwargs.pop("units", 5), "student", activation)
    made = k.distillation.Distiller(teacher, student, make_losses(k.distillation, k.losses), **kwargs)
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=activation is None)
    made.compile(k.optimizers.SGD(0.1), loss, metrics=["accuracy"])
    return made


def both(make):
    return make(tsuno), make(keras)


# ---------------------------------------------------------------------- losses

LOSSES = {
    "by name": lambda d, losses: d.LogitsDistillation(),
    "softened": lambda d, losses: d.LogitsDistillation(2.0, losses.KLDivergence()),
    "crossentropy": lambda d, losses: d.LogitsDistillation(4.0, losses.CategoricalCrossentropy(from_logits=True)),
    "squares": lambda d, losses: d.LogitsDistillation(1.5, "mse"),
    "features": lambda d, losses: d.FeatureDistillation(),
    "cosine": lambda d, losses: d.FeatureDistillation("cosine_similarity"),
    "object": lambda d, losses: d.FeatureDistillation(losses.MeanAbsoluteError()),
}
SEVERAL = {
    "logits": lambda d, losses: d.LogitsDistillation(2.0, [losses.KLDivergence(), None]),
    "features": lambda d, losses: d.FeatureDistillation([None, "mae"]),
    "both": lambda d, losses: d.FeatureDistillation(["mse", "mae"]),
}


@pytest.mark.parametrize("make", LOSSES.values(), ids=LOSSES)
def test_losses_equal_keras(make):
    ours, theirs = both(lambda k: make(k.distillation, k.losses))
    np.testing.assert_allclose(
        ours.compute_loss(TEACHER, STUDENT), theirs.compute_loss(TEACHER, STUDENT), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("make", SEVERAL.values(), ids=SEVERAL)
def test_losses_of_several_outputs_equal_keras(make):
    ours, theirs = both(lambda k: make(k.distillation, k.losses))
    pair = [TEACHER, TEACHER[:, :2]], [STUDENT, STUDENT[:, :2]]
    np.testing.assert_allclose(ours.compute_loss(*pair), theirs.compute_loss(*pair), rtol=1e-5)
    with pytest.raises(ValueError, match=r"must have the structure of the outputs, of which there is one"):
        ours.validate_outputs(TEACHER, STUDENT)


@pytest.mark.parametrize(
    "make", [*LOSSES.values(), *SEVERAL.values()], ids=[*LOSSES, *(f"{name} of two" for name in SEVERAL)]
)
def test_configurations_are_keras_own(make):
    ours, theirs = both(lambda k: make(k.distillation, k.losses))
    assert plain(ours.get_config()) == plain(theirs.get_config())
    made = type(ours).from_config(theirs.get_config())
    assert plain(made.get_config()) == plain(theirs.get_config())
    assert plain(type(theirs).from_config(ours.get_config()).get_config()) == plain(theirs.get_config())


def plain(config):
    """A configuration without what differs for all objects: registered names, and the dtype that ours say for losses."""
    if isinstance(config, dict):
        return {key: plain(value) for key, value in config.items() if key not in ("registered_name", "dtype")}
    return [plain(item) for item in config] if isinstance(config, (list, tuple)) else config


# ---------------------------------------------------------------------- training

CURVES = {
    "softmax": (LOSSES["by name"], {"activation": "softmax"}),
    "weighted": (lambda d, losses: [LOSSES["softened"](d, losses), LOSSES["features"](d, losses)],
                 {"distillation_loss_weights": [0.7, 0.2], "student_loss_weight": 0.3}),
    "layers": (lambda d, losses: [d.FeatureDistillation("mse", "teacher_hidden", "student_hidden"), LOSSES["softened"](d, losses)],
               {"units": 6}),
    "labels only": (LOSSES["squares"], {"student_loss_weight": 1.0}),
    "teacher only": (LOSSES["squares"], {"student_loss_weight": 0.0}),
}  # fmt: skip


@pytest.mark.parametrize(("make", "kwargs"), CURVES.values(), ids=CURVES)
def test_learning_curves_equal_keras(make, kwargs):
    ours, theirs = both(lambda k: distiller(k, make, **kwargs))
    curves = [d.fit(X, Y, batch_size=12, epochs=3, shuffle=False, verbose=0).history for d in (ours, theirs)]
    assert list(curves[0]) == list(curves[1])
    for name, values in curves[1].items():
        np.testing.assert_allclose(curves[0][name], values, rtol=1e-5, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(ours.predict(X, verbose=0), theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-5)


def test_evaluation_equals_keras_and_teacher_stays():
    ours, theirs = both(lambda k: distiller(k, CURVES["layers"][0], units=6))
    before = ours.teacher.get_weights()
    for made in (ours, theirs):
        made.fit(X, Y, batch_size=24, shuffle=False, verbose=0)
    measured, expected = (made.evaluate(X, Y, batch_size=12, verbose=0, return_dict=True) for made in (ours, theirs))
    assert measured == pytest.approx(expected, rel=1e-5)
    assert all((a == b).all() for a, b in zip(before, ours.teacher.get_weights(), strict=True))
    assert not ours.teacher.trainable_variables
    assert [w.path for w in ours.trainable_weights] == [w.path for w in theirs.trainable_weights]


def test_compiled_parts_and_eager_steps_change_nothing():
    plainly = distiller(tsuno, CURVES["layers"][0], units=6)
    eagerly = distiller(tsuno, CURVES["layers"][0], units=6)
    for part in (eagerly.teacher, eagerly.student):
        part.compile("sgd", tsuno.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
        part.evaluate(X[:8], Y[:8], verbose=0)
    eagerly.run_eagerly = True
    kept = {"batch_size": 24, "epochs": 2, "shuffle": False, "verbose": 0}
    expected, curves = plainly.fit(X, Y, **kept).history, eagerly.fit(X, Y, **kept).history
    assert list(curves) == list(expected)
    for name, values in expected.items():
        assert curves[name] == pytest.approx(values, rel=1e-5), name


def test_sample_weights_count_in_the_students_loss():
    made = distiller(tsuno, LOSSES["softened"], student_loss_weight=1.0)
    weight = (Y == 0).astype("float32")
    loss = made.evaluate(X, Y, sample_weight=weight, batch_size=24, verbose=0, return_dict=True)["student_loss"]
    alone = made.evaluate(X[Y == 0], Y[Y == 0], batch_size=24, verbose=0, return_dict=True)["student_loss"]
    assert loss == pytest.approx(alone / 3, rel=1e-5)


def test_several_outputs():
    def make(units, name):
        inputs = tsuno.Input((4,))
        outputs = [tsuno.layers.Dense(3, activation="softmax")(inputs), tsuno.layers.Dense(units)(inputs)]
        return tsuno.Model(inputs, outputs, name=name)

    parts = [LogitsDistillation(loss=["kl_divergence", None]), FeatureDistillation([None, "mse"])]
    made = Distiller(make(1, "teacher"), make(1, "student"), parts)
    made.compile("sgd", ["sparse_categorical_crossentropy", "mse"])
    logs = made.evaluate(X, [Y, X[:, :1]], batch_size=24, verbose=0, return_dict=True)
    taught, own = made.teacher.predict(X, verbose=0), made.student.predict(X, verbose=0)
    far = float(np.mean(np.sum(taught[0] / 3 * np.log(taught[0] / own[0]), axis=-1)))
    assert logs["distillation_loss"] == pytest.approx(far + np.mean((taught[1] - own[1]) ** 2), rel=1e-5)
    expected = np.mean(-np.log(own[0][np.arange(24), Y])) + np.mean((X[:, :1] - own[1]) ** 2)
    assert logs["student_loss"] == pytest.approx(expected, rel=1e-5)


class Own(tsuno.Model):
    """A model without symbolic tensors, as Keras' users write them."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = tsuno.layers.Dense(units)

    def call(self, inputs, training=None):
        return self.dense(inputs)


class Gap(DistillationLoss):
    def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        return tsuno.ops.max(abs(teacher_outputs - student_outputs))


def test_models_and_losses_of_ones_own():
    made = Distiller(Own(name="teacher"), Own(name="student"), [Gap(), LogitsDistillation()])
    made.compile("adam", "mse")
    history = made.fit(X, np.eye(3)[Y], epochs=2, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    assert made.teacher.built and len(made.teacher.weights) == 2


# ---------------------------------------------------------------------- files


@pytest.mark.parametrize("name", ["layers", "weighted"])
def test_files_are_read_by_both(name, tmp_path):
    make, kwargs = CURVES[name]
    ours, theirs = both(lambda k: distiller(k, make, **kwargs))
    assert plain(ours.get_config()["distillation_losses"]) == plain(theirs.get_config()["distillation_losses"])
    assert set(ours.get_config()) == set(theirs.get_config())
    theirs.fit(X, Y, shuffle=False, verbose=0)
    ours.fit(X, Y, shuffle=False, verbose=0)
    expected = theirs.predict(X, verbose=0)
    theirs.save(tmp_path / "theirs.keras")
    ours.save(tmp_path / "ours.keras")
    read = [tsuno.models.load_model(tmp_path / path) for path in ("theirs.keras", "ours.keras")]
    for made in read:
        np.testing.assert_allclose(made.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)
        assert made.student_loss_weight == theirs.student_loss_weight
    with pytest.raises(RuntimeError, match="does not say the student's loss"):
        read[0].fit(X, Y, verbose=0)
    again = [made.fit(X, Y, shuffle=False, verbose=0).history["loss"] for made in (ours, read[1])]
    assert again[0] == again[1]  # loaded, it is compiled and has the optimizer's state
    read = keras.models.load_model(tmp_path / "ours.keras", compile=False)
    np.testing.assert_allclose(read.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)
    assert json.dumps(ours.get_compile_config())


# ---------------------------------------------------------------------- wrong input

t, s = (lambda: network(tsuno, 6, "teacher")), (lambda: network(tsuno, 5, "student"))
wide = lambda: tsuno.Sequential([tsuno.Input((7,)), tsuno.layers.Dense(3)])
WRONG = {
    "teacher": (lambda: Distiller("big", s(), LogitsDistillation()), r"`Distiller.teacher` must be a model; got 'big'"),
    "inputs": (lambda: Distiller(t(), wide(), LogitsDistillation()), r"inputs like the teacher's, of shape \(None, 4\)"),
    "no loss": (lambda: Distiller(t(), s(), None), r"`Distiller.distillation_losses` must be a DistillationLoss"),
    "weights": (lambda: Distiller(t(), s(), [Gap(), Gap()], [1.0]), r"one number for each of the 2"),
    "share": (lambda: Distiller(t(), s(), Gap(), student_loss_weight=1.5), r"must be a number from 0 to 1; got 1.5"),
    "layer": (lambda: Distiller(t(), s(), FeatureDistillation("mse", "teacher_hiden")), r"Did you mean 'teacher_hidden'"),
    "subclass": (lambda: Distiller(Own(), s(), FeatureDistillation("mse", "a", "b")), r"is not built of symbolic tensors"),
    "temperature": (lambda: LogitsDistillation(0), r"`LogitsDistillation.temperature` must be a number above 0; got 0"),
    "nothing": (lambda: LogitsDistillation(loss=[None]), r"a loss for one output at least"),
    "unknown": (lambda: FeatureDistillation("mean_sqared_error"), r"Did you mean 'mean_squared_error'"),
    "compile": (lambda: Distiller(t(), s(), Gap()).compile("sgd"), r"the student's loss on the labels; got None"),
    "metrics": (lambda: Distiller(t(), s(), Gap()).compile("sgd", "mse", "mae"), r"metrics` must be a list; got 'mae'"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_loss_that_is_no_scalar():
    class Vector(DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return teacher_outputs[:, 0]

    made = Distiller(t(), s(), Vector())
    made.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match=r"`Vector.compute_loss` must return a scalar; got shape \(24,\)"):
        made.fit(X, Y, verbose=0)
