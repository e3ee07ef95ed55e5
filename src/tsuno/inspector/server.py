"""The server of the page: on this machine only, at a port and with a token of its own, in a thread."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from tsuno.core.errors import invalid
from tsuno.inspector.examples import MOST_BYTES
from tsuno.inspector.guard import Guard
from tsuno.inspector.routes import application
from tsuno.inspector.session import Session, with_mean_and_std
from tsuno.saving import load_model

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SECONDS_TO_START = 10.0


class Server:
    """A page that is being served.

    Attributes:
        url: its address, with the token.
        port: the port.
        session: what it is about.
    """

    def __init__(self, session: Session, host: str = "127.0.0.1", port: int = 0) -> None:
        if host not in _LOOPBACK:
            raise invalid(
                "inspect.host", "127.0.0.1, localhost or ::1", host,
                "The page is for this machine only; from another one, reach it by an SSH tunnel: ssh -L.",
            )  # fmt: skip
        import uvicorn

        self.session = session
        self._socket = socket.socket(socket.AF_INET6 if host == "::1" else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as problem:
            self._socket.close()
            raise OSError(f"Port {port} cannot be used ({problem.strerror}); port=0 takes a free one.") from None
        self.port = self._socket.getsockname()[1]
        self.token = secrets.token_urlsafe(24)
        self.url = f"http://{'[::1]' if host == '::1' else '127.0.0.1'}:{self.port}/?token={self.token}"
        guard = Guard(application(session), self.port, self.token, MOST_BYTES)
        config = uvicorn.Config(
            guard, log_level="error", lifespan="off", access_log=False, proxy_headers=False, server_header=False,
            timeout_graceful_shutdown=1, log_config=None,  # the logging of the user's program is not ours to set up
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="tsuno-inspect", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _SECONDS_TO_START
        while not self._server.started and self._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def wait(self) -> None:
        """Wait until Ctrl-C, then close."""
        try:
            while self._thread.is_alive():
                self._thread.join(0.5)
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        """Stop serving."""
        self.session.closed = True
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *problem: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<page to look into {self.session.looks().model.name!r} at {self.url}>"

    def _repr_html_(self) -> str:
        return f'<a href="{self.url}" target="_blank">Look into the model</a>'


def inspect(
    model: Any,
    inputs: Any = None,
    classes: Sequence[str] | None = None,
    top: int = 5,
    *,
    preprocess: Callable[[Any], Any] | None = None,
    mean: Any = None,
    std: Any = None,
    compare: Any = None,
    host: str = "127.0.0.1",
    port: int = 0,
    open_browser: bool = True,
    block: bool | None = None,
    language: str | None = None,
) -> Server:
    """Open a page to look inside a model: its graph, what each layer makes of an input, its weights, and why.

    The page is served on this machine only (127.0.0.1), and only to who has the token in its address.

    Args:
        model: a model that is built; or the name of a file or folder that `load_model` reads.
        inputs: what to put in: a folder of pictures, `.npy`, `.txt` or `.wav` files (with folders of classes in it, if
            there are any), an array of examples, or a list or dict of arrays for several inputs. None to give inputs
            on the page only.
        classes: the names of classes, in the order of the output.
        top: how many classes a prediction names.
        preprocess: what a batch of images with numbers from 0 to 255 is passed through, such as
            `tsuno.applications.vgg16.preprocess_input`; by default they are divided by 255, unless the model has a
            `Rescaling` or `Normalization` layer.
        mean: what is taken from images instead.
        std: what they are then divided by.
        compare: a second model of the same inputs, or the name of its file.
        host: 127.0.0.1, localhost or ::1; nothing else.
        port: the port; 0 for a free one.
        open_browser: whether to open the page in the browser.
        block: whether to wait until Ctrl-C; by default in programs, not in notebooks and at the prompt.
        language: `"en"` or `"ja"`; that of the browser by default.

    Returns:
        The server; `close()` stops it, `url` is its address.

    Raises:
        ValueError: the host is another machine's, or the model has no weights yet.

    Example:
        >>> model = tsuno.Sequential([tsuno.Input((4,)), tsuno.layers.Dense(3, activation="softmax")])
        >>> with tsuno.inspect(model, np.ones((2, 4)), open_browser=False, block=False) as page:
        ...     page.url.startswith("http://127.0.0.1:")  # doctest: +ELLIPSIS
        Look into 'sequential...' at http://127.0.0.1:...
        True
    """
    prepare = preprocess or with_mean_and_std(mean, std)
    model, compare = _loaded(model), _loaded(compare)
    server = launch(
        Session(model, inputs, classes, top, prepare, compare, language, version("tsuno")), host, port, open_browser
    )
    if block or (block is None and not _is_interactive()):
        print("Press Ctrl-C to end.")
        server.wait()
    return server


def launch(session: Session, host: str = "127.0.0.1", port: int = 0, open_browser: bool = True) -> Server:
    """Serve a session, say where, and show it."""
    server = Server(session, host, port)
    print(f"Look into {session.looks().model.name!r} at {server.url}", flush=True)
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
    return server


def _loaded(model: Any) -> Any:
    return load_model(model) if isinstance(model, (str, os.PathLike)) else model


def _is_interactive() -> bool:
    return hasattr(sys, "ps1") or "IPython" in sys.modules or bool(sys.flags.interactive)
