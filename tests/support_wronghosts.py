"""The example's host with one thing wrong at a time: what `HostContract` is there to find."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from presswork_shelf import Shelf, ShelfOptions, Shelving

from presswork.errors import ContentChanged
from presswork.host import HostType, Part, Release

if TYPE_CHECKING:
    from collections.abc import Iterable

    from presswork.host import Intent, Kit
    from presswork.manifest import Entry


class Wrong(Shelf):
    """Opens the uploads of the class in `upload`."""

    upload = Shelving

    def begin(self, intent: Intent, session: str | None) -> Shelving:
        return self.upload(self, intent, super().begin(intent, session).session)


class Mixing(Wrong):
    """Brings the new files into the live folder one by one, before it switches."""

    class upload(Shelving):  # noqa: N801
        def finish(self) -> Release:
            if self.shelf.link.exists():
                for entry in self.intent.manifest:
                    self.write(self.shelf.link.resolve() / entry.path, [(self.folder / entry.path).read_bytes()])
            return super().finish()


class SwitchingFirst(Wrong):
    """Switches to a release before it has written down what that is."""

    class upload(Shelving):  # noqa: N801
        def finish(self) -> Release:
            scratch = self.shelf.root / ".scratch"
            scratch.unlink(missing_ok=True)
            scratch.symlink_to(self.session)
            scratch.replace(self.shelf.link)
            release = Release(id=self.session, url=self.folder.as_uri(), live=True, label=self.intent.label)
            self.write(self.folder.with_suffix(".json"), [msgspec.json.encode(release)])
            return release


class KeepingRemoved(Wrong):
    """Takes over from the live release what the new one no longer has."""

    class upload(Shelving):  # noqa: N801
        def wanted(self) -> list[Part]:
            parts = super().wanted()
            for path, _ in self.shelf.files():
                if not (self.folder / path).exists() and path not in self.intent.manifest:
                    self.write(self.folder / path, [(self.shelf.link / path).read_bytes()])
            return parts


class FinishingAgain(Wrong):
    """Makes another release each time it is asked to finish."""

    class upload(Shelving):  # noqa: N801
        def finish(self) -> Release:
            live = self.shelf.live()
            if live is not None and live.id == self.session:
                self.session = f"{time.time_ns()}-again"
                self.folder = Path(shutil.copytree(self.folder, self.shelf.root / self.session))
                self.intent = replace(self.intent, replaces=live)
            return super().finish()


class Gullible(Wrong):
    """Keeps what it got of a file that changed under way."""

    class upload(Shelving):  # noqa: N801
        def write(self, file: Path, pieces: Iterable[bytes]) -> None:
            def believed() -> Iterable[bytes]:
                with suppress(ContentChanged):
                    yield from pieces

            super().write(file, believed())


class KeepingHalves(Wrong):
    """Refuses a file that changed under way, and takes what it got of it for the whole the next time."""

    class upload(Shelving):  # noqa: N801
        def write(self, file: Path, pieces: Iterable[bytes]) -> None:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as stream:
                stream.writelines(pieces)


class SharingScratch(Wrong):
    """Writes every file by way of the same scratch file."""

    class upload(Shelving):  # noqa: N801
        def write(self, file: Path, pieces: Iterable[bytes]) -> None:
            file.parent.mkdir(parents=True, exist_ok=True)
            scratch = self.shelf.root / ".scratch"
            with scratch.open("wb") as stream:
                stream.writelines(pieces)
            scratch.replace(file)


class Overwriting(Wrong):
    """Ignores what its release was to replace."""

    class upload(Shelving):  # noqa: N801
        def finish(self) -> Release:
            self.intent = replace(self.intent, replaces=self.shelf.live())
            return super().finish()


class Previewing(Wrong):
    """Nothing is wrong with this one: the example's host with previews, for the next one to get wrong."""

    capabilities = replace(Shelf.capabilities, previews=True)

    class upload(Shelving):  # noqa: N801
        def finish(self) -> Release:
            if self.intent.live:
                return super().finish()
            release = Release(
                id=self.session,
                url=self.folder.as_uri(),
                live=False,
                label=self.intent.label,
                alias=self.intent.alias,
                preview=True,
            )
            self.write(self.folder.with_suffix(".json"), [msgspec.json.encode(release)])
            return release


class Unlabelled(Previewing):
    """Nothing is wrong with this one either: it hands no labels back."""

    class upload(Previewing.upload):  # noqa: N801
        def finish(self) -> Release:
            self.intent = replace(self.intent, label=None)
            return super().finish()


class PreviewingLive(Previewing):
    """Makes its previews live, and does not say so."""

    class upload(Previewing.upload):  # noqa: N801
        def finish(self) -> Release:
            release = super().finish()
            self.shelf.activate(release.id)
            return release


class Trusting(Shelf):
    """Goes on with any session, whatever site it was for."""

    def begin(self, intent: Intent, session: str | None) -> Shelving:
        begun = session is not None and (self.root / session).is_dir() and session.count("-") == 1
        return Shelving(self, intent, session if session and begun else super().begin(intent, None).session)


class Forgetful(Wrong):
    """Does not keep the label."""

    class upload(Shelving):  # noqa: N801
        def finish(self) -> Release:
            self.intent = replace(self.intent, label="a release")
            return super().finish()


class Greedy(Wrong):
    """Wants everything, whatever is live."""

    class upload(Shelving):  # noqa: N801
        def __init__(self, shelf: Shelf, intent: Intent, session: str) -> None:
            super().__init__(shelf, intent, session)
            self.again: set[Entry] = set(intent.manifest)

        def wanted(self) -> list[Part]:
            parts = super().wanted()
            if self.again:
                parts = [Part(entry.path, entry.size, (entry,)) for entry in self.again]
                self.again = set()
            return parts


class Eager(Shelf):
    """Makes its folder when it is constructed."""

    def __init__(self, options: ShelfOptions, kit: Kit) -> None:
        super().__init__(options, kit)
        self.root.mkdir(exist_ok=True)


class Everywhere(Shelf):
    """Is somewhere else each time."""

    def __init__(self, options: ShelfOptions, kit: Kit) -> None:
        super().__init__(options, kit)
        self.place = f"{self.root}?{time.time_ns()}{os.getpid()}"


def host_type(name: str) -> HostType:
    """Return the host type of the class of that name in this module."""
    return HostType(name=name.lower(), summary="wrong", options=ShelfOptions, load=lambda: globals()[name])
