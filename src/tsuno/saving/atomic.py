"""Files that are whole or not there: written beside the place they are for, and then put there."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_ENDING = ".unfinished"


def write_file(path: Path, write: Callable[[Any], None], overwrite: bool = True) -> None:
    """Write a file that takes the place of an older one in one instant, once all of it is on the disk.

    Args:
        path: where to.
        write: writes to the binary file that it is given.
        overwrite: whether there may be an older one.

    Raises:
        FileExistsError: there is one, and there must not be.
        OSError: it cannot be written; the older one is as it was.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"The folder {str(path.parent)!r} for {path.name!r} does not exist: make it first.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"The file {str(path)!r} exists; pass overwrite=True to replace it.")
    try:
        descriptor, unfinished = tempfile.mkstemp(
            prefix=f".{path.name}.{os.getpid()}.", suffix=_ENDING, dir=path.parent
        )
        try:
            with os.fdopen(descriptor, "w+b") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(unfinished, _default_mode())
            os.replace(unfinished, path)
            _sync_folder(path.parent)
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
    except OSError as problem:
        if problem.errno is None:
            raise
        before = "; the file that was there is as it was" if path.exists() else ""
        raise OSError(problem.errno, f"{problem.strerror}: the file could not be written{before}", str(path)) from None
    remove_unfinished(path)


def write_folder(path: Path, write: Callable[[Path], None], overwrite: bool = True) -> None:
    """Write a folder that takes the place of an older one; see `write_file`."""
    if path.exists() and not overwrite:
        raise FileExistsError(f"The folder {str(path)!r} exists; pass overwrite=True to replace it.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
        new, old = Path(beside, "new"), Path(beside, "old")
        new.mkdir()
        write(new)
        if path.exists():
            os.replace(path, old)
        os.replace(new, path)
        _sync_folder(path.parent)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """A block that writes files which belong to this one; others can see that it is at work."""
    descriptor, mark = tempfile.mkstemp(_ENDING, f".{path.name}.{os.getpid()}.", path.parent)
    os.close(descriptor)
    try:
        yield
    finally:
        Path(mark).unlink(missing_ok=True)


def remove_unfinished(path: Path) -> bool:
    """Remove what processes that are no more have left of this file; whether nobody else is at work on it."""
    alone = True
    for found in path.parent.glob(f".{glob.escape(path.name)}.*{_ENDING}"):
        owner = found.name.removeprefix(f".{path.name}.").partition(".")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            found.unlink(missing_ok=True)
        else:
            alone = False
    return alone


def _default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Let the new name survive a loss of power, where folders can be opened."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
