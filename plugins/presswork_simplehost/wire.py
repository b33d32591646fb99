"""SimpleHost's messages, as far as a deploy reads them, and what to do about each of its refusals.

Sources: the vendor's API pages (publish, finalize, get-site, list-sites, errors) and its guide on deduplication.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from presswork.host import Release
from presswork.transport import Answered

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Opened", "Plan", "Put", "Site", "Sites", "Unclaimed", "explained"]


class Put(Struct, frozen=True):
    """Where one file is to be sent: a signed address, and the headers that go with it."""

    path: str
    url: str
    headers: dict[str, str] = {}
    method: str = "PUT"  # one example of the pages leaves it out


class _Path(Struct, frozen=True):
    path: str


class _Version(Struct, frozen=True, rename="camel"):
    """A version in the making: what is to be sent, what the service copies from the one before, for how long."""

    version_id: str
    uploads: list[Put]
    skipped: list[_Path] = []
    expires_in_seconds: float = 3600.0


class Opened(Struct, frozen=True, rename="camel"):
    """What create and update answer; the last three come once, for a site without an account."""

    slug: str
    site_url: str
    upload: _Version
    claim_token: str | None = None
    claim_url: str | None = None
    expires_at: str | None = None


class _File(Struct, frozen=True):
    """One live file, with the SHA-256 it was declared with, where it was."""

    path: str
    hash: str | None = None


class Site(Struct, frozen=True, rename="camel"):
    """One site; only the answer about one names its files. A site never finalized is `pending`."""

    slug: str
    status: str
    site_url: str = ""
    version_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    has_password: bool | None = None
    files: list[_File] = []

    @property
    def active(self) -> bool:
        """Whether it is live."""
        return self.status == "active"

    def release(self) -> Release:
        """Return its version in the core's words."""
        return Release(id=self.version_id or "", url=self.site_url, live=self.active, created=self.updated_at)


class Sites(Struct, frozen=True):
    """All sites of an account."""

    sites: list[Site]


class _Limits(Struct, frozen=True, rename="camel"):
    max_file_size_bytes: int


class Plan(Struct, frozen=True):
    """What an account's plan allows."""

    limits: _Limits


class Unclaimed(Struct, frozen=True):
    """What is remembered of a site without an account: nobody can be asked."""

    url: str
    expires: str
    version: str
    label: str

    def release(self) -> Release:
        """Return it in the core's words."""
        return Release(id=self.version, url=self.url, live=True, label=self.label)


_HINTS: Final = {
    "INVALID_REQUEST": "See what SimpleHost says of it; if its own pages allow it, report it with --trace.",
    "INVALID_PATH": "Rename the file, or leave it out with `ignore`.",
    "INVALID_HASH": "Presswork made that hash: report it with --trace.",
    "UNAUTHORIZED": "SimpleHost does not take this key: get a new one there, and set SIMPLEHOST_API_KEY to it.",
    "SITE_LIMIT_EXCEEDED": "Delete a site at SimpleHost that is no longer needed, or name one of yours as `slug`.",
    "PLAN_LIMIT": "The account's plan does not have this: leave the option out, or change the plan at SimpleHost.",
    "FORBIDDEN": "SimpleHost does not allow this to the account: ask its support.",
    "NOT_FOUND": "Check the slug, and whose key it is: of a site that is not yours SimpleHost says the same.",
    "FILE_TOO_LARGE": "Make the file smaller, or leave it out with `ignore`.",
    "STORAGE_EXCEEDED": "Delete sites at SimpleHost that are no longer needed, or make this one smaller.",
    "RATE_LIMITED": "SimpleHost counts requests by the full hour: run the same command again in the next one.",
    "INTERNAL_ERROR": "SimpleHost is in trouble: run the same command again in a while.",
}


@contextmanager
def explained() -> Iterator[None]:
    """Say what to do about a refusal: in our words, and what SimpleHost itself advises or offers."""
    try:
        yield
    except Answered as error:
        details = error.details if isinstance(error.details, dict) else {}
        offer = details.get("upgrade")
        theirs = [details.get("hint"), offer.get("message") if isinstance(offer, dict) else None]
        said = [f"SimpleHost says: {' '.join(text.split())}" for text in theirs if text and isinstance(text, str)]
        error.hint = " ".join([_HINTS.get(error.reason or "", error.hint), *said])
        raise
