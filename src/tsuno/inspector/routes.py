"""What the page can ask for: each route is a function of a request, and what it refuses it says in one sentence."""

from __future__ import annotations

import asyncio
import io
import json
import math
import mimetypes
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tsuno.inspector.describing import described_layer, described_layers, graph_of
from tsuno.inspector.entries import Entry, Refused
from tsuno.inspector.session import Session

_PAGE = Path(__file__).parent / "page"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
_MOST_NUMBERS = 1 << 22
_THUMBNAIL = 128


class Missing(Refused):
    """What is asked for is not there."""


def application(session: Session) -> Starlette:
    """The routes of a session as an application."""
    answers: dict[str, Callable[[Request], Any]] = {
        "model": lambda request: _model(session, request),
        "graph": lambda request: _graph(session, request),
        "inputs": lambda request: session.examples.described(),
        "inputs/picture": lambda request: _picture(session, request),
        "inputs/array": lambda request: _input_array(session, request),
        "predictions": lambda request: session.looks(_which(request)).predictions(_look(session, request)),
        "output": lambda request: _output(session, request),
        "layer": lambda request: _layer(session, request),
        "weights": lambda request: _weights(session, request),
        "explain": lambda request: _explain(session, request),
        "pixel": lambda request: _pixel(session, request),
        "profile": lambda request: _profile(session, request),
    }
    routes = [Route(f"/api/{name}", _answering(answer)) for name, answer in answers.items()]
    routes += [
        Route("/", lambda request: FileResponse(_PAGE / "index.html", media_type="text/html")),
        Route("/page/{name}", _asset),
        Route("/api/inputs", _posted(lambda request, body: _add(session, request, body)), methods=["POST"]),
        Route("/api/control", _posted(lambda request, body: _control(session, body)), methods=["POST"]),
        Route("/api/events", lambda request: _events(session)),
    ]
    return Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_found})


def _answering(answer: Callable[[Request], Any]) -> Any:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_answer, lambda: answer(request))

    return endpoint


def _posted(answer: Callable[[Request, bytes], Any]) -> Any:
    async def endpoint(request: Request) -> Response:
        try:
            body = await request.body()
        except ClientDisconnect:
            return JSONResponse({"error": "That is too large."}, 413)
        return await run_in_threadpool(_answer, lambda: answer(request, body))

    return endpoint


def _answer(make: Callable[[], Any]) -> Response:
    try:
        made = make()
    except Missing as problem:
        return JSONResponse({"error": str(problem)}, 404)
    except (Refused, json.JSONDecodeError, UnicodeDecodeError) as problem:
        return JSONResponse({"error": str(problem)}, 422)
    except Exception as problem:  # a layer that cannot compute this input, say: the page shows why
        return JSONResponse({"error": f"{type(problem).__name__}: {problem}"}, 500)
    return made if isinstance(made, Response) else JSONResponse(_sendable(made))


