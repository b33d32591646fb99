"""What of the service can be set: how it goes about a deploy, and its limits."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = ["Behaviour"]


class Behaviour(Struct, kw_only=True, forbid_unknown_fields=True):
    """The settings of an emulator; they may be changed while it runs."""

    preparing: tuple[str, ...] = ("preparing",)
    """The states shown, one to a look, before an asynchronous deploy is prepared."""
    processing: tuple[str, ...] = ("processing",)
    """The states shown, one to a look, between the last upload and the end."""
    outcome: Literal["ready", "error", "rejected"] = "ready"
    """How deploys end."""
    error_message: str | None = None
    """What a deploy that ends in error gives as the reason."""
    unprepared: Literal["empty", "null", "absent"] = "empty"
    """What stands in place of `required` while it is not known yet."""
    old_words: bool = False
    """Say `current` and `old` for `ready`, as the API page's examples do."""
    strict_uploads: bool = False
    """Refuse a file whose bytes are not, or no longer, required."""
    non_git: Literal["refuse", "hold"] = "refuse"
    """Where a site prevents production deploys that do not come from git: refuse them, or do not publish them."""
    rewrites_pages: bool = False
    """Serve HTML at the public addresses changed, as post-processing does; the API still gives what was uploaded."""
    cut_off: int | None = None
    """Synchronous manifests of more files than this are answered with 504, and worked on all the same."""
    zip_files: int = 25_000
    """The most files in a ZIP."""
    function_bytes: int = 69_905_067
    """A function's bundle must be smaller."""
    per_page: int = 100
    """The most items on a page of a listing."""
    latency: float = 0.0
    """Seconds that every answer takes longer."""
    rate_limit: int = 500
    """Requests in a window."""
    rate_window: float = 60.0
    """Seconds of a window."""
    rate_uploads: bool = False
    """Whether uploads count as requests: no source says whether they do."""
    rate_headers: bool = True
    """Whether answers carry X-RateLimit headers."""
    deploys_per_minute: int | None = None
    """3 is documented; new sites count as well."""
    deploys_per_day: int | None = None
    """100 is documented."""
    concurrent_uploads: int | None = 5
    """Uploads at a time."""
