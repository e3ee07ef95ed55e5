"""What training, losses and metrics of Keras 1 and 2 were made of, as far as programs used it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from tsuno import losses, metrics, ops
from tsuno.data import PyDataset
from tsuno.models import Model

# ---------------------------------------------------------------------- what training loops were made of


def make_batches(size: int, batch_size: int) -> list[tuple[int, int]]:
    """Where each batch of so many samples begins and ends."""
    return [(start, min(size, start + batch_size)) for start in range(0, size, batch_size)]


def batch_shuffle(index_array: np.ndarray, batch_size: int) -> np.ndarray:
    """Numbers in the order of shuffled batches; those of the last, incomplete one stay where they are."""
    whole = len(index_array) // batch_size * batch_size
    batches = np.asarray(index_array[:whole]).reshape(-1, batch_size).copy()
    np.random.shuffle(batches)
    return np.append(batches.ravel(), index_array[whole:])


def slice_arrays(arrays: Any, start: Any = None, stop: int | None = None) -> Any:
    """Some rows of each of several arrays: from one to another, or those listed."""
    if arrays is None:
        return [None]
    several = isinstance(arrays, list)
    rows: Any = np.asarray(start) if hasattr(start, "__len__") else slice(start, stop)
    found = [None if array is None else array[rows] for array in (arrays if several else [arrays])]
    return found if several else found[0]


slice_X = slice_arrays


def to_list(x: Any, allow_tuple: bool = False) -> list[Any]:
    """A list of one, or the list itself."""
    if allow_tuple and isinstance(x, tuple):
        return list(x)
    return x if isinstance(x, list) else [x]


def unpack_singleton(x: Any) -> Any:
    """What is in a list of one."""
    return x[0] if len(x) == 1 else x


def object_list_uid(object_list: Any) -> str:
    """A text that is the same for the same objects."""
    return ", ".join(str(abs(id(each))) for each in to_list(object_list, allow_tuple=True))


def standardize_single_array(x: Any) -> Any:
    """An array of at least two axes."""
    return np.expand_dims(x, 1) if x is not None and np.ndim(x) == 1 else x


def standardize_input_data(
    data: Any, names: Sequence[str], shapes: Any = None, check_batch_axis: bool = True, exception_prefix: str = ""
) -> list[Any]:
    """A list of arrays, one for each name, from an array, a list or a dict of them."""
    if isinstance(data, dict):
        missing = [name for name in names if name not in data]
        if missing:
            raise ValueError(f"There is no data for {missing[0]!r}, but for {sorted(data)}.")
        found = [data[name] for name in names]
    else:
        found = list(data) if isinstance(data, list) else [data] * bool(names)
    if len(found) != len(names):
        raise ValueError(f"There must be {len(names)} arrays, for {list(names)}; got {len(found)}.")
    return [standardize_single_array(np.asarray(each)) for each in found]


def check_array_length_consistency(inputs: Any, targets: Any, weights: Any = None) -> None:
    """Raise where arrays have different numbers of samples."""
    lengths = {len(each) for group in (inputs, targets, weights) for each in group or () if each is not None}
    if len(lengths) > 1:
        raise ValueError(f"All arrays must have the same number of samples; got {sorted(lengths)}.")


check_array_lengths = check_array_length_consistency


def check_num_samples(
    ins: Any, batch_size: int | None = None, steps: int | None = None, steps_name: str = "steps"
) -> int | None:
    """The number of samples, or None where steps are counted."""
    if steps is not None:
        return None
    return len(ins[0]) if ins and hasattr(ins[0], "shape") else None


def should_run_validation(validation_freq: Any, epoch: int) -> bool:
    """Whether an epoch, counted from 0, ends with a validation."""
    return (epoch + 1) % validation_freq == 0 if isinstance(validation_freq, int) else epoch + 1 in validation_freq


def weighted_objective(fn: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A loss with weights of samples, and with masks."""

    def weighted(y_true: Any, y_pred: Any, weights: Any = None, mask: Any = None) -> Any:
        values = fn(y_true, y_pred)
        if mask is not None:
            kept = ops.cast(mask, values.dtype)
            values = values * kept / ops.mean(kept)
        if weights is not None:
            w = ops.cast(ops.convert_to_tensor(weights), values.dtype)
            values = ops.mean(values, axis=list(range(w.ndim, values.ndim))) if values.ndim > w.ndim else values
            values = values * w / ops.mean(ops.cast(w != 0, values.dtype))
        return ops.mean(values)

    return weighted


