"""The story: read the site, plan every target, fill them all, switch them, prove them, report."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from os.path import relpath
from typing import TYPE_CHECKING

import msgspec

from presswork import aftermath
from presswork.builds import last_build
from presswork.deployment import Deployment
from presswork.errors import Cancelled, ConfigError, HostError, PressworkError, Refused
from presswork.guards import NOTHING_ALLOWED, Allowed
from presswork.report import Report, SiteFacts, SourceFacts, TargetReport
from presswork.work import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from presswork.events import Emit, Event
    from presswork.project import Project
    from presswork.site import Site
    from presswork.work import Work

__all__ = ["bring_out", "deploy"]


def deploy(
    site: Site,
    project: Project,
    targets: Sequence[str] = (),
    *,
    preview: bool = False,
    alias: str | None = None,
    dry_run: bool = False,
    allowed: Allowed = NOTHING_ALLOWED,
    full: bool = False,
    emit: Emit = lambda _event: None,
) -> Report:
    """Deploy a site to its default target, or to those named, and return what came of it; no error is raised.

    Every target is filled before one is switched; if one fails before that, none is. A dry run ends with the plan
    and has no side effects. `full` goes on to every way of proof a host has.
    """
    report = Report(command="plan" if dry_run else "deploy", by=project.by, run=project.run)
    report.site = SiteFacts(site.root, site.generator, site.base_url)
    started = time.monotonic()

    def tell(event: Event) -> None:
        emit(event)
        project.plugins.event(event)

    with ExitStack() as stack:
        try:
            named = project.targets(targets)
            deployments = [
                stack.enter_context(
                    closing(
                        Deployment(project, target, live=not preview, alias=alias, emit=tell, together=len(named) > 1)
                    )
                )
                for target in named
            ]
            _forbid(deployments, project, preview=preview)
            work = read(site, project, [d.host.capabilities.digest for d in deployments], tell)
        except (PressworkError, KeyboardInterrupt) as error:
            report.fail(_as_ours(error))
            deployments = []
        else:
            report.source = SourceFacts.of(work.revision)
            report.targets = [deployment.report for deployment in deployments]
            bring_out(deployments, work, allowed, full=full, dry_run=dry_run)
    if project.settings.on_verify_failure == "rollback":
        for target_report in report.targets:
            _take_back(project, target_report)
    aftermath.tell_apart(report.targets, _again(site, project, allowed))
    report.seconds = round(time.monotonic() - started, 3)
    report = report.masked(project.mask)
    if not dry_run:
        project.plugins.finished(report)
    return report


def bring_out(
    deployments: Sequence[Deployment], work: Work, allowed: Allowed, *, full: bool = False, dry_run: bool = False
) -> None:
    """Take the same work to all its targets, as far as it gets; each takes down in its report what came of it."""
    if not _all(deployments, lambda d: d.plan(work, allowed, dry_run=dry_run)) or dry_run:
        return _leave(deployments, dry_run=dry_run)
    if not _all(deployments, Deployment.settle):
        return _leave(deployments)
    changed = [deployment for deployment in deployments if deployment.report.outcome != "unchanged"]
    if not _all(changed, Deployment.fill):
        return _leave(changed)
    switched: list[Deployment] = []
    for deployment in sorted(changed, key=lambda d: not d.revertible):
        if not _all([deployment], Deployment.switch):
            _leave(changed)
            break
        switched.append(deployment)
    _all([*switched, *(deployment for deployment in deployments if deployment.unproved)], lambda d: d.prove(full=full))
    return None


def _all(deployments: Iterable[Deployment], step: Callable[[Deployment], None]) -> bool:
    """Take one step with every deployment; an error is taken down by the one it befell. Return whether none was."""
    good = True
    for deployment in deployments:
        try:
            step(deployment)
        except OSError as error:  # of a host's: what it could not foresee
            deployment.fail(
                HostError(f"{deployment.report.host}: {error}.", hint="Mend what it names, then try again.")
            )
            good = False
        except (PressworkError, KeyboardInterrupt) as error:
            deployment.fail(_as_ours(error))
            good = False
            if isinstance(error, KeyboardInterrupt):
                break
    return good


def _leave(deployments: Iterable[Deployment], *, dry_run: bool = False) -> None:
    """Say of the deployments that were ready and not switched why that is."""
    for deployment in deployments:
        if deployment.report.outcome == "planned" and not dry_run:
            reason = Refused(
                "Not switched: another target failed.", hint="Mend that one, then run the same command again."
            )
            reason.retryable = True  # what it has taken need not be sent again
            deployment.fail(reason)


def _take_back(project: Project, target: TargetReport) -> None:
    """Make live again what was so before, where a release proved not to be as it was built."""
    wrong = target.verified is not None and not target.verified.ok
    if not wrong or target.release is None or not target.release.live or not target.previous:
        return
    from presswork.rollback import promote

    try:
        (back,) = promote(project, project.settings.target(target.target), target.previous).targets
    except PressworkError as error:
        target.findings.append(aftermath.not_taken_back(error.message))
        return
    if back.error is not None:
        target.findings.append(aftermath.not_taken_back(back.error.message))
        return
    target.release = msgspec.structs.replace(target.release, live=False)
    target.findings.append(aftermath.taken_back(target.previous))


def _forbid(deployments: Sequence[Deployment], project: Project, *, preview: bool) -> None:
    """Refuse what no host could do, before any work."""
    seen: dict[str, str] = {}
    for deployment in deployments:
        name, place = deployment.target.name, f"{deployment.report.host} {deployment.host.place}"
        if place in seen:
            raise ConfigError(f"The targets {seen[place]} and {name} are one and the same place.", hint="Drop one.")
        seen[place] = name
        if preview and not deployment.host.capabilities.previews:
            able = project.plugins.able("previews")
            if deployment.report.host in able:
                raise ConfigError(
                    f"The target {name} has no previews as it is set.",
                    hint=f"An option of the host {deployment.report.host} says where they go: see its settings.",
                )
            raise ConfigError(
                f"The host {deployment.report.host} has no previews.",
                hint=f"Installed hosts that have them: {', '.join(able) or 'none'}.",
            )


def _again(site: Site, project: Project, allowed: Allowed) -> list[str]:
    """Return the command that deploys the same site again, less its targets."""
    build = last_build(project.state)
    words = ["presswork", "deploy"]
    if build is None or build.site.root != site.root:
        words.append(relpath(site.root))
    words += project.where
    options = {"--allow-removals": allowed.removals, "--allow-older": allowed.older, "--unpin": allowed.pinned}
    return [*words, *(option for option, given in options.items() if given)]


def _as_ours(error: PressworkError | KeyboardInterrupt) -> PressworkError:
    return error if isinstance(error, PressworkError) else Cancelled()
