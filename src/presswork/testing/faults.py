"""The fault proxy: stands before a loopback server, passes HTTP/1.1 through untouched, and fails where it is told.

| fault | what the client meets | the server |
|---|---|---|
| `refused` | the connection is reset (RST) | knows nothing |
| `closed-before-reading` | the connection is closed without an answer; from 64 KiB of body on, reset | knows nothing |
| `closed-after-processing` | the same, when the server has answered | has done it |
| `truncated` | the answer breaks off in its body, or in its headers where it has no body | has done it |
| `truncated-headers` | the answer breaks off in its headers | has done it |
| `stalled` | no answer, until the client gives up; `let_go()` and the end of the proxy reset it | knows nothing |
| `408`, `500`, `502`, `503`, `504` | that status with a line of text; 408 closes the connection | knows nothing |
| `429-seconds`, `429-date` | 429 with `Retry-After` in seconds, or as an HTTP date | knows nothing |
| `empty-401` | 401 with no body (made for uploads) | knows nothing |
| `html` | 502 with a page of HTML | knows nothing |
| `early-413` | 413 before the body is read, then closed with the rest unread: a reset | knows nothing |
"""

from __future__ import annotations

import asyncio
import math
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, Self
from urllib.parse import urlsplit

from presswork.errors import ConfigError
from presswork.testing.canned import ANSWERS, canned
from presswork.testing.relay import TO_THE_END, End, connect, expects, framing
from presswork.testing.servers import in_thread, listening, raising, url_of

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["FAULTS", "PROCESSED", "Exchange", "FaultProxy"]

PROCESSED: Final = ("closed-after-processing", "truncated", "truncated-headers")
"""The faults at which the server has done what it was asked."""

FAULTS: Final = ("refused", "closed-before-reading", "stalled", *PROCESSED, *ANSWERS)
"""Every fault there is."""

_UNREAD: Final = 64 * 1024
_NOTHING: Final = (0, "", None)  # was asked: a server may say 408 of its own accord


class Exchange(NamedTuple):
    """A request that arrived: its number, counted from 1, and the answer's status or the fault.

    `outcome` is None while there is no answer, and for ever where the client or the server went away.
    """

    number: int
    method: str
    path: str
    outcome: int | str | None


@dataclass
class _Armed:
    fault: str | None
    at: int
    when: Callable[[str, str], bool]
    times: float
    hook: Callable[[int], object] | None


class FaultProxy:
    """A proxy on a free loopback port before the server at `address` (`http://HOST:PORT`), for the length of a `with`.

    It rewrites nothing: the `Host` header passes, so that addresses the server makes from it lead back here. Each
    connection has one of its own to the server. `retry_after` is what the two 429 say, in seconds. What a hook or a
    predicate raised is raised at the end of the `with`. All its methods may be called from any thread.
    """

    address: str
    """Where clients reach the proxy, `http://127.0.0.1:PORT`."""

    def __init__(self, address: str, *, retry_after: int = 1) -> None:
        parts = urlsplit(address)
        self._server = (parts.hostname or "", parts.port or 80)
        self._retry_after = retry_after
        self._lock = threading.RLock()
        self._armed: list[_Armed] = []
        self._log: list[Exchange] = []
        self._errors: list[Exception] = []
        self._stalled: set[End] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(raising(self._errors))
            listener = stack.enter_context(listening("127.0.0.1"))
            listener.setblocking(False)
            self.address = url_of(listener)
            self._loop = stack.enter_context(in_thread(partial(self._main, listener), "presswork-faults"))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *failure: Any) -> None:
        self._stack.__exit__(*failure)

    def arm(
        self,
        fault: str | None = None,
        *,
        at: int = 1,
        when: Callable[[str, str], bool] = lambda _method, _path: True,
        times: int | None = 1,
        hook: Callable[[int], object] | None = None,
    ) -> None:
        """Strike the first `times` requests (None: all) from number `at` on whose method and path `when` accepts.

        Of several that are armed the one armed first strikes. `hook` is called with the request's number as the
        fault strikes, before the client learns of it: when the request has arrived, or, for one of `PROCESSED`, when
        the server's answer is in. With `fault` None the request goes its way after the hook.
        `ConfigError` for a fault there is not.
        """
        if fault is not None and fault not in FAULTS:
            raise ConfigError(f"There is no fault {fault!r}.", hint=f"There are: {', '.join(FAULTS)}.")
        with self._lock:
            self._armed.append(_Armed(fault, at, when, math.inf if times is None else times, hook))

    def disarm(self) -> None:
        """Let every request pass from now on; one that is stalled remains so."""
        with self._lock:
            self._armed.clear()

    def let_go(self) -> None:
        """Reset the connections that are stalled."""
        for client in tuple(self._stalled):
            self._loop.call_soon_threadsafe(client.give_up)

    @property
    def log(self) -> list[Exchange]:
        """The requests in the order in which their heads arrived."""
        return self._log.copy()

    @property
    def count(self) -> int:
        """How many requests have arrived."""
        return len(self._log)

    def _arrived(self, method: str, path: str) -> tuple[int, _Armed | None]:
        with self._lock:
            number = len(self._log) + 1
            self._log.append(Exchange(number, method, path, None))
            for armed in self._armed:
                if armed.times > 0 and number >= armed.at and armed.when(method, path):
                    armed.times -= 1
                    self._outcome(number, armed.fault)
                    return number, armed
        return number, None

    def _outcome(self, number: int, outcome: int | str | None) -> None:
        with self._lock:
            self._log[number - 1] = self._log[number - 1]._replace(outcome=outcome)

    async def _main(self, listener: socket.socket, leave: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(listener, self._accept, listener)
        await leave.wait()
        loop.remove_reader(listener)

    def _accept(self, listener: socket.socket) -> None:
        client = End(listener.accept()[0])
        task = asyncio.create_task(self._serve(client))
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, client))

    async def _serve(self, client: End) -> None:
        try:
            server = await connect(*self._server)
        except OSError:
            client.reset()
            return
        try:
            await _Connection(self, client, server).run()
        finally:
            server.close()

    def _ended(self, client: End, task: asyncio.Task[None]) -> None:
        if client in self._stalled:
            client.reset()
            self._stalled.discard(client)
        client.close()  # here, because a task cancelled before it began has no `finally`
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ExceptionGroup):
            self._errors += error.exceptions  # the group of a connection's two halves
        elif isinstance(error, Exception):
            self._errors.append(error)


