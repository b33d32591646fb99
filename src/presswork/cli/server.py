"""Running an ASGI application on a socket of our own, until Ctrl-C."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from presswork.errors import ConfigError, PressworkError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run"]


def run(make_app: Callable[[], Callable[..., Any]], bind: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted, calling `ready` with the address once it is listened on.

    `ConfigError` where the server is not installed; `PressworkError` where the address is taken.
    """
    try:
        import uvicorn

        app = make_app()
    except ImportError as error:
        raise ConfigError(f"The server is not installed: {error}.", hint="pip install 'presswork[serve]'") from error
    try:
        listener = socket.create_server((bind, port), family=socket.AF_INET6 if ":" in bind else socket.AF_INET)
    except OSError as error:
        raise PressworkError(
            f"{bind}:{port} cannot be listened on: {error.strerror}.",
            hint="Choose another with --port; 0 takes a free one.",
        ) from error
    # asyncio does this only for sockets made with an explicit protocol; without it small answers wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = f"[{bind}]" if ":" in bind else bind
    ready(f"http://{name}:{listener.getsockname()[1]}")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with suppress(KeyboardInterrupt):  # the way to stop it
        server.run(sockets=[listener])
