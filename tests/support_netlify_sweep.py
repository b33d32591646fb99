"""Netlify for the sweep: its emulator over a folder, and the kinds of deploys there are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from presswork.testing.sites import noise
from presswork_netlify.emulator import Behaviour, Emulator
from support_netlify import ENDLESS, Running, sha1
from support_sweep_kinds import Files, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PUT: Final = re.compile(r"/api/v1/deploys/[^/]+/files/([^?]+)")

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
MANY: Final[Files] = {"index.html": b"<p>many", **{f"page-{n}.html": b"%d" % (n % 3) for n in range(105)}}
FUNCTIONS: Final[Files] = {"functions/hello.js": b"exports.handler = async () => ({statusCode: 200})"}

KINDS: Final = (
    Kind("first", None, SMALL),
    Kind("unchanged", SMALL, SMALL),
    Kind("one change", SMALL, SMALL | {"index.html": b"<p>changed"}),
    Kind("several", SMALL, NEXT, slow=True),
    Kind("async", SMALL, MANY),
    Kind("zip", SMALL, NEXT, {"route": "zip"}, slow=True),
    Kind("staged", SMALL, NEXT, {"staged": "true"}),
    Kind("preview", SMALL, NEXT, preview=True),
    Kind("new site", None, SMALL, {"site": "brand-new", "create": "true"}),
    Kind("functions", SMALL, NEXT, {"functions": "functions"}, FUNCTIONS),
)


class Netlify:
    """The emulator, whose time passes by looks only."""

    host = "netlify"

    def __init__(self, folder: Path, address: str, kind: Kind) -> None:
        self.folder = folder
        processing = ("processing", "processing") if kind.slow else ()
        behaviour = Behaviour(preparing=(), processing=processing, rate_limit=ENDLESS)
        self.app = self._emulator = Emulator(folder, behaviour)
        self.direct = Running(self._emulator.facts(address))
        self._site = kind.options.get("site", self.direct.site)
        self._zip = kind.options.get("route") == "zip"
        self._names = {quote(path): sha1(content) for path, content in kind.after.items()}
        self.environ = {"NETLIFY_AUTH_TOKEN": self.direct.facts["token"]}

    def options(self, address: str) -> Mapping[str, str]:
        facts = self._emulator.facts(address)
        return {"site": facts["site"], "api_url": facts["api_url"]}

    def live(self) -> Files | None:
        sites = [site for site in self.records("sites") if self._site in {site["id"], site["name"]}]
        published = sites[0]["published"] if sites else None
        if published is None:
            return None
        (deploy,) = [deploy for deploy in self.records("deploys") if deploy["id"] == published]
        for bundle in (deploy["functions"] or {}).values():
            self._blob(bundle)
        return {path: self._blob(sha) for path, sha in deploy["files"].items()}

    def pass_time(self) -> None:
        for site in self.records("sites"):
            for _ in range(5):
                assert self.direct.api("GET", f"/sites/{site['id']}").status == 200

    def stored(self) -> frozenset[str]:
        whole = {_name(deploy) for deploy in self.records("deploys") if deploy["phase"] in {"processing", "done"}}
        return frozenset({blob.name for blob in self.folder.glob("blobs/*/*")} | whole)

    def sent(self) -> Sequence[str]:
        if self._zip:
            return [_name(deploy) for deploy in self.records("deploys")]
        taken = [request.path for request in self._emulator.requests if request.status == 200]
        puts = [found[1] for path in taken if (found := _PUT.fullmatch(path))]
        return [self._names.get(path, path) for path in puts]

    def records(self, kind: str) -> list[dict[str, Any]]:
        records = [json.loads(file.read_bytes()) for file in (self.folder / kind).glob("*.json")]
        return sorted(records, key=lambda record: record.get("number", 0))

    def _blob(self, digest: str) -> bytes:
        return (self.folder / "blobs" / digest[:2] / digest).read_bytes()


def _name(deploy: Mapping[str, Any]) -> str:
    """Name a whole site, for what was sent as an archive."""
    return sha1(json.dumps(deploy["files"], sort_keys=True).encode())
