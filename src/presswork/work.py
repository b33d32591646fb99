"""A site made ready to be deployed anywhere: read once, edited by the plugins, frozen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from presswork.draft import Draft
from presswork.events import Scanned
from presswork.findings import Finding
from presswork.git import revision
from presswork.host import SHA256
from presswork.scan import scan
from presswork.source import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from presswork.events import Emit
    from presswork.git import Revision
    from presswork.host import Digest
    from presswork.manifest import Manifest
    from presswork.project import Project
    from presswork.site import Site
    from presswork.source import Source

__all__ = ["Work", "read"]


@dataclass(frozen=True)
class Work:
    """What is to be deployed: the site, its manifest and bytes, its commit, and what the scan had to say.

    `site` is None for what was deployed before and comes from the archive: it was checked then.
    """

    site: Site | None
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
    left_over = tuple(_left_over(site, draft, exclude=project.settings.stale == "exclude"))
    project.plugins.edit_manifest(site, draft)
    manifest = draft.freeze()
    emit(Scanned("", manifest, time.monotonic() - started))
    commit = revision(Path(project.settings.folder), leaving_out=Path(site.root), environ=project.environ)
    return Work(site, manifest, Folder(site.root, draft.added), commit, (*scanned.findings, *left_over))


def _left_over(site: Site, draft: Draft, *, exclude: bool) -> Iterator[Finding]:
    """Name the files of earlier builds, and drop them from the draft where they are not wanted."""
    for path in site.left_over:
        if path not in draft:
            continue
        if exclude:
            draft.drop(path)
        yield Finding(
            severity="info",
            code="left-over",
            message="Left over from an earlier build" + (", not deployed." if exclude else "."),
            path=path,
            hint="`stale: keep` deploys such files." if exclude else "Delete it, or set `stale: exclude`.",
        )
