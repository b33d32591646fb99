"""From a site and what is live to an intent and its plan: nothing here has a side effect."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from presswork import guards
from presswork.abilities import Checks, Estimates, Lists
from presswork.explain import explained
from presswork.label import digest_in, make_label
from presswork.mediatypes import is_page
from presswork.plan import Estimate, Plan, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.archive import Archive
    from presswork.host import Host, Intent, Release
    from presswork.journal import Journal
    from presswork.manifest import Entry, Listing, Manifest
    from presswork.plugins import Plugins
    from presswork.work import Work

__all__ = ["Planning", "plan_for"]


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
    *,
    journal: Journal,
    archive: Archive,
    plugins: Plugins,
    allow_removals: bool,
) -> Planning:
    """Compare what is meant with what is live, explain the changes, and ask every check about them."""
    findings = [*work.findings]
    if isinstance(host, Checks):
        findings += host.check(intent)
        left_out = {finding.path for finding in findings if finding.leave_out and finding.path}
        manifest = intent.manifest.without(left_out)
        intent = dataclasses.replace(intent, manifest=manifest, label=make_label(work.revision, manifest))
    manifest, live = intent.manifest, intent.replaces
    before = _before(live, manifest, journal, archive)
    old, new, known = _listings(live, manifest, before, host)
    changes = compare(old, new)
    if before is not None and before != manifest:
        changes = tuple(explained(changes, before, manifest, work.source))
    missing = [manifest[change.path] for change in changes if change.change in {"added", "changed"}]
    plan = Plan(changes, replaces=live, known=known, estimate=_estimate(host, manifest, missing))
    findings += plugins.check(work.site, manifest, plan)
    findings += guards.limits(manifest, host.capabilities.limits)
    if intent.live:
        findings += guards.removals(plan, sum(map(is_page, old)), allowed=allow_removals)
    return Planning(intent, plan.with_findings(findings), before)


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
        return dict(host.files()), manifest.listing(host.capabilities.digest.name), True
    return {}, manifest.listing(), False


def _estimate(host: Host, manifest: Manifest, missing: Sequence[Entry]) -> Estimate:
    if isinstance(host, Estimates):
        return host.estimate(manifest, missing)
    size = sum(entry.size for entry in missing)
    return Estimate("upload", "the host knows one way", len(missing), size)
