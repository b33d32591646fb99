"""The page on Netlify, followed as its reader would, against the emulator that it tells to run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

import pytest

from support_cli import tree
from support_docs import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "netlify.md"
_VARIES = re.compile(
    r"(?P<token>nfp_[0-9a-f]{36})|(?P<site>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?P<deploy>\b[0-9a-f]{24}\b)"
    r"|(?P<port>(?<=127\.0\.0\.1:)\d+)|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z)|(?P<size>[\d.]+ [kM]B)"
)


class Reader:
    """Somebody with two terminals and an empty folder: what differs from the page's example is put in its place."""

    def __init__(self, home: Path) -> None:
        self.folder = home
        self.done: list[tuple[str, str]] = []
        self._meant: dict[str, str] = {}
        self._emulator: subprocess.Popen[str] | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRESSWORK", "GIT", "CI"))}
        self._environ = {
            **kept,
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "SOURCE_DATE_EPOCH": "1750000000",
            "NO_MKDOCS_2_WARNING": "1",
        }

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._emulator is not None:
            self._emulator.kill()
            self._emulator.communicate()

    def follow(self, page: str) -> None:
        """Write every file and run every command of a page; each must succeed, and print what it is said to."""
        for block in blocks(page):
            if block.title:
                (self.folder / block.title).write_text(block.text)
            elif block.language == "console":
                for turn in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                    command, _, said = turn.partition("\n")
                    self._compare(command, said, self._do(command, said))

    def get(self, path: str) -> bytes:
        """Return what the emulator's public address gives."""
        connection = HTTPConnection("127.0.0.1", int(self._environ["PRESSWORK_NETLIFY_API_URL"].split(":")[2][:-7]))
        try:
            connection.request("GET", f"/_live/{path}")
            return connection.getresponse().read()
        finally:
            connection.close()

    def _do(self, command: str, said: str) -> str:
        command = _VARIES.sub(lambda found: self._meant.get(found[0], found[0]), command)
        words = shlex.split(command)
        if words[0] == "cd":
            self.folder /= words[1]
            return ""
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self._environ[name] = value
            return ""
        if words[:2] == ["presswork", "emulate"]:
            return self._emulate(words[: words.index("--port")], len(said.splitlines()))
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}"
        self.done.append((command, done.stdout))
        return done.stdout

    def _emulate(self, words: list[str], lines: int) -> str:
        """Leave it running, on a port that is free."""
        self._emulator = subprocess.Popen(
            [*words, "--port", "0"],
            cwd=self.folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        out: IO[str] | None = self._emulator.stdout
        assert out is not None
        return "".join(out.readline() for _ in range(lines))

    def _compare(self, command: str, said: str, printed: str) -> None:
        if not said:
            return
        assert _plain(printed) == _plain(said), f"$ {command}\nprints:\n{printed}\nand not:\n{said}"
        for one, other in zip(_VARIES.finditer(said), _VARIES.finditer(printed), strict=True):
            self._meant.setdefault(one[0], other[0])


def _plain(text: str) -> str:
    return _VARIES.sub(lambda found: f"<{found.lastgroup}>", text)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with Reader(tmp_path) as made:
        yield made


def test_the_page_does_what_it_says(reader: Reader) -> None:
    reader.follow(PAGE.read_text())

    outcomes = [said for command, said in reader.done if command.startswith("presswork deploy")]
    assert [re.findall(r"\(netlify\): (.*)", said) for said in outcomes] == [
        ["deployed"],
        ["deployed"],
        ["preview ready"],
        ["deployed"],
    ]
    assert len(reader.done) > 15
    assert tree(reader.folder / "site") == {
        path: reader.get(f"the-handbook/{quote(path)}") for path in tree(reader.folder / "site")
    }


@pytest.mark.parametrize(
    ("was", "became"),
    [
        ("29 added, 0 changed", "28 added, 0 changed"),
        ("default (netlify): promoted", "default (netlify): deployed"),
        ("$ presswork verify --full", "$ presswork verify --no-such"),
    ],
)
def test_a_page_that_says_otherwise_is_noticed(reader: Reader, was: str, became: str) -> None:
    page = PAGE.read_text().partition("## Go back")[0]
    assert was in page

    with pytest.raises(AssertionError):
        reader.follow(page.replace(was, became))
