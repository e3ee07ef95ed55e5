"""Files from the web, kept in a folder, checked, and taken out of archives without leaving that folder.

What is half written is never seen: a download and an extracted archive get their name only when they are complete.
Copies that the user has, in the folders that `TSUNO_DATASETS` names, go before all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tarfile
import tempfile
import urllib.parse
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from tsuno.core.errors import invalid, unknown
from tsuno.core.settings import home_folder
from tsuno.core.validate import check
from tsuno.utils.transfers import alone, fetch, has_hash


def get_file(
    fname: Any = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: Literal["auto", "md5", "sha256"] = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: Any = None,
    force_download: bool = False,
) -> str:
    """Download a file, unless it is already there.

    A cut download goes on where it ended, also in the next run. Of several processes that want a file, one fetches it.

    Two settings are read from the environment, or as `datasets` and `mirror` from `keras.json` in the cache folder.
    `TSUNO_DATASETS` names folders (separated as in `PATH`) with copies of your own: a file that is there, under its
    name here or that of the address, is used as it is, and nothing is fetched or compared with a hash.
    `TSUNO_MIRROR=https://host/path` takes the place of the host of every address.

    Args:
        fname: the file's name here; that of the address by default. With an archive, the name of the folder.
        origin: the address: http, https, ftp or file.
        untar: an older spelling of `extract` with `archive_format="tar"`.
        md5_hash: an older spelling of `file_hash` with `hash_algorithm="md5"`.
        file_hash: the hash that the file must have, in hexadecimal; a file here that has another is fetched anew.
        cache_subdir: the folder in the cache; an absolute path is taken as it is.
        hash_algorithm: the kind of hash; told from its length by default.
        extract: whether to extract an archive.
        archive_format: tar (also compressed), zip, a list of them, `"auto"` for both, or None for none.
        cache_dir: the cache; `$KERAS_HOME`, or `~/.keras`, by default.
        force_download: whether to fetch the file even if it is here.

    Returns:
        The path of the file, or of the folder with what the archive holds.

    Raises:
        ValueError: the file has not the hash asked for, or the archive would write outside its folder.
        OSError: it cannot be fetched.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     web = pathlib.Path(folder, "words.txt")
        ...     _ = web.write_text("one two")
        ...     path = tsuno.utils.get_file(origin=web.as_uri(), cache_dir=pathlib.Path(folder, "cache"))
        ...     pathlib.Path(path).read_text()
        Downloading file:...words.txt
        ...
        'one two'
    """
    if origin is None:
        raise invalid("get_file.origin", "the address of a file", origin)
    check(Literal["auto", "md5", "sha256"], hash_algorithm, "get_file.hash_algorithm")
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    name = os.fspath(fname) if fname else os.path.basename(urllib.parse.urlsplit(origin).path)
    if not name or name in (".", "..") or os.path.basename(name) != name:
        fix = "Folders are for `cache_dir` and `cache_subdir`." if name else ""
        raise invalid("get_file.fname", "the name of a file, without folders", name, fix)
    folder = _cache(cache_dir) / cache_subdir
    target, extracted = folder / name, None
    names = [name, os.path.basename(urllib.parse.urlsplit(origin).path)]
    if extract or untar:
        dotted = bool(fname) and "." in name
        extracted = folder / (f"{name.split('.')[0]}_extracted" if dotted else name)
        target = target if dotted else folder / f"{name}_archive"
        names = [extracted.name, *names]
        archive_format = "tar" if untar else archive_format
    if not force_download and (own := own_copy(names, str(cache_subdir))) is not None:
        return str(own if extracted is None or own.is_dir() else _unpacked(own, extracted, archive_format))

    def is_here() -> bool:
        return target.exists() and has_hash(target, file_hash, hash_algorithm)

    result = target if extracted is None else extracted
    if force_download or not is_here() or not (extracted is None or extracted.is_dir()):
        folder.mkdir(parents=True, exist_ok=True)
        with alone(target):
            if fresh := force_download or not is_here():
                advice = (
                    f"Where there is no network, put a copy at {str(target)!r}, or in a folder that the variable "
                    f"TSUNO_DATASETS names, as {names[-1] or name!r}."
                )
                fetch(_mirrored(origin), target, file_hash, hash_algorithm, advice)
            if extracted is not None and (fresh or not extracted.is_dir()):
                _extract(target, extracted, archive_format)
    return str(result)


def own_copy(names: Iterable[str], subfolder: str = "") -> Path | None:
    """The first of some files or folders that the user has: in a folder of `TSUNO_DATASETS`; None if there is none.

    Args:
        names: what it may be called.
        subfolder: where it belongs in the cache; it may be in such a folder, or in what is below the first part of it:
            `datasets/words` is looked for in `datasets/words` and in `words`.
    """
    inner = PurePosixPath() if os.path.isabs(subfolder) else PurePosixPath(Path(subfolder).as_posix())
    places = (inner, PurePosixPath(*inner.parts[1:]))
    for folder in own_folders():
        for place in places:
            for name in names:
                if name and (found := folder / place / name).exists():
                    return found
    return None


def own_folders() -> list[Path]:
    """The folders that `TSUNO_DATASETS` names."""
    folders = [Path(each).expanduser() for each in _setting("datasets").split(os.pathsep) if each]
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f"`TSUNO_DATASETS` names the folder {str(folder)!r}, which is not there.")
    return folders


def _unpacked(archive: Path, folder: Path, archive_format: Any) -> Path:
    """What an archive of the user's holds, in a folder that goes with this state of it."""
    status = archive.stat()
    mark = zlib.crc32(f"{archive.absolute()} {status.st_size} {status.st_mtime_ns}".encode())
    folder = folder.with_name(f"{folder.name}_{mark:08x}")
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            if not folder.is_dir():
                _extract(archive, folder, archive_format)
    return folder


