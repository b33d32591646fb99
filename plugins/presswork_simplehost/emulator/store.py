"""The content store: accounts, sites, versions and their bytes, in a folder that outlives the emulator.

account.json, other.json  the accounts
secret                    what upload URLs are signed with
sites/SLUG.json           a site; it stays when the site is deleted, for its slug is retired
versions/ID/manifest.json a version
versions/ID/<digest>      the content of the file whose path has that SHA-256
tmp/                      what is half-written
"""

from __future__ import annotations

import hashlib
import os
import shutil
from secrets import choice, token_hex
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import uuid4

import msgspec

from presswork_simplehost.emulator.records import Account, Site, Version

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Store"]

T = TypeVar("T")
_ULID: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FIRST: Final = ("bright", "calm", "clear", "gentle", "quick", "quiet", "swift", "warm")
_SECOND: Final = ("canvas", "garden", "harbor", "lantern", "meadow", "paper", "river", "stone")


class Store:
    """All that the emulator knows."""

    def __init__(self, folder: Path, now: float) -> None:
        self._folder = folder
        self._versions: dict[str, Version] = {}
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        for name in ("sites", "versions", "tmp"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        found = [msgspec.json.decode(file.read_bytes(), type=Site) for file in folder.glob("sites/*.json")]
        self.sites = {site.slug: site for site in sorted(found, key=lambda site: (site.created_at, site.slug))}
        self.account, self.other = self._account("account", now), self._account("other", now)
        self.secret = self._once("secret", token_hex(32).encode())

    def save(self, site: Site, **changes: object) -> None:
        """Keep a new site, or a site with these fields changed."""
        for name, value in changes.items():
            setattr(site, name, value)
        self.sites[site.slug] = site
        self._write(f"sites/{site.slug}.json", msgspec.json.encode(site))

    def sites_of(self, owner: str) -> list[Site]:
        """Return an account's sites, newest first."""
        return [site for site in reversed(self.sites.values()) if site.owner == owner and not site.deleted]

    def new_slug(self) -> str:
        """Return a slug that no site has or ever had."""
        while True:
            slug = f"{choice(_FIRST)}-{choice(_SECOND)}-{token_hex(2)}"
            if slug not in self.sites:
                return slug

    def new_id(self, now: float) -> str:
        """Return an id for a version: ten characters of time, sixteen by chance."""
        milliseconds = int(now * 1000)
        time = "".join(_ULID[milliseconds >> 5 * place & 31] for place in range(9, -1, -1))
        return time + "".join(choice(_ULID) for _ in range(16))

    def add(self, version: Version) -> None:
        """Keep a new version, without content."""
        (self._folder / "versions" / version.id).mkdir()
        self._write(f"versions/{version.id}/manifest.json", msgspec.json.encode(version))
        self._versions[version.id] = version

    def version(self, name: str | None) -> Version | None:
        """Return the version with that id."""
        file = self._folder / "versions" / (name or "none") / "manifest.json"
        if name and name not in self._versions and file.exists():
            self._versions[name] = msgspec.json.decode(file.read_bytes(), type=Version)
        return self._versions.get(name or "")

    def content(self, version: Version, path: str) -> Path:
        """Return where a file's content lies, or would lie."""
        return self._folder / "versions" / version.id / hashlib.sha256(path.encode()).hexdigest()

    def temporary(self) -> Path:
        """Return a file to write to."""
        return self._folder / "tmp" / uuid4().hex

    def copy(self, path: str, old: Version, new: Version) -> None:
        """Take over a file's content."""
        os.link(self.content(old, path), self.content(new, path))

    def delete(self, site: Site) -> None:
        """Retire a site and drop its versions with their content."""
        self.save(site, deleted=True, live=None, pending=None)
        for file in self._folder.glob("versions/*/manifest.json"):
            version = self.version(file.parent.name)
            if version and version.slug == site.slug:
                del self._versions[version.id]
                shutil.rmtree(file.parent)

    def _account(self, name: str, now: float) -> Account:
        made = Account(key=f"sh_live_{token_hex(16)}", email=f"{name}@example.org", created_at=now)
        return msgspec.json.decode(self._once(f"{name}.json", msgspec.json.encode(made)), type=Account)

    def _once(self, name: str, content: bytes) -> bytes:
        file = self._folder / name
        if not file.exists():
            self._write(name, content, mode=0o600)
        return file.read_bytes()

    def _write(self, name: str, content: bytes, mode: int = 0o644) -> None:
        temporary = self.temporary()
        temporary.write_bytes(content)
        temporary.chmod(mode)
        temporary.replace(self._folder / name)
