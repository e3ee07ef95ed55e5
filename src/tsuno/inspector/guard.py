"""Who may ask: a browser on this machine that has the token, on a page that this server has served.

Everything else is refused before any of it is read: other hosts' names (a site that points its own at this machine),
other sites' pages, requests without the token, and bodies that are too large.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_App = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]


class Guard:
    """An application behind a door.

    Args:
        app: the application.
        port: the port that it is reached at.
        token: what the first request must know.
        most: bytes of a body.
    """

    def __init__(self, app: _App, port: int, token: str, most: int) -> None:
        self._app, self._token, self._most = app, token, most
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        self._cookie = f"tsuno-{port}"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        problem = self._problem(scope, headers)
        if problem is not None:
            await _answer(send, *problem)
        elif self._token_in(scope) and scope["path"] == "/":
            await self._welcome(scope, send)
        else:
            await self._app(scope, self._limited(receive), _with_headers(send))

    def _problem(self, scope: Any, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """The status and the sentence of a refusal."""
        host = headers.get("host", "")
        if host not in self._hosts:
            return 421, "This page is only for the machine that it runs on: open it by 127.0.0.1."
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return 403, "Other sites may not ask this page for anything."
        entering = scope["method"] == "GET" and scope["path"] == "/"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not entering:
            return 403, "Other sites may not ask this page for anything."
        if not (self._token_in(scope) or self._same(self._cookie_in(headers))):
            return 403, "The token is missing or wrong: open the whole address that was printed."
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            return 400, "The length of the body is no number."
        if length > self._most:
            return 413, f"That is larger than {self._most >> 20} MiB."
        return None

    def _same(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self._token.encode())

    def _token_in(self, scope: Any) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        return self._same(given[0])

    def _cookie_in(self, headers: Mapping[str, str]) -> str:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return ""
        return "" if found is None else found.value

    async def _welcome(self, scope: Any, send: Any) -> None:
        """The token becomes a cookie, and leaves the address."""
        rest = [(k, v) for k, v in parse_qs(scope["query_string"].decode("latin-1")).items() if k != "token"]
        place = "/" + (f"?{urlencode(rest, doseq=True)}" if rest else "")
        cookie = f"{self._cookie}={self._token}; HttpOnly; SameSite=Lax; Path=/"
        headers = {**HEADERS, "location": place, "set-cookie": cookie}
        await send({"type": "http.response.start", "status": 303, "headers": _encoded(headers)})
        await send({"type": "http.response.body", "body": b""})

    def _limited(self, receive: Any) -> Any:
        """A body whose length nobody has said is cut where it gets too long."""
        seen = 0

        async def limited() -> Any:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if seen > self._most else message

        return limited


def _with_headers(send: Any) -> Any:
    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_encoded(HEADERS)]}
        await send(message)

    return sending


async def _answer(send: Any, status: int, sentence: str) -> None:
    body = json.dumps({"error": sentence}).encode()
    headers = {**HEADERS, "content-type": "application/json", "content-length": str(len(body))}
    await send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": body})


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]
