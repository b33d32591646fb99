"""`--trace FILE`: a deploy's traffic as masked text."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    import httpx

    from presswork.mask import Mask

__all__ = ["Trace"]

_TEXT: Final = 2000
"""How many characters of a body are shown."""
_QUIET: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})


class Trace:
    """Writes one block of text for each exchange. From any thread."""

    def __init__(self, out: TextIO, mask: Mask) -> None:
        self._out = out
        self._mask = mask
        self._lock = threading.Lock()

    def exchange(
        self, request: httpx.Request, sent: bytes | str, outcome: httpx.Response | str, content: bytes
    ) -> None:
        """Write down one try: the request, what was sent, and the answer or the trouble in its place."""
        lines = [f"> {request.method} {request.url}", *(f"> {line}" for line in _headers(request.headers))]
        lines += _body(">", sent)
        if isinstance(outcome, str):
            lines.append(f"! {outcome}")
        else:
            lines += [f"< {outcome.status_code}", *(f"< {line}" for line in _headers(outcome.headers))]
            lines += _body("<", content)
        with self._lock:
            self._out.write(self._mask("\n".join(lines)) + "\n\n")
            self._out.flush()


def _headers(headers: httpx.Headers) -> list[str]:
    return [f"{name}: {'•••' if name in _QUIET else value}" for name, value in headers.items()]


def _body(sign: str, content: bytes | str) -> list[str]:
    if isinstance(content, str):
        return [f"{sign} {content}"]
    if not content:
        return []
    text = content.decode(errors="replace")
    if "\0" in text:
        return [f"{sign} {len(content):,} bytes"]
    return [f"{sign} {text[:_TEXT]}"]
