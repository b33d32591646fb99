"""Answers that are read piece by piece: whole, once, and not in memory."""

from __future__ import annotations

import hashlib
import tracemalloc

import pytest

from presswork.source import PIECE
from presswork.testing.sites import noise
from presswork.transport import Answered, Client, Terms
from support_sockets import Clock, Line, answering, playing, reply

MIB = 1 << 20


@pytest.fixture
def terms() -> Terms:
    clock = Clock()
    return Terms(clock=clock, wait=clock.wait)


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 5 * PIECE + 1])
def test_an_answer_comes_whole_in_pieces(terms: Terms, size: int) -> None:
    content = noise(size, "an answer")
    with playing(answering(reply(body=content))) as server:
        client = Client(server.url, None, terms)
        pieces = list(client.pieces("x"))
        client.close()

    assert b"".join(pieces) == content
    assert all(len(piece) == PIECE for piece in pieces[:-1])


def test_what_is_cut_off_is_asked_for_again_and_comes_once(terms: Terms) -> None:
    content = noise(3 * PIECE, "an answer")
    cut = reply(body=content, connection="close")[:-PIECE]
    with playing(answering(cut, cut, reply(503, b"busy"), reply(body=content))) as server:
        client = Client(server.url, None, terms)
        pieces = list(client.pieces("x"))
        client.close()

    assert b"".join(pieces) == content
    assert len(server.requests) == 4


def test_an_answer_that_was_not_hoped_for_is_an_error_with_its_words(terms: Terms) -> None:
    with playing(answering(reply(404, b"there is no such page"))) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Answered, match="there is no such page") as caught:
            list(client.pieces("x", file="a.html"))
        client.close()

    assert (caught.value.status, caught.value.path) == (404, "a.html")


def test_a_large_answer_is_not_held_in_memory(terms: Terms) -> None:
    size, block = 64 * MIB, noise(MIB, "a block")

    def large(line: Line) -> None:
        line.request()
        line.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size // MIB):
            line.send(block)

    def peak(*, whole: bool) -> tuple[int, str]:
        hasher = hashlib.sha256()
        with playing(large) as server:
            client = Client(server.url, None, terms)
            tracemalloc.start()
            try:
                for piece in [client.get("x").content] if whole else client.pieces("x"):
                    hasher.update(piece)
                return tracemalloc.get_traced_memory()[1], hasher.hexdigest()
            finally:
                tracemalloc.stop()
                client.close()

    (in_pieces, one), (at_once, other) = peak(whole=False), peak(whole=True)
    assert one == other
    assert in_pieces < 4 * MIB
    assert at_once > 64 * MIB  # the control
