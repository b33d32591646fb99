"""A site made ready to be deployed anywhere: read once, edited by the plugins, frozen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from presswork.draft import Draft
from presswork.events import Scanned
from presswork.git import revision
from presswork.host import SHA256
from presswork.scan import scan
from presswork.source import Folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.events import Emit
    from presswork.findings import Finding
    from presswork.git import Revision
    from presswork.host import Digest
    from presswork.manifest import Manifest
    from presswork.project import Project
    from presswork.site import Site
    from presswork.source import Source

__all__ = ["Work", "read"]


@dataclass(frozen=True)
class Work:
    """What is to be deployed: the site, its manifest and bytes, its commit, and what the scan had to say."""

    site: Site
    manifest: Manifest
    source: Source
    revision: Revision | None
    findings: tuple[Finding, ...]


def read(site: Site, project: Project, digests: Sequence[Digest], emit: Emit) -> Work:
    """Read a site once, with the digests asked for besides SHA-256; `ConfigError` where there is no folder."""
    started = time.monotonic()
    others = tuple({digest.name: digest for digest in digests if digest.name != SHA256.name}.values())
    scanned = scan(site.root, ignore=project.settings.ignore, digests=others)
    draft = Draft(scanned.entries, scanned.digests, others)
    project.plugins.edit_manifest(site, draft)
    manifest = draft.freeze()
    emit(Scanned("", manifest, time.monotonic() - started))
    commit = revision(Path(project.settings.folder), leaving_out=Path(site.root), environ=project.environ)
    return Work(site, manifest, Folder(site.root, draft.added), commit, scanned.findings)
