"""What a student is compared with: the teacher's answers, or what goes on in a layer of it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from tsuno import losses, ops
from tsuno.core import registry, tree
from tsuno.core.config import Configurable
from tsuno.core.errors import describe, invalid
from tsuno.core.validate import Check
from tsuno.losses.base import as_number

Temperature = Annotated[float, Check("a number above 0", as_number(lambda value: value > 0))]


class DistillationLoss(Configurable):
    """Base of distillation losses: define `compute_loss(teacher_outputs, student_outputs)`, which returns a scalar.

    Example:
        >>> class Gap(tsuno.distillation.DistillationLoss):
        ...     def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        ...         return tsuno.ops.max(abs(teacher_outputs - student_outputs))
        >>> float(Gap().compute_loss(np.ones((2, 3)), np.zeros((2, 3))))
        1.0
    """

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """How far the student is from the teacher, as a scalar.

        Args:
            teacher_outputs: a tensor, or a structure of them.
            student_outputs: the same of the student.
            **kwargs: for subclasses.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define `compute_loss(self, teacher_outputs, student_outputs)`."
        )

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """Raise ValueError unless the outputs can be compared: here, unless they have one structure.

        Args:
            teacher_outputs: a tensor, or a structure of them.
            student_outputs: the same of the student.
        """
        tree.assert_same_structure(teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Raise ValueError unless the models suit this loss.

        Args:
            teacher: the model that is learned from.
            student: the model that learns.
        """


class _OfLosses(DistillationLoss):
    """A distillation loss that applies a loss to each output, or none where the structure has None."""

    loss: Any

    def _choose(self, loss: Any) -> None:
        self.loss = tree.map_structure(losses.get, loss)
        if all(each is None for each in tree.flatten(self.loss)):
            raise ValueError(f"`{type(self).__name__}.loss` must have a loss for one output at least; got {loss!r}.")

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        super().validate_outputs(teacher_outputs, student_outputs)
        try:
            tree.assert_same_structure(self.loss, teacher_outputs)
        except ValueError:
            count = len(tree.flatten(teacher_outputs))
            raise ValueError(
                f"`{type(self).__name__}.loss` must have the structure of the outputs, of which there "
                f"{'is one' if count == 1 else f'are {count}'}; got {describe(self._arguments['loss'])}."
            ) from None

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """The sum of the mean losses of the outputs.

        Args:
            teacher_outputs: a tensor, or a structure of them, in the structure of `loss`.
            student_outputs: the same of the student.
            **kwargs: have no effect.
        """
        parts = tree.map_structure(self._one_loss, self.loss, teacher_outputs, student_outputs)
        return sum(part for part in tree.flatten(parts) if part is not None)

    def _one_loss(self, loss: Any, teacher: Any, student: Any) -> Any:
        return None if loss is None else ops.mean(loss(teacher, student))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "loss": tree.map_structure(losses.serialize, self.loss)}

    @classmethod
    def from_config(cls, config: Any) -> Self:
        return cls(**{**config, "loss": registry.deserialize(config["loss"])})


class LogitsDistillation(_OfLosses):
    """Compares the outputs of teacher and student, both divided by a temperature T.

    For the object `KLDivergence()` outputs are logits: the loss is T² · KL(softmax(teacher / T), softmax(student / T)).
    All other losses, and `"kl_divergence"` by name, get the divided outputs as they are, as in Keras.

    Args:
        temperature: T, above 0: the higher, the more the less likely classes count.
        loss: a loss, its name or a function; for several outputs a structure of them, with None for those that are not
            compared.

    Example:
        >>> distillation = tsuno.distillation.LogitsDistillation(2.0, tsuno.losses.KLDivergence())
        >>> logits = np.array([[2.0, 0.0, -1.0]])
        >>> float(distillation.compute_loss(logits, logits))
        0.0

    Source: Hinton, Vinyals and Dean, *Distilling the Knowledge in a Neural Network*, 2015.
    """

    def __init__(self, temperature: Temperature = 3.0, loss: Any = "kl_divergence") -> None:
        self.temperature = temperature
        self._choose(loss)

    def _one_loss(self, loss: Any, teacher: Any, student: Any) -> Any:
        teacher, student = ops.divide(teacher, self.temperature), ops.divide(student, self.temperature)
        if not isinstance(loss, losses.KLDivergence):
            return super()._one_loss(loss, teacher, student)
        # The gradients shrink with T²; so they keep their weight beside the loss of the labels.
        return super()._one_loss(loss, ops.softmax(teacher), ops.softmax(student)) * self.temperature**2


class FeatureDistillation(_OfLosses):
    """Compares the outputs of a layer of the teacher with those of a layer of the student.

    Args:
        loss: a loss, its name or a function; for a layer with several outputs a structure of them, with None for those
            that are not compared.
        teacher_layer_name: the layer of the teacher; by default, the outputs of both models are compared.
        student_layer_name: the layer of the student; its outputs by default.

    Layers can be named in models of symbolic tensors only, functional or `Sequential`.

    Example:
        >>> features = tsuno.distillation.FeatureDistillation("mse")
        >>> float(features.compute_loss(np.ones((2, 4)), np.zeros((2, 4))))
        1.0

    Source: Romero et al., *FitNets: Hints for Thin Deep Nets*, 2014.
    """

    def __init__(
        self, loss: Any = "mse", teacher_layer_name: str | None = None, student_layer_name: str | None = None
    ) -> None:
        self._choose(loss)
        self.teacher_layer_name = teacher_layer_name
        self.student_layer_name = student_layer_name

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Raise ValueError unless the models have the named layers.

        Args:
            teacher: the model that is learned from.
            student: the model that learns.
        """
        names = {"teacher": self.teacher_layer_name, "student": self.student_layer_name}
        if not any(names.values()):
            return
        for role, model in (("teacher", teacher), ("student", student)):
            if model.graph is None:
                raise invalid(
                    f"FeatureDistillation.{role}_layer_name",
                    f"None, for the {role} `{model.name}` is not built of symbolic tensors",
                    names[role],
                    "Give both models inputs (functional or Sequential), or name no layers.",
                )
            if names[role] is not None:
                model.get_layer(names[role])
