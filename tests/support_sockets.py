"""Loopback servers played by the test, connection by connection and byte by byte."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


class Request(NamedTuple):
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def method(self) -> str:
        return self.line.split(" ")[0]

    @property
    def target(self) -> str:
        return self.line.split(" ")[1]


class Gone(Exception):
    """The client hung up."""


class Line:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, server: Server) -> None:
        self.sock = sock
        self.server = server
        self.number = 0
        self._ahead = b""

    def head(self) -> Request:
        """Read a request up to its body; `Gone` where none comes."""
        while b"\r\n\r\n" not in self._ahead:
            self._more()
        raw, self._ahead = self._ahead.split(b"\r\n\r\n", 1)
        first, *lines = raw.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, value = line.split(": ", 1)
            assert name not in headers, f"{name} is there twice"
            headers[name] = value
        return Request(first, headers, b"")

    def body(self, size: int) -> bytes:
        while len(self._ahead) < size:
            self._more()
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken

    def request(self) -> Request:
        """Read a whole request and keep it on the server's list."""
        asked = self.head()
        asked = asked._replace(body=self.body(int(asked.headers.get("content-length", "0"))))
        with self.server.lock:
            self.server.requests.append(asked)
        self.number += 1
        return asked

    def drain(self) -> int:
        """Read to the end of the connection and return how many bytes there were."""
        size = len(self._ahead)
        with suppress(OSError):
            while piece := self.sock.recv(1 << 20):
                size += len(piece)
        return size

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """Break the connection off (RST)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _more(self) -> None:
        piece = self.sock.recv(1 << 20)
        if not piece:
            raise Gone
        self._ahead += piece


@dataclass
class Server:
    """What came in: connections accepted, and requests read whole, in order."""

    port: int
    accepted: int = 0
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def playing(behave: Callable[[Line], object], *, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Listen on loopback and play `behave` on every connection, each in a thread; then close it.

    What it raises fails the test, but for a client that hangs up. At the end every connection is cut.
    """
    errors: list[BaseException] = []
    lines: list[socket.socket] = []
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        server = Server(listener.getsockname()[1])

        def play(sock: socket.socket) -> None:
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with sock, tls.wrap_socket(sock, server_side=True) if tls else sock as own:
                    lines.append(own)
                    behave(Line(own, server))
            except (Gone, OSError):
                pass
            except BaseException as error:  # noqa: BLE001 -- raised again at the end
                errors.append(error)

        def accept() -> None:
            while True:
                sock, caller = listener.accept()
                if caller == last:
                    sock.close()
                    return
                with server.lock:
                    server.accepted += 1
                threads.append(threading.Thread(target=play, args=(sock,), daemon=True))
                threads[-1].start()

        last: object = None
        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            with socket.socket() as ender:  # whoever connected before is played to the end, however late
                ender.bind(("127.0.0.1", 0))
                last = ender.getsockname()
                ender.connect(listener.getsockname())
                accepting.join(10)
            for line in lines:
                with suppress(OSError):  # most have ended by themselves
                    socket.socket.shutdown(line, socket.SHUT_RDWR)
            for thread in threads:
                thread.join(10)
    if errors:
        raise errors[0]


def answering(*answers: bytes | Callable[[Request], bytes]) -> Callable[[Line], None]:
    """Return a behaviour: the answers in this order over all connections, the last one again and again.

    An answer that says `connection: close` ends its connection; an empty one hangs up without a word.
    """
    left = list(answers)

    def behave(line: Line) -> None:
        while True:
            asked = line.request()
            with line.server.lock:
                answer = left.pop(0) if len(left) > 1 else left[0]
            data = answer if isinstance(answer, bytes) else answer(asked)
            if not data:
                return
            line.send(data)
            if b"connection: close" in data:
                return

    return behave


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer, head and body; `retry_after` is the header Retry-After."""
    lines = [f"HTTP/1.1 {status} Words", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Clock:
    """A clock that moves only when somebody waits, and knows what was waited for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[tuple[float, str]] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float, why: str) -> None:
        until = self.now + seconds
        with self._lock:
            self.waits.append((seconds, why))
            self.now = max(self.now, until)


def in_threads(number: int, work: Callable[[int], object]) -> None:
    """Call `work` with 0, 1, … in so many threads, and raise the first thing that one raised."""
    failures: list[BaseException] = []

    def run(own: int) -> None:
        try:
            work(own)
        except BaseException as error:  # noqa: BLE001 -- raised again below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(own,)) for own in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
