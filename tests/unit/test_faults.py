"""What a plain client meets at each fault, and whether the server behind the proxy has done its work."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from presswork.errors import ConfigError
from presswork.testing.faults import FAULTS, PROCESSED, FaultProxy
from presswork.testing.servers import served
from support_recorder import Recorder, ask, connected, held

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPConnection

SMALL, LARGE = b"x" * 1000, b"x" * 5_000_000
SEEN = {
    "refused": "ConnectionResetError",
    "closed-before-reading": "RemoteDisconnected",
    "stalled": "ConnectionResetError",  # as it is let go
    "closed-after-processing": "RemoteDisconnected",
    "truncated": "IncompleteRead",
    "truncated-headers": 200,  # http.client takes half a head for a head, and the end for the end of a body
    "408": 408,
    "429-seconds": 429,
    "429-date": 429,
    "500": 500,
    "502": 502,
    "503": 503,
    "504": 504,
    "empty-401": 401,
    "html": 502,
    "early-413": 413,
}


@pytest.fixture
def app() -> Recorder:
    return Recorder()


@pytest.fixture
def proxy(app: Recorder) -> Iterator[FaultProxy]:
    with served(app) as address, FaultProxy(address) as own:
        yield own


@pytest.fixture
def line(proxy: FaultProxy) -> Iterator[HTTPConnection]:
    with connected(proxy.address) as own:
        yield own


def meet(line: HTTPConnection, method: str, path: str, body: bytes | None = None) -> int | str:
    """Ask as one who reads the answer even where the sending broke; return the status, or the error's name."""
    with suppress(ConnectionError):
        line.request(method, path, body)
    try:
        answer = line.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        return type(error).__name__
    return answer.status


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_client_meets_the_fault_at_its_request_and_the_server_only_what_came_through(
    app: Recorder, proxy: FaultProxy, fault: str, method: str
) -> None:
    proxy.arm(fault, at=2, hook=lambda _number: proxy.let_go())
    with connected(proxy.address) as line:
        assert meet(line, method, "/1") == 200
        # An answer to HEAD has no body to be cut, so it is cut in its headers.
        assert meet(line, method, "/2") == (200 if (fault, method) == ("truncated", "HEAD") else SEEN[fault])
    with connected(proxy.address) as line:
        assert meet(line, method, "/3") == 200
    came_through = ["/1", "/2", "/3"] if fault in PROCESSED else ["/1", "/3"]
    assert [asked.path for asked in app.asked] == came_through
    assert [tuple(entry) for entry in proxy.log] == [
        (1, method, "/1", 200),
        (2, method, "/2", fault),
        (3, method, "/3", 200),
    ]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("body", [SMALL, LARGE], ids=["small", "large"])
def test_an_upload_meets_the_fault_and_is_done_or_not_done_at_all(
    app: Recorder, proxy: FaultProxy, fault: str, body: bytes
) -> None:
    proxy.arm(fault, hook=lambda _number: proxy.let_go())
    with connected(proxy.address) as line:
        seen = meet(line, "PUT", "/a", body)
    closed_early = fault in {"refused", "closed-before-reading", "stalled"}
    assert seen in (
        {"ConnectionResetError", "BrokenPipeError", "RemoteDisconnected"} if closed_early else {SEEN[fault]}
    )
    assert [asked.body for asked in app.asked] == ([body] if fault in PROCESSED else [])
    with connected(proxy.address) as line:
        assert ask(line, "PUT", "/a", body) == (200, body)


def test_every_fault_is_known_by_name_and_no_other(proxy: FaultProxy) -> None:
    assert set(SEEN) == set(FAULTS)
    assert len(set(FAULTS)) == len(FAULTS)
    with pytest.raises(ConfigError, match="'509'") as error:
        proxy.arm("509")
    assert "closed-after-processing" in error.value.hint


def test_a_broken_body_promises_more_than_it_gives(proxy: FaultProxy, line: HTTPConnection) -> None:
    proxy.arm("truncated")
    line.request("PUT", "/a", SMALL)
    answer = line.getresponse()
    assert answer.headers["Content-Length"] == "1000"
    assert answer.fp.read() == SMALL[:500]


def test_broken_headers_do_not_end(proxy: FaultProxy, line: HTTPConnection) -> None:
    proxy.arm("truncated-headers")
    line.request("GET", "/a")
    raw = b"".join(iter(lambda: line.sock.recv(4096), b""))
    assert raw.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in raw


def test_other_connections_go_on_while_one_is_struck(app: Recorder, proxy: FaultProxy, line: HTTPConnection) -> None:
    ask(line, "GET", "/1")
    sock = line.sock
    proxy.arm("refused", when=lambda _method, path: path == "/bad")
    with connected(proxy.address) as other:
        assert meet(other, "GET", "/bad") == "ConnectionResetError"
        assert ask(line, "GET", "/2") == (200, b"/2")
        assert ask(other, "GET", "/3") == (200, b"/3")
    assert line.sock is sock
    assert len({asked.port for asked in app.asked}) == 2


# Stalling


def stall(proxy: FaultProxy, line: HTTPConnection, body: bytes | None = None) -> None:
    arrived = threading.Event()
    proxy.arm("stalled", hook=lambda _number: arrived.set())
    line.request("PUT", "/a", body)
    assert arrived.wait(30)


