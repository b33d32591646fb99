"""A real MkDocs site goes to SimpleHost from its build, and in two steps."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support_cli import COMMAND, Done, run, tree
from support_simplehost import emulating
from support_simplehost_host import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_simplehost import InThread

EXAMPLE = Path(__file__).parents[2] / "examples" / "sites" / "mkdocs"
TARGET = """
  - presswork:
      host: simplehost
      slug: {slug}
"""


@pytest.fixture
def simplehost(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "simplehost") as running:
        yield running


class Handbook:
    """A copy of the example, in a project of its own."""

    def __init__(self, folder: Path, simplehost: InThread) -> None:
        self.folder = shutil.copytree(EXAMPLE, folder / "handbook", ignore=shutil.ignore_patterns("site", ".*"))
        (self.folder / "pyproject.toml").touch()
        config = self.folder / "mkdocs.yml"
        plain = config.read_text()
        assert "\n  - presswork\n" in plain
        config.write_text(plain.replace("\n  - presswork\n", TARGET.format(slug=simplehost.slug)))
        kept = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
        self._environ = {
            **kept,
            "SOURCE_DATE_EPOCH": "1750000000",
            "NO_MKDOCS_2_WARNING": "1",
            "PRESSWORK_SIMPLEHOST_API_URL": simplehost.facts["api_url"],
        }
        self.key = {"SIMPLEHOST_API_KEY": simplehost.facts["key"]}

    def build(self, **environ: str) -> Done:
        done = run([sys.executable, "-m", "mkdocs", "build", "--strict"], self.folder, self._environ | environ)
        assert done.code == 0, done.err
        return done

    def presswork(self, *words: str, **environ: str) -> Done:
        return run([*COMMAND, *words], self.folder, self._environ | environ)

    @property
    def site(self) -> dict[str, bytes]:
        return tree(self.folder / "site")


def served(simplehost: InThread, site: dict[str, bytes]) -> dict[str, bytes]:
    """Return what the site's own address gives for each path."""
    return {path: simplehost.page(simplehost.slug, path).body for path in site}


def test_a_build_deploys_and_the_next_one_sends_only_what_changed(tmp_path: Path, simplehost: InThread) -> None:
    handbook = Handbook(tmp_path, simplehost)
    report = tmp_path / "report.json"
    now = {**handbook.key, "PRESSWORK_DEPLOY": "1", "PRESSWORK_REPORT": str(report)}
    first = handbook.build(**now)

    built = handbook.site
    assert "presswork: default (simplehost): deployed" in first.err
    assert len(built) > 50
    assert served(simplehost, built) == built

    page = handbook.folder / "docs" / "paper" / "sizes.md"
    page.write_text(page.read_text() + "\nAnd one more.\n")
    simplehost.emulator.requests.clear()
    handbook.build(**now)

    again = handbook.site
    changed = {path for path in again if again[path] != built.get(path)}
    assert "paper/sizes/index.html" in changed
    assert len(changed) < 5
    assert {line.partition("/_upload/")[2] for line in asked(simplehost, "_upload")} == changed
    assert served(simplehost, again) == again
    (target,) = json.loads(report.read_text())["targets"]
    assert (target["outcome"], target["verified"]["method"], target["verified"]["ok"]) == ("deployed", "listing", True)


def test_the_build_needs_no_key_and_the_second_step_deploys_what_it_built(tmp_path: Path, simplehost: InThread) -> None:
    handbook = Handbook(tmp_path, simplehost)
    built = handbook.build()

    assert "To deploy it: presswork deploy" in built.err
    assert asked(simplehost) == []
    assert handbook.presswork("deploy").code == 2
    done = handbook.presswork("deploy", "--json", **handbook.key)
    assert done.code == 0, done
    (target,) = json.loads(done.out)["targets"]
    assert target["release"]["url"] == simplehost.facts["site_url"]
    assert served(simplehost, handbook.site) == handbook.site
