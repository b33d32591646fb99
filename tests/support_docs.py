"""A page of the documentation followed as its reader would: files written, commands run, what they print compared."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME: Final = "/home/you"
"""What the pages call the folder that their reader begins in."""

_FENCE: Final = re.compile(r"^( *)```(\w+)(?: title=\"(.+?)\")?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_VARIES: Final = re.compile(
    r"(?P<id>\d{8}-\d{6}-[0-9a-f]{8}(-\d+)?)"
    r"|(?P<commit>(?<=\[)[0-9a-f]{12}(?=\])|(?<=from )[0-9a-f]{12})"
    r"|(?P<digest>sha256:[0-9a-f]{64})"
    r"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)"
    r"|(?P<seconds>\d+\.\d+(?= seconds))"
    r"|(?P<port>(?<=127\.0\.0\.1:)\d+)"
)
_NAMES: Final = {"id", "commit", "digest"}


class Block(NamedTuple):
    language: str
    title: str | None
    text: str


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    for found in _FENCE.finditer(page):
        yield Block(found[2], found[3], dedent(found[4]))


def shown(page: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a page's terminals, and what it is said to print."""
    for block in blocks(page):
        if block.language == "console":
            yield from _turns(block.text)


class Reader:
    """Somebody with a shell, an empty folder, and the page before them."""

    def __init__(self, home: Path) -> None:
        self._home = home.resolve()
        self._folder = self._home
        self._meant: dict[str, str] = {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRESSWORK", "GIT", "CI"))}
        self._environ = {
            **kept,
            "HOME": str(self._home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "SOURCE_DATE_EPOCH": "1750000000",  # or a build before midnight differs from one after it
            "PRESSWORK_ACTOR": "you@laptop",
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{f"GIT_{who}_NAME": "Ann" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "ann@example.org" for who in ("AUTHOR", "COMMITTER")},
        }

    def follow(self, page: str) -> int:
        """Do all that a page says; return how many commands that were. AssertionError where one prints otherwise."""
        done = 0
        for block in blocks(page):
            if block.title:
                (self._folder / block.title).write_text(block.text, encoding="utf-8")
            elif block.language == "console":
                for command, said in _turns(block.text):
                    self._compare(command, said, self._run(self._as_meant(command)))
                    done += 1
        return done

    def _run(self, command: str) -> str:
        if command.startswith("cd "):
            self._folder /= command.removeprefix("cd ")
            return ""
        if command == "presswork serve":
            return self._serve()
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.stdout

    def _serve(self) -> str:
        """Look at the home page, compare it with the built one, and press Ctrl-C."""
        command = shlex.split("presswork serve --port 0")
        with subprocess.Popen(
            command, cwd=self._folder, env=self._environ, stderr=subprocess.PIPE, text=True
        ) as server:
            assert server.stderr
            line = server.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            assert found, line + server.stderr.read()
            connection = HTTPConnection("127.0.0.1", int(found[1]), timeout=30)
            connection.request("GET", "/")
            assert connection.getresponse().read() == (self._folder / "site" / "index.html").read_bytes()
            connection.close()
            server.send_signal(signal.SIGINT)
            server.stderr.read()
        return line

    def _as_meant(self, command: str) -> str:
        """Put the ids of this run in the place of the page's."""
        return _VARIES.sub(lambda found: self._meant.get(found[0], found[0]), command)

    def _compare(self, command: str, said: str, printed: str) -> None:
        printed = printed.replace(str(self._home), HOME)
        assert _plain(printed) == _plain(said), f"$ {command}\nprints:\n{printed}\nand not:\n{said}"
        for one, other in zip(_VARIES.finditer(said), _VARIES.finditer(printed), strict=True):
            if one.lastgroup in _NAMES:
                self._meant.setdefault(one[0], other[0])
                theirs = [name for name, meant in self._meant.items() if meant == other[0]]
                assert theirs == [one[0]], f"$ {command}: {one[0]} is another one"


def _turns(text: str) -> Iterator[tuple[str, str]]:
    for turn in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, said = turn.partition("\n")
        yield command, said


def _plain(text: str) -> str:
    """Return a text with a word for everything in it that no two runs have in common."""
    return _VARIES.sub(lambda found: f"<{found.lastgroup}>", text)
