"""The finished folder, as the generator that made it knows it."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Page", "Site"]


class Page(Struct, frozen=True, omit_defaults=True):
    """What the generator knows of one page.

    `path` is the file in the output folder (POSIX, relative to it); `source` the file it was written from,
    relative to the project's root, or None.
    """

    path: str
    title: str
    source: str | None = None


class Site(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An output folder and who made it.

    `root` is absolute. `generator` is a name and a version, as in `mkdocs 1.6.1`. `development` marks a build
    that was not made to be published (its links point at a development server), and `remedy` says how to make
    one that is. `made` names the files that the generator made or still owns, where it keeps files of earlier
    builds in its folder; None where it clears the folder itself. `left_over` are those it once made and owns no more,
    by the records of earlier builds.
    """

    root: str
    generator: str | None = None
    base_url: str | None = None
    pages: tuple[Page, ...] = ()
    development: bool = False
    remedy: str | None = None
    made: tuple[str, ...] | None = None
    left_over: tuple[str, ...] = ()
