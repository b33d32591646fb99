"""One target's host, opened for a command that looks at its releases or chooses among them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import msgspec

from presswork.abilities import ABILITIES, KeepsHistory
from presswork.errors import ConfigError, HostError, PressworkError
from presswork.journal import Line
from presswork.label import commit_in, digest_in
from presswork.report import ReleaseFacts, Report, TargetReport
from presswork.report.terminal import count
from presswork.verify import prove

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from presswork.host import Host, Release
    from presswork.journal import Journal
    from presswork.manifest import Manifest
    from presswork.project import Project
    from presswork.settings import Target
    from presswork.source import Source

__all__ = ["Bench", "one_of", "opened"]

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

    def releases(self) -> list[Release]:
        """Return releases and previews, newest first: the host's history, or what was deployed from here."""
        if isinstance(self.host, KeepsHistory):
            return list(self.host.history())
        return self.journal.releases(self.host.live())

    def facts(self, release: Release) -> ReleaseFacts:
        """Return what is known of a release here and at its host."""
        facts, made = ReleaseFacts.of(release), self.journal.made(release.id)
        commit = commit_in(release.label)
        if made is None:
            return msgspec.structs.replace(facts, commit=commit)
        return msgspec.structs.replace(facts, commit=made.commit or commit, by=made.by, pages=made.pages)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the place; `Locked` where another deployment is under way."""
        lock = self.project.lock(self.target, self.host)
        try:
            yield
        finally:
            lock.release()

    def prove(
        self,
        release: Release,
        manifest: Manifest,
        *,
        source: Source | None = None,
        further: bool = False,
        full: bool = False,
    ) -> None:
        """Compare what is live with a manifest, into report and journal; `HostError` where it differs."""
        kept = self.project.archive if self.project.archive.holds(manifest) else None
        visit = self.project.visit(self.target, source=source or kept)
        verified = prove(self.host, release, manifest, visit=visit, further=further, full=full)
        if verified is None:
            raise HostError(
                "The host offers no way to compare what is live with a build.", hint="Look at the site itself."
            )
        self.report.verified = verified
        if manifest.digest in self.digests_of(release):  # another site's manifest proves nothing about this release
            self.journal.write(Line(step="verified", release=release.id, ok=verified.ok))
        if not verified.ok:
            raise HostError(
                f"{count(len(verified.mismatches), 'file')} at {self.target.name} not as in the manifest.",
                hint="Run `presswork deploy` to repair it.",
                path=verified.mismatches[0],
                retryable=True,
            )

    def find(self, name: str) -> Release:
        """Return the release of that id or preview alias, or what is `live`."""
        for release in self.releases():
            if name in {release.id, release.alias} or (name == "live" and release.live):
                return release
        raise ConfigError(
            f"There is no deployment {name} at {self.target.name}.",
            hint="`presswork history` lists those there are.",
        )


@contextmanager
def one_of(targets: Sequence[Target], target: Target, report: Report) -> Iterator[None]:
    """Keep a wrong setting of one target, or its missing token, from hiding what there is to say of the others."""
    try:
        yield
    except ConfigError as error:
        if len(targets) == 1:
            raise
        line = TargetReport(target=target.name, host=target.host or "local", outcome="failed")
        line.fail(error)
        report.targets = [*(other for other in report.targets if other.target != target.name), line]


@contextmanager
def opened(project: Project, target: Target, report: Report) -> Iterator[Bench]:
    """Open a target's host, take down an error in the report, and close."""
    started = time.monotonic()
    line = TargetReport(target=target.name, host=project.host_type(target).name, outcome="listed")
    host = project.host(target, note=line.findings.append)
    bench = Bench(project, target, line, host)
    try:
        yield bench
    except ConfigError:
        raise
    except PressworkError as error:
        bench.report.fail(error)
    finally:
        bench.report.seconds = round(time.monotonic() - started, 3)
        report.targets.append(bench.report)
        host.close()
