"""Netlify's messages, as far as a deploy reads them. Every field but `id` may be missing.

Sources: the OpenAPI file (operations `createSiteDeploy`, `updateSiteDeploy`, `listSiteFiles`), the API page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from presswork.host import Release

if TYPE_CHECKING:
    from collections.abc import Mapping

    from presswork.transport import Answer

__all__ = ["ARRIVED", "DONE", "FAILED", "LACKING", "Deploy", "File", "Site", "deploy_of", "next_page"]

DONE: Final = frozenset({"ready", "current", "old"})
"""States of a deploy that is finished; `current` and `old` are the API page's older words for one."""
ARRIVED: Final = frozenset({"uploaded", "processing", "processed", *DONE})
"""States in which every file has arrived."""
LACKING: Final = frozenset({"prepared", "uploading", None})
"""States in which `required` holds."""
FAILED: Final = frozenset({"error", "rejected"})
"""States of a deploy that comes to nothing. In any other state, known or not, it is to be waited for."""


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
    published_at: str | None = None
    branch: str | None = None
    context: str | None = None
    draft: bool | None = None
    locked: bool | None = None

    @property
    def reason(self) -> str:
        """Why the service gave it up."""
        return self.error_message or ("it was rejected" if self.state == "rejected" else "it gave no reason")

    def release(self, published: str | None) -> Release:
        """Return it in the core's words; `published` is the id of the deploy that is live."""
        live = self.id == published
        other = bool(self.draft) or self.context not in {None, "production"}
        preview = other and not live and not (self.draft and self.published_at)  # a draft may have been made live
        own, site = self.deploy_ssl_url or self.deploy_url, self.ssl_url or self.url
        return Release(
            id=self.id,
            url=(site if live else own) or site or own or "",
            live=live,
            label=self.title,
            created=self.created_at,
            alias=self.branch if preview and not self.draft else None,
            preview=preview,
        )


class Repository(Struct, frozen=True):
    """The repository a site is built from, where it is."""

    repo_branch: str | None = None


class Site(Struct, frozen=True):
    """One site and what is published there."""

    id: str
    name: str | None = None
    state: str | None = None
    published_deploy: Deploy | None = None
    build_settings: Repository | None = None
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


def deploy_of(answer: Answer) -> Deploy:
    """Return the deploy an answer tells of, its error without secrets: it is going to be shown."""
    deploy = answer.decode(Deploy)
    return replace(deploy, error_message=answer.mask(deploy.error_message)) if deploy.error_message else deploy


def next_page(headers: Mapping[str, str]) -> str | None:
    """Return the address of the next page from a `Link` header; None on the last one."""
    for found in re.finditer(r"<([^>]*)>([^<]*)", headers.get("link", "")):
        if re.search(r'\brel=(?:"(?:[^"]* )?next(?: [^"]*)?"|next\b)', found[2]):
            return found[1]
    return None
