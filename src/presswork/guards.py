"""What stops a deploy that nobody can have meant, as findings beside those of the checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork.mediatypes import is_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.host import Limits
    from presswork.manifest import Manifest
    from presswork.plan import Plan

__all__ = ["limits", "removals"]

PAGES_GONE: Final = 10
SHARE_GONE: Final = 0.25


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


def _over(code: str, message: str, path: str | None = None) -> Finding:
    hint = "Leave it out with `ignore`, make it smaller, or choose another host (`presswork hosts` shows limits)."
    return Finding(severity="error", code=code, message=message, path=path, hint=hint)
