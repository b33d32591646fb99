"""How many requests go out at once, and when: shared by all workers of one client."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Gate"]


class Gate:
    """Lets at most `width` requests through at a time; holds all of a bucket back while its host asks for a pause.

    The width halves where the host is in trouble and grows back by one for each whole width of successes, never
    above `cap`. `wait(seconds, why)` waits visibly and can be cancelled.
    """

    def __init__(self, cap: int, *, clock: Callable[[], float], wait: Callable[[float, str], None]) -> None:
        self._cap = cap
        self._width = float(cap)
        self._clock = clock
        self._wait = wait
        self._active = 0
        self._free = threading.Condition()
        self._until: dict[str, tuple[float, str]] = {}

    @property
    def width(self) -> int:
        """How many requests may go out at once now."""
        return max(1, int(self._width))

    @contextmanager
    def slot(self, bucket: str) -> Iterator[None]:
        """Wait for the bucket's pause to end and for a free place, and hold it for the block."""
        while True:
            self._sit_out(bucket)
            with self._free:
                while self._active >= self.width:
                    self._free.wait()
                if self._clock() >= self._until.get(bucket, (0.0, ""))[0]:
                    self._active += 1
                    break
        try:
            yield
        finally:
            with self._free:
                self._active -= 1
                self._free.notify()

    def cap(self, most: int) -> None:
        """Take the host's word for how many requests it allows at once."""
        with self._free:
            self._cap = min(self._cap, max(1, most))
            self._width = min(self._width, self._cap)

    def went_well(self) -> None:
        """Grow a little after a success."""
        with self._free:
            if self._width < self._cap:
                self._width = min(self._cap, self._width + 1 / self._width)
                self._free.notify()

    def went_badly(self) -> None:
        """Halve the width after trouble at the host."""
        with self._free:
            self._width = max(1.0, self._width / 2)

    def pause(self, bucket: str, seconds: float, why: str) -> None:
        """Let nothing of a bucket through for so long."""
        until = self._clock() + seconds
        with self._free:
            if until > self._until.get(bucket, (0.0, ""))[0]:
                self._until[bucket] = (until, why)

    def _sit_out(self, bucket: str) -> None:
        while True:
            until, why = self._until.get(bucket, (0.0, ""))
            left = until - self._clock()
            if left <= 0:
                return
            self._wait(left, why)
