"""All checks at once: every file that one of them asks for is read once and shown to those that did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork_checks.budgets import Budgets
from presswork_checks.case import LARGEST
from presswork_checks.drafts import Drafts, NoIndex
from presswork_checks.links import Links
from presswork_checks.names import SourceMaps, VersionControl
from presswork_checks.page import Page
from presswork_checks.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.findings import Finding
    from presswork_checks.case import Case, Check

__all__ = ["CHECKS", "findings"]

CHECKS: Final[tuple[type[Check], ...]] = (Secrets, VersionControl, SourceMaps, Links, Budgets, Drafts, NoIndex)


def findings(case: Case) -> Iterator[Finding]:
    """Yield the findings of every check that is not switched off."""
    settings = case.settings
    asked = [kind for kind in CHECKS if settings.wants(kind.name)]
    checks = [kind(case) for kind in asked]
    if case.changed or case.removed:
        for entry in case.manifest:
            readers = [
                check
                for check in checks
                if entry.size <= LARGEST and check.reads(entry) and not settings.ignores(check.name, entry.path)
            ]
            if readers:
                page = Page(entry.path, case.read(entry))
                for reader in readers:
                    reader.take(page)
    for check in checks:
        yield from settings.weighed(check.name, check.findings())
