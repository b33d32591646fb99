"""The client every host plugin speaks through: one origin's token, retries, pacing, errors with remedies."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
from tenacity import Retrying, retry_if_result, wait_random_exponential

from presswork import __version__
from presswork.errors import ConfigError, PressworkError
from presswork.mask import Mask
from presswork.source import PIECE
from presswork.transport.answers import Answer, Answered, Unanswered, ordered_pause
from presswork.transport.gate import Gate
from presswork.transport.roads import Roads, is_loopback, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tenacity import RetryCallState

    from presswork.source import Content
    from presswork.transport.trace import Trace

__all__ = ["Client", "Terms"]

_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_BUSY: Final = frozenset({408, 425, 429})
_PAUSES: Final = 10
"""How often a host may ask one request to wait before it is given up."""
_SLOWEST: Final = 128 * 1024
"""Bytes a second below which the host's work on a body counts as stuck."""
_jitter: Final = wait_random_exponential(multiplier=0.25, max=10)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On what terms a client works: `timeout` seconds for an answer, `patience` seconds without any progress.

    `wait(seconds, why)` waits visibly and raises `Cancelled` where the deploy is stopped.
    """

    timeout: float = 30.0
    patience: float = 60.0
    workers: int = 8
    wait: Callable[[float, str], None] = field(default=lambda seconds, _why: time.sleep(seconds))
    mask: Mask = field(default_factory=Mask)
    trace: Trace | None = None
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, kw_only=True)
class _Ask:
    """One request, as it is sent at every try."""

    method: str
    address: str
    body: Content | bytes | None
    headers: Mapping[str, str]
    params: Mapping[str, str] | None
    signed: bool
    size: int


@dataclass
class _Try:
    """What came of sending a request once: an answer, or trouble on the line, or an error of the body's."""

    answer: Answer | None = None
    trouble: str = ""
    error: PressworkError | None = None
    reached: bool = True
    ordered: bool = False
    again: bool = False


