"""A model: a layer that can be trained, saved and looked at.

It is put together from parts that stand on their own: the layer it is, a `Graph` if it was drawn with symbolic
tensors, the `Compiled` choice of optimizer, loss and metrics, and the loop that trains it. The methods below only
connect them.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any

from tsuno import callbacks as callbacks_module
from tsuno import optimizers, saving
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.errors import describe, suggest
from tsuno.core.registry import deserialize, in_library, serialize
from tsuno.core.settings import floatx
from tsuno.core.spec import KerasTensor, infer
from tsuno.core.validate import spelled
from tsuno.core.variable import children
from tsuno.export import export_model
from tsuno.graph import Graph
from tsuno.layers import Layer
from tsuno.layers.calling import symbols_of
from tsuno.models.layer_list import LayerList
from tsuno.models.reading import unpack
from tsuno.models.showing import Showing
from tsuno.models.stepping import Stepping
from tsuno.rewrite.whole import quantize_model
from tsuno.training import calls, loop
from tsuno.training.compiled import Compiled, follow, recipe
from tsuno.training.program import Programs


class Model(Showing, Stepping):
    """A network with the means to train it.

    Made from symbolic tensors, `Model(inputs, outputs)`; as a stack, see `Sequential`; or by subclassing: make layers
    in `__init__`, use them in `call`.

    Args:
        inputs: a symbolic tensor from `Input`, or a list or dict of them.
        outputs: the symbolic tensors computed from them.
        name: a name.
        trainable: whether its weights are trained.
        **kwargs: the arguments of every layer, see `Layer`.

    Example:
        >>> x = tsuno.Input((3,))
        >>> y = tsuno.layers.Dense(1)(tsuno.layers.Dense(4, activation="relu")(x))
        >>> model = tsuno.Model(inputs=x, outputs=y)
        >>> model.predict(np.zeros((2, 3)), verbose=0).shape
        (2, 1)
    """

    _untracked = Layer._untracked | {"graph", "optimizer", "compiled", "history", "_programs", "_halves"}
    _config_module = "keras"

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype, **kwargs)
        self.graph: Graph | None = None
        self.compiled: Compiled | None = None
        self.optimizer: Any = None
        self.stop_training = False
        self.history: Any = None
        self._programs = Programs()
        if (inputs is None) != (outputs is None):
            raise ValueError(f"`{self.name}` needs both `inputs` and `outputs`, or neither when `call` is defined.")
        if inputs is not None:
            if name is None and type(self) is Model:
                self.name = _functional_name(self.name)
            self.graph = Graph(inputs, outputs, self.name)
            if type(self) is Model:
                self._config_module = "keras.src.models.functional"  # where Keras' files say that it is
            self._graph_layers = list(self.graph.layers)
            self.built = True

    # ------------------------------------------------------------------ as a layer

    def call(self, *args: Any, **kwargs: Any) -> Any:
        if self.graph is None:
            raise NotImplementedError(
                f"{type(self).__name__} must define `call(self, inputs)`, or be made with `inputs` and `outputs`."
            )
        names = ("inputs", "training", "mask")
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        with scope(training=context.training if given.get("training") is None else given["training"]):
            return unpack(self.graph.run(given["inputs"]))

    def quantize(  # type: ignore[override]
        self, mode: str | None = None, config: Any = None, filters: Any = None, type_check: bool = True
    ) -> None:
        """Put the weights of the layers inside in fewer bits, in place; compile the model anew to train it further.

        Args:
            mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`; that of `config` by default.
            config: a `QuantizationConfig`; the mode's default by default.
            filters: which layers: a regular expression for their names, a list of such, or a function of the layer.
            type_check: whether to pass over classes of your own.

        Layers that cannot be quantized are left as they are. The modes `gptq` and `awq` need example inputs and the
        blocks of the model: in `config`, or from `get_quantization_layer_structure`.

        Example:
            >>> model = tsuno.Sequential([tsuno.Input((8,)), tsuno.layers.Dense(4)])
            >>> model.quantize("int8")
            >>> [str(weight.dtype) for weight in model.weights]
            ['float32', 'int8', 'float32']
        """
        quantize_model(self, mode, config, filters, type_check)
        self.reset_programs()

    def get_quantization_layer_structure(self, mode: str) -> Mapping[str, Any] | None:
        """The parts of the model for quantization by example; for subclasses to define.

        Args:
            mode: `"gptq"` or `"awq"`.
        """
        return None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (outputs := calls.called(self, args, kwargs)) is not None:
            return outputs
        if self.graph is not None and type(self).call is Model.call:
            kwargs = {**dict(zip(("inputs", "training", "mask"), args, strict=False)), **kwargs}
            args = (kwargs.pop("inputs"),)
        return super().__call__(*args, **kwargs)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None  # the layers inside leave their masks on the outputs

    def build(self, input_shape: Any = None) -> None:
        """Make the weights, for inputs of a shape (batch axis included)."""
        if input_shape is None:
            return
        symbols = symbols_of(input_shape, floatx())
        self.built = True
        around = context.path[:-1] if context.path[-1:] == (self.name,) else context.path
        with scope(path=around):
            self.compute_output_spec(symbols)

    def outputs_for(self, inputs: Any) -> Any:
        """The outputs for symbolic inputs, as symbolic tensors; makes the weights if there are none yet."""
        if self.compiled_graph is not None:
            outputs = self.compiled_graph.outputs
            if all(None not in x.shape[1:] for x in tree.flatten(outputs)):
                return outputs
            with scope(losses=[]):  # with the sizes at hand the outputs' are known
                return infer(lambda x: self.forward(x, training=False), (inputs,), {})
        with scope(losses=[]):
            outputs = self.compute_output_spec(inputs)
        self.built = True
        return outputs

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside, in the order that data reaches them."""
        found: list[Layer] = []
        for child in children(self):
            if isinstance(child, Layer) and all(child is not other for other in found):
                found.append(child)
        return LayerList(found)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place.

        Raises:
            ValueError: there is none; the nearest name is suggested.
        """
        layers = self.layers
        if (name is None) == (index is None):
            raise ValueError("`get_layer` takes a `name` or an `index`, one of them.")
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"`{self.name}` has {len(layers)} layers; there is none at index {index}.")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"`{self.name}` has no layer named {name!r}.{suggest(name, [layer.name for layer in layers])}")

    # ------------------------------------------------------------------ inputs and outputs

    def _drawn(self, what: str) -> Graph:
        if self.graph is None:
            raise AttributeError(
                f"`{self.name}` has no `{what}`: it is not built of symbolic tensors"
                f"{', or has no input shape yet' if type(self) is not Model else ''}."
            )
        return self.graph

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs."""
        return self._drawn("inputs").input_tensors

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs."""
        return self._drawn("outputs").output_tensors

    @property
    def input(self) -> Any:
        """The symbolic input, or the structure of them."""
        return self._drawn("input").inputs

    @property
    def output(self) -> Any:
        """The symbolic output, or the structure of them."""
        return self._drawn("output").outputs

    @property
    def input_shape(self) -> Any:
        """The shape of the input, or the structure of shapes."""
        return unpack(tree.map_structure(lambda tensor: tensor.shape, self.input))

    @property
    def output_shape(self) -> Any:
        """The shape of the output, or the structure of shapes."""
        return unpack(tree.map_structure(lambda tensor: tensor.shape, self.output))

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return self._drawn("input_names").input_names

    @property
    def output_names(self) -> list[str] | None:
        """The names of the outputs; None if they are not known before data comes."""
        return self.graph.output_names if self.graph is not None else None

    # ------------------------------------------------------------------ training

    @spelled
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Choose how the model is trained.

        Args:
            optimizer: an optimizer, or its name.
            loss: a loss: its name, a function of `(y_true, y_pred)` or a `Loss`; a list or dict of them for several
                outputs.
            loss_weights: how much each output's loss counts.
            metrics: what else to measure: a list of names, functions and `Metric` objects; a list or dict of such lists
                for several outputs.
            weighted_metrics: metrics that take sample and class weights into account.
            run_eagerly: compute step by step outside compiled programs, for debugging.
            steps_per_execution: accepted for compatibility; how many steps one dispatch runs is found by measuring.
            jit_compile: `False` has the same effect as `run_eagerly=True`.
            auto_scale_loss: under the dtype policy `mixed_float16`, put a `LossScaleOptimizer` around the optimizer.

        Which weights are trainable is settled here: changing `trainable` later takes effect at the next `compile`.

        Raises:
            ValueError: a name is unknown; the nearest is suggested.
        """
        self.optimizer = given = optimizers.get(optimizer)
        if not isinstance(self.optimizer, optimizers.Optimizer):
            raise TypeError(f"`compile.optimizer` must be an optimizer or its name; got {describe(optimizer)}.")
        scaled = isinstance(given, optimizers.LossScaleOptimizer)
        if auto_scale_loss and not scaled and self.dtype_policy.name == "mixed_float16":
            self.optimizer = optimizers.LossScaleOptimizer(given, name="loss_scale_optimizer")
        eager = bool(run_eagerly or jit_compile is False)
        self.compiled = Compiled(loss, loss_weights, metrics, weighted_metrics, eager, steps_per_execution, jit_compile)
        self.compiled.arguments = {
            "optimizer": given, "loss": loss, "loss_weights": loss_weights, "metrics": metrics,
            "weighted_metrics": weighted_metrics, "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution, "jit_compile": jit_compile,
        }  # fmt: skip
        self.compiled.freeze_trainable(self)
        self.stop_training = False
        self.reset_programs()

    def reset_programs(self) -> None:
        """Forget compiled programs; called when what they were compiled from has changed."""
        if "_programs" in self.__dict__:
            self._programs.clear()

    @property
    def run_eagerly(self) -> bool:
        """Whether steps are computed outside compiled programs."""
        return self.compiled is not None and self.compiled.eager

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        loop.compiled(self, "run_eagerly").eager = bool(value)
        self.reset_programs()

    @property
    def jit_compile(self) -> bool:
        """Whether steps run inside compiled programs."""
        return not self.run_eagerly

    @property
    def loss(self) -> Any:
        """The loss given to `compile`, or what a class of your own keeps under this name."""
        given = None if self.compiled is None else self.compiled.arguments["loss"]
        return self.__dict__.get("_loss") if given is None else given

    @loss.setter
    def loss(self, value: Any) -> None:
        self._loss = value

    @spelled
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        *,
        resume: Any = None,
        smoke: bool = False,
    ) -> callbacks_module.History:
        """Train the model on data.

        Args:
            x: the inputs: an array, a list or dict of arrays for several inputs, or a generator of batches `(x, y)` or
                `(x, y, sample_weight)`.
            y: the targets, in the structure of the outputs; none for a generator.
            batch_size: samples per step, 32 by default.
            epochs: the number of the epoch to stop before, counted from 0.
            verbose: 0 for silence, 1 for a progress bar, 2 for a line per epoch; `"auto"` is 1.
            callbacks: a list of callbacks.
            validation_split: the part of the data, from its end, to validate on instead of training on it.
            validation_data: `(x, y)` or `(x, y, sample_weight)`, or a generator, to validate on.
            shuffle: whether to go through arrays in a new random order each epoch.
            class_weight: how much samples of each class count, by class index.
            sample_weight: how much each sample (or each step of each sample) counts.
            initial_epoch: the number of the first epoch.
            steps_per_epoch: steps per epoch; all the data by default.
            validation_steps: steps per validation; all the data by default.
            validation_batch_size: samples per validation step, `batch_size` by default.
            validation_freq: validate every so many epochs, or after the epochs in this list (counted from 1).
            resume: a folder in which training is saved, and from which it goes on when the program is started again:
                to the same numbers as if it had never stopped. See `callbacks.BackupAndRestore`.
            smoke: whether to run one batch of training and one of validation first, without a trace, so that errors
                and misspelt monitors show at once.

        Returns:
            A `History`: its `history` has the value of loss and metrics after each epoch.

        Raises:
            ValueError: data, labels or arguments do not fit; said in one sentence before anything runs.
            RuntimeError: the model was not compiled.
        """
        return loop.fit(
            self,
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
            resume=resume,
            smoke=smoke,
        )

    @spelled
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics on data, without training.

        Args:
            x: the inputs, as in `fit`.
            y: the targets, as in `fit`.
            batch_size: samples per step, 32 by default.
            verbose: 0, 1 or 2, as in `fit`.
            sample_weight: how much each sample counts.
            steps: how many steps; all the data by default.
            callbacks: a list of callbacks.
            return_dict: whether to return a dict by name instead of a list.

        Returns:
            The loss, or a list of it and the metrics in the order of `metrics_names`, or a dict.
        """
        return loop.evaluate(
            self,
            x,
            y,
            batch_size=batch_size,
            verbose=verbose,
            sample_weight=sample_weight,
            steps=steps,
            callbacks=callbacks,
            return_dict=return_dict,
        )

    @spelled
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for data, as NumPy arrays.

        Args:
            x: the inputs, as in `fit`.
            batch_size: samples per step, 32 by default.
            verbose: 0, 1 or 2, as in `fit`.
            steps: how many steps; all the data by default.
            callbacks: a list of callbacks.
        """
        plain = verbose == 0 and steps is None and callbacks is None
        if plain and (outputs := calls.predicted(self, x, batch_size)) is not None:
            return outputs
        return loop.predict(self, x, batch_size=batch_size, verbose=verbose, steps=steps, callbacks=callbacks)

    @spelled
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of training on the batch given; returns its loss and metrics, as `evaluate` does."""
        return loop.train_on_batch(self, x, y, sample_weight, class_weight, return_dict)

    @spelled
    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of the batch given, as `evaluate` returns them."""
        return loop.test_on_batch(self, x, y, sample_weight, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for the batch given."""
        return loop.predict_on_batch(self, x)

    # ------------------------------------------------------------------ describing

    def get_config(self) -> dict[str, Any]:
        if self.graph is not None and type(self).__init__ is Model.__init__:
            base = {"name": self.name, "trainable": self.trainable}
            return {**base, **self.graph.get_config()}
        config = super().get_config()
        if type(self).__init__ is not Model.__init__:
            own = {key: value for key, value in config.items() if key not in ("inputs", "outputs")}
            declared = set(type(self).__signature__.parameters)
            return {key: value for key, value in own.items() if key in declared}
        return {key: config[key] for key in ("name", "trainable", "dtype") if key in config}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """A model, with new weights, from what `get_config` returned."""
        if "layers" in config and "input_layers" in config:

            def make(data: dict[str, Any]) -> Any:
                return deserialize(data, custom_objects)

            graph = Graph.from_config(config, config.get("name") or "model", make)
            model = cls(inputs=graph.inputs, outputs=graph.outputs, name=config.get("name"))
            model._trainable = config.get("trainable", True)
            return model
        return super().from_config(config)

    @property
    def _config_class_name(self) -> str:
        return "Functional" if type(self) is Model and self.graph is not None else type(self).__name__

    def to_json(self, **kwargs: Any) -> str:
        """The structure of the model, without weights, as JSON; `models.model_from_json` reads it."""
        return json.dumps(saving.whole_config(self), **kwargs)

    def to_yaml(self) -> str:
        """The structure of the model, without weights, as YAML; `models.model_from_yaml` reads it."""
        return saving.to_yaml(saving.whole_config(self))

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **options: Any) -> None:
        """Save the model in a `.keras` or `.h5` file; see `saving.save_model`."""
        saving.save_model(self, filepath, overwrite, zipped, **options)

    def save_weights(self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        """Save the weights, mostly in a `.weights.h5` file; see `saving.save_weights`."""
        saving.save_weights(self, filepath, overwrite, max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **options: Any) -> None:
        """Take weights from a file of any kind; see `saving.load_weights`."""
        saving.load_weights(self, filepath, skip_mismatch, **options)

    def export(
        self, filepath: Any, format: str | None = None, verbose: Any = None, input_signature: Any = None, **options: Any
    ) -> None:
        """Write a file or folder that computes the outputs without Tsuno; see `export.export_model`."""
        export_model(self, filepath, format, verbose, input_signature, **options)

    def get_compile_config(self) -> dict[str, Any] | None:
        """What `compile` was given, as plain data."""
        if self.compiled is None:
            return None
        return {key: serialize(value) for key, value in self.compiled.arguments.items()}

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile as `get_compile_config` says; to be overridden together with `compile`."""
        if self.has_own("compile"):
            warnings.warn(
                f"`{type(self).__name__}` has a `compile` of its own, so it is not compiled now: call it, or define "
                "`get_compile_config` and `compile_from_config` too.",
                stacklevel=2,
            )
            return
        self.compile(**{key: deserialize(value) for key, value in config.items()})

    def __reduce__(self) -> Any:
        slots = [variable.numpy() for variable in self.optimizer.variables] if self.compiled is not None else []
        compiled = None if self.compiled is None else recipe(self.compiled.arguments)
        classes = {type(layer) for layer in self._flatten_layers() if not in_library(type(layer))}
        own = {cls.__name__: cls for cls in classes}  # the user's, found without being registered
        return _restore, (serialize(self), own, self.get_weights(), compiled, slots)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        restore, arguments = self.__reduce__()
        copy = restore(*arguments)
        memo[id(self)] = copy
        return copy


def _restore(data: dict[str, Any], own: dict[str, type], weights: list[Any], compiled: Any, slots: Any) -> Any:
    """A model with its weights, compiled as it was, its optimizer where it was."""
    model = deserialize(data, own)
    if weights:
        model.set_weights(weights)
    if compiled is not None and not model.has_own("compile"):
        model.compile(**follow(compiled))
        if model.built:
            model.optimizer.build(model.compiled.trainable(model))
        if len(slots) == len(model.optimizer.variables):
            model.optimizer.set_weights(slots)
    return model


class Functional(Model):
    """The name that files have for a `Model` of symbolic tensors."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        return Model.from_config(config, custom_objects)


def _functional_name(name: str) -> str:
    """Models of symbolic tensors are named `functional`, `functional_1`, as in Keras."""
    return name.replace("model", "functional", 1) if name.startswith("model") else name
