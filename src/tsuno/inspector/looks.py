"""What a page asks a model: predictions, what layers give, why, and how one number comes about.

One run of the model gives what all layers compute for an input; it is kept, so that going from layer to layer costs
nothing. Runs follow each other: a lock holds back whoever comes while one is under way.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsuno.activations import linear
from tsuno.config import image_data_format
from tsuno.core import tree
from tsuno.core.variable import slots
from tsuno.inspector.arithmetic import arithmetic
from tsuno.inspector.describing import Part, parts_of
from tsuno.inspector.entries import Entry, Refused
from tsuno.visualization import explanations
from tsuno.visualization.inside import ATTENTION, Inside, last_layers

_KEPT_BYTES = 1 << 29
_MOST_VALUES = 64
METHODS = ("grad_cam", "integrated_gradients", "saliency", "occlusion")


@dataclass
class Look:
    """What a model computed for one input."""

    outputs: list[np.ndarray]
    by_path: dict[str, Any]
    seconds: float

    @property
    def nbytes(self) -> int:
        return sum(leaf.nbytes for leaf in tree.flatten(self.by_path))


class Looks:
    """A model that is looked into.

    Args:
        model: the model.
        entries: its inputs.
        classes: names for the numbers of the last axis of the output.
        top: how many classes a prediction names.
    """

    def __init__(self, model: Any, entries: Sequence[Entry], classes: Sequence[str] | None, top: int) -> None:
        self.model, self.entries, self.classes, self.top = model, list(entries), classes, top
        self.values: dict[str, Any] = {}
        """The weights by path, where they are not to be those of the moment: copies, while the model trains."""
        self.inside = Inside(model, lambda: self.values)
        self.parts: dict[str, Part] = {part.path: part for part in parts_of(model)}
        self._weights = slots(model)
        self._paths = {id(weight): path for path, weight in self._weights.items()}
        self._computed_with: list[weakref.ref[Any]] = []
        self._kept: OrderedDict[Any, Look] = OrderedDict()
        self._lock = threading.RLock()

    def changed(self, values: Mapping[str, Any]) -> None:
        """The weights are others now."""
        with self._lock:
            self.values = dict(values)
            self._kept.clear()

    def batch(self, arrays: dict[str, np.ndarray]) -> Any:
        """One input as a batch, as the model takes it."""
        rows = [arrays[entry.name][None] for entry in self.entries]
        graph = getattr(self.model, "graph", None)
        if graph is not None and isinstance(graph.inputs, dict):
            return {entry.name: row for entry, row in zip(self.entries, rows, strict=True)}
        return rows[0] if len(rows) == 1 else rows

    def look(self, id_: str, arrays: Callable[[], dict[str, np.ndarray]]) -> Look:
        """What the model computes for an input, computed once."""
        self._forget_what_is_old()
        if (kept := self._kept.get(id_)) is not None:  # also while something long is being computed
            return kept
        with self._lock:
            if id_ in self._kept:
                return self._kept[id_]
            x = self.batch(arrays())
            started = time.perf_counter()
            outputs, by_path = self.inside.look(x)
            found = Look(
                [np.asarray(leaf)[0] for leaf in tree.flatten(outputs)], by_path, time.perf_counter() - started
            )
            self._kept[id_] = found
            while len(self._kept) > 1 and sum(look.nbytes for look in self._kept.values()) > _KEPT_BYTES:
                self._kept.popitem(last=False)
            return found

    def _forget_what_is_old(self) -> None:
        """Forget what was computed with weights that the program has changed since."""
        now = [] if self.values else [weight._value for weight in self._weights.values()]
        before = self._computed_with
        if len(now) != len(before) or any(ref() is not value for ref, value in zip(before, now, strict=True)):
            with self._lock:
                self._kept.clear()
                self._computed_with = [weakref.ref(value) for value in now]

    # ------------------------------------------------------------------ predictions

    def predictions(self, look: Look) -> dict[str, Any]:
        """The outputs of the model, those that look like classes with the likeliest first."""
        graph = getattr(self.model, "graph", None)
        names = ["output"] * len(look.outputs) if graph is None else list(graph.output_names)
        last = last_layers(self.model) or [None] * len(names)
        found = zip(names, last, look.outputs, strict=False)
        return {"outputs": [self._prediction(*each) for each in found], "seconds": look.seconds}

    def _prediction(self, name: str, layer: Any, x: np.ndarray) -> dict[str, Any]:
        values = np.asarray(x, "float64").ravel()
        finite = bool(np.isfinite(values).all())
        shares = bool(finite and values.size and values.min() >= 0 and values.max() <= 1 + 1e-6)
        shares = shares and getattr(layer, "activation", None) is not linear
        if x.ndim == 1 and x.size > 1:
            kind = "classes" if shares and abs(values.sum() - 1) < 1e-3 else "numbers"
        elif x.size == 1:
            kind = "binary" if shares else "numbers"
        else:
            kind = {3: "image", 2: "sequence"}.get(x.ndim, "other")
        top: list[dict[str, Any]] = []
        if x.ndim == 1 and x.size > 1 and (kind == "classes" or self.classes is not None):
            best = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")[: self.top]
            top = [{"index": int(i), "label": self.label(int(i)), "value": _number(values[i])} for i in best]
        shown = [_number(value) for value in values[:_MOST_VALUES]]
        return {"name": name, "kind": kind, "shape": list(x.shape), "top": top, "values": shown}

    def label(self, index: int) -> str:
        """The name of a class."""
        known = self.classes is not None and index < len(self.classes)
        return str(self.classes[index]) if known and self.classes is not None else str(index)

    # ------------------------------------------------------------------ layers

    def output(self, look: Look, path: str, part: int = 0) -> tuple[np.ndarray, str, int]:
        """What a layer gave, with channels last; how to show it; and of how many parts it is."""
        if path not in look.by_path:
            raise Refused(f"There is no layer {path!r}, or it did not run for this input.")
        leaves = tree.flatten(look.by_path[path])
        x = np.asarray(leaves[min(part, len(leaves) - 1)])
        if x.dtype.kind in "OUS":
            raise Refused("This layer gives text.")
        x = x.astype("float32") if x.dtype != np.float32 else x
        x = x[0] if x.ndim and len(x) == 1 else x
        if path.endswith(f"({ATTENTION})"):
            return (x if x.ndim == 3 else x.reshape(-1, *x.shape[-2:])), "attention", len(leaves)
        place = path.partition(" (")[0]
        layer = self.parts[place].operation if place in self.parts else None
        if x.ndim in (3, 4) and (getattr(layer, "data_format", None) or image_data_format()) == "channels_first":
            x = np.moveaxis(x, 0, -1)
        views = {0: "number", 1: "bars", 2: "sequence", 3: "maps", 4: "volume"}
        return x, views.get(x.ndim, "none"), len(leaves)

    def value_of(self, weight: Any) -> np.ndarray:
        """The numbers of a weight."""
        return np.asarray(self.values.get(self._paths[id(weight)], weight._value))

    # ------------------------------------------------------------------ why

    def explain(
        self, method: str, arrays: dict[str, np.ndarray], target: int | None, layer: str | None
    ) -> tuple[np.ndarray, float]:
        """How much each place of the input counts for a class, and the score of that class."""
        if method not in METHODS:
            raise Refused(f"`method` must be one of {', '.join(METHODS)}.")
        x = self.batch(arrays)
        if any(np.asarray(leaf).dtype.kind not in "fiub" for leaf in tree.flatten(x)):
            raise Refused("What text counts for cannot be shown.")
        function = getattr(explanations, method)
        with self._lock:
            try:
                given = {} if layer is None or method != "grad_cam" else {"layer": layer}
                heat = function(self.inside, x, target=target, **given)
                _, _, scores = self.inside.gradients(x, None, target)
            except (ValueError, TypeError) as problem:
                raise Refused(str(problem)) from None
        heat = np.asarray(tree.flatten(heat)[0], "float32")[0]
        entry = self.entries[0]
        if heat.ndim == 3:  # what the channels of a place count for together
            heat = heat.sum(0 if entry.channels_first else -1)
        return heat, float(scores[0])

    def pixel(self, arrays: dict[str, np.ndarray], path: str, at: Sequence[int]) -> dict[str, Any]:
        """The arithmetic of one number that a layer gave."""
        place = path.partition(" (")[0]
        if place not in self.parts:
            raise Refused(f"There is no layer {path!r}.")
        with self._lock:
            given = self.inside.arguments(self.batch(arrays), path)
        layer = self.parts[place].operation
        return arithmetic(layer, np.asarray(tree.flatten(given)[0])[0], at, self.value_of)

    def profile(self) -> dict[str, Any]:
        """What each layer costs for one input, measured."""
        with self._lock:
            shapes = [[1, *(size or 32 for size in entry.shape)] for entry in self.entries]
            x = [np.zeros(shape, entry.dtype) for shape, entry in zip(shapes, self.entries, strict=True)]
            rows = self.model.profile(x[0] if len(x) == 1 else x).rows
        return {"layers": {row.path: {"seconds": row.seconds, "flops": row.flops, "bytes": row.bytes} for row in rows}}


def _number(value: Any) -> float | str:
    """A number as JSON has it; those that are none by name."""
    return float(value) if np.isfinite(value) else str(float(value))
