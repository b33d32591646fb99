"""One end of a TCP connection on which HTTP/1.1 is read message by message, each byte as it came, and sent on."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["CHUNKED", "TO_THE_END", "End", "connect", "expects", "framing"]

CHUNKED: Final = -1
TO_THE_END: Final = -2

_PIECE: Final = 256 * 1024
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*\bchunked[ \t]*\r\n", re.IGNORECASE)
_EXPECTS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


def framing(head: bytes, otherwise: int) -> int:
    """Return the size of a message's body in bytes, `CHUNKED`, or `otherwise` where the head does not say."""
    if _CHUNKED.search(head):
        return CHUNKED
    length = _LENGTH.search(head)
    return int(length[1]) if length else otherwise


def expects(head: bytes) -> bool:
    """Say whether the client waits for a word before it sends the body (`Expect: 100-continue`)."""
    return _EXPECTS.search(head) is not None


async def connect(host: str, port: int) -> End:
    """Connect to a server; OSError where it cannot be reached."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
    except BaseException:
        sock.close()
        raise
    return End(sock)


class End:
    """A connected socket and what was read from it ahead.

    Bare sockets rather than asyncio's streams: a stream whose sending broke gives up the answer that came before.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._ahead = bytearray()
        self._loop = asyncio.get_running_loop()

    async def head(self) -> bytes:
        """Read a message up to the empty line; empty where the other side has gone."""
        while (end := self._ahead.find(b"\r\n\r\n")) < 0:
            if not await self._more():
                return b""
        return self._take(end + 4)

    async def body(self, size: int) -> AsyncIterator[bytes]:
        """Read a body framed as `framing` says, chunk sizes and trailers included; EOFError where it breaks off."""
        if size == TO_THE_END:
            while piece := await self.piece():
                yield piece
        elif size == CHUNKED:
            while chunk := int((line := await self._line()).split(b";")[0], 16):
                yield line
                async for piece in self._exactly(chunk + 2):
                    yield piece
            while line != b"\r\n":
                yield line
                line = await self._line()
            yield line
        else:
            async for piece in self._exactly(size):
                yield piece

    async def piece(self) -> bytes:
        """Read what there is, or what comes next; empty where the other side has gone."""
        if not self._ahead:
            await self._more()
        return self._take(len(self._ahead))

    async def discard(self, size: float) -> None:
        """Read about `size` bytes to no end, or less where the other side has gone."""
        while size > 0 and (piece := await self.piece()):
            size -= len(piece)

    async def send(self, data: bytes) -> None:
        """Send all of it; OSError where the other side has gone."""
        await self._loop.sock_sendall(self._sock, data)

    def finish(self) -> None:
        """Send nothing more, and say so (FIN)."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def give_up(self) -> None:
        """Read nothing more: a read under way returns. Without a `reset` a client that is sending would hang."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RD)

    def reset(self) -> None:
        """Make `close` break the connection off (RST)."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        """Close; where something sent by the other side was not read, that is a reset."""
        self._sock.close()

    async def _more(self) -> bool:
        try:
            data = await self._loop.sock_recv(self._sock, _PIECE)
        except OSError:  # a reset is an end too
            data = b""
        self._ahead += data
        return bool(data)

    async def _line(self) -> bytes:
        while (end := self._ahead.find(b"\r\n")) < 0:
            if not await self._more():
                raise EOFError
        return self._take(end + 2)

    async def _exactly(self, size: int) -> AsyncIterator[bytes]:
        while size:
            if not self._ahead and not await self._more():
                raise EOFError
            piece = self._take(min(size, len(self._ahead)))
            size -= len(piece)
            yield piece

    def _take(self, size: int) -> bytes:
        piece = bytes(self._ahead[:size])
        del self._ahead[:size]
        return piece
