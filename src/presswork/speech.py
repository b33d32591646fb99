"""A plan in the words of those who wrote the site: pages by title and source, the rest in sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from presswork.mediatypes import is_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from presswork.report import Entry

__all__ = ["every_file", "told"]

SHOWN: Final = 12
"""How many pages of one kind are named; `--files` names every file."""


def told(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a plan in lines: pages that say something new, by name; what only the build changed; other files."""
    changed = [entry for entry in entries if entry.change != "same"]
    quiet: dict[str, list[Entry]] = {}
    for entry in changed:
        if entry.reason.startswith("only "):
            quiet.setdefault(entry.reason, []).append(entry)
    loud = [entry for entry in changed if not entry.reason.startswith("only ")]
    for kind in ("added", "changed", "moved", "removed"):
        yield from _pages(kind, [entry for entry in loud if entry.change == kind and is_page(entry.path)])
    for reason, group in quiet.items():
        few = f": {', '.join(entry.path for entry in group)}" if len(group) <= 3 else ""
        noun = "page" if all(is_page(entry.path) for entry in group) else "file"
        why = reason if len(group) == 1 else reason.replace(" its ", " their ")
        yield f"changed  {_files(group, noun)}{few}, {why}"
    others = [entry for entry in loud if not is_page(entry.path)]
    for kind in dict.fromkeys(entry.change for entry in others):
        group = [entry for entry in others if entry.change == kind]
        few = f": {', '.join(entry.path for entry in group)}" if len(group) <= 3 else ""
        yield f"{kind:<8} {_files(group, 'other file')}{few}"


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


def _files(group: Sequence[Entry], noun: str = "file") -> str:
    return f"{len(group):,} {noun}{'' if len(group) == 1 else 's'}"
