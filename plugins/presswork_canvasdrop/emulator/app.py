"""The application: which part answers, what a route that is not there says, and what every answer carries."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from copy import copy
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from msgspec import Struct
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, JSONResponse, Response

from presswork_canvasdrop.emulator.api import Api
from presswork_canvasdrop.emulator.behaviour import Behaviour
from presswork_canvasdrop.emulator.faults import NAMED, Fault, strike
from presswork_canvasdrop.emulator.pages import SIGN_IN, SITES, page, sent_to_sign_in, sign_in
from presswork_canvasdrop.emulator.store import Store
from presswork_canvasdrop.emulator.wire import Call, Refusal, prefers_html

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from presswork_canvasdrop.emulator.publishing import Sleep
    from presswork_canvasdrop.emulator.store import Canvas

__all__ = ["Emulator", "Request"]

_CANVAS: Final = re.compile("/v1/canvases/([^/]+)(/.*)?", re.DOTALL)
_KEPT: Final = 100_000  # requests
_PATIENCE: Final = 4 * 1024 * 1024  # bytes of a body nobody reads that the server lets come before it hangs up
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_UTF8: Final = {"content-type": "application/json; charset=utf-8", "vary": "Accept"}


class Request(Struct, frozen=True, kw_only=True):
    """One request as it is kept for tests: path and query as they were sent, and the status of the answer.

    The status is 0 where the client went away before its request was whole. Headers are not kept.
    """

    method: str
    path: str
    status: int


class Emulator:
    """A Canvas Drop instance over a folder, as an ASGI application.

    `behaviour` and `faults` may be changed while it runs; `requests` is the record of what was asked. `clock` gives
    seconds since the epoch, `sleep` waits for seconds. There is one canvas, `rehearsal`; others are made when their
    facts are asked for.
    """

    def __init__(
        self,
        folder: Path,
        behaviour: Behaviour | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.faults: list[Fault] = []
        self.requests: deque[Request] = deque(maxlen=_KEPT)
        self._clock = clock
        self._sleep = sleep
        self._store = Store(folder)
        self._api = Api(self._store, self.behaviour, clock, sleep)
        self._canvas("rehearsal")

    def facts(self, address: str, slug: str = "rehearsal") -> dict[str, str]:
        """Return `url`, `canvas` (its id), `key` and `site_url`; `address` is `HOST:PORT`, or an origin."""
        origin = (address if "://" in address else f"http://{address}").rstrip("/")
        canvas = self._canvas(slug)
        return {"url": origin, "canvas": canvas.id, "key": canvas.key, "site_url": f"{origin}{SITES}{slug}/"}

    def command(self, address: str) -> str:
        """Return the `presswork deploy` line to try."""
        facts = self.facts(address)
        return (
            f"CANVAS_KEY={facts['key']} presswork deploy --host canvasdrop "
            f"-o url={facts['url']} -o canvas={facts['canvas']}"
        )

    def change(self, slug: str = "rehearsal", **fields: Any) -> None:
        """Do to a canvas what only its owner can: `key`, `owner`, `title`, `status`, `private`, `single_page`."""
        canvas = self._canvas(slug)
        for name, value in fields.items():
            setattr(canvas, name, value)
        self._store.save(canvas)

    def fail(self, name: str) -> None:
        """Switch on one of the faults of `NAMED`."""
        self.faults.append(copy(NAMED[name]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        call = Call(scope, receive)
        try:
            response = await self._answer(call)
        except ClientDisconnect:
            self._note(call, 0)
            return
        self._note(call, response.status_code)
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        if call.scope["http_version"] not in {"1.0", "1.1"}:
            return Response(status_code=400, headers={"connection": "close"})
        if self.behaviour.latency:
            await self._sleep(self.behaviour.latency)
        fault = strike(self.faults, call) if self.faults else None
        if fault is None:
            return await self._serve(call)
        if fault.delay:
            await self._sleep(fault.delay)
        call.stop = fault.work
        if fault.work != "none":
            await self._serve(call)
        return fault.answer()

    async def _serve(self, call: Call) -> Response:
        try:
            response = await self._routed(call)
        except Refusal as refusal:
            if not call.taken and "expect" in call.headers:
                await call.receive()  # `100 Continue` goes out even where the body is not wanted
            response = refusal.response
            if prefers_html(call.headers.get("accept", "")):
                response = HTMLResponse(f"<h1>{response.status_code}</h1>", response.status_code)
        response.headers.update(_HEADERS)
        if response.status_code != 500 and "etag" not in response.headers:  # not on faults, nor on files read back
            sent = call.headers.get("x-correlation-id") or call.headers.get("x-request-id")
            response.headers["x-correlation-id"] = sent or str(uuid4())
        if not call.taken and call.declared > _PATIENCE:
            response.headers["connection"] = "close"
        return response

    async def _routed(self, call: Call) -> Response:
        path: str = call.scope["path"]
        method = "GET" if call.method == "HEAD" else call.method
        if found := _CANVAS.fullmatch(path):
            if answer := await self._api.answer(call, method, found[1], found[2] or ""):
                return answer
        elif method == "GET" and path == "/healthz":
            return JSONResponse({"status": "ok", "db": "ok", "version": "0.0.0"})
        elif path == SIGN_IN:
            return sign_in(call)
        elif method == "GET" and path.startswith(SITES):
            return page(call, self._store)
        return self._unknown(call, method)

    def _unknown(self, call: Call, method: str) -> Response:
        if self.behaviour.auth == "oidc":
            return sent_to_sign_in(call)
        if self.behaviour.auth == "proxy":
            raise Refusal(401, {"error": "unauthorized"})
        cors = {"access-control-allow-origin": "*"}
        if method == "GET":
            raise Refusal(404, {"error": "not_found"}, {**_UTF8, **cors})
        raise Refusal(404, {"error": "not_implemented", "role": "dashboard"}, cors)

    def _canvas(self, slug: str) -> Canvas:
        return self._store.canvases.get(slug) or self._store.make(slug, int(self._clock() * 1000))

    def _note(self, call: Call, status: int) -> None:
        query: bytes = call.scope["query_string"]
        path: str = call.scope["raw_path"].decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
        self.requests.append(Request(method=call.method, path=path, status=status))
