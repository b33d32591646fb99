"""Reading an output folder: which files it holds, what is wrong with them, and the digests of their bytes.

One thread, every file opened and read once.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import normalize

from presswork.errors import ConfigError
from presswork.findings import Finding
from presswork.ignore import Ignore
from presswork.manifest import Entry
from presswork.paths import path_trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from presswork.findings import Severity
    from presswork.host import Digest

__all__ = ["Scan", "Shape", "scan", "shape"]

_PIECE: Final = 4 * 1024 * 1024  # bytes; a larger file is read in several reads

_BUILD: Final = "Build the site first, or name the folder it was built into."
_WAIT: Final = "Let the build finish, then run the same command again."

# Should a file have become a link or a pipe since it was listed, opening it neither follows nor waits.
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Scan:
    """What a folder holds.

    `entries` are in the order of their paths. `digests` maps the name of each digest asked for to a table of path
    to hex digest. `findings` are in the order of their paths; one that is an error may stand for a file that is
    not among the entries.
    """

    entries: tuple[Entry, ...]
    digests: dict[str, dict[str, str]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Shape:
    """How many files a folder holds, how many bytes, and its newest change (`st_mtime_ns`; 0 without files)."""

    files: int
    bytes: int
    newest: int


def scan(root: Path | str, *, ignore: Sequence[str] = (), digests: Sequence[Digest] = ()) -> Scan:
    """Read every file below `root` that the rules of `presswork.ignore` and the patterns of `ignore` leave.

    Links that stay inside the root are followed, and their targets stand under the link's path, even where the
    target itself is ignored. What is wrong with a file becomes a finding. `ConfigError` where `root` is no
    readable folder, or a pattern is a bad one.
    """
    walk = _Walk(root, Ignore(ignore))
    others = [digest for digest in digests if digest.name != "sha256"]
    tables: dict[str, dict[str, str]] = {digest.name: {} for digest in digests}
    entries = []
    for path, place in walk:
        try:
            entries.append(_read(path, place, others, tables))
        except OSError as error:
            walk.trouble(path, error)
    entries.sort(key=attrgetter("path"))
    if "sha256" in tables:
        tables["sha256"] = {entry.path: entry.sha256 for entry in entries}
    findings = sorted([*walk.findings, *_whole(entries, walk.findings)], key=lambda f: (f.path or "", f.code))
    return Scan(tuple(entries), tables, tuple(findings))


def shape(root: Path | str, *, ignore: Sequence[str] = ()) -> Shape:
    """Measure the files that `scan` would read, without opening any; `ConfigError` as in `scan`."""
    files = size = newest = 0
    for _, place in _Walk(root, Ignore(ignore)):
        try:
            found = os.lstat(place)
        except OSError:  # gone since it was listed
            continue
        files += 1
        size += found.st_size
        newest = max(newest, found.st_mtime_ns)
    return Shape(files, size, newest)


def _read(path: str, place: str, digests: Sequence[Digest], tables: dict[str, dict[str, str]]) -> Entry:
    """Read the file at `place` once; OSError where that cannot be done, `_Changed` where the file moves meanwhile."""
    file = os.open(place, _OPEN)
    try:
        before = os.fstat(file)
        if not stat.S_ISREG(before.st_mode):
            raise _Changed
        size = before.st_size
        others = [(digest.name, digest.new(path, size)) for digest in digests] if digests else ()
        # Asking for one byte more than there should be shows the end of the file, and growth, in the same call.
        piece = os.read(file, size + 1 if size < _PIECE else _PIECE)
        count = len(piece)
        hasher = sha256(piece)
        for _, other in others:
            other.update(piece)
        while count < size and (piece := os.read(file, min(size - count + 1, _PIECE))):
            count += len(piece)
            hasher.update(piece)
            for _, other in others:
                other.update(piece)
        after = os.fstat(file)
    finally:
        os.close(file)
    if count != size or after.st_size != size or after.st_mtime_ns != before.st_mtime_ns:
        raise _Changed
    for name, other in others:
        tables[name][path] = other.hexdigest()
    return Entry(path, size, hasher.hexdigest())


def _whole(entries: Sequence[Entry], findings: Iterable[Finding]) -> Iterator[Finding]:
    """Say what is wrong with the site as a whole."""
    troubled = {finding.path for finding in findings}
    if not entries and not troubled:
        yield Finding(severity="error", code="empty-site", message="The folder holds no files.", hint=_BUILD)
    elif "index.html" not in troubled and all(entry.path != "index.html" for entry in entries):
        message = "There is no index.html at the root: the site's own address would show nothing."
        hint = "Name the folder that holds the home page, or add one."
        yield Finding(severity="warning", code="no-index", message=message, hint=hint)


class _Changed(OSError):
    """A file is not what it was when it was listed or first looked at."""


class _Folder(NamedTuple):
    """A folder to be listed: where it is, what its paths begin with, and how it was come by."""

    place: str  # free of links
    prefix: str  # empty, or ends with a slash
    links: tuple[str, ...]  # the places of the folders whose links led here
    suspected: bool  # a rule matched it or one of its parents, and another took it back


class _Walk:
    """Yields the path of every file below a root, and its place on disk, free of links; gathers findings."""

    def __init__(self, root: Path | str, ignore: Ignore) -> None:
        self.findings: list[Finding] = []
        self._ignore = ignore
        try:
            self._root = os.path.realpath(root, strict=True)
            with os.scandir(self._root):
                pass
        except OSError as error:
            raise ConfigError(
                f"{_shown(os.fspath(root))} is not a folder that can be read: {error.strerror}.",
                hint=_BUILD,
            ) from error
        self._stack = [_Folder(self._root, "", (), suspected=False)]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        while self._stack:
            folder = self._stack.pop()
            files, others = self._listed(folder)
            yield from files
            for path, suspected, entry in others:
                if entry.is_symlink():
                    if place := self._followed(folder, path.removesuffix("/"), suspected, entry.path):
                        yield path, place
                elif path[-1] == "/":
                    self._stack.append(_Folder(entry.path, path, folder.links, suspected))
                else:
                    self._special(path)

    def trouble(self, path: str, error: OSError) -> None:
        """Note that a file or folder could not be read."""
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            self._note("vanished", path, "went away while the folder was read.", _WAIT)
        elif isinstance(error, _Changed) or error.errno == errno.ELOOP:
            self._note("changed-while-read", path, "changed while it was read.", _WAIT)
        else:
            hint = "Let the user who runs this command read it, or ignore it."
            self._note("unreadable", path, f"cannot be read: {error.strerror}.", hint)

    def _listed(self, folder: _Folder) -> tuple[list[tuple[str, str]], list[tuple[str, bool, os.DirEntry[str]]]]:
        """List a folder less what the rules leave out: files with their places, and the rest, suspected or not."""
        place, prefix, _, was_suspected = folder
        files, others, names = [], [], []
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    name = entry.name
                    path = prefix + name
                    plain = entry.is_file(follow_symlinks=False)
                    if not plain and _leads_to_folder(entry):
                        path += "/"
                    suspected = was_suspected or self._ignore.suspects(path, name)
                    if suspected and self._ignore.ignores(path):
                        continue
                    if not name.isascii() and path_trouble(name):
                        self._misnamed(path)
                        continue
                    names.append(name)
                    if plain:
                        files.append((path, entry.path))
                    else:
                        others.append((path, suspected, entry))
        except OSError as error:
            self.trouble(prefix[:-1] or ".", error)
        if len(names) > 1:
            self._clashes(prefix, names)
        return files, others

    def _followed(self, folder: _Folder, path: str, suspected: bool, link: str) -> str | None:
        """Return the place of the file a link leads to; a folder goes on the stack, what is neither to the findings."""
        try:
            place = os.path.realpath(link, strict=True)
            mode = Path(place).stat().st_mode
        except OSError as error:
            self._broken(path, error)
            return None
        if not f"{place}/".startswith(f"{self._root.rstrip('/')}/"):
            hint = "Have the build copy what the link points to, or ignore the link."
            self._note("link-leaves-root", path, f"is a link to {_shown(place)}, outside the site.", hint)
        elif stat.S_ISREG(mode):
            return place
        elif not stat.S_ISDIR(mode):
            self._special(path)
        elif any(f"{above}/".startswith(f"{place}/") for above in (folder.place, *folder.links)):
            self._loop(path)
        else:
            self._stack.append(_Folder(place, path + "/", (*folder.links, folder.place), suspected))
        return None

    def _broken(self, path: str, error: OSError) -> None:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            self._note("dangling-link", path, "is a link to nothing.", "Mend the link, remove it, or ignore it.")
        elif error.errno == errno.ELOOP:
            self._loop(path)
        else:
            self.trouble(path, error)

    def _loop(self, path: str) -> None:
        hint = "Remove the link, or ignore it."
        self._note("link-loop", path, "is a link that leads back to itself or to a folder it is in.", hint)

    def _special(self, path: str) -> None:
        hint = "Remove it, or ignore it: only files and folders can be deployed."
        self._note("special-file", path, "is a pipe, a socket or a device.", hint)

    def _misnamed(self, path: str) -> None:
        hint = "Rename it: every host takes paths in UTF-8."
        self._note("not-utf8", _shown(path.removesuffix("/")), "has a name that is not valid UTF-8.", hint)

    def _clashes(self, prefix: str, names: list[str]) -> None:
        fold = str.casefold if "".join(names).isascii() else _folded
        if len(set(map(fold, names))) == len(names):
            return
        groups: dict[str, list[str]] = {}
        for name in sorted(names):
            groups.setdefault(fold(name), []).append(prefix + name)
        for first, *others in groups.values():
            if others:
                message = f"and {', '.join(map(_shown, others))} differ only in case or in how letters are composed."
                hint = "Rename all but one: some hosts and file systems take them for the same name."
                self._note("name-clash", first, message, hint, severity="warning")

    def _note(self, code: str, path: str, message: str, hint: str, *, severity: Severity = "error") -> None:
        message = f"{_shown(path)} {message}"
        self.findings.append(Finding(severity=severity, code=code, message=message, path=path, hint=hint))


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads nowhere
        return False


def _folded(name: str) -> str:
    """Return what all spellings of a name have in common, whatever their case and composition."""
    return normalize("NFC", normalize("NFC", name).casefold())


def _shown(path: str) -> str:
    r"""Return a path that is safe to print: what is not UTF-8 or would not show becomes `\xe9`."""
    text = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
