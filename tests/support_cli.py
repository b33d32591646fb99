"""The command `presswork` in processes of its own, in projects of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from support_report import read_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TESTS = Path(__file__).parent
COMMAND = (sys.executable, "-m", "presswork")


class Done(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        return [line.removeprefix("error: ") for line in self.err.splitlines() if line.startswith("error:")]

    @property
    def hints(self) -> list[str]:
        return [line.removeprefix("hint: ") for line in self.err.splitlines() if line.startswith("hint:")]


class Project:
    """A folder with a project in it, empty but for the mark of its root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        (self.folder / "pyproject.toml").touch()
        self.environ = {name: value for name, value in os.environ.items() if not _speaks_to_us(name)}
        self.environ |= {"PRESSWORK_ACTOR": "tester", "PRESSWORK_COMMIT": "3f2a9c1b0d2e"}

    def write(self, files: Mapping[str, str | bytes], below: str = "") -> None:
        """Write files, path to content."""
        for path, content in files.items():
            file = self.folder / below / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def site(self, files: Mapping[str, str | bytes], name: str = "site") -> None:
        """Make the output folder hold these files and no others."""
        for file in sorted((self.folder / name).rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        self.write(files, name)

    def run(self, *words: str, **environ: str) -> Done:
        """Run a command to its end, with no terminal; what it says must hold no traceback."""
        done = self.run_raw(*words, **environ)
        check_no_traceback(done)
        return done

    def run_raw(self, *words: str, **environ: str) -> Done:
        """Run a command to its end, whatever it says."""
        return run([*COMMAND, *words], self.folder, self.environ | environ)

    def ok(self, *words: str, **environ: str) -> Done:
        """Run a command that must succeed."""
        done = self.run(*words, **environ)
        assert done.code == 0, done
        return done

    def report(self, *words: str, code: int = 0, **environ: str) -> dict[str, Any]:
        """Run a command with `--json`; return its one document."""
        done = self.run(*words, "--json", **environ)
        assert done.code == code, done
        return one_document(done)

    def only(self, *words: str, code: int = 0, **environ: str) -> dict[str, Any]:
        """Run a command with `--json`; return the part about its one target."""
        (target,) = self.report(*words, code=code, **environ)["targets"]
        return dict(target)

    def start(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [*COMMAND, *words],
            cwd=self.folder,
            env=self.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def live(self, store: str = ".presswork/local") -> dict[str, bytes] | None:
        """Return what the local host serves, path to content; None where nothing is live."""
        current = self.folder / store / "current"
        return tree(current.resolve(strict=True)) if current.is_symlink() else None

    def releases(self, *words: str) -> list[dict[str, Any]]:
        """Return the history of the one target."""
        return list(self.only("history", *words)["releases"])


def run(command: Iterable[str], folder: Path, environ: Mapping[str, str]) -> Done:
    done = subprocess.run(
        [*command], cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=120
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def tree(folder: Path) -> dict[str, bytes]:
    """Return path to content of every file below a folder."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def one_document(done: Done) -> dict[str, Any]:
    """Return the one JSON document that standard output must consist of; it must be as documented."""
    assert done.out.count("\n") == 1, done
    assert done.out.endswith("\n")
    read_document(done.out)
    return dict(json.loads(done.out))


def check_no_traceback(done: Done) -> None:
    assert "Traceback" not in done.out + done.err, done.out + done.err


def check_one_error(done: Done, code: int, fragment: str) -> None:
    """A command that failed says why in one line and what to do in another, and shows no traceback."""
    check_no_traceback(done)
    assert done.code == code, done
    assert len(done.errors) == 1, done
    assert len(done.hints) == 1, done
    assert done.hints[0].strip(), done
    assert fragment in done.errors[0] + "\n" + done.hints[0], done


def pages(number: int, below: str = "") -> dict[str, str | bytes]:
    """Return a home page and so many pages in all."""
    return {f"{below}index.html": "home"} | {f"{below}p{n}.html": f"page {n}" for n in range(1, number)}


def install(
    folder: Path, distribution: str, points: Mapping[str, str], modules: Mapping[str, str] | None = None
) -> Path:
    """Lay down what pip would: modules, path to source, and the entry points of a distribution, name to module."""
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {module}\n" for name, module in points.items())
    (info / "entry_points.txt").write_text(f"[presswork]\n{lines}")
    for path, source in (modules or {}).items():
        (folder / path).write_text(source)
    return folder


def _speaks_to_us(name: str) -> bool:
    ours = ("PRESSWORK_", "GITHUB_", "GITLAB_", "CI_", "GIT_", "PYTEST_", "COLUMNS")
    return name.startswith(ours) or name in {"CI", "NO_COLOR", "FORCE_COLOR", "PYTHONPATH"}