def _sendable(value: Any) -> Any:
    """Plain data with null for the numbers that JSON has no sign for."""
    if isinstance(value, dict):
        return {key: _sendable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_sendable(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


async def _not_found(request: Request, problem: Exception) -> Response:
    return JSONResponse({"error": "There is nothing here."}, getattr(problem, "status_code", 404))


async def _asset(request: Request) -> Response:
    """A file of the page: one of those that there are."""
    name = request.path_params["name"]
    path = next((path for path in _PAGE.iterdir() if path.name == name and path.is_file()), None)
    if path is None:
        return JSONResponse({"error": "There is nothing here."}, 404)
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0]
    return FileResponse(path, media_type=kind)


# ---------------------------------------------------------------------- what is asked


def _which(request: Request) -> int:
    return _number(request, "which", 0)


def _number(request: Request, name: str, default: int | None = None) -> int:
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    try:
        return int(text or "")
    except ValueError:
        raise Refused(f"`{name}` must be a whole number.") from None


def _text(request: Request, name: str) -> str:
    text = request.query_params.get(name)
    if not text:
        raise Refused(f"`{name}` is missing.")
    return text


def _look(session: Session, request: Request) -> Any:
    id_ = _text(request, "id")
    return session.looks(_which(request)).look(id_, lambda: session.examples.arrays(id_))


def _entry(session: Session, name: str | None) -> Entry:
    entries = session.examples.entries
    if name is None:
        return entries[0]
    found = next((entry for entry in entries if entry.name == name), None)
    if found is None:
        raise Refused(f"The model has no input {name!r}.")
    return found


# ---------------------------------------------------------------------- the answers


def _model(session: Session, request: Request) -> dict[str, Any]:
    which = _which(request)
    looks = session.looks(which)
    model = looks.model
    return {
        "name": model.name,
        "which": which,
        "count": session.count,
        "version": session.version,
        "params": model.count_params(),
        "trainable": sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
        "bytes": sum(weight._value.nbytes for weight in model.weights),
        "classes": None if looks.classes is None else [str(name) for name in looks.classes],
        "top": looks.top,
        "live": session.live is not None,
        "language": session.language,
        "inputs": [entry.described() for entry in session.examples.entries],
        "layers": described_layers(model),
    }


def _graph(session: Session, request: Request) -> dict[str, Any]:
    opened = [path for path in request.query_params.get("open", "").split(",") if path]
    direction = request.query_params.get("direction", "TB")
    if direction not in ("TB", "LR"):
        raise Refused("`direction` must be TB or LR.")
    return graph_of(session.looks(_which(request)).model, opened, direction)


def _picture(session: Session, request: Request) -> Response:
    from PIL import Image

    arrays = session.examples[_text(request, "id")].make()
    for entry in session.examples.entries:
        pixels = entry.picture(arrays[entry.name]) if entry.name in arrays else None
        if pixels is not None:
            picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
            picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
            file = io.BytesIO()
            picture.save(file, "PNG")
            return Response(file.getvalue(), media_type="image/png")
    raise Missing("This input is no picture.")


def _input_array(session: Session, request: Request) -> Response:
    entry = _entry(session, request.query_params.get("input"))
    x = session.examples.arrays(_text(request, "id"))[entry.name]
    if entry.channels_first and x.ndim == 3:
        x = x.transpose(1, 2, 0)
    return _array(x)


def _output(session: Session, request: Request) -> Response:
    looks = session.looks(_which(request))
    x, view, parts = looks.output(_look(session, request), _text(request, "layer"), _number(request, "part", 0))
    return _array(x, {"x-view": view, "x-parts": str(parts)})


def _layer(session: Session, request: Request) -> dict[str, Any]:
    looks = session.looks(_which(request))
    found = described_layer(looks.model, _text(request, "layer"), looks.value_of)
    if found is None:
        raise Missing(f"There is no layer {_text(request, 'layer')!r}.")
    return found


def _weights(session: Session, request: Request) -> Response:
    looks, path, index = session.looks(_which(request)), _text(request, "layer"), _number(request, "index")
    part = looks.parts.get(path)
    weights = [] if part is None else getattr(part.operation, "weights", [])
    if not 0 <= index < len(weights):
        raise Missing(f"{path!r} has no weight {index}.")
    if int(np.prod(weights[index].shape)) > _MOST_NUMBERS:
        return JSONResponse({"error": f"A weight of more than {_MOST_NUMBERS >> 20} million numbers is not sent."}, 413)
    return _array(looks.value_of(weights[index]))


def _explain(session: Session, request: Request) -> Response:
    target = _number(request, "target", -1)
    heat, score = session.looks(_which(request)).explain(
        _text(request, "method"),
        session.examples.arrays(_text(request, "id")),
        None if target < 0 else target,
        request.query_params.get("layer"),
    )
    return _array(heat, {"x-score": repr(score)})


def _pixel(session: Session, request: Request) -> dict[str, Any]:
    try:
        at = [int(place) for place in _text(request, "at").split(",")]
    except ValueError:
        raise Refused("`at` must be whole numbers with commas between them.") from None
    arrays = session.examples.arrays(_text(request, "id"))
    return session.looks(_which(request)).pixel(arrays, _text(request, "layer"), at)


def _profile(session: Session, request: Request) -> dict[str, Any]:
    if session.live is not None and session.live.training:
        raise Refused("What layers cost is measured when the model is not training.")
    return session.looks(_which(request)).profile()


def _add(session: Session, request: Request, body: bytes) -> dict[str, Any]:
    examples, kind = session.examples, _text(request, "kind")
    entry = _entry(session, request.query_params.get("input"))
    if kind == "file":
        return examples.add_file(body, request.query_params.get("name", "file"), entry).described()
    if kind == "drawing":
        return examples.add_drawing(body, entry).described()
    given = json.loads(body)
    if not isinstance(given, dict):
        raise Refused("The body must be a JSON object.")
    if kind == "values":
        return examples.add_values(given.get("values"), entry).described()
    if kind == "text":
        return examples.add_text(str(given.get("text", "")), entry).described()
    if kind == "several" and isinstance(given.get("inputs"), dict):
        return examples.add_several({str(name): str(id_) for name, id_ in given["inputs"].items()}).described()
    raise Refused("`kind` must be file, drawing, values, text or several.")


def _control(session: Session, body: bytes) -> dict[str, Any]:
    given = json.loads(body)
    action = given.get("action") if isinstance(given, dict) else None
    if session.live is None:
        raise Refused("The model is not training.")
    if action not in ("pause", "resume", "stop"):
        raise Refused("`action` must be pause, resume or stop.")
    session.live.control(action)
    return {"action": action}


def _events(session: Session) -> Response:
    async def stream() -> AsyncIterator[str]:
        if session.live is None:
            yield _event({"kind": "hello", "running": False})
            return
        seen = 0
        while not session.closed:
            for number, event in session.live.events(seen):
                yield _event(event)
                seen = number + 1
            await asyncio.sleep(0.1)

    return StreamingResponse(stream(), media_type="text/event-stream")


def _event(event: dict[str, Any]) -> str:
    return f"data: {json.dumps(event)}\n\n"


def _array(x: np.ndarray, headers: dict[str, str] | None = None) -> Response:
    """An array as bytes, float32 unless it is bytes or whole numbers already."""
    kinds = {"uint8": "<u1", "int32": "<i4"}
    name = str(x.dtype) if str(x.dtype) in kinds else "float32"
    body = np.ascontiguousarray(x, kinds.get(name, "<f4")).tobytes()
    shape = ",".join(map(str, x.shape))
    headers = {"x-shape": shape, "x-dtype": name, **(headers or {})}
    return Response(body, media_type="application/octet-stream", headers=headers)
