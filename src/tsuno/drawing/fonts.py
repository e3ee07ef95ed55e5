"""Text in the fonts of the machine, for Pillow: each character in the first font that has it.

Fonts are looked for by the names of their files in the usual folders of Linux, macOS and Windows. Where there are
none, Pillow's own font draws Latin text.
"""

from __future__ import annotations

import functools
import itertools
import os
import sys
import unicodedata
from pathlib import Path
from typing import Any

_FILES = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"), ("verdana.ttf", "verdanab.ttf"), ("Verdana.ttf", "Verdana Bold.ttf"),
    ("segoeui.ttf", "segoeuib.ttf"), ("arial.ttf", "arialbd.ttf"), ("Arial.ttf", "Arial Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"), ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"), ("NotoSansCJKjp-Regular.otf", "NotoSansCJKjp-Bold.otf"),
    ("NotoSansJP-Regular.otf", "NotoSansJP-Bold.otf"), ("NotoSansJP-Regular.ttf", "NotoSansJP-Bold.ttf"),
    ("ヒラギノ角ゴシック W3.ttc", "ヒラギノ角ゴシック W6.ttc"), ("YuGothM.ttc", "YuGothB.ttc"),
    ("meiryo.ttc", "meiryob.ttc"), ("ipaexg.ttf", "ipaexg.ttf"), ("msgothic.ttc", "msgothic.ttc"),
    ("PingFang.ttc", "PingFang.ttc"), ("msyh.ttc", "msyhbd.ttc"), ("malgun.ttf", "malgunbd.ttf"),
    ("AppleSDGothicNeo.ttc", "AppleSDGothicNeo.ttc"), ("wqy-zenhei.ttc", "wqy-zenhei.ttc"),
)  # fmt: skip
"""Regular and bold, the fonts that are wanted most first."""
_ENDINGS = (".ttf", ".otf", ".ttc")
_OTHERS = 100  # so many more fonts are opened in search of a character at most
_NOBODY_HAS = "\uffff"


def length(text: str, size: float, bold: bool = False) -> float:
    """How wide a text is drawn, in the unit of its size."""
    return float(sum(_sized(font, size).getlength(run) for font, run in _runs(text, bold)))


def draw(canvas: Any, at: tuple[float, float], text: str, size: float, bold: bool, **options: Any) -> None:
    """Write a text into an `ImageDraw`, from a point on its base line."""
    x, y = at
    for font, run in _runs(text, bold):
        sized = _sized(font, size)
        canvas.text((x, y), run, font=sized, anchor="ls", **options)
        x += sized.getlength(run)


def forget() -> None:
    """Look for fonts anew: after some were installed."""
    for cached in (_installed, _wanted, _others, _sized, _has, _font_for):
        cached.cache_clear()


def _runs(text: str, bold: bool) -> list[tuple[str, str]]:
    """A text in parts of one font each; spaces and marks go with what is before them."""
    fonts: list[str] = []
    for sign in text:
        joins = bool(fonts) and (sign.isspace() or unicodedata.combining(sign) or not sign.isprintable())
        fonts.append(fonts[-1] if joins else _font_for(sign, bold))
    parts = itertools.groupby(zip(fonts, text, strict=True), key=lambda pair: pair[0])
    return [(font, "".join(sign for _, sign in pairs)) for font, pairs in parts]


@functools.cache
def _font_for(sign: str, bold: bool) -> str:
    """The file of the first font that has a character; "" for Pillow's own."""
    wanted = _wanted(bold)
    found = next((file for file in wanted if _has(file, sign)), None)
    if found is None and not _has("", sign):
        found = next((file for file in _others() if _has(file, sign)), None)
    if found is not None:
        return found
    return "" if _has("", sign) or not wanted else wanted[0]


@functools.cache
def _has(file: str, sign: str) -> bool:
    """Whether a font has a character: if not, it draws the sign for those that it lacks."""
    try:
        font = _sized(file, 20)
        drawn, lacking = font.getmask(sign), font.getmask(_NOBODY_HAS)
    except (OSError, ValueError):  # a broken file
        return False
    return drawn.size != lacking.size or bytes(drawn) != bytes(lacking)


@functools.lru_cache(maxsize=256)
def _sized(file: str, size: float) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(file, size) if file else ImageFont.load_default(size)


@functools.cache
def _wanted(bold: bool) -> list[str]:
    installed = _installed()
    found = []
    for regular, heavy in _FILES:
        names = (heavy, regular) if bold else (regular,)
        found += [installed[name.lower()] for name in names if name.lower() in installed][:1]
    return found


@functools.cache
def _others() -> list[str]:
    """Fonts of any name, upright ones."""
    names = sorted(name for name in _installed() if "italic" not in name and "oblique" not in name)
    return [_installed()[name] for name in names][:_OTHERS]


@functools.cache
def _installed() -> dict[str, str]:
    """The files of fonts by their names, in small letters."""
    found: dict[str, str] = {}
    for folder in _folders():
        for where, _, files in os.walk(folder):
            for file in files:
                if file.lower().endswith(_ENDINGS):
                    found.setdefault(unicodedata.normalize("NFC", file).lower(), os.path.join(where, file))
    return found


def _folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    if sys.platform == "win32":
        windows, own = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA", str(home))
        return [Path(windows) / "Fonts", Path(own) / "Microsoft/Windows/Fonts"]
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts"]
