"""What the checks are asked about: a site on its way to one target, and what changes there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from presswork_checks.addresses import Addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from presswork.checksettings import CheckSettings
    from presswork.findings import Finding
    from presswork.manifest import Entry, Manifest
    from presswork.mask import Mask
    from presswork.plan import Plan
    from presswork.site import Site
    from presswork.source import Source
    from presswork_checks.page import Page

__all__ = ["LARGEST", "Case", "Check", "in_words"]

LARGEST: Final = 16 * 1024 * 1024
"""The largest file, in bytes, that is read: a larger one is data, written by no hand."""


@dataclass(frozen=True)
class Case:
    """All that the hook is given."""

    site: Site
    manifest: Manifest
    plan: Plan
    source: Source
    settings: CheckSettings
    mask: Mask

    @cached_property
    def changed(self) -> frozenset[str]:
        """The paths with content that is not live there: what moved has links that may lead elsewhere now."""
        return frozenset(c.path for c in self.plan.changes if c.change in {"added", "changed", "moved"})

    @cached_property
    def removed(self) -> frozenset[str]:
        """The paths that are live and will not be."""
        return frozenset(c.before or c.path for c in self.plan.changes if c.change in {"removed", "moved"})

    @cached_property
    def sources(self) -> dict[str, str]:
        """The file each page was written from, as far as the generator told."""
        return {page.path: page.source for page in self.site.pages if page.source}

    @cached_property
    def addresses(self) -> Addresses:
        """The site's addresses, those that a file of redirects answers among them."""
        redirects = self.read(self.manifest["_redirects"]) if "_redirects" in self.manifest else b""
        return Addresses(self.manifest.listing(), self.site.base_url, redirects.decode(errors="replace"))

    def read(self, entry: Entry) -> bytes:
        """Return a file's content."""
        return self.source.open(entry).read()


class Check:
    """One check of one case. It is shown the files it asks for, then asked for its findings."""

    name: str

    def __init__(self, case: Case) -> None:
        self.case = case

    def reads(self, entry: Entry) -> bool:  # noqa: ARG002 -- for those that read
        """Say whether to show this check a file."""
        return False

    def take(self, page: Page) -> None:
        """Look at a file that it asked for."""

    def findings(self) -> Iterator[Finding]:
        """Yield what there is to say, each finding with its default severity."""
        raise NotImplementedError

    def paths(self) -> Iterator[str]:
        """Yield the paths of the site that the configuration does not have this check ignore."""
        return (entry.path for entry in self.case.manifest if not self.case.settings.ignores(self.name, entry.path))


def in_words(paths: Sequence[str]) -> str:
    """Return a few paths and how many more there are."""
    shown, more = paths[:3], len(paths) - 3
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
