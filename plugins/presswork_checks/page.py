"""One file as the checks read it: its bytes, and the links, anchors and words to robots in a page's HTML."""

from __future__ import annotations

import html
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser

__all__ = ["Page", "line_at"]

_NO_VISIT: Final = frozenset({"canonical", "preconnect", "dns-prefetch", "pingback", "webmention", "edituri"})
"""Relations of a `link` that no reader follows: what they name need not be in this site, or be a file at all."""


class Page:
    """A file's path and content; its HTML is parsed when it is first asked for."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path = path
        self.content = content

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The parsed HTML; scripts and comments hold no elements."""
        from selectolax.lexbor import LexborHTMLParser

        return LexborHTMLParser(self.content)

    @cached_property
    def base(self) -> str:
        """The address that the page's `base` element has its links start from; empty without one."""
        if b"<base" not in self.content and b"<BASE" not in self.content:
            return ""
        node = self.tree.css_first("base[href]")
        return (node.attrs["href"] or "") if node else ""

    def links(self) -> list[str]:
        """Return what the page links to or loads, as it is written, each once."""
        tree = self.tree
        found = [node.attrs["href"] for node in tree.css("a[href], area[href]")]
        found += self._relations()
        found += [node.attrs["src"] for node in tree.css("[src]")]
        found += [node.attrs["poster"] for node in tree.css("video[poster]")]
        for node in tree.css("img[srcset], source[srcset]"):
            found += _candidates(node.attrs["srcset"] or "")
        return [link for link in dict.fromkeys(found) if link]

    def loaded(self) -> set[str]:
        """Return the images, scripts and style sheets that a browser loads with the page, as they are written."""
        tree = self.tree
        found = {node.attrs["src"] for node in tree.css("img[src], script[src]")}
        found.update(node.attrs["href"] for node in tree.css('link[rel~="stylesheet" i][href]'))
        return {link for link in found if link}

    def has(self, anchor: str) -> bool:
        """Say whether a link can jump to an anchor, given as links spell it: to an `id`, or an old `name`."""
        names = {anchor, unquote(anchor)}
        # Nearly always it stands there as it is, which is found out in a tenth of the time that parsing takes.
        return any(f' id="{name}"'.encode() in self.content for name in names) or not names.isdisjoint(self._anchors)

    @cached_property
    def _anchors(self) -> set[str | None]:
        nodes = self.tree.css("[id], a[name]")
        return {node.attrs.get(key) for node in nodes for key in ("id", "name")}

    @cached_property
    def moved(self) -> bool:
        """Whether the page only sends its readers on to another."""
        return b"http-equiv" in self.content and bool(self.tree.css('meta[http-equiv="refresh" i]'))

    @cached_property
    def unlisted(self) -> bool:
        """Whether the page asks search engines to leave it out."""
        if b"noindex" not in self.content:
            return False
        nodes = self.tree.css('meta[name="robots" i][content]')
        return any("noindex" in (node.attrs["content"] or "").lower() for node in nodes)

    def line_of(self, link: str) -> int | None:
        """Return the line on which a link stands, counted from 1; None where it is written in some other way."""
        for written in dict.fromkeys((link, html.escape(link), html.escape(link, quote=False))):
            link_at = rb"[=\"'\s,]" + re.escape(written.encode()) + rb"(?=[\"'\s>,])"
            if found := re.search(link_at, self.content):
                return line_at(self.content, found.end())
        return None

    def _relations(self) -> Iterator[str | None]:
        """Yield what the page's `link` elements name, but for other languages: those are sites of their own."""
        for node in self.tree.css("link[href]"):
            relation = (node.attrs.get("rel") or "").lower().split()
            if _NO_VISIT.isdisjoint(relation) and "hreflang" not in node.attrs:
                yield node.attrs["href"]


def line_at(content: bytes, offset: int) -> int:
    """Return the line that an offset lies on, counted from 1."""
    return content.count(b"\n", 0, offset) + 1


def _candidates(srcset: str) -> Iterator[str]:
    if "data:" not in srcset:  # the commas of which part nothing
        yield from (candidate.split()[0] for candidate in srcset.split(",") if candidate.strip())