weighted_masked_objective = weighted_objective


def standardize_weights(
    y: Any, sample_weight: Any = None, class_weight: Any = None, sample_weight_mode: Any = None
) -> np.ndarray:
    """A weight for each sample, from its own and from that of its class."""
    array = np.asarray(y)
    weights = np.ones(len(array)) if sample_weight is None else np.asarray(sample_weight)
    if isinstance(class_weight, dict):
        labels = array.argmax(-1) if array.ndim > 1 and array.shape[-1] > 1 else array.ravel()
        missing = sorted(set(labels.tolist()) - set(class_weight))
        if missing:
            raise ValueError(f"`class_weight` has no weight for the class {missing[0]}.")
        weights = weights * np.array([class_weight[label] for label in labels.tolist()])
    return weights


def standardize_sample_or_class_weights(x_weight: Any, output_names: Sequence[str], weight_type: str) -> list[Any]:
    """A list of weights, one for each output."""
    if x_weight is None or (isinstance(x_weight, (list, dict)) and not x_weight):
        return [None] * len(output_names)
    if isinstance(x_weight, dict) and not set(output_names) & set(x_weight):
        return [x_weight] * bool(output_names) + [None] * (len(output_names) - 1)
    if isinstance(x_weight, dict):
        return [x_weight.get(name) for name in output_names]
    found = list(x_weight) if isinstance(x_weight, list) else [x_weight]
    if len(found) != len(output_names):
        raise ValueError(
            f"`{weight_type}` must have {len(output_names)} entries, one for each output; got {len(found)}."
        )
    return found


def standardize_class_weights(class_weight: Any, output_names: Sequence[str]) -> list[Any]:
    """A list of weights of classes, one for each output."""
    return standardize_sample_or_class_weights(class_weight, output_names, "class_weight")


def standardize_sample_weights(sample_weight: Any, output_names: Sequence[str]) -> list[Any]:
    """A list of weights of samples, one for each output."""
    return standardize_sample_or_class_weights(sample_weight, output_names, "sample_weight")


def get_static_batch_size(layer: Any) -> int | None:
    """The number of samples that a layer's input was made for, if it is fixed."""
    shape = getattr(layer, "batch_shape", None) or getattr(layer, "_entry_shape", None)
    return shape[0] if shape else None


def get_loss_function(loss: Any) -> Any:
    """A loss from its name."""
    return losses.get(loss)


def get_metric_function(metric: Any, output_shape: Any = None, loss_fn: Any = None) -> Any:
    """A metric from its name; accuracy is that of the kind of output."""
    if metric not in ("accuracy", "acc", "crossentropy", "ce"):
        return metrics.get(metric)
    what = "accuracy" if metric in ("accuracy", "acc") else "crossentropy"
    sparse = "sparse" in str(getattr(loss_fn, "__name__", getattr(loss_fn, "name", "")))
    kind = "binary" if output_shape is not None and output_shape[-1] == 1 else "categorical"
    return metrics.get(f"{'sparse_' * (sparse and kind == 'categorical')}{kind}_{what}")


def get_metric_name(metric: Any, weighted: bool = False) -> str:
    """The name that a metric has in logs."""
    return str(metric) if isinstance(metric, str) else str(getattr(metric, "name", getattr(metric, "__name__", metric)))


def evaluate_generator(model: Any, generator: Any, **options: Any) -> Any:
    """The loss and metrics of a model on what a generator gives."""
    return model.evaluate_generator(generator, **options)


def fit_generator(model: Any, generator: Any, **options: Any) -> Any:
    """Train a model on what a generator gives."""
    return model.fit_generator(generator, **options)


def predict_generator(model: Any, generator: Any, **options: Any) -> Any:
    """The outputs of a model for what a generator gives."""
    return model.predict_generator(generator, **options)


def is_categorical_crossentropy(loss: Any) -> bool:
    """Whether a loss is the cross-entropy of classes."""
    name = getattr(loss, "__name__", getattr(loss, "name", loss))
    return name == "categorical_crossentropy"


def clone_metric(metric: Any) -> Any:
    """A metric of the same configuration."""
    return type(metric).from_config(metric.get_config()) if isinstance(metric, metrics.Metric) else metric


def clone_metrics(given: Iterable[Any]) -> list[Any]:
    """Metrics of the same configurations."""
    return [clone_metric(each) for each in given]


# ---------------------------------------------------------------------- what losses and metrics were made of


