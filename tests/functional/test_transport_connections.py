"""Connections over real sockets: kept, noticed when they die, and closed under whoever waits."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from presswork.source import PIECE
from presswork.transport import Answered, Client, Terms, Unanswered
from support_sockets import Clock, Line, answering, playing, reply

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terms(clock: Clock) -> Terms:
    return Terms(timeout=30, clock=clock, wait=clock.wait)


def test_one_connection_serves_request_after_request(terms: Terms) -> None:
    with playing(answering(reply(200, b"x"))) as server:
        client = Client(server.url, None, terms)
        for number in range(20):
            client.put(f"{number}", body=b"content")
        client.close()

    assert server.accepted == 1
    assert len(server.requests) == 20


def test_there_are_never_more_connections_than_threads_and_later_threads_take_them_over() -> None:
    with playing(answering(reply())) as server:
        client = Client(server.url, None, Terms(workers=8))

        def work() -> None:
            for _ in range(25):
                client.put("x", body=b"content")

        for _wave in range(3):
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        client.close()

    assert len(server.requests) == 600
    assert server.accepted <= 8


def test_each_origin_has_its_own_connection(terms: Terms) -> None:
    with playing(answering(reply())) as one, playing(answering(reply())) as other:
        client = Client(one.url, None, terms)
        for _ in range(3):
            client.get("x")
            client.get(f"{other.url}/y")
        client.close()

    assert (one.accepted, len(one.requests)) == (1, 3)
    assert (other.accepted, len(other.requests)) == (1, 3)


def test_a_connection_that_the_server_closed_while_idle_is_replaced_before_anything_is_sent(terms: Terms) -> None:
    hung_up = threading.Semaphore(0)

    def once(line: Line) -> None:
        line.request()
        line.send(reply())  # which says nothing of closing
        line.sock.shutdown(socket.SHUT_RDWR)
        hung_up.release()

    with playing(once) as server:
        client = Client(server.url, None, terms)
        for _ in range(5):
            client.post("x", body=b"only once")  # a POST is not repeated once it was sent
            hung_up.acquire()
        client.close()

    assert server.accepted == 5
    assert client.retries == 0


def test_a_connection_idle_for_long_is_not_trusted(terms: Terms, clock: Clock) -> None:
    with playing(answering(reply())) as server:
        client = Client(server.url, None, terms)
        client.get("x")
        clock.now += 3
        client.get("x")
        assert server.accepted == 1
        clock.now += 4.5
        client.get("x")
        assert server.accepted == 2
        client.close()


def test_a_connection_is_not_used_again_after_an_answer_that_ends_it_or_says_too_much(terms: Terms) -> None:
    for last in (reply(connection="close"), reply() + b"HTTP/1.1 200 OK\r\n\r\nsmuggled"):
        with playing(answering(last)) as server:
            client = Client(server.url, None, terms)
            assert [client.get("x").content for _ in range(3)] == [b"", b"", b""]
            client.close()
        assert server.accepted == 3


def test_head_and_small_body_arrive_together_and_are_sent_at_once(terms: Terms) -> None:
    first: list[bytes] = []

    def behave(line: Line) -> None:
        first.append(line.sock.recv(1 << 20))
        line.send(reply())

    with playing(behave) as server:
        client = Client(server.url, None, terms)
        client.put("x", body=b"the body")
        client.close()

    assert first[0].endswith(b"\r\n\r\nthe body")


def test_small_packets_are_not_held_back(terms: Terms, monkeypatch: pytest.MonkeyPatch) -> None:
    nagle: list[int] = []
    connect = socket.create_connection

    def spied(*arguments: object, **more: object) -> socket.socket:
        sock: socket.socket = connect(*arguments, **more)  # type: ignore[arg-type]
        made.append(sock)
        return sock

    made: list[socket.socket] = []
    monkeypatch.setattr(socket, "create_connection", spied)
    with playing(answering(reply())) as server:
        client = Client(server.url, None, terms)
        client.get("x")
        nagle += [sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for sock in made]
        client.close()

    assert len(nagle) == 1
    assert nagle[0] != 0


def test_closing_wakes_the_threads_that_wait_for_an_answer() -> None:
    asked = threading.Semaphore(0)

    def silent(line: Line) -> None:
        line.request()
        asked.release()
        line.drain()

    ended: list[BaseException] = []
    with playing(silent) as server:
        client = Client(server.url, None, Terms(timeout=3600, patience=3600, workers=4))

        def work() -> None:
            try:
                client.get("x")
            except Unanswered as error:
                ended.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in threads:
            asked.acquire()
        client.close()
        for thread in threads:
            thread.join(30)

    assert len(ended) == 4
    assert client.retries == 0


def test_closing_ends_a_body_that_the_server_does_not_read() -> None:
    sending = threading.Event()

    class Endless:
        size = 1 << 40

        def pieces(self) -> Iterator[bytes]:
            yield bytes(PIECE)
            yield bytes(PIECE)
            sending.set()
            while True:
                yield bytes(PIECE)

    def deaf(line: Line) -> None:
        line.head()
        over.wait()

    over = threading.Event()
    ended: list[BaseException] = []
    with playing(deaf) as server:
        client = Client(server.url, None, Terms(timeout=3600, patience=3600))

        def work() -> None:
            try:
                client.put("x", body=Endless())
            except Unanswered as error:
                ended.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        sending.wait()
        client.close()
        thread.join(30)
        over.set()

    assert len(ended) == 1


def test_a_closed_client_connects_no_more(terms: Terms) -> None:
    with playing(answering(reply())) as server:
        client = Client(server.url, None, terms)
        client.get("x")
        client.close()
        client.close()
        with pytest.raises(Unanswered, match="closed"):
            client.get("x")

    assert server.accepted == 1


def test_no_connection_is_left_open() -> None:
    ends = threading.Semaphore(0)

    def behave(line: Line) -> None:
        try:
            line.request()
            line.send(reply(500, connection="close"))
        finally:
            line.drain()
            ends.release()

    with playing(behave) as server:
        client = Client(server.url, None, Terms(patience=0))
        for _ in range(5):
            with pytest.raises(Answered, match="500"):
                client.get("x")
            ends.acquire()  # the client has closed it, long before it is closed itself
        client.close()
