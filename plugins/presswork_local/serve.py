"""The releases of a store, served to look at: an ASGI application that changes nothing.

What is live answers at the host names `localhost`, `127.0.0.1` and `[::1]`; any release or preview answers at its
own address, `http://ID-OR-ALIAS.localhost:PORT/`, so that links from the root of a site work there too.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Router
from starlette.websockets import WebSocketClose

from presswork.errors import PressworkError
from presswork.source import PIECE
from presswork_local.disk import explained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from presswork.manifest import Entry
    from presswork_local.layout import Layout

__all__ = ["make_app"]

_OWN: Final = {"localhost", "127.0.0.1", "[::1]"}
_SUFFIX: Final = ".localhost"
_RANGE: Final = re.compile(r"bytes=([0-9]{0,99})-([0-9]{0,99})", re.IGNORECASE)
_HEADERS: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def make_app(store: Layout, *, any_host: bool = False) -> ASGIApp:
    """Return an application that serves what is live in the store, and its other releases under their own names.

    Any other host name gets 421: a page of the web whose name was made to lead to this machine (DNS rebinding)
    must not read the site. With `any_host`, for a server that others are to reach, it means what is live.
    `ConfigError` where the folder cannot be a store.
    """
    store.check()
    return Router(default=_Server(store, any_host))


class _Server:
    def __init__(self, store: Layout, any_host: bool) -> None:
        self._store = store
        self._any_host = any_host
        self._manifest = lru_cache(maxsize=16)(store.manifest)  # a release never changes, and parsing is dear

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
            return
        with ExitStack() as opened:
            await self._respond(Request(scope), opened)(scope, receive, send)

    def _respond(self, request: Request, opened: ExitStack) -> Response:
        host = re.sub(r":[0-9]*$", "", request.headers.get("host", "")).lower()
        name = host.removesuffix(_SUFFIX) if host.endswith(_SUFFIX) else None
        if name is None and host not in _OWN and not self._any_host:
            return _text(421, "This server answers to `localhost` only: open the same address with that host name.")
        if request.method not in {"GET", "HEAD"}:
            return _text(405, "This server only shows what was deployed, to GET and HEAD.", {"Allow": "GET, HEAD"})
        try:
            try:
                return self._look_up(name, request, opened)
            except FileNotFoundError:  # the release was deleted after it was found: see what there is now
                return self._look_up(name, request, opened)
        except OSError as error:
            return _trouble(explained(error, self._store.root))
        except PressworkError as error:
            return _trouble(error)

    def _look_up(self, name: str | None, request: Request, opened: ExitStack) -> Response:
        """Answer from the release of that name, or what is live; FileNotFoundError where a file of it is missing."""
        release = self._store.current() if name is None else self._store.previews().get(name, name)
        folder = release and self._store.folder(release)
        if not release or not folder:
            if name is None:
                return _text(503, "Nothing is live here. To put a site here: presswork deploy")
            return _text(404, "There is no such release or preview. To see which there are: presswork history")
        manifest = self._manifest(release)
        path = request.scope["path"].removeprefix("/")  # the server decoded it, once
        file = path if path and not path.endswith("/") else f"{path}index.html"
        if f"{path}/index.html" in manifest:
            query = request.scope["query_string"].decode("latin-1")
            # `path` begins with a name, as every path of a manifest: the address cannot lead to another host.
            location = f"/{quote(path)}/" + (f"?{query}" if query else "")
            return Response(status_code=308, headers={**_HEADERS, "Location": location})
        shown = file if file in manifest else "404.html"
        if shown not in manifest:
            return _text(404, "There is no such page.")
        stream = opened.enter_context((folder / shown).open("rb", buffering=0))
        entry, headers = manifest[shown], {**_HEADERS, "Content-Type": manifest.types[shown]}
        if shown != file:
            return _sent(request, 404, headers, stream, range(entry.size))
        return _found(request, entry, headers, stream)


def _found(request: Request, entry: Entry, headers: Mapping[str, str], stream: BinaryIO) -> Response:
    etag = f'"{entry.sha256}"'
    headers = {**headers, "ETag": etag, "Accept-Ranges": "bytes"}
    known = {tag.strip().removeprefix("W/") for tag in ",".join(request.headers.getlist("if-none-match")).split(",")}
    if known & {etag, "*"}:
        return Response(status_code=304, headers={**_HEADERS, "ETag": etag})
    span = None
    if request.method == "GET" and request.headers.get("if-range", etag) == etag:
        span = _span(request.headers.get("range", ""), entry.size)
    if span is None:
        return _sent(request, 200, headers, stream, range(entry.size))
    if not span:
        return _text(416, f"The file has {entry.size} bytes.", {"Content-Range": f"bytes */{entry.size}"})
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{entry.size}"
    return _sent(request, 206, headers, stream, span)


def _span(header: str, size: int) -> range | None:
    """Return the bytes that a Range header asks for, an empty range where there are none such.

    None where the whole file is the answer: the header is not one valid range, or the file is empty.
    """
    asked = _RANGE.fullmatch(header)
    if not asked or not size:
        return None
    first, last = asked.groups()
    if first:
        if last and int(last) < int(first):
            return None
        return range(int(first), min(int(last) + 1, size) if last else size)
    return range(max(size - int(last), 0), size) if last else None


def _sent(
    request: Request, status: int, headers: Mapping[str, str], stream: BinaryIO, span: range
) -> StreamingResponse:
    pieces = _pieces(stream, span) if request.method == "GET" else ()
    return StreamingResponse(pieces, status, {**headers, "Content-Length": str(len(span))})


def _pieces(stream: BinaryIO, span: range) -> Iterator[bytes]:
    stream.seek(span.start)
    left = len(span)
    while left and (piece := stream.read(min(left, PIECE))):
        left -= len(piece)
        yield piece


def _trouble(error: PressworkError) -> Response:
    return _text(500, f"{error.message}\n{error.hint}")


def _text(status: int, line: str, headers: Mapping[str, str] | None = None) -> Response:
    return PlainTextResponse(line + "\n", status, {**_HEADERS, **(headers or {})})
