"""Sites made of a table in memory, and those the contract deploys."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO, Final

from presswork.draft import Draft
from presswork.source import PIECE, Body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from presswork.host import Digest
    from presswork.manifest import Entry, Manifest

__all__ = ["FIRST", "ODD", "SECOND", "Files", "MemorySource", "memory_source", "noise", "numbered"]

Files = dict[str, bytes]
"""A site: path to content."""


class MemorySource:
    """A source whose bytes lie in `files`, path to content; change the table, and the site changed under way."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)

    def open(self, entry: Entry) -> Body:
        """Return the body of the entry; reading it raises `ContentChanged` where the table has other bytes by now."""
        return Body(entry, lambda: self.start(entry.path))

    def start(self, path: str) -> BinaryIO:
        """Open the content at a path as a stream; FileNotFoundError where there is none."""
        if path not in self.files:
            raise FileNotFoundError(path)
        return io.BytesIO(self.files[path])


def memory_source(files: Mapping[str, bytes], *digests: Digest) -> tuple[Manifest, MemorySource]:
    """Return the manifest of a site given as path to content, with the tables of these digests, and its source.

    ValueError where a path is not a legal one.
    """
    draft = Draft((), {digest.name: {} for digest in digests}, digests)
    for path, content in files.items():
        draft.add(path, content)
    return draft.freeze(), MemorySource(files)


def noise(size: int, seed: str) -> bytes:
    """Return `size` bytes that do not compress and are the same for the same seed."""
    return hashlib.shake_256(seed.encode()).digest(size)


FIRST: Final[Files] = {
    "index.html": b"<!doctype html><title>One</title><p>One.",
    "about/index.html": b"<!doctype html><title>About</title><p>It stays as it is.",
    "assets/old.css": b"p { color: red }",
    "assets/large.bin": noise(2 * PIECE + 1000, "first"),
}
"""A site to begin with."""

SECOND: Final[Files] = {
    "index.html": b"<!doctype html><title>Two</title><p>Two.",
    "about/index.html": FIRST["about/index.html"],
    "assets/new.css": b"p { color: blue }",
    "assets/large.bin": noise(2 * PIECE + 1000, "second"),
}
"""The first site with two files changed, one added, one removed and one as it was."""

ODD: Final[Files] = {
    "index.html": b"<p>Odd names.",
    "empty.txt": b"",
    "same/one.txt": b"twice the same",
    "same/two.txt": b"twice the same",
    "with space/a b.html": b"<p>spaces",
    "f\u00fcr/\u65e5\u672c\u8a9e.html": b"<p>beyond ASCII",
    "100%25.html": b"<p>per cent, as if quoted twice",
    "per%cent": b"<p>per cent, as if badly quoted",
    "a+b&c=d;e,f@g.txt": b"signs that mean something in an address",
    "#hash?query.txt": b"more of them",
    "quote's.txt": b"a quotation mark",
    "-dash.txt": b"looks like a flag",
    ".leading-dot": b"hidden",
    ".well-known/security.txt": b"Contact: nobody",
    "no-extension": b"plain",
    "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/index.html": b"<p>deep down",
}
"""Legal names that are often got wrong, an empty file, and content that is there twice."""


def numbered(number: int) -> Files:
    """Return one of an endless row of sites; each changes, adds and drops a file of the one before it."""
    return {
        "index.html": b"<!doctype html><p>Number %d." % number,
        "about/index.html": FIRST["about/index.html"],
        f"news/{number}.html": b"<p>The news of %d." % number,
        "assets/large.bin": noise(PIECE + 1000, f"number {number}"),
    }
