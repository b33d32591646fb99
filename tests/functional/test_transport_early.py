"""Answers that come before the body was read."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest

from presswork.manifest import Entry
from presswork.source import PIECE, Body, Folder
from presswork.transport import Answered, Client, Terms, Unanswered
from support_sockets import Clock, Line, answering, playing, reply
from support_tls import server_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20


@pytest.fixture
def terms() -> Terms:
    clock = Clock()
    return Terms(timeout=30, patience=60, clock=clock, wait=clock.wait)


def body(folder: Path, size: int) -> Body:
    content = bytes(size)
    (folder / "x").write_bytes(content)
    return Folder(str(folder)).open(Entry("x", size, hashlib.sha256(content).hexdigest()))


@pytest.mark.parametrize("size", [0, 4096, PIECE, 30 * MIB], ids=["empty", "small", "one piece", "large"])
@pytest.mark.parametrize("taken", ["nothing", "half"])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_an_answer_before_the_body_was_read_is_understood(
    terms: Terms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, taken: str, secure: bool
) -> None:
    def refuse(line: Line) -> None:
        asked = line.head()
        if taken == "half":
            line.body(int(asked.headers["content-length"]) // 2)
        line.send(reply(413, b'{"error": "too large"}', connection="close"))
        line.sock.shutdown(socket.SHUT_WR)

    context, trusted = server_context(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with playing(refuse, tls=context if secure else None) as server:
        url = f"https://localhost:{server.port}" if secure else server.url
        client = Client(url, None, terms)
        with pytest.raises(Answered, match="413 to PUT /x: too large") as caught:
            client.put("x", body=body(tmp_path, size), file="big.bin")
        client.close()

    assert caught.value.status == 413
    assert caught.value.path == "big.bin"
    assert client.requests == 1


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
def test_an_answer_ends_the_sending_to_a_server_that_neither_reads_nor_hangs_up(
    terms: Terms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secure: bool
) -> None:
    full, over = threading.Event(), threading.Event()

    class Endless:
        size = 1 << 40

        def pieces(self) -> Iterator[bytes]:
            for _ in range(4):
                yield bytes(PIECE)
            full.set()
            while True:
                yield bytes(PIECE)

    def refuse(line: Line) -> None:
        line.head()
        full.wait()
        line.send(reply(413))
        over.wait()

    context, trusted = server_context(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with playing(refuse, tls=context if secure else None) as server:
        url = f"https://localhost:{server.port}" if secure else server.url
        client = Client(url, None, Terms(timeout=3600, clock=terms.clock, wait=terms.wait))
        with pytest.raises(Answered, match="413"):
            client.put("x", body=Endless())
        over.set()
        client.close()


def test_a_server_that_hangs_up_on_a_body_has_not_got_the_request(terms: Terms, tmp_path: Path) -> None:
    def hang_up(line: Line) -> None:
        line.head()
        line.reset()

    with playing(hang_up) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Unanswered) as caught:
            client.post("x", body=body(tmp_path, 30 * MIB))
        client.close()

    assert caught.value.uncertain is False
    assert client.retries > 0  # so that even a POST is safe to send again


def test_a_body_goes_through_tls_with_tickets_arriving_meanwhile(
    terms: Terms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A TLS 1.3 session ticket makes the socket readable: that is no early answer."""
    context, trusted = server_context(tmp_path)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 4
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with playing(answering(reply()), tls=context) as server:
        client = Client(f"https://localhost:{server.port}", None, terms)
        for _ in range(3):
            client.put("x", body=body(tmp_path, 3 * MIB))
        client.close()

    assert [len(asked.body) for asked in server.requests] == [3 * MIB] * 3
    assert server.accepted == 1
