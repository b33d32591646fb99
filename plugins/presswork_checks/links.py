"""Links and anchors of this site that lead nowhere: those on changed pages, and those anywhere to what is removed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from presswork.findings import Finding
from presswork.mediatypes import is_page
from presswork.report.terminal import count
from presswork_checks.case import Case, Check
from presswork_checks.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from presswork.manifest import Entry

__all__ = ["MOST", "Links"]

MOST: Final = 25
"""Addresses of one kind that are told of one by one."""


@dataclass(slots=True)
class _Places:
    """The first page with a link to one address, the link as it is written there, and how many pages have one."""

    page: str
    link: str
    pages: int = 0
    last: str = ""

    def add(self, page: str) -> None:
        """Count a page; its links come one after another."""
        self.pages += page != self.last
        self.last = page


class Links(Check):
    """Follows every link that stays within the site. One finding tells of all links to one address."""

    name = "links"

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._nowhere: dict[str, _Places] = {}
        self._removed: dict[str, _Places] = {}
        self._lost: dict[str, _Places] = {}
        self._jumps: dict[str, dict[str, _Places]] = defaultdict(dict)

    def reads(self, entry: Entry) -> bool:
        """Read the changed pages, and all of them where something is removed."""
        return is_page(entry.path) and (bool(self.case.removed) or entry.path in self.case.changed)

    def take(self, page: Page) -> None:
        """Follow a page's links; anchors are looked for in the end."""
        path, base, of = page.path, page.base, self.case.addresses.of
        changed = path in self.case.changed
        for link in page.links():
            address = of(path, link, base)
            if address is None:
                continue
            if not address.answered:
                if self._was_there(address.path):
                    _note(self._removed, address.path, page, link)
                elif changed:
                    _note(self._nowhere, address.path, page, link)
            elif changed and "#" in link and address.file is not None and (anchor := _jump(link)):
                if address.file != path:
                    _note(self._jumps[address.file], anchor, page, link)
                elif not page.has(anchor):
                    _note(self._lost, f"{path}#{anchor}", page, link)

    def findings(self) -> Iterator[Finding]:
        """Yield one finding for each address that is not there; the last of too many tells of the others."""
        for path, anchors in self._jumps.items():
            if is_page(path):
                page = Page(path, self.case.read(self.case.manifest[path]))
                lost = {f"{path}#{anchor}": places for anchor, places in anchors.items() if not page.has(anchor)}
                self._lost |= {} if page.moved else lost  # one that sends its readers on takes them along
        for path, places, others in self._told(self._nowhere):
            yield self._finding(
                places,
                code="broken-link",
                message=f"A link leads to {path}, which is not in the site{others}.",
                hint="Mend the link. Where the host redirects this address, say so in `_redirects`.",
            )
        for path, places, others in self._told(self._removed):
            yield self._finding(
                places,
                code="link-to-removed",
                message=f"A link leads to {path}, which this deployment removes{others}.",
                hint="Mend the link, keep the page, or redirect its address.",
            )
        for path, places, others in self._told(self._lost):
            yield self._finding(
                places,
                code="broken-anchor",
                message=f"A link leads to {path}, and that page has no such anchor{others}.",
                hint="Mend the link, or give the heading its anchor.",
            )

    def _was_there(self, path: str) -> bool:
        """Say whether a file that is removed answered a path."""
        names = (path, f"{path}index.html", f"{path}/index.html", f"{path}.html")
        return not self.case.removed.isdisjoint(names)

    def _told(self, broken: Mapping[str, _Places]) -> Iterator[tuple[str, _Places, str]]:
        """Yield what to tell of: an address, where it is linked from, and words on how many more there are."""
        ignores = self.case.settings.ignores
        kept = [address for address in sorted(broken) if not ignores(self.name, address.partition("#")[0])]
        for number, address in enumerate(kept[:MOST], 1):
            places = broken[address]
            more = f" ({count(places.pages - 1, 'more page')} with this link)" if places.pages > 1 else ""
            if number == MOST < len(kept):
                more += f"; it is the same with {len(kept) - MOST:,} more addresses"
            yield address, places, more

    def _finding(self, places: _Places, code: str, message: str, hint: str) -> Finding:
        """Return a finding about the first of the places."""
        path = places.page
        line = Page(path, self.case.read(self.case.manifest[path])).line_of(places.link)
        source = self.case.sources.get(path)
        return Finding(severity="warning", code=code, message=message, path=path, line=line, source=source, hint=hint)


def _note(broken: dict[str, _Places], address: str, page: Page, link: str) -> None:
    if address not in broken:
        broken[address] = _Places(page.path, link)
    broken[address].add(page.path)


def _jump(link: str) -> str:
    """Return the anchor that a page needs for a link, if it needs one.

    The top of a page needs none (HTML Standard, "find a potential indicated element"), nor does a text fragment, and
    what begins with `/` or `!` is read by a script.
    """
    name = link.partition("#")[2].strip().partition(":~:")[0]
    return "" if name.lower() == "top" or name.startswith(("/", "!")) else name
