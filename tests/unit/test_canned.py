"""The answers that the fault proxy gives in the server's stead."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from presswork.testing.faults import FaultProxy
from presswork.testing.servers import served
from support_recorder import Recorder, ask, connected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPConnection

SMALL = b"x" * 1000


@pytest.fixture
def app() -> Recorder:
    return Recorder()


@pytest.fixture
def proxy(app: Recorder) -> Iterator[FaultProxy]:
    with served(app) as address, FaultProxy(address, retry_after=7) as own:
        yield own


@pytest.fixture
def line(proxy: FaultProxy) -> Iterator[HTTPConnection]:
    with connected(proxy.address) as own:
        yield own


def test_too_many_requests_say_when_to_come_again(proxy: FaultProxy, line: HTTPConnection) -> None:
    answers = {}
    for fault in ("429-seconds", "429-date"):
        proxy.arm(fault)
        line.request("PUT", "/a", SMALL)
        answers[fault] = line.getresponse()
        answers[fault].read()
    assert answers["429-seconds"].headers["Retry-After"] == "7"
    said = answers["429-date"].headers
    assert 7 <= (parsedate_to_datetime(said["Retry-After"]) - parsedate_to_datetime(said["Date"])).seconds <= 8


@pytest.mark.parametrize(
    ("fault", "kind", "body"),
    [
        ("html", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        ("503", "text/plain", b"503 "),
        ("empty-401", None, b""),
    ],
)
def test_an_answer_of_the_proxy_is_whole_and_its_connection_goes_on(
    app: Recorder, proxy: FaultProxy, line: HTTPConnection, fault: str, kind: str | None, body: bytes
) -> None:
    proxy.arm(fault, at=2)
    ask(line, "GET", "/1")
    sock = line.sock
    line.request("PUT", "/2", SMALL)
    answer = line.getresponse()
    assert answer.headers["Content-Type"] == kind
    read = answer.read()
    assert (read[: len(body)], bool(read)) == (body, bool(body))
    assert ask(line, "GET", "/3") == (200, b"/3")
    assert line.sock is sock
    assert len({asked.port for asked in app.asked}) == 1


@pytest.mark.parametrize("fault", ["408", "early-413"])
def test_an_answer_after_which_the_connection_closes_says_so(
    proxy: FaultProxy, line: HTTPConnection, fault: str
) -> None:
    proxy.arm(fault)
    line.request("GET", "/a")
    answer = line.getresponse()
    assert (answer.headers["Connection"], answer.status) == ("close", int(fault[-3:]))


def test_a_client_that_waits_for_a_word_is_refused_without_its_body(proxy: FaultProxy, line: HTTPConnection) -> None:
    proxy.arm("503")
    line.request("PUT", "/a", headers={"Expect": "100-continue", "Content-Length": "1000"})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (503, "close")


def test_an_answer_to_head_has_no_body_and_its_connection_goes_on(proxy: FaultProxy, line: HTTPConnection) -> None:
    proxy.arm("503")
    line.request("HEAD", "/a")
    answer = line.getresponse()
    assert (answer.status, answer.read()) == (503, b"")
    assert int(answer.headers["Content-Length"]) > 0
    sock = line.sock
    assert ask(line, "GET", "/b") == (200, b"/b")
    assert line.sock is sock
