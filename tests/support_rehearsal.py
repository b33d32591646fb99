"""A how-to page followed as its reader would: files written, commands run, its emulator in another terminal."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import IO

from support_docs import blocks


class Reader:
    """Somebody with two terminals and an empty folder: what differs from the page's example is put in its place.

    `varies` are patterns of that, by name, besides the emulator's port, times and sizes.
    """

    def __init__(self, home: Path, **varies: str) -> None:
        self.folder = home
        self.done: list[tuple[str, str]] = []
        self.port = 0
        every = {
            **varies,
            "port": r"(?<=127\.0\.0\.1:)\d+",
            "time": r"\d{4}-\d\d-\d\dT[\d:.]+Z",
            "size": r"[\d.]+ [kM]B",
        }
        self._varies = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in every.items()))
        self._meant: dict[str, str] = {}
        self._emulator: subprocess.Popen[str] | None = None
        ours = ("PRESSWORK", "GIT", "CI")
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            "HOME": str(home),
            "PRESSWORK_ACTOR": "you@laptop",
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
                (self.folder / block.title).write_text(self._put(block.text))
            elif block.language == "console":
                for turn in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                    command, _, said = turn.partition("\n")
                    self._compare(command, said, self._do(command, said))

    def get(self, path: str) -> bytes:
        """Return what the emulator gives a visitor."""
        connection = HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def _put(self, text: str) -> str:
        return self._varies.sub(lambda found: self._meant.get(found[0], found[0]), text)

    def _do(self, command: str, said: str) -> str:
        command = self._put(command)
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
        told = "".join(out.readline() for _ in range(lines))
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", told)[1])  # type: ignore[index]
        return told

    def _compare(self, command: str, said: str, printed: str) -> None:
        if not said:
            return
        assert self._plain(printed) == self._plain(said), f"$ {command}\nprints:\n{printed}\nand not:\n{said}"
        for one, other in zip(self._varies.finditer(said), self._varies.finditer(printed), strict=True):
            self._meant.setdefault(one[0], other[0])

    def _plain(self, text: str) -> str:
        return self._varies.sub(lambda found: f"<{found.lastgroup}>", text)
