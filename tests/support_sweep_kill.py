"""Deploys in processes of their own that are killed: at a request, at a change of the disk, at any moment.

Run as a program this is a server: for each job, a line of JSON on standard input, it forks a process that deploys,
and tells its number, then how it ended. A fork starts in milliseconds what a new interpreter starts in hundreds.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from presswork.cli import main
from support_points import Point, Points, points_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from random import Random

    from support_points import Phase
    from support_sweep import Rig
    from support_sweep_kinds import Case
    from support_sweep_table import Ending

KILLS: Final = {"killed before": "refused", "killed after": "closed-after-processing"}
"""When a process can be killed, and what its connection meets then."""
_TRIES: Final = 20


class Ended(NamedTuple):
    """How a process ended: its exit code (minus a signal's number), what it wrote, and after how many seconds."""

    code: int
    output: str
    seconds: float

    @property
    def reported(self) -> dict[str, Any]:
        """What it reported of its one target."""
        (document,) = [line for line in self.output.splitlines() if line.startswith("{")]
        (target,) = json.loads(document)["targets"]
        return dict(target)


class Forks:
    """Makes the processes; `started` is given the number of each, `last` is how the last one ended."""

    last: Ended

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server
        self.started: SimpleQueue[int] = SimpleQueue()

    def deploy(
        self, rig: Rig, name: str = "after", *, point: tuple[int, Phase] | None = None, moment: float | None = None
    ) -> Ended:
        """Deploy a site of a rig by the command line, over one connection at a time.

        It is killed at a `point` of the changes it makes to the disk, or so many seconds after its beginning.
        """
        return self.run(rig, rig.project, name, rig.proxy.address, point, moment)

    def run(
        self,
        rig: Rig,
        project: Path,
        name: str,
        address: str,
        point: tuple[int, Phase] | None = None,
        moment: float | None = None,
    ) -> Ended:
        """Deploy a site of a rig from a project of its service, which is reached at `address`."""
        environ, root, trace = rig.environ, rig.folder / "work", rig.folder / f"trace of {name}"
        options = {"workers": "1", **rig.service.options(address), **rig.kind.options}
        arguments = ["deploy", str(rig.folder / name), "--json", "--host", rig.service.host]
        arguments += [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        arguments += ["--preview"] if rig.kind.preview else []
        return self.command(project, arguments, environ, root, trace, point, moment)

    def command(
        self,
        folder: Path,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        root: Path,
        trace: Path,
        point: tuple[int, Phase] | None = None,
        moment: float | None = None,
    ) -> Ended:
        """Run a command in a folder; the changes it makes to the disk below `root` are counted, and told in `trace`."""
        job = {
            "folder": str(folder),
            "arguments": arguments,
            "environ": environ,
            "root": str(root),
            "trace": str(trace),
            "point": point,
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps((job, moment)), file=self._server.stdin, flush=True)
        self.started.put(json.loads(self._server.stdout.readline()))
        self.last = Ended(**json.loads(self._server.stdout.readline()))
        return self.last

    @property
    def reported(self) -> dict[str, Any]:
        """What the last one reported of its one target."""
        return self.last.reported


@contextmanager
def forking() -> Iterator[Forks]:
    line = [sys.executable, str(Path(__file__))]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield Forks(server)
        finally:
            assert server.stdin is not None
            server.stdin.close()
        assert server.wait() == 0


def kill(rig: Rig, forks: Forks, case: Case) -> Ending:
    """Kill a deploy at a request; what is live stays whole, and the next deploy goes on where it was."""
    rig.again()
    while not forks.started.empty():
        forks.started.get()

    def strike() -> None:
        os.kill(forks.started.get(), signal.SIGKILL)

    with rig.watched(KILLS[case.fault], case.number, 1, strike):
        ended = forks.deploy(rig)
        assert ended.code == -signal.SIGKILL, f"it was not killed: {ended}"
    return _goes_on(rig, forks)


def points(rig: Rig, forks: Forks) -> list[Point]:
    """Return all the changes to the disk of a deploy that nothing happens to."""
    rig.again()
    assert forks.deploy(rig).code == 0, forks.last
    return points_in(rig.folder / "trace of after")


def kill_at_point(rig: Rig, forks: Forks, point: Point, phase: Phase) -> Ending:
    """Kill a deploy at a change of the disk: before it, half-way, or after it."""
    rig.again()
    with rig.watched():
        ended = forks.deploy(rig, point=(point.number, phase))
        assert ended.code == -signal.SIGKILL, f"it was not killed {phase} {point}: {ended}"
    return _goes_on(rig, forks)


def kill_at_a_moment(rig: Rig, forks: Forks, longest: float, random: Random) -> Ending:
    """Kill a deploy at any moment of its `longest` time; one that was quicker than that is tried again."""
    for _ in range(_TRIES):
        rig.again()
        moment = random.random() * longest
        with rig.watched():
            ended = forks.deploy(rig, moment=moment)
        if ended.code == -signal.SIGKILL:
            return _goes_on(rig, forks)
    raise AssertionError(f"it was not killed: {forks.last}")


def _goes_on(rig: Rig, forks: Forks) -> Ending:
    try:
        rig.check_repeat(lambda: forks.deploy(rig).code)
    except AssertionError as error:
        error.add_note(forks.last.output)
        raise
    return "well"


def _serve() -> None:
    for name in ("presswork.cli.deploying", "presswork.transport"):  # what every deploy needs, loaded once
        import_module(name)
    for line in sys.stdin:
        job, moment = json.loads(line)
        began = time.monotonic()
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            _child(**job)
        os.close(writing)
        print(process, flush=True)
        output = b""
        with os.fdopen(reading, "rb", buffering=0) as stream:
            while True:
                left = None if moment is None else max(0.0, began + moment - time.monotonic())
                if not select.select([stream], [], [], left)[0]:
                    os.kill(process, signal.SIGKILL)
                    moment = None
                elif data := stream.read(65536):
                    output += data
                else:
                    break
        seconds = time.monotonic() - began
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        print(json.dumps({"code": code, "output": output.decode(errors="replace"), "seconds": seconds}), flush=True)


def _child(
    folder: str,
    arguments: list[str],
    environ: Mapping[str, str],
    root: str,
    trace: str,
    point: tuple[int, Phase] | None,
) -> NoReturn:
    code: Any = 70
    try:
        os.chdir(folder)
        os.environ.update(environ)
        Points(root, trace, point).install()
        code = main(arguments)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 -- told to the test
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
