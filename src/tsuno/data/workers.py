"""Work done by several threads or processes: results come in order, errors where they are read, and a process that
dies is an error that says so.

Each process has a pipe of its own, so that one that is killed leaves no lock behind. Processes start fresh, without the
engine's threads, wherever the function can be sent to them; they stay for the next call. What cannot be sent (because
it belongs to a notebook or a script, holds what cannot be pickled, or is very large) is inherited by forking.
"""

from __future__ import annotations

import io
import itertools
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import traceback
import types
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any

_PATIENCE = 60.0
"""Seconds without a result from a process after which a warning is due."""
_IDLE = 60.0
"""Seconds after which a process without work ends."""
_LARGEST = 1 << 28
"""Bytes of a function above which processes inherit it rather than get a copy each."""


def in_order(
    function: Callable[[Any], Any], items: Iterable[Any], workers: int, processes: bool = False, ahead: int = 10
) -> Iterator[Any]:
    """`map(function, items)`, computed by several workers; results come in order, errors where they are read.

    Args:
        function: what to compute; with processes, results must be picklable.
        items: the arguments.
        workers: how many are computed at a time.
        processes: whether workers are processes.
        ahead: how many results may wait.

    Raises:
        RuntimeError: a process has died; says which, and of what.
    """
    return _by_processes(function, items, workers, ahead) if processes else _by_threads(function, items, workers, ahead)


def _by_threads(function: Callable[[Any], Any], items: Iterable[Any], workers: int, ahead: int) -> Iterator[Any]:
    todo = iter(items)
    waiting: deque[Future[Any]] = deque()
    pool = ThreadPoolExecutor(workers, "tsuno-worker")
    try:
        waiting.extend(pool.submit(function, item) for item in itertools.islice(todo, max(ahead, 1)))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(function, item) for item in itertools.islice(todo, 1))
            yield result
    finally:
        pool.shutdown(cancel_futures=True)


def _by_processes(function: Callable[[Any], Any], items: Iterable[Any], workers: int, ahead: int) -> Iterator[Any]:
    crew = _Crew(function, iter(items), workers, max(ahead, workers))
    try:
        while (result := crew.next()) is not _END:
            yield result
    finally:
        crew.close()


# ---------------------------------------------------------------------- here


_END = object()


class _Worker:
    """A process and the pipe to it."""

    def __init__(self, context: Any, function: Callable[[Any], Any] | None, hide_main: bool) -> None:
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, function), name="tsuno-worker", daemon=True)
        with warnings.catch_warnings(), _without_main() if hide_main else warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*fork.*")
            self.process.start()
        other.close()
        self.task: int | None = None
        self.since = time.monotonic()
        self.code: Any = None  # what it has imported

    def usable(self, code: Any) -> bool:
        return self.code == code and self.process.is_alive() and time.monotonic() - self.since < _IDLE / 2

    def release(self) -> bool:
        """Let the process forget its function; whether it can be used again."""
        self.since = time.monotonic()
        try:
            self.pipe.send_bytes(b"r")
        except OSError:
            return False
        return self.task is None and self.process.is_alive()

    def stop(self) -> None:
        self.pipe.close()
        if self.task is not None:
            self.process.terminate()


_idle: list[_Worker] = []
_lock = threading.Lock()


