"""What all architectures have in common: arguments, input, last layers, published weights, and the way to a function.

A family is a *body*: a function that leads a symbolic tensor through the network as a `Wanted` asks, given the sizes of
one member. `architecture` makes a member's public function of it: its signature is that of a protocol such as
`Standard`, its docstring that of the body with the arguments written out.
"""

from __future__ import annotations

import inspect
import os
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, Protocol, get_type_hints

from tsuno import activations, layers
from tsuno.core.errors import invalid, suggest
from tsuno.core.settings import image_data_format
from tsuno.core.spec import KerasTensor
from tsuno.core.validate import PositiveInt, check, spelled
from tsuno.core.validate import shape as to_shape
from tsuno.core.variable import awaiting
from tsuno.models import Model
from tsuno.utils.downloads import get_file
from tsuno.utils.symbols import get_source_inputs

P = ParamSpec("P")
Weights = str | os.PathLike[str] | None
Shape = Sequence[int | None] | None
Pooling = Literal["avg", "max"] | None
STORE = "https://storage.googleapis.com/tensorflow/keras-applications"


class Standard(Protocol):
    """The arguments of most architectures, in their order."""

    def __call__(
        self,
        include_top: bool = True,
        weights: Weights = "imagenet",
        input_tensor: Any = None,
        input_shape: Shape = None,
        pooling: Pooling = None,
        classes: PositiveInt = 1000,
        classifier_activation: Any = "softmax",
        name: str | None = None,
    ) -> Model: ...


@dataclass
class Wanted:
    """What a caller asked for, and what a family says about all its members."""

    title: str
    default_size: int
    min_size: int
    include_top: bool
    weights: Any
    input_tensor: Any
    input_shape: Any
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str | None = None
    any_size: bool = False
    versions: tuple[str, ...] = ("imagenet",)

    @property
    def pretrained(self) -> bool:
        """Whether the weights are published ones."""
        return isinstance(self.weights, str) and self.weights in self.versions

    def fail(self, argument: str, expected: str, fix: str = "") -> Exception:
        """The error for an argument that is not what was expected."""
        return invalid(f"{self.title}.{argument}", expected, getattr(self, argument), fix)

    def sides(self, shape: Any) -> tuple[int | None, int | None]:
        """Rows and columns of an image's shape."""
        first = image_data_format() == "channels_first"
        rows, columns = shape[1:] if first else shape[:2]
        return rows, columns


class Published(NamedTuple):
    """A file of published weights.

    Args:
        address: where it is; the braces stand for nothing, or for `without` where the last layers are left out.
        hashes: those of both files, where they are known.
        without: see above.
        file: its name here, with braces likewise, if it is another.
    """

    address: str
    hashes: tuple[str | None, str | None] = (None, None)
    without: str = "_notop"
    file: str | None = None

    def fetch(self, include_top: bool) -> str:
        """The path of the file, which is downloaded if it is not yet here."""
        part = "" if include_top else self.without
        local = (self.file or self.address.rsplit("/", 1)[1]).format(part.replace("-", "_") if self.file else part)
        file_hash = self.hashes[0 if include_top else 1]
        return get_file(local, self.address.format(part), cache_subdir="models", file_hash=file_hash)


def architecture(
    form: Callable[Concatenate[Any, P], Model],
    body: Callable[..., Any],
    title: str,
    published: Published | Callable[..., Published],
    *,
    name: str | None = None,
    default_size: int = 224,
    min_size: int = 32,
    any_size: bool = False,
    formats: Sequence[str] = ("channels_last", "channels_first"),
    prepare: Callable[..., None] | None = None,
    **size: Any,
) -> Callable[P, Model]:
    """The public function for one member of a family.

    Args:
        form: the function, `__call__` of a protocol, that has its signature.
        body: the family; called with the input, what is wanted, the arguments of its own and the member's sizes.
        title: the name of the function.
        published: where the weights trained on ImageNet are; a function of what is wanted if that depends on it.
        name: the model's default name.
        default_size: rows and columns of its images.
        min_size: the least of them.
        any_size: whether the last layers take images of any size.
        formats: where its images may have their channels.
        prepare: what is to be done with what is wanted before its input is looked at.
        **size: the member's sizes.
    """
    parameters = list(inspect.signature(form).parameters.values())[1:]
    parameters = [each.replace(default=name) if each.name in ("name", "model_name") else each for each in parameters]
    hints = get_type_hints(form, include_extras=True)
    standard = Wanted.__dataclass_fields__.keys()

    def make(*args: P.args, **kwargs: P.kwargs) -> Model:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given = {key: check(hints[key], value, f"{title}.{key}") for key, value in bound.arguments.items()}
        if "model_name" in given:
            given["name"] = given.pop("model_name")
        own = {key: given.pop(key) for key in list(given) if key not in standard}
        wanted = Wanted(title, default_size, min_size, **given, any_size=any_size)
        if image_data_format() not in formats:
            raise ValueError(
                f"`{title}` takes images with the channels last only: tsuno.config.set_image_data_format("
                "'channels_last')."
            )
        if prepare is not None:
            prepare(wanted, **own)
        _check_weights(wanted)
        wanted.input_shape = _input_shape(wanted)
        source = published(wanted, **own) if callable(published) else published
        if wanted.weights is None:
            return _model(wanted, lambda x: body(x, wanted, **own, **size))
        with awaiting():  # the values come from the file, none need be drawn
            model = _model(wanted, lambda x: body(x, wanted, **own, **size))
            model.load_weights(source.fetch(wanted.include_top) if wanted.pretrained else os.fspath(wanted.weights))
        return model

    signature = inspect.Signature(parameters, return_annotation=Model)
    make.__name__ = make.__qualname__ = title
    make.__module__, make.__doc__ = body.__module__, _described(body, title, parameters, min_size)
    make.__signature__ = signature  # type: ignore[attr-defined]
    public = spelled(make)
    del public.__wrapped__  # type: ignore[attr-defined]  # the family's example is run once, not for each member
    return public


