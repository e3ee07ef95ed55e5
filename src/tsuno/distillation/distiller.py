"""The model that trains a student by a teacher."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tsuno import losses, metrics, ops
from tsuno.core import tree
from tsuno.core.errors import describe, invalid
from tsuno.core.validate import Fraction
from tsuno.losses.base import LossFunctionWrapper
from tsuno.models import Model

_FINAL = "final_output"


class Distiller(Model):
    """Trains a student on labels and, at the same time, on what a trained teacher makes of the same inputs.

    loss = w · student loss + (1 − w) · Σ weight · distillation loss

    Args:
        teacher: the trained model to learn from; its weights are frozen.
        student: the model that learns; with inputs and outputs of the same shapes and dtypes.
        distillation_losses: a `LogitsDistillation`, `FeatureDistillation` or `DistillationLoss` of your own, or a list
            of them.
        distillation_loss_weights: a number for each of them, all 1 by default.
        student_loss_weight: w, from 0 to 1.
        name: a name.
        **kwargs: further arguments of `Model`.

    `fit` logs `student_loss`, `distillation_loss` and `total_loss` beside the metrics; predictions are the student's.

    Attributes:
        teacher: the teacher.
        student: the student, to be used on its own after training.

    Example:
        >>> teacher = tsuno.Sequential([tsuno.Input((4,)), tsuno.layers.Dense(8), tsuno.layers.Dense(3)])
        >>> student = tsuno.Sequential([tsuno.Input((4,)), tsuno.layers.Dense(3)])
        >>> softened = tsuno.distillation.LogitsDistillation(temperature=3.0, loss=tsuno.losses.KLDivergence())
        >>> distiller = tsuno.distillation.Distiller(teacher, student, softened, student_loss_weight=0.3)
        >>> distiller.compile("adam", tsuno.losses.SparseCategoricalCrossentropy(from_logits=True))
        >>> history = distiller.fit(np.ones((8, 4)), np.zeros(8), verbose=0)
        >>> sorted(history.history)
        ['distillation_loss', 'loss', 'student_loss', 'total_loss']

    Source: Hinton, Vinyals and Dean, *Distilling the Knowledge in a Neural Network*, 2015.
    """

    _config_module = "keras.distillation"

    def __init__(
        self,
        teacher: Model,
        student: Model,
        distillation_losses: Any,
        distillation_loss_weights: Any = None,
        student_loss_weight: Fraction = 0.5,
        name: str = "distiller",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        _check_models(teacher, student)
        self.teacher, self.student = teacher, student
        self.student_loss_weight = student_loss_weight
        self.distillation_losses = _listed(distillation_losses)
        count = len(self.distillation_losses)
        weights = [1.0] * count if distillation_loss_weights is None else _listed(distillation_loss_weights)
        if len(weights) != count:
            raise ValueError(
                f"`Distiller.distillation_loss_weights` must have one number for each of the {count} "
                f"`distillation_losses`; got {describe(distillation_loss_weights)}."
            )
        self.distillation_loss_weights = weights
        for loss in self.distillation_losses:
            if not hasattr(loss, "compute_loss"):
                raise invalid(
                    "Distiller.distillation_losses",
                    "a DistillationLoss or a list of them",
                    loss,
                    "For instance: tsuno.distillation.LogitsDistillation().",
                )
            loss.validate_model_compatibility(teacher, student)
        self._teacher_feature_extractor = self._extractor(teacher, "teacher_layer_name")
        self._student_feature_extractor = self._extractor(student, "student_layer_name")
        teacher.trainable = False
        self.student_loss_tracker = metrics.Mean(name="student_loss")
        self.distillation_loss_tracker = metrics.Mean(name="distillation_loss")
        self.total_loss_tracker = metrics.Mean(name="total_loss")

    def _extractor(self, model: Model, which: str) -> Model | None:
        """A model with the outputs of the layers that losses name, beside the final ones; None if they name none."""
        names = dict.fromkeys(name for loss in self.distillation_losses if (name := getattr(loss, which, None)))
        if not names:
            return None
        outputs = {_FINAL: model.output, **{name: model.get_layer(name).output for name in names}}
        return Model(model.inputs, outputs, name=f"{model.name}_multi_feature_extractor")

    def outputs_for(self, inputs: Any) -> Any:
        if not self.teacher.built:
            self.teacher.outputs_for(inputs)
        return super().outputs_for(inputs)

    def compile(  # type: ignore[override]
        self, optimizer: Any = "adam", loss: Any = None, metrics: Any = None, **kwargs: Any
    ) -> None:
        """Choose how the student is trained.

        Args:
            optimizer: an optimizer, or its name.
            loss: the student's loss on the labels: its name, a function of `(y_true, y_pred)` or a `Loss`; a structure
                of them for several outputs.
            metrics: a list of what else to measure.
            **kwargs: further arguments of `Model.compile`.

        Raises:
            ValueError: there is no loss.
        """
        if loss is None:
            raise invalid("Distiller.compile.loss", "the student's loss on the labels", loss)
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            raise invalid("Distiller.compile.metrics", "a list", metrics)
        self._student_loss = tree.map_structure(_as_loss, loss)
        super().compile(optimizer=optimizer, loss=None, metrics=metrics, **kwargs)
        assert self.compiled is not None
        self.compiled.arguments["loss"] = loss  # so that a saved distiller is compiled again when it is loaded

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        if config.get("loss") is not None:
            return super().compile_from_config(config)
        super().compile_from_config({**config, "loss": _not_said})
        assert self.compiled is not None
        self.compiled.arguments["loss"] = None
        return None

    def call(self, inputs: Any, training: Any = None, **kwargs: Any) -> Any:
        return self.student(inputs, training=training, **kwargs)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss that `student_loss_weight` mixes from the student's and the distillation losses.

        Args:
            x: the inputs.
            y: the labels; without them only the distillation losses count.
            y_pred: the student's outputs, computed here by default.
            sample_weight: how much each sample counts in the student's loss.
            training: whether the student is in training.
        """
        if y_pred is None:
            y_pred = self(x, training=training)
        student_loss = distillation_loss = ops.zeros(())
        if self.student_loss_weight > 0 and y is not None:
            student_loss = self._labels_loss(y, y_pred, sample_weight)
        if self.student_loss_weight < 1:
            distillation_loss = self._teacher_loss(x, y_pred, training)
        total = self.student_loss_weight * student_loss + (1.0 - self.student_loss_weight) * distillation_loss
        self.student_loss_tracker.update_state(student_loss)
        self.distillation_loss_tracker.update_state(distillation_loss)
        self.total_loss_tracker.update_state(total)
        return total

    def _labels_loss(self, y: Any, y_pred: Any, sample_weight: Any) -> Any:
        weights = [] if sample_weight is None else tree.flatten(sample_weight)
        weights = weights * len(tree.flatten(y)) if len(weights) == 1 else weights or [None] * len(tree.flatten(y))
        left, loss = iter(weights), self._student_loss
        if not tree.is_nested(loss):
            loss = tree.map_structure(lambda _: self._student_loss, y_pred)
        parts = tree.map_structure(
            lambda fn, target, output: fn(target, output, sample_weight=next(left)), loss, y, y_pred
        )
        return sum(ops.mean(part) for part in tree.flatten(parts))

    def _teacher_loss(self, x: Any, y_pred: Any, training: bool) -> Any:
        """The weighted sum of the distillation losses."""
        of_teacher: dict[str, Any] = (
            {_FINAL: self.teacher(x, training=False)}
            if self._teacher_feature_extractor is None
            else self._teacher_feature_extractor(x, training=False)
        )
        of_student: dict[str, Any] = {_FINAL: y_pred}
        if self._student_feature_extractor is not None:
            of_student |= self._student_feature_extractor(x, training=training)
        total = ops.zeros(())
        for loss, weight in zip(self.distillation_losses, self.distillation_loss_weights, strict=True):
            taught = getattr(loss, "teacher_layer_name", None)
            learned = taught and getattr(loss, "student_layer_name", None)
            pair = of_teacher[taught or _FINAL], of_student[learned] if learned else y_pred
            loss.validate_outputs(*pair)
            value = loss.compute_loss(*pair)
            if tuple(getattr(value, "shape", ())):
                raise ValueError(
                    f"`{type(loss).__name__}.compute_loss` must return a scalar; got shape {tuple(value.shape)}. "
                    "Take the mean with `tsuno.ops.mean`."
                )
            total = total + weight * value
        return total


