"""Building wheels, and trying them in an environment that has nothing else but what they require."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import Distribution, distribution, distributions
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from pathlib import Path


def build_wheel(project: Path, into: Path) -> Path:
    """Build a project's wheel into a folder of its own, and return it."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(into), str(project)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = into.glob("*.whl")
    return wheel


class Environment:
    """A new virtual environment with these wheels, what they require and these other distributions; no network."""

    def __init__(self, folder: Path, *wheels: Path, others: tuple[str, ...] = ()) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        self.bin = folder / "bin"
        install = ["install", "--quiet", "--no-index", "--no-deps", *map(str, wheels)]
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "--disable-pip-version-check",
                "--python",
                str(self.bin / "python"),
                *install,
            ],
            check=True,
        )
        (self._site,) = (folder / "lib").glob("python*/site-packages")
        for name in others:
            self._copy(Requirement(name))
        while missing := self._missing():
            for requirement in missing:
                self._copy(requirement)

    def run(self, program: str, *arguments: str, cwd: Path, code: int = 0) -> str:
        """Run one of the environment's programs; AssertionError with its output where it ends otherwise than `code`."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PRESSWORK"))}
        done = subprocess.run([str(self.bin / program), *arguments], cwd=cwd, env=bare, text=True, capture_output=True)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def _missing(self) -> list[Requirement]:
        there = {canonicalize_name(one.name): one for one in distributions(path=[str(self._site)])}
        required = [requirement for one in there.values() for requirement in _required(one)]
        return [requirement for requirement in required if canonicalize_name(requirement.name) not in there]

    def _copy(self, requirement: Requirement) -> None:
        """Copy an installed distribution from the environment the tests run in."""
        found = distribution(requirement.name)
        assert requirement.specifier.contains(found.version), f"{requirement} is not met by {found.version}"
        for file in found.files or ():
            if ".." not in file.parts:
                target = self._site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(str(found.locate_file(file)), target)


def _required(installed: Distribution) -> list[Requirement]:
    every = [Requirement(text) for text in installed.requires or ()]
    return [one for one in every if one.marker is None or one.marker.evaluate({"extra": ""})]
