"""Answers read off a connection: framed as HTTP/1.1 says, and never taken for whole when they are not."""

from __future__ import annotations

import socket
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from presswork.transport.wire import BrokeOff, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT = 30.0
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
SIZED = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


@contextmanager
def connected() -> Iterator[tuple[Wire, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Wire(ours), theirs


def read(data: bytes, *, method: str = "GET", ends: bool = True) -> tuple[int, dict[bytes, bytes], bytes, bool]:
    """Read one answer; the last value says whether the connection may be used again."""
    with connected() as (wire, server):
        server.sendall(data)
        if ends:
            server.shutdown(socket.SHUT_WR)
        wire.send(b"GET / HTTP/1.1\r\n\r\n", [], WAIT)
        status, fields, body = wire.answer(method, WAIT)
        content = b"".join(body)
        return status, dict(fields), content, wire.free


@pytest.mark.parametrize(
    ("data", "status", "content"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
        (b"HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello", 200, b"hello"),
        (b"HTTP/1.1 200 OK\ncontent-length: 5\n\nhello", 200, b"hello"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\ncontent-length: 5\r\n\r\nhello", 200, b"hello"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 204 No Content\r\ncontent-length: 7\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n", 304, b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", 200, b"hello"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\na: b\r\n\r\n", 200, b"hello"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            200,
            b"hello",
        ),
        (
            b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + SIZED,
            200,
            b"hello",
        ),
    ],
)
def test_a_whole_answer_is_read_and_the_connection_may_be_used_again(data: bytes, status: int, content: bytes) -> None:
    assert read(data, ends=False)[0] == status
    assert read(data, ends=False)[2:] == (content, True)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nconnection: keep-alive, Close\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello and more than was said",
    ],
)
def test_a_connection_that_ends_or_says_too_much_is_not_used_again(data: bytes) -> None:
    assert read(data)[2:] == (b"hello", False)


def test_an_answer_to_head_has_no_body_whatever_it_says() -> None:
    assert read(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", method="HEAD", ends=False)[2:] == (b"", True)


def test_an_old_server_may_keep_its_connection_if_it_says_so() -> None:
    data = b"HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 2\r\n\r\nhi"
    assert read(data, ends=False)[3] is True


def test_a_folded_field_is_one_field() -> None:
    data = b"HTTP/1.1 200 OK\r\nx-long: one\r\n\ttwo\r\nempty:\r\ncontent-length: 0\r\n\r\n"
    assert read(data)[1] == {b"x-long": b"one two", b"empty": b"", b"content-length": b"0"}


@pytest.mark.parametrize("data", [WHOLE, SIZED], ids=["chunked", "sized"])
def test_an_answer_cut_at_any_byte_is_no_answer(data: bytes) -> None:
    assert read(data)[2] == b"hello"  # the control
    for end in range(len(data)):
        with pytest.raises(httpx.RemoteProtocolError, match="ended before the answer did"):
            read(data[:end])


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nspace : before\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: nameless\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"x" * 400_000,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;" + b"x" * 400_000,
    ],
)
def test_what_is_not_http_is_no_answer(data: bytes) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        with ours, theirs:
            theirs.settimeout(WAIT)
            wire = Wire(ours)
            wire.send(b"GET / HTTP/1.1\r\n\r\n", [], WAIT)
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)
            with pytest.raises(httpx.RemoteProtocolError):
                list(wire.answer("GET", WAIT)[2])


def test_silence_is_a_timeout_that_names_the_seconds() -> None:
    with connected() as (wire, _):
        wire.send(b"GET / HTTP/1.1\r\n\r\n", [], WAIT)
        with pytest.raises(httpx.ReadTimeout, match=r"within 0\.01 s"):
            wire.answer("GET", 0.01)


def test_silence_in_the_middle_of_a_body_is_a_timeout() -> None:
    with connected() as (wire, server):
        server.sendall(SIZED[:-1])
        wire.send(b"GET / HTTP/1.1\r\n\r\n", [], WAIT)
        with pytest.raises(httpx.ReadTimeout, match="in the middle"):
            list(wire.answer("GET", 0.01)[2])


def test_what_reading_the_first_piece_raises_comes_before_anything_is_sent() -> None:
    def pieces() -> Iterator[bytes]:
        raise ZeroDivisionError
        yield b""

    with connected() as (wire, server):
        with pytest.raises(ZeroDivisionError):
            wire.send(b"PUT / HTTP/1.1\r\n\r\n", pieces(), WAIT)
        wire.shut()
        assert server.recv(1) == b""


def test_an_answer_before_the_body_is_sent_ends_the_sending() -> None:
    read_so_far = []

    def pieces() -> Iterator[bytes]:
        for number in range(3):
            read_so_far.append(number)
            if number == 1:
                server.sendall(SIZED)
            yield b"piece"

    with connected() as (wire, server):
        with pytest.raises(BrokeOff):
            wire.send(b"PUT / HTTP/1.1\r\n\r\n", pieces(), WAIT)
        assert read_so_far == [0, 1]
        status, _, body = wire.answer("PUT", WAIT)
        assert (status, b"".join(body)) == (200, b"hello")
        assert not wire.free


def test_an_answer_right_behind_word_of_it_ends_the_sending() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        server.sendall(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        yield b"two"

    with connected() as (wire, server):
        with pytest.raises(BrokeOff):
            wire.send(b"PUT / HTTP/1.1\r\n\r\n", pieces(), WAIT)
        assert wire.answer("PUT", WAIT)[0] == 413


def test_word_of_an_answer_to_come_does_not_end_the_sending() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        server.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        yield b"two"
        yield b"three"

    with connected() as (wire, server):
        wire.send(b"", pieces(), WAIT)
        server.sendall(SIZED)
        assert wire.answer("PUT", WAIT)[0] == 200
        assert server.recv(100) == b"onetwothree"


def test_a_server_that_takes_nothing_more_is_not_waited_for_longer_than_the_timeout() -> None:
    with connected() as (wire, _), pytest.raises(BrokeOff, match=r"took nothing for 0\.01 s"):
        wire.send(b"PUT / HTTP/1.1\r\n\r\n", [bytes(1 << 20)] * 64, 0.01)


def test_a_server_that_hung_up_or_spoke_unasked_is_not_quiet() -> None:
    with connected() as (wire, server):
        assert wire.quiet
        server.sendall(b"x")
        assert not wire.quiet
    with connected() as (wire, server):
        server.shutdown(socket.SHUT_WR)
        assert not wire.quiet
