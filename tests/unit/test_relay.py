"""What passes through the fault proxy is what was sent, byte for byte, both ways."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from presswork.testing.faults import FaultProxy
from presswork.testing.relay import End
from presswork.testing.servers import listening, served, url_of
from support_recorder import Recorder, ask, connected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GET = b"GET /a?b=%20c HTTP/1.1\r\nhOsT:  odd.example \r\nX-Odd:\tyes\r\nX-Odd: \xe9\r\n\r\n"
HEAD = GET.replace(b"GET", b"HEAD")
PUT = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n0A\r\n\r\n01234567\r\n0\r\nX-Trailer: 1\r\n\r\n"
UPLOAD = b"PUT / HTTP/1.1\r\nHost: x\r\n" + CHUNKS
OK = b"HTTP/1.1 200 Fine, thanks\r\ncontent-LENGTH: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nok"
SEVERAL = [
    (GET, OK),
    (PUT, OK),
    (UPLOAD, b"HTTP/1.1 200 OK\r\n" + CHUNKS),
    (HEAD, b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"),
    (HEAD, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (GET, b"HTTP/1.1 204 No Content\r\n\r\n"),
    (GET, b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n"),
    (PUT, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK),
]
LARGE = b"x" * 5_000_000


@contextmanager
def scripted(*turns: tuple[int, bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection, turn by turn: read so many bytes, send these. Yield the address and what was read."""
    read: list[bytes] = []

    def serve() -> None:
        line, _ = listener.accept()
        with line, suppress(ConnectionError):
            for size, answer in turns:
                read.append(exactly(line, size))
                line.sendall(answer)

    with listening("127.0.0.1") as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield url_of(listener), read
        finally:
            thread.join()


def exactly(line: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := line.recv(size - len(data))):
        data += piece
    return data


@contextmanager
def dialled(address: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", urlsplit(address).port or 80), timeout=30) as line:
        yield line


@pytest.mark.parametrize("pipelined", [False, True])
def test_every_byte_of_several_messages_on_one_connection_passes(*, pipelined: bool) -> None:
    turns = [(len(request), answer) for request, answer in SEVERAL]
    with scripted(*turns) as (address, read), FaultProxy(address) as proxy, dialled(proxy.address) as line:
        if pipelined:
            line.sendall(b"".join(request for request, _ in SEVERAL))
        for request, answer in SEVERAL:
            if not pipelined:
                line.sendall(request)
            assert exactly(line, len(answer)) == answer
        assert line.recv(1) == b""
    assert read == [request for request, _ in SEVERAL]
    assert [entry.outcome for entry in proxy.log] == [200, 200, 200, 200, 200, 204, 304, 200]
    assert proxy.log[0][1:3] == ("GET", "/a?b=%20c")


def test_an_end_of_a_connection_sends_without_delay() -> None:
    async def delays() -> list[bool]:
        with socket.socket() as sock:
            before = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            End(sock)
            return [bool(before), bool(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))]

    assert asyncio.run(delays()) == [False, True]


def test_bytes_that_come_one_by_one_pass() -> None:
    with scripted((len(UPLOAD), OK)) as (address, read), FaultProxy(address) as proxy, dialled(proxy.address) as line:
        for number in range(len(UPLOAD)):
            line.sendall(UPLOAD[number : number + 1])
        assert exactly(line, len(OK)) == OK
    assert read == [UPLOAD]


def test_a_body_may_last_until_the_connection_ends() -> None:
    answer = b"HTTP/1.0 200 OK\r\n\r\n" + LARGE
    with scripted((len(GET), answer)) as (address, _), FaultProxy(address) as proxy, dialled(proxy.address) as line:
        line.sendall(GET)
        assert exactly(line, len(answer) + 1) == answer


def test_a_connection_that_the_server_closes_while_idle_is_closed() -> None:
    with scripted((len(GET), OK)) as (address, _), FaultProxy(address) as proxy, dialled(proxy.address) as line:
        line.sendall(GET)
        assert exactly(line, len(OK)) == OK
        assert line.recv(1) == b""


def test_an_answer_that_nobody_asked_for_passes_too() -> None:
    late = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with scripted((len(GET), OK + late)) as (address, _), FaultProxy(address) as proxy, dialled(proxy.address) as line:
        line.sendall(GET)
        assert exactly(line, len(OK + late) + 1) == OK + late
    assert [entry.outcome for entry in proxy.log] == [200]


def test_an_answer_that_the_server_breaks_off_stays_so() -> None:
    with scripted((len(GET), OK[:-1])) as (address, _), FaultProxy(address) as proxy, dialled(proxy.address) as line:
        line.sendall(GET)
        assert exactly(line, len(OK)) == OK[:-1]


def test_an_answer_before_the_body_was_read_reaches_the_client() -> None:
    head = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n"  # more than all the buffers between
    with scripted((len(head), OK)) as (address, _), FaultProxy(address) as proxy, dialled(proxy.address) as line:
        with pytest.raises(ConnectionError):
            line.sendall(head + LARGE * 10)
        assert exactly(line, len(OK)) == OK


def test_a_client_that_waits_for_a_word_before_its_body_gets_it() -> None:
    app = Recorder()
    with served(app) as address, FaultProxy(address) as proxy, dialled(proxy.address) as line:
        line.sendall(PUT[:-5].replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert exactly(line, 25).startswith(b"HTTP/1.1 100 ")
        assert app.asked == []
        line.sendall(b"hello")
        assert b"HTTP/1.1 200 OK" in line.recv(4096)
    assert app.asked[0].body == b"hello"


def test_a_plain_client_gets_every_kind_of_body_over_one_connection() -> None:
    app = Recorder()
    with served(app) as address, FaultProxy(address) as proxy, connected(proxy.address) as line:
        assert ask(line, "PUT", "/a", LARGE) == (200, LARGE)
        assert ask(line, "PUT", "/chunked", iter([b"x" * 100_000] * 50)) == (200, LARGE)
        assert ask(line, "HEAD", "/chunked") == (200, b"")
        assert ask(line, "DELETE", "/empty") == (204, b"")
        assert ask(line, "GET", "/chunked") == (200, b"/chunked")
    assert len({asked.port for asked in app.asked}) == 1
    assert {asked.host for asked in app.asked} == {urlsplit(proxy.address).netloc}


def test_a_client_that_goes_is_gone_for_the_server_too() -> None:
    arrived, gone = threading.Event(), threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        arrived.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    with served(app) as address, FaultProxy(address) as proxy:
        for request in (GET, PUT[:-1]):
            arrived.clear()
            gone.clear()
            with dialled(proxy.address) as line:
                line.sendall(request)
                assert arrived.wait(30)
                assert not gone.is_set()
            assert gone.wait(30)


def test_any_server_of_this_machine_may_stand_behind_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(LARGE)

    class Quiet(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(tmp_path))

        def log_message(self, *_given: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with FaultProxy(f"http://localhost:{server.server_port}") as proxy, connected(proxy.address) as line:
            assert [ask(line, "GET", path) for path in ("/a.txt", "/a.txt")] == [(200, LARGE)] * 2
        server.shutdown()
        thread.join()


def test_a_server_that_is_not_there_is_as_if_there_were_no_proxy() -> None:
    with listening("127.0.0.1") as listener:
        address = url_of(listener)
    with FaultProxy(address) as proxy, connected(proxy.address) as line, pytest.raises(ConnectionError):
        ask(line, "GET", "/")
    assert proxy.log == []
