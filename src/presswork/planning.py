"""From a site and what is live to an intent and its plan: nothing here has a side effect."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from presswork import guards
from presswork.abilities import Checks, Estimates, Lists
from presswork.checksettings import CheckSettings
from presswork.errors import Gone
from presswork.explain import explained
from presswork.label import digest_in, make_label
from presswork.mediatypes import is_page
from presswork.plan import Estimate, Plan, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from presswork.archive import Archive
    from presswork.findings import Finding
    from presswork.guards import Allowed
    from presswork.host import Host, Intent, Release
    from presswork.journal import Journal
    from presswork.manifest import Entry, Listing, Manifest
    from presswork.project import Project
    from presswork.settings import Target
    from presswork.work import Work

__all__ = ["Planning", "less_left_out", "plan_for"]


@dataclass(frozen=True)
class Planning:
    """What was found out: the intent, less what its host leaves out, its plan, and the manifest that is live.

    `before` is None where that manifest is not in the archive.
    """

    intent: Intent
    plan: Plan
    before: Manifest | None


def plan_for(
    intent: Intent,
    work: Work,
    host: Host,
    target: Target,
    project: Project,
    journal: Journal,
    allowed: Allowed,
) -> Planning:
    """Compare what is meant with what is live, explain the changes, and ask every check about them."""
    findings = [*work.findings]
    if isinstance(host, Checks):
        findings += host.check(intent)
        manifest = less_left_out(intent.manifest, findings)
        intent = dataclasses.replace(intent, manifest=manifest, label=make_label(work.revision, manifest))
    manifest, live = intent.manifest, intent.replaces
    before = _before(live, manifest, journal, project.archive)
    old, new, known = _listings(live, manifest, before, host)
    changes = compare(old, new)
    if before is not None and before != manifest:
        changes = tuple(explained(changes, before, manifest, work.source))
    missing = [manifest[change.path] for change in changes if change.change in {"added", "changed"}]
    plan = Plan(changes, replaces=live, known=known, estimate=_estimate(host, manifest, missing))
    if work.site is not None:
        checks = CheckSettings(project.settings.checks, project.settings.door)
        findings += project.plugins.check(work.site, manifest, plan, work.source, checks)
    findings += guards.emptied(manifest, findings)
    findings += guards.limits(manifest, host.capabilities.limits)
    if intent.live and not plan.unchanged:
        findings += guards.removals(plan, sum(map(is_page, old)), allowed=allowed.removals)
        findings += _order(intent, work, project, journal, allowed)
        clean = project.settings.require_clean
        if work.site is not None and (clean or target.host is not None):  # not of each build on a laptop
            findings += guards.dirty(work.revision, require_clean=clean)
    return Planning(intent, plan.with_findings(findings), before)


def less_left_out(manifest: Manifest, findings: Iterable[Finding]) -> Manifest:
    """Return a manifest without what findings ask to leave out."""
    return manifest.without({finding.path for finding in findings if finding.leave_out and finding.path})


def _order(intent: Intent, work: Work, project: Project, journal: Journal, allowed: Allowed) -> Iterator[Finding]:
    """Ask the guards of the order of commits: what is older than what is live, or was rolled back."""
    if not allowed.older:
        live_commit = guards.commit_of(journal, intent.replaces)
        yield from guards.older(live_commit, work.revision, Path(project.settings.folder))
    if not allowed.pinned:
        yield from guards.pinned(journal, intent.manifest, work.revision)


def _before(live: Release | None, manifest: Manifest, journal: Journal, archive: Archive) -> Manifest | None:
    """Return the manifest of what is live, by its id or its label."""
    for digest in (journal.manifest_of(live.id), digest_in(live.label)) if live else ():
        if digest == manifest.digest:
            return manifest
        if archived := archive.get(digest):
            return archived
    return None


def _listings(
    live: Release | None, manifest: Manifest, before: Manifest | None, host: Host
) -> tuple[Listing, Listing, bool]:
    """Return what is live and what shall be, in one kind of digest, and whether the former is known."""
    if live is None or before is not None:
        return (before.listing() if before else {}), manifest.listing(), True
    if isinstance(host, Lists):
        with suppress(Gone):
            return dict(host.files()), manifest.listing(host.capabilities.digest.name), True
    return {}, manifest.listing(), False


def _estimate(host: Host, manifest: Manifest, missing: Sequence[Entry]) -> Estimate:
    if isinstance(host, Estimates):
        return host.estimate(manifest, missing)
    size = sum(entry.size for entry in missing)
    return Estimate("upload", "the host knows one way", len(missing), size)
