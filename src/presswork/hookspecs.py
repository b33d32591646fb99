"""The six hooks a plugin can implement. All are synchronous and are called on the main thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from presswork.checksettings import CheckSettings
    from presswork.draft import Draft
    from presswork.events import Event
    from presswork.findings import Finding
    from presswork.host import HostType
    from presswork.manifest import Manifest
    from presswork.mask import Mask
    from presswork.plan import Plan
    from presswork.report import Report
    from presswork.site import Site
    from presswork.source import Source

__all__ = ["hookimpl"]

hookspec = pluggy.HookspecMarker("presswork")
hookimpl = pluggy.HookimplMarker("presswork")
"""Marks a function of a plugin as the implementation of the hook it is named after."""


@hookspec
def presswork_hosts() -> Iterable[HostType]:
    """Offer kinds of hosts. Called when a host's name is first needed.

    A name that two plugins offer is an error. A plugin that raises here is kept as broken, with its reason.
    """
    return ()


@hookspec
def presswork_edit_manifest(site: Site, entries: Draft) -> None:
    """Add, drop or annotate entries. Called after the scan, before the manifest is frozen.

    What it raises stops the deploy before anything is sent.
    """


@hookspec
def presswork_check(
    site: Site, manifest: Manifest, plan: Plan, source: Source, checks: CheckSettings, mask: Mask
) -> Iterable[Finding]:
    """Return findings about what is about to be deployed. Called once per target, after the plan.

    All plugins' findings are shown together; one error stops the deploy before anything is sent. `source` opens the
    files' content. `checks.wants("mine")` makes `mine` a name that users can switch off, raise or lower in their
    configuration, and `checks.weighed("mine", findings)` does as they say. `mask.leak` finds this run's own secrets.
    """
    return ()


@hookspec
def presswork_event(event: Event) -> None:
    """Watch the progress. An observer that raises is told of once and called no more."""


@hookspec
def presswork_finished(report: Report) -> None:
    """Act on the outcome, whatever it is. Called once per command; not on a dry run.

    What it raises is a warning and does not change the exit code.
    """


@hookspec(firstresult=True)
def presswork_secret(host: str, target: str, name: str) -> str | None:
    """Return a credential that the environment does not have, or None. The first answer is taken."""
