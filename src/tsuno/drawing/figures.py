"""Figures of matplotlib that belong to whoever asked for them: no pyplot state, fonts for all scripts, no window.

A figure made here works in threads and without a display, is let go when nothing refers to it, and shows itself in a
notebook. Only one that is to be shown at once is pyplot's.
"""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache, partial
from typing import Any

from tsuno.drawing.writing import FONTS

_LATIN = {"DejaVu Sans", "Verdana"}


def new_figure(width: float, height: float, show: bool = False, **options: Any) -> Any:
    """An empty figure, its size in inches; one that pyplot knows where it is to be shown."""
    try:
        if show:
            from matplotlib import pyplot

            return pyplot.figure(figsize=(width, height), **options)
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise missing("A figure") from problem
    return Figure(figsize=(width, height), **options)


def finished(figure: Any, show: bool = False) -> Any:
    """A figure with fonts for all its text; it is shown if asked."""
    from matplotlib.text import Text

    families = fonts()
    for text in figure.findobj(Text):
        text.set_fontfamily(families)
    if show:
        import matplotlib
        from matplotlib import pyplot

        pyplot.show()
        if not matplotlib.is_interactive():  # where it is, `show` does not wait
            pyplot.close(figure)
    else:
        figure._repr_png_ = partial(_png, figure)
    return figure


@cache
def fonts() -> list[str]:
    """Fonts of this machine that together show all scripts; matplotlib takes each letter from the first that has it."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    found = _installed()
    if _LATIN.issuperset(found):  # matplotlib's list of fonts may be older than the fonts
        for file in set(findSystemFonts()) - {font.fname for font in fontManager.ttflist}:
            with suppress(Exception):  # whatever a broken file gives
                fontManager.addfont(file)
        found = _installed()
    return found or ["sans-serif"]


def _installed() -> list[str]:
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    return [name for name in FONTS if name in known]


def missing(what: str) -> ImportError:
    """The error where matplotlib is needed and not installed."""
    return ImportError(f"{what} needs matplotlib, which is not installed: run `pip install tsuno[plot]`.")


def _png(figure: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", bbox_inches="tight")
    return file.getvalue()
