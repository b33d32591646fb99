"""Netlify's messages, as far as a deploy reads them. Every field but `id` may be missing.

Sources: the OpenAPI file (operations `createSiteDeploy`, `updateSiteDeploy`, `listSiteFiles`), the API page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from presswork.host import Release

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ARRIVED", "DONE", "WAITING", "Deploy", "File", "Site", "next_page"]

DONE: Final = frozenset({"ready", "current", "old"})
"""States of a deploy that is finished; `current` and `old` are the API page's older words for one."""
ARRIVED: Final = frozenset({"uploaded", "processing", "processed", *DONE})
"""States in which every file has arrived."""
WAITING: Final = frozenset({"new", "preparing", "enqueued", "building", "retrying", "pending_review", "accepted"})
"""States in which `required` does not hold yet."""


class Deploy(Struct, frozen=True):
    """One deploy. `required` lists the SHA-1 of files to send, each once; null before it is computed."""

    id: str
    state: str | None = None
    required: list[str] | None = None
    required_functions: list[str] | None = None
    error_message: str | None = None
    title: str | None = None
    url: str | None = None
    ssl_url: str | None = None
    deploy_url: str | None = None
    deploy_ssl_url: str | None = None
    created_at: str | None = None
    branch: str | None = None
    context: str | None = None
    draft: bool | None = None
    locked: bool | None = None

    def release(self, live: str | None) -> Release:
        """Return it in the core's words; `live` is the id of the published deploy."""
        is_live = self.id == live
        preview = bool(self.draft) or self.context not in {None, "production"}
        own, site = self.deploy_ssl_url or self.deploy_url, self.ssl_url or self.url
        return Release(
            id=self.id,
            url=(site if is_live else own) or site or own or "",
            live=is_live,
            label=self.title,
            created=self.created_at,
            alias=self.branch if preview and not self.draft else None,
            preview=preview,
        )


class Site(Struct, frozen=True):
    """One site and what is published there."""

    id: str
    name: str | None = None
    url: str | None = None
    ssl_url: str | None = None
    custom_domain: str | None = None
    published_deploy: Deploy | None = None
    prevent_non_git_prod_deploys: bool | None = None

    @property
    def published(self) -> str | None:
        """The id of the deploy that is live."""
        return self.published_deploy.id if self.published_deploy else None

    @property
    def locked(self) -> bool:
        """Whether publishing is stopped: a new deploy becomes ready and is not shown."""
        return bool(self.published_deploy and self.published_deploy.locked)


class File(Struct, frozen=True):
    """One live file: its path with a leading slash, and its SHA-1."""

    path: str
    sha: str


def next_page(headers: Mapping[str, str]) -> str | None:
    """Return the address of the next page from a `Link` header; None on the last one."""
    for address, parameters in _links(headers.get("link", "")):
        if re.search(r'\brel="?next"?', parameters):
            return address
    return None


def _links(header: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"<([^>]*)>([^<]*)", header):
        yield found[1], found[2]
