"""A lock on a place: one deployment at a time on this machine, and the word who holds it."""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from presswork.errors import Locked

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Lock"]


class _Owner(Struct, frozen=True):
    pid: int
    user: str
    host: str
    since: str


class Lock:
    """An advisory lock on a file; the operating system lets go of it when its holder dies.

    `place` says what is locked, in words for the one who is turned away.
    """

    def __init__(self, path: Path, place: str) -> None:
        self._path = path
        self._place = place
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._handle is not None

    def take(self) -> None:
        """Take the lock at once; `Locked`, naming the holder, where another has it."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(handle, 0)
            os.write(handle, msgspec.json.encode(_me()) + b"\n")
        except BlockingIOError as error:
            holder = _named(os.pread(handle, 4096, 0))
            os.close(handle)
            raise Locked(
                f"Another deployment to {self._place} is under way: {holder}.",
                hint="Let it end, then run the same command again.",
            ) from error
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle

    def release(self) -> None:
        """Let go; nothing happens where the lock is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _me() -> _Owner:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        user = str(os.getuid())
    since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return _Owner(os.getpid(), user, socket.gethostname(), since)


def _named(facts: bytes) -> str:
    try:
        owner = msgspec.json.decode(facts, type=_Owner)
    except ValueError:  # it has only just taken the lock
        return "a process that has not yet said its name"
    return f"process {owner.pid} of {owner.user} on {owner.host}, since {owner.since}"
