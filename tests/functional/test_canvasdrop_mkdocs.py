"""A real MkDocs site goes to Canvas Drop from its build, and in two steps."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support_canvasdrop import emulating
from support_canvasdrop_host import asked, changing
from support_cli import COMMAND, Done, run, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_canvasdrop import InThread

EXAMPLE = Path(__file__).parents[2] / "examples" / "sites" / "mkdocs"
TARGET = """
  - presswork:
      host: canvasdrop
      url: {url}
      canvas: {canvas}
"""


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "canvasdrop") as running:
        yield running


class Handbook:
    """A copy of the example, in a project of its own."""

    def __init__(self, folder: Path, canvas: InThread) -> None:
        self.folder = shutil.copytree(EXAMPLE, folder / "handbook", ignore=shutil.ignore_patterns("site", ".*"))
        (self.folder / "pyproject.toml").touch()
        config = self.folder / "mkdocs.yml"
        plain = config.read_text()
        assert "\n  - presswork\n" in plain
        config.write_text(plain.replace("\n  - presswork\n", TARGET.format(**canvas.facts)))
        kept = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
        self._environ = {**kept, "SOURCE_DATE_EPOCH": "1750000000", "NO_MKDOCS_2_WARNING": "1"}

    def build(self, **environ: str) -> Done:
        done = run([sys.executable, "-m", "mkdocs", "build", "--strict"], self.folder, self._environ | environ)
        assert done.code == 0, done.err
        return done

    def presswork(self, *words: str, **environ: str) -> Done:
        return run([*COMMAND, *words], self.folder, self._environ | environ)

    @property
    def site(self) -> dict[str, bytes]:
        return tree(self.folder / "site")


def test_a_build_deploys_and_the_next_one_sends_only_what_changed(tmp_path: Path, canvas: InThread) -> None:
    handbook = Handbook(tmp_path, canvas)
    report = tmp_path / "report.json"
    now = {"CANVAS_KEY": canvas.facts["key"], "PRESSWORK_DEPLOY": "1", "PRESSWORK_REPORT": str(report)}
    first = handbook.build(**now)

    built = handbook.site
    assert "presswork: default (canvasdrop): deployed" in first.err
    assert len(built) > 50
    assert canvas.live() == built

    page = handbook.folder / "docs" / "paper" / "sizes.md"
    page.write_text(page.read_text() + "\nAnd one more.\n")
    canvas.emulator.requests.clear()
    handbook.build(**now)

    again = handbook.site
    changed = {again[path] for path in again if again[path] != built.get(path)}
    assert 0 < len(changed) < 5
    assert len(asked(canvas, "^PUT")) == len(changed)
    assert canvas.live() == again
    (target,) = json.loads(report.read_text())["targets"]
    assert (target["outcome"], target["verified"]["method"], target["verified"]["ok"]) == ("deployed", "read", True)


def test_the_build_needs_no_key_and_the_second_step_deploys_what_it_built(tmp_path: Path, canvas: InThread) -> None:
    handbook = Handbook(tmp_path, canvas)
    built = handbook.build()

    assert "To deploy it: presswork deploy" in built.err
    assert asked(canvas) == []
    done = handbook.presswork("deploy", "--json")
    assert done.code == 2
    assert "CANVAS_KEY is not set" in done.out
    done = handbook.presswork("deploy", "--json", CANVAS_KEY=canvas.facts["key"])
    assert done.code == 0, done
    (target,) = json.loads(done.out)["targets"]
    assert target["release"]["url"] == canvas.facts["site_url"]
    assert canvas.live() == handbook.site

    canvas.emulator.requests.clear()
    assert handbook.presswork("deploy", CANVAS_KEY=canvas.facts["key"]).code == 0
    assert changing(canvas) == []
