"""The story: read the site, plan every target, fill them all, switch them, prove them, report."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from os.path import relpath
from typing import TYPE_CHECKING

from presswork import aftermath
from presswork.deployment import Deployment
from presswork.errors import ConfigError, PressworkError
from presswork.guards import NOTHING_ALLOWED, Allowed
from presswork.report import Report, SiteFacts, SourceFacts
from presswork.rollback import take_back
from presswork.together import as_ours, bring_out
from presswork.work import read

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            report.fail(as_ours(error))
            deployments = []
        else:
            report.source = SourceFacts.of(work.revision)
            report.targets = [deployment.report for deployment in deployments]
            bring_out(deployments, work, allowed, full=full, dry_run=dry_run)
    if project.settings.on_verify_failure == "rollback":
        for target_report in report.targets:
            take_back(project, target_report)
    aftermath.tell_apart(report.targets, _again(site, project, allowed))
    report.seconds = round(time.monotonic() - started, 3)
    return report.masked(project.mask) if dry_run else project.finished(report)


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
    words = ["presswork", "deploy", relpath(site.root), *project.where]
    options = {"--allow-removals": allowed.removals, "--allow-older": allowed.older, "--unpin": allowed.pinned}
    return [*words, *(option for option, given in options.items() if given)]
