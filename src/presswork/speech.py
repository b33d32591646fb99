"""A plan in the words of those who wrote the site: pages by title and source, the rest in sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from presswork.mediatypes import is_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from presswork.report import Entry

__all__ = ["FEW", "SHOWN", "Group", "every_file", "files", "grouped", "told"]

SHOWN: Final = 12
"""How many pages of one kind are named; `--files` names every file."""
FEW: Final = 3
"""How many other files are named."""


@dataclass(frozen=True)
class Group:
    """Entries of which one thing is to be said: of what `kind` they are and, where it says more, `why`.

    Without a `noun` they are pages to be named one by one; with it they are counted.
    """

    kind: str
    entries: Sequence[Entry]
    noun: str | None = None
    why: str = ""


def grouped(entries: Iterable[Entry]) -> Iterator[Group]:
    """Yield a plan in groups: pages that say something new; what only the build changed; other files."""
    changed = [entry for entry in entries if entry.change != "same"]
    quiet: dict[str, list[Entry]] = {}
    for entry in changed:
        if entry.reason.startswith("only "):
            quiet.setdefault(entry.reason, []).append(entry)
    loud = [entry for entry in changed if not entry.reason.startswith("only ")]
    for kind in ("added", "changed", "moved", "removed"):
        if pages := [entry for entry in loud if entry.change == kind and is_page(entry.path)]:
            yield Group(kind, pages)
    for reason, group in quiet.items():
        noun = "page" if all(is_page(entry.path) for entry in group) else "file"
        yield Group("changed", group, noun, reason if len(group) == 1 else reason.replace(" its ", " their "))
    others = [entry for entry in loud if not is_page(entry.path)]
    for kind in dict.fromkeys(entry.change for entry in others):
        yield Group(kind, [entry for entry in others if entry.change == kind], "other file")


def told(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a plan in lines: pages that say something new, by name; what only the build changed; other files."""
    for group in grouped(entries):
        if group.noun is None:
            yield from _pages(group.kind, group.entries)
            continue
        few = f": {', '.join(entry.path for entry in group.entries)}" if len(group.entries) <= FEW else ""
        why = f", {group.why}" if group.why else ""
        yield f"{group.kind:<8} {files(group.entries, group.noun)}{few}{why}"


def every_file(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a line for each file that is not the same, with the reason."""
    for entry in entries:
        if entry.change != "same":
            yield f"{entry.change:<8} {entry.path}  ({entry.reason})"


def _pages(kind: str, pages: Sequence[Entry]) -> Iterator[str]:
    for page in pages[:SHOWN]:
        name = f"{page.title} ({page.source or page.path})" if page.title else page.path
        yield f"{kind:<8} {name}" + (f", was at {page.before}" if page.before else "")
    if len(pages) > SHOWN:
        yield f"{kind:<8} {len(pages) - SHOWN:,} more pages"


def files(group: Sequence[Entry], noun: str) -> str:
    """Return how many they are, as in `3 other files`."""
    return f"{len(group):,} {noun}{'' if len(group) == 1 else 's'}"
