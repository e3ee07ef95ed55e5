"""One file from the web: what is there already is not fetched again, a cut connection goes on where it ended, and of
several processes that want the same file one fetches it.

What has come so far is in `<name>.part`, with what the server said of the whole in `<name>.part.json`. The file gets
its name when all of it is there and has the right hash.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tsuno.core.settings import log_output
from tsuno.utils.progress_bar import Progbar

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_BLOCK = 1 << 16
_PATIENCE = 30.0
"""Seconds without a byte after which a connection counts as cut."""
_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before each further try; they begin anew with every byte gained."""
_LONGEST_PAUSE = 60.0
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""Answers that a server may give now and not a minute later."""


class _CutError(ConnectionError):
    """An answer that ended before its end."""


# ---------------------------------------------------------------------- fetching


def fetch(origin: str, target: Path, file_hash: str | None = None, algorithm: str = "auto", advice: str = "") -> None:
    """Put the file at an address in its place, whole and with the right hash, or not at all.

    Args:
        origin: the address.
        target: where to.
        file_hash: the hash that it must have; None for any.
        algorithm: the kind of hash.
        advice: what to say further where the file cannot be fetched.

    Raises:
        OSError: the file cannot be fetched.
        ValueError: it has another hash.
    """
    part = _Part(target, origin, hashed=file_hash is not None)
    log_output().write(f"Downloading {origin}\n")
    try:
        _gather(part)
        if part.is_joined and not has_hash(part.path, file_hash, algorithm):
            part.drop()  # of two files, it seems
            _gather(part)
    except _PROBLEMS as problem:
        raise OSError(f"{origin!r} cannot be fetched: {_why(problem)}. {advice}".strip()) from problem
    finally:
        if not part.is_resumable:
            part.drop(unless_whole=True)
    if not has_hash(part.path, file_hash, algorithm):
        part.drop()
        raise ValueError(f"The file at {origin!r} must have the hash {file_hash}; it has another, so it is not kept.")
    part.become(target)


_PROBLEMS = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)


class _Part:
    """The beginning of a file, and what its server said of the whole: enough for any process to ask for the rest."""

    def __init__(self, target: Path, origin: str, hashed: bool) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self.origin, self._hashed = origin, hashed
        self._notes = target.with_name(f"{target.name}.part.json")
        self._said: dict[str, str] = {}
        self.is_joined = False
        """Whether it is of several answers."""
        self.is_whole = False
        with suppress(OSError, ValueError, AttributeError):
            said = json.loads(self._notes.read_text(encoding="utf-8"))
            self._said = {str(name): str(value) for name, value in said.items()}
        if not self.is_resumable or self._said.get("Origin") != origin:
            self.drop()

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def is_resumable(self) -> bool:
        """Whether what is missing can be asked for, and a wrong rest would be noticed."""
        return self.size > 0 and self.origin.startswith("http") and bool(self._hashed or self._version)

    @property
    def _version(self) -> str | None:
        """What tells this file at the server from a later one."""
        tag = self._said.get("ETag", "W/")
        return self._said.get("Last-Modified") if tag.startswith("W/") else tag

    def request(self) -> urllib.request.Request:
        """What to ask for: all, or what is missing if the file is still the same."""
        headers = {"User-Agent": "tsuno"}
        if self.size:
            headers["Range"] = f"bytes={self.size}-"
            if self._version:
                headers["If-Range"] = self._version
        return urllib.request.Request(self.origin, headers=headers)

    def begin(self, headers: Any) -> None:
        """Begin anew with what an answer brings."""
        self.path.write_bytes(b"")
        said = {name: headers[name] for name in ("ETag", "Last-Modified", "Content-Length") if headers.get(name)}
        self._said = {"Origin": self.origin, **said}
        self._notes.write_text(json.dumps(self._said), encoding="utf-8")
        self.is_joined = False

    def fits(self, headers: Any) -> bool:
        """Whether an answer is the rest of the same file."""
        place = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", headers.get("Content-Range", ""))
        expected = {"Content-Length": place[2] if place else None}
        expected |= {name: headers[name] for name in ("ETag", "Last-Modified") if headers.get(name)}
        return (
            place is not None
            and int(place[1]) == self.size
            and all(self._said.get(name, value) == value for name, value in expected.items())
        )

    def drop(self, unless_whole: bool = False) -> None:
        """Forget it."""
        if unless_whole and self.is_whole:
            return
        self.is_whole, self._said = False, {}
        for path in (self.path, self._notes):
            path.unlink(missing_ok=True)

    def become(self, target: Path) -> None:
        """Take the name of the file."""
        os.replace(self.path, target)
        self._notes.unlink(missing_ok=True)


def _gather(part: _Part) -> None:
    """Ask as often as it takes, as long as there is hope."""
    began = most = part.size
    tries = 0
    while not part.is_whole:
        try:
            _receive(part)
        except _PROBLEMS as problem:
            if part.size > most:
                most, tries = part.size, 0
            unreachable = isinstance(problem, urllib.error.URLError) and not hasattr(problem, "code") and most == began
            if not _may_pass(problem) or tries >= len(_PAUSES[:1] if unreachable else _PAUSES):
                raise
            if not part.is_resumable:
                part.drop()
            pause = _asked_pause(problem) or _PAUSES[tries]
            log_output().write(f"\n{_why(problem)}: trying again in {pause:g} s\n")
            time.sleep(pause)
            tries += 1


def _receive(part: _Part) -> None:
    """Ask once, for what is missing."""
    start = part.size
    try:
        answer = urllib.request.urlopen(part.request(), timeout=_PATIENCE)
    except urllib.error.HTTPError as problem:
        if problem.code != 416 or not start:
            raise
        part.is_whole = part.is_joined = problem.headers.get("Content-Range") == f"bytes */{start}"
        if not part.is_whole:  # it has become shorter
            part.drop()
        return
    with answer:
        if start and answer.status == 206:
            if not part.fits(answer.headers):
                part.drop()
                return
            part.is_joined = True
            length = answer.headers["Content-Range"].rpartition("/")[2]
        else:
            start = 0
            part.begin(answer.headers)
            length = answer.headers.get("Content-Length")
        total = None if length is None else int(length)
        bar = Progbar(total, unit_name="byte")
        done = start
        with open(part.path, "ab") as file:
            while block := answer.read1(_BLOCK if total is None else min(_BLOCK, total - done)):
                file.write(block)
                done += len(block)
                bar.update(done, finalize=False)
            file.flush()
            os.fsync(file.fileno())
        if total is not None and done < total:
            raise _CutError(f"it ended after {done} of {total} bytes")
        bar.update(done, finalize=True)
    part.is_whole = True


def _may_pass(problem: Exception) -> bool:
    """Whether the same question may be answered a little later."""
    if isinstance(problem, urllib.error.HTTPError):
        return problem.code in _PASSING
    cause = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    if isinstance(cause, (ssl.SSLCertVerificationError, http.client.InvalidURL, FileNotFoundError, str)):
        return False
    return isinstance(cause, (OSError, http.client.HTTPException))


def _why(problem: Exception) -> str:
    code = f"{problem.code} " if isinstance(problem, urllib.error.HTTPError) else ""
    return f"{code}{getattr(problem, 'reason', None) or problem or type(problem).__name__}".rstrip(".")


def _asked_pause(problem: Exception) -> float:
    """The seconds that a server asks to wait."""
    said = problem.headers.get("Retry-After", "") if isinstance(problem, urllib.error.HTTPError) else ""
    return min(float(said), _LONGEST_PAUSE) if said.isdecimal() else 0.0


# ---------------------------------------------------------------------- hashes


_right: set[tuple[int, int, int, int, str]] = set()


def has_hash(path: Path, expected: str | None, algorithm: str = "auto") -> bool:
    """Whether a file has a hash; one that had it is not read again while it stays as it is."""
    if expected is None:
        return True
    status = path.stat()
    mark = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, expected.lower())
    if mark not in _right:
        kind = algorithm if algorithm != "auto" else "sha256" if len(expected) == 64 else "md5"
        with open(path, "rb") as file:
            if hashlib.file_digest(file, kind).hexdigest() != expected.lower():
                return False
        _right.add(mark)
    return True


# ---------------------------------------------------------------------- one process at a time


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """A block that one process at a time is in, for a file. However that process ends, the system opens it again."""
    path = target.with_name(f".{target.name}.lock")
    descriptor = _locked(path)
    try:
        yield
    finally:
        with suppress(OSError):  # before it is unlocked: who waits for it then sees that it is the lock no more
            path.unlink()
        with suppress(OSError):
            _unlock(descriptor)
        os.close(descriptor)


def _locked(path: Path) -> int:
    """The file that is the lock, locked."""
    said = False
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        try:
            _lock(descriptor)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            if not said:
                log_output().write(f"Waiting for the process that fetches {path.name[1:-5]!r}\n")
                said = True
            time.sleep(0.05)
            continue
        except OSError:  # the file system has no locks
            return descriptor
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        os.close(descriptor)


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
