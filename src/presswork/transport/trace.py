"""`--trace FILE`: a deploy's traffic as masked text, one block an exchange."""

from __future__ import annotations

import os
import re
import stat
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TextIO

from presswork.errors import PressworkError
from presswork.mask import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from presswork.mask import Mask
    from presswork.transport.answers import Answer
    from presswork.transport.asking import Ask

__all__ = ["Trace"]

_LONGEST: Final = 4000
"""How many characters of a body are shown."""
_QUIET: Final = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
_WORD: Final = r"[\w.-]*(?:token|secret|password|signature|credential|api-?key)[\w.-]*|sig"
_IN_QUERY: Final = re.compile(rf"(?i)([?&;](?:{_WORD})=)[^&;#\s\"'<>\\]+")
_IN_JSON: Final = re.compile(rf'(?i)("(?:{_WORD})"\s*:\s*")(?:[^"\\]|\\.)+')
_lock: Final = threading.Lock()
"""One for all traces: those of several clients write to one file."""


class Trace:
    """Writes down every try, from any thread. A file is made readable to its owner only.

    Without a secret: what `mask` knows, credential headers, and what an address or a JSON body calls a token,
    secret, password, signature or key (a signed upload address is one) is replaced.
    """

    def __init__(self, out: TextIO, mask: Mask) -> None:
        self._out = out
        self._mask = mask
        with suppress(OSError, AttributeError):  # not every stream is a file
            file = out.fileno()
            if file > 2 and stat.S_ISREG(os.fstat(file).st_mode):
                os.fchmod(file, 0o600)

    def exchange(self, ask: Ask, outcome: Answer | str, seconds: float) -> None:
        """Write down one try, which took so long: the request, what was sent, and the answer or the trouble."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        lines = [f"# {now} {threading.current_thread().name}, {seconds * 1000:.0f} ms"]
        lines += [f"> {ask.method} {ask.address}"]
        lines += (f"> {line}" for line in _headers((name.decode(), value.decode()) for name, value in ask.headers))
        lines += (f"> {line}" for line in self._body(ask.body if isinstance(ask.body, bytes) else ask.size))
        if isinstance(outcome, str):
            lines.append(f"! {outcome}")
        else:
            lines.append(f"< {outcome.status}")
            lines += (f"< {line}" for line in _headers(outcome.headers.items()))
            lines += (f"< {line}" for line in self._body(outcome.content))
        text = _without_credentials(self._mask("\n".join(lines))) + "\n\n"
        try:
            with _lock:
                self._out.write(text)
                self._out.flush()
        except (OSError, ValueError) as error:
            raise PressworkError(f"The trace cannot be written: {error}.", hint="Give --trace another file.") from None

    def _body(self, content: bytes | int) -> Iterator[str]:
        """Yield a body line by line; only the size of one that is no text."""
        if not content:
            return
        if isinstance(content, int):
            yield f"({content:,} bytes)"
            return
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            yield f"({len(content):,} bytes)"
            return
        text = _without_credentials(self._mask(text))  # before it is cut: half a secret would not be found
        yield from text[:_LONGEST].splitlines()
        if len(text) > _LONGEST:
            yield f"({len(content):,} bytes in all)"


def _headers(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in headers:
        yield f"{name}: {MASK if name.lower() in _QUIET else value}"


def _without_credentials(text: str) -> str:
    return _IN_JSON.sub(rf"\g<1>{MASK}", _IN_QUERY.sub(rf"\g<1>{MASK}", text))
