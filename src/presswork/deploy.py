"""The story: read the site, plan every target, fill them all, switch them, prove them, report."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from presswork.deployment import Deployment
from presswork.errors import Cancelled, ConfigError, HostError, PressworkError, Refused
from presswork.origin import run_address
from presswork.report import Report, SiteFacts, SourceFacts
from presswork.work import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from presswork.events import Emit, Event
    from presswork.project import Project
    from presswork.site import Site

__all__ = ["deploy"]


def deploy(
    site: Site,
    project: Project,
    targets: Sequence[str] = (),
    *,
    preview: bool = False,
    alias: str | None = None,
    dry_run: bool = False,
    allow_removals: bool = False,
    full: bool = False,
    emit: Emit = lambda _event: None,
) -> Report:
    """Deploy a site to its default target, or to those named, and return what came of it; no error is raised.

    Every target is filled before one is switched; if one fails before that, none is. A dry run ends with the plan
    and has no side effects. `full` goes on to every way of proof a host has.
    """
    report = Report(command="plan" if dry_run else "deploy", by=project.by, run=run_address(project.environ))
    report.site = SiteFacts(site.root, site.generator, site.base_url)
    started = time.monotonic()

    def tell(event: Event) -> None:
        emit(event)
        project.plugins.event(event)

    with ExitStack() as stack:
        try:
            deployments = [
                stack.enter_context(closing(Deployment(project, target, live=not preview, alias=alias, emit=tell)))
                for target in project.targets(targets)
            ]
            _forbid(deployments, project, preview=preview)
            work = read(site, project, [d.host.capabilities.digest for d in deployments], tell)
        except (PressworkError, KeyboardInterrupt) as error:
            report.fail(_as_ours(error))
            deployments = []
        else:
            report.source = SourceFacts.of(work.revision)
            report.targets = [deployment.report for deployment in deployments]
            _bring_out(
                deployments,
                plan=lambda d: d.plan(work, allow_removals=allow_removals),
                prove=lambda d: d.prove(full=full),
                dry_run=dry_run,
            )
    report.seconds = round(time.monotonic() - started, 3)
    report = report.masked(project.mask)
    if not dry_run:
        project.plugins.finished(report)
    return report


def _bring_out(
    deployments: Sequence[Deployment],
    *,
    plan: Callable[[Deployment], None],
    prove: Callable[[Deployment], None],
    dry_run: bool,
) -> None:
    if not _all(deployments, plan) or dry_run:
        return _leave(deployments, dry_run=dry_run)
    if not _all(deployments, Deployment.settle):
        return _leave(deployments)
    changed = [deployment for deployment in deployments if deployment.report.outcome != "unchanged"]
    if not _all(changed, Deployment.fill):
        return _leave(changed)
    for deployment in sorted(changed, key=lambda d: not d.revertible):
        if not _all([deployment], Deployment.switch):
            return _leave(changed)
    _all([*changed, *(deployment for deployment in deployments if deployment.unproved)], prove)
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


def _forbid(deployments: Sequence[Deployment], project: Project, *, preview: bool) -> None:
    """Refuse what no host could do, before any work."""
    seen: dict[str, str] = {}
    for deployment in deployments:
        name, place = deployment.target.name, f"{deployment.report.host} {deployment.host.place}"
        if place in seen:
            raise ConfigError(f"The targets {seen[place]} and {name} are one and the same place.", hint="Drop one.")
        seen[place] = name
        if preview and not deployment.host.capabilities.previews:
            others = ", ".join(project.plugins.able("previews")) or "none"
            raise ConfigError(
                f"The host {deployment.report.host} has no previews.", hint=f"Installed hosts that have them: {others}."
            )


def _as_ours(error: PressworkError | KeyboardInterrupt) -> PressworkError:
    return error if isinstance(error, PressworkError) else Cancelled()