def _mirrored(origin: str) -> str:
    """An address at the mirror, if there is one."""
    mirror, parts = _setting("mirror"), urllib.parse.urlsplit(origin)
    if not mirror or parts.scheme == "file":
        return origin
    if "://" not in mirror:
        raise invalid("TSUNO_MIRROR", "an address such as https://host/path", mirror)
    return mirror.rstrip("/") + urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))


def _setting(name: str) -> str:
    """A setting from the environment or the settings file; empty if it is in neither."""
    if (given := os.environ.get(f"TSUNO_{name.upper()}")) is not None:
        return given
    with suppress(OSError, ValueError, AttributeError):
        return str(json.loads((home_folder() / "keras.json").read_text(encoding="utf-8")).get(name) or "")
    return ""


def _cache(given: Any) -> Path:
    """The cache folder, or one for temporary files where that cannot be written."""
    base = home_folder() if given is None else Path(given).expanduser()
    there = next(each for each in (base, *base.absolute().parents) if each.exists())
    return base if os.access(there, os.W_OK) else Path(tempfile.gettempdir()) / ".keras"


def _extract(archive: Path, folder: Path, archive_format: Any) -> None:
    """Put what an archive holds into a folder, which is there only if all went well."""
    formats = ["tar", "zip"] if archive_format == "auto" else archive_format or []
    for kind in [formats] if isinstance(formats, str) else formats:
        if kind not in _OPENERS:
            raise unknown("archive format", kind, _OPENERS)
        fits, extract = _OPENERS[kind]
        try:
            if fits(archive):
                with _complete_or_absent(folder) as unfinished:
                    unfinished.mkdir()
                    extract(archive, unfinished)
                return
        except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as problem:
            raise ValueError(f"The archive {str(archive)!r} is not unpacked: {str(problem)[:200]}.") from None
    warnings.warn(f"{str(archive)!r} is no archive of the format {archive_format!r}: it stays as it is.", stacklevel=3)


def _untar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            _check_inside(member.name, archive)
            if member.issym() or member.islnk():
                base = PurePosixPath() if member.islnk() else PurePosixPath(member.name).parent
                _check_inside(str(base / member.linkname), archive)
        tar.extractall(folder, filter="data")  # refuses devices, and links through links


def _unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            _check_inside(name, archive)
        packed.extractall(folder)  # writes links as plain files


_OPENERS: dict[str, tuple[Callable[[Any], bool], Callable[[Path, Path], None]]] = {
    "tar": (tarfile.is_tarfile, _untar),
    "zip": (zipfile.is_zipfile, _unzip),
}


def _check_inside(name: str, archive: Path) -> None:
    """Raise unless a path stays below the folder it is relative to, step by step."""
    depth = -1 if re.match(r"[/\\]|[A-Za-z]:", name) else 0
    for part in re.split(r"[/\\]", name):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1) if depth >= 0 else 0
        if depth < 0:
            raise ValueError(
                f"The archive {str(archive)!r} holds {name!r}, which lies outside its folder: nothing is extracted."
            )


@contextmanager
def _complete_or_absent(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it takes its place at the end, or vanishes if something goes wrong."""
    place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    unfinished = place / target.name
    try:
        yield unfinished
        if unfinished.is_dir() and target.exists():
            os.replace(target, place / "before")
        os.replace(unfinished, target)
    finally:
        shutil.rmtree(place, ignore_errors=True)
