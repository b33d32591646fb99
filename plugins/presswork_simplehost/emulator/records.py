"""Accounts, sites and versions as they are kept on disk; times are seconds since the epoch."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

__all__ = ["Account", "File", "Site", "Version"]


class Account(Struct, kw_only=True):
    """An account and the key that opens it."""

    key: str
    email: str
    created_at: float


class File(Struct, kw_only=True, frozen=True, rename="camel"):
    """A file as it is declared, and shown: size in bytes, SHA-256 in lower-case hex."""

    path: str
    size: int
    content_type: str
    hash: str | None = None


class Version(Struct, kw_only=True, frozen=True):
    """One manifest of a site, by path; `viewer` are the metadata that become the site's when it goes live."""

    id: str
    slug: str
    files: dict[str, File]
    viewer: dict[str, Any] = field(default_factory=dict)


class Site(Struct, kw_only=True):
    """One site. `owner` is an account's address, None for an anonymous one; `live` and `pending` name versions."""

    slug: str
    owner: str | None
    created_at: float
    updated_at: float
    expires_at: float | None = None
    claim_token: str | None = None
    live: str | None = None
    pending: str | None = None
    title: str | None = None
    description: str | None = None
    og_image_path: str | None = None
    password: str | None = None
    deleted: bool = False

    def status(self, now: float) -> Literal["active", "pending", "expired"]:
        """Return what the API calls it."""
        if self.expires_at is not None and now >= self.expires_at:
            return "expired"
        return "active" if self.live else "pending"
