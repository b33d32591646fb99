"""How long a request is tried for; the clock moves only where somebody waits."""

from __future__ import annotations

import random
import threading

import pytest

from presswork.errors import Cancelled
from presswork.transport import Answered, Client, Terms
from support_sockets import Clock, Line, answering, playing, reply


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terms(clock: Clock) -> Terms:
    return Terms(timeout=30, patience=60, workers=8, clock=clock, wait=clock.wait)


def test_waits_grow_to_ten_seconds_and_are_drawn_from_nought(terms: Terms, clock: Clock) -> None:
    random.seed(20261121)
    rounds = []
    for _ in range(40):
        clock.waits.clear()
        with playing(answering(reply(500))) as server:
            client = Client(server.url, None, terms)
            with pytest.raises(Answered):
                client.get("x")
            client.close()
        assert len(server.requests) == len(clock.waits) + 1
        rounds.append([seconds for seconds, _ in clock.waits])

    for number in range(9):
        most = min(10.0, 0.25 * 2**number)
        drawn = [waits[number] for waits in rounds]
        assert 0 <= min(drawn) < most / 4
        assert most * 3 / 4 < max(drawn) <= most
    assert all(50 <= sum(waits) <= 71 for waits in rounds)  # patience is 60 seconds, and a wait at most 10


def test_the_wait_says_why(terms: Terms, clock: Clock) -> None:
    with playing(answering(reply(503), b"", reply(429, retry_after="7"), reply())) as server:
        client = Client(server.url, None, terms)
        client.get("x")
        client.close()

    assert [why for _, why in clock.waits] == [
        "the host answered 503, trying again",
        "the host gave no answer, trying again",
        "the host asks to wait (429)",
    ]


def test_without_patience_nothing_is_repeated(clock: Clock) -> None:
    with playing(answering(reply(503))) as server:
        client = Client(server.url, None, Terms(patience=0, clock=clock, wait=clock.wait))
        with pytest.raises(Answered, match="503 to GET /x"):
            client.get("x")
        client.close()

    assert len(server.requests) == 1
    assert clock.waits == []


def test_patience_is_counted_from_the_first_failure_not_from_the_start_of_a_long_upload(clock: Clock) -> None:
    def slow(_asked: object) -> bytes:
        clock.now += 600  # ten minutes until the answer
        return reply(503)

    with playing(answering(slow, reply(200))) as server:
        client = Client(server.url, None, Terms(patience=60, clock=clock, wait=clock.wait))
        assert client.put("x").status == 200
        client.close()
    assert len(server.requests) == 2


def test_progress_of_another_thread_keeps_patience(clock: Clock) -> None:
    """One request fails for ever while another makes progress: only when that ends does patience run out."""
    fine = 20

    def behave(line: Line) -> None:
        while True:
            asked = line.request()
            line.send(reply(500 if asked.target == "/bad" else 200))

    def wait(seconds: float, why: str) -> None:
        clock.wait(max(seconds, 30), why)
        if ended.is_set():
            return
        turn.release()  # the other thread makes progress once for each wait of ours
        done.acquire()

    turn, done = threading.Semaphore(0), threading.Semaphore(0)
    ended = threading.Event()
    with playing(behave) as server:
        client = Client(server.url, None, Terms(patience=60, clock=clock, wait=wait))

        def work() -> None:
            for number in range(fine):
                if not turn.acquire(timeout=60):
                    return
                client.get("good")
                if number == fine - 1:
                    ended.set()
                done.release()

        thread = threading.Thread(target=work)
        thread.start()
        with pytest.raises(Answered):
            client.get("bad")
        thread.join()
        client.close()

    tries = sum(asked.target == "/bad" for asked in server.requests)
    assert fine + 2 <= tries <= fine + 4  # alone it would be three or four


@pytest.mark.parametrize("answer", [reply(503), reply(429, retry_after="30"), b""], ids=["503", "429", "cut"])
def test_cancelling_a_wait_ends_the_request(answer: bytes, clock: Clock) -> None:
    def wait(_seconds: float, _why: str) -> None:
        raise Cancelled

    with playing(answering(answer)) as server:
        client = Client(server.url, None, Terms(clock=clock, wait=wait))
        with pytest.raises(Cancelled):
            client.get("x")
        with pytest.raises((Cancelled, Answered)):
            client.get("y")
        client.close()

    assert len(server.requests) <= 2


def test_interrupting_a_wait_ends_the_request(clock: Clock) -> None:
    def wait(_seconds: float, _why: str) -> None:
        raise KeyboardInterrupt

    with playing(answering(reply(503))) as server:
        client = Client(server.url, None, Terms(clock=clock, wait=wait))
        with pytest.raises(KeyboardInterrupt):
            client.get("x")
        client.close()

    assert len(server.requests) == 1