class _Crew:
    """Processes at work on the items; a thread gives them items and takes results."""

    def __init__(self, function: Callable[[Any], Any], items: Iterator[Any], workers: int, ahead: int) -> None:
        self._items, self._ahead = enumerate(items), ahead
        self._results: dict[int, tuple[bool, Any]] = {}
        self._given, self._wanted = 0, 0
        self._change = threading.Condition()
        self._closed = self._exhausted = False
        self._problem: Exception | None = None
        self._wake, self._waker = multiprocessing.Pipe(duplex=False)
        sent = _pickled(function)
        self._keep = sent is not None
        self._workers = [self._worker(function, sent) for _ in range(workers)]
        self._thread = threading.Thread(target=self._run, name="tsuno-crew", daemon=True)
        self._thread.start()

    def _worker(self, function: Callable[[Any], Any], sent: bytes | None) -> _Worker:
        if sent is None:
            return _Worker(multiprocessing.get_context(_inheriting(function)), function, False)
        code, sent = _code(function), pickle.dumps((sys.path, sent))
        method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        with _lock:
            while _idle:
                worker = _idle.pop()
                if worker.usable(code):
                    break
                worker.stop()
            else:
                worker = _Worker(multiprocessing.get_context(method), None, True)
        worker.code = code
        worker.pipe.send_bytes(b"f" + sent)
        return worker

    def next(self) -> Any:
        """The next result."""
        with self._change:
            warned, began = False, time.monotonic()
            while self._wanted not in self._results:
                if self._problem is not None:
                    raise self._problem
                if self._exhausted and self._wanted >= self._given:
                    return _END
                self._change.wait(1.0)
                if not warned and time.monotonic() - began > _PATIENCE:
                    warned = True
                    warnings.warn(
                        f"No batch has come from {len(self._workers)} worker processes for {_PATIENCE:.0f} seconds. "
                        "They cannot run the array engine: if the dataset uses Tsuno's ops or layers, pass "
                        "use_multiprocessing=False.",
                        stacklevel=2,
                    )
            good, result = self._results.pop(self._wanted)
            self._wanted += 1
        self._waker.send_bytes(b"w")
        if not good:
            raise result
        return result

    def close(self) -> None:
        """No more is wanted."""
        self._closed = True
        self._waker.send_bytes(b"w")
        self._thread.join(_PATIENCE)
        for end in (self._wake, self._waker):
            end.close()

    # ------------------------------------------------------------------ in the thread

    def _run(self) -> None:
        try:
            while not self._closed:
                self._hand_out()
                self._take(1.0)
            deadline = time.monotonic() + 1.0
            while any(worker.task is not None for worker in self._workers) and time.monotonic() < deadline:
                self._take(0.1)  # a worker that is nearly done can be used again
        except Exception as problem:
            self._problem = problem
        finally:
            with _lock:
                for worker in self._workers:
                    if self._keep and worker.release():
                        _idle.append(worker)
                    else:
                        worker.stop()
            with self._change:
                self._exhausted = True
                self._change.notify_all()

    def _hand_out(self) -> None:
        for worker in self._workers:
            if worker.task is None and not self._exhausted and self._given - self._wanted < self._ahead:
                try:
                    number, item = next(self._items)
                except StopIteration:
                    with self._change:
                        self._exhausted = True
                        self._change.notify_all()
                    return
                worker.task, self._given = number, number + 1
                try:
                    worker.pipe.send_bytes(b"t" + pickle.dumps(item))
                except OSError:
                    raise self._death(worker) from None

    def _take(self, seconds: float) -> None:
        by_pipe = {worker.pipe: worker for worker in self._workers if worker.task is not None}
        sentinels = [worker.process.sentinel for worker in self._workers]
        ready = connection.wait([self._wake, *by_pipe, *sentinels], seconds)
        if self._wake in ready:
            self._wake.recv_bytes()
        for pipe in ready:
            worker = by_pipe.get(pipe)
            if worker is None:
                continue
            try:
                outcome = pickle.loads(pipe.recv_bytes())  # type: ignore[union-attr]
            except (EOFError, OSError):
                raise self._death(worker) from None
            assert worker.task is not None
            with self._change:
                self._results[worker.task], worker.task = outcome, None
                self._change.notify_all()
        for worker in self._workers:
            if not worker.process.is_alive():
                raise self._death(worker)

    def _death(self, worker: _Worker) -> Exception:
        worker.process.join(2.0)
        code, number = worker.process.exitcode, self._workers.index(worker) + 1
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
            end = f"was killed by {name}"
        else:
            end = f"ended with exit code {code}" if code is not None else "closed its pipe"
        hint = " The system may be out of memory: use fewer workers." if code == -signal.SIGKILL else ""
        task = "" if worker.task is None else f" while it made result {worker.task}"
        count, process = len(self._workers), worker.process.pid
        return BrokenProcessPool(f"Data worker {number} of {count} (process {process}) {end}{task}.{hint}")


def _pickled(function: Callable[[Any], Any]) -> bytes | None:
    """A function for processes that start fresh; None if they cannot have it, or only by running the script again."""
    file = _Limited()
    try:
        pickle.dump(function, file, protocol=5)
    except Exception:
        return None
    sent = file.getvalue()
    return None if b"__main__" in sent else sent


def _code(function: Callable[[Any], Any]) -> Any:
    """The file that a function comes from, as it is now: a process that has imported an older one must not be used."""
    owner = getattr(function, "__self__", function)
    name = getattr(owner, "__module__", None) or type(owner).__module__
    file = getattr(sys.modules.get(name), "__file__", None)
    return (file, os.stat(file).st_mtime_ns) if file and os.path.exists(file) else (name, None)


class _Limited(io.BytesIO):
    def write(self, data: Any) -> int:
        if self.tell() + memoryview(data).nbytes > _LARGEST:
            raise ValueError("too large")
        return super().write(data)


def _inheriting(function: Callable[[Any], Any]) -> str:
    if "fork" in multiprocessing.get_all_start_methods():
        return "fork"
    return "spawn"  # pickles what it can, and says what it cannot


@contextmanager
def _without_main() -> Iterator[None]:
    """Start processes without running the script in them again: what they need of it, they cannot get."""
    main, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


# ---------------------------------------------------------------------- in a process


def _serve(pipe: Any, function: Callable[[Any], Any] | None) -> None:
    """Compute what comes through the pipe, until it is closed or nothing comes any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the business of the process that asks
    problem: Exception | None = None
    while function is not None or pipe.poll(_IDLE):
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        kind, body = message[:1], memoryview(message)[1:]
        if kind == b"r":
            function = None
            continue
        if kind == b"f":
            problem = None
            try:
                sys.path[:], sent = pickle.loads(body)
                function = pickle.loads(sent)
            except Exception as error:
                function, problem = repr, error  # said at each item
            continue
        try:
            if problem is not None or function is None:
                raise problem or RuntimeError("The worker has no function.")
            outcome = pickle.dumps((True, function(pickle.loads(body))), protocol=5)
        except Exception as error:
            outcome = _failure(error)
        try:
            pipe.send_bytes(outcome)
        except OSError:
            return


def _failure(error: Exception) -> bytes:
    error.add_note("In a data worker:\n" + "".join(traceback.format_exception(error)))
    try:
        sent = pickle.dumps((False, error))
        pickle.loads(sent)
    except Exception:
        sent = pickle.dumps((False, RuntimeError("".join(traceback.format_exception(error)))))
    return sent
