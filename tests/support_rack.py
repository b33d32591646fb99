"""A host for tests, a plugin of one file: releases are folders on a rack, the file `live` names the one that is live.

Other files on the rack make trouble: `block` and `fail` hold the path that is not taken, `stuck` keeps it from
switching, `interrupt` lets the switch be interrupted, `tell` is what is told where it should not be.
"""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from presswork.errors import Gone, HostError
from presswork.hookspecs import hookimpl
from presswork.host import Capabilities, HostType, Part, Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from presswork.host import Intent, Kit


class Options(Struct, frozen=True):
    path: Path
    size: int = 0
    nested: dict[str, Any] = {}


class Rack:
    capabilities = Capabilities(atomic=True, previews=False, proof=("read",), workers=4)

    def __init__(self, options: Options, kit: Kit) -> None:
        self.root = options.path
        self.kit = kit
        self.place = str(options.path)

    def live(self) -> Release | None:
        name = self.told("live")
        return self.release(name) if name else None

    def begin(self, intent: Intent, session: str | None) -> Upload:
        self.kit.secret("token")
        return Upload(self, intent, session)

    def close(self) -> None:
        pass

    def read(self, path: str) -> Iterable[bytes]:
        if self.told("tell"):
            raise HostError(f"The rack knows {self.kit.secret('token')}.", hint="Do not ask.")
        try:
            return [(self.root / self.told("live") / path).read_bytes()]
        except OSError as error:
            raise Gone(f"{path} is not live.", hint="Deploy it.", path=path) from error

    def cancel(self, session: str) -> None:
        shutil.rmtree(self.root / session, ignore_errors=True)
        self.note(f"cancel {session}")

    def release(self, name: str) -> Release:
        facts = json.loads((self.root / f"{name}.json").read_text())
        return Release(id=name, url=(self.root / name).as_uri(), live=name == self.told("live"), **facts)

    def told(self, name: str) -> str:
        file = self.root / name
        return file.read_text() if file.exists() else ""

    def note(self, line: str) -> None:
        with (self.root / "log").open("a") as log:
            log.write(f"{line}\n")


class Upload:
    def __init__(self, rack: Rack, intent: Intent, session: str | None) -> None:
        self.rack = rack
        self.intent = intent
        taken = {folder.name for folder in rack.root.glob("r*")}
        self.session = session if session in taken else f"r{len(taken)}"

    def wanted(self) -> Sequence[Part]:
        folder = self.rack.root / self.session
        folder.mkdir(parents=True, exist_ok=True)
        return [Part(e.path, e.size, (e,)) for e in self.intent.manifest if not (folder / e.path).exists()]

    def put(self, part: Part) -> None:
        if self.rack.told("block") == part.key:
            self.rack.kit.wait(600, f"{part.key} is blocked")
        if self.rack.told("fail") == part.key:
            raise HostError(f"The rack does not take it{self.rack.told('tell')}.", hint="Take another rack.")
        file = self.rack.root / self.session / part.key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.intent.source.open(part.entries[0]).read())
        self.rack.note(f"put {part.key}")

    def finish(self) -> Release:
        root = self.rack.root
        if self.rack.told("stuck"):
            raise HostError("The rack is stuck.", hint="Loosen it.")
        (root / f"{self.session}.json").write_text(json.dumps({"label": self.intent.label}))
        (root / "live").write_text(self.session)
        if self.rack.told("interrupt"):
            (root / "interrupt").unlink()
            signal.raise_signal(signal.SIGINT)
        return self.rack.release(self.session)


@hookimpl
def presswork_hosts() -> Iterable[HostType]:
    yield HostType(
        name="rack",
        summary="Folders on a rack, for tests.",
        options=Options,
        load=lambda: Rack,
        secrets={"token": "RACK_TOKEN"},
    )
