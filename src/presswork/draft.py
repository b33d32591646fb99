"""A manifest before it is frozen: what the hook `presswork_edit_manifest` edits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from presswork.manifest import Entry, Manifest
from presswork.mediatypes import media_type
from presswork.paths import path_trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from presswork.host import Digest

__all__ = ["Draft"]


class Draft:
    """Entries by path, to add to, drop from and annotate."""

    def __init__(
        self,
        entries: Iterable[Entry],
        digests: Mapping[str, Mapping[str, str]] | None = None,
        kinds: Iterable[Digest] = (),
    ) -> None:
        self._entries = {entry.path: entry for entry in entries}
        self._types: dict[str, str] = {}
        self._kinds = tuple(kinds)
        self._digests = {name: dict(table) for name, table in (digests or {}).items()}
        self.added: dict[str, bytes] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, path: object) -> bool:
        return path in self._entries

    def __getitem__(self, path: str) -> Entry:
        return self._entries[path]

    def add(self, path: str, content: bytes) -> Entry:
        """Add a file, or replace one, with this content; ValueError where the path is not a legal one."""
        if trouble := path_trouble(path):
            raise ValueError(f"{path!r} {trouble}")
        entry = Entry(path, len(content), hashlib.sha256(content).hexdigest())
        self._entries[path] = entry
        self.added[path] = content
        for kind in self._kinds:
            hasher = kind.new(path, len(content))
            hasher.update(content)
            self._digests.setdefault(kind.name, {})[path] = hasher.hexdigest()
        return entry

    def drop(self, path: str) -> None:
        """Leave a file out; KeyError where there is none."""
        del self._entries[path]
        self._types.pop(path, None)
        self.added.pop(path, None)

    def annotate(self, path: str, *, type: str) -> None:  # noqa: A002 -- the word a media type is asked for by
        """Say what the media type of a file is; KeyError where there is none."""
        self._types[self._entries[path].path] = type

    def freeze(self) -> Manifest:
        """Return the manifest."""
        types = {path: self._types.get(path) or media_type(path) for path in self._entries}
        return Manifest(self._entries.values(), types, self._digests)
