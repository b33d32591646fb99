"""What of the service can be set: the plan and its limits, and the other readings of what its pages leave open."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = ["Behaviour"]


class Behaviour(Struct, kw_only=True, forbid_unknown_fields=True):
    """The settings of an emulator; they may be changed while it runs. A limit that is None is the plan's."""

    plan: Literal["free", "hobby"] = "free"
    """The plan of every account; anonymous sites have the limits of the free one."""
    file_bytes: int | None = None
    """The largest file."""
    storage_bytes: int | None = None
    """What the live versions of an account's sites hold together."""
    sites: int | None = None
    """The most sites of an account."""
    files: int = 1000
    """The most files of a site."""
    path_characters: int = 499
    """The longest path: one page says at most 500, another under 500."""
    limits_at: Literal["create", "upload"] = "create"
    """Which call answers 413: no page says."""
    expires_in: int = 3600
    """Seconds that upload URLs hold."""
    single_use: bool = True
    """Whether an upload URL that has succeeded is refused: only an older page says so."""
    checks_content: bool = False
    """Refuse a file that has not the size and hash declared: no page says that these are looked at."""
    upload_codes: bool = True
    """Whether refused uploads carry a `code`: their table names none."""
    upload_method: bool = True
    """Whether upload entries carry `method`: one example has none."""
    upload_origin: str | None = None
    """Another origin, as `http://HOST:PORT`, for the upload URLs."""
    finalize_origin: str | None = None
    """Another origin for `finalizeUrl`."""
    names: Literal["right", "unknown", "missing", "unhashed"] = "right"
    """What the answer to a manifest names: a path too many, one too few, or as skipped what was sent without a hash."""
    previous: Literal["live", "newest"] = "live"
    """Which version's files are skipped: the live one's, or those already sent for the newest one."""
    pending_update: Literal[200, 400, 404] = 200
    """How a site that was never finalized takes an update."""
    finalize_again: bool = False
    """Whether finalizing the live version succeeds once more; its table has it as 400."""
    rate_limit: int | None = None
    """Requests an hour of one account: 60 on the free plan by the newest page, 300 by another."""
    rate_anonymous: int = 5
    """Requests an hour of one address without a key."""
    rate_headers: bool = True
    """Whether answers carry X-RateLimit headers, as the pages say."""
    rate_milliseconds: bool = False
    """Whether X-RateLimit-Reset counts milliseconds."""
    retry_after: bool = False
    """Whether 429 carries Retry-After: no page mentions it."""
