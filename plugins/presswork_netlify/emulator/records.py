"""Sites and deploys as they are kept on disk."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

__all__ = ["Account", "Deploy", "Phase", "Site"]

Phase = Literal["new", "preparing", "uploading", "processing", "done", "failed"]
"""What a deploy is waiting for: a manifest, its preparation, uploads, post-processing; or how it ended."""


class Account(Struct, kw_only=True):
    """The one account of an emulator, and the token that opens it."""

    id: str
    user_id: str
    token: str
    slug: str = "rehearsals"
    name: str = "Rehearsals"


class Site(Struct, kw_only=True):
    """One site. `published` is the id of the live deploy; `locked`: no other takes its place by itself."""

    id: str
    name: str
    created_at: str
    updated_at: str
    custom_domain: str | None = None
    domain_aliases: list[str] = field(default_factory=list)
    password: str | None = None
    force_ssl: bool = False
    processing_settings: dict[str, Any] = field(default_factory=lambda: {"html": {"pretty_urls": True}})
    prevent_non_git_prod_deploys: bool = False
    published: str | None = None
    locked: bool = False
    disabled: str | None = None


class Deploy(Struct, kw_only=True):
    """One deploy. `files` maps paths to SHA-1, `functions` names to SHA-256; `number` counts deploys in order.

    `state` is what the API says; `trail` the states still to be shown before the next phase.
    """

    id: str
    site_id: str
    number: int
    created_at: str
    updated_at: str
    phase: Phase = "new"
    state: str = "new"
    trail: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] | None = None
    draft: bool = False
    branch: str | None = None
    title: str | None = None
    commit_ref: str | None = None
    framework: str | None = None
    function_schedules: list[dict[str, Any]] = field(default_factory=list)
    error_message: str | None = None
    published_at: str | None = None

    @property
    def context(self) -> str:
        """What the deploy is for."""
        if self.draft:
            return "deploy-preview"
        return "branch-deploy" if self.branch else "production"

    @property
    def complete(self) -> bool:
        """Whether all its files are there, so that it can be served at its own address."""
        return self.phase in {"processing", "done"}
