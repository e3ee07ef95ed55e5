"""Models and curves as pictures, with nothing but Pillow: a layout in layers, and what writes it down.

Models and histories can show themselves, and mostly do not: what draws is brought in when one of its names is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tsuno.drawing.curves import Chart as Chart
    from tsuno.drawing.curves import Curve as Curve
    from tsuno.drawing.curves import charts_figure as charts_figure
    from tsuno.drawing.curves import charts_svg as charts_svg
    from tsuno.drawing.diagram import picture_of as picture_of
    from tsuno.drawing.writing import FONTS as FONTS
    from tsuno.drawing.writing import Picture as Picture

_HOMES = {
    "Chart": "curves", "Curve": "curves", "charts_figure": "curves", "charts_svg": "curves", "picture_of": "diagram",
    "FONTS": "writing", "Picture": "writing",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tsuno.drawing' has no attribute {name!r}")
    globals()[name] = found = getattr(importlib.import_module(f"tsuno.drawing.{_HOMES[name]}"), name)
    return found
