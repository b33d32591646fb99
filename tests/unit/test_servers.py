"""ASGI applications served from a thread, with the errors beside the test."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from presswork.errors import PressworkError
from presswork.testing.servers import listening, served
from support_recorder import Recorder, ask, connected, held

if TYPE_CHECKING:
    from collections.abc import Callable

EMPTY = {"type": "http.response.body", "body": b""}
OK = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}


async def broken(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    raise ZeroDivisionError(scope["path"])


def speaking(
    *, start: str = "lifespan.startup.complete", end: str = "lifespan.shutdown.complete", then: Exception | None = None
) -> Callable[..., Any]:
    """Return an application with a lifespan that answers so, and raises `then` after its first answer that failed."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send(OK)
            await send(EMPTY)
            return
        for said in (start, end):
            await receive()
            app.said.append(said)  # type: ignore[attr-defined]
            await send({"type": said})
            if then is not None and said.endswith("failed"):
                raise then

    app.said = []  # type: ignore[attr-defined]
    return app


def test_an_application_answers_at_the_address_that_was_yielded() -> None:
    app = Recorder()
    with served(app) as address, connected(address) as line:
        assert address.startswith("http://127.0.0.1:")
        assert ask(line, "GET", "/a") == (200, b"/a")
        assert ask(line, "PUT", "/b", b"x" * 5_000_000) == (200, b"x" * 5_000_000)
    assert [(asked.method, asked.path) for asked in app.asked] == [("GET", "/a"), ("PUT", "/b")]
    assert len({asked.port for asked in app.asked}) == 1


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_address_of_ipv6_is_served_too() -> None:
    with served(Recorder(), host="::1") as address, connected(address) as line:
        assert ask(line, "GET", "/a") == (200, b"/a")


def test_what_a_listening_socket_accepts_sends_without_delay() -> None:
    with listening("127.0.0.1") as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_the_application_raised_is_raised_at_the_end() -> None:
    with pytest.raises(ZeroDivisionError, match="/a"), served(broken) as address, connected(address) as line:
        assert ask(line, "GET", "/a")[0] == 500


def test_several_errors_are_raised_together() -> None:
    def provoke() -> None:
        with served(broken) as address:
            for path in ("/a", "/b"):
                with connected(address) as line:
                    ask(line, "GET", path)

    with pytest.raises(ExceptionGroup) as group:
        provoke()
    assert [str(error) for error in group.value.exceptions] == ["/a", "/b"]


def test_a_failure_of_the_block_goes_first_and_carries_those_of_the_application() -> None:
    def provoke() -> None:
        with served(broken) as address, connected(address) as line:
            ask(line, "GET", "/a")
            raise KeyError("of the block")

    with pytest.raises(KeyError) as failure:
        provoke()
    assert "ZeroDivisionError: /a" in "".join(failure.value.__notes__)


def hang_up(address: str, path: str) -> None:
    """Promise a body, and go before it is sent."""
    host, port = urlsplit(address).hostname, urlsplit(address).port
    with socket.create_connection((host, port)) as line:
        line.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n".encode())


@pytest.mark.parametrize("excused", [True, False])
def test_an_error_counts_unless_the_client_had_gone(*, excused: bool) -> None:
    seen = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        try:
            while excused and (await receive())["type"] != "http.disconnect":
                pass
            raise ConnectionError("the body broke off")
        finally:
            seen.set()

    def provoke() -> None:
        with served(app) as address:
            hang_up(address, "/a")
            assert seen.wait(30)

    if excused:
        provoke()
    else:
        with pytest.raises(ConnectionError):
            provoke()


def test_the_lifespan_starts_before_the_block_and_ends_after_it() -> None:
    app = speaking()
    with served(app) as address, connected(address) as line:
        assert app.said == ["lifespan.startup.complete"]  # type: ignore[attr-defined]
        assert ask(line, "GET", "/")[0] == 200
    assert app.said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("then", "raised"), [(OSError("no disk"), OSError), (None, PressworkError)])
def test_an_application_that_does_not_start_is_an_error_of_the_block(
    then: Exception | None, raised: type[Exception]
) -> None:
    entered = False
    with pytest.raises(raised), served(speaking(start="lifespan.startup.failed", then=then)):
        entered = True
    assert not entered


def test_an_error_at_the_end_of_the_lifespan_is_raised() -> None:
    with (
        pytest.raises(OSError, match="no disk"),
        served(speaking(end="lifespan.shutdown.failed", then=OSError("no disk"))),
    ):
        pass


async def waiting(scope: Any, receive: Any, send: Any) -> None:
    """Answers nothing; ends when the client has gone."""
    assert scope["type"] == "http"
    while (await receive())["type"] != "http.disconnect":
        pass


def test_a_request_under_way_at_the_end_sees_its_client_go() -> None:
    with served(waiting) as address, connected(address) as line:
        line.request("GET", "/")
    with connected(address) as line, pytest.raises(ConnectionRefusedError):
        line.request("GET", "/")


def test_a_request_that_does_not_end_with_its_client_is_an_error() -> None:
    entered = threading.Event()

    async def stubborn(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            entered.set()
            await asyncio.Event().wait()

    def provoke() -> None:
        with served(stubborn, grace=0) as address, connected(address) as line:
            line.request("GET", "/")
            assert entered.wait(30)

    with pytest.raises(PressworkError, match=r"1 request\(s\) were still being answered"):
        provoke()


def test_nothing_is_logged_or_printed(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(ZeroDivisionError), served(broken) as address, connected(address) as line:
        ask(line, "GET", "/")
    assert (caplog.records, *capfd.readouterr()) == ([], "", "")
    logging.getLogger("uvicorn.error").critical("the control: this would be seen")
    assert [record.name for record in caplog.records] == ["uvicorn.error"]


def test_threads_and_sockets_end_with_the_block() -> None:
    before = held()
    with served(Recorder()) as address, connected(address) as idle, connected(address) as line:
        idle.connect()
        assert ask(line, "GET", "/") == (200, b"/")
        inside = held()
    threads, sockets = before
    assert held() == before
    assert "presswork-served" in inside[0]
    assert len(inside[1]) > len(sockets)
    assert "presswork-served" not in threads


def test_many_clients_are_answered_at_once() -> None:
    app, met = Recorder(), threading.Barrier(40, timeout=30)
    answers: list[tuple[int, bytes]] = []

    def client(number: int) -> None:
        with connected(address) as line:
            line.connect()
            met.wait()
            answers.append(ask(line, "GET", f"/{number}"))

    with served(app) as address:
        threads = [threading.Thread(target=client, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == sorted((200, f"/{number}".encode()) for number in range(40))


def test_a_connection_left_open_is_cut_at_the_end() -> None:
    with ExitStack() as stack:
        with served(Recorder()) as address:
            line = stack.enter_context(connected(address))
            assert ask(line, "GET", "/")[0] == 200
        line.auto_open = 0
        with pytest.raises(ConnectionError):  # http.client's RemoteDisconnected is one
            ask(line, "GET", "/")


def test_clients_that_come_as_the_server_ends_leave_nothing_behind() -> None:
    before = held()
    for _ in range(30):
        with ExitStack() as stack:
            with served(Recorder()) as address:
                at = (urlsplit(address).hostname, urlsplit(address).port)
                for _ in range(5):
                    stack.enter_context(socket.create_connection(at))
            assert held() != before  # the control: the clients' own sockets
    assert held() == before
