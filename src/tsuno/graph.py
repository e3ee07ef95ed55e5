"""The graph of a functional model: read from symbolic tensors, run on arrays, written to and read from plain data.

Drawing happens in `core.spec`: each call of a layer or an op on symbolic tensors left a node. A `Graph` follows the
nodes back from some outputs to some inputs, puts them in order, and is then a function: running it is a plain loop
over the nodes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tsuno import ops
from tsuno.core import tree
from tsuno.core.context import context, get_mask, set_mask
from tsuno.core.errors import describe, suggest
from tsuno.core.function_config import function_arguments, function_config, function_from_config
from tsuno.core.op import Function
from tsuno.core.registry import deserialize, serialize
from tsuno.core.spec import KerasTensor, Node
from tsuno.layers import InputLayer, Layer
from tsuno.layers.strings import as_text, runs_on_host

Operation = Layer | Function


class Graph:
    """The nodes between inputs and outputs.

    Args:
        inputs: a symbolic tensor, or a list, tuple or dict of them.
        outputs: likewise; each must depend on the inputs only.
        name: the model's name, for messages.
        entries: whether inputs from the middle of another graph are named for their tensors.
        ends: what else is computed, for its effects.
    """

    def __init__(
        self, inputs: Any, outputs: Any, name: str = "model", entries: bool = False, ends: Sequence[KerasTensor] = ()
    ) -> None:
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            wrong = [leaf for leaf in tree.flatten(structure) if not isinstance(leaf, KerasTensor)]
            if wrong or not (tree.flatten(structure) or (entries and what == "inputs")):
                raise TypeError(
                    f"`Model.{what}` must be symbolic tensors, made by `Input` and by calling layers on them; got "
                    f"{describe(wrong[0]) if wrong else describe(structure)}."
                )
        self.inputs, self.outputs, self.name = inputs, outputs, name
        self.input_tensors: list[KerasTensor] = tree.flatten(inputs)
        self.output_tensors: list[KerasTensor] = tree.flatten(outputs)
        self.ends = list(ends)
        self._input_ids = {id(tensor): place for place, tensor in enumerate(self.input_tensors)}
        if len(self._input_ids) < len(self.input_tensors):
            raise ValueError("`Model.inputs` must be distinct tensors; one is given twice.")
        self.input_layers = [_input_layer(tensor, entries) for tensor in self.input_tensors]
        self.nodes, self.operations = self._trace()
        self._check_names()

    def _check_names(self) -> None:
        twice = [name for name, count in Counter(operation.name for operation in self.operations).items() if count > 1]
        if twice:
            raise ValueError(
                f"Two layers of the model {self.name!r} are named {twice[0]!r}. Give each a `name` of its own."
            )

    def with_end(self, tensor: KerasTensor) -> Graph:
        """The graph with something else that is computed, for its effects."""
        return Graph(self.inputs, self.outputs, self.name, ends=[*self.ends, tensor])

    @property
    def layers(self) -> list[Layer]:
        """The layers, inputs included, in the order that data reaches them."""
        return [operation for operation in self.operations if isinstance(operation, Layer)]

    @property
    def input_names(self) -> list[str]:
        """The name of each input, or its key where the inputs are a dict."""
        if isinstance(self.inputs, dict):
            return sorted(self.inputs)
        return [layer.name for layer in self.input_layers]

    @property
    def output_names(self) -> list[str]:
        """The key of each output where they are a dict, or the name of the layer it comes from."""
        if isinstance(self.outputs, dict):
            return sorted(self.outputs)
        return [self._maker(tensor).name for tensor in self.output_tensors]

    def _maker(self, tensor: KerasTensor) -> Operation:
        if id(tensor) in self._input_ids:
            return self.input_layers[self._input_ids[id(tensor)]]
        assert tensor.node is not None
        operation: Operation = tensor.node.operation
        return operation

    def _trace(self) -> tuple[list[Node], list[Operation]]:
        """The nodes in an order in which they can run, and the operations by their distance from the outputs."""
        done: list[Node] = []
        finished: set[int] = set()
        first_seen: dict[int, int] = {}
        operations: dict[int, Operation] = {}

        def see(operation: Operation) -> None:
            operations.setdefault(id(operation), operation)
            first_seen.setdefault(id(operation), len(first_seen))

        # Depth first, without recursion: models may have thousands of layers.
        stack: list[tuple[KerasTensor, bool]] = [
            (tensor, False) for tensor in reversed((*self.output_tensors, *self.ends))
        ]
        while stack:
            tensor, expanded = stack.pop()
            see(self._maker_or_fail(tensor))
            node = tensor.node
            if id(tensor) in self._input_ids or node is None or id(node) in finished:
                continue
            if expanded:
                finished.add(id(node))
                done.append(node)
            else:
                stack.append((tensor, True))
                stack += [(parent, False) for parent in reversed(node.inputs) if not self._is_done(parent, finished)]

        depth: dict[int, int] = {}
        operation_depth: dict[int, int] = {}
        for node in reversed(done):
            here = max(depth.get(id(node), 0), operation_depth.get(id(node.operation), 0))
            depth[id(node)] = operation_depth[id(node.operation)] = here
            for parent in node.inputs:
                maker = self._maker(parent)
                if id(parent) in self._input_ids:
                    operation_depth[id(maker)] = max(here + 1, operation_depth.get(id(maker), 0))
                elif parent.node is not None:
                    depth[id(parent.node)] = max(here + 1, depth.get(id(parent.node), 0))
        for layer in self.input_layers:
            if id(layer) not in operations:
                operations[id(layer)] = layer
                first_seen[id(layer)] = -1
        order = sorted(operations, key=lambda key: (-operation_depth.get(key, 0), first_seen[key]))
        return done, [operations[key] for key in order]

    def _is_done(self, tensor: KerasTensor, finished: set[int]) -> bool:
        return tensor.node is not None and id(tensor.node) in finished

    def _maker_or_fail(self, tensor: KerasTensor) -> Operation:
        operation = None if tensor.node is None else self._maker(tensor)
        if operation is None or (isinstance(operation, InputLayer) and id(tensor) not in self._input_ids):
            raise ValueError(
                f"The outputs of the model {self.name!r} depend on {tensor.name!r}, which is not among its inputs "
                f"{[layer.name for layer in self.input_layers]}. Add it to `inputs`."
            )
        return operation

    # ------------------------------------------------------------------ running

    def run(self, inputs: Any) -> Any:
        """The outputs for arrays (or for other symbolic tensors) in the place of the inputs."""
        values: dict[int, Any] = {}
        for tensor, value in zip(self.input_tensors, self.align(inputs), strict=True):
            values[id(tensor)] = self._fit(tensor, value)

        def fill(leaf: Any) -> Any:
            if not isinstance(leaf, KerasTensor):
                return leaf
            return values[id(leaf)] if leaf.value is None else leaf.value

        for node in self.nodes:
            args, kwargs = tree.map_structure(fill, (node.args, node.kwargs))
            outputs = node.operation(*args, **kwargs)
            if context.tap is not None and not isinstance(node.operation, Layer):
                outputs = context.tap(node.operation, outputs)
            for symbol, value in zip(tree.flatten(node.outputs), tree.flatten(outputs), strict=True):
                values[id(symbol)] = value
        return tree.map_structure(fill, self.outputs)

    def align(self, inputs: Any) -> list[Any]:
        """What is given for each input, in order: by position, or by the names of inputs."""
        if isinstance(inputs, dict):
            names = self.input_names
            by_layer = [layer.name for layer in self.input_layers]
            keys = names if all(name in inputs for name in names) else by_layer
            missing = [
                name
                for name, layer in zip(keys, self.input_layers, strict=True)
                if name not in inputs and not layer.optional
            ]
            if missing:
                near = suggest(missing[0], inputs)
                raise ValueError(
                    f"The model {self.name!r} has inputs named {names}; {missing[0]!r} is missing among the keys "
                    f"{sorted(map(str, inputs))}.{near}"
                )
            return [inputs.get(key) for key in keys]
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if len(given) != len(self.input_tensors):
            raise ValueError(
                f"The model {self.name!r} takes {len(self.input_tensors)} inputs, {self.input_names}; got {len(given)}."
            )
        return given

    def split(self) -> tuple[Graph, Graph] | None:
        """Two graphs, one after the other: what must run on the host, and the rest; None if nothing must.

        On the host run the operations that read text, and all that their inputs come from.
        """
        on_host: set[int] = set()
        for node in reversed(self.nodes):
            if id(node) in on_host or runs_on_host(node.operation):
                on_host.add(id(node))
                on_host |= {id(x.node) for x in node.inputs if id(x) not in self._input_ids and x.node is not None}
        if not on_host:
            return None

        def outside(tensor: KerasTensor) -> bool:
            return id(tensor) in self._input_ids or id(tensor.node) in on_host

        wanted = [x for node in self.nodes if id(node) not in on_host for x in node.inputs] + self.output_tensors
        between = list({id(x): x for x in wanted if outside(x)}.values())
        text = next((x for x in between if x.dtype == "string"), None)
        if text is not None:
            raise ValueError(
                f"The model {self.name!r} can be called, but not trained or run in batches: {text.name!r} is text, and "
                "is given to a layer that reads numbers, or returned. Turn it into numbers first, for example with "
                "StringLookup."
            )
        return Graph(self.inputs, between, self.name), Graph(between, self.outputs, self.name, entries=True)

    def _fit(self, tensor: KerasTensor, value: Any) -> Any:
        """A value in the shape and dtype that an input declares; an axis of size 1 may be missing or too many."""
        if value is None or isinstance(value, KerasTensor):
            return value
        mask = get_mask(value)
        x = as_text(value, where=tensor.name) if tensor.dtype == "string" else ops.convert_to_tensor(value)
        if tensor.dtype != "string" and str(x.dtype) != tensor.dtype:
            x = ops.cast(x, tensor.dtype)
        wanted, shape = tensor.shape, tuple(x.shape)
        if len(shape) == len(wanted) - 1 and wanted[-1] == 1:
            x = x[..., None]
        elif len(shape) == len(wanted) + 1 and shape[-1] == 1:
            x = x[..., 0]
        self.check_shape(tensor, tuple(x.shape))
        if mask is not None and get_mask(x) is None:
            set_mask(x, mask)
        return x

    def check_shape(self, tensor: KerasTensor, shape: tuple[int | None, ...]) -> None:
        """Raise one sentence if an input of a shape does not fit."""
        wanted = tensor.shape
        fits = len(shape) == len(wanted) and all(
            size is None or given is None or size == given for size, given in zip(wanted[1:], shape[1:], strict=True)
        )
        if not fits:
            name = self.input_layers[self._input_ids[id(tensor)]].name
            raise ValueError(
                f"The input {name!r} of the model {self.name!r} must have shape {wanted} (None stands for any size); "
                f"got "
                f"{shape}."
            )

    # ------------------------------------------------------------------ plain data

    def get_config(self) -> dict[str, Any]:
        """The operations, how they are called on each other, and which tensors are inputs and outputs."""
        included = {id(node) for node in self.nodes}
        calls = {id(op): [node for node in op._inbound_nodes if id(node) in included] for op in self.operations}

        def history(tensor: KerasTensor) -> list[Any]:
            maker = self._maker(tensor)
            if id(tensor) in self._input_ids:
                return [maker.name, 0, 0]
            return [maker.name, calls[id(maker)].index(tensor.node), tensor.index]  # type: ignore[arg-type]

        def plain(value: Any) -> Any:
            if isinstance(value, KerasTensor):
                config = {"shape": value.shape, "dtype": value.dtype, "keras_history": history(value)}
                return {"class_name": "__keras_tensor__", "config": config}
            if isinstance(value, (list, tuple)):
                return [plain(item) for item in value]
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            return serialize(value)

        layers = []
        for operation in self.operations:
            nodes = calls[id(operation)]
            if isinstance(operation, Function):
                data, given = function_config(operation, nodes)
            else:
                data, given = serialize(operation), [(node.args, node.kwargs) for node in nodes]
            data["name"] = operation.name
            data["inbound_nodes"] = [
                {"args": [plain(value) for value in args], "kwargs": plain(kwargs)} for args, kwargs in given
            ]
            layers.append(data)
        return {
            "layers": layers,
            "input_layers": tree.map_structure(history, self.inputs),
            "output_layers": tree.map_structure(history, self.outputs),
        }

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], name: str = "model", make: Callable[[dict[str, Any]], Any] = deserialize
    ) -> Graph:
        """The graph that `get_config` described, of new operations made by `make`."""
        operations: dict[str, Any] = {}
        waiting: list[tuple[str, Mapping[str, Any]]] = []
        options: dict[str, Any] = {}
        names = Counter(data["name"] for data in config["layers"] if "name" in data)
        twice = next((key for key, count in names.items() if count > 1), None)
        if twice is not None:
            raise ValueError(f"The model {name!r} has two layers named {twice!r}: each must have a name of its own.")
        for data in config["layers"]:
            operation = function_from_config(data) or make(data)
            if isinstance(operation, Function):
                options[data.get("name", operation.name)] = deserialize(data["config"])
            operations[data.get("name", operation.name)] = operation
            waiting += [(data.get("name", operation.name), node) for node in data["inbound_nodes"]]
        made: dict[tuple[str, int], Any] = {
            (key, 0): operation._inbound_nodes[0]
            for key, operation in operations.items()
            if isinstance(operation, InputLayer)
        }
        counts = dict.fromkeys(operations, 0)

        def tensor(where: Sequence[Any]) -> KerasTensor:
            node = made[where[0], where[1]]
            found: KerasTensor = tree.flatten(node.outputs)[where[2]]
            return found

        def real(value: Any) -> Any:
            if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
                return tensor(value["config"]["keras_history"])
            if isinstance(value, (list, tuple)):
                return [real(item) for item in value]
            if isinstance(value, dict) and "class_name" not in value:
                return {key: real(item) for key, item in value.items()}
            return deserialize(value)

        while waiting:
            later: list[tuple[str, Mapping[str, Any]]] = []
            for key, node in waiting:
                blocked = any(other == key for other, _ in later)  # calls of one layer keep their order
                if blocked or not all((where[0], where[1]) in made for where in _histories(node)):
                    later.append((key, node))
                    continue
                operation, args, kwargs = operations[key], real(node["args"]), real(node["kwargs"])
                if isinstance(operation, Function):
                    args, kwargs = function_arguments(operation.function, args, {**options[key], **kwargs})
                    operation.record(args, kwargs)
                else:
                    operation(*args, **kwargs)
                made[key, counts[key]] = operation._inbound_nodes[-1]
                counts[key] += 1
            if len(later) == len(waiting):
                raise ValueError(
                    f"The layers of the model {name!r} wait for each other: {sorted({key for key, _ in later})}."
                )
            waiting = later

        def ends(structure: Any) -> Any:
            if isinstance(structure, dict):
                return {key: ends(value) for key, value in structure.items()}
            if len(structure) == 3 and isinstance(structure[0], str) and isinstance(structure[1], int):
                return tensor(structure)
            return [ends(item) for item in structure]

        return cls(ends(config["input_layers"]), ends(config["output_layers"]), name)


def _histories(value: Any) -> list[Sequence[Any]]:
    """Where the symbolic tensors within plain data come from."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            return [value["config"]["keras_history"]]
        return [found for item in value.values() for found in _histories(item)]
    if isinstance(value, (list, tuple)):
        return [found for item in value for found in _histories(item)]
    return []


def _input_layer(tensor: KerasTensor, entries: bool) -> InputLayer:
    """The layer that a symbolic tensor enters by; a new one for a tensor from the middle of another graph."""
    if tensor.node is not None and isinstance(tensor.node.operation, InputLayer):
        return tensor.node.operation
    return InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name if entries else None)
