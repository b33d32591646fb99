"""Canvas Drop for the sweep: its emulator over a folder, and the kinds of deploys there are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from presswork.testing.sites import noise
from presswork_canvasdrop.emulator import Behaviour, Emulator
from support_canvasdrop import Running, sha256
from support_sweep_kinds import Files, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PUT: Final = re.compile("/uploads/[^/]+/blobs/([0-9a-f]{64})$")

SMALL: Final[Files] = {
    "index.html": b"<p>old",
    "about/index.html": b"<p>stays",
    "gone.txt": b"goes",
    "empty.txt": b"",
    "large.bin": noise(300_000, "old"),
}
NEXT: Final[Files] = {
    "index.html": b"<p>new",
    "about/index.html": SMALL["about/index.html"],
    "came, with a space.txt": b"comes",
    "empty.txt": b"",
    "large.bin": noise(300_000, "new"),
}

KINDS: Final = (
    Kind("first", None, SMALL),
    Kind("unchanged", SMALL, SMALL),
    Kind("several", SMALL, NEXT),
    Kind("first archive", None, SMALL, {"route": "zip"}),
    Kind("archive", SMALL, NEXT, {"route": "zip"}),
    Kind("no staged route", SMALL, NEXT),
)


class CanvasDrop:
    """The emulator, without a rate limit."""

    host = "canvasdrop"

    def __init__(self, folder: Path, address: str, kind: Kind) -> None:
        self.folder = folder
        behaviour = Behaviour(rate_limit=None, staged=kind.name != "no staged route")
        self.app = self._emulator = Emulator(folder, behaviour)
        self.direct = Running(self._emulator.facts(address))
        self._zip = kind.options.get("route") == "zip" or not behaviour.staged
        self.environ = {"CANVAS_KEY": self.direct.facts["key"]}

    def options(self, address: str) -> Mapping[str, str]:
        facts = self._emulator.facts(address)
        return {"url": facts["url"], "canvas": facts["canvas"]}

    def live(self) -> Files | None:
        canvas = self.canvas()
        live = [version for version in canvas["versions"] if version["id"] == canvas["current"]]
        if not live:
            return None
        blobs = self.folder / "blobs" / canvas["id"]
        return {path: (blobs / file["hash"]).read_bytes() for path, file in live[0]["files"].items()}

    def pass_time(self) -> None:
        pass

    def stored(self) -> frozenset[str]:
        blobs = {blob.name for blob in self.folder.glob("blobs/*/*")}
        return frozenset(blobs | {_name(version) for version in self.canvas()["versions"]})

    def sent(self) -> Sequence[str]:
        if self._zip:
            return [_name(version) for version in self.canvas()["versions"] if version["source"] == "api"]
        taken = [request.path for request in self._emulator.requests if request.status == 204]
        return [found[1] for path in taken if (found := _PUT.search(path))]

    def canvas(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self.folder / "canvases" / "rehearsal.json").read_bytes())
        return record


def _name(version: Mapping[str, Any]) -> str:
    """Name a whole site, for what was sent as an archive."""
    return sha256(json.dumps(version["files"], sort_keys=True).encode())
