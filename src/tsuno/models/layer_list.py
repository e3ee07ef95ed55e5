"""The list that `model.layers` returns: what would change it is an error, since the model would not follow."""

from __future__ import annotations

from typing import Any, NoReturn


class LayerList(list[Any]):
    """The layers of a model, as a list to read.

    In Keras `model.layers.pop()` changes a copy and leaves the model as it is. Here it says what to write instead;
    `list(model.layers)` is a list of your own.
    """

    def _fixed(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(
            "`model.layers` cannot be changed: the model would not follow. Take the last layer off a `Sequential` with "
            "`model.pop()` and put one on with `model.add(layer)`; otherwise make a new model, such as "
            "Model(model.input, model.layers[-2].output). For a list of your own, take list(model.layers)."
        )

    append = clear = extend = insert = pop = remove = reverse = sort = _fixed
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _fixed

    def __reduce__(self) -> Any:
        return list, (list(self),)
