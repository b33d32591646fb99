"""What a host answered, and the errors made of answers that were not hoped for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from presswork.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Answer", "Answered", "Unanswered", "ordered_pause", "said"]

T = TypeVar("T")

_HINTS: Final = {
    401: "The host does not take this token: make a new one, or set the right one in the environment.",
    403: "This account may not do that: check the token's owner and its rights at the host.",
    404: "Check the site's name or id.",
    413: "Make it smaller, or leave it out with `ignore`.",
    429: "The host's rate limit is used up: wait, then run the same command again.",
}


@dataclass(frozen=True)
class Answer:
    """One answer: status, headers (any case), and the whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def decode(self, kind: type[T]) -> T:
        """Return the JSON body as a value of this type; `HostError` where it is not one."""
        try:
            return msgspec.json.decode(self.content, type=kind, strict=False)
        except msgspec.MsgspecError as error:
            raise HostError(
                f"The host's answer is not what its protocol says: {error}.",
                hint="Run the same command again; if it stays so, the host has changed: report it with --trace.",
                retryable=True,
            ) from None

    @property
    def json(self) -> Any:
        """The body as plain JSON values; None where it is not JSON."""
        try:
            return msgspec.json.decode(self.content)
        except msgspec.MsgspecError:
            return None


class Answered(HostError):
    """The host answered with a status that was not hoped for.

    `status` is the HTTP status, `reason` the host's own code where it sent one, `details` its JSON body (masked),
    `said` its own words.
    """

    def __init__(self, answer: Answer, *, what: str, path: str | None, mask: Callable[[str], str]) -> None:
        text = mask(said(answer))
        super().__init__(
            f"The host answered {answer.status} to {what}" + (f": {text}" if text else "."),
            hint=_HINTS.get(answer.status, "Run the same command again; if it stays so, look at the host's own pages."),
            path=path,
            retryable=answer.status in {408, 425, 429} or answer.status >= 500,
        )
        self.status = answer.status
        self.said = text
        body = answer.json
        self.details = msgspec.json.decode(mask(msgspec.json.encode(body).decode())) if body is not None else None
        code = self.details.get("code") if isinstance(self.details, dict) else None
        self.reason = code if isinstance(code, str) else None


class Unanswered(HostError):
    """No answer came. `uncertain` says whether the request may have been carried out all the same."""

    def __init__(self, why: str, *, what: str, path: str | None, tries: int, uncertain: bool) -> None:
        after = f" after {tries} tries" if tries > 1 else ""
        super().__init__(
            f"The host did not answer to {what}{after}: {why}.",
            hint="Check the network and the host's status page, then run the same command again: it goes on.",
            path=path,
            retryable=True,
        )
        self.uncertain = uncertain


def said(answer: Answer) -> str:
    """Return the host's own words, in one line of at most 300 characters; empty where it has none."""
    body = answer.json
    if isinstance(body, dict):
        for key in ("message", "error", "errors"):
            if body.get(key):
                text = body[key] if isinstance(body[key], str) else msgspec.json.encode(body[key]).decode()
                return " ".join(text.split())[:300]
        return ""
    text = answer.content[:20_000].decode(errors="replace")
    if "<" in text:
        title = re.search(r"(?is)<title[^>]*>(.*?)</title>", text)
        text = title[1] if title else re.sub(r"(?s)<[^>]*>", " ", text)
    return " ".join(text.split())[:300]


def ordered_pause(answer: Answer, now: float) -> float | None:
    """Return the seconds a host asks to wait for, by `Retry-After` (seconds or date) or `X-RateLimit-Reset`.

    `X-RateLimit-Reset` is in Unix seconds (some hosts: milliseconds), and counts where nothing remains or the
    answer is a 429. None where the host does not ask. `now` is the Unix time.
    """
    after = answer.headers.get("retry-after", "").strip()
    if after.isdigit():
        return float(after)
    if after:
        try:
            return max(0.0, parsedate_to_datetime(after).timestamp() - now)
        except ValueError:
            return None
    reset = answer.headers.get("x-ratelimit-reset", "")
    used_up = answer.status == 429 or answer.headers.get("x-ratelimit-remaining") == "0"
    if not used_up or not re.fullmatch(r"\d+(\.\d+)?", reset):
        return None
    moment = float(reset)
    return max(0.0, (moment / 1000 if moment > 1e11 else moment) - now)
