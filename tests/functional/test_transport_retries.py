"""What is sent again, when, how often, and what is said in the end; the clock moves only where somebody waits."""

from __future__ import annotations

import json
import random
import threading
import time
from contextlib import ExitStack
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from presswork.errors import Cancelled
from presswork.transport import Answered, Client, Terms, Unanswered
from support_sockets import Clock, Line, answering, playing, reply

if TYPE_CHECKING:
    from collections.abc import Callable

METHODS = ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"]
SAFE = {"GET", "HEAD", "PUT", "DELETE"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terms(clock: Clock) -> Terms:
    return Terms(timeout=30, patience=60, workers=8, clock=clock, wait=clock.wait)


def head_only(answer: bytes) -> Callable[[Any], bytes]:
    """Return an answer that has no body where the request is a HEAD."""
    return lambda asked: answer.split(b"\r\n\r\n")[0] + b"\r\n\r\n" if asked.method == "HEAD" else answer


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_not_repeated(terms: Terms, method: str, status: int) -> None:
    with playing(answering(reply(status))) as server:
        client = Client(server.url, None, terms)
        assert client.request(method, "x").status == status
        client.close()

    assert len(server.requests) == 1
    assert (client.requests, client.retries) == (1, 0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 409, 413, 418, 422])
def test_what_another_try_cannot_mend_is_not_repeated(terms: Terms, clock: Clock, method: str, status: int) -> None:
    with playing(answering(reply(status, location="http://127.0.0.1:9/"))) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Answered) as caught:
            client.request(method, "x")
        client.close()

    assert caught.value.status == status
    assert caught.value.hint
    assert len(server.requests) == 1
    assert clock.waits == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [408, 425, 429])
def test_a_host_that_says_not_now_is_asked_again_by_any_method(terms: Terms, method: str, status: int) -> None:
    with playing(answering(reply(status), reply(status), reply(200))) as server:
        client = Client(server.url, None, terms)
        assert client.request(method, "x").status == 200
        client.close()

    assert len(server.requests) == 3
    assert (client.requests, client.retries) == (3, 2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 507, 599])
def test_a_host_in_trouble_is_asked_again_where_that_is_safe(terms: Terms, method: str, status: int) -> None:
    with playing(answering(head_only(reply(status, b"oh")), reply(200))) as server:
        client = Client(server.url, None, terms)
        if method in SAFE:
            assert client.request(method, "x").status == 200
        else:
            with pytest.raises(Answered):
                client.request(method, "x")
        client.close()

    assert len(server.requests) == (2 if method in SAFE else 1)


@pytest.mark.parametrize("method", METHODS)
def test_after_an_unknown_outcome_only_what_is_safe_is_sent_again(terms: Terms, method: str) -> None:
    with playing(answering(b"", reply(200))) as server:
        client = Client(server.url, None, terms)
        if method in SAFE:
            assert client.request(method, "x").status == 200
        else:
            with pytest.raises(Unanswered) as caught:
                client.request(method, "x")
            assert caught.value.uncertain
        client.close()

    assert len(server.requests) == (2 if method in SAFE else 1)


@pytest.mark.parametrize("answer", [b"", reply(503)])
def test_repeat_overrules_what_the_method_says(terms: Terms, answer: bytes) -> None:
    with playing(answering(answer, reply(200))) as server:
        client = Client(server.url, None, terms)
        assert client.post("x", repeat=True).status == 200
        client.close()
    assert len(server.requests) == 2

    with playing(answering(answer, reply(200))) as server:
        client = Client(server.url, None, terms)
        with pytest.raises((Answered, Unanswered)):
            client.put("x", repeat=False)
        client.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", METHODS)
def test_what_never_left_is_sent_again_by_any_method_and_is_certain(method: str, clock: Clock) -> None:
    with playing(answering(reply())) as server:
        pass  # the port is free again

    client = Client(server.url, None, Terms(patience=60, clock=clock, wait=clock.wait))
    with pytest.raises(Unanswered, match="nothing listens there") as caught:
        client.request(method, "x")
    client.close()

    assert client.retries >= 5
    assert caught.value.uncertain is False
    assert caught.value.retryable is True


@pytest.mark.parametrize("cut", range(0, len(reply(200, b"hello")), 7))
def test_an_answer_cut_short_is_no_answer(terms: Terms, cut: int) -> None:
    def cut_short(line: Line) -> None:
        line.request()
        line.send(reply(200, b"hello")[:cut])

    with playing(cut_short) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Unanswered) as caught:
            client.post("x")
        client.close()

    assert caught.value.uncertain is True
    assert len(server.requests) == 1


