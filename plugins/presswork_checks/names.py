"""What a file's name gives away: version control, source maps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork_checks.case import Check, in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SourceMaps", "VersionControl"]

_MAP: Final = re.compile(r"(?<!\.min)\.(js|mjs|css)\.map$")
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
    """Maps from scripts and styles to the source they were made of.

    Those of `.min` files are of published libraries. Themes bring others, so this is not even a warning, and said once.
    """

    name = "source-maps"

    def findings(self) -> Iterator[Finding]:
        """Yield one finding for all that are not live yet."""
        maps = [path for path in self.paths() if path in self.case.changed and _MAP.search(path)]
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
