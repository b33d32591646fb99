"""Small files written so that a crash leaves the old content or the new, and unchanged content untouched."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from presswork.errors import PressworkError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["append", "disk_trouble", "write"]


def write(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Replace a file in one step, making its folder; nothing is touched where the content is the same already.

    A new file may be used by whom `mode` and the process's umask let.
    """
    try:
        if path.read_bytes() == data:
            return
    except OSError:
        pass  # not there, or not to be read: writing it will tell
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_new(temporary, data, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise disk_trouble(error, path) from error


def append(path: Path, data: bytes) -> None:
    """Add to the end of a file, on disk before this returns."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        _write_new(path, data, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        if new:
            _sync_folder(path.parent)
    except OSError as error:
        raise disk_trouble(error, path) from error


def _write_new(path: Path, data: bytes, flags: int, mode: int) -> None:
    descriptor = os.open(path, flags, mode)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    """Have a new file's name on disk: its content alone would be lost with it in a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # there are file systems that cannot
            raise
    finally:
        os.close(descriptor)


def disk_trouble(error: OSError, path: Path) -> PressworkError:
    """Return the error to raise where Presswork's own files cannot be written."""
    return PressworkError(
        f"{path} cannot be written: {error.strerror or error}.",
        hint="Make room on that disk, or make the folder writable, and run the same command again.",
    )
