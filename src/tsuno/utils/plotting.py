"""Models as pictures: boxes of layers and the edges between them, as DOT text, SVG, PNG or PDF.

What draws is `tsuno.drawing`; here are Keras' names for it. Neither Graphviz nor pydot is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from tsuno.core.errors import invalid, suggest
from tsuno.core.validate import check
from tsuno.drawing import Picture, picture_of
from tsuno.models import Model

Splines = Literal["ortho", "curved", "polyline", "spline", "line"]


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Picture:
    """The graph of a model as an object whose `to_string()` is text in the DOT language, for Graphviz.

    Args:
        model: a built model.
        show_shapes: whether to show the shapes that go into layers and come out.
        show_dtype: whether to show the dtype that comes out.
        show_layer_names: whether to show the names of layers beside their classes.
        rankdir: where edges run: TB (down), BT, LR (to the right) or RL.
        expand_nested: whether models within the model are drawn with their layers, in a frame.
        dpi: dots per inch of a picture in pixels.
        subgraph: whether the text is that of a cluster, a part of another graph.
        show_layer_activations: whether to show the activations of layers.
        show_trainable: whether to show which layers with weights are trained.
        splines: how edges run: ortho or polyline (at right angles), curved or spline (smooth), or line (straight).

    Returns:
        A picture; besides `to_string()` it has `to_svg()`, `to_mermaid()` and `write(path)`.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(3, name="hidden")])
        >>> "hidden" in tsuno.utils.model_to_dot(model).to_string()
        True
    """
    if kwargs:
        name = next(iter(kwargs))
        hint = " It was left out of Keras, too." if name == "layer_range" else suggest(name, _OPTIONS)
        raise ValueError(f"`model_to_dot` has no argument {name!r}.{hint}")
    if not isinstance(model, Model):
        raise invalid("model_to_dot.model", "a model", model)
    asked = {
        "shapes": show_shapes, "dtype": show_dtype, "layer_names": show_layer_names,
        "layer_activations": show_layer_activations, "trainable": show_trainable,
    }  # fmt: skip
    return picture_of(
        model, [name for name, wanted in asked.items() if wanted], expand_nested, rankdir=rankdir,
        splines=check(Splines, splines, "model_to_dot.splines"), dpi=dpi, cluster=model.name if subgraph else None,
    )  # fmt: skip


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Draw the graph of a model into a file.

    Args:
        model: a built model.
        to_file: the file; its extension is the format: svg, dot, mmd (Mermaid), or what Pillow writes, such as png, jpg
            and pdf. None for no file.
        show_shapes: whether to show the shapes that go into layers and come out.
        show_dtype: whether to show the dtype that comes out.
        show_layer_names: whether to show the names of layers beside their classes.
        rankdir: where edges run: TB (down), BT, LR (to the right) or RL.
        expand_nested: whether models within the model are drawn with their layers, in a frame.
        dpi: dots per inch of a picture in pixels; fewer for a picture that would have more pixels than can be opened.
        show_layer_activations: whether to show the activations of layers.
        show_trainable: whether to show which layers with weights are trained.
        splines: how edges run: ortho or polyline (at right angles), curved or spline (smooth), or line (straight).

    Returns:
        In a notebook, the picture to show; without IPython, None.

    Example:
        >>> import os, tempfile
        >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(3)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "model.svg")
        ...     picture = tsuno.utils.plot_model(model, file, show_shapes=True)
        ...     open(file).read().startswith("<svg")
        True
    """
    picture = model_to_dot(
        model, show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi,
        show_layer_activations=show_layer_activations, show_trainable=show_trainable, splines=splines, **kwargs,
    )  # fmt: skip
    if to_file is not None:
        picture.write(to_file if Path(to_file).suffix else f"{to_file}.png")
    try:
        from IPython import display
    except ImportError:
        return None
    if to_file is not None and Path(to_file).suffix.lower() in ("", ".png", ".jpg", ".jpeg", ".gif"):
        return display.Image(filename=str(to_file if Path(to_file).suffix else f"{to_file}.png"))
    return display.SVG(picture.to_svg())


_OPTIONS = (
    "show_shapes", "show_dtype", "show_layer_names", "rankdir", "expand_nested", "dpi", "subgraph",
    "show_layer_activations", "show_trainable", "splines",
)  # fmt: skip
