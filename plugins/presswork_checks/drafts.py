"""Reminders of pages that were perhaps not meant to be live, or not to be found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork.mediatypes import is_page
from presswork_checks.case import Case, Check, in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.manifest import Entry
    from presswork_checks.page import Page

__all__ = ["Drafts", "NoIndex"]

_FOLDERS: Final = frozenset({"draft", "drafts", "_drafts"})
_TITLE: Final = re.compile(r"(?i)\W*(draft|wip)\s*[\])}:]")
_NOT_FOR_SEARCH: Final = re.compile(r"(?:.*/)?(?:404|search|genindex.*)(?:/index)?\.html")
"""Pages that search engines are kept from for good reason: Sphinx itself keeps them from its search page."""


class Drafts(Check):
    """Pages in a folder for drafts, where Pelican writes them, or called drafts by their titles."""

    name = "drafts"

    def findings(self) -> Iterator[Finding]:
        """Yield one finding for all of them."""
        titled = {page.path for page in self.case.site.pages if _TITLE.match(page.title)}
        drafts = [p for p in self.paths() if is_page(p) and (p in titled or not _FOLDERS.isdisjoint(p.split("/")[:-1]))]
        if drafts:
            yield Finding(
                severity="warning",
                code="draft",
                message=f"Drafts go with the site: {in_words(drafts)}.",
                path=drafts[0],
                source=self.case.sources.get(drafts[0]),
                hint="Leave them out with `ignore`, or publish them.",
            )


class NoIndex(Check):
    """Pages that ask search engines to leave them out."""

    name = "noindex"

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._found: list[str] = []

    def reads(self, entry: Entry) -> bool:
        """Read the changed pages that search engines would want."""
        wanted = is_page(entry.path) and not _NOT_FOR_SEARCH.fullmatch(entry.path)
        return wanted and entry.path in self.case.changed

    def take(self, page: Page) -> None:
        """Look for the word to robots; a page that only sends its readers on may well say it."""
        if page.unlisted and not page.moved:
            self._found.append(page.path)

    def findings(self) -> Iterator[Finding]:
        """Yield one finding for all of them."""
        if self._found:
            yield Finding(
                severity="warning",
                code="noindex",
                message=f"Search engines are asked to leave out {in_words(self._found)}.",
                path=self._found[0],
                source=self.case.sources.get(self._found[0]),
                hint="Drop `noindex` from what is to be found; `checks: {noindex: off}` where it is meant.",
            )
