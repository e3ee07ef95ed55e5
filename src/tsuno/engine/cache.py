"""Compiled programs on disk: compiling is what a newcomer waits for, and what was compiled once is read the next time.

The folder is `$XDG_CACHE_HOME/tsuno/compiled`; `TSUNO_COMPILATION_CACHE` names another, or is 0 for none. It is kept
under 1 GiB, or the MiB that `TSUNO_COMPILATION_CACHE_MB` says: once an hour a process that ends removes the oldest
programs if there are more.
"""

from __future__ import annotations

import atexit
import os
import time
from pathlib import Path

import jax

_MIB = 1 << 20
_SECONDS_BETWEEN = 3600
_MARK = ".pruned"


def use_compilation_cache() -> None:
    """Keep compiled programs on disk from now on, unless the user has said otherwise."""
    if getattr(jax.config, "jax_compilation_cache_dir", None) or os.environ.get("TSUNO_COMPILATION_CACHE") == "0":
        return
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("TSUNO_COMPILATION_CACHE") or base / "tsuno" / "compiled")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if time.time() - _last_pruned(folder) > _SECONDS_BETWEEN:
            at_most = int(os.environ.get("TSUNO_COMPILATION_CACHE_MB") or 1024) * _MIB
            atexit.register(prune, folder, at_most)  # a full folder takes a while to look through
    except (OSError, ValueError):
        return  # a read-only home costs speed, nothing else
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)


def _last_pruned(folder: Path) -> float:
    mark = folder / _MARK
    return mark.stat().st_mtime if mark.exists() else 0.0


def prune(folder: Path, at_most: int) -> None:
    """Remove the oldest files of a folder that takes more bytes than it may, until a quarter is free."""
    (folder / _MARK).touch()
    files = [(entry.stat(), entry.path) for entry in os.scandir(folder) if entry.is_file() and entry.name != _MARK]
    size = sum(status.st_size for status, _ in files)
    if size <= at_most:
        return
    for status, path in sorted(files, key=lambda item: item[0].st_mtime):
        Path(path).unlink(missing_ok=True)
        size -= status.st_size
        if size <= at_most * 3 // 4:
            return
