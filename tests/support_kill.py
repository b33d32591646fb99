"""A process that numbers every change it makes to a project's state, and kills itself at the one it is told.

Run as a program it is a server: for each job, a line of JSON on standard input, it forks a process that deploys, and
answers with a line of JSON how that ended. A fork starts in milliseconds what a new interpreter starts in hundreds.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from presswork.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Phase = Literal["before", "half", "after"]

_BY_PATH: Final = ["open", "link", "rename", "replace", "symlink", "mkdir", "unlink", "remove", "rmdir", "chmod"]
_BY_HANDLE: Final = ["write", "fsync", "ftruncate"]
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT
SWITCHES: Final = {"rename", "replace", "symlink"}


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


@dataclass(frozen=True)
class Ended:
    """How a deploy ended: its exit code (minus a signal's number), and what it wrote."""

    code: int
    output: str


class Deployer:
    """Deploys folders to the local host of the project in `project`, each in a process of its own."""

    def __init__(self, project: Path, server: subprocess.Popen[str]) -> None:
        self.project = project
        self._trace = project.parent / "trace"
        self._server = server

    def deploy(self, site: Path, kill: tuple[int, Phase] | None = None) -> Ended:
        job = {"project": str(self.project), "site": str(site), "trace": str(self._trace), "kill": kill}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps(job), file=self._server.stdin, flush=True)
        return Ended(**json.loads(self._server.stdout.readline()))

    def points(self) -> list[Point]:
        """Return the points of the last deploy."""
        lines = self._trace.read_text().splitlines()
        return [Point(number, *line.split("\t")) for number, line in enumerate(lines, 1)]

    @contextmanager
    def as_it_was(self) -> Iterator[Callable[[], None]]:
        """Give a function that brings the project back to what it is now, links and all."""
        kept = self.project.with_name("kept")
        subprocess.run(["cp", "-a", self.project, kept], check=True)

        def back() -> None:
            shutil.rmtree(self.project)
            subprocess.run(["cp", "-a", kept, self.project], check=True)

        yield back
        shutil.rmtree(kept)


@contextmanager
def deployer(project: Path) -> Iterator[Deployer]:
    line = [sys.executable, "-X", "faulthandler", str(Path(__file__))]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield Deployer(project, server)
        assert server.stdin is not None
        server.stdin.close()
        assert server.wait() == 0


def sample(points: list[Point], size: int) -> list[tuple[Point, Phase]]:
    """Return both sides of every switch, and of the rest as many as make up `size`, evenly spread."""
    everything = [(point, phase) for point in points for phase in point.phases]
    chosen = [pair for pair in everything if pair[0].name in SWITCHES]
    rest = [pair for pair in everything if pair[0].name not in SWITCHES]
    wanted = max(size - len(chosen), 0)
    chosen += [rest[number * len(rest) // wanted] for number in range(wanted)] if wanted < len(rest) else rest
    return sorted(chosen, key=lambda pair: (pair[0].number, pair[1]))


def _serve() -> None:
    for name in ("presswork.cli.deploying", "presswork_local.host"):  # what every deploy needs, loaded once
        import_module(name)
    for line in sys.stdin:
        job = json.loads(line)
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            _child(**job)
        os.close(writing)
        with os.fdopen(reading, errors="replace") as stream:
            output = stream.read()
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        print(json.dumps({"code": code, "output": output}), flush=True)


def _child(project: str, site: str, trace: str, kill: list[Any] | None) -> NoReturn:
    code = 70
    try:
        os.chdir(project)
        Points(f"{project}/.presswork", trace, (kill[0], kill[1]) if kill else None).install()
        code = main(["deploy", site, "--json"])
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 -- told to the test
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
