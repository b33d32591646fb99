"""Deploys in processes of their own that are killed at a request: before the service knows of it, or when it is done.

Run as a program this is a server: for each job, a line of JSON on standard input, it forks a process that deploys,
and tells its number, then how it ended. A fork starts in milliseconds what a new interpreter starts in hundreds.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from presswork.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from support_sweep import Rig
    from support_sweep_kinds import Case
    from support_sweep_table import Ending

KILLS: Final = {"killed before": "refused", "killed after": "closed-after-processing"}
"""When a process can be killed, and what its connection meets then."""


class Ended(NamedTuple):
    """How a process ended: its exit code (minus a signal's number), and what it wrote."""

    code: int
    output: str


class Forks:
    """Makes the processes; `started` is given the number of each, `last` is how the last one ended."""

    last: Ended

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server
        self.started: SimpleQueue[int] = SimpleQueue()

    def deploy(self, rig: Rig) -> Ended:
        """Deploy the new site of a rig by the command line, over one connection at a time."""
        options = {"workers": "1", **rig.options()}
        arguments = ["deploy", str(rig.folder / "after"), "--json", "--host", rig.service.host]
        arguments += [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        arguments += ["--preview"] if rig.kind.preview else []
        job = {"folder": str(rig.project), "arguments": arguments, "environ": rig.environ}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps(job), file=self._server.stdin, flush=True)
        self.started.put(json.loads(self._server.stdout.readline()))
        self.last = Ended(**json.loads(self._server.stdout.readline()))
        return self.last

    @property
    def reported(self) -> dict[str, Any]:
        """What the last one reported of its one target."""
        (document,) = [line for line in self.last.output.splitlines() if line.startswith("{")]
        (target,) = json.loads(document)["targets"]
        return dict(target)


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
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(reading)
            os.dup2(writing, 1)
            os.dup2(writing, 2)
            _child(**json.loads(line))
        os.close(writing)
        print(process, flush=True)
        with os.fdopen(reading, errors="replace") as stream:
            output = stream.read()
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        print(json.dumps({"code": code, "output": output}), flush=True)


def _child(folder: str, arguments: list[str], environ: Mapping[str, str]) -> NoReturn:
    code: Any = 70
    try:
        os.chdir(folder)
        os.environ.update(environ)
        code = main(arguments)
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001 -- told to the test
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
