"""Small Pelican blogs for tests, and the real `pelican` command run over them, once or watching."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from presswork.builds import last_build
from presswork.state import State
from support_local import served, store_of, tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from presswork.builds import Build

ARTICLES = {"first.md": ("First", "2026-01-02"), "second.md": ("Second", "2026-02-03")}
BUILT = [
    "archives.html",
    "authors.html",
    "categories.html",
    "category/misc.html",
    "feeds/all.atom.xml",
    "first.html",
    "index.html",
    "pages/about.html",
    "second.html",
    "tag/ink.html",
    "tags.html",
]
_CONF = """
SITENAME = "Test"
SITEURL = "https://blog.example.org"
PATH = "content"
TIMEZONE = "UTC"
THEME = "simple"
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None
"""
_PASSED_ON = ("HOME", "PATH", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
_NOTICE = "PLUGINS is set"

# Runs before anything else in the process: writes down every socket event, and at its end every module.
_SPY = """
import atexit, json, os, sys
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
        """The lines of Presswork itself, less what it has to say of the plugins of whoever runs the tests."""
        return [line for line in self._lines() if not line.startswith(_NOTICE)]

    @property
    def notice(self) -> list[str]:
        return [line for line in self._lines() if line.startswith(_NOTICE)]

    def _lines(self) -> Iterator[str]:
        start = "presswork: "
        return (line.removeprefix(start) for line in self.stdout.splitlines() if line.startswith(start))

    def ok(self) -> Run:
        assert self.code == 0, self.output
        assert "Traceback" not in self.output
        return self

    def failed(self, *, clean: bool = True) -> Run:
        """Failed in a clean way, or in Pelican's own."""
        assert self.code == 1, self.output
        assert "Traceback" not in self.output or not clean
        return self

    @property
    def error(self) -> tuple[str, str]:
        """The one message of ours with its hint: all that there is on stderr."""
        message, hint = self.stderr.splitlines()
        assert message.startswith("error: ")
        assert hint.startswith("hint: ")
        return message.removeprefix("error: "), hint.removeprefix("hint: ")


class Seen(NamedTuple):
    """What happened in a process: its socket events and the modules it had imported at its end."""

    sockets: list[str]
    modules: set[str]


class Blog:
    """Two articles and a page: `table` is what its settings say of Presswork, None nothing, and `more` follows.

    All of it stands in `folder`, where commands run too unless `cwd` is set.
    """

    def __init__(self, folder: Path, table: str | None = "{}", more: str = "") -> None:
        self.folder = self.cwd = folder
        self.config = folder / "pelicanconf.py"
        self.file("pyproject.toml", "")  # this is the project's root, whatever lies above it
        for name, (title, date) in ARTICLES.items():
            self.article(name, title, date, "Hello.")
        self.file("content/pages/about.md", "Title: About\n\nWho we are.\n")
        self.configure(table, more)

    def configure(self, table: str | None = "{}", more: str = "") -> None:
        presswork = f"PRESSWORK = {table}\n" if table is not None else ""
        self.file(self.config.name, f'{_CONF}PLUGINS = ["presswork_pelican"]\n{presswork}{more}\n')

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def article(self, name: str, title: str, date: str, text: str, more: str = "Tags: ink") -> Path:
        return self.file(f"content/{name}", f"Title: {title}\nDate: {date}\n{more}\n\n{text}\n")

    def plugin(self, name: str, code: str) -> None:
        """Write a plugin that the settings can name, beside them."""
        self.file(f"{name}.py", code)

    def build(self, *arguments: str, **environ: str) -> Run:
        return self.python("-m", "pelican", *arguments, **environ)

    def presswork(self, *arguments: str, **environ: str) -> Run:
        return self.python("-m", "presswork", *arguments, **environ)

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
        """Build, and tell what the process did."""
        self.file("spy/sitecustomize.py", _SPY)
        report = self.folder / "spy" / "seen.json"
        run = self.build(*arguments, PYTHONPATH=str(self.folder / "spy"), SPY_REPORT=str(report), **environ)
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
        return tree(self.folder / "output")

    @property
    def live(self) -> dict[str, bytes] | None:
        """What the default local store serves; None where nothing was ever deployed to it."""
        return served(self.folder)

    @property
    def releases(self) -> list[str]:
        manifests = store_of(self.folder) / "manifests"
        return sorted(path.name for path in manifests.iterdir()) if manifests.is_dir() else []

    @property
    def record(self) -> Build:
        build = last_build(State(self.folder))
        assert build is not None
        return build

    @property
    def made(self) -> list[str]:
        """The files that the last build says it made."""
        made = self.record.site.made
        assert made is not None
        return list(made)

    @property
    def untouched(self) -> bool:
        """Whether Presswork has left nothing anywhere."""
        return not any(name == ".presswork" for _, folders, _ in os.walk(self.folder) for name in folders)


class Watcher:
    """A `pelican -r` or `-l` under way."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put("")

    def end(self) -> None:
        """Return when the process and all that it started have ended."""
        self._process.wait()
        self._reader.join()

    def until(self, text: str, timeout: float | None = None) -> bool:
        """Return when a line with a text in it was said; False where nothing at all was said for so many seconds."""
        while True:
            try:
                line = self._lines.get(timeout=timeout)
            except queue.Empty:
                return False
            assert line, "".join(self.said)
            self.said.append(line)
            if text in line:
                return True

    def change(self, file: Path, text: str) -> None:
        """Write a file, and again until it is noticed: nothing is said of when the watching begins."""
        while True:
            file.write_text(text)
            if self.until("-> Modified", timeout=1):
                self.until("Done:")
                return

    def interrupt(self) -> None:
        """Press Ctrl-C, and hear what else is said."""
        os.killpg(self._process.pid, signal.SIGINT)
        self._process.wait(timeout=60)
        while line := self._lines.get(timeout=60):
            self.said.append(line)

    @property
    def modified(self) -> int:
        """How many changes it said it noticed."""
        return sum("-> Modified" in line for line in self.said)


@contextmanager
def watching(blog: Blog, *arguments: str, **environ: str) -> Iterator[Watcher]:
    """Run `pelican` with the arguments that make it stay; whatever it serves is at a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "pelican", *arguments, "-e", f"PORT={port}"],
        cwd=blog.folder,
        env=_environment({"PYTHONUNBUFFERED": "1", "COLUMNS": "400", **environ}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # its processes are to end with it
    )
    watchdog = threading.Timer(120, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.start()
    watcher = Watcher(process)
    try:
        yield watcher
    finally:
        watchdog.cancel()
        with suppress(ProcessLookupError):  # it and its processes have ended
            os.killpg(process.pid, signal.SIGKILL)
        watcher.end()


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **more}
