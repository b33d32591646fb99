"""Small Sphinx projects for tests, and the real `sphinx-build` and `sphinx-autobuild` run over them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import IO, TYPE_CHECKING, Any

from presswork.builds import last_build
from presswork.state import State
from support_local import tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from presswork.builds import Build

INDEX = "Home\n====\n\n.. toctree::\n   :glob:\n\n   *\n"
GUIDE = "The *guide*\n===========\n\nHow it goes.\n"
OURS = (".doctrees/", ".buildinfo")
"""What Sphinx leaves in its output folder and is no part of the site."""

_CONF = 'project = "Test"\nextensions = ["presswork_sphinx"]\nhtml_theme = "basic"\n'
_PASSED_ON = ("HOME", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")


@dataclass(frozen=True)
class Run:
    """What a finished command said."""

    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def said(self) -> list[str]:
        """The lines of Presswork itself."""
        start = "presswork: "
        return [line.removeprefix(start) for line in self.stdout.splitlines() if line.startswith(start)]

    def ok(self) -> Run:
        assert self.code == 0, self.output
        assert "Traceback" not in self.output
        return self

    def failed(self, code: int = 1) -> Run:
        """Failed in a clean way: one error, one hint, and no page that asks for a bug report."""
        assert self.code == code, self.output
        assert "Traceback" not in self.output
        assert "report this" not in self.output
        assert "sphinx-err" not in self.output
        return self

    @property
    def error(self) -> tuple[str, str]:
        """The one error with its hint."""
        lines = self.stderr.splitlines()
        (at,) = (number for number, line in enumerate(lines) if line.startswith("ERROR: presswork: "))
        message, hint = lines[at : at + 2]
        return message.removeprefix("ERROR: presswork: "), hint.removeprefix("hint: ")


class Docs:
    """A project of two pages in `docs`, where conf.py is too: `table` is what it says of Presswork, `more` follows."""

    def __init__(self, folder: Path, table: str = "{}", more: str = "", *, root: bool = True) -> None:
        self.folder = folder
        self.source = folder / "docs"
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        if root:
            self.file("pyproject.toml", "")
        self.page("index", INDEX)
        self.page("guide", GUIDE)
        self.configure(table, more)

    def configure(self, table: str = "{}", more: str = "") -> None:
        self.file("docs/conf.py", f"{_CONF}presswork = {table}\n{more}\n")

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def page(self, name: str, text: str) -> Path:
        return self.file(f"docs/{name}.rst", text)

    def build(self, *arguments: str, builder: str = "html", **environ: str) -> Run:
        """Build into `out`; the doctrees go into that folder too, as they do where nobody says otherwise."""
        return self.run("-m", "sphinx", "-b", builder, *arguments, "docs", "out", **environ)

    def presswork(self, *arguments: str, folder: str = ".", **environ: str) -> Run:
        return self.run("-m", "presswork", *arguments, folder=folder, **environ)

    def run(self, *arguments: str, folder: str = ".", **environ: str) -> Run:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder / folder,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def report(self, *arguments: str, **environ: str) -> tuple[Run, dict[str, Any]]:
        """Build, and return the JSON report of it too."""
        path = self.folder / "report.json"
        path.unlink(missing_ok=True)
        run = self.build(*arguments, PRESSWORK_REPORT=str(path), **environ)
        return run, json.loads(path.read_text())

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        fixed = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return {**kept, **fixed, "TMPDIR": str(self.temporary)}

    @property
    def state(self) -> Path:
        return State(self.source).folder

    @property
    def out(self) -> dict[str, bytes]:
        """All that Sphinx left in its output folder."""
        return tree(self.folder / "out")

    @property
    def site(self) -> dict[str, bytes]:
        """What of that is the site."""
        return {path: content for path, content in self.out.items() if not path.startswith(OURS)}

    @property
    def live(self) -> dict[str, bytes] | None:
        """What the default local store serves; None where nothing was ever deployed to it."""
        current = self.state / "local" / "current"
        return tree(current.resolve(strict=True)) if current.is_symlink() else None

    @property
    def releases(self) -> list[str]:
        manifests = self.state / "local" / "manifests"
        return sorted(path.name for path in manifests.iterdir()) if manifests.is_dir() else []

    @property
    def record(self) -> Build:
        build = last_build(State(self.source))
        assert build is not None
        return build

    @property
    def environment(self) -> Path:
        return self.folder / "out" / ".doctrees" / "environment.pickle"

    @property
    def untouched(self) -> bool:
        """Whether Presswork has left nothing anywhere."""
        return not any(name == ".presswork" for _, folders, _ in os.walk(self.folder) for name in folders)


class Watcher:
    """A sphinx-autobuild under way."""

    def __init__(self, lines: IO[str], port: int) -> None:
        self._lines = lines
        self._port = port
        self.said: list[str] = []

    def built(self) -> None:
        """Return as soon as it has ended a build and serves that."""
        for line in self._lines:
            self.said.append(line)
            if "Serving on" in line:
                return
        raise AssertionError("".join(self.said))

    def get(self, path: str) -> str:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    @property
    def detected(self) -> list[str]:
        """What made it build again, each time."""
        return [line.partition("Detected changes ")[2].strip() for line in self.said if "Detected changes" in line]


@contextmanager
def watching(docs: Docs, *arguments: str, **environ: str) -> Iterator[Watcher]:
    """Run `sphinx-autobuild docs out` and yield when it takes requests."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "sphinx_autobuild", "--port", str(port), *arguments, "docs", "out"],
        cwd=docs.folder,
        env=docs.environ | {"PYTHONUNBUFFERED": "1"} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # its workers are to end with it
    )
    watchdog = threading.Timer(120, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    try:
        assert process.stdout is not None
        watcher = Watcher(process.stdout, port)
        watcher.built()
        for line in process.stdout:
            if "Waiting to detect changes" in line:
                break
        _wait_for(port, process)
        yield watcher
    finally:
        watchdog.cancel()
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Return when the port takes connections: nothing is said of that."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            continue
        return
