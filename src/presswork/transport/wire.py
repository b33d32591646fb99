"""One kept-alive HTTP/1.1 connection, strict about what is cut short.

Not `http.client`, which takes the end of a connection for the end of an answer's head or body, sends a small body in
a packet of its own, and takes `103 Early Hints` for the answer. Framing is that of RFC 9112, sections 6 and 9.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httpx

from presswork.source import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["BrokeOff", "Wire"]

_READ: Final = 64 * 1024
_LONGEST: Final = 256 * 1024
"""Bytes that the head of an answer, or one line of its framing, may have."""
_ROOM: Final = 64 * 1024
"""Bytes that any fresh or idle connection takes at once."""
_RECORD: Final = 16 * 1024
"""Bytes of one TLS record: what goes out in one go, so that a server which reads no more is noticed."""
_END: Final = re.compile(rb"\r?\n\r?\n")
_LINE: Final = re.compile(rb"\r?\n")
_STATUS: Final = re.compile(rb"HTTP/1\.([01]) +(\d{3})(?: .*)?")
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_INTERIM: Final = re.compile(rb"(?:HTTP/1\.1 1\d\d(?:(?!\r\n\r\n).)*\r\n\r\n)+", re.DOTALL)
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")

_Fields = list[tuple[bytes, bytes]]


class BrokeOff(Exception):
    """A request could not be sent to its end; an answer may be there all the same."""


class Wire:
    """A connection on which requests and answers take turns. Trouble is raised as httpx's errors."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._held = b""
        self._step = _RECORD if isinstance(sock, ssl.SSLSocket) else PIECE
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._both = select.poll()
        self._both.register(sock, select.POLLIN | select.POLLOUT)
        self._timeout = 0.0
        self._sent = True
        self._free = True

    @property
    def free(self) -> bool:
        """Whether a request and its answer went through to their ends, and another may follow."""
        return self._free and not self._held

    @property
    def quiet(self) -> bool:
        """Whether the server has neither spoken nor hung up since nothing was asked."""
        return not self._poll.poll(0)

    def send(self, head: bytes, pieces: Iterable[bytes], timeout: float) -> None:
        """Send a request; `BrokeOff` where the server stopped listening, or answered before it had everything.

        What reading a piece raises is raised here; where that is the first piece, nothing has been sent.
        """
        rest = iter(pieces)
        first = next(rest, b"")
        self._sent = self._free = False
        self._set_timeout(timeout)
        start = head + first
        self._push(start, room=len(start) <= _ROOM)
        for piece in rest:
            self._push(piece)
        self._sent = True

    def answer(self, method: str, timeout: float) -> tuple[int, _Fields, Iterator[bytes]]:
        """Read the head of the answer and return status, fields and the body, which is read as it is iterated.

        `timeout` in seconds is for each silence.
        """
        self._set_timeout(timeout)
        try:
            status, fields, kept = self._head()
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"no answer within {timeout:g} s") from error
        except OSError as error:
            raise httpx.ReadError(f"the connection was cut: {error.strerror or error}") from error
        return status, fields, self._body(method, status, fields, kept=kept)

    def shut(self) -> None:
        """End the connection under a thread that may be waiting for it; that thread closes it."""
        with suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # TLS's own would take its state from that thread

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def _set_timeout(self, seconds: float) -> None:
        if seconds != self._timeout:
            self._sock.settimeout(seconds)
            self._timeout = seconds

    def _push(self, data: bytes, *, room: bool = False) -> None:
        """Send all of it; where there may be no `room`, watch for an answer while waiting for some."""
        view = memoryview(data)
        try:
            while view:
                if not room:
                    self._make_room()
                room = False
                view = view[self._sock.send(view[: self._step]) :]
        except TimeoutError as error:
            raise BrokeOff(f"it took nothing for {self._timeout:g} s") from error
        except OSError as error:
            raise BrokeOff(f"the connection was cut while sending: {error.strerror or error}") from error

    def _make_room(self) -> None:
        while True:
            events = self._both.poll(self._timeout * 1000)
            if not events:
                raise TimeoutError
            if events[0][1] & ~select.POLLOUT and self._spoken():
                raise BrokeOff("it answered, or hung up, before it had everything")
            if events[0][1] & select.POLLOUT:
                return

    def _spoken(self) -> bool:
        """Say whether what there is to read is the answer, or the end of the connection."""
        self._sock.settimeout(0)
        try:
            piece = self._sock.recv(_READ)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False  # a TLS session ticket
        except OSError:
            return True
        finally:
            self._sock.settimeout(self._timeout)
        self._held += piece
        return not piece or _INTERIM.fullmatch(self._held) is None

    def _more(self) -> None:
        piece = self._sock.recv(_READ)
        if not piece:
            raise httpx.RemoteProtocolError("the connection ended before the answer did")
        self._held += piece

    def _until(self, end: re.Pattern[bytes]) -> bytes:
        while (found := end.search(self._held)) is None:
            if len(self._held) > _LONGEST:
                raise httpx.RemoteProtocolError("the answer's head has no end")
            self._more()
        before, self._held = self._held[: found.start()], self._held[found.end() :]
        return before

    def _head(self) -> tuple[int, _Fields, bool]:
        while True:
            first, *lines = _LINE.split(self._until(_END))
            line = _STATUS.fullmatch(first)
            if line is None:
                raise httpx.RemoteProtocolError("the answer is not HTTP/1.1")
            status = int(line[2])
            if status >= 200:  # what comes before is word of an answer to come
                fields = _fields(lines)
                said = {token.strip().lower() for token in _all(fields, b"connection").split(b",")}
                return status, fields, b"close" not in said and (line[1] == b"1" or b"keep-alive" in said)

    def _body(self, method: str, status: int, fields: _Fields, *, kept: bool) -> Iterator[bytes]:
        """Choose how the body ends; where it ends by itself and the connection is `kept`, it can be used again."""
        coding = _all(fields, b"transfer-encoding").lower()
        length = _length(fields)
        if method == "HEAD" or status in {204, 304}:
            body = self._exactly(0)
        elif coding:
            chunked = coding.rsplit(b",", 1)[-1].strip() == b"chunked"
            kept &= chunked
            body = self._chunks() if chunked else self._rest()
        elif length is not None:
            body = self._exactly(length)
        else:
            kept = False
            body = self._rest()
        return self._told(body, kept=kept)

    def _told(self, body: Iterator[bytes], *, kept: bool) -> Iterator[bytes]:
        try:
            yield from body
        except TimeoutError as error:
            raise httpx.ReadTimeout("the answer stopped in the middle") from error
        except OSError as error:
            raise httpx.ReadError("the answer was cut short") from error
        self._free = kept and self._sent

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._held:
                self._more()
            piece, self._held = self._held[:size], self._held[size:]
            size -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            found = _CHUNK.fullmatch(self._until(_LINE))
            if found is None:
                raise httpx.RemoteProtocolError("the answer's chunks are not HTTP/1.1")
            size = int(found[1], 16)
            if not size:
                break
            yield from self._exactly(size)
            if self._until(_LINE):
                raise httpx.RemoteProtocolError("the answer's chunks are not HTTP/1.1")
        while self._until(_LINE):
            pass  # trailers

    def _rest(self) -> Iterator[bytes]:
        piece, self._held = self._held, b""
        while piece := piece or self._sock.recv(_READ):
            yield piece
            piece = b""


def _fields(lines: list[bytes]) -> _Fields:
    fields: _Fields = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and fields:  # folded, as of old
            name, value = fields.pop()
            fields.append((name, value + b" " + line.strip()))
            continue
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            raise httpx.RemoteProtocolError("the answer's head is not HTTP/1.1")
        fields.append((name, value.strip()))
    return fields


def _all(fields: _Fields, name: bytes) -> bytes:
    """Return all that a field says, joined as one list."""
    return b",".join(value for key, value in fields if key.lower() == name)


def _length(fields: _Fields) -> int | None:
    said = {value.strip() for value in _all(fields, b"content-length").split(b",")} - {b""}
    if not said:
        return None
    length = said.pop()
    if said or not length.isdigit():
        raise httpx.RemoteProtocolError("the answer does not say how long it is")
    return int(length)
