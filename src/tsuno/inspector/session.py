"""What a page is about: one model or two, their inputs, and the training in progress, if there is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from tsuno.core.errors import invalid
from tsuno.inspector.entries import Refused, entries_of
from tsuno.inspector.examples import Examples
from tsuno.inspector.looks import Looks
from tsuno.layers import Layer


class Live(Protocol):
    """A training in progress, or one that has been."""

    training: bool

    def events(self, first: int) -> list[tuple[int, dict[str, Any]]]:
        """What has happened, by number, from a number on."""
        ...

    def control(self, action: str) -> None:
        """Pause, resume or stop."""
        ...


class Session:
    """The objects behind a page.

    Args:
        model: the model.
        inputs: a folder, or arrays; None for what the reader gives.
        classes: names of classes.
        top: how many classes a prediction names.
        prepare: what images are passed through.
        compare: a second model of the same inputs.
        language: `"en"` or `"ja"`; the browser's by default.
        version: the version to show.
        live: the training in progress.
    """

    def __init__(
        self,
        model: Any,
        inputs: Any = None,
        classes: Sequence[str] | None = None,
        top: int = 5,
        prepare: Callable[[Any], Any] | None = None,
        compare: Any = None,
        language: str | None = None,
        version: str = "",
        live: Live | None = None,
    ) -> None:
        for name, given in (("model", model), ("compare", compare)):
            if not isinstance(given, Layer) and (name == "model" or given is not None):
                raise invalid(f"inspect.{name}", "a model", given)
        if not model.built or (compare is not None and not compare.built):
            raise ValueError(f"`{model.name}` has no weights yet: call it on data, or give it an `Input`.")
        example = inputs if hasattr(inputs, "shape") else None
        entries = entries_of(model, example)
        self.examples = Examples(inputs, entries, prepare)
        models = [model] if compare is None else [model, compare]
        if compare is not None and [e.shape for e in entries_of(compare, example)] != [e.shape for e in entries]:
            raise ValueError("The two models must have inputs of the same shapes.")
        self._looks = [Looks(each, entries, classes, top) for each in models]
        self.language, self.version, self.live = language, version, live
        self.closed = False

    @property
    def count(self) -> int:
        return len(self._looks)

    def looks(self, which: int = 0) -> Looks:
        """One of the models."""
        if not 0 <= which < len(self._looks):
            raise Refused(f"There is no model {which}.")
        return self._looks[which]


def with_mean_and_std(mean: Any, std: Any) -> Callable[[Any], Any] | None:
    """What takes a mean from images and divides by a standard deviation; None for neither."""
    if mean is None and std is None:
        return None
    return lambda x: (np.asarray(x, "float32") - (0 if mean is None else mean)) / (1 if std is None else std)