def squeeze_or_expand_dimensions(y_pred: Any, y_true: Any = None, sample_weight: Any = None) -> tuple[Any, ...]:
    """Predictions, targets and weights with the same number of axes, but for a last one of size 1."""
    if y_true is not None and len(y_pred.shape) - len(y_true.shape) == 1 and y_pred.shape[-1] == 1:
        y_pred = ops.squeeze(y_pred, -1)
    elif y_true is not None and len(y_true.shape) - len(y_pred.shape) == 1 and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    if sample_weight is not None and len(np.shape(sample_weight)):
        more = len(y_pred.shape) - len(sample_weight.shape)
        if more == 1:
            sample_weight = ops.expand_dims(sample_weight, -1)
        elif more == -1:
            sample_weight = ops.squeeze(sample_weight, -1)
    return tuple(each for each in (y_pred, y_true, sample_weight) if each is not None)


def broadcast_weights(values: Any, sample_weight: Any) -> Any:
    """Weights with the axes of what they are for."""
    weights = ops.convert_to_tensor(sample_weight)
    while weights.ndim < values.ndim:
        weights = ops.expand_dims(weights, -1)
    return ops.broadcast_to(weights, values.shape)


def reduce_weighted_loss(weighted_losses: Any, reduction: str = "sum_over_batch_size") -> Any:
    """One number from losses: their sum, or their mean."""
    if reduction == "none":
        return weighted_losses
    return ops.sum(weighted_losses) if reduction == "sum" else ops.mean(weighted_losses)


def compute_weighted_loss(
    losses: Any, sample_weight: Any = None, reduction: str = "sum_over_batch_size", name: Any = None
) -> Any:
    """One number from losses and their weights."""
    values = ops.convert_to_tensor(losses)
    if sample_weight is not None:
        values = values * ops.cast(broadcast_weights(values, sample_weight), values.dtype)
    return reduce_weighted_loss(values, reduction)


NEG_INF = -1e10


def assert_thresholds_range(thresholds: Any) -> None:
    """Raise where thresholds are not between 0 and 1."""
    wrong = [t for t in thresholds or () if t is None or not 0 <= t <= 1]
    if wrong:
        raise ValueError(f"Thresholds must be between 0 and 1; got {wrong[0]!r}.")


def parse_init_thresholds(thresholds: Any, default_threshold: float = 0.5) -> list[Any]:
    """A list of thresholds between 0 and 1."""
    found = to_list(default_threshold if thresholds is None else thresholds)
    assert_thresholds_range([t for t in found if t is not None])
    return found


def filter_top_k(x: Any, k: int) -> Any:
    """The k largest of the last axis; all others are very small."""
    least = ops.top_k(x, k)[0][..., -1:]
    return ops.where(ops.less(x, least), NEG_INF, x)


class AUCCurve:
    """The curves that an area is measured under."""

    ROC, PR = "ROC", "PR"


class AUCSummationMethod:
    """The ways to sum an area up."""

    INTERPOLATION, MAJORING, MINORING = "interpolation", "majoring", "minoring"


class ConfusionMatrix:
    """The entries of a confusion matrix."""

    TRUE_POSITIVES, FALSE_POSITIVES, TRUE_NEGATIVES, FALSE_NEGATIVES = "tp", "fp", "tn", "fn"


def is_model(layer: Any) -> bool:
    """Whether a layer is a model."""
    return isinstance(layer, Model)


def is_wrapped_model(layer: Any) -> bool:
    """Whether a layer is a wrapper around a model."""
    return isinstance(getattr(layer, "layer", None), Model)


def init_pool(seqs: Any) -> None:
    """Has no effect: threads share what they read."""


def get_index(uid: Any, i: int) -> Any:
    """A batch of a `Sequence` by its number."""
    return uid[i]


def next_sample(uid: Any) -> Any:
    """The next batch of a generator."""
    return next(uid)


Container = Network = Model


def iter_sequence_infinite(seq: Any) -> Iterator[Any]:
    """The batches of a `Sequence`, again and again."""
    while True:
        yield from (seq[place] for place in range(len(seq)))


def is_sequence(seq: Any) -> bool:
    """Whether something is a `Sequence`."""
    return isinstance(seq, PyDataset) or (hasattr(seq, "__getitem__") and hasattr(seq, "on_epoch_end"))


def is_generator_or_sequence(x: Any) -> bool:
    """Whether something gives batches by itself."""
    return is_sequence(x) or hasattr(x, "__next__")
