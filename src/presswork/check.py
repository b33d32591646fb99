"""Everything that can be said against a site without a host, a network or a token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from presswork import guards
from presswork.checksettings import CheckSettings
from presswork.plan import Estimate, Plan, compare
from presswork.project import load
from presswork.report import ManifestFacts, Report, SiteFacts, SourceFacts, TargetReport
from presswork.settings import options_of
from presswork.work import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from presswork.project import Project
    from presswork.site import Site

__all__ = ["check"]


def check(site: Site, project: Project, targets: Sequence[str] = ()) -> Report:
    """Scan a site and ask every check about it, for each target as if nothing were live there."""
    started = time.monotonic()
    report = Report(command="check", site=SiteFacts(site.root, site.generator, site.base_url))
    work = read(site, project, (), lambda _event: None)
    report.source = SourceFacts.of(work.revision)
    plan = Plan(
        compare({}, work.manifest.listing()),
        replaces=None,
        known=False,
        estimate=Estimate("none", "nothing is sent", 0, 0),
        findings=work.findings,
    )
    for target in project.targets(targets):
        kind = project.host_type(target)
        options_of(target, kind, project.settings)
        project.learn_secrets(target)
        findings = [
            *work.findings,
            *project.plugins.check(
                site, work.manifest, plan, work.source, CheckSettings(project.settings.checks, project.settings.door)
            ),
            *guards.limits(work.manifest, load(kind).capabilities.limits),
        ]
        refused = any(finding.severity == "error" for finding in findings)
        report.targets.append(
            TargetReport(
                target=target.name,
                host=kind.name,
                outcome="refused" if refused else "checked",
                manifest=ManifestFacts.of(work.manifest),
                findings=findings,
            )
        )
    report.seconds = round(time.monotonic() - started, 3)
    return report