class _Over(Exception):
    """Neither side is to hear anything more."""


class _Connection:
    """A client's connection and the one to the server: requests go one way and answers the other, each by itself."""

    def __init__(self, proxy: FaultProxy, client: End, server: End) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._asked: tuple[int, str, _Armed | None] = _NOTHING
        self._answered = asyncio.Event()
        self._answered.set()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._requests())
                group.create_task(self._answers())
        except* (_Over, OSError, EOFError):  # one of the two has gone; now the other sees it too
            pass

    async def _requests(self) -> None:
        while head := await self._client.head():
            await self._answered.wait()
            method, path = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")[:2]
            number, armed = self._proxy._arrived(method, path)
            if armed and armed.fault not in PROCESSED:
                if armed.fault == "stalled":  # before the hook: that may let it go
                    self._proxy._stalled.add(self._client)
                await _call(armed.hook, number)
                if armed.fault:
                    await self._strike(armed.fault, method, head)
                    continue
            self._asked = (number, method, armed)
            self._answered.clear()
            try:
                await self._server.send(head)
                async for piece in self._client.body(framing(head, 0)):
                    await self._server.send(piece)
            except OSError:  # the server has had enough; its answer, if it gave one, is still to be read
                return
        self._server.finish()

    async def _answers(self) -> None:
        while head := await self._server.head():
            number, method, armed = self._asked
            status = int(head.split(b" ", 2)[1])
            if status < HTTPStatus.OK:  # 100 Continue: the answer is still to come
                await self._client.send(head)
                continue
            bodiless = method == "HEAD" or status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
            size = 0 if bodiless else framing(head, TO_THE_END)
            if armed and armed.fault in PROCESSED:
                await self._spoil(armed, number, head, size)
            if number:
                self._proxy._outcome(number, status)
            await self._client.send(head)
            async for piece in self._server.body(size):
                await self._client.send(piece)
            self._asked = _NOTHING
            self._answered.set()
        if self._client not in self._proxy._stalled:
            raise _Over

    async def _spoil(self, armed: _Armed, number: int, head: bytes, size: int) -> NoReturn:
        body = b"".join([piece async for piece in self._server.body(size)])
        await _call(armed.hook, number)
        if armed.fault == "truncated" and body:
            await self._client.send(head + body[: len(body) // 2])
        elif armed.fault != "closed-after-processing":
            await self._client.send(head[: len(head) // 2])
        raise _Over

    async def _strike(self, fault: str, method: str, head: bytes) -> None:
        if fault == "refused":
            self._client.reset()
            raise _Over
        if fault == "closed-before-reading":
            self._client.finish()
            await self._client.discard(_UNREAD)
            self._client.reset()
            raise _Over
        if fault == "stalled":
            await self._client.discard(math.inf)  # `_ended` resets it
            raise _Over
        unread = fault == "early-413" or expects(head)
        if not unread:
            async for _ in self._client.body(framing(head, 0)):
                pass
        closing = unread or fault == "408"
        await self._client.send(canned(fault, method, self._proxy._retry_after, closing=closing))
        if closing:
            raise _Over


async def _call(hook: Callable[[int], object] | None, number: int) -> None:
    if hook is not None:
        await asyncio.get_running_loop().run_in_executor(None, hook, number)
