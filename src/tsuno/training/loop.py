"""The loop: epochs, callbacks and validation around a program.

It hands the device one dispatch after the other and waits for none: numbers are fetched where a human or a callback
reads them, those of the progress bar one dispatch late. How many steps a dispatch has is the program's pace and what
the callbacks need.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.callbacks import CallbackList, History
from tsuno.callbacks.callback_list import call_hook
from tsuno.core.context import scope
from tsuno.core.settings import max_epochs, max_steps_per_epoch
from tsuno.core.spec import KerasTensor
from tsuno.data import KEPT_LOGS, ArrayData, Data, make_data, split_batch
from tsuno.training import checks
from tsuno.training.program import NEVER, Program
from tsuno.training.step import measuring_state, predict_step, test_step, train_step, training_state

Logs = dict[str, Any]
_SECONDS_PER_DISPATCH = {"watched": 0.1, "unwatched": 1.0}


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
    data = make_data(
        x, y, sample_weight, batch_size=batch_size, shuffle=bool(shuffle), class_weight=class_weight,
        steps=steps_per_epoch, finite=True, read=model.reader(x),
    )  # fmt: skip
    validation: Data | None = None
    if validation_data is not None:
        validation = _validation(model, validation_data, validation_batch_size or batch_size, validation_steps)
    elif split:
        data, validation = split_batch(data, split)
        data.steps = steps_per_epoch or data.steps
    _limit_steps(data, validation)
    prepare(model, data)
    program = train_program(model)
    watched = _verbosity(verbose)
    watchers = CallbackList(
        callbacks,
        add_history=True,
        add_progbar=bool(watched),
        model=model,
        verbose=watched,
        epochs=epochs,
        steps=data.steps,
    )
    model.stop_training = False
    unread: list[tuple[int, Logs, int | None]] = []
    lazy = not watchers.reads_epochs()
    together = data.span(KEPT_LOGS) if lazy and validation is None and not _watches_batches(watchers) else 1
    logs: Logs = {}
    watchers.on_train_begin()
    epoch = initial_epoch
    try:
        while epoch < epochs and not model.stop_training:
            count = min(together, epochs - epoch)
            if count > 1:
                # Nobody looks between epochs: several make one run, and their logs are read at the end.
                for turn, (logs, place) in enumerate(_epochs(program, data, count)):
                    unread.append((epoch + turn, logs, place))
                epoch += count
                continue
            watchers.on_epoch_begin(epoch)
            logs = _epoch(model, program, data, watchers, "train", watched)
            if not logs:
                warnings.warn(
                    f"The data ended before epoch {epoch + 1} of {epochs}; training stops here.", stacklevel=3
                )
                break
            if validation is not None and _is_due(validation_freq, epoch):
                measured = _evaluate(model, validation, watchers, 0)
                logs = {**logs, **{f"val_{name}": value for name, value in measured.items()}}
            if lazy:
                unread.append((epoch, logs, None))
            else:
                logs = _read(logs)
                watchers.on_epoch_end(epoch, logs)
            epoch += 1
    finally:
        # What ran is remembered, also when something interrupts.
        for number, logs in _read_epochs(unread):
            watchers.on_epoch_end(number, logs)
    if model.optimizer.use_ema and epoch > initial_epoch:
        model.optimizer.finalize_variable_values(model.compiled.trainable(model))
    watchers.on_train_end(logs)
    assert watchers.history is not None
    return watchers.history


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
    checks.check_callbacks(callbacks)
    data = make_data(x, y, sample_weight, batch_size=batch_size, steps=steps, read=model.reader(x))
    _limit_steps(data)
    prepare(model, data)
    watched = _verbosity(verbose)
    watchers = CallbackList(
        callbacks, add_progbar=bool(watched), model=model, verbose=watched, epochs=1, steps=data.steps
    )
    logs = _read(_evaluate(model, data, watchers, watched))
    return logs if return_dict else _listed(model, logs)


def predict(model: Any, x: Any, *, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any) -> Any:
    """See `Model.predict`."""
    batch_size = checks.whole_number(batch_size, "predict.batch_size")
    steps = checks.whole_number(steps, "predict.steps")
    checks.check_callbacks(callbacks)
    data = make_data(x, batch_size=batch_size, steps=steps, read=model.reader(x))
    _limit_steps(data)
    sample = data.sample()[0]
    _build(model, sample)
    checks.check_inputs(model, sample)
    forward = _predictor(model)
    watched = _verbosity(verbose)
    watchers = CallbackList(
        callbacks, add_progbar=bool(watched), model=model, verbose=watched, epochs=1, steps=data.steps
    )
    watching = [
        *watchers.watching("predict", "step"),
        *watchers.watching("predict", "every"),
        *watchers.watching("predict", "latest"),
    ]
    watchers.on_predict_begin()
    outputs, done = [], 0
    for chunk in data.chunks():
        for i in range(chunk.start, chunk.start + chunk.count):
            rows = chunk.order[i * chunk.batch_size : (i + 1) * chunk.batch_size]
            for callback in watching:
                call_hook(callback, "on_predict_batch_begin", done)
            whole = len(rows) == len(engine.tree.leaves(chunk.arrays)[0])
            batch = (
                chunk.arrays[0]
                if whole
                else engine.tree.map(lambda a, rows=rows: a[rows[0] : rows[-1] + 1], chunk.arrays[0])
            )
            outputs.append(forward(batch))
            for callback in watching:
                call_hook(callback, "on_predict_batch_end", done, {"outputs": outputs[-1]})
            done += 1
    watchers.on_predict_end()
    fetched = engine.fetch(outputs)
    if len(fetched) == 1:
        return fetched[0]
    return engine.tree.map(lambda *parts: np.concatenate(parts), *fetched)


def train_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool) -> Any:
    """See `Model.train_on_batch`."""
    compiled(model, "train_on_batch")
    data = _one_batch(model, x, y, sample_weight, class_weight)
    prepare(model, data, check=not _is_ready(model))
    (chunk,) = data.chunks()
    logs = _read(train_program(model)(chunk, 0, 1)[0])
    return logs if return_dict else _listed(model, logs)


def test_on_batch(model: Any, x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
    """See `Model.test_on_batch`."""
    compiled(model, "test_on_batch")
    data = _one_batch(model, x, y, sample_weight, None)
    prepare(model, data, check=not _is_ready(model))
    (chunk,) = data.chunks()
    logs = _read(test_program(model)(chunk, 0, 1)[0])
    return logs if return_dict else _listed(model, logs)


def predict_on_batch(model: Any, x: Any) -> Any:
    """See `Model.predict_on_batch`."""
    data = _one_batch(model, x, None, None, None)
    _build(model, data.arrays[0])
    checks.check_inputs(model, data.arrays[0])
    return engine.fetch(_predictor(model)(engine.put(data.arrays[0])))


# ---------------------------------------------------------------------- before the first step


def compiled(model: Any, caller: str) -> Any:
    """What `compile` was given; an error if it was not called."""
    if model.compiled is None:
        raise RuntimeError(
            f"`{model.name}.{caller}` needs a compiled model: call model.compile(optimizer='adam', loss='...') before."
        )
    return model.compiled


def prepare(model: Any, data: Data, check: bool = True) -> None:
    """Build what is not built yet, and check data against model and losses: nothing of it computes anything."""
    x, y, sample_weight = data.sample()
    y_pred = _build(model, x, outputs=check or not model.compiled.built)
    if not model.optimizer.built:
        model.optimizer.build(model.compiled.trainable(model))
    if y_pred is not None:
        if y is not None:
            model.compiled.build(model, engine.tree.map(_symbol, y), y_pred)
        elif model.compiled.loss is not None and type(model).compute_loss is _base_of(model, "compute_loss"):
            raise ValueError(f"The loss of `{model.name}` needs targets: pass `y`, or a generator that gives (x, y).")
    if not check:
        return
    all_x, all_y = (data.arrays[0], data.arrays[1]) if isinstance(data, ArrayData) else (x, y)
    checks.check_inputs(model, x)
    checks.check_indices(model, all_x)
    if y is not None and type(model).compute_loss is _base_of(model, "compute_loss"):
        checks.check_targets(model, all_y, y_pred, y, sample_weight)


def _base_of(model: Any, name: str) -> Any:
    """The method as the library defines it."""
    for owner in type(model).__mro__:
        if owner.__module__ == "tsuno.models.model":
            return owner.__dict__[name]
    return None


def _symbol(array: Any) -> KerasTensor:
    return KerasTensor((None, *array.shape[1:]), str(array.dtype))


def _build(model: Any, x: Any, outputs: bool = False) -> Any:
    """Build the model for inputs like these; its outputs as symbolic tensors, if asked for."""
    if model.graph is not None:
        checks.check_inputs(model, x)
    elif model.built and not outputs and all(layer.built for layer in model._flatten_layers()):
        return None
    return model.outputs_for(engine.tree.map(_symbol, x))


def _is_ready(model: Any) -> bool:
    return bool(model.built and model.optimizer.built and model.compiled.built)


def _validation(model: Any, given: Any, batch_size: int | None, steps: int | None) -> Data:
    if isinstance(given, (tuple, list)) and len(given) in (2, 3):
        return make_data(*given, batch_size=batch_size, steps=steps, read=model.reader(given[0]))
    if isinstance(given, (tuple, list)):
        raise ValueError(f"`fit.validation_data` must be (x, y) or (x, y, sample_weight); got {len(given)} items.")
    return make_data(given, batch_size=batch_size, steps=steps, read=model.reader(given))


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
    data = make_data(x, y, sample_weight, batch_size=1, class_weight=class_weight, read=model.reader(x))
    if not isinstance(data, ArrayData):
        raise ValueError("One batch of arrays is needed here; got a generator.")
    return ArrayData(data.arrays, data.size)


def _verbosity(verbose: Any) -> int:
    return 1 if verbose == "auto" else int(verbose)


def _is_due(frequency: Any, epoch: int) -> bool:
    return (epoch + 1) % frequency == 0 if isinstance(frequency, int) else (epoch + 1) in frequency


# ---------------------------------------------------------------------- programs


def train_program(model: Any) -> Program:
    """The program that trains."""

    def make() -> Program:
        return Program(
            train_step(model), training_state(model), lambda variable: False, model.reset_metrics, model.compiled.eager
        )

    program: Program = model._programs.get("train", make)
    return program


def test_program(model: Any) -> Program:
    """The program that evaluates."""

    def make() -> Program:
        counters = {id(variable) for metric in model.metrics for variable in metric.variables}
        return Program(
            test_step(model),
            measuring_state(model),
            lambda variable: id(variable) not in counters,
            model.reset_metrics,
            model.compiled.eager,
        )

    program: Program = model._programs.get("test", make)
    return program


def _predictor(model: Any) -> Any:
    def make() -> Any:
        step = predict_step(model)
        table = {str(place): variable for place, variable in enumerate(model.variables)}
        eager = model.compiled is not None and model.compiled.eager

        def forward(values: dict[str, Any], x: Any) -> Any:
            with scope(bindings={id(table[key]): value for key, value in values.items()}):
                return step({}, x)

        run = forward if eager else engine.compile(forward)
        return lambda x: run({key: variable._value for key, variable in table.items()}, x)

    return model._programs.get("predict", make)


# ---------------------------------------------------------------------- an epoch


def _evaluate(model: Any, data: Data, watchers: CallbackList, watched: int) -> Logs:
    """The values of loss and metrics on data, still on the device."""
    watchers.on_test_begin()
    logs = _epoch(model, test_program(model), data, watchers, "test", watched)
    if watchers.watching("test", "step") or watched:
        logs = _read(logs)
    watchers.on_test_end(logs)
    return logs


def _epoch(model: Any, program: Program, data: Data, watchers: CallbackList, phase: str, watched: int) -> Logs:
    """Run the program over one epoch of data; the last step's logs, still on the device."""
    stepping, every = watchers.watching(phase, "step"), watchers.watching(phase, "every")
    latest = watchers.watching(phase, "latest") if watched == 1 else []
    seconds = _SECONDS_PER_DISPATCH["watched" if watched == 1 else "unwatched"]
    longest = 1 if stepping else KEPT_LOGS if every else 1 << 30
    done = 0
    last: Logs = {}
    shown: tuple[int, Logs] | None = None
    begin, end = f"on_{phase}_batch_begin", f"on_{phase}_batch_end"
    for chunk in data.chunks():
        first, left = chunk.start, chunk.count
        while left:
            count = min(left, longest, program.pace.steps(seconds, left))
            for callback in stepping:
                call_hook(callback, begin, done)
            measuring, started = program.pace.measuring, time.perf_counter()
            last, logs = program(chunk, first, count, done, data.steps or NEVER)
            if measuring:
                engine.ready(last)
                program.pace.note(started, count)
            if shown is not None:
                _show(latest, end, *shown)
            shown = (done + count - 1, last) if latest else None
            if stepping:
                values = _read(last)
                for callback in stepping:
                    call_hook(callback, end, done, values)
            if every:
                _replay(every, begin, end, done, count, logs)
            first, left, done = first + count, left - count, done + count
            if model.stop_training and phase == "train":
                return last
    if shown is not None:
        _show(latest, end, *shown)
    return last


