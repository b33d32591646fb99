"""What can be done with releases that are there: look at them, go back, promote, prove, take off, tidy up."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from presswork.abilities import ABILITIES, Activates, Deletes, KeepsHistory, Unpublishes
from presswork.errors import ConfigError, Gone, HostError, PressworkError, Refused
from presswork.interrupts import held
from presswork.journal import Line
from presswork.label import digest_in
from presswork.plan import compare
from presswork.report import Entry, ManifestFacts, ReleaseFacts, Report, TargetReport
from presswork.report.terminal import count
from presswork.verify import prove

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from presswork.host import Host, Release
    from presswork.journal import Journal
    from presswork.manifest import Manifest
    from presswork.project import Project
    from presswork.settings import Target

__all__ = ["Bench", "diff", "history", "promote", "prune", "rollback", "status", "unpublish", "verify"]

A = TypeVar("A")


class Bench:
    """One target's host, opened for a command, with its journal and the report the command grows."""

    def __init__(self, project: Project, target: Target, report: TargetReport, host: Host) -> None:
        self.project = project
        self.target = target
        self.report = report
        self.host = host
        self.journal: Journal = project.journal(target, host)

    def able(self, ability: type[A], verb: str) -> A:
        """Return the host as one that has an ability; `ConfigError` names the hosts that have it."""
        if isinstance(self.host, ability):
            return self.host
        word = next(word for word, kind in ABILITIES.items() if kind is ability)
        others = ", ".join(self.project.plugins.able(word)) or "none"
        raise ConfigError(f"The host {self.report.host} cannot {verb}.", hint=f"Installed hosts that can: {others}.")

    def manifest_of(self, release: Release) -> Manifest | None:
        """Return the manifest a release was made from, where the archive still has it."""
        kept = (self.project.archive.get(digest) for digest in self.digests_of(release))
        return next((manifest for manifest in kept if manifest is not None), None)

    def digests_of(self, release: Release) -> tuple[str | None, ...]:
        """Return the digest of the manifest a release was made from, as the journal and its label know it."""
        return self.journal.manifest_of(release.id), digest_in(release.label)

    def find(self, name: str) -> Release:
        """Return the release of that id or preview alias, or what is `live`."""
        releases = list(self.able(KeepsHistory, "list its history").history())
        for release in releases:
            if name in {release.id, release.alias} or (name == "live" and release.live):
                return release
        raise ConfigError(
            f"There is no deployment {name} at {self.target.name}.",
            hint="`presswork history` lists those there are.",
        )


@contextmanager
def _opened(project: Project, target: Target, report: Report) -> Iterator[Bench]:
    """Open a target's host, take down an error in the report, and close."""
    started = time.monotonic()
    line = TargetReport(target=target.name, host=project.host_type(target).name, outcome="listed")
    report.targets.append(line)
    host = project.host(target, note=line.findings.append)
    try:
        yield Bench(project, target, line, host)
    except ConfigError:
        raise
    except PressworkError as error:
        line.fail(error)
    finally:
        line.seconds = round(time.monotonic() - started, 3)
        host.close()


def status(project: Project, targets: Sequence[str] = ()) -> Report:
    """Say what is live at each target, and what was begun there and not finished."""
    report = Report(command="status")
    for target in project.targets(targets):
        with _opened(project, target, report) as bench:
            live = bench.host.live()
            bench.report.release = ReleaseFacts.of(live) if live else None
            manifest = bench.manifest_of(live) if live else None
            bench.report.manifest = ManifestFacts.of(manifest) if manifest else None
            if attempt := bench.journal.unfinished():
                bench.report.findings.append(attempt.finding())
    return report.masked(project.mask)


def history(project: Project, targets: Sequence[str] = ()) -> Report:
    """List the releases and previews of each target, newest first."""
    report = Report(command="history")
    for target in project.targets(targets):
        with _opened(project, target, report) as bench:
            releases = bench.able(KeepsHistory, "list its history").history()
            bench.report.releases = [ReleaseFacts.of(release) for release in releases]
    return report.masked(project.mask)


def diff(project: Project, target: Target, before: str, after: str) -> Report:
    """Compare two releases of one target."""
    report = Report(command="diff")
    with _opened(project, target, report) as bench:
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


def rollback(project: Project, target: Target, name: str | None = None) -> Report:
    """Make an earlier release live: the one named, or the newest one older than what is live that was live itself."""
    report = Report(command="rollback", by=project.by)
    with _opened(project, target, report) as bench:
        activates = bench.able(Activates, "roll back")
        chosen = bench.find(name) if name else _previous(bench)
        _activate(bench, activates, chosen)
        if bench.report.outcome == "listed":
            bench.report.outcome = "rolled-back"
    return report.masked(project.mask)


