"""ASGI applications served from a thread on a loopback port, with the errors that tests must not lose."""

from __future__ import annotations

import asyncio
import socket
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from contextlib import contextmanager, suppress
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from presswork.errors import ConfigError, PressworkError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import uvicorn

__all__ = ["App", "in_thread", "listening", "raising", "served", "url_of"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
"""An ASGI 3 application."""

_IDLE: Final = 3600
"""Seconds before an idle connection is closed: no test is to meet that by being slow."""


@contextmanager
def served(app: App, *, host: str = "127.0.0.1", grace: float = 10.0) -> Iterator[str]:
    """Serve an ASGI application from a thread on a free port of `host`; yield its address, `http://127.0.0.1:PORT`.

    At the end every connection is cut, a request under way has `grace` seconds to end, and the application's lifespan
    ends. What the application raised is raised then, several together as an `ExceptionGroup`, or noted on the failure
    of the block itself. What it raises after it was told that the client had gone (`http.disconnect`) is no error.
    `ConfigError` where uvicorn is not installed; what the application's start raised where it does not start.
    """
    try:
        import uvicorn
    except ImportError as error:
        raise ConfigError(f"The server is not installed: {error}.", hint="pip install 'presswork[serve]'") from error
    errors: list[Exception] = []
    config = uvicorn.Config(
        _watched(app, errors),
        interface="asgi3",
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_keep_alive=_IDLE,
    )
    ready = threading.Event()
    with (
        raising(errors),
        listening(host) as listener,
        in_thread(lambda leave: _serve(config, listener, ready, leave, grace, errors), "presswork-served"),
    ):
        ready.wait()
        if errors:
            raise errors.pop(0)
        yield url_of(listener)


@contextmanager
def listening(host: str) -> Iterator[socket.socket]:
    """Listen on a free port of `host`; each connection accepted there sends at once (TCP_NODELAY)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, backlog=1024) as listener:
        # asyncio does this only for sockets made with an explicit protocol; without it small answers wait 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def url_of(listener: socket.socket) -> str:
    """Return the address at which a listening socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def in_thread(
    main: Callable[[asyncio.Event], Coroutine[Any, Any, None]], name: str
) -> Iterator[asyncio.AbstractEventLoop]:
    """Run `main` in a thread on an event loop of its own; yield the loop.

    At the end of the block the event is set that `main` was given; when it returns, the tasks left over are
    cancelled and the thread ends.
    """
    leave = asyncio.Event()
    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
    loop = runner.get_loop()

    def run() -> None:
        with runner:
            runner.run(main(leave))

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        with suppress(RuntimeError):  # the loop is closed: `main` has ended by itself
            loop.call_soon_threadsafe(leave.set)
        thread.join()


@contextmanager
def raising(errors: list[Exception]) -> Iterator[None]:
    """Raise at the end what was gathered in `errors`; where the block itself fails, note it on that failure."""
    try:
        yield
    except BaseException as failure:
        for error in errors:
            failure.add_note("Beside it:\n" + "".join(traceback.format_exception(error)))
        raise
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup("raised beside the test", errors)


async def _serve(
    config: uvicorn.Config,
    listener: socket.socket,
    ready: threading.Event,
    leave: asyncio.Event,
    grace: float,
    errors: list[Exception],
) -> None:
    """Give each connection to uvicorn's protocol: its own server sleeps as it ends, and forgets who is coming in."""
    from uvicorn.server import ServerState

    config.load()
    lifespan = config.lifespan_class(config)
    await lifespan.startup()
    if lifespan.should_exit and not errors:
        errors.append(PressworkError("The application did not start.", hint="See `lifespan.startup.failed`."))
    ready.set()
    if errors:
        return
    state = ServerState()
    loop = asyncio.get_running_loop()
    coming: set[asyncio.Task[Any]] = set()

    kind: Callable[..., asyncio.Protocol] = config.http_protocol_class
    protocol = partial(kind, config=config, server_state=state, app_state=lifespan.state)

    def accept() -> None:
        sock, _ = listener.accept()
        sock.setblocking(False)
        task = loop.create_task(loop.connect_accepted_socket(protocol, sock))
        coming.add(task)
        task.add_done_callback(coming.discard)

    listener.setblocking(False)
    loop.add_reader(listener, accept)
    while not leave.is_set():
        state.default_headers = [(b"date", formatdate(usegmt=True).encode()), *config.encoded_headers]
        with suppress(TimeoutError):
            await asyncio.wait_for(leave.wait(), 1)
    loop.remove_reader(listener)
    await asyncio.gather(*coming)
    for connection in list(state.connections):
        connection.transport.abort()
    if state.tasks:
        _, late = await asyncio.wait(state.tasks, timeout=grace)
        if late:  # cancelled when this returns
            message = f"{len(late)} request(s) were still being answered {grace:g} s after their clients had gone."
            errors.append(PressworkError(message, hint="End when `receive` returns `http.disconnect`."))
    await lifespan.shutdown()


def _watched(app: App, errors: list[Exception]) -> App:
    """Wrap an application so that what it raises is gathered too; raised on, uvicorn answers 500 as ever."""

    async def watched(scope: Message, receive: Receive, send: Send) -> None:
        excused = scope["type"] == "lifespan"  # an application without a lifespan says so by raising

        async def receiving() -> Message:
            nonlocal excused
            message = await receive()
            excused |= message["type"] == "http.disconnect"
            return message

        async def sending(message: Message) -> None:
            nonlocal excused
            excused &= not message["type"].startswith("lifespan")
            await send(message)

        try:
            await app(scope, receiving, sending)
        except Exception as error:
            if not excused:
                errors.append(error)
            raise

    return watched
