"""What stops a deploy that nobody can have meant, as findings beside those of the checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork.git import is_older
from presswork.label import commit_in
from presswork.mediatypes import is_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from presswork.git import Revision
    from presswork.host import Limits, Release
    from presswork.journal import Journal
    from presswork.manifest import Manifest
    from presswork.plan import Plan

__all__ = ["NOTHING_ALLOWED", "Allowed", "commit_of", "dirty", "emptied", "limits", "older", "pinned", "removals"]

PAGES_GONE: Final = 10
SHARE_GONE: Final = 0.25


@dataclass(frozen=True)
class Allowed:
    """What a deploy may do although a guard would stop it."""

    removals: bool = False
    older: bool = False
    pinned: bool = False


NOTHING_ALLOWED: Final = Allowed()


def removals(plan: Plan, pages_live: int, *, allowed: bool) -> Iterator[Finding]:
    """Refuse a plan after which more than `PAGES_GONE` pages and more than `SHARE_GONE` of them are gone.

    A page that moved is gone from its address: a wrong setting that nests the site moves every page.
    """
    if plan.replaces is not None and not plan.known:
        yield Finding(
            severity="warning",
            code="removals-unknown",
            message="The host cannot say what is live, so nobody can tell which pages would go.",
            hint="Compare with `presswork history` if this deployment matters.",
        )
        return
    gone = [change.before or change.path for change in plan.changes if change.change in {"removed", "moved"}]
    gone = sorted(path for path in gone if is_page(path))
    if allowed or len(gone) <= PAGES_GONE or len(gone) <= SHARE_GONE * pages_live:
        return
    yield Finding(
        severity="error",
        code="removals",
        message=f"{len(gone)} of {pages_live} live pages would be gone, {gone[0]} first.",
        path=gone[0],
        hint="If that is meant, allow it with --allow-removals or PRESSWORK_ALLOW_REMOVALS=1.",
    )


def limits(manifest: Manifest, known: Limits) -> Iterator[Finding]:
    """Refuse what a host has said it does not take."""
    if known.files is not None and len(manifest) > known.files:
        yield _over("too-many-files", f"The site has {len(manifest):,} files, the host takes {known.files:,}.")
    if known.total_bytes is not None and manifest.size > known.total_bytes:
        yield _over("too-large", f"The site has {manifest.size:,} bytes, the host takes {known.total_bytes:,}.")
    for entry in manifest:
        if known.file_bytes is not None and entry.size > known.file_bytes:
            yield _over(
                "file-too-large", f"The file has {entry.size:,} bytes, the host takes {known.file_bytes:,}.", entry.path
            )
        if known.path_bytes is not None and len(entry.path.encode()) > known.path_bytes:
            yield _over("path-too-long", f"The path is longer than the host's {known.path_bytes} bytes.", entry.path)


def emptied(manifest: Manifest, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Refuse a site of which nothing is left to send, where no other finding refuses it."""
    if not len(manifest) and all(finding.severity != "error" for finding in findings):
        yield Finding(
            severity="error",
            code="empty-site",
            message="Nothing is left of the site: all its files are left out.",
            hint="The other findings say what is left out, and why.",
        )


def dirty(revision: Revision | None, *, require_clean: bool) -> Iterator[Finding]:
    """Tell of a work tree that differs from its commit: what it built cannot be built again."""
    if revision is not None and revision.dirty:
        yield Finding(
            severity="error" if require_clean else "warning",
            code="dirty",
            message=f"The work tree is not as in commit {revision.commit[:12]}.",
            hint="Commit what has changed, then build and deploy."
            if require_clean
            else "Commit what has changed, so that what is live can be built again; `require_clean` insists on it.",
        )


def older(live_commit: str | None, revision: Revision | None, folder: Path) -> Iterator[Finding]:
    """Refuse a commit that is proved to be an ancestor of the one that is live."""
    if live_commit is None or revision is None or revision.commit.startswith(live_commit):
        return
    proved = is_older(folder, revision.commit, live_commit)
    if proved:
        yield Finding(
            severity="error",
            code="older-commit",
            message=f"Commit {revision.commit[:12]} is older than what is live, which is of {live_commit[:12]}.",
            hint="`presswork rollback` goes back; --allow-older or PRESSWORK_ALLOW_OLDER=1 deploys it all the same.",
        )
    elif proved is None:
        yield Finding(
            severity="warning",
            code="age-unknown",
            message=f"This clone cannot tell whether {revision.commit[:12]} is older than the live {live_commit[:12]}.",
            hint="Fetch the whole history (`git fetch --unshallow`; `fetch-depth: 0` in GitHub Actions).",
        )


def pinned(journal: Journal, manifest: Manifest, revision: Revision | None) -> Iterator[Finding]:
    """Refuse what was rolled back: a nightly job must not bring it back. Changes to the work tree make it another."""
    for pin in journal.pins():
        same_commit = bool(revision and not revision.dirty and pin.commit and revision.commit.startswith(pin.commit))
        if same_commit or pin.manifest == manifest.digest:
            yield Finding(
                severity="error",
                code="pinned",
                message=f"This was rolled back at {pin.at} by {pin.by}.",
                hint="Deploy a newer commit, or this one all the same with --unpin.",
            )
            return


def commit_of(journal: Journal, release: Release | None) -> str | None:
    """Return the commit a release was made from, as its label or the journal knows it."""
    if release is None:
        return None
    return journal.commit_of(release.id) or commit_in(release.label)


def _over(code: str, message: str, path: str | None = None) -> Finding:
    hint = "Leave it out with `ignore`, make it smaller, or choose another host (`presswork hosts` shows limits)."
    return Finding(severity="error", code=code, message=message, path=path, hint=hint)
