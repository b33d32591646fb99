"""The few things a store does to a disk, each of them whole or not at all, and what to say when the disk objects."""

# Every change goes through `os`, where a test can stop the process before and after it.
# ruff: noqa: PTH102, PTH105, PTH108, PTH106, PTH211

from __future__ import annotations

import errno
import functools
import hashlib
import os
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, Protocol, TypeVar

from presswork.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = [
    "drop",
    "link_or_copy",
    "make_folder",
    "move",
    "pieces",
    "point",
    "sha256",
    "sync_folder",
    "told",
    "write",
]

PIECE: Final = 256 * 1024
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_LINKS: Final = {errno.EMLINK, errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


def write(path: Path, content: Iterable[bytes], *, mode: int = 0o644) -> None:
    """Write a new file and bring it to the disk; take it away again where that fails. `mode` is less the umask."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        for piece in content:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(handle)


def pieces(path: Path) -> Iterable[bytes]:
    """Yield a file in pieces of at most 256 KiB."""
    handle = os.open(path, os.O_RDONLY)
    try:
        while piece := os.read(handle, PIECE):
            yield piece
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in lower-case hex."""
    hasher = hashlib.sha256()
    for piece in pieces(path):
        hasher.update(piece)
    return hasher.hexdigest()


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, or a copy where the file system has no links, or no more of them."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        write(target, pieces(source), mode=0o444)


def make_folder(path: Path) -> None:
    """Make a folder and those above it; nothing happens where it is there."""
    try:
        os.mkdir(path, 0o755)
    except FileExistsError:
        if not path.is_dir():
            raise
    except FileNotFoundError:
        make_folder(path.parent)
        make_folder(path)


def sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move(source: Path, target: Path) -> None:
    """Give a file or folder another place in one step, over a file that is there, and bring that to the disk."""
    os.replace(source, target)
    sync_folder(target.parent)


def point(path: Path, target: str, spare: Path) -> None:
    """Make `path` a symbolic link to `target` in one step; `spare` is a free name on the same file system."""
    os.symlink(target, spare)
    move(spare, path)


def drop(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it; nothing happens where there is none."""
    try:
        if path.is_dir() and not path.is_symlink():
            for inner in sorted(path.iterdir()):
                drop(inner)
            os.rmdir(path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        return


class _Rooted(Protocol):
    @property
    def root(self) -> Path: ...


S = TypeVar("S", bound=_Rooted)
P = ParamSpec("P")
R = TypeVar("R")


def told(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Let a method raise `HostError`, in words, where the operating system refuses something."""

    @functools.wraps(method)
    def wrapper(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except OSError as error:
            raise explained(error, self.root) from error

    return wrapper


def explained(error: OSError, root: Path) -> HostError:
    """Return what to tell the user of an error of the operating system in the store at `root`."""
    where = error.filename or root
    if error.errno in _FULL:
        return HostError(
            f"The disk that holds {root} is full: {error.strerror}.",
            hint="Free some space on it, or set `path` to a folder on another, then run the same command again.",
        )
    if error.errno in _DENIED:
        return HostError(
            f"{where} cannot be used: {error.strerror}.",
            hint=f"Give yourself the right to write in {root}, or set `path` to a folder where you have it.",
        )
    return HostError(
        f"{where} cannot be used: {error.strerror}.",
        hint=f"Look at what stands there: {root} and all below it is kept by Presswork alone.",
    )