def _check_models(teacher: Any, student: Any) -> None:
    """Raise unless both are models whose inputs and outputs, as far as they are known, agree."""
    for role, model in (("teacher", teacher), ("student", student)):
        if not isinstance(model, Model):
            raise invalid(f"Distiller.{role}", "a model", model)
    if teacher.graph is None or student.graph is None:
        return
    for what in ("inputs", "outputs"):
        theirs, own = getattr(teacher, what), getattr(student, what)
        if len(theirs) != len(own):
            raise ValueError(
                f"`Distiller.student` must have as many {what} as the teacher, {len(theirs)}; it has {len(own)}."
            )
        for a, b in zip(theirs, own, strict=True):
            same = len(a.shape) == len(b.shape) and all(
                m == n or m is None or n is None for m, n in zip(a.shape, b.shape, strict=True)
            )
            if not same or a.dtype != b.dtype:
                raise ValueError(
                    f"`Distiller.student` must have {what} like the teacher's, of shape {a.shape} and dtype {a.dtype}; "
                    f"got shape {b.shape} and dtype {b.dtype}."
                )


def _listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _as_loss(identifier: Any) -> Any:
    found = losses.get(identifier)
    is_function = found is not None and not isinstance(found, losses.Loss)
    return LossFunctionWrapper(found, name=getattr(found, "__name__", None)) if is_function else found


def _not_said(y_true: Any, y_pred: Any) -> Any:
    """Stands for the loss where a file does not say it."""
    raise RuntimeError(
        "The file of this distiller does not say the student's loss, as files of Keras do not: call its `compile` with "
        "`loss` before training or evaluating it."
    )