def promote(project: Project, target: Target, name: str) -> Report:
    """Make a preview live."""
    report = Report(command="promote", by=project.by)
    with _opened(project, target, report) as bench:
        _activate(bench, bench.able(Activates, "promote"), bench.find(name))
        if bench.report.outcome == "listed":
            bench.report.outcome = "promoted"
    return report.masked(project.mask)


def verify(
    project: Project, targets: Sequence[str] = (), *, manifest: Manifest | None = None, full: bool = False
) -> Report:
    """Compare what is live with the manifest given, or with that it was deployed from."""
    report = Report(command="verify")
    for target in project.targets(targets):
        with _opened(project, target, report) as bench:
            live = bench.host.live()
            if live is None:
                raise HostError(
                    f"Nothing is live at {target.name}.", hint="Deploy first: presswork deploy", retryable=True
                )
            bench.report.release = ReleaseFacts.of(live)
            expected = manifest or bench.manifest_of(live)
            if expected is None:
                raise ConfigError(
                    f"What is live at {target.name} was not deployed from here, so nothing is known to compare with.",
                    hint="Name the built folder: presswork verify DIR",
                )
            bench.report.manifest = ManifestFacts.of(expected)
            bench.report.outcome = "verified"
            _prove(bench, live, expected, full=full)
    return report.masked(project.mask)


def unpublish(project: Project, target: Target) -> Report:
    """Take the live site off."""
    report = Report(command="unpublish", by=project.by)
    with _opened(project, target, report) as bench:
        unpublishes = bench.able(Unpublishes, "unpublish")
        live = bench.host.live()
        bench.report.previous = live.id if live else None
        unpublishes.unpublish()
        bench.journal.write(Line(step="unpublished", release=live.id if live else None, by=project.by))
        bench.report.outcome = "unpublished"
    return report.masked(project.mask)


def prune(project: Project, targets: Sequence[str] = (), *, keep: int) -> Report:
    """Delete all but the newest `keep` releases of each target; what is live and previews stay."""
    report = Report(command="prune", by=project.by)
    for target in project.targets(targets):
        with _opened(project, target, report) as bench:
            deletes = bench.able(Deletes, "delete releases")
            releases = [r for r in bench.able(KeepsHistory, "list its history").history() if not r.preview]
            bench.report.releases = []
            for release in releases[keep:]:
                if not release.live:
                    deletes.delete(release.id)
                    bench.report.releases.append(ReleaseFacts.of(release))
            bench.report.outcome = "pruned"
    return report.masked(project.mask)


def _previous(bench: Bench) -> Release:
    """Return the newest release before the live one that has been live."""
    releases = list(bench.able(KeepsHistory, "list its history").history())
    live = next((index for index, release in enumerate(releases) if release.live), -1)
    for release in releases[live + 1 :]:
        if not release.preview or bench.journal.was_live(release.id):
            return release
    raise ConfigError(
        f"There is no earlier deployment at {bench.target.name} to go back to.",
        hint="`presswork history` lists those there are.",
    )


def _activate(bench: Bench, activates: Activates, chosen: Release) -> None:
    live = bench.host.live()
    bench.report.previous = live.id if live else None
    if live is not None and live.id == chosen.id:
        bench.report.outcome = "unchanged"
        bench.report.release = ReleaseFacts.of(live)
        return
    known = bench.manifest_of(chosen)
    damaged = prove(bench.host, chosen, known) if known else None
    if damaged is not None and not damaged.ok:
        raise Refused(
            f"{chosen.id} is damaged: {damaged.mismatches[0]} is not what was deployed. It was not made live.",
            hint="Choose another with `presswork history`, or deploy that state of the site again.",
            path=damaged.mismatches[0],
        )
    with held():
        release = activates.activate(chosen.id)
        bench.journal.write(Line(step="activated", release=release.id, by=bench.project.by))
    bench.report.release = ReleaseFacts.of(release)
    manifest = bench.manifest_of(release)
    if manifest is not None:
        bench.report.manifest = ManifestFacts.of(manifest)
        _prove(bench, release, manifest, full=False)


def _prove(bench: Bench, release: Release, manifest: Manifest, *, full: bool) -> None:
    verified = prove(bench.host, release, manifest, full=full)
    if verified is None:
        raise HostError("The host offers no way to compare what is live with a build.", hint="Look at the site itself.")
    bench.report.verified = verified
    if manifest.digest in bench.digests_of(release):  # another site's manifest proves nothing about this release
        bench.journal.write(Line(step="verified", release=release.id, ok=verified.ok))
    if not verified.ok:
        raise HostError(
            f"{count(len(verified.mismatches), 'file')} at {bench.target.name} not as in the manifest.",
            hint="Run `presswork deploy` to repair it.",
            path=verified.mismatches[0],
            retryable=True,
        )
