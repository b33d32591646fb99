"""The folder `.presswork/`: what one project's deploys leave behind, and where it lies."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

import msgspec

from presswork import disk
from presswork.errors import PressworkError

if TYPE_CHECKING:
    from pathlib import Path

    from presswork.host import Memory

__all__ = ["FOLDER", "State", "configurations", "place_key", "project_root"]

FOLDER: Final = ".presswork"
_MARKS: Final = (".git", "pyproject.toml", "presswork.toml")


def project_root(folder: Path) -> Path:
    """Return the nearest folder upwards that is a project's root; the folder itself where there is none."""
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _MARKS):
            return candidate
    return folder


def configurations(root: Path) -> list[Path]:
    """Return the folders below a project's root whose configurations have a state there."""
    kept = root / FOLDER / "in"
    folders = [root / unquote(entry.name) for entry in kept.iterdir()] if kept.is_dir() else []
    return sorted(folder for folder in folders if folder.is_dir())


class State:
    """The state of one configuration: that of the project's root lies in `.presswork`, any other in a folder of it.

    Nothing is made on disk before something is written.
    """

    def __init__(self, configuration_folder: Path) -> None:
        self.root = project_root(configuration_folder)
        top = self.root / FOLDER
        relative = configuration_folder.relative_to(self.root).as_posix()
        self.folder = top if relative == "." else top / "in" / quote(relative, safe="")
        self._gitignore = top / ".gitignore"

    def write(self, name: str, data: bytes, *, mode: int = 0o644) -> None:
        """Replace one of the folder's files; untouched where the content is the same."""
        self._make()
        disk.write(self.folder / name, data, mode=mode)

    def append(self, name: str, data: bytes) -> None:
        """Add to one of the folder's files."""
        self._make()
        disk.append(self.folder / name, data)

    def read(self, name: str) -> bytes | None:
        """Return the content of one of the folder's files; None where there is none."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PressworkError(
                f"{self.folder / name} cannot be read: {error.strerror}.", hint="Make the file readable."
            ) from error

    def memory(self, target: str) -> Memory:
        """Return the durable table of one target."""
        return _Memory(self, target)

    def _make(self) -> None:
        if not self._gitignore.exists():
            disk.write(self._gitignore, b"*\n")


def place_key(host: str, place: str) -> str:
    """Return a file name for a place: the same wherever the same site is meant."""
    return f"{host}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"


class _Memory:
    def __init__(self, state: State, target: str) -> None:
        self._state = state
        name = quote(target, safe="")
        self._files = {False: f"memory/{name}.json", True: f"memory/{name}.secret.json"}

    def get(self, key: str) -> str | None:
        return self._table(secret=False).get(key) or self._table(secret=True).get(key)

    def put(self, key: str, value: str, *, secret: bool = False) -> None:
        self._save({**self._table(secret=secret), key: value}, secret=secret)

    def forget(self, key: str) -> None:
        for secret in (False, True):
            table = self._table(secret=secret)
            if table.pop(key, None) is not None:
                self._save(table, secret=secret)

    def _table(self, *, secret: bool) -> dict[str, str]:
        data = self._state.read(self._files[secret])
        return msgspec.json.decode(data, type=dict[str, str]) if data else {}

    def _save(self, table: dict[str, str], *, secret: bool) -> None:
        mode = 0o600 if secret else 0o644
        self._state.write(self._files[secret], msgspec.json.encode(table, order="sorted"), mode=mode)
