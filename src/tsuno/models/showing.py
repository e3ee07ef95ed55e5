"""How a model shows itself: as a table, as a picture in a notebook, as text for a README."""

from __future__ import annotations

import contextlib
from html import escape
from typing import Any, cast

from tsuno import drawing
from tsuno.models.summary import summary


class Showing:
    """The methods of a model that show it."""

    graph: Any
    is_stack = False
    """Whether it is its layers, one after the other."""

    def summary(
        self,
        line_length: int | None = None,
        positions: Any = None,
        print_fn: Any = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Any = None,
    ) -> None:
        """Print a table of the layers: their output shapes and numbers of weights.

        Args:
            line_length: the width in characters.
            positions: where columns end: parts of the width, or characters.
            print_fn: what gets the text instead of standard output.
            expand_nested: whether to show the layers of models inside.
            show_trainable: whether to show which layers are trained.
            layer_range: the names (or patterns) of the first and last layer to show.

        Example:
            >>> model = tsuno.Sequential([tsuno.Input((2,)), tsuno.layers.Dense(3)])
            >>> model.summary(print_fn=lambda text: print("Total params: 9" in text))
            True
        """
        summary(cast(Any, self), line_length, print_fn, expand_nested, show_trainable, layer_range, positions)

    def to_mermaid(
        self,
        show_shapes: bool = False,
        show_layer_names: bool = True,
        rankdir: str = "TB",
        expand_nested: bool = True,
    ) -> str:
        """The graph of the model in the language of Mermaid, of which GitHub and notebooks make a picture.

        In a README file, put it between lines of three backticks, the first with `mermaid` after them. GitHub shows
        graphs of up to 500 edges.

        Args:
            show_shapes: whether to show the shapes that go into layers and come out.
            show_layer_names: whether to show the names of layers beside their classes.
            rankdir: where edges run: TB (down), BT, LR (to the right) or RL.
            expand_nested: whether models within the model are drawn with their layers, as subgraphs.

        Raises:
            ValueError: the model is not built.

        Example:
            >>> parts = [tsuno.Input((2,)), tsuno.layers.Dense(3, name="a"), tsuno.layers.ReLU(name="b")]
            >>> model = tsuno.Sequential(parts)
            >>> print(model.to_mermaid())
            flowchart TB
                n0["a (Dense)"]
                n1["b (ReLU)"]
                n0 --> n1
            <BLANKLINE>
        """
        show = [name for name, wanted in (("shapes", show_shapes), ("layer_names", show_layer_names)) if wanted]
        return drawing.picture_of(self, show, expand_nested, rankdir=rankdir).to_mermaid()

    def _repr_html_(self) -> str:
        """The graph in a box that scrolls, or the summary of a model without one; notebooks call this."""
        with contextlib.suppress(Exception):  # whatever a model's own methods raise, showing it must not fail
            if self.graph is not None:
                picture: drawing.Picture = drawing.picture_of(self, ("shapes", "layer_names"))
                style = "max-height:40em;max-width:100%;overflow:auto"
                return f'<div style="{style}">{picture.to_svg()}</div>'
        with contextlib.suppress(Exception):
            lines: list[str] = []
            self.summary(print_fn=lines.append)
            return f"<pre>{escape(''.join(lines))}</pre>"
        return f"<pre>{escape(object.__repr__(self))}</pre>"
