"""An ASGI application that writes down what it was asked, a client, and what a process holds."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


class Asked(NamedTuple):
    method: str
    path: str
    host: str
    body: bytes
    port: int


class Recorder:
    """Answers a body with itself and all else with its path; `/empty` is 204, `/chunked` has no Content-Length."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        path = scope["raw_path"].decode()
        host = dict(scope["headers"])[b"host"].decode()
        self.asked.append(Asked(scope["method"], path, host, bytes(body), scope["client"][1]))
        answer = b"" if path == "/empty" else bytes(body) or path.encode()
        framing = [] if path in {"/empty", "/chunked"} else [(b"content-length", str(len(answer)).encode())]
        headers = [(b"content-type", b"text/plain"), *framing]
        await send({"type": "http.response.start", "status": 204 if path == "/empty" else 200, "headers": headers})
        if scope["method"] != "HEAD":
            await send({"type": "http.response.body", "body": answer, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def connected(address: str, timeout: float = 30) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=timeout)
    try:
        yield connection
    finally:
        connection.close()


def ask(connection: HTTPConnection, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def held() -> tuple[list[str], list[str]]:
    """The names of the threads that run, and the open sockets, of this process."""
    sockets = []
    for file in Path("/dev/fd").iterdir():
        try:
            if stat.S_ISSOCK(os.fstat(int(file.name)).st_mode):
                sockets.append(file.name)
        except OSError:  # that of the listing itself
            continue
    return sorted(thread.name for thread in threading.enumerate()), sorted(sockets)
