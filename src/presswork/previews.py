"""Which previews are still wanted: by their age, and by the branches that are open."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from presswork.abilities import Deletes, KeepsHistory
from presswork.errors import ConfigError
from presswork.label import digest_in
from presswork.opened import opened
from presswork.origin import alias_of
from presswork.report import ReleaseFacts, Report

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from presswork.host import Release
    from presswork.journal import Journal
    from presswork.project import Project

__all__ = ["age_of", "prune_previews"]

_HOURS: Final = {"h": 1, "d": 24, "w": 7 * 24}


def age_of(words: str) -> timedelta:
    """Return an age such as `36h`, `14d` or `2w`; `ConfigError` where it is none."""
    found = re.fullmatch(r"(\d{1,5})([hdw])", words)
    if found is None:
        raise ConfigError(f"{words!r} is no age.", hint="Write it as 36h, 14d or 2w.")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])


def prune_previews(
    project: Project,
    targets: Sequence[str] = (),
    *,
    older_than: timedelta | None = None,
    branches: Collection[str] | None = None,
    now: datetime | None = None,
) -> Report:
    """Delete the previews that are older than an age and, where `branches` are given, of none of these.

    Kept are a preview that is live or was, one that was not made by Presswork, and one of no known age, or no alias,
    where it is asked for. `ConfigError` where `branches` is empty: then a list failed.
    """
    if older_than is None and branches is None:
        raise ConfigError("Nothing says which previews are to go.", hint="Give an age or the open branches.")
    if branches is not None and not branches:
        raise ConfigError(
            "The list of open branches is empty, so every preview would go.",
            hint="Look why; to delete them all the same use --older-than 0h.",
        )
    before = (now or datetime.now(UTC)) - older_than if older_than is not None else None
    wanted = None if branches is None else {*branches, *map(alias_of, branches)}
    report = Report(command="prune", by=project.by)
    for target in project.targets(targets):
        with opened(project, target, report, changes=True) as bench:
            deletes = bench.able(Deletes, "delete releases")
            history = bench.able(KeepsHistory, "list its history").history()
            bench.report.releases = []
            for release in [r for r in history if _ours(r, bench.journal) and _unwanted(r, before, wanted)]:
                deletes.delete(release.id)
                bench.report.releases.append(ReleaseFacts.of(release))
            bench.report.outcome = "pruned"
    return project.finished(report)


def _ours(release: Release, journal: Journal) -> bool:
    """Whether a release is a preview that may be deleted at all."""
    if not release.preview or release.live or journal.was_live(release.id):
        return False
    return digest_in(release.label) is not None or journal.made(release.id) is not None


def _unwanted(release: Release, before: datetime | None, wanted: Collection[str] | None) -> bool:
    if before is not None and not (release.created and datetime.fromisoformat(release.created) < before):
        return False
    return wanted is None or (release.alias is not None and release.alias not in wanted)
