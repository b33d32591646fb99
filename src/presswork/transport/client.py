"""The client every host plugin speaks through: one origin's token, retries, pacing, errors with remedies."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field, replace
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final

import httpx

from presswork.errors import PressworkError
from presswork.mask import Mask
from presswork.source import PIECE
from presswork.transport.answers import Answer, Answered, Unanswered, is_busy, ordered_pause
from presswork.transport.asking import Api
from presswork.transport.gate import Gate
from presswork.transport.roads import Roads
from presswork.transport.troubles import Trouble, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from presswork.transport.asking import Ask, Content
    from presswork.transport.trace import Trace

__all__ = ["Client", "Terms"]

_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_PAUSES: Final = 10
"""How often a host may ask one request to wait before the waiting counts as being without progress."""
_LONGEST_PAUSE: Final = 3600.0
"""Seconds: no longer pause is waited for."""
_FEW: Final = 3
"""How often a request is repeated for a status that its host alone calls passing (`again_on`)."""
_LARGE: Final = 4 * PIECE
"""Bytes of a body above which it waits on the disk."""
_COUNT: Final = re.compile(r"\d{1,6}")


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


@dataclass
class _Effort:
    """One request, how it may be repeated, and what has come of it so far."""

    ask: Ask
    expect: Collection[int]
    again_on: Collection[int]
    safe: bool
    bucket: str
    into: IO[bytes] | None
    tries: int = 0
    pauses: int = 0
    odd: int = 0
    ordered: bool = False
    too_long: float = 0.0
    uncertain: bool = False
    failing_since: float | None = None
    came: Answer | Trouble | PressworkError | None = None


class Client:
    """Speaks to one API. Any number of threads may share it.

    `base` is the API's address; the token goes to its origin only, and over plain `http:` only on loopback.
    `retries` counts every try after a request's first. `ConfigError` where `base` or the token cannot be used.
    """

    def __init__(self, base: str, token: str | None, terms: Terms) -> None:
        self.base = base.rstrip("/")
        self._terms = terms
        self._api = Api(base, token, terms.timeout, terms.mask)
        self._roads = Roads(terms.clock)
        self._gate = Gate(terms.workers, clock=terms.clock, wait=terms.wait)
        self._progress = terms.clock()
        self._lock = threading.Lock()
        self.retries = 0

    @property
    def requests(self) -> int:
        """How many requests were sent, every try counted."""
        return self._gate.passed

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
        into: IO[bytes] | None = None,
    ) -> Answer:
        """Send a request, again where that is safe and may help, and return an answer of 2xx or in `expect`.

        `path` is below `base`, or a whole address, which goes out byte for byte. `repeat` says whether it is safe to
        send it again after an unknown outcome or a 5xx (GET, HEAD, PUT and DELETE are); what never left, and what is
        answered with 408, 425 or 429, is always sent again. `again_on` names more statuses: a 5xx, or one that this
        host gives for a moment, for which it is sent again a few times. `signed`: the address carries its own right
        and gets no token. `bucket` names the rate limit it counts against. `file` is the site's path concerned. The
        body of an answer of 2xx is written to `into`, where that is given, and not kept.

        Raises `Answered`, `Unanswered`, what reading `body` raises (`ContentChanged`), and what `Terms.wait` raises.
        """
        ask = self._api.ask(method, path, json=json, body=body, params=params, headers=headers, signed=signed)
        safe = method in _REPEATABLE if repeat is None else repeat
        effort = _Effort(ask, expect, again_on, safe, bucket, into)
        if self._try(effort):
            self._persist(effort)
        came = effort.came
        if isinstance(came, Answer) and (came.status // 100 == 2 or came.status in expect):
            return came
        what = self._terms.mask(str(ask))
        if isinstance(came, Answer):
            raise Answered(came, what=what, path=file, tries=effort.tries, pause=effort.too_long)
        if isinstance(came, Trouble):
            raise Unanswered(came, what=what, path=file, tries=effort.tries, uncertain=effort.uncertain)
        assert came is not None  # noqa: S101 -- `_try` has sent it
        raise came

    def get(self, path: str, **more: Any) -> Answer:
        """Send a GET; see `request`."""
        return self.request("GET", path, **more)

    def pieces(self, path: str, **more: Any) -> Iterator[bytes]:
        """Send a GET and yield the answer's body, once it is whole, in pieces of at most 256 KiB; see `request`.

        A large one waits on the disk, not in memory.
        """
        with SpooledTemporaryFile(_LARGE) as body:
            self.request("GET", path, into=body, **more)
            body.seek(0)
            while piece := body.read(PIECE):
                yield piece

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
        """Close all connections, for good: a thread that waits for an answer wakes with an error."""
        self._roads.close()

    def _try(self, effort: _Effort) -> bool:
        """Send a request once; say whether to send it again."""
        with self._gate.slot(effort.bucket) as age:
            effort.came = came = self._send(effort.ask, effort.into)
        effort.tries += 1
        effort.ordered = False
        if isinstance(came, Answer):
            again = self._heed(effort, came, age)
        elif isinstance(came, Trouble):
            self._gate.went_badly(age)
            effort.uncertain |= came.sent
            again = came.passing and (effort.safe or not came.sent)
        else:
            return False
        if effort.ordered and effort.pauses <= _PAUSES:
            effort.failing_since = None
        elif again and effort.failing_since is None:
            effort.failing_since = self._terms.clock()
        return again and not self._roads.closed

    def _send(self, ask: Ask, into: IO[bytes] | None) -> Answer | Trouble | PressworkError:
        """Send once and read the whole answer."""
        terms = self._terms
        began = terms.clock()
        came: Answer | Trouble | PressworkError
        try:
            response = self._roads.fetch(ask.request(), into)
            content = b"" if into is not None and response.is_success else response.content
            came = Answer(response.status_code, response.headers, content, terms.mask)
        except PressworkError as error:
            came = error
        except httpx.RequestError as error:
            trouble = explain(error)
            came = replace(trouble, why=terms.mask(trouble.why))
        if terms.trace is not None:
            outcome = came.message if isinstance(came, PressworkError) else came
            terms.trace.exchange(ask, outcome.why if isinstance(outcome, Trouble) else outcome, terms.clock() - began)
        return came

    def _heed(self, effort: _Effort, answer: Answer, age: int) -> bool:
        """Let all workers know what an answer says of the host's state; say whether to send its request again."""
        status = answer.status
        busy = is_busy(status)
        self._pace(effort, answer)
        if busy:
            self._gate.went_badly(age)
        if status // 100 == 2 or status in effort.expect:
            if not busy:
                self._gate.went_well()
            self._progress = self._terms.clock()
            return False
        if effort.too_long:
            return False
        if status in effort.again_on and not busy:
            effort.odd += 1
            return effort.odd <= _FEW
        return busy and (effort.safe or status < 500 or status in effort.again_on)

    def _pace(self, effort: _Effort, answer: Answer) -> None:
        """Keep to the width and the pause that an answer asks for."""
        most = answer.headers.get("x-concurrent-limit", "")
        if _COUNT.fullmatch(most):
            self._gate.cap(int(most))
        busy = is_busy(answer.status)
        pause = ordered_pause(answer, time.time())
        if not pause or not (busy or answer.headers.get("x-ratelimit-remaining", "").strip() == "0"):
            return
        if pause > _LONGEST_PAUSE:
            effort.too_long = pause
            return
        self._gate.pause(effort.bucket, pause, f"the host asks to wait ({answer.status})")
        effort.ordered = busy
        effort.pauses += busy

    def _persist(self, effort: _Effort) -> None:
        """Send a request again until it need not be, or patience ends; a first try has been made."""
        from tenacity import Retrying, retry_if_result, wait_random_exponential  # most deploys need no second try

        jitter = wait_random_exponential(multiplier=0.25, max=10)
        tried = True

        def attempt() -> bool:
            nonlocal tried
            if tried:
                tried = False
                return True
            with self._lock:
                self.retries += 1
            return self._try(effort)

        Retrying(
            retry=retry_if_result(bool),
            wait=lambda state: 0.0 if effort.ordered else jitter(state),
            stop=lambda _state: self._out_of_patience(effort),
            sleep=lambda seconds: self._pause(effort, seconds),
            retry_error_callback=lambda _state: None,
        )(attempt)

    def _out_of_patience(self, effort: _Effort) -> bool:
        since = effort.failing_since
        return since is not None and self._terms.clock() - max(self._progress, since) >= self._terms.patience

    def _pause(self, effort: _Effort, seconds: float) -> None:
        if seconds:  # an ordered pause is sat out at the gate, with all others of the bucket
            came = effort.came
            why = f"answered {came.status}" if isinstance(came, Answer) else "gave no answer"
            self._terms.wait(seconds, f"the host {why}, trying again")
