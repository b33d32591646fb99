"""The content store: blobs by digest, sites and deploys as JSON, in a folder that outlives the emulator.

account.json          the account
sites/ID.json         a site
deploys/ID.json       a deploy with its manifest
blobs/ab/<digest>     content by SHA-1, bundles of functions by SHA-256
tmp/                  what is half-written
"""

from __future__ import annotations

import hashlib
import shutil
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import msgspec

from presswork_netlify.emulator.records import Account, Deploy, Site

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["Incoming", "Store"]

T = TypeVar("T")
_HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


class Store:
    """All that the emulator knows, in memory and on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        for name in ("sites", "deploys", "blobs", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.sizes = {blob.name: blob.stat().st_size for blob in folder.glob("blobs/*/*")}
        self.sites = {site.id: site for site in self._read("sites", Site, "created_at")}
        self.deploys = {deploy.id: deploy for deploy in self._read("deploys", Deploy, "number")}
        file = folder / "account.json"
        if not file.exists():
            made = Account(id=token_hex(12), user_id=token_hex(12), token=f"nfp_{token_hex(18)}")
            self._write(file, made)
            file.chmod(0o600)
        self.account = msgspec.json.decode(file.read_bytes(), type=Account)

    def save(self, record: Site | Deploy) -> None:
        """Keep a new or changed record."""
        if isinstance(record, Site):
            self.sites[record.id] = record
            self._write(self._folder / "sites" / f"{record.id}.json", record)
        else:
            self.deploys[record.id] = record
            self._write(self._folder / "deploys" / f"{record.id}.json", record)

    def remove(self, record: Site | Deploy) -> None:
        """Drop a record, and a site's deploys with it; the content stays, as the service's does."""
        if isinstance(record, Site):
            for deploy in self.deploys_of(record.id):
                self.remove(deploy)
            del self.sites[record.id]
            (self._folder / "sites" / f"{record.id}.json").unlink()
        else:
            del self.deploys[record.id]
            (self._folder / "deploys" / f"{record.id}.json").unlink()

    def deploys_of(self, site_id: str) -> list[Deploy]:
        """Return a site's deploys, newest first."""
        return [deploy for deploy in reversed(self.deploys.values()) if deploy.site_id == site_id]

    def blob(self, digest: str) -> Path:
        """Return where content lies, or would lie."""
        return self._folder / "blobs" / digest[:2] / digest

    def incoming(self, algorithm: str) -> Incoming:
        """Return a file to write content to."""
        return Incoming(self, self._folder / "tmp" / uuid4().hex, algorithm)

    def _read(self, kind: str, shape: type[T], order: str) -> list[T]:
        found = [msgspec.json.decode(file.read_bytes(), type=shape) for file in (self._folder / kind).glob("*.json")]
        return sorted(found, key=lambda record: getattr(record, order))

    def _write(self, file: Path, record: object) -> None:
        temporary = self._folder / "tmp" / uuid4().hex
        temporary.write_bytes(msgspec.json.encode(record))
        temporary.replace(file)


class Incoming:
    """Content on its way into the store: write all of it, then keep it; what is not kept is dropped at the end."""

    def __init__(self, store: Store, path: Path, algorithm: str) -> None:
        self.path = path
        self.size = 0
        self._store = store
        self._hash: Any = _HASHES[algorithm](usedforsecurity=False)

    def __enter__(self) -> Incoming:
        self._stream = self.path.open("wb", buffering=0)
        self._kept = False
        return self

    def write(self, data: bytes) -> None:
        """Add to the content."""
        self._hash.update(data)
        self.size += len(data)
        view = memoryview(data)
        while view:
            view = view[self._stream.write(view) :]

    def digest(self) -> str:
        """Return the digest of what was written, in lower-case hex."""
        digest: str = self._hash.hexdigest()
        return digest

    def keep(self) -> str:
        """Put the content into the store; return its digest."""
        digest = self.digest()
        blob = self._store.blob(digest)
        try:
            self.path.replace(blob)
        except FileNotFoundError:
            blob.parent.mkdir(exist_ok=True)
            self.path.replace(blob)
        self._store.sizes[digest] = self.size
        self._kept = True
        return digest

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if not self._kept:
            self.path.unlink()
