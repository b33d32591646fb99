"""Where everything lies in a store, and what it says.

VERSION             1
lock                who is deploying
blobs/ab/<sha256>   content, each once
staging/ID.json     the record of a release in the making
manifests/ID.json   the record of a release: kept until it is deleted
releases/ID/        the files of a release, as names of the blobs
previews/ALIAS      -> ../releases/ID
current             -> releases/ID
tmp/                what is half-written
"""

# Names and links are read as the operating system gives them.
# ruff: noqa: PTH115, PTH208

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from presswork.errors import ConfigError, Gone
from presswork.host import Release
from presswork.paths import path_trouble
from presswork_local import disk
from presswork_local.disk import explained, told
from presswork_local.record import ALIAS, ID, Facts, Record, read_facts, read_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presswork.manifest import Manifest

__all__ = ["FOLDERS", "VERSION", "Layout"]

VERSION: Final = "1"
FOLDERS: Final = ("manifests", "staging", "blobs", "releases", "previews", "tmp")
_FIRST: Final = {"lock", "VERSION", "VERSION.new"}  # all there is when a store is killed at its birth


class Layout:
    """A store, to read from."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @told
    def live(self) -> Release | None:
        """Return the release that `current` leads to; None where there is no such link, or no store."""
        self.check()
        name = self.current()
        if name is None:
            return None
        facts = self.facts(name)
        return Release(id=name, url=self._url(name), live=True) if facts is None else self.release(facts)

    @told
    def history(self) -> list[Release]:
        """Return all releases and previews, newest first, also those whose files are no longer kept."""
        self.check()
        finished = {*self.ids("manifests"), *self.previews().values()}
        if current := self.current():
            finished.add(current)
        known = [facts for name in finished if (facts := self.facts(name))]
        known.sort(key=lambda facts: (facts.created, facts.id), reverse=True)
        return [self.release(facts) for facts in known]

    @told
    def manifest(self, release: str) -> Manifest:
        """Return what a release consists of; `Gone` where the store does not know it."""
        record = self.record(release)
        if record is None:
            raise self.unknown(release)
        return record.contents()

    @told
    def listing(self, release: str) -> dict[str, str]:
        """Return path to SHA-256 of a release's files, from its record, or from the files where that was lost."""
        if record := self.record(release):
            return record.contents().listing()
        folder = self.root / "releases" / release
        files = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
        return {file.relative_to(folder).as_posix(): disk.sha256(file) for file in files}

    @told
    def folder(self, release: str) -> Path | None:
        """Return the folder with a release's files; None where they are not, or no longer, kept."""
        folder = self.root / "releases" / release
        return folder if ID.fullmatch(release) and folder.is_dir() else None

    def read(self, path: str) -> Iterator[bytes]:
        """Yield a live file in pieces of at most 256 KiB; `Gone` where there is none."""
        try:
            name = self.current()  # once: the pieces are of one release, whatever is switched meanwhile
            if name is None or path_trouble(path):
                raise FileNotFoundError
            yield from disk.pieces(self.root / "releases" / name / path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Gone(f"{path} is not live.", hint="Deploy again to put it there.", path=path) from error
        except OSError as error:
            raise explained(error, self.root) from error

    def check(self) -> None:
        """Raise `ConfigError` where the root cannot be a store that this version knows; it need not be there yet."""
        try:
            names = set(os.listdir(self.root))
        except FileNotFoundError:
            return
        except NotADirectoryError as error:
            raise ConfigError(f"{self.root} is not a folder.", hint="Set `path` to another place.") from error
        if not names <= _FIRST and not {"VERSION", "manifests"} <= names:
            raise ConfigError(
                f"{self.root} holds files that Presswork did not put there.",
                hint="Set `path` to an empty folder, or to one that does not exist yet.",
            )
        if "VERSION" in names and (version := (self.root / "VERSION").read_text().strip()) != VERSION:
            raise ConfigError(
                f"{self.root} is a store of version {version}; this version of Presswork reads version {VERSION}.",
                hint="Update Presswork, or set `path` to another place.",
            )

    def current(self) -> str | None:
        """Return the id of the live release."""
        return _target(self.root / "current")

    def previews(self) -> dict[str, str]:
        """Return the id of the preview under each alias."""
        links = {
            name: _target(self.root / "previews" / name) for name in self._names("previews") if ALIAS.fullmatch(name)
        }
        return {alias: name for alias, name in links.items() if name}

    def record(self, release: str) -> Record | None:
        """Return the record of a release, finished or in the making."""
        path = self._record_path(release)
        return read_record(path) if path else None

    def facts(self, release: str) -> Facts | None:
        """Return who a release is, without its manifest."""
        path = self._record_path(release)
        return read_facts(path) if path else None

    def ids(self, folder: str) -> list[str]:
        """Return the ids of the releases with a record in `manifests` or `staging`."""
        names = (name.removesuffix(".json") for name in self._names(folder))
        return [name for name in names if ID.fullmatch(name)]

    def release(self, facts: Facts) -> Release:
        """Return a release as the core knows it."""
        return Release(
            id=facts.id,
            url=self._url(facts.id),
            live=facts.id == self.current(),
            label=facts.label,
            created=facts.created,
            alias=facts.alias,
            preview=not facts.live,
        )

    def unknown(self, release: str) -> Gone:
        """Return the error that there is no such release."""
        return Gone(f"{self.root} knows no release {release}.", hint="`presswork history` lists those it knows.")

    def _url(self, release: str) -> str:
        name = "current" if release == self.current() else f"releases/{release}"
        return (self.root / name).as_uri() + "/"

    def _record_path(self, release: str) -> Path | None:
        if ID.fullmatch(release):
            for folder in ("manifests", "staging", "manifests"):  # it may be finished between two looks
                path = self.root / folder / f"{release}.json"
                if path.exists():
                    return path
        return None

    def _names(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(self.root / folder))
        except FileNotFoundError:
            return []


def _target(link: Path) -> str | None:
    try:
        return os.readlink(link).rpartition("/")[2]
    except FileNotFoundError:
        return None
