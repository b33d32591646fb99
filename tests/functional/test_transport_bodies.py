"""Requests and bodies as a server receives them: byte for byte, with a length, whole or not at all."""

from __future__ import annotations

import hashlib
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from presswork.errors import Cancelled, ContentChanged, HostError
from presswork.manifest import Entry
from presswork.source import PIECE, Body, Folder, Metered
from presswork.transport import Client, Terms
from support_sockets import Clock, Line, answering, playing, reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20
SIZES = [0, 1, 4096, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * MIB + 17]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terms(clock: Clock) -> Terms:
    return Terms(timeout=30, patience=60, clock=clock, wait=clock.wait)


def file(folder: Path, size: int) -> tuple[Path, Entry]:
    path = folder / "page.html"
    content = (bytes(range(251)) * (size // 251 + 1))[:size]
    path.write_bytes(content)
    return path, Entry("page.html", size, hashlib.sha256(content).hexdigest())


def body(folder: Path, size: int) -> Body:
    return Folder(str(folder)).open(file(folder, size)[1])


@pytest.mark.parametrize(
    "target",
    [
        "/a%2Fb%20c?token=x%2Fy&exp=1",
        "/%E2%82%AC",
        "/%e2%82%ac",
        "/'()*!",
        "/[x]{y}",
        "/a/../b/./c//d",
        "/_upload/sites%2Fabc%2Findex.html?token=eyJh.b-c_d%3D%3D&ct=text%2Fhtml%3B%20charset%3Dutf-8&exp=1767225600000",
        "/bucket/a%2Fb?X-Amz-Signature=0a&X-Amz-SignedHeaders=host%3Bx-amz-date&x-id=PutObject&response=[a]'b'|c",
        "/%zz%",
        "/",
    ],
)
def test_a_whole_address_arrives_byte_for_byte(terms: Terms, target: str) -> None:
    with playing(answering(reply())) as server:
        client = Client(f"{server.url}/api", None, terms)
        client.put(server.url + target, body=b"x", signed=True)
        client.close()

    assert server.requests[0].line == f"PUT {target} HTTP/1.1"
    assert server.requests[0].headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("size", SIZES)
def test_a_file_arrives_whole_with_its_length_and_not_chunked(terms: Terms, tmp_path: Path, size: int) -> None:
    with playing(answering(reply())) as server:
        client = Client(server.url, None, terms)
        client.put("x", body=body(tmp_path, size))
        client.put("y", body=(tmp_path / "page.html").read_bytes())
        client.close()

    for asked in server.requests:
        assert asked.headers["content-length"] == str(size)
        assert "transfer-encoding" not in asked.headers
        assert asked.body == (tmp_path / "page.html").read_bytes()
    assert server.accepted == 1


def test_large_bodies_are_read_in_pieces_of_256_kib(terms: Terms, tmp_path: Path) -> None:
    path, entry = file(tmp_path, 2 * MIB)
    pieces: list[int] = []
    with playing(answering(reply())) as server:
        client = Client(server.url, None, terms)
        client.put("x", body=Metered(Folder(str(path.parent)), pieces.append).open(entry))
        client.close()

    assert pieces == [PIECE] * 8


@pytest.mark.parametrize("size", SIZES)
def test_each_try_sends_the_whole_body_anew(terms: Terms, tmp_path: Path, size: int) -> None:
    with playing(answering(reply(503), b"", reply(429), reply(200))) as server:
        client = Client(server.url, None, terms)
        client.put("x", body=body(tmp_path, size))
        client.close()

    assert [asked.body for asked in server.requests] == [(tmp_path / "page.html").read_bytes()] * 4
    assert (client.requests, client.retries) == (4, 3)


@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize("change", ["other bytes", "shorter", "longer", "gone"])
def test_a_file_that_changed_is_never_received_whole(terms: Terms, tmp_path: Path, size: int, change: str) -> None:
    received: list[int] = []

    def behave(line: Line) -> None:
        asked = line.head()
        received.append(int(asked.headers["content-length"]))
        received.append(line.drain())

    path, entry = file(tmp_path, size)
    if change == "gone":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(
            {"other bytes": content[:-1] + b"\xff", "shorter": content[:-1], "longer": content + b"x"}[change]
        )
    with playing(behave) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(ContentChanged) as caught:
            client.put("x", body=Folder(str(tmp_path)).open(entry))
        client.close()

    assert caught.value.path == "page.html"
    assert client.requests == 1
    if size > 2 * PIECE and change != "gone":
        assert received[1] < received[0] == size
    else:
        assert received == []


def test_the_check_for_wholeness_would_see_a_whole_one(terms: Terms, tmp_path: Path) -> None:
    received: list[int] = []

    def behave(line: Line) -> None:
        asked = line.head()
        line.body(int(asked.headers["content-length"]))
        line.send(reply())
        received.extend([int(asked.headers["content-length"]), line.drain()])

    with playing(behave) as server:
        client = Client(server.url, None, terms)
        client.put("x", body=body(tmp_path, MIB))
        client.close()

    assert received == [MIB, 0]


def test_the_connection_of_a_broken_off_body_is_not_used_again(terms: Terms, tmp_path: Path) -> None:
    path, entry = file(tmp_path, 4 * PIECE)
    path.write_bytes(b"x" * 4 * PIECE)
    with playing(answering(reply())) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(ContentChanged):
            client.put("x", body=Folder(str(tmp_path)).open(entry))
        client.put("y", body=b"fine")
        client.close()

    assert [asked.target for asked in server.requests] == ["/y"]


def test_a_cancelled_body_ends_the_request(terms: Terms, tmp_path: Path) -> None:
    _, entry = file(tmp_path, 4 * PIECE)

    def cancel(_size: int) -> None:
        raise Cancelled

    with playing(answering(reply())) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Cancelled):
            client.put("x", body=Metered(Folder(str(tmp_path)), cancel).open(entry))
        client.close()

    assert server.requests == []
    assert client.requests == 1


@pytest.mark.parametrize("pieces", [[b"12345"], [b"123", b"456", b"7"], []])
def test_a_body_of_another_length_than_it_says_is_an_error(terms: Terms, pieces: list[bytes]) -> None:
    class Lying:
        size = 6

        def pieces(self) -> Iterator[bytes]:
            yield from pieces

    with playing(answering(reply())) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(HostError, match="not as long as it says"):
            client.put("x", body=Lying())
        client.put("y", body=b"fine")
        client.close()

    assert [asked.target for asked in server.requests] == ["/y"]


def sink(line: Line) -> None:
    left = int(line.head().headers["content-length"])
    buffer = bytearray(MIB)
    left -= len(line._ahead)
    while left:
        left -= line.sock.recv_into(buffer)
    line.send(reply())


def test_a_large_file_is_never_whole_in_memory(terms: Terms, tmp_path: Path) -> None:
    entry = file(tmp_path, 64 * MIB)[1]

    def peak(read_whole: bool) -> int:
        with playing(sink) as server:
            client = Client(server.url, None, terms)
            tracemalloc.start()
            try:
                own = Folder(str(tmp_path)).open(entry)
                client.put("x", body=own.read() if read_whole else own)
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
                client.close()

    assert peak(read_whole=False) < 4 * MIB
    assert peak(read_whole=True) > 64 * MIB  # the control
