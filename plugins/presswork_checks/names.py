"""What a file's name gives away: version control, source maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork_checks.case import Check, in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SourceMaps", "VersionControl"]

_STORES: Final = frozenset({".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS"})


class VersionControl(Check):
    """Folders in which a version control system keeps the project's history, private parts and all."""

    name = "vcs"

    def findings(self) -> Iterator[Finding]:
        """Yield one finding for each such folder, or file in place of one."""
        for store in dict.fromkeys(filter(None, map(_store, self.paths()))):
            yield Finding(
                severity="error",
                code="version-control",
                message="This is where version control keeps the project's history.",
                path=store,
                hint=f'Leave it out: `ignore: ["{store}"]`. If it has been live, take what it held for public.',
            )


class SourceMaps(Check):
    """Maps from scripts and styles to the source they were made of."""

    name = "source-maps"

    def findings(self) -> Iterator[Finding]:
        """Yield one finding for all of them: documentation themes bring some, which tell nobody anything new."""
        maps = [path for path in self.paths() if path.endswith((".js.map", ".mjs.map", ".css.map"))]
        if maps:
            yield Finding(
                severity="info",
                code="source-map",
                message=f"The source of scripts or styles goes with the site: {in_words(maps)}.",
                path=maps[0],
                hint='Leave them out with `ignore: ["*.map"]` where that source is not public.',
            )


def _store(path: str) -> str | None:
    """Return the folder of version control that a path lies in."""
    parts = path.split("/")
    return next(("/".join(parts[: n + 1]) for n, part in enumerate(parts) if part in _STORES), None)
