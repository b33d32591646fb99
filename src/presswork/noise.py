"""What a rebuild changes in a file although nobody wrote anything: dates, versions, the time in a gzip header.

Where the content without such marks stays while the file changes, or without a page's header, navigation and footer,
the plan can say why.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Mark", "body", "causes", "looked_into", "marks", "unmarked"]

_MOST: Final = 4 * 1024 * 1024
"""Bytes above which a file is not looked into."""
_EPOCH: Final = "set SOURCE_DATE_EPOCH, or `source_date: commit`"


@dataclass(frozen=True)
class Mark:
    """Something a generator writes anew at every build: what it is, and what keeps it still.

    A file is searched only where it holds `needle`.
    """

    cause: str
    cure: str
    needle: bytes
    pattern: re.Pattern[bytes]


_MARKS: Final = (
    Mark("the build date in a comment", _EPOCH, b"Build Date UTC", re.compile(rb"Build Date UTC[^\n]*")),
    Mark("the dates of the sitemap", _EPOCH, b"<lastmod>", re.compile(rb"<lastmod>[^<]*</lastmod>")),
    Mark(
        "the build date of the feed", _EPOCH, b"<lastBuildDate>", re.compile(rb"<lastBuildDate>[^<]*</lastBuildDate>")
    ),
    Mark("the build date of the feed", _EPOCH, b"<pubDate>", re.compile(rb"<pubDate>[^<]*</pubDate>")),
    Mark("the build date of the feed", _EPOCH, b"<updated>", re.compile(rb"<updated>[^<]*</updated>")),
    Mark(
        "the generator's version",
        "pin the generator's version",
        b'name="generator"',
        re.compile(rb'<meta[^>]*name="generator"[^>]*>'),
    ),
    Mark(
        "the date of the last update",
        f"{_EPOCH}, or leave `html_last_updated_fmt` unset",
        b"Last updated on",
        re.compile(rb"Last updated on[^<]*"),
    ),
    Mark(
        "the dates of the revision plugin",
        "set `fallback_to_build_date: false` there, and fetch the whole history",
        b"git-revision-date-localized",
        re.compile(rb"<span class=\"git-revision-date-localized-plugin[^>]*>[^<]*"),
    ),
)
_GZIP: Final = Mark("the time in a gzip header", _EPOCH, b"\x1f\x8b", re.compile(rb"\A\x1f\x8b"))


def looked_into(path: str, size: int) -> bool:
    """Say whether a file is of a kind that a build marks, and small enough to be looked into."""
    return size <= _MOST and path.endswith((".html", ".htm", ".xml", ".gz", ".rss", ".atom"))


def unmarked(content: bytes) -> bytes:
    """Return a file's content without its marks; the same object where it has none."""
    content = _unzipped(content)
    for mark in _MARKS:
        if mark.needle in content:
            content = mark.pattern.sub(b"", content)
    return content


def body(content: bytes) -> bytes:
    """Return what a page says: its <main>, or what stands for it; the same object where nothing does."""
    for start, end in ((b"<main", b"</main>"), (b'role="main"', b"<footer"), (b"<article", b"</article>")):
        begin = content.find(start)
        stop = content.rfind(end, begin) if begin >= 0 else -1
        if stop > begin:
            return content[begin:stop]
    return content


def marks(content: bytes) -> list[Mark]:
    """Return the marks that a file's content holds."""
    inner = _unzipped(content)
    found = [mark for mark in _MARKS if mark.needle in inner]
    return [_GZIP, *found] if inner is not content else found


def _unzipped(content: bytes) -> bytes:
    if not content.startswith(_GZIP.needle):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return content  # it only looks like one


def causes(found: Sequence[Mark]) -> str:
    """Return what may have changed and what keeps it still, for people."""
    causes = " and ".join(dict.fromkeys(mark.cause for mark in found))
    cures = "; ".join(dict.fromkeys(mark.cure for mark in found))
    return f"only {causes} ({cures})" if causes else "only what a build writes anew"
