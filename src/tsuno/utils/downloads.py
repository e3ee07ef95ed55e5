"""Files from the web, kept in a folder, checked, and taken out of archives without leaving that folder.

What is half written is never seen: a download and an extracted archive get their name only when they are complete.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from tsuno.core.errors import invalid, unknown
from tsuno.core.settings import home_folder, log_output
from tsuno.core.validate import check
from tsuno.utils.progress_bar import Progbar

_BLOCK = 1 << 16
_PATIENCE = 60.0  # seconds without a byte


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
    folder.mkdir(parents=True, exist_ok=True)
    target, extracted = folder / name, None
    if extract or untar:
        dotted = bool(fname) and "." in name
        extracted = folder / (f"{name.split('.')[0]}_extracted" if dotted else name)
        target = target if dotted else folder / f"{name}_archive"
    fresh = False
    if force_download or not target.exists() or not _has_hash(target, file_hash, hash_algorithm):
        _download(origin, target, file_hash, hash_algorithm)
        fresh = True
    if extracted is None:
        return str(target)
    if fresh or not extracted.is_dir():
        _extract(target, extracted, "tar" if untar else archive_format)
    return str(extracted)


def _cache(given: Any) -> Path:
    """The cache folder, or one for temporary files where that cannot be written."""
    base = home_folder() if given is None else Path(given).expanduser()
    there = next(each for each in (base, *base.absolute().parents) if each.exists())
    return base if os.access(there, os.W_OK) else Path(tempfile.gettempdir()) / ".keras"


def _has_hash(path: Path, expected: str | None, algorithm: str) -> bool:
    if expected is None:
        return True
    kind = algorithm if algorithm != "auto" else "sha256" if len(expected) == 64 else "md5"
    with open(path, "rb") as file:
        return hashlib.file_digest(file, kind).hexdigest() == expected.lower()


def _download(origin: str, target: Path, file_hash: str | None, algorithm: str) -> None:
    log_output().write(f"Downloading {origin}\n")
    with _complete_or_absent(target) as unfinished:
        try:
            with urllib.request.urlopen(origin, timeout=_PATIENCE) as source, open(unfinished, "wb") as file:
                length = source.headers.get("Content-Length")
                total = int(length) if length is not None else None
                bar = Progbar(total, unit_name="byte")
                done = 0
                while block := source.read(_BLOCK):
                    file.write(block)
                    done += len(block)
                    bar.update(done, finalize=False)
                if total is not None and done < total:
                    raise OSError(f"{origin!r} ended after {done} of {total} bytes. Try again.")
                bar.update(done, finalize=True)
                file.flush()
                os.fsync(file.fileno())
        except (urllib.error.URLError, http.client.HTTPException) as problem:
            reason = f"{getattr(problem, 'code', '')} {getattr(problem, 'reason', problem)}".strip()
            raise OSError(f"{origin!r} cannot be fetched: {reason}.") from problem
        if not _has_hash(unfinished, file_hash, algorithm):
            raise ValueError(
                f"The file at {origin!r} must have the hash {file_hash}; it has another, so it is not kept."
            )


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
