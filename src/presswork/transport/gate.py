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

    The width halves where the host is in trouble, once for all requests that were under way then, and grows back by
    one for each whole width of successes, never above the cap. `wait(seconds, why)` waits visibly and can be
    cancelled. `passed` counts the requests that were let through.
    """

    def __init__(self, cap: int, *, clock: Callable[[], float], wait: Callable[[float, str], None]) -> None:
        self._most = max(1, cap)
        self._cap = self._most
        self._width = float(self._most)
        self._clock = clock
        self._wait = wait
        self._active = 0
        self._free = threading.Condition(threading.Lock())
        self._until: dict[str, tuple[float, str]] = {}
        self._age = 0
        self.passed = 0

    @property
    def width(self) -> int:
        """How many requests may go out at once now."""
        return max(1, int(self._width))

    @contextmanager
    def slot(self, bucket: str) -> Iterator[int]:
        """Wait for the bucket's pause to end and for a free place, and hold it for the block.

        Yields the age of the width, for `went_badly`.
        """
        while True:
            self._sit_out(bucket)
            with self._free:
                while self._active >= self.width:
                    self._free.wait()
                if self._left(bucket) <= 0:
                    self._active += 1
                    self.passed += 1
                    age = self._age
                    break
                self._free.notify()  # a pause began meanwhile: the place is for somebody of another bucket
        try:
            yield age
        finally:
            with self._free:
                self._active -= 1
                self._free.notify()

    def cap(self, most: int) -> None:
        """Take the host's word for how many requests it allows at once."""
        with self._free:
            self._cap = min(self._most, max(1, most))
            self._width = min(self._width, self._cap)

    def went_well(self) -> None:
        """Grow a little after a success."""
        if self._width < self._cap:
            with self._free:
                self._width = min(self._cap, self._width + 1 / self._width)
                self._free.notify()

    def went_badly(self, age: int) -> None:
        """Halve the width after trouble at the host, unless that was done since the request of this `age` began."""
        with self._free:
            if age == self._age:
                self._age += 1
                self._width = max(1.0, self._width / 2)

    def pause(self, bucket: str, seconds: float, why: str) -> None:
        """Let nothing of a bucket through for so long."""
        until = self._clock() + seconds
        with self._free:
            if until > self._until.get(bucket, (0.0, ""))[0]:
                self._until[bucket] = (until, why)

    def _left(self, bucket: str) -> float:
        return self._until[bucket][0] - self._clock() if bucket in self._until else 0.0

    def _sit_out(self, bucket: str) -> None:
        while (left := self._left(bucket)) > 0:
            self._wait(left, self._until[bucket][1])
