"""The checks of what is about to be deployed: secrets, source maps, version control, links, budgets, drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from presswork.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.checksettings import CheckSettings
    from presswork.findings import Finding
    from presswork.manifest import Manifest
    from presswork.mask import Mask
    from presswork.plan import Plan
    from presswork.site import Site
    from presswork.source import Source

__all__ = ["presswork_check"]


@hookimpl
def presswork_check(
    site: Site, manifest: Manifest, plan: Plan, source: Source, checks: CheckSettings, mask: Mask
) -> Iterator[Finding]:
    """Ask every check that is not switched off; what they need is loaded only now."""
    from presswork_checks.case import Case
    from presswork_checks.gate import findings

    return findings(Case(site, manifest, plan, source, checks, mask))