def _epochs(program: Program, data: Data, epochs: int) -> list[tuple[Logs, int]]:
    """Run several epochs that nobody watches: for each, the logs of a dispatch and the place of its own among them."""
    assert data.steps is not None
    ends: list[tuple[Logs, int]] = []
    for chunk in data.chunks(epochs):
        done = 0
        while done < chunk.count:
            count = min(
                KEPT_LOGS, chunk.count - done, program.pace.steps(_SECONDS_PER_DISPATCH["unwatched"], chunk.count)
            )
            measuring, started = program.pace.measuring, time.perf_counter()
            last, logs = program(chunk, chunk.start + done, count, done, data.steps)
            if measuring:
                engine.ready(last)
                program.pace.note(started, count)
            ends += [(logs, i) for i in range(count) if (done + i + 1) % data.steps == 0]
            done += count
    return ends


def _watches_batches(watchers: CallbackList) -> bool:
    return any(watchers.watching("train", need) for need in ("step", "every", "latest"))


def _read_epochs(unread: list[tuple[int, Logs, int | None]]) -> Iterator[tuple[int, Logs]]:
    """The logs of epochs that nobody has looked at yet, each dispatch's fetched once."""
    fetched: dict[int, Any] = {}
    for number, logs, place in unread:
        if place is None:
            yield number, _read(logs)
            continue
        if id(logs) not in fetched:
            fetched[id(logs)] = engine.fetch(logs)
        yield number, _sorted({name: _plain(values[place]) for name, values in fetched[id(logs)].items()})


def _show(callbacks: list[Any], hook: str, batch: int, logs: Logs) -> None:
    values = _read(logs)
    for callback in callbacks:
        call_hook(callback, hook, batch, values)


def _replay(callbacks: list[Any], begin: str, end: str, done: int, count: int, logs: Logs) -> None:
    """Call the hooks of steps that have run, in order, each with its own logs."""
    fetched = engine.fetch(logs)
    for i in range(count):
        values = _sorted({name: _plain(value[i % KEPT_LOGS]) for name, value in fetched.items()})
        for callback in callbacks:
            call_hook(callback, begin, done + i)
            call_hook(callback, end, done + i, values)


def _read(logs: Logs) -> Logs:
    """Logs as numbers; waits for the device."""
    return _sorted({name: _plain(value) for name, value in engine.fetch(logs).items()})


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.asarray(value)


def _sorted(logs: Logs) -> Logs:
    return dict(sorted(logs.items()))


def _listed(model: Any, logs: Logs) -> Any:
    """Values in the order of `metrics_names`, or the loss alone."""
    names = [name for name in model.metrics_names if name in logs]
    values = [logs[name] for name in (*names, *(name for name in logs if name not in names))]
    return values[0] if len(values) == 1 else values
