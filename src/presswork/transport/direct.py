"""A thin httpx transport for direct connections: kept alive, one a request under way, handed from thread to thread.

httpx's own pool does work in proportion to its connections on every request; this does not.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Final

import httpx

from presswork.transport.wire import BrokeOff, Wire

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

__all__ = ["Direct"]

_EARLY: Final = 5.0
"""Seconds to wait for an answer to a request whose sending broke off."""
_IDLE: Final = 4.0
"""Seconds after which an idle connection is not used again: Node's servers, for one, close theirs after five."""

_CLOSED: Final = "the client was closed"


class Direct(httpx.BaseTransport):
    """Sends each request over an idle connection to its origin, or over a new one.

    Threads may share it: there are at most as many connections as requests at a time. `context` makes the TLS
    context, `clock` tells seconds.
    """

    def __init__(self, context: Callable[[], ssl.SSLContext], clock: Callable[[], float]) -> None:
        self._context = context
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str, int | None], list[tuple[Wire, float]]] = {}
        self._all: set[Wire] = set()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; an answer that came although sending broke off is an answer.

        `request.extensions` has the `timeout`s; `request.url.raw_path` goes out as it is.
        """
        timeouts = request.extensions["timeout"]
        wire = self._take(request.url, timeouts["connect"])
        try:
            try:
                wire.send(_head(request), request.stream, timeouts["write"])  # type: ignore[arg-type]  # ours are sync
            except BrokeOff as broken:
                status, fields, body = _early_answer(wire, request.method, broken)
            else:
                status, fields, body = wire.answer(request.method, timeouts["read"])
        except BaseException:
            self._drop(wire)  # half a request must not be followed by another one
            raise
        return httpx.Response(status, headers=fields, stream=_Stream(self, request.url, wire, body))

    def close(self) -> None:
        """Close all connections, for good; a thread that waits for an answer wakes, and gets an error."""
        with self._lock:
            self._closed = True
            for wire in self._all:
                wire.shut()
            idle = [wire for wires in self._idle.values() for wire, _ in wires]
            self._idle.clear()
        for wire in idle:
            self._drop(wire)

    def give_back(self, url: httpx.URL, wire: Wire) -> None:
        """Keep a connection for the next request, if it is good for one."""
        with self._lock:
            if wire.free and not self._closed:
                self._idle.setdefault(_key(url), []).append((wire, self._clock()))
                return
        self._drop(wire)

    def _take(self, url: httpx.URL, timeout: float) -> Wire:
        while True:
            with self._lock:
                if self._closed:
                    raise httpx.ConnectError(_CLOSED)
                idle = self._idle.get(_key(url))
                wire, since = idle.pop() if idle else (None, 0.0)
            if wire is None:
                return self._connect(url, timeout)
            if self._clock() - since < _IDLE and wire.quiet:
                return wire
            self._drop(wire)

    def _connect(self, url: httpx.URL, timeout: float) -> Wire:
        host = url.raw_host.decode("ascii")
        try:
            sock = socket.create_connection((_resolvable(host), url.port or _port(url)), timeout)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if url.scheme == "https":
                    sock = self._context().wrap_socket(sock, server_hostname=host)
            except BaseException:
                sock.close()
                raise
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"no connection within {timeout:g} s") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"no connection: {error}") from error
        wire = Wire(sock)
        with self._lock:
            if not self._closed:
                self._all.add(wire)
                return wire
        wire.close()
        raise httpx.ConnectError(_CLOSED)

    def _drop(self, wire: Wire) -> None:
        with self._lock:
            self._all.discard(wire)
        wire.close()


class _Stream(httpx.SyncByteStream):
    """The body of an answer; when it is closed its connection is free again, if it was read to its end."""

    def __init__(self, direct: Direct, url: httpx.URL, wire: Wire, body: Iterator[bytes]) -> None:
        self._direct = direct
        self._url = url
        self._wire = wire
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self._body

    def close(self) -> None:
        self._direct.give_back(self._url, self._wire)


def _early_answer(wire: Wire, method: str, broken: BrokeOff) -> tuple[int, list[tuple[bytes, bytes]], Iterator[bytes]]:
    """Read what the server said before it stopped listening; the connection is good for nothing more."""
    try:
        status, fields, body = wire.answer(method, _EARLY)
    except httpx.TransportError:
        raise httpx.WriteError(str(broken)) from broken
    return status, fields, body


def _head(request: httpx.Request) -> bytes:
    first = b"%s %s HTTP/1.1\r\n" % (request.method.encode("ascii"), request.url.raw_path)
    return first + b"".join([b"%s: %s\r\n" % field for field in request.headers.raw]) + b"\r\n"


def _key(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _port(url: httpx.URL) -> int:
    return 443 if url.scheme == "https" else 80


def _resolvable(host: str) -> str:
    """Return the name to look up: what is called localhost is this machine, whatever a name server says."""
    return "localhost" if host.endswith(".localhost") else host
