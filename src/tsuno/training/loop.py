"""What `fit`, `evaluate`, `predict` and their like do with what they are given."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from tsuno import engine
from tsuno.callbacks import BackupAndRestore, CallbackList, History
from tsuno.callbacks.callback_list import as_list
from tsuno.core.errors import unknown
from tsuno.core.settings import max_epochs, max_steps_per_epoch
from tsuno.core.variable import bind, unbind
from tsuno.data import ArrayData, Data, make_data, split_batch
from tsuno.training import calls, checks
from tsuno.training.filling import fill
from tsuno.training.fitting import Run, read
from tsuno.training.fitting import evaluate as measure
from tsuno.training.predicting import bulk_program, predictions
from tsuno.training.preparing import (
    check_to_predict,
    check_values,
    compiled,
    first_chunk,
    is_ready,
    predictor,
    prepare,
    test_program,
    train_program,
)

Logs = dict[str, Any]


def fit(
    model: Any,
    x: Any,
    y: Any,
    *,
    batch_size: int | None,
    epochs: int,
    verbose: Any,
    callbacks: Any,
    validation_split: float,
    validation_data: Any,
    shuffle: Any,
    class_weight: Mapping[int, float] | None,
    sample_weight: Any,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_steps: int | None,
    validation_batch_size: int | None,
    validation_freq: Any,
    resume: Any,
    smoke: bool,
) -> History:
    """See `Model.fit`."""
    compiled(model, "fit")
    batch_size = checks.whole_number(batch_size, "fit.batch_size")
    epochs = checks.whole_number(epochs, "fit.epochs", low=0, optional=False)
    epochs = _limited(epochs, max_epochs(), "epochs")
    initial_epoch = checks.whole_number(initial_epoch, "fit.initial_epoch", low=0, optional=False)
    steps_per_epoch = checks.whole_number(steps_per_epoch, "fit.steps_per_epoch")
    validation_steps = checks.whole_number(validation_steps, "fit.validation_steps")
    split = checks.fraction(validation_split or 0.0, "fit.validation_split")
    checks.check_callbacks(callbacks)
    checks.check_options(validation_freq, validation_batch_size, shuffle, verbose)
    data = make_data(
        x, y, sample_weight, batch_size=batch_size, shuffle=bool(shuffle), class_weight=class_weight,
        steps=steps_per_epoch, finite=True, **_reading(model, x),
    )  # fmt: skip
    validation: Data | None = None
    if validation_data is not None:
        validation = _validation(model, validation_data, validation_batch_size or batch_size, validation_steps)
    elif split:
        data, validation = split_batch(data, split)
        data.steps = steps_per_epoch or data.steps
    _limit_steps(data, validation)
    prepare(model, data, "train")
    checks.check_trainable(model)
    if validation is not None:
        prepare(model, validation, "test")
        fill(model, validation, "test")
    watched = _verbosity(verbose)
    watchers = CallbackList(
        [*as_list(callbacks), *([] if resume is None else [BackupAndRestore(resume, "auto", delete_checkpoint=False)])],
        add_history=True,
        add_progbar=bool(watched),
        model=model,
        verbose=watched,
        epochs=epochs,
        steps=data.steps,
        validates=validation is not None,
    )
    if not any(hasattr(callback, "transform") for callback in watchers.callbacks):
        fill(model, data, "train")
    model.stop_training = False
    if smoke:
        try_out(model, data, validation, watchers)
    run = Run(model, data, validation, validation_freq, watchers, watched, epochs, initial_epoch)
    try:
        return run.train()
    finally:
        watchers.close()


def evaluate(
    model: Any,
    x: Any,
    y: Any,
    *,
    batch_size: int | None,
    verbose: Any,
    sample_weight: Any,
    steps: int | None,
    callbacks: Any,
    return_dict: bool,
) -> Any:
    """See `Model.evaluate`."""
    compiled(model, "evaluate")
    batch_size = checks.whole_number(batch_size, "evaluate.batch_size")
    steps = checks.whole_number(steps, "evaluate.steps")
    checks.check_verbose(verbose, "evaluate")
    checks.check_callbacks(callbacks)
    data = make_data(x, y, sample_weight, batch_size=batch_size, steps=steps, **_reading(model, x))
    _limit_steps(data)
    prepare(model, data, "test")
    fill(model, data, "test")
    watched = _verbosity(verbose)
    watchers = CallbackList(
        callbacks, add_progbar=bool(watched), model=model, verbose=watched, epochs=1, steps=data.steps
    )
    try:
        logs = read(measure(model, data, watchers, watched))
    finally:
        watchers.close()
    return logs if return_dict else _listed(model, logs)


def predict(model: Any, x: Any, *, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any) -> Any:
    """See `Model.predict`."""
    batch_size = checks.whole_number(batch_size, "predict.batch_size")
    steps = checks.whole_number(steps, "predict.steps")
    checks.check_verbose(verbose, "predict")
    checks.check_callbacks(callbacks)
    data = make_data(x, batch_size=batch_size, steps=steps, **_reading(model, x))
    _limit_steps(data)
    sample = data.sample()[0]
    check_to_predict(model, sample, data.arrays[0] if isinstance(data, ArrayData) else sample)
    watched = _verbosity(verbose)
    watchers = CallbackList(
        callbacks, add_progbar=bool(watched), model=model, verbose=watched, epochs=1, steps=data.steps
    )
    stepping = [*watchers.watching("predict", "step"), *watchers.watching("predict", "every")]
    bulk = None
    if not stepping:  # who watches sees the rows of a batch and no more
        fill(model, data, "predict")
        bulk = bulk_program(model, data)
    watching = [*stepping, *watchers.watching("predict", "latest")]
    try:
        watchers.on_predict_begin()
        outputs = predictions(model, data, bulk, watching, watched == 1)
        watchers.on_predict_end()
    finally:
        watchers.close()
    if isinstance(data, ArrayData) and data.batches == 1 and steps is None:
        calls.remember(model, "predict", x)
    return outputs


def train_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
    """See `Model.train_on_batch`."""
    compiled(model, "train_on_batch")
    data = _one_batch(model, x, y, sample_weight, class_weight)
    if ready := is_ready(model):
        check_values(model, data, "train")
    prepare(model, data, "train", check=not ready)
    (chunk,) = data.chunks()
    logs = read(train_program(model)(chunk, 0, 1)[0])
    return logs if return_dict else _listed(model, logs)


def test_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
    """See `Model.test_on_batch`."""
    compiled(model, "test_on_batch")
    data = _one_batch(model, x, y, sample_weight, None)
    if ready := is_ready(model):
        check_values(model, data, "test")
    prepare(model, data, "test", check=not ready)
    (chunk,) = data.chunks()
    logs = read(test_program(model)(chunk, 0, 1)[0])
    return logs if return_dict else _listed(model, logs)


def predict_on_batch(model: Any, x: Any) -> Any:
    """See `Model.predict_on_batch`."""
    data = _one_batch(model, x, None, None, None)
    check_to_predict(model, data.arrays[0], data.arrays[0])
    return calls.on_host(predictor(model)(engine.put(data.arrays[0])))


# ---------------------------------------------------------------------- before the first step


def try_out(model: Any, data: Data, validation: Data | None, watchers: CallbackList) -> None:
    """Run one batch of everything and leave no trace, so that what is wrong shows now and not after an epoch.

    Raises:
        ValueError: a callback watches a number that there is not.
    """
    program = train_program(model)
    before = unbind(program.owners)
    try:
        names = set(read(program(first_chunk(data), 0, 1)[0])) | {"learning_rate"}
        if validation is not None:
            measured = read(test_program(model)(first_chunk(validation), 0, 1)[0])
            names |= {f"val_{name}" for name in measured}
    finally:
        bind(program.owners, before)
    names |= {name for callback in watchers.callbacks for name in getattr(callback, "adds", ())}
    for callback in watchers.callbacks:
        watched = getattr(callback, "monitor", None)
        if isinstance(watched, str) and watched not in names:
            raise unknown(f"{type(callback).__name__}.monitor", watched, sorted(names))


def _reading(model: Any, x: Any) -> dict[str, Any]:
    """What a model says of how its data are read."""
    drawn = model.graph is not None and len(model.input_names) > 1
    return {"read": model.reader(x), "names": model.input_names if drawn else None, "outputs": model.output_names}


def _validation(model: Any, given: Any, batch_size: int | None, steps: int | None) -> Data:
    if isinstance(given, (tuple, list)) and len(given) in (2, 3):
        return make_data(*given, batch_size=batch_size, steps=steps, **_reading(model, given[0]))
    if isinstance(given, (tuple, list)):
        raise ValueError(f"`fit.validation_data` must be (x, y) or (x, y, sample_weight); got {len(given)} items.")
    return make_data(given, batch_size=batch_size, steps=steps, **_reading(model, given))


def _limit_steps(*given: Data | None) -> None:
    for data in given:
        if data is not None:
            data.steps = _limited(data.steps, max_steps_per_epoch(), "steps per epoch")


def _limited(count: Any, limit: int | None, what: str) -> Any:
    """A number of epochs or steps, within the limit that was set for trying a program out."""
    if limit is None or (count is not None and count <= limit):
        return count
    warnings.warn(f"Only {limit} {what} are run: a limit is set in `tsuno.config`.", stacklevel=4)
    return limit


def _one_batch(model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any) -> ArrayData:
    data = make_data(x, y, sample_weight, batch_size=1, class_weight=class_weight, whole=True, **_reading(model, x))
    if not isinstance(data, ArrayData):
        raise ValueError("One batch of arrays is needed here; got a generator.")
    return ArrayData(data.arrays, data.size)


def _verbosity(verbose: Any) -> int:
    return 1 if verbose == "auto" else int(verbose)


def _listed(model: Any, logs: Logs) -> Any:
    """Values in the order of `metrics_names`, or the loss alone."""

    def order() -> list[str]:
        names = [name for name in model.metrics_names if name in logs]
        return [*names, *(name for name in logs if name not in names)]

    values = [logs[name] for name in model._programs.get(("listed", *logs), order)]
    return values[0] if len(values) == 1 else values
