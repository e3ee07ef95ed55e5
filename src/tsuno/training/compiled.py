"""What `compile` was given: losses and metrics, matched with the outputs of the model once these are known."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tsuno import losses, metrics, ops
from tsuno.core import tree
from tsuno.core.config import Configurable
from tsuno.core.context import context
from tsuno.core.errors import describe, invalid, suggest
from tsuno.core.validate import PositiveInt, check
from tsuno.core.variable import Variable
from tsuno.losses.base import LossFunctionWrapper
from tsuno.metrics import Mean, MeanMetricWrapper, Metric
from tsuno.metrics.base import combine_mask

_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")


class Compiled:
    """Losses and metrics of a model.

    Args:
        loss: a name, a function or a `Loss`, or a list or dict of them.
        loss_weights: a number per output, as a list or dict.
        metrics: a list of names, functions and `Metric` objects, or a list or dict of such lists.
        weighted_metrics: the same, for metrics that are given the sample weights.
        eager: whether steps run outside compiled programs.
    """

    def __init__(
        self,
        loss: Any,
        loss_weights: Any,
        metrics: Any,
        weighted_metrics: Any,
        eager: bool,
        steps_per_execution: int,
        jit: Any,
    ) -> None:
        self.loss, self.loss_weights = loss, loss_weights
        self.metrics, self.weighted_metrics, self.eager = metrics, weighted_metrics, eager
        self.arguments: dict[str, Any] = {}
        self.remarked = False
        self.loss_tracker = Mean(name="loss")
        self.built = False
        self._losses: list[tuple[Callable[..., Any] | None, float]] = []
        self._trackers: list[Mean | None] = []
        self._metrics: list[list[Metric]] = []
        self._weighted: list[list[Metric]] = []
        self._frozen: list[Variable] | None = None
        self._flags: list[tuple[Any, bool]] = []  # of layers without weights yet
        self._names: list[str | None] = []
        for leaf in _leaves(loss):
            _loss(leaf)  # an unknown name is said at once
        for leaf in _leaves(loss_weights):
            if not isinstance(leaf, numbers.Real):
                raise invalid("compile.loss_weights", "a number, or a list or dict of numbers by output", loss_weights)
        check(PositiveInt, steps_per_execution, "compile.steps_per_execution")
        for leaf in [*_leaves(metrics), *_leaves(weighted_metrics)]:
            if leaf not in _BY_SHAPE if isinstance(leaf, str) else True:
                _metric(leaf, None, None)

    def freeze_trainable(self, model: Any) -> None:
        """Settle which weights are trained: what is trainable when `compile` is called."""
        self._frozen = model.trainable_variables if model.built else None
        self._flags = [] if model.built else [(layer, layer._trainable) for layer in model._flatten_layers()]

    def trainable(self, model: Any) -> list[Variable]:
        """The weights that are trained."""
        if self._frozen is None:
            self._frozen = self._as_compiled(model)
        return self._frozen

    def forgotten(self, model: Any) -> list[str]:
        """The paths of weights that were made trainable, or no longer trainable, since `compile`."""
        now, then = (
            {id(weight): weight.path for weight in each} for each in (model.trainable_variables, self.trainable(model))
        )
        return [path for key, path in {**now, **then}.items() if (key in now) != (key in then)]

    def _as_compiled(self, model: Any) -> list[Variable]:
        """The weights that would be trainable, had the layers been left as they were when `compile` was called."""
        now = [(layer, layer._trainable) for layer, _ in self._flags]
        try:
            for layer, flag in self._flags:
                layer._trainable = flag
            trainable: list[Variable] = model.trainable_variables
            return trainable
        finally:
            for layer, flag in now:
                layer._trainable = flag

    # ------------------------------------------------------------------ matching with outputs

    def build(self, model: Any, y: Any, y_pred: Any) -> None:
        """Match losses and metrics with the outputs; targets and outputs may be symbolic."""
        if self.built:
            return
        names = output_names(model, y_pred)
        flat_pred, flat_y = tree.flatten(y_pred), self._flat_targets(y, y_pred, names)
        names = sorted(names) if isinstance(y_pred, dict) and names else names
        count = len(flat_pred)
        chosen = _per_output("loss", self.loss, count, names)
        weights = _per_output("loss_weights", self.loss_weights, count, names)
        self._losses = [
            (_loss(each), 1.0 if weight is None else float(weight))
            for each, weight in zip(chosen, weights, strict=True)
        ]
        several = count > 1
        self._names = [
            (names[place] if names else None if fn is None else getattr(fn, "name", str(place))) if several else None
            for place, (fn, _) in enumerate(self._losses)
        ]
        self._trackers = [
            Mean(name=f"{name}_loss") if several and fn is not None else None
            for name, (fn, _) in zip(self._names, self._losses, strict=True)
        ]
        for target, given, what in (
            (self._metrics, self.metrics, "metrics"),
            (self._weighted, self.weighted_metrics, "weighted_metrics"),
        ):
            rows = _metric_lists(what, given, count, names)
            target[:] = [
                [_metric(each, t, p) for each in row if each is not None]
                for row, t, p in zip(rows, flat_y, flat_pred, strict=True)
            ]
            for row, t, p in zip(target, flat_y, flat_pred, strict=True):
                for metric in row if t is not None else ():
                    metric.build(t, p)  # a program cannot make counters
        self.built = True

    def _flat_targets(self, y: Any, y_pred: Any, names: Sequence[str] | None) -> list[Any]:
        """The targets, one per output, in the outputs' order."""
        outputs = tree.flatten(y_pred)
        if y is None:
            return [None] * len(outputs)
        if isinstance(y, Mapping) and not isinstance(y_pred, Mapping) and names is not None:
            strange = [key for key in y if key not in names]
            if strange:
                raise ValueError(f"`y` has a key {strange[0]!r} that is no output.{suggest(strange[0], names)}")
            return [y.get(name) for name in names]
        if isinstance(y_pred, Mapping) and not isinstance(y, Mapping) and names is not None:
            listed = list(y) if isinstance(y, (list, tuple)) else [y]
            if len(listed) == len(outputs):
                by_name = dict(zip(y_pred, listed, strict=True))
                return [by_name[key] for key in sorted(by_name)]
        if isinstance(y_pred, Mapping) and isinstance(y, Mapping):
            strange = [key for key in y if key not in y_pred]
            if strange:
                raise ValueError(f"`y` has a key {strange[0]!r} that is no output.{suggest(strange[0], y_pred)}")
            return [y.get(key) for key in sorted(y_pred)]
        targets = tree.flatten(y)
        if len(targets) != len(outputs):
            raise ValueError(
                f"The model has {len(outputs)} outputs{f', {list(names)}' if names else ''}; `y` has {len(targets)} "
                f"arrays of targets."
            )
        return targets

    # ------------------------------------------------------------------ within a step

    def total_loss(self, model: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
        """The weighted sum of the outputs' losses and of the layers' penalties."""
        parts = []
        if self.loss is not None:
            if y is None:
                raise ValueError(f"The loss {describe(self.loss)} needs targets: pass `y`.")
            self.build(model, y, y_pred)
            targets = self._flat_targets(y, y_pred, output_names(model, y_pred))
            rows = zip(
                self._losses,
                self._trackers,
                targets,
                tree.flatten(y_pred),
                self._weights(sample_weight, targets, output_names(model, y_pred)),
                strict=True,
            )
            for (fn, factor), tracker, target, output, weight in rows:
                if fn is None or target is None:
                    continue
                value = fn(target, output, weight)
                if context.present is not None and getattr(fn, "reduction", None) in ("mean", "sum_over_batch_size"):
                    value = value * (output.shape[0] / rows_in(output))  # a mean over the rows that are present
                if tracker is not None:
                    tracker.update_state(value, sample_weight=rows_in(output))
                parts.append(value * factor)
        parts += [ops.cast(ops.sum(value), "float32") for value in model.losses]
        if not parts:
            raise ValueError(
                f"`{model.name}` has no loss to make small: pass `loss` to `compile`, or call `add_loss` in a layer."
            )
        return sum(parts[1:], parts[0])

    def update_metrics(self, model: Any, y: Any, y_pred: Any, sample_weight: Any) -> None:
        """Add a batch to all metrics but the loss."""
        self.build(model, y, y_pred)
        targets = self._flat_targets(y, y_pred, output_names(model, y_pred))
        weights = self._weights(sample_weight, targets, output_names(model, y_pred))
        unweighted = {} if context.present is None else {"sample_weight": ops.cast(context.present, "int32")}
        for row, weighted, target, output, weight in zip(
            self._metrics, self._weighted, targets, tree.flatten(y_pred), weights, strict=True
        ):
            if target is None:
                continue
            for metric in row:
                metric.update_state(target, output, **unweighted)
            for metric in weighted:
                metric.update_state(target, output, sample_weight=weight)

    @classmethod
    def _weights(cls, sample_weight: Any, targets: list[Any], names: Sequence[str] | None) -> list[Any]:
        """The weights of samples, one for each output, in the outputs' order; zero for rows that only fill up."""
        given = cls._weights_given(sample_weight, targets, names)
        if context.present is None:
            return given
        present = ops.cast(context.present, "int32")
        return [present if weight is None else combine_mask(weight, present, "float32") for weight in given]

    @staticmethod
    def _weights_given(sample_weight: Any, targets: list[Any], names: Sequence[str] | None) -> list[Any]:
        if isinstance(sample_weight, Mapping) and names is not None and sample_weight.keys() <= set(names):
            return [sample_weight.get(name) for name in names]
        flat = [] if sample_weight is None else tree.flatten(sample_weight)
        if len(flat) == len(targets):
            return flat
        if len(flat) > 1:
            raise ValueError(f"The model has {len(targets)} outputs; `sample_weight` has {len(flat)} arrays.")
        return (flat or [None]) * len(targets)

    # ------------------------------------------------------------------ reading

    def parts(self) -> list[Any]:
        """The losses and metrics of all outputs, once they are matched with them."""
        chosen = [fn for fn, _ in self._losses if fn is not None]
        return [*chosen, *(metric for table in (self._metrics, self._weighted) for row in table for metric in row)]

    def named_metrics(self) -> dict[str, Metric]:
        """The loss and the metrics by the name that logs use."""
        named: dict[str, Metric] = {"loss": self.loss_tracker}
        named |= {tracker.name: tracker for tracker in self._trackers if tracker is not None}
        for table, prefix in ((self._metrics, ""), (self._weighted, "weighted_")):
            for output, row in zip(self._names, table, strict=True):
                for metric in row:
                    start = f"{output}_" if output else ""
                    name = start + metric.name
                    if name in named and prefix:
                        name = f"{start}{prefix}{metric.name}"
                    number = 1
                    while name in named:
                        name, number = f"{start}{metric.name}_{number}", number + 1
                    named[name] = metric
        return named

    def results(self) -> dict[str, Any]:
        """The values of the loss and the metrics by name."""
        values: dict[str, Any] = {}
        for name, metric in self.named_metrics().items():
            value = metric.result()
            values |= value if isinstance(value, dict) else {name: value}
        return values

    def all_metrics(self) -> list[Metric]:
        """The loss and the metrics."""
        return list(self.named_metrics().values())

    def names(self) -> list[str]:
        """The names of the values that `evaluate` returns."""
        named = self.named_metrics()
        if not self.built and isinstance(given := self.arguments.get("metrics"), (list, tuple)):
            plain = [each for each in given if not isinstance(each, (list, tuple, Mapping))]
            return ["loss", *(getattr(each, "name", getattr(each, "__name__", str(each))) for each in plain)]
        if not any(self._names):
            return list(named)
        # With several outputs: the total, the loss of each, then the metrics by name.
        first = ["loss", *(tracker.name for tracker in self._trackers if tracker is not None)]
        return [*first, *sorted(name for name in named if name not in first)]


def recipe(value: Any) -> Any:
    """What `compile` was given as something to keep or to send: objects by their configuration, functions as such."""
    if isinstance(value, Mapping):
        return {key: recipe(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [recipe(item) for item in value]
    return _Recipe(type(value), value.get_config()) if isinstance(value, Configurable) else value


def follow(given: Any) -> Any:
    """What a recipe describes, made anew."""
    if isinstance(given, dict):
        return {key: follow(item) for key, item in given.items()}
    if isinstance(given, list):
        return [follow(item) for item in given]
    return given.cls.from_config(given.config) if isinstance(given, _Recipe) else given


class _Recipe(NamedTuple):
    cls: Any
    config: dict[str, Any]


def rows_in(batch: Any) -> Any:
    """How many rows of a batch count."""
    leaf = next(leaf for leaf in tree.flatten(batch) if leaf is not None)
    return float(len(leaf)) if context.present is None else ops.sum(ops.cast(context.present, "float32"))


def output_names(model: Any, y_pred: Any) -> Sequence[str] | None:
    """The keys of outputs that are a dict, or the names that the model has for them, if it has."""
    if isinstance(y_pred, Mapping):
        return list(y_pred)
    names: Sequence[str] | None = model.output_names
    return names


def _leaves(structure: Any) -> list[Any]:
    if structure is None:
        return []
    if isinstance(structure, Mapping):
        return [leaf for value in structure.values() for leaf in _leaves(value)]
    if isinstance(structure, (list, tuple)):
        return [leaf for value in structure for leaf in _leaves(value)]
    return [structure]


def _loss(identifier: Any) -> Callable[..., Any] | None:
    found = losses.get(identifier)
    if found is None or isinstance(found, losses.Loss):
        return found
    return LossFunctionWrapper(_of_two(found, "loss"), name=getattr(found, "__name__", None))


def _metric(identifier: Any, y: Any, y_pred: Any) -> Metric:
    """A metric from its name, a function, or itself; `accuracy` and `crossentropy` mean what fits the shapes."""
    if isinstance(identifier, str) and identifier in _BY_SHAPE:
        return _by_shape(identifier, y, y_pred)
    found = metrics.get(identifier)
    if isinstance(found, Metric):
        if isinstance(identifier, str):
            found.name = identifier
        return found
    name = identifier if isinstance(identifier, str) else getattr(found, "__name__", type(found).__name__)
    return MeanMetricWrapper(_of_two(found, "metric"), name=name)


def _of_two(function: Callable[..., Any], what: str) -> Callable[..., Any]:
    """A function of targets and outputs."""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError as problem:
        name = getattr(function, "__name__", type(function).__name__)
        raise TypeError(f"The {what} {name!r} must be a function of (y_true, y_pred): {problem}.") from None
    except ValueError:
        return function  # it does not show what it takes
    return function


def _by_shape(name: str, y: Any, y_pred: Any) -> Metric:
    binary = y_pred.shape[-1] == 1 if len(y_pred.shape) else True
    sparse = y is not None and (len(y.shape) < len(y_pred.shape) or (y.shape[-1] == 1 and (y_pred.shape[-1] or 0) > 1))
    kinds = (
        (metrics.BinaryAccuracy, metrics.SparseCategoricalAccuracy, metrics.CategoricalAccuracy)
        if name in ("accuracy", "acc")
        else (metrics.BinaryCrossentropy, metrics.SparseCategoricalCrossentropy, metrics.CategoricalCrossentropy)
    )
    made: Metric = (kinds[0] if binary else kinds[1] if sparse else kinds[2])(name=name)
    return made


def _per_output(what: str, given: Any, count: int, names: Sequence[str] | None) -> list[Any]:
    """One value per output, from a value for all, a list, or a dict by output name."""
    if isinstance(given, Mapping):
        strange = [key for key in given if names is None or key not in names]
        if strange:
            raise ValueError(
                f"`compile.{what}` has a key {strange[0]!r} that is no output.{suggest(strange[0], names or ())}"
            )
        return [given.get(name) for name in names or ()]
    if isinstance(given, (list, tuple)):
        if len(given) != count:
            raise ValueError(f"`compile.{what}` must have one entry for each of the {count} outputs; got {len(given)}.")
        return list(given)
    return [given] * count


def _metric_lists(what: str, given: Any, count: int, names: Sequence[str] | None) -> list[list[Any]]:
    """A list of metrics per output."""
    if given is None:
        return [[] for _ in range(count)]
    if isinstance(given, Mapping):
        return [_as_list(each) for each in _per_output(what, given, count, names)]
    listed = _as_list(given)
    nested = any(isinstance(item, (list, tuple)) for item in listed)
    if count == 1:
        return [[leaf for item in listed for leaf in _as_list(item)]]
    if nested or len(listed) == count:
        if len(listed) != count:
            raise ValueError(f"`compile.{what}` must have one list for each of the {count} outputs; got {len(listed)}.")
        return [_as_list(item) for item in listed]
    # One flat list means: these metrics for every output, each with counters of its own.
    return [[item if not isinstance(item, Metric) else _copy(item, place) for item in listed] for place in range(count)]


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _copy(metric: Metric, place: int) -> Metric:
    return metric if place == 0 else type(metric).from_config(metric.get_config())
