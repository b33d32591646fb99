"""Proof by the public address: what a visitor is sent, page by page, is what was built."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urljoin

from presswork.errors import PressworkError
from presswork.mediatypes import is_page
from presswork.report import Rewritten, Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from presswork.manifest import Entry, Manifest
    from presswork.source import Source
    from presswork.transport import Client

__all__ = ["Visit"]

ALL: Final = 200
"""Up to so many pages all are visited; of more this many, spread evenly, and those that changed."""
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between looks at pages that are not yet as they were built: content networks take a while."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PRIVATE: Final = frozenset({401, 403})
_NOT_FOUND: Final = 404
_HOPS: Final = 3


@dataclass(frozen=True)
class Visit:
    """How the pages are asked for.

    `source` has the bytes as they were built, where they are at hand: it tells a page that the host rewrites from one
    that is another. `patience` is the most seconds to wait for pages to become as they were built. `not_found`: what is
    sent for an address that no page has is `404.html`.
    """

    client: Callable[[str], Client]
    wait: Callable[[float, str], None]
    source: Source | None = None
    changed: Collection[str] = ()
    patience: float = 30.0
    not_found: bool = True

    def prove(self, url: str, manifest: Manifest) -> Verified | None:
        """Compare the pages at an address with a manifest; None where a visitor is not let in.

        `HostError` where nothing answers there.
        """
        pages = [entry for entry in manifest if is_page(entry.path) and entry.path != "404.html"]
        chosen = _chosen(pages, self.changed)
        asker = _Asker(self.client(url), url)
        rewritten: list[Rewritten] = []
        try:
            left = self._differing(asker, chosen, manifest)
            if chosen and len(left) >= len(chosen) and all(body is None for _, body in left):
                return None  # every page is for those who sign in
            waited = 0.0
            for pause in (0.0, *_PAUSES):
                if pause:
                    waited += pause
                    if waited > self.patience:
                        break
                    self.wait(pause, "the live address does not show the new site yet")
                    left = self._differing(asker, [entry for entry, _ in left], manifest)
                rewritten += [found for entry, body in left if (found := self._rewritten(entry, body))]
                said = {one.path for one in rewritten}
                left = [(entry, body) for entry, body in left if entry.path not in said]
                if not left:
                    break
        finally:
            asker.client.close()
        of = None if len(chosen) == len(pages) else len(pages)
        wrong = tuple(sorted(entry.path for entry, _ in left))
        return Verified("http", len(chosen), ok=not wrong, mismatches=wrong, of=of, rewritten=tuple(rewritten))

    def _differing(self, asker: _Asker, pages: list[Entry], manifest: Manifest) -> list[tuple[Entry, bytes | None]]:
        """Return the pages that are sent with other bytes, and those bytes, None where they lead out of the site.

        The 404 page is looked at too, where the host has use for it.
        """
        ordinary = [entry for entry in pages if entry.path != "404.html"]
        with ThreadPoolExecutor(8) as pool:
            sent = list(zip(ordinary, pool.map(asker.page, ordinary), strict=True))
        if self.not_found and "404.html" in manifest:
            sent.append((manifest["404.html"], asker.missing(manifest.digest)))
        return [
            (entry, body) for entry, body in sent if body is None or hashlib.sha256(body).hexdigest() != entry.sha256
        ]

    def _rewritten(self, entry: Entry, body: bytes | None) -> Rewritten | None:
        """Return where the host changed a page without changing what it says; None where it is another page."""
        if self.source is None or body is None:
            return None
        try:
            built = self.source.open(entry).read()
        except PressworkError:  # it is no longer there as it was built
            return None
        if _words(built) != _words(body):
            return None
        start = _alike(built, body)
        end = _alike(built[start:][::-1], body[start:][::-1])
        return Rewritten(entry.path, start, len(built) - start - end, len(body) - start - end)


@dataclass(frozen=True)
class _Asker:
    client: Client
    base: str

    def page(self, entry: Entry) -> bytes | None:
        """Return what is sent for a page, None where that leads out of the site or nobody may see it."""
        folder, slash, name = entry.path.rpartition("/")
        path = f"{folder}{slash}" if name == "index.html" else entry.path
        return self._sent(path, entry.path)

    def missing(self, digest: str) -> bytes | None:
        """Return what is sent for an address that no site has."""
        return self._sent(f"no-such-page-{digest.removeprefix('sha256:')[:12]}", "404.html")

    def _sent(self, path: str, page: str) -> bytes | None:
        site = f"{self.base.rstrip('/')}/"
        address = site + quote(path)
        for _ in range(_HOPS):
            answer = self.client.get(address, expect={*_REDIRECTS, *_PRIVATE, _NOT_FOUND, 410}, file=page)
            if answer.status in _PRIVATE:
                return None
            if answer.status not in _REDIRECTS:
                return answer.content
            address = urljoin(address, answer.headers.get("location", ""))
            if not address.partition(":")[2].startswith(site.partition(":")[2]):  # http or https
                break
        return None


def _chosen(pages: list[Entry], changed: Collection[str]) -> list[Entry]:
    if len(pages) <= ALL:
        return pages
    every = len(pages) / ALL  # paths are in order: an even spread takes its share of every folder
    sample = {pages[int(number * every)].path for number in range(ALL)}
    return [entry for entry in pages if entry.path in sample or entry.path in changed]


def _alike(one: bytes, other: bytes) -> int:
    """Return how many bytes are the same, from the first on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _words(page: bytes) -> str:
    """Return what a reader sees of a page."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(page)
    tree.strip_tags(["script", "style", "noscript", "template"])
    return " ".join(tree.text(separator=" ").split())
