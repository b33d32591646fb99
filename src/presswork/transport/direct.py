"""A thin httpx transport for direct connections: one kept-alive `http.client` connection a thread and origin.

httpx's own pool does work in proportion to its connections on every request; this does not.
"""

from __future__ import annotations

import http.client
import select
import threading
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

__all__ = ["Direct"]

_READ: Final = 256 * 1024
_EARLY: Final = 5.0
"""Seconds to wait for an answer to a request whose sending broke off."""


class Direct(httpx.BaseTransport):
    """Sends each thread's requests over that thread's own connection.

    The answer to a request must be read or closed before the same thread sends the next one.
    """

    def __init__(self, context: Callable[[], ssl.SSLContext]) -> None:
        self._context = context
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all: list[http.client.HTTPConnection] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; an answer that came although sending broke off is an answer."""
        timeouts = request.extensions["timeout"]
        connection = self._connection(request.url, timeouts["connect"])
        connection.sock.settimeout(timeouts["write"])
        try:
            _send(connection, request)
            connection.sock.settimeout(timeouts["read"])
            answer = connection.getresponse()
        except _BrokeOff as broken:
            answer = self._early_answer(connection, broken)
        except TimeoutError as error:
            connection.close()
            raise httpx.ReadTimeout(f"no answer within {timeouts['read']:.0f} s") from error
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            raise httpx.RemoteProtocolError(f"the connection was cut: {error or 'no answer'}") from error
        except BaseException:
            connection.close()  # half a request must not be followed by another one
            raise
        return httpx.Response(answer.status, headers=answer.getheaders(), stream=_Stream(connection, answer))

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()

    def _connection(self, url: httpx.URL, timeout: float) -> http.client.HTTPConnection:
        mine: dict[str, http.client.HTTPConnection] = self._local.__dict__.setdefault("connections", {})
        origin = f"{url.scheme}://{url.netloc.decode()}"
        connection = mine.get(origin)
        if connection is None:
            if url.scheme == "https":
                connection = http.client.HTTPSConnection(url.host, url.port, context=self._context())
            else:
                connection = http.client.HTTPConnection(url.host, url.port)
            mine[origin] = connection
            with self._lock:
                self._all.append(connection)
        if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
            connection.close()  # the server has hung up while nothing was asked
        if connection.sock is None:
            connection.timeout = timeout
            try:
                connection.connect()
            except TimeoutError as error:
                connection.close()
                raise httpx.ConnectTimeout(f"no connection within {timeout:.0f} s") from error
            except OSError as error:
                connection.close()
                raise httpx.ConnectError(f"no connection: {error.strerror or error}") from error
        return connection

    def _early_answer(self, connection: http.client.HTTPConnection, broken: _BrokeOff) -> http.client.HTTPResponse:
        """Read what the server said before it stopped listening."""
        try:
            connection.sock.settimeout(_EARLY)
            answer = connection.getresponse()
            answer.will_close = True
        except (http.client.HTTPException, OSError):
            connection.close()
            raise httpx.WriteError(f"the connection was cut while sending: {broken.reason}") from broken
        return answer


class _BrokeOff(Exception):
    """Sending the body failed after the head was sent: an answer may be there all the same."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason.strerror or str(reason)


def _send(connection: http.client.HTTPConnection, request: httpx.Request) -> None:
    connection.putrequest(
        request.method, request.url.raw_path.decode("ascii"), skip_host=True, skip_accept_encoding=True
    )
    for name, value in request.headers.raw:
        connection.putheader(name, value)
    try:
        content = request.content
    except httpx.RequestNotRead:
        connection.endheaders()
        pieces: Iterator[bytes] = iter(request.stream)  # type: ignore[arg-type]  # we only send sync streams
    else:
        connection.endheaders(content or None)
        return
    for piece in pieces:
        try:
            connection.send(piece)
        except OSError as error:
            raise _BrokeOff(error) from error


class _Stream(httpx.SyncByteStream):
    """The body of an answer; a cut one raises, and the connection of one that was not read is closed."""

    def __init__(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        try:
            while piece := self._answer.read(_READ):
                yield piece
        except TimeoutError as error:
            raise httpx.ReadTimeout("the answer stopped in the middle") from error
        except (http.client.HTTPException, OSError) as error:
            raise httpx.RemoteProtocolError("the answer was cut short") from error

    def close(self) -> None:
        """Keep the connection only where the answer was read to its end."""
        if self._answer.isclosed():
            return
        self._answer.close()
        self._connection.close()
