"""One target's host, opened for a command that looks at its releases or chooses among them."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

import msgspec

from presswork.abilities import ABILITIES, KeepsHistory
from presswork.errors import Cancelled, ConfigError, HostError, PressworkError
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

__all__ = ["Bench", "is_live", "one_of", "opened"]

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

    def prove(
        self,
        release: Release,
        manifest: Manifest,
        *,
        source: Source | None = None,
        further: bool = False,
        full: bool = False,
    ) -> None:
        """Compare what is live with a manifest, into report and journal; `HostError` where it differs.

        Where no way can answer, the report holds no proof.
        """
        kept = self.project.archive if self.project.archive.holds(manifest) else None
        visit = self.project.visit(self.target, source=source or kept)
        verified = prove(self.host, release, manifest, visit=visit, further=further, full=full)
        if verified is None:
            return
        if not verified.ok and release.live and not is_live(self.host, release):
            raise HostError(
                "Another deployment went live while this one was compared.",
                hint="Run the same command again.",
                retryable=True,
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
def one_of(project: Project, targets: Sequence[Target], target: Target, report: Report) -> Iterator[None]:
    """Keep the trouble of one target, a missing token or a damaged journal, from hiding the others."""
    try:
        yield
    except PressworkError as error:
        if len(targets) == 1:
            raise
        line = TargetReport(target=target.name, host=target.host or project.plugins.embedded().name, outcome="failed")
        line.fail(error)
        report.targets = [*(other for other in report.targets if other.target != target.name), line]


def is_live(host: Host, release: Release) -> bool:
    """Say whether this release is the live one, as far as its host can say."""
    now = host.live()
    return now is not None and now.id in {release.id, ""}


@contextmanager
def opened(project: Project, target: Target, report: Report, *, changes: bool = False) -> Iterator[Bench]:
    """Open a target's host, take down an error in the report, and close.

    What `changes` something holds the lock of the place from before the journal is read, and a Ctrl-C is taken down
    too: the report says how far it came.
    """
    started = time.monotonic()
    line = TargetReport(target=target.name, host=project.host_type(target).name, outcome="listed")
    host = project.host(target, note=line.findings.append)
    with ExitStack() as stack:
        stack.callback(host.close)
        if changes:
            stack.callback(project.lock(target, host).release)
        bench = Bench(project, target, line, host)
        try:
            yield bench
        except ConfigError:
            raise
        except PressworkError as error:
            bench.report.fail(error)
        except KeyboardInterrupt:
            if not changes:
                raise
            bench.report.fail(Cancelled(hint="`presswork status` says what is live now."))
        finally:
            bench.report.seconds = round(time.monotonic() - started, 3)
            report.targets.append(bench.report)
