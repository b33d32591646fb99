"""What was deployed, by digest: manifests, and for hosts that cannot go back by themselves their bytes."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from io import FileIO
from typing import TYPE_CHECKING, Final

from presswork.disk import disk_trouble
from presswork.errors import ContentChanged, Gone, PressworkError
from presswork.manifest import Manifest
from presswork.source import Body

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from presswork.manifest import Entry
    from presswork.source import Source
    from presswork.state import Shelf

__all__ = ["Archive"]

KEEP: Final = 500
"""How many manifests are kept, those last used."""
KEEP_BYTES: Final = 30
"""Of how many of those whose bytes were kept they still are."""
_FORGOTTEN: Final = 86400 * 10**9
"""Nanoseconds for which a file may be of a deployment that another process has under way."""


class Archive:
    """Deployed manifests, kept by their digest, and files, kept by theirs; `open` makes it a `Source`.

    A file is written beside its place and moved there, without waiting for the disk: it is proved by its digest
    whenever it is read, so that one damaged by a crash counts as missing. An empty file `kept/DIGEST` says whose bytes
    were kept. What was deployed or asked for last is the newest, and the oldest goes first.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._folder = shelf.folder / "archive"

    def put(self, manifest: Manifest) -> None:
        """Keep a manifest, with the digests it was kept with before, and drop the oldest ones beyond `KEEP`.

        Those whose bytes are kept stay.
        """
        if kept_before := self._read(manifest.digest):
            manifest = Manifest(manifest.entries, manifest.types, {**kept_before.digests, **manifest.digests})
        self._shelf.write(_name(manifest.digest), manifest.to_json())
        self._renew(manifest.digest)
        for file in self._newest("*.json")[KEEP:]:
            if not self._mark(file.stem).exists():
                file.unlink(missing_ok=True)

    def get(self, digest: str | None) -> Manifest | None:
        """Return the manifest of that digest, which is then the newest; None where it is not kept or is damaged."""
        if not digest:
            return None
        self._renew(digest)
        return self._read(digest)

    def _read(self, digest: str) -> Manifest | None:
        data = self._shelf.read(_name(digest))
        if data is None:
            return None
        try:
            manifest = Manifest.from_json(data)
        except PressworkError:
            return None  # it is a copy: the host will be asked instead
        return manifest if manifest.digest == digest else None

    def keep(self, manifest: Manifest, source: Source) -> None:
        """Keep the bytes of a manifest, and drop those that none of the newest kept ones names.

        `ContentChanged` where the source no longer has them.
        """
        self._shelf.write(f"archive/kept/{_stem(manifest.digest)}", b"")  # first: no other process drops them now
        self._renew(manifest.digest)
        try:
            for entry in _distinct(manifest):
                if not self._holds(entry):
                    self._write(entry, source)
            self._prune(manifest)
        except OSError as error:
            raise disk_trouble(error, self._folder) from error

    def open(self, entry: Entry) -> Body:
        """Return the body of a kept file."""
        place = self._place(entry.sha256)
        return Body(entry, lambda: FileIO(place))

    def prove(self, manifest: Manifest) -> None:
        """Read every file of a manifest; `Gone` names the first that is missing or damaged."""
        for entry in _distinct(manifest):
            try:
                for _ in self.open(entry).pieces():
                    pass
            except ContentChanged:
                raise Gone(
                    f"{entry.path} of that deployment is no longer kept in {self._folder}.",
                    hint="Build that state of the site again and deploy it.",
                    path=entry.path,
                ) from None

    def holds(self, manifest: Manifest) -> bool:
        """Say whether every file of a manifest is kept; whether it is sound, `prove` says."""
        return all(map(self._holds, manifest))

    def _holds(self, entry: Entry) -> bool:
        try:
            return self._place(entry.sha256).stat().st_size == entry.size
        except FileNotFoundError:
            return False

    def _write(self, entry: Entry, source: Source) -> None:
        place = self._place(entry.sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(f"{place.name}.{os.urandom(4).hex()}")
        try:
            with beside.open("wb") as file:
                for piece in source.open(entry).pieces():
                    file.write(piece)
            beside.replace(place)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def _prune(self, manifest: Manifest) -> None:
        marks = self._newest("kept/*")
        for mark in marks[KEEP_BYTES:]:
            mark.unlink(missing_ok=True)
        newest = [self._read("sha256:" + mark.name) for mark in marks[:KEEP_BYTES]]
        named = {entry.sha256 for kept in (manifest, *newest) if kept for entry in kept}
        forgotten = time.time_ns() - _FORGOTTEN
        for place in self._folder.glob("files/*/*"):
            if place.name not in named and _changed(place) < forgotten:
                place.unlink(missing_ok=True)

    def _renew(self, digest: str) -> None:
        for file in (self._shelf.folder / _name(digest), self._mark(digest)):
            with suppress(OSError):  # not there, or another user's: it is as new as it was
                os.utime(file)

    def _newest(self, pattern: str) -> list[Path]:
        return sorted(self._folder.glob(pattern), key=_changed, reverse=True)

    def _mark(self, digest: str) -> Path:
        return self._folder / "kept" / _stem(digest)

    def _place(self, digest: str) -> Path:
        return self._folder / "files" / digest[:2] / digest


def _distinct(manifest: Manifest) -> Iterable[Entry]:
    return {entry.sha256: entry for entry in manifest}.values()


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0  # another process has dropped it just now


def _name(digest: str) -> str:
    return f"archive/{_stem(digest)}.json"


def _stem(digest: str) -> str:
    return digest.removeprefix("sha256:")
