"""What of the server can be set: its age, who signs people in, its limits in time, and how fast it is."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = ["Behaviour"]


class Behaviour(Struct, kw_only=True, forbid_unknown_fields=True):
    """The settings of an emulator; they may be changed while it runs."""

    auth: Literal["dev", "oidc", "proxy"] = "dev"
    """Who signs people in, which decides how a route that is not there answers."""
    staged: bool = True
    """Whether the routes of staged uploads are there; servers from before 2026-06-16 lack them."""
    readback: bool = True
    """Whether `GET B/files` is there; servers from before 2026-06-17 lack it."""
    page_words: bool = False
    """Refuse the body of a rollback as the API's page says, not as the server does."""
    early_sweep: bool = False
    """Let a publish sweep staged blobs that an open upload counts on, as happens in a narrow race."""
    rate_limit: int | None = 10
    """Begins, finalizes, ZIP deploys and rollbacks of a canvas in a window; None for no limit."""
    rate_window: float = 60.0
    """Seconds of a window, from its first request."""
    handle_life: float = 900.0
    """Seconds an upload may take."""
    lease: float = 60.0
    """Seconds for which a finalize that died keeps others out."""
    latency: float = 0.0
    """Seconds that every answer takes longer."""
    blobs_per_second: float | None = None
    """How many blobs the server's one thread takes; 150 was seen. None for no brake."""
    zip_files_per_second: float | None = None
    """How many files of a ZIP the same thread takes; 2000 / 3.4 was seen, with files of 4 KiB. None for no brake."""
