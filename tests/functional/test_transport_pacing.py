"""Pauses and widths that hosts ask for, kept to by all threads; the clock moves only where somebody waits."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate

import pytest

from presswork.transport import Answered, Client, Terms
from support_sockets import Clock, Line, answering, in_threads, playing, reply


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terms(clock: Clock) -> Terms:
    return Terms(timeout=30, patience=60, workers=8, clock=clock, wait=clock.wait)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date", "reset", "reset in milliseconds"])
def test_a_pause_the_host_orders_is_kept_to(terms: Terms, clock: Clock, status: int, form: str) -> None:
    now = int(time.time())
    headers = {
        "seconds": {"retry_after": "40"},
        "date": {"retry_after": formatdate(now + 40, usegmt=True), "date": formatdate(now, usegmt=True)},
        "reset": {"x_ratelimit_reset": str(now + 40), "x_ratelimit_remaining": "0"},
        "reset in milliseconds": {"x_ratelimit_reset": f"{now + 40}000", "x_ratelimit_remaining": "0"},
    }[form]
    with playing(answering(reply(status, **headers), reply())) as server:
        client = Client(server.url, None, terms)
        client.get("x")
        client.close()

    assert len(clock.waits) == 1
    assert 35 < clock.waits[0][0] <= 41
    assert clock.waits[0][1] == f"the host asks to wait ({status})"


def test_ten_ordered_pauses_do_not_use_up_patience_and_more_do(terms: Terms, clock: Clock) -> None:
    with playing(answering(reply(429, b'{"message": "slow down"}', retry_after="50"))) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Answered, match="429 to GET /x after 13 tries: slow down"):
            client.get("x")
        client.close()

    assert clock.waits == [(50, "the host asks to wait (429)")] * 12


def test_short_pauses_do_not_end_patience_early(terms: Terms, clock: Clock) -> None:
    with playing(answering(*[reply(429, retry_after="1")] * 30, reply())) as server:
        client = Client(server.url, None, terms)
        assert client.get("x").status == 200
        client.close()

    assert len(clock.waits) == 30


def test_a_pause_of_no_length_is_no_order(terms: Terms, clock: Clock) -> None:
    with playing(answering(reply(429, retry_after="0"))) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Answered):
            client.get("x")
        client.close()

    assert len(server.requests) < 60
    assert 50 <= sum(seconds for seconds, _ in clock.waits) <= 71


def test_a_pause_of_hours_is_not_sat_out_but_told(terms: Terms, clock: Clock) -> None:
    with playing(answering(reply(429, retry_after="7200"))) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Answered) as caught:
            client.get("x")
        client.close()

    assert "120 minutes" in caught.value.hint
    assert clock.waits == []
    assert len(server.requests) == 1


def test_a_limit_used_up_by_a_success_holds_the_next_request_of_its_bucket_only(terms: Terms, clock: Clock) -> None:
    reset = str(int(time.time()) + 40)
    with playing(answering(reply(x_ratelimit_remaining="0", x_ratelimit_reset=reset), reply())) as server:
        client = Client(server.url, None, terms)
        client.post("x", bucket="deploys")
        client.get("x", bucket="reads")
        client.get("x")
        assert clock.waits == []
        client.post("x", bucket="deploys")
        client.close()

    assert len(server.requests) == 4
    assert len(clock.waits) == 1
    assert 35 < clock.waits[0][0] <= 41


def test_all_workers_of_a_bucket_pause_together_and_a_storm_of_429_does_not_multiply_tries(clock: Clock) -> None:
    """Twenty at once are told to wait: each is sent once more, when the pause is over, and nobody else meanwhile."""
    workers, parts = 20, 200
    together = threading.Barrier(workers)
    early: list[float] = []
    turns = iter(range(parts + workers))

    def behave(line: Line) -> None:
        while True:
            line.request()
            if next(turns) < workers:
                together.wait()
                line.send(reply(429, retry_after="30"))
            else:
                early.append(clock.now)
                line.send(reply())

    with playing(behave) as server:
        client = Client(server.url, None, Terms(workers=workers, clock=clock, wait=clock.wait))
        in_threads(workers, lambda number: [client.put(f"{number}-{n}") for n in range(parts // workers)])
        client.close()

    assert len(server.requests) == parts + workers
    assert client.retries == workers
    assert min(early) >= 1030


def test_another_bucket_goes_on_while_one_is_paused(clock: Clock) -> None:
    """The paused one waits for as long as the other needs to end."""
    reads_done = threading.Event()
    pausing = threading.Event()

    def wait(seconds: float, why: str) -> None:
        pausing.set()
        assert reads_done.wait(30)
        clock.wait(seconds, why)

    def behave(line: Line) -> None:
        while True:
            asked = line.request()
            slow = asked.target == "/upload" and not pausing.is_set()
            line.send(reply(429, retry_after="30") if slow else reply())

    with playing(behave) as server:
        client = Client(server.url, None, Terms(workers=2, clock=clock, wait=wait))
        thread = threading.Thread(target=lambda: client.put("upload", bucket="uploads"))
        thread.start()
        assert pausing.wait(30)
        for _ in range(10):
            client.get("read")
        reads_done.set()
        thread.join()
        client.close()

    assert len(server.requests) == 12


def test_the_host_s_concurrent_limit_is_kept_by_all_workers(clock: Clock) -> None:
    inside = 0
    most: list[int] = []
    lock = threading.Lock()

    def behave(line: Line) -> None:
        nonlocal inside
        while True:
            asked = line.request()
            with lock:
                inside += 1
                most.append(inside)
            if asked.target != "/first":
                together.wait()  # ends only where three are inside
            with lock:
                inside -= 1
            line.send(reply(x_concurrent_limit="3"))

    together = threading.Barrier(3)
    with playing(behave) as server:
        client = Client(server.url, None, Terms(workers=16, clock=clock, wait=clock.wait))
        client.get("first")
        in_threads(15, lambda number: client.put(f"{number}"))
        client.close()

    assert max(most) == 3
    assert len(server.requests) == 16


@pytest.mark.parametrize("limit", ["", "none", "-1", "²", "9" * 5000])
def test_a_limit_that_is_no_number_is_no_limit(terms: Terms, limit: str) -> None:
    data = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-concurrent-limit: " + limit.encode("latin-1") + b"\r\n\r\n"
    with playing(answering(data)) as server:
        client = Client(server.url, None, terms)
        assert client.get("x").status == 200
        client.close()


def test_tries_are_counted_over_all_threads(terms: Terms) -> None:
    def behave(line: Line) -> None:
        while True:
            asked = line.request()
            with lock:
                seen.append(asked.target)
                first = seen.count(asked.target) == 1
            line.send(reply(500 if first else 200))

    lock, seen = threading.Lock(), list[str]()
    with playing(behave) as server:
        client = Client(server.url, None, terms)
        in_threads(16, lambda number: [client.put(f"{number}-{n}") for n in range(25)])
        client.close()

    assert len(server.requests) == 800
    assert (client.requests, client.retries) == (800, 400)
