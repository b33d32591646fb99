"""SimpleHost for the sweep: its emulator over a folder, and the kinds of deploys there are."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from presswork.testing.sites import noise
from presswork_simplehost.emulator import Behaviour, Emulator
from support_simplehost import ENDLESS, Running
from support_sweep_kinds import Files, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_UPLOAD: Final = re.compile(r"/api/v1/_upload/([^?]+)")

SMALL: Final[Files] = {
    "index.html": b"<p>old",
    "about/index.html": b"<p>stays",
    "gone.txt": b"goes",
    "large.bin": noise(300_000, "old"),
}
NEXT: Final[Files] = {
    "index.html": b"<p>new",
    "about/index.html": SMALL["about/index.html"],
    "came, with a space.txt": b"comes",
    "large.bin": noise(300_000, "new"),
}
CREATE: Final = {"create": "true"}
ONCE: Final = {"timeout": "2"}
"""A site is never made by two requests, so the one gets its time on a busy machine too."""

KINDS: Final = (
    Kind("first", None, SMALL, CREATE, terms=ONCE),
    Kind("unchanged", SMALL, SMALL),
    Kind("one change", SMALL, SMALL | {"index.html": b"<p>changed"}),
    Kind("several", SMALL, NEXT),
    Kind("metadata", SMALL, NEXT, {"title": "Paper", "password_env": "SITE_PASSWORD"}),
    Kind("preview", SMALL, NEXT, preview=True),
    Kind("anonymous", None, SMALL, CREATE, terms=ONCE),
)


class SimpleHost:
    """The emulator. Its first site is deployed to, or takes the previews; otherwise the site is made."""

    host = "simplehost"

    def __init__(self, folder: Path, address: str, kind: Kind) -> None:
        self.folder = folder
        self.app = self._emulator = Emulator(folder, Behaviour(rate_limit=ENDLESS, rate_anonymous=ENDLESS))
        facts = self._emulator.facts(address)
        self.direct = Running(facts)
        self._first = facts["slug"]
        self._preview = kind.preview
        self._makes = kind.preview or "create" in kind.options
        self.environ = {} if kind.name == "anonymous" else {"SIMPLEHOST_API_KEY": facts["key"]}
        if "password_env" in kind.options:
            self.environ["SITE_PASSWORD"] = "sesame-open-up"  # noqa: S105

    def options(self, address: str) -> Mapping[str, str]:
        own = {"api_url": self._emulator.facts(address)["api_url"]}
        if self._preview:
            return own | CREATE | {"preview_slug": self._first}
        return own | ({} if self._makes else {"slug": self._first})

    def live(self) -> Files | None:
        version = self._live(made=self._makes)
        return {path: self._content(version["id"], path) for path in version["files"]} if version else None

    def pass_time(self) -> None:
        """Nothing here happens by itself."""

    def stored(self) -> frozenset[str]:
        """What is live is copied by the service, at the same path; what else was sent cannot be asked for."""
        version = self._live(made=self._makes and not self._preview)
        return frozenset(_name(version, path) for path in version["files"]) if version else frozenset()

    def sent(self) -> Sequence[str]:
        taken = [request.path for request in self._emulator.requests if request.status == 200]
        keys = [unquote(found[1]) for path in taken if (found := _UPLOAD.match(path))]
        return [_name(self._version(version), path) for _, version, path in (key.split("/", 2) for key in keys)]

    def served(self, paths: Iterable[str]) -> Files:
        """Return what the public gets."""
        version = self._live(made=self._makes)
        assert version is not None
        return {path: self.direct.page(version["slug"], quote(path)).body for path in paths}

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Return the sites, or the versions, oldest first."""
        pattern = {"sites": "sites/*.json", "versions": "versions/*/manifest.json"}[kind]
        records = [json.loads(file.read_bytes()) for file in self.folder.glob(pattern)]
        return sorted(records, key=lambda record: record.get("created_at") or record["id"])

    def _live(self, *, made: bool) -> dict[str, Any] | None:
        sites = [site for site in self.records("sites") if site["live"] and made != (site["slug"] == self._first)]
        return self._version(sites[-1]["live"]) if sites else None

    def _version(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.folder / "versions" / name / "manifest.json").read_bytes()))

    def _content(self, version: str, path: str) -> bytes:
        return (self.folder / "versions" / version / hashlib.sha256(path.encode()).hexdigest()).read_bytes()


def named(path: str, content: bytes) -> str:
    """Name content at a path, for what was sent."""
    return f"{path} {hashlib.sha256(content).hexdigest()}"


def _name(version: Mapping[str, Any], path: str) -> str:
    return f"{path} {version['files'][path]['hash']}"
