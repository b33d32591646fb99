"""Every change that a process makes to a folder, numbered, so that it can kill itself at the one it is told."""

from __future__ import annotations

import builtins
import io
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

Phase = Literal["before", "half", "after"]

_BY_PATH: Final = ["open", "link", "rename", "replace", "symlink", "mkdir", "unlink", "remove", "rmdir", "chmod"]
_BY_HANDLE: Final = ["write", "fsync", "ftruncate"]
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Point:
    """One change: its number from 1, the function of `os`, and the path, relative to the project."""

    number: int
    name: str
    path: str

    @property
    def phases(self) -> tuple[Phase, ...]:
        return ("before", "half", "after") if self.name == "write" else ("before", "after")


class Points:
    """Puts itself in front of the functions of `os` that change a disk, for what lies under `root`.

    Opening to read is no point: a kill there is a kill after the change before it.
    """

    def __init__(self, root: str, trace: str, kill: tuple[int, Phase] | None) -> None:
        self._root = root
        self._kill = kill
        self._count = 0
        self._handles: dict[int, str] = {}
        self._write = os.write
        self._trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def install(self) -> None:
        close = os.close
        for name in _BY_PATH:
            setattr(os, name, self._by_path(name, getattr(os, name)))
        for name in _BY_HANDLE:
            setattr(os, name, self._by_handle(name, getattr(os, name)))

        def closing(handle: int) -> None:
            self._handles.pop(handle, None)
            close(handle)

        os.close = closing
        io.open = builtins.open = self._stream(io.open)

    def _by_path(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def changing(*arguments: Any, **named: Any) -> Any:
            inside = [path for path in map(self._inside, arguments) if path]
            if not inside:
                return call(*arguments, **named)
            if name == "open" and not arguments[1] & _WRITING:
                handle = call(*arguments, **named)
                self._handles[handle] = inside[-1]  # a folder is brought to the disk through such a handle
                return handle
            phase = self._next(name, inside[-1])
            try:
                result = call(*arguments, **named)
            finally:  # a change that is refused, as a folder that is there, is a point as well
                if phase == "after":
                    _die()
            if name == "open":
                self._handles[result] = inside[-1]
            return result

        return changing

    def _by_handle(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def changing(handle: int, *arguments: Any) -> Any:
            if handle not in self._handles:
                return call(handle, *arguments)
            phase = self._next(name, self._handles[handle])
            if phase == "half":
                data = bytes(arguments[0])
                call(handle, data[: len(data) // 2])
                _die()
            result = call(handle, *arguments)
            if phase == "after":
                _die()
            return result

        return changing

    def _stream(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Watch over a file that is written through a buffer: what is seen of it is that it begins, empty."""

        def opening(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            inside = self._inside(file)
            if inside is None or not set(mode) & set("wax+"):
                return call(file, mode, *arguments, **named)
            phase = self._next("open", inside)
            stream = call(file, mode, *arguments, **named)
            if phase == "after":
                _die()
            return stream

        return opening

    def _inside(self, argument: object) -> str | None:
        if not isinstance(argument, str | os.PathLike):
            return None
        path = os.path.abspath(os.fspath(argument))  # noqa: PTH100 -- links must not be followed
        return os.path.relpath(path, self._root) if path.startswith(self._root + "/") else None

    def _next(self, name: str, path: str) -> Phase | None:
        self._count += 1
        self._write(self._trace, f"{name}\t{path}\n".encode())
        phase = self._kill[1] if self._kill and self._kill[0] == self._count else None
        if phase == "before":
            _die()
        return phase


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")


def points_in(trace: Path) -> list[Point]:
    """Return the points that a process put down."""
    return [Point(number, *line.split("\t")) for number, line in enumerate(trace.read_text().splitlines(), 1)]


def places(points: Sequence[Point]) -> list[tuple[Point, Phase]]:
    """Return where a process can be killed, in order."""
    return [(point, phase) for point in points for phase in point.phases]
