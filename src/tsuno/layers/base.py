"""A layer: `build` makes variables once the input's shape is known, `call` computes.

`Layer.__call__` stands around `call` and does the same for every layer: it turns arguments into arrays of the layer's
dtype, checks and builds, passes `training` and masks along, and gathers losses. Called on symbolic tensors it records
a node of a graph instead. Weights and inner layers are plain attributes (or lists and dicts of them), found by
walking when asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, ClassVar

import numpy as np

from tsuno import constraints, engine, initializers, regularizers
from tsuno.core import past, tree
from tsuno.core.config import Configurable
from tsuno.core.context import context, get_mask, scope, set_mask
from tsuno.core.dtypes import DTypePolicy, get_policy, is_float
from tsuno.core.errors import describe, invalid, reason
from tsuno.core.naming import auto_name
from tsuno.core.op import to_array
from tsuno.core.registry import serialize
from tsuno.core.seeds import SeedGenerator
from tsuno.core.spec import KerasTensor, Node, infer, is_symbolic
from tsuno.core.variable import Variable, children, variables_of
from tsuno.layers.building import built_once, is_rectangular
from tsuno.layers.calling import CallSignature, call_signature, carried_masks, shapes_of, symbols_of
from tsuno.layers.changing import Changeable
from tsuno.layers.input_spec import check_inputs
from tsuno.layers.parts import PARTS, SAID, Memory, is_of_heirs
from tsuno.layers.stored import load_variables, save_variables
from tsuno.metrics import Metric


class Layer(Changeable, Configurable):
    """Base of layers.

    Args:
        activity_regularizer: a penalty on the layer's outputs, divided by the batch size.
        trainable: whether its weights are trained.
        dtype: the dtype, or `DTypePolicy`, that the layer computes in and keeps weights in.
        autocast: whether float inputs are cast to the dtype computed in.
        name: a name, unique within a model; made from the class's name by default.
        input_shape: for the first layer of a `Sequential`: the shape of one sample.
        input_dim: for the first layer of a `Sequential`: the size of one sample with one axis.
        batch_size: for the first layer of a `Sequential`: how many samples come at a time, if that is fixed.

    Example:
        >>> class Scale(tsuno.layers.Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> layer = Scale()
        >>> layer(np.ones((2, 3), "float32")).shape
        (2, 3)
        >>> [weight.path for weight in layer.weights]
        ['scale/factor']
    """

    _untracked = frozenset({"_arguments", "_inbound_nodes", "_losses", "_build_shapes"})
    activation: Callable[..., Any] | None
    _in_build: bool

    def _keep(self, arguments: Mapping[str, Any]) -> None:
        """Arguments that name a part (`kernel_initializer`, `activation`) are kept as the part itself."""
        for name, value in arguments.items():
            get = PARTS.get(name.rpartition("_")[2])
            if get is not None:
                setattr(self, name, get(value))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in cls.__dict__:
            cls.build = built_once(cls.build)  # type: ignore[method-assign]

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        name: str | None = None,
        input_shape: Any = None,
        input_dim: int | None = None,
        batch_size: int | None = None,
    ) -> None:
        if name is not None and (not isinstance(name, str) or ("/" in name and not past.alive)):
            raise invalid(f"{type(self).__name__}.name", "a string without '/'", name)
        self.name = name or auto_name(type(self).__name__)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.built, self.autocast = False, autocast
        self.dtype_policy = dtype
        self.supports_masking = False
        self.input_spec: Any = None
        self._trainable = bool(trainable)
        self._inbound_nodes: list[Node] = []
        self._losses: list[Any] = []
        self._build_shapes: dict[str, Any] | None = None
        shape = (input_dim,) if input_dim is not None else input_shape
        shape = (shape,) if shape is not None and not hasattr(shape, "__iter__") else shape
        self._entry_shape = None if shape is None else (batch_size, *shape)

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of a shape; layers with weights define it."""

    def _finish_build(self) -> None:
        """What is done to the weights as soon as they are there."""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; every layer defines it."""
        raise NotImplementedError(f"{type(self).__name__} must define `call(self, inputs)`.")

    # ------------------------------------------------------------------ calling

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if "_arguments" not in self.__dict__ or "_inbound_nodes" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}.__init__ must call `super().__init__()` before anything else.")
        if context.recording is None and not is_symbolic(args, kwargs):
            return self._run(*args, **kwargs)
        result = NotImplemented if context.recording is None else context.recording.run(self._run, args, kwargs)
        return self._record(args, kwargs) if result is NotImplemented else result

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        """`call` on arrays, with all that belongs around it."""
        signature = call_signature(type(self))
        arguments = signature.bind(self, args, kwargs)
        for name, value in arguments.items():
            if name != "training":
                arguments[name] = self._convert(value)
        first = arguments.get(signature.first)
        check_inputs(self.input_spec, first, self.path)
        if not self.built:
            self._build_for(signature, arguments)
            check_inputs(self.input_spec, first, self.path)
        mask = signature.fill_masks(arguments)
        training = arguments.get("training")
        if training is None:
            training = context.training if context.training is not None else bool(signature.training_default)
        if signature.takes_training:
            arguments["training"] = training
        policy = self.dtype_policy
        mixed = policy.compute_dtype if policy.compute_dtype != policy.variable_dtype else None
        path = (*context.path, self.name)
        with engine.named(self.name), scope(training=training, compute_dtype=mixed, path=path, layer=self):
            outputs = signature.call(self, arguments)
        self.built = True
        if self._passes_masks:
            self._pass_mask(first, mask, outputs)
        if self.activity_regularizer is not None:
            for output in tree.flatten(outputs):
                self.add_loss(self.activity_regularizer(output) / (output.shape[0] if output.ndim else 1))
        return outputs

    def _convert(self, value: Any) -> Any:
        """Arrays of the dtype that the layer computes in, from anything array-like."""
        if isinstance(value, dict):
            return {key: self._convert(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            if any(item is None or hasattr(item, "shape") or isinstance(item, (list, tuple, dict)) for item in value):
                if not any(hasattr(leaf, "shape") for leaf in tree.flatten(value)) and is_rectangular(value):
                    return self._convert(np.asarray(value))
                items = [self._convert(item) for item in value]
                return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
            numeric = value and all(isinstance(item, (bool, int, float)) for item in value)
            return self._convert(np.asarray(value)) if numeric and isinstance(value, list) else value
        if not hasattr(value, "shape") or not hasattr(value, "dtype"):
            return value
        if getattr(value.dtype, "kind", "") in "OUST" and not isinstance(value, Variable):
            raise invalid(f"{self.path}.inputs", "numbers", value, "Let a layer that reads text come first.")
        x = to_array(value)
        dtype = self.compute_dtype
        if self.autocast and is_float(x.dtype) and str(x.dtype) != dtype and is_float(dtype):
            mask = get_mask(x)
            x = x.astype(dtype)
            set_mask(x, mask)
        return x

    @property
    def _passes_masks(self) -> bool:
        return self.supports_masking or type(self).compute_mask is not Layer.compute_mask

    def _pass_mask(self, inputs: Any, mask: Any, outputs: Any) -> None:
        flat = tree.flatten(outputs)
        if all(get_mask(x) is not None for x in flat):
            return
        masks = self.compute_mask(inputs, mask)
        if masks is None:
            return
        masks = tree.flatten(masks)
        for x, m in zip(flat, masks if len(masks) == len(flat) else masks[:1], strict=False):
            if m is not None and get_mask(x) is None:
                set_mask(x, m)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs from that of the inputs; the same by default."""
        return previous_mask

    def _record(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Enter a call on symbolic tensors into the graph."""
        signature = call_signature(type(self))
        arguments = signature.bind(self, args, kwargs)
        check_inputs(self.input_spec, arguments.get(signature.first), self.path)
        if not self.built:
            self._build_for(signature, arguments)
            check_inputs(self.input_spec, arguments.get(signature.first), self.path)
        outputs = self.compute_output_spec(*args, **kwargs)
        Node(self, args, kwargs, outputs)
        return outputs

    def _run_with_masks(self, masks: Sequence[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
        """`_run` of tensors that carry masks: the outputs, and the masks that they carry."""
        for x, mask in zip(tree.flatten((args, kwargs)), masks, strict=True):
            if mask is not None:
                set_mask(x, mask)
        outputs = self._run(*args, **kwargs)
        return outputs, [get_mask(x) for x in tree.flatten(outputs)]

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for symbolic arguments, as symbolic tensors."""
        if type(self).compute_output_shape is not Layer.compute_output_shape:
            signature = call_signature(type(self))
            first = signature.bind(self, args, kwargs)[signature.first]
            outputs = symbols_of(self.compute_output_shape(shapes_of(first)), self.compute_dtype)
            if self._passes_masks:
                self._pass_mask(first, carried_masks(first), outputs)
            return outputs
        try:
            with scope(losses=[], training=context.training):
                masks = [get_mask(x) if isinstance(x, KerasTensor) else None for x in tree.flatten((args, kwargs))]
                outputs, masks = infer(self._run_with_masks, (masks, args, kwargs), {})
            for x, mask in zip(tree.flatten(outputs), masks, strict=True):
                set_mask(x, mask)
            return outputs
        except (TypeError, ValueError, IndexError, ZeroDivisionError) as problem:
            if getattr(problem, "_located", False):
                raise
            shapes = [leaf.shape for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, KerasTensor)]
            shown = " and ".join(map(str, shapes))
            error = ValueError(
                f"The layer `{self.path}` ({type(self).__name__}) cannot be applied to an input of shape {shown}: "
                f"{reason(problem)}."
            )
            error._located = True  # type: ignore[attr-defined]
            raise error from problem

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """The shape of the outputs for inputs of a shape (sizes, None where unknown)."""
        symbols = [symbols_of(shape, self.compute_dtype) for shape in args]
        named = {name.removesuffix("_shape"): symbols_of(shape, self.compute_dtype) for name, shape in kwargs.items()}
        if "input" in named:
            symbols.append(named.pop("input"))
        with scope(losses=[]):
            return shapes_of(infer(self._built_run(*symbols, **named), tuple(symbols), named))

    def _built_run(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        if not self.built:
            signature = call_signature(type(self))
            self._build_for(signature, signature.bind(self, args, kwargs))
        return self._run

    def _build_for(self, signature: CallSignature, arguments: Mapping[str, Any]) -> None:
        """Build for the shapes of a call's arguments."""
        names = list(inspect.signature(self.build).parameters)
        with scope(bindings=None, training=None, path=(*context.path, self.name)):
            if len(names) == 1 or not all(name.endswith("_shape") for name in names):
                self.build(shapes_of(arguments.get(signature.first)))
            else:
                tensors = {f"{key}_shape": value for key, value in arguments.items() if value is not None}
                tensors.setdefault(names[0], arguments.get(signature.first))  # an heir may call it otherwise
                self.build(**{name: shapes_of(tensors[name]) for name in names if name in tensors})

    # ------------------------------------------------------------------ weights

    def add_weight(
        self,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new weight of the layer.

        Args:
            shape: its shape; a scalar by default.
            initializer: how its first values are made; `glorot_uniform` by default, zeros for integers.
            dtype: its dtype; the layer's variable dtype by default.
            trainable: whether optimizers may change it.
            autocast: whether it is read in the dtype that the layer computes in.
            regularizer: a penalty on its values, added to the loss.
            constraint: a function that it is passed through after each step.
            aggregation: how copies on several devices are merged.
            layout: how it is spread over devices.
            name: the last part of its path.
        """
        shape = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        if any(size is None for size in shape):
            raise ValueError(
                f"The weight {name or 'without a name'!r} of `{self.path}` cannot be made: its shape {shape} has an "
                "unknown size. Give the layer an input whose last axis is known."
            )
        dtype = dtype or self.variable_dtype
        if initializer is None:
            initializer = "glorot_uniform" if is_float(dtype) else "zeros"
        here = context.path if context.path[-1:] == (self.name,) else (*context.path, self.name)
        with scope(path=here):
            variable = Variable(
                initializers.get(initializer), shape, dtype, trainable=trainable, autocast=autocast,
                aggregation=aggregation, layout=layout, name=name,
            )  # fmt: skip
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        return variable

    def _weight(self, name: str, shape: Any, part: str | None = None, wanted: bool = True, **options: Any) -> Any:
        """A new weight with the initializer, regularizer and constraint that the constructor was given for it.

        They are the arguments named for the weight, or for `part`; None if the weight is not wanted.
        """
        said = {what: getattr(self, f"{part or name}_{what}", None) for what in SAID}
        return self.add_weight(shape, name=name, **{**said, **options}) if wanted else None

    @property
    def trainable(self) -> bool:
        """Whether the layer's weights are trained; setting it sets it for the layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for child in children(self):
            if isinstance(child, Layer):
                child.trainable = value

    @property
    def variables(self) -> list[Variable]:
        """All variables: weights and the states of random generators, own ones first."""
        return variables_of(self, skip=(Metric,))

    @property
    def weights(self) -> list[Variable]:
        """The weights: all variables but the states of random generators and what is kept between calls."""
        return variables_of(self, skip=(Metric, SeedGenerator, Memory))

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that training changes: trainable ones in trainable layers."""
        allowed = {id(variable) for variable in _trainable(self)}
        return [variable for variable in self.variables if id(variable) in allowed]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The other variables."""
        trainable = {id(variable) for variable in self.trainable_variables}
        return [variable for variable in self.variables if id(variable) not in trainable]

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return self.trainable_variables

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        trainable = {id(variable) for variable in self.trainable_variables}
        return [weight for weight in self.weights if id(weight) not in trainable]

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of this layer and of those inside."""
        found = [child for child in children(self) if isinstance(child, Metric)]
        for child in children(self):
            if isinstance(child, Layer):
                # What a model inside was compiled with measures its own training, not this one.
                compiled = getattr(child, "compiled", None) is not None
                inner = Layer.metrics.fget(child) if compiled else child.metrics  # type: ignore[attr-defined]
                found += [metric for metric in inner if all(metric is not other for other in found)]
        return found

    @property
    def metrics_variables(self) -> list[Variable]:
        """The counters of all metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def get_weights(self) -> list[np.ndarray]:
        """The values of the weights as NumPy arrays, in the order of `weights`."""
        return [np.array(weight.numpy()) for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of all weights, in the order of `weights`.

        Raises:
            ValueError: the number of arrays or one of their shapes is not that of the weights.
        """
        own = self.weights
        if len(weights) != len(own):
            raise ValueError(
                f"`{self.path}` has {len(own)} weights; {len(weights)} arrays were given to `set_weights`."
                f"{'' if self.built else ' The layer is not built yet: call it, or its `build`, first.'}"
            )
        for variable, value in zip(own, weights, strict=True):
            if tuple(np.shape(value)) != variable.shape:
                raise ValueError(
                    f"The weight `{variable.path}` has shape {variable.shape}; an array of shape {np.shape(value)} "
                    "cannot be put into it."
                )
        for variable, value in zip(own, weights, strict=True):
            variable.assign(value)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Put the layer's own weights into a mapping, for files: under "0", "1", … ."""
        save_variables(self, store)

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Take the layer's own weights from what `save_own_variables` stored."""
        load_variables(self, store)

    def count_params(self) -> int:
        """The number of values in all weights."""
        if not self.built:
            raise ValueError(f"`{self.path}` has no weights yet: call it, or its `build`, before `count_params`.")
        return sum(int(np.prod(weight.shape)) for weight in self.weights)

    # ------------------------------------------------------------------ losses

    def _activated(self, x: Any) -> Any:
        """The layer's activation of `x`; none if it was taken away."""
        return x if self.activation is None else self.activation(x)

    def add_loss(self, loss: Any) -> None:
        """Add scalars to what training makes small; called within `call`."""
        for value in tree.flatten(loss):
            if context.losses is not None:
                context.losses.append((self, value))
            else:
                self._losses = [value] if len(self._losses) > 64 else [*self._losses, value]

    @property
    def losses(self) -> list[Any]:
        """The penalties of this layer and of those inside: from `add_loss` and from regularizers of weights."""
        inside = list(self._flatten_layers())
        if context.losses is not None:
            mine = {id(layer) for layer in inside}
            added = [value for layer, value in context.losses if id(layer) in mine]
        else:
            added = [value for layer in inside for value in layer._losses]
        weights = [weight for weight in self.trainable_variables if weight.regularizer is not None]
        return [*added, *(weight.regularizer(weight.value) for weight in weights if weight.regularizer)]

    def _clear_losses(self) -> None:
        for layer in self._flatten_layers():
            layer._losses = []

    # ------------------------------------------------------------------ structure

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> Iterator[Layer]:
        """This layer and those inside, each once, depth first."""
        seen: set[int] = set()

        def visit(layer: Layer, top: bool) -> Iterator[Layer]:
            if id(layer) in seen:
                return
            seen.add(id(layer))
            if include_self or not top:
                yield layer
            if top or recursive:
                for child in children(layer):
                    if isinstance(child, Layer):
                        yield from visit(child, False)

        return visit(self, True)

    @property
    def path(self) -> str:
        """The names of the layers around this one at work, and its own."""
        return "/".join(context.path if context.path[-1:] == (self.name,) else (*context.path, self.name))

    @property
    def dtype(self) -> str:
        """The dtype of the layer's weights."""
        return self.variable_dtype

    @property
    def dtype_policy(self) -> DTypePolicy:
        """The dtypes that the layer computes in and keeps weights in; may be set by name."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, policy: Any) -> None:
        self._dtype_policy = get_policy(policy).at("/".join((*context.path, self.name)))
        self._follow_policy()

    def _follow_policy(self) -> None:
        """What is done to the weights when the policy is set."""

    @property
    def variable_dtype(self) -> str:
        """The dtype of the layer's weights."""
        return self.dtype_policy.variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype that the layer computes in."""
        return self.dtype_policy.compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How the weights are quantized: `int8`, `int4`, `float8`, `gptq`, `awq`, or None."""
        return self.dtype_policy.quantization_mode

    def quantize(self, mode: str | None = None, type_check: bool = True, config: Any = None) -> None:
        """Put the weights in fewer bits; for layers that can."""
        raise NotImplementedError(f"`{self.path}` ({type(self).__name__}) has no weights that could be quantized.")

    @property
    def input(self) -> Any:
        """The symbolic input of the layer's first call."""
        inputs = self._first_node("input").inputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def output(self) -> Any:
        """The symbolic output of the layer's first call."""
        return self._first_node("output").outputs

    def _first_node(self, what: str) -> Node:
        if not self._inbound_nodes:
            raise AttributeError(
                f"The layer {self.name!r} has no `{what}` yet: it was not called on a symbolic tensor. Put it into a "
                "functional or `Sequential` model with an `Input` first."
            )
        return self._inbound_nodes[0]

    def stateless_call(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """`call` as a pure function of arrays: returns the outputs and the next non-trainable variables.

        Args:
            trainable_variables: values in the order of `layer.trainable_variables`.
            non_trainable_variables: values in the order of `layer.non_trainable_variables`.
            *args: the arguments of `call`.
            return_losses: also return the list of penalties.
            **kwargs: the arguments of `call`.
        """
        own = [*self.trainable_variables, *self.non_trainable_variables]
        given = [*trainable_variables, *non_trainable_variables]
        if len(own) != len(given):
            raise ValueError(f"`{self.path}` has {len(own)} variables; {len(given)} values were given.")
        values = {id(variable): value for variable, value in zip(own, given, strict=True)}
        with scope(bindings={**(context.bindings or {}), **values}, losses=[]):
            outputs = self(*args, **kwargs)
            rest = [variable._stored() for variable in self.non_trainable_variables]
            return (outputs, rest, self.losses) if return_losses else (outputs, rest)

    # ------------------------------------------------------------------ configuration

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        base = {"name": self.name, "trainable": self.trainable, "dtype": serialize(self.dtype_policy)}
        silent = {"input_shape", "input_dim", "batch_size"}  # said only where it says something
        silent |= {"activity_regularizer"} if self.activity_regularizer is None else set()
        silent |= {"autocast"} if config.get("autocast", True) else set()
        unsaid = self._unsaid | {key for key in silent if not is_of_heirs(type(self), Layer, key)}
        config = {key: value for key, value in config.items() if key not in unsaid}
        return {**base, **{key: value for key, value in config.items() if key not in base}}

    _unsaid: ClassVar[frozenset[str]] = frozenset()
    """Arguments that no configuration holds."""

    def get_build_config(self) -> dict[str, Any] | None:
        """The shapes that the layer was built for."""
        shapes = self._build_shapes
        if shapes is None or len(shapes) > 1:
            return shapes and {"shapes_dict": shapes}
        return {"input_shape": next(iter(shapes.values()), None)}

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Build for the shapes that `get_build_config` returned."""
        if config:
            shapes = config.get("shapes_dict", config)
            self.build(**shapes) if "input_shape" not in shapes else self.build(shapes["input_shape"])


def _trainable(layer: Layer) -> Iterator[Variable]:
    """The trainable variables of trainable layers."""
    if not layer.trainable:
        return
    for child in children(layer):
        if isinstance(child, Variable):
            if child.trainable:
                yield child
        elif isinstance(child, Layer):
            yield from _trainable(child)


def require_layer(value: Any, where: str) -> Layer:
    """`value` if it is a layer, else an error that says what to write."""
    if isinstance(value, Layer):
        return value
    if isinstance(value, type) and issubclass(value, Layer):
        raise TypeError(
            f"`{where}` must be a layer; got the class {value.__name__}. Make one by calling it: {value.__name__}(...)."
        )
    raise TypeError(f"`{where}` must be a layer; got {describe(value)}.")
