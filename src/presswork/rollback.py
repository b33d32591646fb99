"""Going back to an earlier release, and making a preview live: by the host itself, or by deploying it again."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from presswork import aftermath
from presswork.abilities import Activates
from presswork.deployment import Deployment
from presswork.errors import ConfigError, Conflict, Gone, PressworkError, Refused
from presswork.findings import Finding
from presswork.git import Revision
from presswork.guards import Allowed, commit_of
from presswork.interrupts import held
from presswork.journal import Line
from presswork.label import commit_in, digest_in, title_in
from presswork.opened import opened
from presswork.report import ManifestFacts, ReleaseFacts, Report
from presswork.together import bring_out
from presswork.verify import by_folder
from presswork.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.events import Emit, Event
    from presswork.host import Release
    from presswork.manifest import Manifest
    from presswork.opened import Bench
    from presswork.project import Project
    from presswork.report import Outcome, TargetReport
    from presswork.settings import Target

__all__ = ["promote", "rollback", "take_back"]

_DEPLOYED_AGAIN: Final = Finding(
    severity="info",
    code="deployed-again",
    message="The host cannot switch back by itself: what was deployed then was deployed again, from the archive.",
    hint="The release has a new id; `presswork history` lists it.",
)


def _silent(_event: Event) -> None:
    pass


def rollback(project: Project, target: Target, name: str | None = None, *, emit: Emit = _silent) -> Report:
    """Make an earlier release live: the one named, or the newest one older than what is live that was live itself.

    What was live until then is pinned: it is not deployed again unless that is asked for.
    """
    report = Report(command="rollback", by=project.by, run=project.run)
    with opened(project, target, report, changes=True) as bench:
        chosen = bench.find(name) if name else _previous(bench)
        live = bench.host.live()
        if live is not None and live.id == chosen.id:
            _unchanged(bench, live)
        else:
            with _pinned(bench, live, chosen):
                _make_live(bench, live, chosen, "rolled-back", emit)
    return project.finished(report)


def promote(project: Project, target: Target, name: str, *, emit: Emit = _silent) -> Report:
    """Make a preview live."""
    return project.finished(_promoted(project, target, name, emit))


def _promoted(project: Project, target: Target, name: str, emit: Emit, *, instead_of: str | None = None) -> Report:
    report = Report(command="promote", by=project.by, run=project.run)
    with opened(project, target, report, changes=True) as bench:
        chosen = bench.find(name)
        live = bench.host.live()
        if instead_of is not None and (live is None or live.id != instead_of):
            raise Conflict("Something else is live by now.", hint="Look at it with `presswork status`.")
        if live is not None and live.id == chosen.id:
            _unchanged(bench, live)
        else:
            _make_live(bench, live, chosen, "promoted", emit)
    return report


def take_back(project: Project, target: TargetReport) -> None:
    """Make live again what was so before, where a release proved not to be as it was built."""
    wrong = target.verified is not None and not target.verified.ok
    if not wrong or target.release is None or not target.release.live or not target.previous:
        return
    if target.previous == target.release.id:
        target.findings.append(aftermath.not_taken_back("it was live before, too."))
        return
    there = project.settings.target(target.target)
    try:
        (back,) = _promoted(project, there, target.previous, _silent, instead_of=target.release.id).targets
    except PressworkError as error:
        target.findings.append(aftermath.not_taken_back(error.message))
        return
    if back.release is None or not back.release.live:
        target.findings.append(aftermath.not_taken_back(back.error.message if back.error else "nobody knows why."))
        return
    target.release = msgspec.structs.replace(target.release, live=False)
    target.findings.append(aftermath.taken_back(target.previous))


def _previous(bench: Bench) -> Release:
    """Return the newest release before the live one that has been live."""
    releases = bench.releases()
    live = next((index for index, release in enumerate(releases) if release.live), -1)
    left = {pin.manifest for pin in bench.journal.pins()}  # and where hosts go back by deploying again, what is live:
    left |= {*bench.digests_of(releases[live])} if live >= 0 else set()
    for release in releases[live + 1 :]:
        known, made = {*bench.digests_of(release)} - {None}, bench.journal.made(release.id)
        meant = not release.preview and (made is None or made.live is not False)
        if (meant or bench.journal.was_live(release.id)) and not known & left:
            return release
    raise ConfigError(
        f"There is no earlier deployment at {bench.target.name} to go back to.",
        hint="`presswork history` lists those there are.",
    )


def _unchanged(bench: Bench, live: Release) -> None:
    bench.report.outcome = "unchanged"
    bench.report.previous = live.id
    bench.report.release = ReleaseFacts.of(live)


@contextmanager
def _pinned(bench: Bench, live: Release | None, chosen: Release) -> Iterator[None]:
    """Pin what is live before it is left; take the pin back where that came to nothing."""
    if live is None:
        yield
        return
    manifest, _ = bench.digests_of(live)
    pin = Line(
        step="pinned",
        release=live.id,
        manifest=manifest or digest_in(live.label),
        commit=_only_commit(bench, live, chosen),
        by=bench.project.by,
    )
    bench.journal.write(pin)
    try:
        yield
    finally:
        if bench.report.outcome not in {"rolled-back", "superseded"} and _still(bench, live):
            bench.journal.write(Line(step="unpinned", release=live.id))


def _only_commit(bench: Bench, live: Release, chosen: Release) -> str | None:
    """Return the commit of what is live, where that alone was made of it."""
    made, commit = bench.journal.made(live.id), commit_of(bench.journal, live)
    other = commit_of(bench.journal, chosen)
    same = bool(commit and other) and (str(commit).startswith(str(other)) or str(other).startswith(str(commit)))
    return None if same or (made is not None and made.dirty) else commit


def _still(bench: Bench, live: Release) -> bool:
    """Say whether the same is live; no where nobody can tell."""
    now = _now(bench)
    return now is not None and now.id == live.id


def _now(bench: Bench) -> Release | None:
    try:
        return bench.host.live()
    except PressworkError:
        return None


def _make_live(bench: Bench, live: Release | None, chosen: Release, outcome: Outcome, emit: Emit) -> None:
    bench.report.previous = live.id if live else None
    known = bench.manifest_of(chosen)
    try:
        if isinstance(bench.host, Activates):
            try:
                _activate(bench, bench.host, chosen, known, outcome)
            except Gone:
                if known is None or not bench.project.archive.holds(known):
                    raise
            else:
                _prove(bench, chosen, known)
                return
        if known is None:
            raise Gone(
                f"What {chosen.id} consisted of is no longer known here.",
                hint="Build that state of the site again and deploy it.",
            )
        _deploy_again(bench, chosen, known, outcome, emit)
    finally:
        if bench.report.release is not None and bench.report.release.live:
            _lift_pins(bench, chosen)


def _prove(bench: Bench, chosen: Release, known: Manifest | None) -> None:
    if known is not None:
        bench.prove(bench.host.live() or chosen, known)
        if bench.report.verified is None:
            bench.report.findings.append(aftermath.UNVERIFIED)


def _lift_pins(bench: Bench, chosen: Release) -> None:
    """End the pins of what is live again by somebody's choice."""
    manifests = {*bench.digests_of(chosen)}
    for pin in bench.journal.pins():
        if pin.release == chosen.id or pin.manifest in manifests:
            bench.journal.write(Line(step="unpinned", release=pin.release))


