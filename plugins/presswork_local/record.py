"""What a store remembers of a release, even when its files are gone: who it is, and its manifest."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec import Struct

from presswork.errors import HostError
from presswork.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from presswork.host import Intent

__all__ = ["ALIAS", "ID", "Facts", "Record", "read_facts", "read_record"]

SCHEMA: Final = 1

ID: Final = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}(-\d{1,4})?")
"""A release's id: the time it was begun at (UTC), the start of its manifest's digest, a number where that is taken."""

ALIAS: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""An alias: a label of a host name, so that a preview can be served under it."""


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who a release is. `created` is in ISO 8601, UTC; `live`: it was made to be live, not as a preview."""

    id: str
    created: str
    live: bool
    label: str
    alias: str | None = None


class _Head(Struct, frozen=True):
    schema: int
    release: Facts


class Record(Struct, frozen=True):
    """One JSON document: the facts, and the manifest as its canonical JSON."""

    schema: int
    release: Facts
    manifest: msgspec.Raw

    @classmethod
    def new(cls, intent: Intent, taken: Container[str]) -> Record:
        """Make the record of a release that begins now, under an id that is not taken."""
        now = datetime.now(UTC)
        first = f"{now:%Y%m%d-%H%M%S}-{intent.manifest.digest.removeprefix('sha256:')[:8]}"
        name, number = first, 1
        while name in taken:
            number += 1
            name = f"{first}-{number}"
        return cls._of(intent, name, now.isoformat(timespec="microseconds").replace("+00:00", "Z"))

    @classmethod
    def _of(cls, intent: Intent, name: str, created: str) -> Record:
        alias = None if intent.live else intent.alias
        facts = Facts(id=name, created=created, live=intent.live, label=intent.label, alias=alias)
        return cls(SCHEMA, facts, msgspec.Raw(intent.manifest.to_json().rstrip()))

    def means(self, intent: Intent) -> bool:
        """Say whether this is the record of that intent: the same manifest, meant for the same."""
        return self.to_json() == self._of(intent, self.release.id, self.release.created).to_json()

    def contents(self) -> Manifest:
        """Return the manifest."""
        return Manifest.from_json(bytes(self.manifest))

    def to_json(self) -> bytes:
        """Return the document."""
        return msgspec.json.encode(self) + b"\n"


def read_record(path: Path) -> Record:
    """Read a record; FileNotFoundError where there is none, `HostError` where it is damaged."""
    return _decoded(path, Record)


def read_facts(path: Path) -> Facts:
    """Read a record's facts alone, which is cheaper."""
    return _decoded(path, _Head).release


T = TypeVar("T", Record, _Head)


def _decoded(path: Path, kind: type[T]) -> T:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=kind)
        if found.schema != SCHEMA:
            raise ValueError(f"its schema is {found.schema}, this version reads {SCHEMA}")
    except ValueError as error:  # msgspec's own errors are ValueErrors
        raise HostError(
            f"{path} cannot be read: {error}.",
            hint="Bring it back from a backup; or delete it, and the release it describes is forgotten.",
        ) from error
    return found
