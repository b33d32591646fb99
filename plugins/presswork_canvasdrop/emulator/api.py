"""The keyed Deploy API: who may call, how often, and the routes that read or switch what is there."""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse, Response

from presswork_canvasdrop.emulator.files import mime
from presswork_canvasdrop.emulator.publishing import BLOB_BODY, ZIP_BODY, Publishing, url_of
from presswork_canvasdrop.emulator.wire import Refusal, is_number, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from presswork_canvasdrop.emulator.behaviour import Behaviour
    from presswork_canvasdrop.emulator.publishing import Sleep
    from presswork_canvasdrop.emulator.store import Canvas, Store, Version
    from presswork_canvasdrop.emulator.wire import Call

    Handler = Callable[..., Awaitable[Response]]

__all__ = ["Api"]

_BEARER: Final = re.compile(r"bearer +(cd_[A-Za-z0-9_-]{43})", re.IGNORECASE)


class Api:
    """Handlers, each given the call, the canvas that the key opens, and the parts of its path."""

    def __init__(self, store: Store, behaviour: Behaviour, clock: Callable[[], float], sleep: Sleep) -> None:
        self._store = store
        self._behaviour = behaviour
        self._clock = clock
        self._hits: dict[str, tuple[float, int]] = {}
        self._publishing = Publishing(store, behaviour, clock, sleep)

    async def answer(self, call: Call, method: str, canvas_id: str, rest: str) -> Response | None:
        """Answer a call to what comes after `B`; None where there is no such route.

        The order is the server's: the body's cap by its declared length, the key, the rate limit, then the handler.
        """
        handler, parts = self._route(method, rest)
        if handler is None:
            return None
        cap = {self._publishing.deploy: ZIP_BODY, self._publishing.blob: BLOB_BODY}.get(handler)
        if cap and "content-length" in call.headers and call.declared > cap.most:
            raise cap.refusal()
        canvas = self._opened(call.headers.get("authorization", ""))
        if canvas is None or canvas.id != canvas_id:
            raise Refusal(403 if canvas else 401, {"error": "unauthorized"})
        publishing = self._publishing
        if handler in {publishing.deploy, publishing.begin, publishing.finalize, self._roll_back}:
            self._throttle(canvas)
        return await handler(call, canvas, *parts)

    def _route(self, method: str, rest: str) -> tuple[Handler | None, Sequence[str]]:
        publishing, staged = self._publishing, self._behaviour.staged
        table: list[tuple[str, str, Handler, bool]] = [
            ("PUT", "/deploy", publishing.deploy, True),
            ("POST", "/uploads", publishing.begin, staged),
            ("PUT", "/uploads/([^/]+)/blobs/([^/]+)", publishing.blob, staged),
            ("POST", "/uploads/([^/]+)/finalize", publishing.finalize, staged),
            ("GET", "", self._show, True),
            ("GET", "/versions", self._versions, True),
            ("GET", "/files", self._files, self._behaviour.readback),
            ("POST", "/rollback", self._roll_back, True),
            ("POST", "/unpublish", self._unpublish, True),
        ]
        for verb, shape, handler, there in table:
            if there and verb == method and (match := re.fullmatch(shape, rest)):
                return handler, match.groups()
        return None, ()

    def _opened(self, authorization: str) -> Canvas | None:
        bearer = _BEARER.fullmatch(authorization.strip())
        if bearer is None:
            return None
        opened = (each for each in self._store.canvases.values() if (each.key, each.status) == (bearer[1], "active"))
        return next(opened, None)

    def _throttle(self, canvas: Canvas) -> None:
        now, window, limit = self._clock(), self._behaviour.rate_window, self._behaviour.rate_limit
        start, hits = self._hits.get(canvas.id, (now, 0))
        if now - start >= window:
            start, hits = now, 0
        if limit is not None and hits >= limit:
            raise Refusal(429, {"error": "rate_limited"}, {"retry-after": str(ceil(start + window - now))})
        self._hits[canvas.id] = start, hits + 1

    async def _show(self, call: Call, canvas: Canvas) -> Response:
        """`GET B`: the canvas."""
        return JSONResponse(
            {
                "id": canvas.id,
                "slug": canvas.slug,
                "title": canvas.title,
                "status": canvas.status,
                **_state(call, canvas),
            }
        )

    async def _versions(self, call: Call, canvas: Canvas) -> Response:  # noqa: ARG002
        """`GET B/versions`: the versions, newest first."""
        shown = [
            {
                "number": version.number,
                "source": version.source,
                "status": "ready",
                "createdBy": version.created_by,
                "createdAt": version.created_at,
                "fileCount": version.file_count,
                "totalBytes": version.total_bytes,
                "current": version.id == canvas.current,
            }
            for version in reversed(canvas.versions)
        ]
        return JSONResponse({"versions": shown})

    async def _files(self, call: Call, canvas: Canvas) -> Response:
        """`GET B/files`: the live manifest as it was declared; with `path` the bytes of one file."""
        live = canvas.live
        if live is None:
            raise refusal(404, "NOT_PUBLISHED", "no live version")
        if paths := call.query_params.getlist("path"):
            return self._file(canvas, live, paths[0])
        shown = [
            {"path": path, "size": file.size, "mime": mime(path), "hash": file.hash}
            for path, file in sorted(live.files.items(), key=lambda item: item[0].encode("utf-16-be"))
        ]
        return JSONResponse({"version": live.number, "fileCount": len(shown), "files": shown})

    async def _roll_back(self, call: Call, canvas: Canvas) -> Response:
        """`POST B/rollback`: an earlier version becomes the live one."""
        invalid = Refusal(400, {"error": "invalid_body"})
        if self._behaviour.page_words:
            invalid = refusal(400, "INVALID_PATH", "version must be a positive integer")
        body = await call.document(invalid)
        number = body.get("version") if isinstance(body, dict) else None
        if not is_number(number) or number <= 0 or number % 1:
            raise invalid
        version = next((version for version in canvas.versions if version.number == number), None)
        if version is None:
            raise refusal(404, "INVALID_PATH", f"no ready version {int(number)}")
        canvas.current = version.id
        self._store.save(canvas)
        return JSONResponse({"url": url_of(call, canvas), "version": version.number})

    async def _unpublish(self, call: Call, canvas: Canvas) -> Response:
        """`POST B/unpublish`: nothing is live, nor shared; the versions stay."""
        if canvas.current is None:
            raise refusal(409, "CANNOT_UNPUBLISH", "This canvas isn't published.")
        canvas.current, canvas.private = None, True
        self._store.save(canvas)
        return JSONResponse(_state(call, canvas))

    def _file(self, canvas: Canvas, live: Version, path: str) -> Response:
        file = live.files.get(path)
        if file is None:
            raise refusal(404, "NOT_FOUND", f'no file at "{path}"')
        try:
            content = self._store.blob(canvas, file.hash).read_bytes()
        except FileNotFoundError as error:
            raise refusal(404, "NOT_FOUND", "file blob missing") from error
        headers = {"content-type": mime(path), "etag": f'"{file.hash}"', "cache-control": "no-store"}
        return Response(content, headers=headers)


def _state(call: Call, canvas: Canvas) -> dict[str, object]:
    state = "published" if canvas.current else "draft"
    return {"url": url_of(call, canvas), "publicationState": state, "currentVersionId": canvas.current}
