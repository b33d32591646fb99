"""The limits of an account: requests in a window, deploys a minute and a day, uploads at a time."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from math import ceil
from typing import TYPE_CHECKING

from presswork_netlify.emulator.wire import Answer, Headers, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from presswork_netlify.emulator.behaviour import Behaviour

__all__ = ["Limits", "merged"]

_DAY = 86_400.0


class Limits:
    """Counts. `clock` gives seconds since the epoch."""

    def __init__(self, behaviour: Behaviour, clock: Callable[[], float]) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._reset = 0
        self._requests = 0
        self._uploads = 0
        self._deploys: deque[float] = deque()

    def request(self, *, upload: bool) -> None:
        """Count a request; `Refusal` with 429 where it is one too many."""
        self._roll_over()
        counts = not upload or self._behaviour.rate_uploads
        self._requests += counts
        if counts and self._requests > self._behaviour.rate_limit:
            raise Refusal(429, "Rate limit exceeded")

    def headers(self) -> Headers:
        """Return what every answer says about the requests left."""
        self._roll_over()
        limit = self._behaviour.rate_limit
        return self._headers(limit, max(0, limit - self._requests), self._reset)

    def deploy(self) -> None:
        """Count a deploy or a new site; `Refusal` with 429 where it is one too many."""
        now = self._clock()
        while self._deploys and self._deploys[0] <= now - _DAY:
            self._deploys.popleft()
        for limit, span in ((self._behaviour.deploys_per_minute, 60.0), (self._behaviour.deploys_per_day, _DAY)):
            if limit is None:
                continue
            recent = [when for when in self._deploys if when > now - span]
            if len(recent) >= limit:
                raise Refusal(429, "Too many deploys", headers=self._headers(limit, 0, ceil(recent[-limit] + span)))
        self._deploys.append(now)

    @contextmanager
    def upload(self) -> Iterator[Headers]:
        """Hold one of the places for uploads; gives the headers; `Refusal` with 429 where all are taken."""
        limit = self._behaviour.concurrent_uploads
        if limit is not None and self._uploads >= limit:
            raise Refusal(429, "Too many concurrent uploads", headers=_concurrent(limit, 0, b"exceeded"))
        self._uploads += 1
        try:
            yield () if limit is None else _concurrent(limit, limit - self._uploads, b"ok")
        finally:
            self._uploads -= 1

    def _roll_over(self) -> None:
        now = self._clock()
        if now >= self._reset:
            self._reset, self._requests = ceil(now + self._behaviour.rate_window), 0

    def _headers(self, limit: int, remaining: int, reset: int) -> Headers:
        if not self._behaviour.rate_headers:
            return ()
        return (
            (b"x-ratelimit-limit", b"%d" % limit),
            (b"x-ratelimit-remaining", b"%d" % remaining),
            (b"x-ratelimit-reset", b"%d" % reset),
        )


def _concurrent(limit: int, remaining: int, status: bytes) -> Headers:
    return (
        (b"x-concurrent-limit", b"%d" % limit),
        (b"x-concurrent-remaining", b"%d" % remaining),
        (b"x-concurrent-status", status),
    )


def merged(answer: Answer, headers: Headers) -> Answer:
    """Add headers to an answer, but for those it has already."""
    there = {name for name, _ in answer.headers}
    return answer.plus([header for header in headers if header[0] not in there])
