"""The immutable list of what a site consists of, and its canonical JSON.

A manifest's identity is the path, size and SHA-256 of every entry. Media types and other digests stand beside
it in tables: they can be computed again from the bytes and take no part in its digest. The schema is documented
in `docs/reference/manifest.md`.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec import Struct

from presswork.errors import PressworkError
from presswork.paths import path_trouble

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

__all__ = ["SCHEMA", "Entry", "Listing", "Manifest"]

SCHEMA: Final = 1

Listing: TypeAlias = "Mapping[str, str]"
"""Path to hex digest, all of one kind: what two sites are compared by."""


class Entry(Struct, frozen=True):
    """One file: its path (POSIX, relative to the site's root), its size in bytes and its SHA-256 in lower-case hex."""

    path: str
    size: int
    sha256: str


class _Document(Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    entries: list[Entry]
    types: dict[str, str]
    digests: dict[str, dict[str, str]]


class Manifest:
    """Entries in the order of their paths (by code point), with tables of media types and other digests.

    `types` maps every path to its media type; `digests` maps the name of a digest (`sha1`) to a table of path
    to hex digest. Two manifests are equal when their entries are.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        types: Mapping[str, str],
        digests: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Order the entries; raise ValueError where a path comes twice or a table lacks one."""
        self.entries = tuple(sorted(entries, key=_path))
        self._by_path = {entry.path: entry for entry in self.entries}
        if len(self._by_path) != len(self.entries):
            raise ValueError("a path comes twice in a manifest")
        self.types = {path: types[path] for path in self._by_path}
        self.digests = {
            name: {path: table[path] for path in self._by_path} for name, table in sorted((digests or {}).items())
        }

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    def __getitem__(self, path: str) -> Entry:
        return self._by_path[path]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Manifest) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(self.entries)

    def __repr__(self) -> str:
        return f"<Manifest of {len(self)} files, {self.digest}>"

    @cached_property
    def size(self) -> int:
        """The sum of all sizes, in bytes."""
        return sum(entry.size for entry in self.entries)

    @cached_property
    def digest(self) -> str:
        """`sha256:` and the SHA-256 of the canonical JSON of the entries alone."""
        return "sha256:" + hashlib.sha256(msgspec.json.encode(self.entries)).hexdigest()

    def listing(self, name: str = "sha256") -> dict[str, str]:
        """Return path to hex digest in the digest of that name; KeyError where it was not computed."""
        if name == "sha256":
            return {entry.path: entry.sha256 for entry in self.entries}
        return dict(self.digests[name])

    def without(self, paths: Collection[str]) -> Manifest:
        """Return the manifest less these paths; itself where there are none."""
        if not paths:
            return self
        return Manifest([entry for entry in self.entries if entry.path not in paths], self.types, self.digests)

    def to_json(self) -> bytes:
        """Return the canonical JSON: UTF-8, no white space, fields and paths in a fixed order, one line feed last."""
        document = _Document(SCHEMA, list(self.entries), self.types, self.digests)
        return msgspec.json.encode(document) + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Read what `to_json` wrote; `PressworkError` where it is damaged or of a later schema."""
        try:
            document = msgspec.json.decode(data, type=_Document)
            if document.schema != SCHEMA:
                raise ValueError(f"its schema is {document.schema}, this version reads {SCHEMA}")
            for entry in document.entries:
                if trouble := path_trouble(entry.path):
                    raise ValueError(f"{entry.path!r} {trouble}")
            return cls(document.entries, document.types, document.digests)
        except (ValueError, KeyError) as error:  # msgspec's own errors are ValueErrors
            raise PressworkError(
                f"A manifest cannot be read: {error}.",
                hint="Use the version of Presswork that wrote it, or deploy again.",
            ) from error


def _path(entry: Entry) -> str:
    return entry.path