def test_a_reset_instead_of_an_answer_is_an_unknown_outcome(terms: Terms) -> None:
    def reset(line: Line) -> None:
        line.request()
        line.reset()

    with playing(reset) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Unanswered) as caught:
            client.post("x", body=b"some")
        client.close()

    assert caught.value.uncertain is True


@pytest.mark.parametrize("said", [b"", reply(200, b"hello")[:-1]], ids=["no answer", "half an answer"])
def test_a_stalled_server_is_given_up_after_the_timeout_with_the_outcome_unknown(said: bytes) -> None:
    def stall(line: Line) -> None:
        line.request()
        line.send(said)
        line.drain()

    with playing(stall) as server:
        client = Client(server.url, None, Terms(timeout=0.05, patience=0))
        with pytest.raises(Unanswered) as caught:
            client.put("x", body=b"some")
        client.close()

    assert caught.value.uncertain is True
    assert "timeout" in caught.value.hint


def test_an_unknown_outcome_stays_unknown_though_later_tries_never_left(clock: Clock) -> None:
    def once(line: Line) -> None:
        line.request()
        gone.append(True)

    gone: list[bool] = []
    with ExitStack() as stack:
        server = stack.enter_context(playing(once))

        def wait(seconds: float, why: str) -> None:
            clock.wait(seconds, why)
            stack.close()  # from the second try on nothing listens

        client = Client(server.url, None, Terms(patience=60, clock=clock, wait=wait))
        with pytest.raises(Unanswered, match="nothing listens") as caught:
            client.put("x")
        client.close()

    assert gone == [True]
    assert caught.value.uncertain is True


def test_a_host_that_is_not_known_is_said_at_once(terms: Terms, clock: Clock) -> None:
    client = Client("https://nowhere.invalid", None, terms)
    with pytest.raises(Unanswered, match="name is not known") as caught:
        client.get("x")
    client.close()

    assert caught.value.uncertain is False
    assert "spelt" in caught.value.hint


def test_an_expected_status_is_an_answer_even_where_it_would_be_repeated(terms: Terms) -> None:
    for status in (404, 409, 429, 503):
        with playing(answering(reply(status))) as server:
            client = Client(server.url, None, terms)
            assert client.get("x", expect={status}).status == status
            client.close()
        assert len(server.requests) == 1


def test_a_status_its_host_calls_passing_is_repeated_a_few_times_and_no_more(terms: Terms) -> None:
    with playing(answering(reply(401), reply(404), reply(200))) as server:
        client = Client(server.url, None, terms)
        assert client.put("x", again_on={401, 404}).status == 200
        assert client.retries == 2
        client.close()

    with playing(answering(reply(401))) as server:
        client = Client(server.url, None, terms)
        with pytest.raises(Answered, match="401 to PUT /x after 4 tries"):
            client.put("x", again_on={401})
        client.close()
    assert len(server.requests) == 4


def test_a_post_is_repeated_on_a_5xx_that_its_host_calls_passing(terms: Terms) -> None:
    with playing(answering(reply(503), reply(503), reply(200))) as server:
        client = Client(server.url, None, terms)
        assert client.post("x", again_on={503}).status == 200
        client.close()
    assert len(server.requests) == 3


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
                turn.acquire()
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
        _in_threads(workers, lambda number: [client.put(f"{number}-{n}") for n in range(parts // workers)])
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
        _in_threads(15, lambda number: client.put(f"{number}"))
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
        _in_threads(16, lambda number: [client.put(f"{number}-{n}") for n in range(25)])
        client.close()

    assert len(server.requests) == 800
    assert (client.requests, client.retries) == (800, 400)


def test_what_the_host_says_is_in_the_error(terms: Terms) -> None:
    body = json.dumps({"code": "NAME_TAKEN", "message": "That name is taken."}).encode()
    with playing(answering(reply(422, body))) as server:
        client = Client(f"{server.url}/api", None, terms)
        with pytest.raises(Answered) as caught:
            client.post("sites?key=x", json={}, file="a.html")
        client.close()

    error = caught.value
    assert str(error) == "The host answered 422 to POST /api/sites: That name is taken."
    assert (error.status, error.reason, error.said) == (422, "NAME_TAKEN", "That name is taken.")
    assert error.details == {"code": "NAME_TAKEN", "message": "That name is taken."}
    assert (error.path, error.retryable, error.exit_code, error.code) == ("a.html", False, 1, "host")


def _in_threads(number: int, work: Callable[[int], object]) -> None:
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
