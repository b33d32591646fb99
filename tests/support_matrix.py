"""One small site for every generator, in a project of its own, and the real commands run over it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presswork.builds import last_build
from presswork.state import State
from support_cli import COMMAND, Done, run
from support_local import tree
from support_matrix_kinds import NAMES

if TYPE_CHECKING:
    from presswork.builds import Build
    from support_matrix_kinds import MkDocs

Files = dict[str, bytes]

COMMITTED = "2024-05-06T07:08:09+00:00"
_PASSED_ON = ("HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
_WHO = {f"GIT_{who}_{what}": "ann@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Case:
    """A project with the site of one generator, in a repository with one commit."""

    def __init__(self, kind: MkDocs, folder: Path) -> None:
        self.kind = kind
        self.folder = folder / "project"
        self.tool = kind.tool
        self._temporary = folder / "temporary"
        self._kept = folder / "kept"
        self._temporary.mkdir(parents=True)
        for path, text in {"theme/.keep": "", **kind.others()}.items():
            self.write(path, text)
        for name in NAMES:
            self.page(name, "How it goes.")
        self.configure(source_date="commit")
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "one")

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        git = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_COMMITTER_DATE": COMMITTED, **_WHO}
        return {**kept, **git, "PATH": path, "TMPDIR": str(self._temporary), "NO_MKDOCS_2_WARNING": "1"}

    def write(self, path: str, text: str) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def page(self, name: str, says: str) -> Path:
        return self.write(self.kind.page(name).source, self.kind.text(name, says))

    def configure(self, more: str = "", /, **table: Any) -> None:
        self.write(self.kind.config, self.kind.settings(table, more))

    def git(self, *words: str) -> str:
        done = run(["git", *words], self.folder, self.environ)
        assert done.code == 0, done
        return done.out

    def build(self, *words: str, places: tuple[str, ...] = (), **environ: str) -> Done:
        line = [sys.executable, *self.kind.command, *words, *(places or self.kind.places)]
        return run(line, self.folder, self.environ | environ)

    def afresh(self, *words: str, **environ: str) -> Done:
        """Build as a new clone would: nothing is there of an earlier build but our state."""
        shutil.rmtree(self.folder / self.kind.out)
        return self.build(*words, **environ)

    def report(self, *words: str, **environ: str) -> tuple[Done, dict[str, Any]]:
        """Build, and return the JSON report's part about the one target too."""
        path = self._temporary / "report.json"
        done = self.build(*words, PRESSWORK_REPORT=str(path), **environ)
        (target,) = json.loads(path.read_text())["targets"]
        path.unlink()
        return done, target

    def presswork(self, *words: str, **environ: str) -> Done:
        return run([*COMMAND, *words], self.folder, self.environ | environ)

    def mike(self, *words: str, **environ: str) -> Done:
        return run(["mike", *words], self.folder, self.environ | environ)

    def shell(self, line: str) -> Done:
        return run(["bash", "-c", line], self.folder, self.environ)

    def ended_well(self, done: Done, code: int = 0) -> None:
        """A command ended with this code, without a traceback and without a page that asks for a bug report."""
        assert done.code == code, done
        assert "Traceback" not in done.out + done.err, done
        assert "report this" not in done.out + done.err, done
        assert [*self._temporary.glob("sphinx-err*")] == []

    def said(self, done: Done) -> list[str]:
        """Return the lines of Presswork, less what it has to say of the plugins of whoever runs the tests."""
        start = self.kind.said_by
        lines = [line.removeprefix(start) for line in (done.out + done.err).splitlines() if line.startswith(start)]
        return [line for line in lines if not line.startswith("PLUGINS is set")]

    def told(self, done: Done) -> tuple[str, str]:
        """Return the one error of ours in which a build ended, and its hint: the last that it said on stderr."""
        message, hint = done.err.splitlines()[-2:]
        start = max((start for start in self.kind.told_by if message.startswith(start)), key=len)
        assert hint.startswith("hint: "), done
        return message.removeprefix(start), hint.removeprefix("hint: ")

    @property
    def out(self) -> Files:
        return tree(self.folder / self.kind.out)

    @property
    def site(self) -> Files:
        """What of the output folder is the site."""
        return {path: content for path, content in self.out.items() if not path.startswith(self.kind.own)}

    @property
    def store(self) -> Path:
        return self._state.folder / "local"

    @property
    def live(self) -> Files:
        """What the default local store serves."""
        return tree((self.store / "current").resolve(strict=True))

    @property
    def standing(self) -> tuple[Files, list[str], bytes]:
        """All that a build can change: what is live, the releases, and the record of the last build."""
        record = (self._state.folder / "build.json").read_bytes()
        return self.live, sorted(path.name for path in (self.store / "manifests").iterdir()), record

    @property
    def record(self) -> Build:
        build = last_build(self._state)
        assert build is not None
        return build

    @property
    def _state(self) -> State:
        return State((self.folder / self.kind.config).parent)

    def keep(self) -> None:
        """Remember the project as it is."""
        shutil.copytree(self.folder, self._kept, symlinks=True)

    def restore(self) -> None:
        """Make the project what it was when it was kept, to the times of its files."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder, symlinks=True)
        shutil.rmtree(self._temporary)
        self._temporary.mkdir()
