"""The application: who may call, which handler answers, and what every answer carries."""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from presswork_netlify.emulator.behaviour import Behaviour
from presswork_netlify.emulator.control import Control, Request
from presswork_netlify.emulator.deploys import Deploys
from presswork_netlify.emulator.faults import Fault, strike
from presswork_netlify.emulator.life import Life
from presswork_netlify.emulator.limits import Limits, merged
from presswork_netlify.emulator.pages import Pages
from presswork_netlify.emulator.show import Show
from presswork_netlify.emulator.sites import Sites
from presswork_netlify.emulator.store import Store
from presswork_netlify.emulator.uploads import Uploads
from presswork_netlify.emulator.wire import Answer, Call, Disconnected, Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from presswork_netlify.emulator.records import Site
    from presswork_netlify.emulator.wire import Receive, Scope, Send

__all__ = ["Emulator"]

Handler = Callable[..., Awaitable[Answer]]

API: Final = "/api/v1"
LIVE: Final = "/_live/"
_HOST: Final = re.compile(r"([a-z0-9-]+)\.localhost(:[0-9]+)?", re.IGNORECASE)
_KEPT: Final = 100_000  # requests


class Emulator:
    """Netlify's deploy API over a folder, as an ASGI application.

    `behaviour` and `faults` may be changed while it runs; `requests` is the record of what was asked. `clock` gives
    seconds since the epoch to the rate limits. A folder without a site gets one, for rehearsals.
    """

    def __init__(
        self, folder: Path, behaviour: Behaviour | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.faults: list[Fault] = []
        self.requests: deque[Request] = deque(maxlen=_KEPT)
        self._store = Store(folder)
        self._limits = Limits(self.behaviour, clock)
        life = Life(self._store, self.behaviour)
        show = Show(self._store, life, self.behaviour)
        self._pages = Pages(self._store, life, self.behaviour)
        self._control = Control(self.faults, self.requests, self.behaviour)
        uploads = Uploads(self._store, life, show, self._limits, self.behaviour)
        deploys = Deploys(self._store, life, show, self._limits, self.behaviour)
        self._sites = Sites(self._store, life, show, self._limits, self.behaviour, deploys)
        self._routes = _routes(uploads, deploys, self._sites)
        self._first_site()

    def facts(self, address: str) -> dict[str, str]:
        """Return `api_url`, `site` (its id), `token` and `site_url`; `address` is `HOST:PORT`, or an origin."""
        origin = (address if "://" in address else f"http://{address}").rstrip("/")
        site = self._first_site()
        return {
            "api_url": f"{origin}{API}",
            "site": site.id,
            "token": self._store.account.token,
            "site_url": f"{origin}{LIVE}{site.name}/",
        }

    def command(self, address: str) -> str:
        """Return the `presswork deploy` line to try."""
        facts = self.facts(address)
        return (
            f"NETLIFY_AUTH_TOKEN={facts['token']} presswork deploy --host netlify "
            f"-o site={facts['site']} -o api_url={facts['api_url']}"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live_and_die(receive, send)
        if scope["type"] != "http":
            return
        call = Call(scope, receive)
        if call.path.startswith("/_emulator/"):
            answer = await self._control.answer(call)
        else:
            try:
                answer = await self._answer(call)
            except Disconnected:
                self._note(call, 0)
                return
            self._note(call, answer.status)
        await answer.send(send, head=call.method == "HEAD")

    def _note(self, call: Call, status: int) -> None:
        path = call.raw.replace(self._store.account.token, "***")
        self.requests.append(Request(method=call.method, path=path, status=status))

    async def _answer(self, call: Call) -> Answer:
        if self.behaviour.latency:
            await asyncio.sleep(self.behaviour.latency)
        fault = strike(self.faults, call) if self.faults else None
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault is None:
            return await self._serve(call)
        if fault.after:
            await self._serve(call)
        return fault.answer()

    async def _serve(self, call: Call) -> Answer:
        if named := _HOST.fullmatch(call.host):
            return self._pages.get(call, named[1].lower(), "/", call.path.removeprefix("/"))
        if call.path.startswith(f"{API}/"):
            return await self._api(call, call.path.removeprefix(API))
        label, slash, path = call.path.removeprefix(LIVE).partition("/")
        root = f"{LIVE}{label}/"
        if call.path.startswith(LIVE) and slash:
            return self._pages.get(call, label, root, path)
        if call.path.startswith(LIVE) and label:
            return Answer(301, headers=((b"location", root.encode()),))
        return Answer(
            404, b"The API is at /api/v1, the sites are at /_live/NAME/.\n", ((b"content-type", b"text/plain"),)
        )

    async def _api(self, call: Call, path: str) -> Answer:
        upload = call.method == "PUT" and path.startswith("/deploys/")
        try:
            scheme, _, token = call.header(b"authorization").partition(" ")
            known = self._store.account.token.encode()
            if scheme.lower() != "bearer" or not compare_digest(token.strip().encode(), known):
                raise Refusal(401, "Access Denied")
            self._limits.request(upload=upload)
            answer = await self._handle(call, path)
        except Refusal as refusal:
            answer = refusal.answer
        return merged(answer, self._limits.headers())

    async def _handle(self, call: Call, path: str) -> Answer:
        for pattern, handler in self._routes.get(call.method, ()):
            if match := pattern.fullmatch(path):
                return await handler(call, *match.groups())
        raise Refusal(404, "Not Found")

    def _first_site(self) -> Site:
        return next(iter(self._store.sites.values()), None) or self._sites.make("rehearsal")


async def _live_and_die(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


def _routes(uploads: Uploads, deploys: Deploys, sites: Sites) -> dict[str, list[tuple[re.Pattern[str], Handler]]]:
    table: list[tuple[str, str, Handler]] = [
        ("PUT", "/deploys/ID/files/PATH", uploads.file),
        ("PUT", "/deploys/ID/functions/PATH", uploads.function),
        ("GET", "/user", sites.user),
        ("GET", "/accounts", sites.accounts),
        ("GET", "/sites", sites.list),
        ("POST", "/sites", sites.create),
        ("GET", "/sites/ID", sites.get),
        ("PATCH", "/sites/ID", sites.update),
        ("PUT", "/sites/ID", sites.update),
        ("DELETE", "/sites/ID", sites.delete),
        ("PUT", "/sites/ID/enable", sites.enable),
        ("PUT", "/sites/ID/disable", sites.disable),
        ("GET", "/sites/ID/files", sites.files),
        ("GET", "/sites/ID/files/PATH", sites.file),
        ("GET", "/sites/ID/deploys", deploys.list),
        ("POST", "/sites/ID/deploys", deploys.create),
        ("GET", "/sites/ID/deploys/ID", deploys.get),
        ("PUT", "/sites/ID/deploys/ID", deploys.update),
        ("DELETE", "/sites/ID/deploys/ID", deploys.delete),
        ("POST", "/sites/ID/deploys/ID/restore", deploys.restore),
        ("PUT", "/sites/ID/rollback", deploys.roll_back),
        ("GET", "/deploys/ID", deploys.get_alone),
        ("DELETE", "/deploys/ID", deploys.delete_alone),
        ("GET", "/deploys/ID/files", deploys.files),
        ("POST", "/deploys/ID/cancel", deploys.cancel),
        ("POST", "/deploys/ID/lock", deploys.lock),
        ("POST", "/deploys/ID/unlock", deploys.unlock),
        ("GET", "/ID/sites", sites.list_in),
        ("POST", "/ID/sites", sites.create_in),
    ]
    routes: dict[str, list[tuple[re.Pattern[str], Handler]]] = {}
    for method, shape, handler in table:
        end = "" if shape.endswith("PATH") else "/?"
        pattern = re.compile(shape.replace("ID", "([^/]+)").replace("PATH", "(.+)") + end, re.DOTALL)
        routes.setdefault(method, []).append((pattern, handler))
    return routes
