"""A host for Presswork: each release is a folder, and the link `live` points to the one that a web server serves."""

import fcntl
import hashlib
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
from presswork import hookimpl
from presswork.errors import Conflict, Gone, HostError
from presswork.host import Capabilities, HostType, Intent, Kit, Part, Release


class ShelfOptions(msgspec.Struct, frozen=True):
    path: Path


class Shelf:
    capabilities = Capabilities(atomic=True, previews=False, proof=("listing",), workers=4)

    def __init__(self, options: ShelfOptions, kit: Kit) -> None:
        self.root, self.link, self.place = options.path, options.path / "live", str(options.path)

    def live(self) -> Release | None:
        return self.card(self.link.readlink().name) if self.link.is_symlink() else None

    def begin(self, intent: Intent, session: str | None) -> "Shelving":
        mark = intent.manifest.digest[-16:]  # a session is good for the very same files only
        begun = {folder.name for folder in self.root.glob(f"*-{mark}")} - {past.id for past in self.history()}
        return Shelving(self, intent, session if session in begun else f"{time.time_ns()}-{mark}")

    def close(self) -> None:
        pass  # nothing is held open

    def files(self) -> list[tuple[str, str]]:
        return [(f.relative_to(self.link).as_posix(), sha256(f)) for f in self.link.rglob("*") if f.is_file()]

    def history(self) -> list[Release]:
        return [self.card(card.stem) for card in sorted(self.root.glob("*.json"), reverse=True)]

    def activate(self, release: str) -> Release:
        if release not in {past.id for past in self.history()}:
            raise Gone(f"The shelf has no release {release}.", hint="Run `presswork history` to see which it has.")
        (scratch := self.root / f".{time.time_ns()}").symlink_to(release)
        scratch.replace(self.link)  # the one step in which the site changes
        return self.card(release)

    def card(self, release: str) -> Release:
        card = msgspec.json.decode((self.root / f"{release}.json").read_bytes(), type=Release)
        return msgspec.structs.replace(card, live=self.link.resolve().name == release)


class Shelving:
    def __init__(self, shelf: Shelf, intent: Intent, session: str) -> None:
        self.shelf, self.intent, self.session, self.folder = shelf, intent, session, shelf.root / session

    def wanted(self) -> list[Part]:
        for entry in self.intent.manifest:
            mine, live = self.folder / entry.path, self.shelf.link / entry.path
            if not mine.is_file() and live.is_file() and sha256(live) == entry.sha256:
                self.write(mine, [live.read_bytes()])
        return [Part(e.path, e.size, (e,)) for e in self.intent.manifest if not (self.folder / e.path).is_file()]

    def put(self, part: Part) -> None:
        self.write(self.folder / part.key, self.intent.source.open(part.entries[0]).pieces())

    def finish(self) -> Release:
        self.shelf.root.mkdir(parents=True, exist_ok=True)
        with (self.shelf.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed, or the process dies
            live, replaces = self.shelf.live(), self.intent.replaces
            if live and live.id == self.session:
                return live  # it happened already
            if (live and live.id) != (replaces and replaces.id):
                raise Conflict("Another release went live.", hint="Run the same command again.")
            release = Release(id=self.session, url=self.folder.as_uri(), live=True, label=self.intent.label)
            self.write(self.folder.with_suffix(".json"), [msgspec.json.encode(release)])
            return self.shelf.activate(self.session)

    def write(self, file: Path, pieces: Iterable[bytes]) -> None:
        scratch = self.shelf.root / f".{hashlib.sha256(bytes(file)).hexdigest()}"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with scratch.open("wb") as stream:
                stream.writelines(pieces)
            scratch.replace(file)  # whole, or not at all
        except OSError as error:
            raise HostError(f"{file}: {error.strerror}.", hint="Look at its rights and at the free space.") from error


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@hookimpl
def presswork_hosts() -> list[HostType]:
    return [HostType(name="shelf", summary="folders on a shelf", options=ShelfOptions, load=lambda: Shelf)]