@pytest.mark.parametrize("body", [None, LARGE], ids=["empty", "large"])
def test_a_stalled_request_is_let_go_when_that_is_said(
    proxy: FaultProxy, line: HTTPConnection, body: bytes | None
) -> None:
    stall(proxy, line, body)
    proxy.disarm()
    with connected(proxy.address) as other:
        assert ask(other, "GET", "/b") == (200, b"/b")
    assert proxy.log[0].outcome == "stalled"
    proxy.let_go()
    with pytest.raises(ConnectionError):
        line.getresponse()


def test_a_stalled_request_stays_until_the_client_gives_up(
    app: Recorder, proxy: FaultProxy, line: HTTPConnection
) -> None:
    stall(proxy, line)
    line.sock.settimeout(0.01)
    with pytest.raises(TimeoutError):
        line.getresponse()
    line.close()
    assert ask(line, "GET", "/b") == (200, b"/b")
    assert [asked.path for asked in app.asked] == ["/b"]


def test_a_stalled_request_does_not_hold_up_the_end(app: Recorder) -> None:
    with served(app) as address, FaultProxy(address) as proxy, connected(proxy.address) as line:
        stall(proxy, line)
    assert app.asked == []


# Choosing


def test_numbers_are_given_in_the_order_of_arrival_whatever_the_threads(app: Recorder, proxy: FaultProxy) -> None:
    proxy.arm("503", at=50, times=5)
    answers: list[list[int]] = []

    def client(own: int) -> None:
        with connected(proxy.address) as line:
            answers.append([ask(line, "GET", f"/{own}/{turn}")[0] for turn in range(20)])

    threads = [threading.Thread(target=client, args=(own,)) for own in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = proxy.log
    assert [entry.number for entry in log] == list(range(1, 321))
    assert proxy.count == 320
    assert [entry.number for entry in log if entry.outcome == "503"] == [50, 51, 52, 53, 54]
    for own in range(16):
        paths = [entry.path for entry in log if entry.path.startswith(f"/{own}/")]
        assert paths == [f"/{own}/{turn}" for turn in range(20)]
    assert sum(statuses.count(503) for statuses in answers) == 5
    assert len(app.asked) == 315


def test_requests_are_chosen_by_method_path_number_and_count(proxy: FaultProxy, line: HTTPConnection) -> None:
    proxy.arm("503", when=lambda method, path: (method, path) == ("PUT", "/a?b=c"), at=3, times=2)
    asked = [("PUT", "/a?b=c"), ("PUT", "/b"), ("GET", "/a?b=c"), *[("PUT", "/a?b=c")] * 3]
    assert [meet(line, *one) for one in asked] == [200, 200, 200, 503, 503, 200]


def test_several_may_be_armed_the_first_goes_first_and_all_are_disarmed(
    proxy: FaultProxy, line: HTTPConnection
) -> None:
    proxy.arm("503", at=2)
    proxy.arm("500", times=None)
    assert [meet(line, "GET", "/") for _ in range(3)] == [500, 503, 500]
    proxy.disarm()
    assert meet(line, "GET", "/") == 200


# Hooks


@pytest.mark.parametrize(("fault", "done"), [(None, 0), ("503", 0), ("closed-after-processing", 1), ("truncated", 1)])
def test_a_hook_is_called_as_the_fault_strikes(
    app: Recorder, proxy: FaultProxy, line: HTTPConnection, fault: str | None, done: int
) -> None:
    called: list[tuple[int, int]] = []
    proxy.arm(fault, at=2, hook=lambda number: called.append((number, len(app.asked) - 1)))
    seen = [meet(line, "GET", "/") for _ in range(2)]
    assert called == [(2, done)]
    assert seen == [200, SEEN[fault] if fault else 200]


@pytest.mark.parametrize(("fault", "done"), [("closed-before-reading", False), ("closed-after-processing", True)])
def test_a_process_is_killed_at_its_request(app: Recorder, proxy: FaultProxy, fault: str, *, done: bool) -> None:
    code = (
        "import sys, http.client; c = http.client.HTTPConnection(input()); c.request('PUT', '/a', 'b'); c.getresponse()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, text=True) as child:
        proxy.arm(fault, hook=lambda _number: child.kill())
        child.communicate(urlsplit(proxy.address).netloc)
        assert child.returncode == -9
    assert [asked.body for asked in app.asked] == ([b"b"] if done else [])


def test_what_a_hook_raised_is_raised_at_the_end(app: Recorder) -> None:
    def hook(number: int) -> None:
        raise ZeroDivisionError(number)

    def provoke() -> Any:
        with served(app) as address, FaultProxy(address) as proxy, connected(proxy.address) as line:
            proxy.arm(hook=hook)
            return meet(line, "GET", "/")

    with pytest.raises(ZeroDivisionError, match="1"):
        provoke()


def test_threads_and_sockets_end_with_the_proxy(app: Recorder) -> None:
    before = held()
    with served(app) as address, FaultProxy(address) as proxy, connected(proxy.address) as line:
        proxy.arm("stalled", at=2, hook=lambda _number: None)
        assert ask(line, "GET", "/") == (200, b"/")
        with connected(proxy.address) as other:
            other.request("GET", "/")
            inside = held()
    assert held() == before
    assert "presswork-faults" in inside[0]
    assert len(inside[1]) >= len(before[1]) + 6


def test_clients_that_come_as_the_proxy_ends_leave_nothing_behind(app: Recorder) -> None:
    before = held()
    for _ in range(30):
        with ExitStack() as stack, served(app) as address:
            with FaultProxy(address) as proxy:
                for _ in range(5):
                    stack.enter_context(connected(proxy.address)).request("GET", "/")
            assert held() != before  # the control: the server, and the clients' own sockets
    assert held() == before
