"""Where the file of a data set is: at a path of the user's, among the user's copies, in the cache, or on the web."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tsuno.saving.untrusted import parse_json
from tsuno.utils.downloads import get_file

HOST = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
Pair = tuple[Any, Any]
"""Samples and their targets."""


def find(path: str | os.PathLike[str], name: str, file_hash: str | None = None) -> Path:
    """The file of a data set, fetched if need be.

    Args:
        path: its name in the cache, or with folders its path; a file that is there is taken as it is.
        name: its name on the web.
        file_hash: the hash that it has there.
    """
    if (own := given_file(path)) is not None:
        return own
    given = Path(path).expanduser()
    folder = str(Path("datasets") / given.parent) if given.parent != Path() else "datasets"
    return Path(get_file(given.name, HOST + name, file_hash=file_hash, cache_subdir=folder))


def given_file(path: str | os.PathLike[str]) -> Path | None:
    """The file at a path with folders, if it is there; a mere name is one in the cache."""
    given = Path(path).expanduser()
    return given if given.name != os.fspath(path) and given.is_file() else None


def find_words(path: str | os.PathLike[str], name: str, file_hash: str) -> dict[str, int]:
    """The numbers of words by the words, from a JSON file."""
    found = find(path, name, file_hash)
    words: dict[str, int] = parse_json(found.read_text(encoding="utf-8"), str(found))
    return words
