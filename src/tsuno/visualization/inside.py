"""What goes on inside a model: what each layer gives for inputs, and how a score changes with it.

Every call of a layer passes its outputs through `context.tap`. A tap that keeps them gives what a layer computed; a
tap that adds a zero to them gives the gradient by what it computed. Both hold for every kind of model, for layers of
models within the model too, and for each call of a shared layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np

from tsuno import engine
from tsuno.activations import linear, softmax
from tsuno.core import tree
from tsuno.core.context import context, scope
from tsuno.core.errors import invalid, suggest
from tsuno.core.variable import State, bound, slots
from tsuno.engine import xp
from tsuno.layers import Layer, Softmax
from tsuno.layers.calling import call_signature

ATTENTION = "attention scores"
"""What follows the path of an attention layer, in brackets, where its scores are meant."""


class Inside:
    """The layers of a model at work.

    Layers are named by their path below the model, such as `"block/conv"`; the second call of a shared layer is
    `"conv (2)"`, and the scores of an attention layer, `(batch, heads, queries, keys)`, are
    `"attention (attention scores)"`.

    Args:
        model: the model; it must be built.
        values: a function that gives the values of the weights by path; what they are when asked, by default.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((3,)), tsuno.layers.Dense(2, name="hidden"), tsuno.layers.Dense(1)])
        >>> inside = tsuno.visualization.Inside(model)
        >>> inside.outputs(np.ones((4, 3)))["hidden"].shape
        (4, 2)
    """

    def __init__(self, model: Any, values: Callable[[], Mapping[str, Any]] | None = None) -> None:
        if not isinstance(model, Layer) or not model.built:
            raise invalid("Inside.model", "a model that is built", model, "Call it on data first, or give it an Input.")
        self.model, self._values = model, values
        self._programs: dict[Any, Callable[..., Any]] = {}
        self._order: dict[Any, list[str]] = {}
        self._operations: dict[str, Any] = {}
        self._shapes: dict[str, dict[str, Any]] = {}
        self._classes: dict[int, int] = {}

    def outputs(self, inputs: Any, paths: Sequence[str] | None = None) -> dict[str, Any]:
        """What layers give for inputs, as NumPy arrays by path, in the order of the calls.

        Args:
            inputs: a batch, as the model takes it.
            paths: which layers; None for all.

        Raises:
            ValueError: the model has no such layer.
        """
        return self.look(inputs, paths)[1]

    def look(self, inputs: Any, paths: Sequence[str] | None = None) -> tuple[Any, dict[str, Any]]:
        """What the model gives, and what layers give on the way; see `outputs`."""
        key = ("outputs", None if paths is None else frozenset(paths))
        wanted = key[1]

        def run(state: State, inputs: Any) -> tuple[Any, list[Any]]:
            seen: dict[str, Any] = {}

            def keep(path: str, outputs: Any) -> Any:
                if wanted is None or path in wanted:
                    seen[path] = outputs
                return outputs

            outputs = self._call(state, inputs, keep, scores=True)
            self._order[key] = list(seen)
            return outputs, list(seen.values())

        inputs = arrays_of(inputs)
        outputs, values = engine.tree.map(np.asarray, self._program(key, run)(self._state(), inputs))
        found = dict(zip(self._order[key], values, strict=True))
        for path in wanted or ():
            if path not in found:
                raise self.unknown_layer(path, inputs)
        return outputs, found

    def arguments(self, inputs: Any, path: str) -> Any:
        """The first argument that a layer is called with, as NumPy arrays.

        Args:
            inputs: a batch, as the model takes it.
            path: the layer.

        Raises:
            ValueError: the model has no such layer.
        """
        inputs = arrays_of(inputs)
        if path not in self.paths(inputs):
            raise self.unknown_layer(path, inputs)
        layer = self.operation(path)
        number = int(path.rpartition("(")[2][:-1]) if path.endswith(")") else 1

        def run(state: State, inputs: Any) -> Any:
            given: list[Any] = []
            plain = layer.call

            def call(*args: Any, **kwargs: Any) -> Any:
                given.extend((*args, *kwargs.values())[:1])
                return plain(*args, **kwargs)

            with _changed(layer, "call", call):
                self._call(state, inputs, lambda path, outputs: outputs)
            return given[number - 1]

        return engine.tree.map(np.asarray, self._program(("arguments", path), run)(self._state(), inputs))

    def gradients(
        self, inputs: Any, path: str | None = None, target: int | Sequence[int] | None = None, output: int = 0
    ) -> tuple[Any, Any, np.ndarray]:
        """How the score of a class changes with what a layer gives.

        The score is what the model gives for the class before a softmax, if it ends in one.

        Args:
            inputs: a batch, as the model takes it.
            path: the layer; None for the inputs themselves.
            target: the class, an index into the last axis of the output, or one for each example; None for the one
                of the highest score.
            output: which output, of a model with several.

        Returns:
            What the layer gave (or the inputs), the gradient of the score by it, and the scores, one an example.

        Raises:
            ValueError: the model has no such layer, class or output.
        """

        def run(state: State, inputs: Any, target: Any) -> Any:
            def score(change: Any) -> Any:
                given: dict[str, Any] = {}

                def nudge(here: str, outputs: Any) -> Any:
                    if here != path:
                        return outputs
                    given["outputs"] = outputs
                    return tree.map_structure(xp.add, outputs, change)

                x = tree.map_structure(xp.add, inputs, change) if path is None else inputs
                scores = self._scores(state, x, nudge, output)
                chosen = xp.where(target < 0, xp.argmax(scores, -1), target)
                scores = xp.take_along_axis(scores, chosen[:, None], -1)[:, 0]
                return scores.sum(), (inputs if path is None else given["outputs"], scores)

            zero = inputs if path is None else engine.eval_shape(lambda: self._found(state, inputs, path))
            zero = tree.map_structure(lambda x: xp.zeros(x.shape, x.dtype), zero)
            (_, (outputs, scores)), gradient = engine.value_and_grad(score, has_aux=True)(zero)
            return outputs, gradient, scores

        inputs = arrays_of(inputs)
        if path is None:
            inputs = tree.map_structure(lambda x: x.astype("float32") if x.dtype.kind in "iub" else x, inputs)
        elif path not in self.paths(inputs):
            raise self.unknown_layer(path, inputs)
        chosen = targets_of(target, tree.flatten(inputs)[0].shape[0])
        program = self._program(("gradients", path, output), run)
        found = engine.tree.map(np.asarray, program(self._state(), inputs, chosen))
        if chosen.size and chosen.max() >= self._classes[output]:
            raise invalid("target", f"a class of the model, below {self._classes[output]}", target)
        return found

    def scores(self, inputs: Any, output: int = 0) -> np.ndarray:
        """The scores of all classes, `(batch, classes)`; axes between these two are summed over.

        Args:
            inputs: a batch, as the model takes it.
            output: which output, of a model with several.
        """

        def run(state: State, inputs: Any) -> Any:
            return self._scores(state, inputs, lambda path, outputs: outputs, output)

        return np.asarray(self._program(("scores", output), run)(self._state(), arrays_of(inputs)))

    def paths(self, inputs: Any) -> list[str]:
        """The paths of the layers, in the order of their calls; nothing is computed."""
        return list(self.shapes(inputs))

    def shapes(self, inputs: Any) -> dict[str, Any]:
        """What each layer gives as a structure of `.shape` and `.dtype`, by path, in the order of the calls."""
        inputs = arrays_of(inputs)
        key = str(tree.map_structure(lambda x: (x.shape, str(x.dtype)), inputs))
        if key not in self._shapes:
            order: list[str] = []

            def look() -> list[Any]:
                seen: list[Any] = []

                def note(path: str, outputs: Any) -> Any:
                    order.append(path)
                    seen.append(outputs)
                    return outputs

                self._call(self._state(), inputs, note)
                return seen

            found = engine.eval_shape(look)
            self._shapes[key] = dict(zip(order, found, strict=True))
        return dict(self._shapes[key])

    def operation(self, path: str) -> Any:
        """The layer or the op at a path that has been seen at work."""
        return self._operations[path]

    def unknown_layer(self, path: str, inputs: Any) -> ValueError:
        known = self.paths(inputs)
        return ValueError(f"`{self.model.name}` has no layer {path!r}.{suggest(path, known)}")

    def _state(self) -> State:
        now = {path: variable._value for path, variable in slots(self.model).items()}
        return now if self._values is None else {**now, **self._values()}

    def _scores(self, state: State, inputs: Any, see: Callable[[str, Any], Any], output: int) -> Any:
        outputs = tree.flatten(self._call(state, inputs, see, before_softmax=True))
        if not 0 <= output < len(outputs):
            raise invalid("output", f"the number of an output of `{self.model.name}`, below {len(outputs)}", output)
        scores = outputs[output]
        scores = scores[:, None] if scores.ndim == 1 else scores.sum(tuple(range(1, scores.ndim - 1)))
        self._classes[output] = scores.shape[-1]
        return scores

    def _found(self, state: State, inputs: Any, path: str) -> Any:
        found: list[Any] = []

        def note(here: str, outputs: Any) -> Any:
            if here == path:
                found.append(outputs)
            return outputs

        self._call(state, inputs, note)
        return found[0]

    def _program(self, key: Any, run: Callable[..., Any]) -> Callable[..., Any]:
        if key not in self._programs:
            on_host = getattr(self.model, "runs_on_host", False)
            self._programs[key] = run if on_host else engine.compile(run)
        return self._programs[key]

    def _call(
        self,
        state: State,
        inputs: Any,
        see: Callable[[str, Any], Any],
        scores: bool = False,
        before_softmax: bool = False,
    ) -> Any:
        """The outputs of the model, with what its operations give passed through `see`."""
        calls: dict[str, int] = {}

        def tap(operation: Any, outputs: Any) -> Any:
            if operation is self.model:
                return outputs
            names = context.path[1:] if isinstance(operation, Layer) else (*context.path[1:], operation.name)
            place = "/".join(names)
            calls[place] = calls.get(place, 0) + 1
            path = place if calls[place] == 1 else f"{place} ({calls[place]})"
            self._operations[path] = operation
            if scores and id(operation) in scored:
                outputs, weights = outputs
                see(f"{path} ({ATTENTION})", weights)
            return see(path, outputs)

        layers = list(self.model._flatten_layers())
        scored = {
            id(layer) for layer in layers if scores and "return_attention_scores" in call_signature(type(layer)).names
        }
        changes: list[tuple[Any, str, Any]] = [
            (layer, "call", partial(layer.call, return_attention_scores=True))
            for layer in layers
            if id(layer) in scored
        ]
        if before_softmax:
            changes += [(last, name, linear) for last in last_layers(self.model) for name in _softmax_of(last)]
        with ExitStack() as stack:
            for layer, name, value in changes:
                stack.enter_context(_changed(layer, name, value))
            stack.enter_context(bound([self.model], state))
            stack.enter_context(scope(tap=tap, path=(), losses=[]))
            return self.model(inputs, training=False)


def last_layers(model: Any) -> list[Any]:
    """The layers that make a model's outputs."""
    graph = getattr(model, "graph", None)
    found: list[Any] = []
    if graph is not None:
        for maker in map(graph._maker, graph.output_tensors):
            found += [maker] if getattr(maker, "graph", None) is None else last_layers(maker)
    return found