def _activate(bench: Bench, activates: Activates, chosen: Release, known: Manifest | None, outcome: Outcome) -> None:
    damaged = by_folder(chosen, known) if known else None
    if damaged is not None and not damaged.ok:
        raise Refused(
            f"{chosen.id} is damaged: {damaged.mismatches[0]} is not what was deployed. It was not made live.",
            hint="Choose another with `presswork history`, or deploy that state of the site again.",
            path=damaged.mismatches[0],
        )
    with held():
        try:
            release, trouble = activates.activate(chosen.id), None
        except (Gone, Refused):
            raise
        except PressworkError as error:
            now, trouble = _now(bench), error
            if now is None or now.id != chosen.id:
                bench.report.findings += [aftermath.MAY_GO_LIVE] if now is None else []
                raise
            release = now
            bench.report.findings.append(aftermath.LIVE_ALL_THE_SAME)
        bench.journal.write(Line(step="activated", release=release.id, by=bench.project.by, run=bench.project.run))
        bench.report.release = ReleaseFacts.of(release)
        bench.report.outcome = outcome
        if known is not None:
            bench.report.manifest = ManifestFacts.of(known)
        if trouble is not None:
            raise trouble


def _deploy_again(bench: Bench, chosen: Release, manifest: Manifest, outcome: Outcome, emit: Emit) -> None:
    """Deploy an archived manifest and its bytes, which were checked when they were deployed first."""
    project = bench.project
    project.archive.prove(manifest)
    commit = commit_in(chosen.label)
    revision = Revision(commit, title=title_in(chosen.label)) if commit else None
    work = Work(None, manifest, project.archive, revision, (_DEPLOYED_AGAIN,))
    allowed = Allowed(removals=True, older=True, pinned=True)
    with closing(Deployment(project, bench.target, live=True, alias=None, emit=emit, locked=True)) as deployment:
        bring_out([deployment], work, allowed)
    bench.report = deployment.report
    if bench.report.outcome in {"deployed", "unchanged"}:
        bench.report.outcome = outcome
