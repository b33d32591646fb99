"""What can be done with releases that are there: look at them, compare, prove, take off, tidy up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from presswork.abilities import Checks, Claims, Deletes, KeepsHistory, Unpublishes
from presswork.errors import ConfigError, Gone, HostError
from presswork.findings import Finding
from presswork.host import Intent
from presswork.interrupts import held
from presswork.journal import Line
from presswork.opened import one_of, opened
from presswork.plan import compare
from presswork.planning import less_left_out
from presswork.report import Entry, ManifestFacts, ReleaseFacts, Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.host import Release
    from presswork.manifest import Manifest
    from presswork.opened import Bench
    from presswork.project import Project
    from presswork.settings import Target
    from presswork.source import Source

__all__ = ["claim", "diff", "history", "prune", "status", "unpublish", "verify"]


_KEPT_HERE: Final = Finding(
    severity="info",
    code="history-kept-here",
    message="The host keeps no history: these are the deployments made from here.",
    hint="`records:` keeps them in a folder that several machines share.",
)


def status(project: Project, targets: Sequence[str] = ()) -> Report:
    """Say what is live at each target, and what was begun there and not finished."""
    report = Report(command="status")
    named = project.targets(targets)
    for target in named:
        with one_of(project, named, target, report), opened(project, target, report) as bench:
            live = bench.host.live()
            bench.report.release = bench.facts(live) if live else None
            manifest = bench.manifest_of(live) if live else None
            bench.report.manifest = ManifestFacts.of(manifest) if manifest else None
            bench.report.findings += bench.journal.findings()
    return report.masked(project.mask)


def history(project: Project, targets: Sequence[str] = (), *, at: str | None = None) -> Report:
    """List the releases and previews of each target, newest first; or that one which was live at a time.

    `at` is a time in ISO 8601, UTC; a day means its end.
    """
    report = Report(command="history")
    named = project.targets(targets)
    for target in named:
        with one_of(project, named, target, report), opened(project, target, report) as bench:
            if not isinstance(bench.host, KeepsHistory):
                bench.report.findings.append(_KEPT_HERE)
            if at is None:
                bench.report.releases = [bench.facts(release) for release in bench.releases()]
            else:
                bench.report.releases = [_live_at(bench, at)]
    return report.masked(project.mask)


def diff(project: Project, target: Target, before: str, after: str) -> Report:
    """Compare two releases of one target."""
    report = Report(command="diff")
    with opened(project, target, report) as bench:
        manifests = []
        for name in (before, after):
            release = bench.find(name)
            manifest = bench.manifest_of(release)
            if manifest is None:
                raise Gone(
                    f"What {name} consisted of is no longer known here.",
                    hint="Only the last deployments made from this folder are kept in its `.presswork` archive.",
                )
            manifests.append(manifest)
        changes = compare(*(manifest.listing() for manifest in manifests))
        bench.report.entries = [Entry(c.path, c.change, c.reason, c.before) for c in changes]
        counts = dict.fromkeys(("added", "changed", "removed", "moved", "same"), 0)
        for change in changes:
            counts[change.change] += 1
        bench.report.changes = counts
    return report.masked(project.mask)


def verify(
    project: Project,
    targets: Sequence[str] = (),
    *,
    manifest: Manifest | None = None,
    source: Source | None = None,
    full: bool = False,
) -> Report:
    """Compare what is live, in every way, with the manifest given, or with that it was deployed from.

    `source` has the bytes of that manifest; `full` is without a sample.
    """
    report = Report(command="verify")
    named = project.targets(targets)
    for target in named:
        with one_of(project, named, target, report), opened(project, target, report) as bench:
            live = bench.host.live()
            if live is None:
                raise HostError(
                    f"Nothing is live at {target.name}.", hint="Deploy first: presswork deploy", retryable=True
                )
            bench.report.release = ReleaseFacts.of(live)
            expected = bench.manifest_of(live) if manifest is None else _as_deployed(bench, manifest, source, live)
            if expected is None:
                raise ConfigError(
                    f"What is live at {target.name} was not deployed from here, so nothing is known to compare with.",
                    hint="Name the built folder: presswork verify DIR",
                )
            bench.report.manifest = ManifestFacts.of(expected)
            bench.report.outcome = "verified"
            bench.prove(live, expected, source=source, further=True, full=full)
            if bench.report.verified is None:
                raise HostError(
                    "The host offers no way to compare what is live with a build.", hint="Look at the site itself."
                )
    return report.masked(project.mask)


def unpublish(project: Project, target: Target) -> Report:
    """Take the live site off."""
    report = Report(command="unpublish", by=project.by)
    with opened(project, target, report, changes=True) as bench:
        unpublishes = bench.able(Unpublishes, "unpublish")
        live = bench.host.live()
        bench.report.previous = live.id if live else None
        with held():
            unpublishes.unpublish()
            bench.journal.write(Line(step="unpublished", release=live.id if live else None, by=project.by))
            bench.report.outcome = "unpublished"
    return project.finished(report)


def claim(project: Project, target: Target) -> Report:
    """Make a site that was made without an account the account's whose key is set."""
    report = Report(command="claim", by=project.by)
    with opened(project, target, report, changes=True) as bench:
        claims = bench.able(Claims, "claim a site")
        bench.report.release = bench.facts(claims.claim())
        bench.report.outcome = "claimed"
    return project.finished(report)


def prune(project: Project, targets: Sequence[str] = (), *, keep: int) -> Report:
    """Delete all but the newest `keep` releases of each target; what is live and previews stay."""
    report = Report(command="prune", by=project.by)
    named = project.targets(targets)
    for target in named:
        with one_of(project, named, target, report), opened(project, target, report, changes=True) as bench:
            deletes = bench.able(Deletes, "delete releases")
            releases = [r for r in bench.able(KeepsHistory, "list its history").history() if not r.preview]
            bench.report.releases = []
            for release in releases[keep:]:
                if not release.live:
                    deletes.delete(release.id)
                    bench.report.releases.append(ReleaseFacts.of(release))
            bench.report.outcome = "pruned"
    return project.finished(report)


def _live_at(bench: Bench, at: str) -> ReleaseFacts:
    line = bench.journal.live_at(_moment(at))
    if line is None or line.release is None:
        raise Gone(
            f"Nothing is known here to have been live at {bench.target.name} at {at}.",
            hint="`presswork history` lists what is known; only deployments made from here have their time.",
        )
    made = bench.journal.made(line.release)
    return ReleaseFacts(
        id=line.release,
        url=(made.url if made else None) or "",
        live=False,
        created=line.at,
        label=made.label if made else None,
        commit=made.commit if made else None,
        by=line.by,
        pages=made.pages if made else None,
    )


def _moment(at: str) -> str:
    """Return a time as the journal writes it; `ConfigError` where it is none."""
    try:
        return f"{date.fromisoformat(at).isoformat()}T23:59:59Z"
    except ValueError:
        pass  # more than a day
    try:
        moment = datetime.fromisoformat(at)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        raise ConfigError(f"{at!r} is no time.", hint="Write it as 2026-05-03 or 2026-05-03T14:00:00Z.") from None


def _as_deployed(bench: Bench, manifest: Manifest, source: Source | None, live: Release) -> Manifest:
    """Return a manifest less what this host leaves out."""
    if source is None or not isinstance(bench.host, Checks):
        return manifest
    intent = Intent(manifest=manifest, source=source, live=True, label="", replaces=live)
    return less_left_out(manifest, bench.host.check(intent))
