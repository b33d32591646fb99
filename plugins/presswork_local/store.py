"""What changes in a store: every operation is done under its lock, and is whole or not at all."""

# Why `os`: see `disk`.
# ruff: noqa: PTH105, PTH208

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from presswork.errors import Conflict, Gone, Refused, Stale
from presswork.lock import Lock
from presswork_local import disk
from presswork_local.disk import told
from presswork_local.layout import FOLDERS, VERSION, Layout
from presswork_local.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from presswork.host import Intent, Release

__all__ = ["Store"]


class Store(Layout):
    """A folder of releases, one of which is current. The constructor touches nothing.

    `keep` is how many live releases and how many previews keep their files, besides the current release and the
    previews under an alias.
    """

    def __init__(self, root: Path, *, keep: int) -> None:
        super().__init__(root)
        self._keep = keep
        self._lock = Lock(root / "lock", str(root))
        self._numbers = itertools.count()

    @told
    def open(self) -> None:
        """Make the store where there is none, take its lock (`Locked`), and mend what a killed process left."""
        if self._lock.held:
            return
        self.check()
        disk.make_folder(self.root)
        self._lock.take()
        self._make()
        self._mend()

    def close(self) -> None:
        """Let go of the lock."""
        self._lock.release()

    @told
    def stage(self, intent: Intent, session: str | None) -> Record:
        """Return the record of a release in the making: that of `session` where it means the same, else a new one.

        What other sessions left is dropped.
        """
        record = None
        staged = self.ids("staging")
        for name in staged:
            if name == session and (found := self.record(name)) and found.means(intent):
                record = found
            else:
                disk.drop(self.root / "staging" / f"{name}.json")
        if record is None:
            record = Record.new(intent, {*staged, *self.ids("manifests")})
            spare = self._spare()
            disk.write(spare, [record.to_json()])
            disk.move(spare, self.root / "staging" / f"{record.release.id}.json")
        return record

    @told
    def holds(self, digest: str) -> bool:
        """Say whether the blob of this SHA-256 is there, by hashing it again."""
        try:
            return disk.sha256(self._blob(digest)) == digest
        except FileNotFoundError:
            return False

    @told
    def put(self, digest: str, content: Iterable[bytes]) -> None:
        """Take in a blob, instead of a wrong one that may be there. From any thread."""
        blob, spare = self._blob(digest), self._spare()
        disk.write(spare, content, mode=0o444)
        try:
            disk.make_folder(blob.parent)
            os.replace(spare, blob)
        except BaseException:
            disk.drop(spare)
            raise

    @told
    def build(self, record: Record) -> None:
        """Build the folder of a release from blobs, and bring it to the disk."""
        folder = self._spare()
        disk.make_folder(folder)
        made = {folder}
        try:
            for entry in record.contents():
                target = folder / entry.path
                if target.parent not in made:
                    disk.make_folder(target.parent)
                    made.update(target.parents[: len(entry.path.split("/")) - 1])
                disk.link_or_copy(self._blob(entry.sha256), target)
            for inner in sorted(made, reverse=True):
                disk.sync_folder(inner)
            disk.move(folder, self.root / "releases" / record.release.id)
        except BaseException:
            disk.drop(folder)
            raise

    @told
    def finish(self, record: Record, replaces: str | None) -> Release:
        """Switch to a release that was built, or do nothing where that has happened.

        `Conflict` where what is live is neither it nor `replaces`; `Stale` where it was not built.
        """
        facts = record.release
        if not self.folder(facts.id):
            raise Stale(f"{facts.id} is not built yet.")
        if facts.live:
            if self.current() != facts.id:
                self.expect(replaces)
                self._point_to(facts.id)
        elif facts.alias and self.previews().get(facts.alias) != facts.id:
            link = self.root / "previews" / facts.alias
            disk.point(link, f"../releases/{facts.id}", self._spare())
        self._complete(facts.id)
        return self.release(facts)

    def expect(self, replaces: str | None) -> None:
        """Raise `Conflict` where another release than this is live."""
        if (current := self.current()) != replaces:
            raise Conflict(
                f"{current or 'Nothing'} is live at {self.root}; the plan was made against {replaces or 'nothing'}.",
                hint="Run the same command again: it plans anew.",
            )

    @told
    def activate(self, release: str) -> Release:
        """Make an earlier release or a preview live; `Gone` where its files are not kept."""
        self.check()
        if (facts := self.facts(release)) is None:
            raise self.unknown(release)
        with self._locked():
            if not self.folder(release):
                raise Gone(
                    f"The files of {release} are no longer kept (`keep` is {self._keep}).",
                    hint="Deploy that state of the site again; a greater `keep` keeps more releases from now on.",
                )
            self._point_to(release)
            return self.release(facts)

    @told
    def unpublish(self) -> None:
        """Leave nothing live."""
        self.check()
        if self.current() is not None:
            with self._locked():
                disk.drop(self.root / "current")
                disk.sync_folder(self.root)

    @told
    def delete(self, release: str) -> None:
        """Forget a release: its aliases, its record, its files. `Refused` where it is live."""
        self.check()
        if self.facts(release) is None:
            return
        with self._locked():
            if release == self.current():
                raise Refused(
                    f"{release} is live.",
                    hint="Take the site off (`presswork unpublish`) or make another release live first.",
                )
            for alias, name in self.previews().items():
                if name == release:
                    disk.drop(self.root / "previews" / alias)
            disk.drop(self.root / "manifests" / f"{release}.json")
            if self.folder(release):
                self._discard(release)
            self._sweep()

    @told
    def cancel(self, session: str) -> None:
        """Drop a release in the making."""
        self.check()
        if session in self.ids("staging"):
            with self._locked():
                self._complete_switched()
                disk.drop(self.root / "staging" / f"{session}.json")
                self._discard_unknown()
                self._sweep()

    @told
    def prune(self) -> None:
        """Drop the files of releases that need not be kept, and the blobs that no release needs."""
        folders = [facts for name in os.listdir(self.root / "releases") if (facts := self.facts(name))]
        folders.sort(key=lambda facts: (facts.created, facts.id), reverse=True)
        lives = [facts.id for facts in folders if facts.live][: self._keep]
        previews = [facts.id for facts in folders if not facts.live][: self._keep]
        kept = {*lives, *previews, *self._switched()}
        for facts in folders:
            if facts.id not in kept:
                self._discard(facts.id)
        self._sweep()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._lock.held:
            yield
            return
        self.open()
        try:
            yield
        finally:
            self.close()

    def _make(self) -> None:
        version = self.root / "VERSION"
        if new := not version.exists():
            spare = self.root / "VERSION.new"
            disk.drop(spare)
            disk.write(spare, [f"{VERSION}\n".encode()])
            disk.move(spare, version)
        for name in FOLDERS:
            disk.make_folder(self.root / name)
        if new:
            disk.sync_folder(self.root)
            disk.sync_folder(self.root.parent)

    def _mend(self) -> None:
        for junk in sorted((self.root / "tmp").iterdir()):
            disk.drop(junk)
        self._complete_switched()
        self._discard_unknown()

    def _complete_switched(self) -> None:
        for name in self.ids("staging"):
            if name in self._switched():  # it was stopped between the switch and the record
                self._complete(name)

    def _discard_unknown(self) -> None:
        known = {*self.ids("manifests"), *self._switched()}  # what is served stays, even if its record was lost
        for name in sorted(os.listdir(self.root / "releases")):
            if name not in known:
                self._discard(name)

    def _switched(self) -> set[str | None]:
        return {self.current(), *self.previews().values()}

    def _complete(self, release: str) -> None:
        staged = self.root / "staging" / f"{release}.json"
        if staged.exists():
            disk.move(staged, self.root / "manifests" / staged.name)
            disk.sync_folder(staged.parent)

    def _point_to(self, release: str) -> None:
        disk.point(self.root / "current", f"releases/{release}", self._spare())

    def _discard(self, release: str) -> None:
        spare = self._spare()
        disk.move(self.root / "releases" / release, spare)  # in one step: half a release is none
        disk.drop(spare)

    def _sweep(self) -> None:
        shards = [shard for shard in sorted((self.root / "blobs").iterdir()) if shard.is_dir()]
        loose = [blob for shard in shards for blob in sorted(shard.iterdir()) if blob.lstat().st_nlink == 1]
        if not loose:
            return
        needed: set[str] = set()  # a release that had to be copied holds no links
        for name in {*self.ids("staging"), *os.listdir(self.root / "releases")}:
            if record := self.record(name):
                needed.update(entry.sha256 for entry in record.contents())
        for blob in loose:
            if blob.name not in needed:
                disk.drop(blob)

    def _blob(self, digest: str) -> Path:
        return self.root / "blobs" / digest[:2] / digest

    def _spare(self) -> Path:
        return self.root / "tmp" / str(next(self._numbers))
