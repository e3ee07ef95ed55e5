"""Classes of the past whose positional arguments mean something else than those of today's class.

`Convolution2D(32, 3, 3)` is `Conv2D(32, (3, 3))`, not a window of 3 with strides of 3. Such a name makes objects of
today's class, is a base for classes of your own, and `isinstance` takes the objects of today's class for its own.
"""

from __future__ import annotations

from typing import Any

from tsuno import layers
from tsuno.core.settings import image_data_format
from tsuno.legacy.rewriting import rewrite

__all__ = [
    "AtrousConvolution2D", "Convolution2D", "Deconvolution2D", "SeparableConvolution2D", "TimeDistributedDense",
]  # fmt: skip


class _Spelling(type):
    """The type of names of the past: called, they make an object of their base."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if "_spells" not in vars(cls):
            return super().__call__(*args, **kwargs)
        wanted = kwargs.get("output_shape", args[3] if len(args) > 3 else None)
        args, kwargs = rewrite(cls, args, kwargs)
        if cls.__name__ == "Deconvolution2D" and isinstance(wanted, (list, tuple)):
            kwargs = kwargs | _padded(wanted, **kwargs)
        return vars(cls)["_spells"](*args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        return (
            isinstance(instance, vars(cls)["_spells"])
            if "_spells" in vars(cls)
            else super().__instancecheck__(instance)
        )


def _padded(
    wanted: Any, kernel_size: Any = None, strides: Any = 1, padding: str = "valid", data_format: Any = None, **rest: Any
) -> dict[str, Any]:
    """The padding that makes a transposed convolution as large as `output_shape` said, where it is not by itself."""
    first = (data_format or image_data_format()) == "channels_first"
    places = (2, 3) if first else (1, 2)
    sizes, window = (
        [wanted[place] for place in places],
        kernel_size if isinstance(kernel_size, tuple) else (kernel_size,) * 2,
    )
    steps = strides if isinstance(strides, (list, tuple)) else (strides,) * 2
    cut = [2 * (k // 2) if padding == "same" else 0 for k in window]
    more = tuple((n - k + c) % s for n, k, c, s in zip(sizes, window, cut, steps, strict=True) if n is not None)
    plain = tuple(n % s if padding == "same" else m for n, m, s in zip(sizes, more, steps, strict=False))
    return {"output_padding": more} if len(more) == 2 and any(plain) else {}


def _spelling(name: str, today: type) -> Any:
    """A name of the past for a class of today."""
    said = f"`{today.__name__}`, by the name and with the arguments that Keras 1 has for it.\n\nSee `{today.__name__}`."
    return _Spelling(name, (today,), {"_spells": today, "__doc__": said, "__module__": "tsuno.layers"})


Convolution2D = _spelling("Convolution2D", layers.Conv2D)
AtrousConvolution2D = _spelling("AtrousConvolution2D", layers.Conv2D)
Deconvolution2D = _spelling("Deconvolution2D", layers.Conv2DTranspose)
SeparableConvolution2D = _spelling("SeparableConvolution2D", layers.SeparableConv2D)
TimeDistributedDense = _spelling("TimeDistributedDense", layers.Dense)
