"""What is sent again and what is not, by method and by what came back."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

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