def _model(wanted: Wanted, body: Callable[[Any], Any]) -> Model:
    """The model from the input through the body."""
    tensor = wanted.input_tensor
    if tensor is None:
        inputs = start = layers.Input(wanted.input_shape)
    else:
        inputs, start = get_source_inputs(tensor), tensor
    outputs = body(start)
    return Model(inputs, outputs, name=wanted.name)


def _check_weights(wanted: Wanted) -> None:
    """Raise unless the weights are none, published ones or a file, and the other arguments go with them."""
    weights = wanted.weights
    if weights is None:
        return
    if not wanted.pretrained and not (isinstance(weights, (str, os.PathLike)) and os.path.exists(weights)):
        near = suggest(weights, wanted.versions).strip()
        known = " or ".join(map(repr, wanted.versions))
        fix = near if near.startswith("Did") else ""
        raise wanted.fail("weights", f"None, {known}, or the path of a file that is there", fix)
    if not (wanted.pretrained and wanted.include_top):
        return
    if wanted.classes != 1000:
        raise wanted.fail("classes", "1000 with the weights of ImageNet and the last layers", "Pass include_top=False.")
    if activations.get(wanted.classifier_activation) not in (activations.get("softmax"), activations.get(None)):
        raise wanted.fail("classifier_activation", "None or 'softmax' with the weights of ImageNet")


def _input_shape(wanted: Wanted) -> tuple[int | None, ...]:
    """The shape of an image: the one given if it will do, or the family's own."""
    first = image_data_format() == "channels_first"
    fixed = wanted.include_top and not wanted.any_size
    if wanted.input_tensor is not None and not isinstance(wanted.input_tensor, KerasTensor):
        raise wanted.fail("input_tensor", "a symbolic tensor, as `Input` makes it")
    given = None if wanted.input_shape is None else to_shape(wanted.input_shape, f"{wanted.title}.input_shape")
    if given is None:
        side = wanted.default_size if fixed else None
        return (3, side, side) if first else (side, side, 3)
    order = "(channels, rows, columns)" if first else "(rows, columns, channels)"
    if len(given) != 3:
        raise wanted.fail("input_shape", f"{order}, three sizes")
    sides, channels = wanted.sides(given), given[0 if first else -1]
    if wanted.weights == "imagenet" and channels != 3:
        raise wanted.fail("input_shape", f"{order} with 3 channels for the weights of ImageNet")
    if fixed and wanted.weights == "imagenet" and sides != (wanted.default_size, wanted.default_size):
        expected = f"{wanted.default_size} rows and columns with the weights of ImageNet and the last layers"
        raise wanted.fail("input_shape", expected, "Other sizes go with include_top=False or weights=None.")
    if any(side is not None and side < wanted.min_size for side in sides):
        raise wanted.fail("input_shape", f"{order} with at least {wanted.min_size} rows and columns")
    if fixed and None in given:
        raise wanted.fail("input_shape", f"{order} of known sizes", "Unknown sizes go with include_top=False.")
    if channels not in (1, 3):
        note = f"`{wanted.title}` was made for images with 1 or 3 channels; `input_shape` says {channels}."
        warnings.warn(note, stacklevel=4)
    return given


# ---------------------------------------------------------------------- docstrings

_ARGUMENTS = {
    "include_top": "whether to have the last layers, which name the class; without them the model gives features.",
    "weights": "None for random ones, `'imagenet'` for those trained on ImageNet, which are downloaded once, or the "
    "path of a file.",
    "input_tensor": "a symbolic tensor to begin with; the model's inputs are those that it comes from.",
    "input_shape": "the shape of an image, (rows, columns, channels) or (channels, rows, columns); at least {min_size} "
    "rows and columns. `None` for sizes that are not known, without the last layers.",
    "pooling": "without the last layers: `'avg'` or `'max'` over rows and columns, or None for maps of features.",
    "classes": "how many classes the last layers tell apart.",
    "classifier_activation": "the activation of the last layer; None for logits.",
    "name": "the model's name.",
    "model_name": "the model's name.",
    "include_preprocessing": "whether the model begins with scaling pixels from 0 to 255.",
    "alpha": "the width of the network: every number of filters is multiplied by it.",
    "depth_multiplier": "how many outputs each depthwise convolution has per channel.",
    "dropout": "the fraction dropped before the last layer, from 0 to 1.",
    "dropout_rate": "the fraction dropped before the last layer, from 0 to 1.",
    "minimalistic": "whether to do without 5×5 windows, hard swish and squeeze-and-excitation.",
}


def _described(body: Callable[..., Any], title: str, parameters: Sequence[inspect.Parameter], min_size: int) -> str:
    """The docstring of a member: that of the body, under its own name, with the arguments."""
    text = inspect.getdoc(body) or ""
    known = re.search(r"applications\.(\w+)\(", text)
    about, example, rest = (text.replace(known.group(1), title) if known else text).partition("Example:")
    shown, source, paper = rest.partition("Source:")
    if ">>> " in shown:  # the family's own is tested, once
        shown = re.sub(r"(?m)^    (?!>>> )(?=\S)", "    # ", shown).replace(">>> ", "")
    lines = [f"    {each.name}: {_ARGUMENTS[each.name].format(min_size=min_size)}" for each in parameters]
    return "".join(
        (about, "Args:\n", "\n".join(lines), "\n\nReturns:\n    A `Model`.\n\n", example, shown, source, paper)
    )
