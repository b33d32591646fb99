"""The application: who may call, which handler answers, what every answer carries."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from presswork_simplehost.emulator.behaviour import Behaviour
from presswork_simplehost.emulator.faults import Fault, strike
from presswork_simplehost.emulator.limits import Limits
from presswork_simplehost.emulator.pages import page
from presswork_simplehost.emulator.publishing import Publishing
from presswork_simplehost.emulator.records import Site
from presswork_simplehost.emulator.sites import Sites
from presswork_simplehost.emulator.store import Store
from presswork_simplehost.emulator.wire import Call, Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from presswork_simplehost.emulator.records import Account

__all__ = ["Emulator", "Request"]

Handler = Callable[..., Awaitable[Response]]

API: Final = "/api/v1"
_LIVE: Final = re.compile("/_live/([^/]+)(/.*)?", re.DOTALL)
_KEPT: Final = 100_000  # requests


class Request(Struct, frozen=True, kw_only=True):
    """One request as it is kept for tests: path and query as sent but for tokens, and the answer's status.

    The status is 0 where the client went away before its request was whole.
    """

    method: str
    path: str
    status: int


class Emulator:
    """SimpleHost's publishing API over a folder, as an ASGI application.

    `behaviour` and `faults` may be changed while it runs; `requests` is the record of what was asked. `clock` gives
    seconds since the epoch. A folder without a site gets one, never finalized, for rehearsals.
    """

    def __init__(
        self, folder: Path, behaviour: Behaviour | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.faults: list[Fault] = []
        self.requests: deque[Request] = deque(maxlen=_KEPT)
        self._clock = clock
        self._store = Store(folder, clock())
        self._limits = Limits(self._store, self.behaviour, clock)
        publishing = Publishing(self._store, self._limits, self.behaviour, clock)
        sites = Sites(self._store, self._limits, self.behaviour, clock)
        self._upload = publishing.upload
        self._open = {publishing.create, publishing.finalize}
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (method, re.compile(shape.replace("SLUG", "([^/]+)")), handler)
            for method, shape, handler in (
                ("POST", "/publish", publishing.create),
                ("PUT", "/publish/SLUG", publishing.update),
                ("POST", "/publish/SLUG/finalize", publishing.finalize),
                ("POST", "/publish/SLUG/claim", publishing.claim),
                ("GET", "/publishes", sites.list),
                ("GET", "/publish/SLUG", sites.get),
                ("DELETE", "/publish/SLUG", sites.delete),
                ("POST", "/publish/SLUG/duplicate", sites.duplicate),
                ("PATCH", "/publish/SLUG/metadata", sites.metadata),
                ("GET", "/account", sites.account),
            )
        ]
        self._first_site()

    def facts(self, address: str) -> dict[str, str]:
        """Return `api_url`, `key`, `slug`, `site_url` and `other_key`; `address` is `HOST:PORT`, or an origin.

        `slug` is a site of the account that `key` opens; `other_key` opens another account.
        """
        origin = (address if "://" in address else f"http://{address}").rstrip("/")
        slug = self._first_site().slug
        return {
            "api_url": f"{origin}{API}",
            "key": self._store.account.key,
            "slug": slug,
            "site_url": f"{origin}/_live/{slug}/",
            "other_key": self._store.other.key,
        }

    def command(self, address: str) -> str:
        """Return the `presswork deploy` line to try."""
        facts = self.facts(address)
        return (
            f"SIMPLEHOST_API_KEY={facts['key']} presswork deploy --host simplehost "
            f"-o slug={facts['slug']} -o api_url={facts['api_url']}"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
        if scope["type"] != "http":
            return
        call = Call(scope, receive)
        try:
            answer = await self._answer(call)
        except ClientDisconnect:
            self._note(call, 0)
            return
        self._note(call, answer.status_code)
        await answer(scope, receive, send)

    def _note(self, call: Call, status: int) -> None:
        path = re.sub("token=[^&]*", "token=***", call.target)
        self.requests.append(Request(method=call.method, path=path, status=status))

    async def _answer(self, call: Call) -> Response:
        fault = strike(self.faults, call.method, call.scope["path"])
        if fault is None:
            return await self._serve(call)
        if fault.after:
            await self._serve(call)
        return fault.answer()

    async def _serve(self, call: Call) -> Response:
        path: str = call.scope["path"]
        if path.startswith(f"{API}/_upload/") and call.method == "PUT":
            return await self._uploaded(call)
        if path.startswith(f"{API}/"):
            return await self._api(call, path.removeprefix(API))
        if match := _LIVE.fullmatch(path):
            if match[2] is None:
                return RedirectResponse(f"{path}/", 301)
            return page(self._store, self._clock(), call, match[1], match[2].removeprefix("/"))
        return PlainTextResponse("The API is at /api/v1, the sites are at /_live/SLUG/.\n", 404)

    async def _uploaded(self, call: Call) -> Response:
        """Answer an upload: gated by its token alone, and no request that counts."""
        try:
            return await self._upload(call)
        except Refusal as refusal:
            if not self.behaviour.upload_codes:
                del refusal.body["code"]
            return refusal.answer()

    async def _api(self, call: Call, path: str) -> Response:
        sent = call.headers.get("authorization")
        call.account = self._account(sent or "")
        peer = call.client.host if call.client else ""
        over, headers = self._limits.request(call.email or None, peer)
        try:
            if over:
                offer = self._limits.upgrade(call.email or None, "A greater plan allows more requests an hour.")
                raise Refusal("RATE_LIMITED", "Too many requests", hint="Wait for the next hour.", upgrade=offer)
            answer = await self._handle(call, path, keyed=sent is not None)
        except Refusal as refusal:
            answer = refusal.answer()
        answer.headers.update(headers)
        return answer

    async def _handle(self, call: Call, path: str, *, keyed: bool) -> Response:
        for method, pattern, handler in self._routes:
            if method != call.method or not (match := pattern.fullmatch(path)):
                continue
            if call.account is None and (keyed or handler not in self._open):
                raise Refusal("UNAUTHORIZED", "The API key is missing, wrong or expired")
            return await handler(call, *match.groups())
        raise Refusal("NOT_FOUND", "Not found")

    def _account(self, authorization: str) -> Account | None:
        scheme, _, key = authorization.partition(" ")
        for account in (self._store.account, self._store.other):
            if scheme.lower() == "bearer" and compare_digest(key.encode(), account.key.encode()):
                return account
        return None

    def _first_site(self) -> Site:
        owner = self._store.account.email
        if sites := self._store.sites_of(owner):
            return sites[-1]
        now = self._clock()
        site = Site(slug=self._store.new_slug(), owner=owner, created_at=now, updated_at=now)
        self._store.save(site)
        return site
