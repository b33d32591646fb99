"""What a check has to say about a site before it is sent."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning", "info"]


class Finding(Struct, frozen=True, kw_only=True):
    """One fact about one file, or about the whole site where `path` is None.

    `line` counts from 1 in that file; `source` is the file it was written from, relative to the project.

    An `error` stops the deploy before anything is sent. `leave_out` asks the core to keep `path` out of this
    target's manifest: the host would drop it anyway.
    """

    severity: Severity
    code: str
    message: str
    path: str | None = None
    line: int | None = None
    source: str | None = None
    hint: str | None = None
    leave_out: bool = False
