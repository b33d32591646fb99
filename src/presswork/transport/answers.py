"""What a host answered, and the errors made of answers that were not hoped for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from presswork.errors import HostError
from presswork.mask import Mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from presswork.transport.troubles import Trouble

__all__ = ["Answer", "Answered", "Unanswered", "is_busy", "ordered_pause", "said"]

T = TypeVar("T")

_HINTS: Final = {
    400: "See what the host says of it; if its own documents allow it, report it with --trace.",
    401: "The host does not take this token: make a new one, or set the right one in the environment.",
    402: "The account's plan does not allow it: look at the host's own pages.",
    403: "This account may not do that: check the token's owner and its rights at the host.",
    404: "Check the site's name or id, and that the token's owner may see it.",
    413: "Make it smaller, or leave it out with `ignore`.",
    429: "The host's rate limit is used up: wait, then run the same command again.",
    507: "The host is full: remove what is not needed there.",
}
_MOVED: Final = "The address has moved, and a token follows no redirect: check the API's address."
_FAILED: Final = "The host is in trouble: see its status page, then run the same command again: it goes on."
_OTHER: Final = "Run the same command again; if it stays so, look at the host's own pages."
_LONGEST_TEXT: Final = 300
_LONGEST_PAGE: Final = 1_000_000
_A_SPAN: Final = 10_000_000
"""An `X-RateLimit-Reset` below this, which as a moment would be in 1970, is a number of seconds from now."""
_A_MOMENT_IN_MS: Final = 100_000_000_000


@dataclass(frozen=True)
class Answer:
    """One answer: status, headers (any case), and the whole body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    mask: Mask = field(default_factory=Mask, repr=False, compare=False)

    def decode(self, kind: type[T]) -> T:
        """Return the JSON body as a value of this type; `HostError` where it is not one."""
        try:
            return msgspec.json.decode(self.content, type=kind, strict=False)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise HostError(
                f"The host's answer is not what its protocol says: {self.mask(str(error))}.",
                hint="Run the same command again; if it stays so, the host has changed: report it with --trace.",
                retryable=True,
            ) from None

    @property
    def json(self) -> Any:
        """The body as plain JSON values; None where it is not JSON."""
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return None


class Answered(HostError):
    """The host answered with a status that was not hoped for.

    `status` is the HTTP status, `reason` the host's own code where it sent one, `details` its JSON body (masked),
    `said` its own words.
    """

    def __init__(self, answer: Answer, *, what: str, path: str | None, tries: int = 1, pause: float = 0.0) -> None:
        text = said(answer)
        super().__init__(
            f"The host answered {answer.status} to {what}{_after(tries)}" + (f": {text}" if text else "."),
            hint=_hint(answer.status, pause),
            path=path,
            retryable=is_busy(answer.status),
        )
        self.status = answer.status
        self.said = text
        self.details = _masked(answer.json, answer.mask)
        code = self.details.get("code") if isinstance(self.details, dict) else None
        self.reason = code if isinstance(code, str) else None


class Unanswered(HostError):
    """No answer came. `uncertain` says whether the request may have been carried out all the same."""

    def __init__(self, trouble: Trouble, *, what: str, path: str | None, tries: int, uncertain: bool) -> None:
        super().__init__(
            f"The host did not answer to {what}{_after(tries)}: {trouble.why}.",
            hint=trouble.hint,
            path=path,
            retryable=trouble.passing,
        )
        self.uncertain = uncertain


def is_busy(status: int) -> bool:
    """Say whether a status means that the same request may succeed later."""
    return status in {408, 425, 429} or status >= 500


def said(answer: Answer) -> str:
    """Return the host's own words without secrets, in one line of at most 300 characters; empty where it has none."""
    body = answer.json
    if isinstance(body, dict):
        found = next((body[key] for key in ("message", "error", "errors") if body.get(key)), "")
        text = found if isinstance(found, str) else msgspec.json.encode(found).decode()
    else:
        text = answer.mask(answer.content[:_LONGEST_PAGE].decode(errors="replace"))  # before it is taken apart
        if "<" in text:
            title = re.search(r"(?is)<title[^>]*>(.*?)</title>", text)
            text = title[1] if title else re.sub(r"(?s)<[^>]*>", " ", text)
    return _line(answer.mask(text))


def ordered_pause(answer: Answer, now: float) -> float | None:
    """Return the seconds a host asks to wait for, by `Retry-After` (seconds or date) or `X-RateLimit-Reset`.

    `X-RateLimit-Reset` is in Unix seconds (some hosts: milliseconds, or seconds from now), and counts where nothing
    remains or the answer is a 429. None where the host does not ask. `now` is the Unix time; the answer's own `Date`
    goes before it, since the host's clock is the one it reckons by.
    """
    after = answer.headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after)
    moment = _date(after)
    if moment is None and (answer.status == 429 or answer.headers.get("x-ratelimit-remaining", "").strip() == "0"):
        reset = answer.headers.get("x-ratelimit-reset", "").strip()
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", reset):
            return None
        moment = float(reset)
        if moment < _A_SPAN:
            return moment
        if moment > _A_MOMENT_IN_MS:
            moment /= 1000
    if moment is None:
        return None
    return max(0.0, moment - (_date(answer.headers.get("date", "")) or now))


def _date(text: str) -> float | None:
    """Return the Unix time of a date in a header; one without a zone is UTC."""
    if not text:
        return None
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _hint(status: int, pause: float) -> str:
    if pause:
        return f"The host asks to wait for {pause / 60:.0f} minutes: run the same command again after that."
    if status // 100 == 3:
        return _MOVED
    return _HINTS.get(status, _FAILED if status >= 500 else _OTHER)


def _after(tries: int) -> str:
    return f" after {tries} tries" if tries > 1 else ""


def _line(text: str) -> str:
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"


def _masked(value: Any, mask: Mask) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_masked(item, mask) for item in value]
    if isinstance(value, dict):
        return {mask(key): _masked(item, mask) for key, item in value.items()}
    return value
