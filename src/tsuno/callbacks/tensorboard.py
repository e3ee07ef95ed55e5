"""What training writes for TensorBoard: Keras' folders, tags and steps, without TensorFlow.

A log has a folder for each run (`train`, `validation`) with files of events; see `event_file` for what they are.
"""

from __future__ import annotations

import glob
import json
import os
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from tsuno import engine
from tsuno.callbacks.base import BatchHooks, Callback, Logs
from tsuno.callbacks.event_file import EventFile, event_library, histogram, images, layer_graph, png, run_metadata
from tsuno.core.errors import invalid, unknown
from tsuno.core.validate import NonNegativeInt
from tsuno.core.variable import by_path
from tsuno.layers import Embedding

_MOST_IMAGES = 3
_BATCH_HOOKS = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
_WITHOUT_EFFECT = {
    "batch_size": "histograms are of weights, which need no data",
    "write_grads": "`WeightStatistics(gradients=True, in_logs=True)`, given before it, puts gradients among the curves",
    "embeddings_data": "the table of each embedding layer is shown, which needs no data",
}


class TensorBoard(Callback):
    """Writes what TensorBoard shows: curves, histograms and images of weights, the model's graph, embeddings, profiles.

    Look at it with `tensorboard --logdir logs`. It needs tensorboardX (`pip install "tsuno[tensorboard]"`), and no
    TensorFlow. Curves of training are in the run `train`, those of validation in `validation`: `epoch_<name>` for each
    epoch, `batch_<name>` as `update_freq` says, and `evaluation_<name>_vs_iterations` for each evaluation. A run that
    is resumed goes on with its log, and what was logged past the point it resumes from is taken back.

    Args:
        log_dir: the folder for the log.
        histogram_freq: write histograms of all weights every so many epochs; 0 for never.
        write_graph: whether to write the layers of a functional or sequential model and how they are joined.
        write_images: whether to write weights as images, each time that histograms are written; zero
            becomes gray, the largest absolute value of each weight black or white.
        write_steps_per_second: whether to write how many steps are done in a second, for each epoch, and for each
            batch where `update_freq` asks for batches: these are then timed, and so run, one by one.
        update_freq: `"epoch"` to write losses and metrics after each epoch only, `"batch"` to write them after each
            batch too, or every how many batches.
        profile_batch: the batch to profile, counted from 1, or the first and last of several; 0 for none.
            The profile is shown by TensorBoard's plugin xprof. Steps run one by one until it is taken.
        embeddings_freq: save what embedding layers have learned every so many epochs, for the projector; 0 for never.
        embeddings_metadata: a file with a name for each row of the embeddings, from `log_dir`; or a dict from names of
            layers to such files.
        batch_size: accepted for compatibility; has no effect.
        write_grads: accepted for compatibility; has no effect, but see `WeightStatistics`.
        embeddings_layer_names: the embedding layers to save; None for all.
        embeddings_data: accepted for compatibility; has no effect.

    Raises:
        ImportError: tensorboardX is not installed.

    Example:
        >>> import os, tempfile
        >>> model = tsuno.Sequential([tsuno.Input((1,)), tsuno.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     board = tsuno.callbacks.TensorBoard(folder)
        ...     history = model.fit(np.ones((4, 1)), np.ones((4, 1)), verbose=0, callbacks=[board])
        ...     os.listdir(folder)
        ['train']
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: NonNegativeInt = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | Literal["batch", "epoch"] = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: NonNegativeInt = 0,
        embeddings_metadata: str | Mapping[str, str] | None = None,
        *,
        batch_size: int | None = None,
        write_grads: bool = False,
        embeddings_layer_names: Sequence[str] | None = None,
        embeddings_data: Any = None,
    ) -> None:
        super().__init__()
        self.log_dir = str(log_dir)
        self.histogram_freq, self.embeddings_freq = histogram_freq, embeddings_freq
        self.write_graph, self.write_images = write_graph, write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = _frequency(update_freq)
        self.profile_batch = profile_batch
        self._first_traced, self._last_traced = _range(profile_batch)
        self.embeddings_metadata, self.embeddings_layer_names = embeddings_metadata, embeddings_layer_names
        self.batch_size, self.write_grads, self.embeddings_data = batch_size, write_grads, embeddings_data
        for name, reason in _WITHOUT_EFFECT.items():
            if getattr(self, name) is not None and getattr(self, name) is not False:
                warnings.warn(f"`TensorBoard.{name}` has no effect: {reason}.", stacklevel=3)
        self._runs: dict[str, EventFile] = {}
        self._training = self._tracing = self._graph_written = False
        self._step_mark: Any = None
        self._begin()

    def _begin(self) -> None:
        """Start to count, with files of its own, which the name of the session tells from others in the folder."""
        self._session = uuid.uuid4().hex[:12]
        self._batch = 0
        self._choose_batch_hooks()

    def _choose_batch_hooks(self) -> None:
        """Ask for no more around batches than is needed: the less, the more steps run in one dispatch."""
        if any(getattr(type(self), hook) is not getattr(TensorBoard, hook) for hook in _BATCH_HOOKS):
            return  # a class of the user's, which knows what it needs
        needed: BatchHooks = (
            "never" if self.update_freq == "epoch" else "step" if self.write_steps_per_second else "every"
        )
        to_trace = self._tracing or self._batch < self._first_traced
        self.batch_hooks = "step" if to_trace else needed

    def set_model(self, model: Any) -> None:
        event_library()
        if model is not self._model:
            self._graph_written = False
        super().set_model(model)
        if self.embeddings_freq:
            self._write_projector(saved=False)

    # ------------------------------------------------------------------ what the resumed run needs, and the end

    def get_state(self) -> dict[str, Any]:
        """Where the log stands."""
        for run in self._runs.values():
            run.flush()
        sizes = {os.path.relpath(path, self.log_dir): os.path.getsize(path) for path in self._files()}
        return {"session": self._session, "batch": self._batch, "graph": self._graph_written, "sizes": sizes}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on with the log of an interrupted run: what it wrote after `get_state` is written again."""
        self._close_runs()
        self._session, self._batch, self._graph_written = state["session"], state["batch"], state["graph"]
        for path in self._files():
            size = state["sizes"].get(os.path.relpath(path, self.log_dir), 0)
            if size == 0:
                os.remove(path)
            elif size < os.path.getsize(path):
                os.truncate(path, size)
        self._choose_batch_hooks()
        self._note_time()

    def _files(self) -> list[str]:
        """The files of this session, and of no other."""
        return sorted(glob.glob(os.path.join(glob.escape(self.log_dir), "*", f"*.tfevents.*.{self._session}.*")))

    def close(self) -> None:
        self._training = False
        self._stop_trace()
        self._close_runs()

    def _close_runs(self) -> None:
        for run in self._runs.values():
            run.close()
        self._runs = {}

    def _run(self, name: str) -> EventFile:
        if name not in self._runs:
            self._runs[name] = EventFile(os.path.join(self.log_dir, name), self._session)
        return self._runs[name]

    # ------------------------------------------------------------------ hooks

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.close()
        self._training = True
        self._begin()
        self._note_time()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self.close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._note_time()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs:
            training = {name: value for name, value in logs.items() if not name.startswith("val_")}
            training |= self._learning_rates()
            if self.write_steps_per_second:
                steps = self._iterations() - self._iterations_before
                training["steps_per_second"] = steps / (time.perf_counter() - self._epoch_start)
            self._write_scalars("train", "epoch_{}", training, epoch)
            measured = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
            self._write_scalars("validation", "epoch_{}", measured, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._save_embeddings(epoch)

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        super().on_train_batch_begin(batch, logs)
        self._batch += 1
        self._batch_start = time.perf_counter()
        if self._batch == self._first_traced:
            self._start_trace()
        if self._tracing:
            self._step_mark = engine.traced_step(self._batch)
            self._step_mark.__enter__()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._tracing:
            self._step_mark.__exit__(None, None, None)
            if self._batch >= self._last_traced:
                self._stop_trace()
        if isinstance(self.update_freq, int) and self._batch % self.update_freq == 0:
            timed = {}
            if self.write_steps_per_second:
                timed["steps_per_second"] = 1 / max(time.perf_counter() - self._batch_start, 1e-9)
            self._write_scalars("train", "batch_{}", {**timed, **(logs or {})}, self._batch)
        super().on_train_batch_end(batch, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if getattr(self.model.optimizer, "iterations", None) is not None:
            self._write_scalars("validation", "evaluation_{}_vs_iterations", logs or {}, self._iterations())
        if not self._training:
            self._close_runs()

    # ------------------------------------------------------------------ numbers

    def _write_scalars(self, run: str, tag: str, values: Logs, step: int) -> None:
        self._write_graph()  # no sooner: a run that is resumed has one
        for name, value in values.items():
            value = np.asarray(value, "float32")
            for place in np.ndindex(value.shape):
                suffix = "".join(f"_{index}" for index in place)
                self._run(run).add(tag.format(name) + suffix, step, "scalars", value[place])

    def _iterations(self) -> int:
        return int(self.model.optimizer.iterations)

    def _note_time(self) -> None:
        if self.write_steps_per_second:
            self._iterations_before, self._epoch_start = self._iterations(), time.perf_counter()

    def _learning_rates(self) -> dict[str, float]:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if hasattr(optimizer, "optimizers"):
            return {f"learning_rate_{each.name}": float(each.learning_rate) for each in optimizer.optimizers}
        rate = getattr(optimizer, "learning_rate", None)
        return {} if rate is None else {"learning_rate": float(rate)}

    # ------------------------------------------------------------------ weights

    def _write_weights(self, epoch: int) -> None:
        run = self._run("train")
        weights = by_path({id(weight): weight for layer in self.model.layers for weight in layer.weights}.values())
        for path, value in zip(weights, engine.fetch([weight.value for weight in weights.values()]), strict=True):
            tag = path.replace(":", "_")
            run.add(f"{tag}/histogram", epoch, "histograms", histogram(value))
            pictures = images(value) if self.write_images else None
            if pictures is not None:
                height, width = (str(size).encode() for size in pictures.shape[1:3])
                run.add(f"{tag}/image", epoch, "images", [width, height, *map(png, pictures[:_MOST_IMAGES])])

    def _embedded(self) -> Iterator[tuple[Embedding, int]]:
        """The embedding layers to save, each with its place among the layers that have weights."""
        chosen = self.embeddings_layer_names
        with_weights = [layer for layer in self.model.layers if layer.weights or isinstance(layer, Embedding)]
        for place, layer in enumerate(with_weights):
            if isinstance(layer, Embedding) and (chosen is None or layer.name in chosen):
                yield layer, place

    def _write_projector(self, saved: bool) -> None:
        """Say to the projector which embeddings there are and, once they are saved, where."""
        layers, named = list(self._embedded()), self.embeddings_metadata
        for name in [*({} if named is None or isinstance(named, str) else named), *(self.embeddings_layer_names or ())]:
            if all(layer.name != name for layer, _ in layers):
                raise unknown(f"embedding layer of `{self.model.name}`", name, [layer.name for layer, _ in layers])
        text = ""
        for layer, place in layers:
            metadata = named if named is None or isinstance(named, str) else named.get(layer.name)
            fields = {
                "tensor_name": f"layer_with_weights-{place}/embeddings/.ATTRIBUTES/VARIABLE_VALUE",
                "metadata_path": metadata,
                "tensor_path": _table_path(layer) if saved else None,
            }
            given = {key: json.dumps(value, ensure_ascii=False) for key, value in fields.items() if value is not None}
            lines = "".join(f"  {key}: {value}\n" for key, value in given.items())
            text += f"embeddings {{\n{lines}}}\n"
        os.makedirs(self.log_dir, exist_ok=True)
        with open(os.path.join(self.log_dir, "projector_config.pbtxt"), "w", encoding="utf-8") as file:
            file.write(text)

    def _save_embeddings(self, epoch: int) -> None:
        folder = os.path.join(self.log_dir, "train")
        os.makedirs(folder, exist_ok=True)
        self.model.save_weights(os.path.join(folder, f"keras_embedding.ckpt-{epoch}.weights.h5"))
        for layer, _ in self._embedded():
            # The projector cannot read that file: it takes tables as text.
            table = engine.to_numpy(layer.embeddings).astype("float32")
            np.savetxt(os.path.join(self.log_dir, _table_path(layer)), table, fmt="%.7g", delimiter="\t")
        self._write_projector(saved=True)

    # ------------------------------------------------------------------ graph and profile

    def _write_graph(self) -> None:
        if not self.write_graph or self._graph_written:
            return
        self._graph_written = True
        if getattr(self.model, "graph", None) is not None:
            self._run("train").add("keras", 0, "graph_keras_model", layer_graph(self.model), b"1")

    def _start_trace(self) -> None:
        try:
            engine.start_trace(os.path.join(self.log_dir, "train"))
            self._tracing = True
        except RuntimeError as problem:  # somebody else's is running
            warnings.warn(f"Batch {self._batch} is not profiled: {problem}", stacklevel=2)

    def _stop_trace(self) -> None:
        if not self._tracing:
            return
        self._tracing = False
        try:
            engine.stop_trace()
        except RuntimeError as problem:  # somebody else has stopped it
            warnings.warn(f"The profile is not written: {problem}", stacklevel=2)
        graph = run_metadata(self.model)
        self._run("train").add(f"batch_{self._last_traced}", self._last_traced, "graph_run_metadata_graph", graph, b"1")
        self._choose_batch_hooks()


def _frequency(value: Any) -> int | str:
    if value in ("batch", "epoch"):
        return 1 if value == "batch" else "epoch"
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value > 0:
        return int(value)
    raise invalid("TensorBoard.update_freq", "'batch', 'epoch' or a positive number of batches", value)


def _range(value: Any) -> tuple[int, int]:
    """The first and the last batch to profile."""
    try:
        numbers = value.split(",") if isinstance(value, str) else value if isinstance(value, (tuple, list)) else [value]
        first, last = (int(numbers[0]), int(numbers[-1]))
        if len(numbers) <= 2 and 0 <= first <= last:
            return first, last
    except (ValueError, TypeError, IndexError):
        pass
    raise invalid("TensorBoard.profile_batch", "a batch counted from 1, a pair (first, last) of such, or 0", value)


def _table_path(layer: Any) -> str:
    return f"train/embedding_{layer.name}.tsv"
