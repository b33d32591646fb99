"""Ctrl-C where it has to wait: the first one does, the second does not. SIGTERM counts as Ctrl-C."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["held", "terminable"]


@contextmanager
def held() -> Iterator[Callable[[], bool]]:
    """Hold the first Ctrl-C back until the block is over; outside the main thread, do nothing.

    The block gets a function that tells whether there was one. A flag is sure where an exception is not: Python drops
    what is raised while it calls back for a garbage collection.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    asked = False

    def once(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            signal.default_int_handler(number, frame)
        asked = True

    before = signal.signal(signal.SIGINT, once)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM, with which CI services cancel a job, do what Ctrl-C does.

    A shell lets a command in the background ignore Ctrl-C; SIGTERM ends it all the same.
    """

    def end(_number: int, frame: FrameType | None) -> None:
        handler = signal.getsignal(signal.SIGINT)
        (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