def _softmax_of(layer: Any) -> list[str]:
    """The attribute of a layer that is a softmax over the last axis, if there is one."""
    if isinstance(layer, Softmax):
        return ["call"] if layer.axis == -1 else []
    return ["activation"] if getattr(layer, "activation", None) is softmax else []


@contextmanager
def _changed(owner: Any, name: str, value: Any) -> Iterator[None]:
    """A block in which an object has another attribute, whatever `__setattr__` makes of attributes."""
    before = vars(owner).get(name, _changed)
    vars(owner)[name] = value
    try:
        yield
    finally:
        if before is _changed:
            del vars(owner)[name]
        else:
            vars(owner)[name] = before


def targets_of(target: Any, rows: int) -> np.ndarray:
    """The class for each example, -1 for the one of the highest score."""
    if target is None:
        return np.full(rows, -1, np.int32)
    classes = np.asarray(target)
    if classes.dtype.kind not in "iu" or classes.shape not in ((), (rows,)) or (classes < 0).any():
        raise invalid("target", f"the index of a class, {rows} of them (one for each example) or None", target)
    return np.full(rows, classes, np.int32)


def arrays_of(inputs: Any) -> Any:
    """A batch of anything array-like, as arrays; a list is one of inputs."""
    if isinstance(inputs, Mapping):
        return {name: arrays_of(value) for name, value in inputs.items()}
    if isinstance(inputs, (list, tuple)) and any(hasattr(value, "shape") for value in inputs):
        return [np.asarray(value) for value in inputs]
    return np.asarray(inputs)
