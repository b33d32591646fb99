"""The folder `.presswork/`: what one project's deploys leave behind, and where it lies."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

import msgspec

from presswork import disk
from presswork.errors import PressworkError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from presswork.host import Memory

__all__ = ["FOLDER", "Shelf", "State", "configurations", "place_key", "project_root"]

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


class Shelf:
    """A folder of small files. Nothing is made on disk before something is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, data: bytes, *, mode: int = 0o666) -> None:
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

    def make(self, name: str) -> None:
        """Make a folder in it; raises what the operating system does."""
        self._make()
        (self.folder / name).mkdir(parents=True, exist_ok=True)

    def _make(self) -> None:
        """Make ready what the first file needs."""


class State(Shelf):
    """The state of one configuration: that of the project's root lies in `.presswork`, any other in a folder of it."""

    def __init__(self, configuration_folder: Path) -> None:
        self.root = project_root(configuration_folder)
        top = self.root / FOLDER
        relative = configuration_folder.relative_to(self.root).as_posix()
        super().__init__(top if relative == "." else top / "in" / quote(relative, safe=""))
        self._gitignore = top / ".gitignore"

    def memory(self, target: str, learn: Callable[[str], None] = lambda _secret: None) -> Memory:
        """Return the durable table of one target; `learn` is told each secret that is put in or taken out."""
        return _Memory(self, target, learn)

    def _make(self) -> None:
        if not self._gitignore.exists():
            disk.write(self._gitignore, b"*\n")


def place_key(host: str, place: str) -> str:
    """Return a file name for a place: the same wherever the same site is meant."""
    return f"{host}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"


class _Memory:
    def __init__(self, state: State, target: str, learn: Callable[[str], None]) -> None:
        self._state = state
        self._learn = learn
        name = quote(target, safe="")
        self._files = {False: f"memory/{name}.json", True: f"memory/{name}.secret.json"}

    def get(self, key: str) -> str | None:
        if value := self._table(secret=False).get(key):
            return value
        if value := self._table(secret=True).get(key):
            self._learn(value)
        return value

    def put(self, key: str, value: str, *, secret: bool = False) -> None:
        if secret:
            self._learn(value)
        self._save({**self._table(secret=secret), key: value}, secret=secret)

    def forget(self, key: str) -> None:
        for secret in (False, True):
            table = self._table(secret=secret)
            if table.pop(key, None) is not None:
                self._save(table, secret=secret)

    def _table(self, *, secret: bool) -> dict[str, str]:
        data = self._state.read(self._files[secret])
        try:
            return msgspec.json.decode(data, type=dict[str, str]) if data else {}
        except ValueError as error:  # msgspec's own errors are; what is not UTF-8 is one, too
            raise PressworkError(
                f"{self._state.folder / self._files[secret]} is damaged: {error}.",
                hint="Bring back a copy of the file. Without one, move it away: what the host knew of this target, "
                "such as the site it made for it, is then forgotten.",
            ) from error

    def _save(self, table: dict[str, str], *, secret: bool) -> None:
        mode = 0o600 if secret else 0o666
        self._state.write(self._files[secret], msgspec.json.encode(table, order="sorted"), mode=mode)