class Client:
    """Speaks to one API. Threads may share it: each has its own connection.

    `base` is the API's address; the token goes to its origin only, and over plain `http:` only on loopback.
    `requests` counts every try, `retries` every try after the first.
    """

    def __init__(self, base: str, token: str | None, terms: Terms) -> None:
        self.base = base.rstrip("/")
        if token is not None:
            terms.mask.add(token)
            if not self.base.startswith("https:") and not is_loopback(self.base):
                raise ConfigError(
                    f"{self.base} is not https: a token would travel in the open.", hint="Use the https address."
                )
        self._token = token
        self._terms = terms
        self._roads = Roads()
        self._gate = Gate(terms.workers, clock=terms.clock, wait=terms.wait)
        self._progress = terms.clock()
        self.requests = 0
        self.retries = 0

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: Content | bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: Collection[int] = (),
        repeat: bool | None = None,
        again_on: Collection[int] = (),
        signed: bool = False,
        bucket: str = "",
        file: str | None = None,
    ) -> Answer:
        """Send a request, again where that is safe and may help, and return an answer of 2xx or in `expect`.

        `path` is below `base`, or a whole address. `repeat` says whether it is safe to send it again after an
        unknown outcome (GET, HEAD, PUT and DELETE are). `again_on` names statuses to repeat besides 408, 425, 429
        and 5xx. `signed`: the address carries its own right and gets no token. `bucket` names the rate limit it
        counts against. `file` is the site's path concerned. Raises `Answered`, `Unanswered`, `ContentChanged`.
        """
        if json is not None:
            body = msgspec.json.encode(json)
            headers = {"content-type": "application/json", **(headers or {})}
        ask = _Ask(
            method=method,
            address=path if "://" in path else f"{self.base}/{path.lstrip('/')}",
            body=body,
            headers=headers or {},
            params=params,
            signed=signed,
            size=len(body) if isinstance(body, bytes) else body.size if body else 0,
        )
        safe = method in _REPEATABLE if repeat is None else repeat
        began = self._terms.clock()
        pauses = 0

        def once() -> _Try:
            nonlocal pauses
            with self._gate.slot(bucket):
                made = self._send(ask)
            self._learn(made, bucket)
            pauses += made.ordered
            made.again = pauses < _PAUSES and self._helps(made, expect, again_on, safe=safe)
            return made

        retrying = Retrying(
            retry=retry_if_result(lambda made: made.again),
            wait=lambda state: 0.0 if _last(state).ordered else _jitter(state),
            stop=lambda _state: self._terms.clock() - max(self._progress, began) >= self._terms.patience,
            sleep=self._pause,
            before_sleep=self._count,
            retry_error_callback=_last,
        )
        made: _Try = retrying(once)
        what = f"{method} {self._terms.mask(urlsplit(ask.address).path)}"
        if made.error is not None:
            raise made.error
        if made.answer is None:
            tries = int(retrying.statistics["attempt_number"])
            why = self._terms.mask(made.trouble)
            raise Unanswered(why, what=what, path=file, tries=tries, uncertain=made.reached)
        if made.answer.status // 100 != 2 and made.answer.status not in expect:
            raise Answered(made.answer, what=what, path=file, mask=self._terms.mask)
        return made.answer

    def get(self, path: str, **more: Any) -> Answer:
        """Send a GET; see `request`."""
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> Answer:
        """Send a POST, which is not repeated after an unknown outcome unless `repeat` says so; see `request`."""
        return self.request("POST", path, **more)

    def put(self, path: str, **more: Any) -> Answer:
        """Send a PUT; see `request`."""
        return self.request("PUT", path, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        """Send a DELETE; see `request`."""
        return self.request("DELETE", path, **more)

    def close(self) -> None:
        """Close all connections."""
        self._roads.close()

    def _send(self, ask: _Ask) -> _Try:
        """Send once and read the whole answer."""
        self.requests += 1
        content = b""
        outcome: httpx.Response | str
        try:
            request = self._request(ask)
        except PressworkError as error:  # the file is not what it was: nothing was sent
            return _Try(error=error)
        try:
            outcome = self._roads.take(request)
            content = outcome.read()
            made = _Try(Answer(outcome.status_code, outcome.headers, content))
        except PressworkError as error:
            outcome = error.message
            made = _Try(error=error)
        except httpx.TransportError as error:
            outcome = str(error)
            made = _Try(trouble=outcome, reached=not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)))
        if self._terms.trace is not None:
            sent = ask.body if isinstance(ask.body, bytes) else f"({ask.size:,} bytes)" if ask.body else b""
            self._terms.trace.exchange(request, sent, outcome, content)
        return made

    def _request(self, ask: _Ask) -> httpx.Request:
        slow = self._terms.timeout + ask.size / _SLOWEST
        headers = {"user-agent": f"presswork/{__version__}", "accept": "application/json, */*", **ask.headers}
        if self._token is not None and not ask.signed and origin(ask.address) == origin(self.base):
            headers["authorization"] = f"Bearer {self._token}"
        body: Any = ask.body
        if body is not None and not isinstance(body, bytes):
            headers["content-length"] = str(body.size)
            body = body.read() if body.size <= PIECE else body.pieces()
        elif body is None and ask.method in {"POST", "PUT", "PATCH"}:
            body = b""
        timeout = {"connect": self._terms.timeout, "read": slow, "write": self._terms.timeout, "pool": None}
        return httpx.Request(
            ask.method, ask.address, params=ask.params, headers=headers, content=body, extensions={"timeout": timeout}
        )

    def _learn(self, made: _Try, bucket: str) -> None:
        """Let all workers know what one answer says of the host's state."""
        answer = made.answer
        if answer is None:
            if made.error is None:
                self._gate.went_badly()
            return
        if answer.headers.get("x-concurrent-limit", "").isdigit():
            self._gate.cap(int(answer.headers["x-concurrent-limit"]))
        busy = answer.status in _BUSY or answer.status >= 500
        pause = ordered_pause(answer, time.time())
        if pause is not None and (busy or answer.headers.get("x-ratelimit-remaining") == "0"):
            made.ordered = busy
            self._gate.pause(bucket, pause, f"the host asks to wait ({answer.status})")
        if busy:
            self._gate.went_badly()
        else:
            self._gate.went_well()
            self._progress = self._terms.clock()

    def _helps(self, made: _Try, expect: Collection[int], again_on: Collection[int], *, safe: bool) -> bool:
        """Say whether the same request may succeed if it is sent again, and may be."""
        if made.error is not None:
            return False
        if made.answer is None:
            return safe or not made.reached
        status = made.answer.status
        if status in expect:
            return False
        return status in _BUSY or status in again_on or (safe and status >= 500)

    def _count(self, _state: RetryCallState) -> None:
        self.retries += 1

    def _pause(self, seconds: float) -> None:
        if seconds:
            self._terms.wait(seconds, "trying again")


def _last(state: RetryCallState) -> _Try:
    assert state.outcome is not None  # noqa: S101 -- tenacity asks after a try
    made: _Try = state.outcome.result()
    return made
