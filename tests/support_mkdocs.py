"""Small MkDocs projects for tests, and the real `mkdocs` and `properdocs` commands run over them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import pytest

from presswork.builds import last_build
from presswork.state import State
from support_local import served, store_of, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from presswork.builds import Build

either = pytest.mark.parametrize("tool", ["mkdocs", "properdocs"])

PAGES = {"index.md": "# Home\n\nWelcome.\n", "guide.md": "# The guide\n\nHow it goes.\n"}
BUILT = ["guide/index.html", "index.html", "sitemap.xml", "sitemap.xml.gz"]
_THEME = "<title>{{ page.title }}</title>\n{{ page.content }}\n"
_PASSED_ON = ("HOME", "PATH", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")

# Runs before anything else in the process: writes down every socket event, and at its end every module.
_SPY = """
import atexit, json, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sockets = []
sys.addaudithook(lambda event, args: sockets.append(event) if event.startswith("socket.") else None)
def tell():
    with open(os.environ["SPY_REPORT"], "w") as file:
        json.dump({"sockets": sockets, "modules": sorted(sys.modules)}, file)
atexit.register(tell)
"""


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
        start = "INFO    -  presswork: "
        return [line.removeprefix(start) for line in self.stderr.splitlines() if line.startswith(start)]

    def ok(self) -> Run:
        assert self.code == 0, self.output
        assert "Traceback" not in self.output
        return self

    def failed(self, code: int = 1) -> Run:
        assert self.code == code, self.output
        assert "Traceback" not in self.output
        return self


class Seen(NamedTuple):
    """What happened in a process: its socket events and the modules it had imported at its end."""

    sockets: list[str]
    modules: set[str]


class Docs:
    """A project of two pages and a theme of one template: `plugins` is the YAML of that setting, `more` what follows.

    Its configuration has the tool's own name and stands, like `docs`, in `folder`; commands run in `cwd`.
    """

    def __init__(self, folder: Path, plugins: str = "[presswork]", more: str = "", *, tool: str = "mkdocs") -> None:
        self.folder = self.cwd = folder
        self.tool = tool
        self.config = folder / f"{tool}.yml"
        self.file("pyproject.toml", "")  # this is the project's root, whatever lies above it
        self.file("theme/main.html", _THEME)
        for name, text in PAGES.items():
            self.page(name, text)
        self.configure(plugins, more)

    def configure(self, plugins: str = "[presswork]", more: str = "") -> None:
        theme = "" if "theme:" in more else "theme: {name: null, custom_dir: theme}\n"
        self.config.write_text(f"site_name: Test\n{theme}plugins: {plugins}\n{more}\n")

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def page(self, name: str, text: str) -> None:
        self.file(f"docs/{name}", text)

    def build(self, *arguments: str, **environ: str) -> Run:
        return self.run("build", *arguments, **environ)

    def run(self, *arguments: str, **environ: str) -> Run:
        return self.python("-m", self.tool, *arguments, **environ)

    def python(self, *arguments: str, **environ: str) -> Run:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.cwd,
            env=_environment(environ),
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def watched(self, *arguments: str, **environ: str) -> tuple[Run, Seen]:
        """Run the command and tell what its process did."""
        report = self.folder / "spy" / "seen.json"
        run = self.run(*arguments, **_spied(self.folder / "spy"), **environ)
        seen = json.loads(report.read_text())
        return run, Seen(seen["sockets"], set(seen["modules"]))

    def report(self, *arguments: str, **environ: str) -> tuple[Run, dict[str, Any]]:
        """Build, and return the JSON report of it too."""
        path = self.folder / "report.json"
        path.unlink(missing_ok=True)
        run = self.build(*arguments, PRESSWORK_REPORT=str(path), **environ)
        return run, json.loads(path.read_text())

    @property
    def state(self) -> Path:
        return self.folder / ".presswork"

    @property
    def site(self) -> dict[str, bytes]:
        return tree(self.folder / "site")

    @property
    def live(self) -> dict[str, bytes] | None:
        """What the default local store serves; None where nothing was ever deployed to it."""
        return served(self.folder)

    @property
    def releases(self) -> list[str]:
        manifests = store_of(self.folder) / "manifests"
        return sorted(path.name for path in manifests.iterdir()) if manifests.is_dir() else []

    @property
    def record(self) -> Build | None:
        return last_build(State(self.folder))


class Server:
    """A development server under way."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self._port = port

    def get(self, path: str) -> str:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def rebuilt(self, path: str, text: str) -> str:
        """Return a page as soon as a rebuild has brought a text into it."""
        epoch = "0"
        while text not in (page := self.get(path)):
            epoch = self.get(f"/livereload/{epoch}/0")  # answered when there is a newer build than that
        return page

    def interrupt(self) -> Run:
        """Press Ctrl-C and return what was said since the server was ready."""
        self._process.send_signal(2)
        _, errors = self._process.communicate(timeout=60)
        return Run(self._process.returncode, "", errors)


@contextmanager
def serving(docs: Docs, *arguments: str, **environ: str) -> Iterator[Server]:
    """Run the tool's `serve` and yield when it takes requests."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", docs.tool, "serve", "--livereload", "--dev-addr", f"127.0.0.1:{port}", *arguments],
        cwd=docs.folder,
        env=_environment({**_spied(docs.folder / "spy"), **environ}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    try:
        assert process.stderr is not None
        _read_until(process.stderr, "Serving on")
        yield Server(process, port)
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def _read_until(lines: IO[str], text: str) -> None:
    said = []
    for line in lines:
        said.append(line)
        if text in line:
            return
    raise AssertionError("".join(said))


def _spied(folder: Path) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SPY)
    return {"PYTHONPATH": str(folder), "SPY_REPORT": str(folder / "seen.json")}


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    git = {f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    fixed = {"SOURCE_DATE_EPOCH": "1700000000", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {**kept, **git, **fixed, **more}
