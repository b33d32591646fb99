"""A real MkDocs site goes to Netlify from its build, and in two steps."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support_cli import COMMAND, Done, run, tree
from support_netlify import emulating
from support_netlify_host import asked, changing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_netlify import InThread

EXAMPLE = Path(__file__).parents[2] / "examples" / "sites" / "mkdocs"
TARGET = """
  - presswork:
      host: netlify
      site: {site}
"""


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


class Handbook:
    """A copy of the example, in a project of its own."""

    def __init__(self, folder: Path, netlify: InThread) -> None:
        self.folder = shutil.copytree(EXAMPLE, folder / "handbook", ignore=shutil.ignore_patterns("site", ".*"))
        (self.folder / "pyproject.toml").touch()
        config = self.folder / "mkdocs.yml"
        plain = config.read_text()
        assert "\n  - presswork\n" in plain
        config.write_text(plain.replace("\n  - presswork\n", TARGET.format(site=netlify.site)))
        kept = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
        self._environ = {**kept, "SOURCE_DATE_EPOCH": "1750000000", "NO_MKDOCS_2_WARNING": "1"}
        self.token = {
            "NETLIFY_AUTH_TOKEN": netlify.facts["token"],
            "PRESSWORK_NETLIFY_API_URL": netlify.facts["api_url"],
        }

    def build(self, **environ: str) -> Done:
        done = run([sys.executable, "-m", "mkdocs", "build", "--strict"], self.folder, self._environ | environ)
        assert done.code == 0, done.err
        return done

    def presswork(self, *words: str, **environ: str) -> Done:
        return run([*COMMAND, *words], self.folder, self._environ | environ)

    @property
    def site(self) -> dict[str, bytes]:
        return tree(self.folder / "site")


def served(netlify: InThread, site: dict[str, bytes]) -> dict[str, bytes]:
    """Return what the live address gives for each path of a site."""
    return {path: netlify.page(netlify.name, path).body for path in site}


def test_a_build_deploys_and_the_next_one_sends_only_what_changed(tmp_path: Path, netlify: InThread) -> None:
    handbook = Handbook(tmp_path, netlify)
    report = tmp_path / "report.json"
    now = {**handbook.token, "PRESSWORK_DEPLOY": "1", "PRESSWORK_REPORT": str(report)}
    first = handbook.build(**now)

    built = handbook.site
    assert "presswork: default (netlify): deployed" in first.err
    assert len(built) > 50
    assert served(netlify, built) == built
    assert len(asked(netlify, "^PUT /deploys/ID/files/")) == len({*built.values()})

    page = handbook.folder / "docs" / "paper" / "sizes.md"
    page.write_text(page.read_text() + "\nAnd one more.\n")
    netlify.emulator.requests.clear()
    handbook.build(**now)

    again = handbook.site
    changed = {path for path in again if again[path] != built.get(path)}
    assert "paper/sizes/index.html" in changed
    assert len(changed) < 5
    sent = {line.rpartition("/files/")[2] for line in asked(netlify, "^PUT /deploys/ID/files/")}
    assert sent == changed
    assert served(netlify, again) == again
    (target,) = json.loads(report.read_text())["targets"]
    assert (target["outcome"], target["uploaded"]["files"], target["verified"]["ok"]) == ("deployed", len(sent), True)


def test_a_build_of_the_same_pages_sends_nothing(tmp_path: Path, netlify: InThread) -> None:
    handbook = Handbook(tmp_path, netlify)
    handbook.build(**handbook.token, PRESSWORK_DEPLOY="1")
    netlify.emulator.requests.clear()
    done = handbook.build(**handbook.token, PRESSWORK_DEPLOY="1")

    assert "unchanged, nothing was sent" in done.err
    assert changing(netlify) == []


def test_the_build_needs_no_token_and_the_second_step_deploys_what_it_built(tmp_path: Path, netlify: InThread) -> None:
    handbook = Handbook(tmp_path, netlify)
    built = handbook.build()

    assert "To deploy it: presswork deploy" in built.err
    assert asked(netlify) == []
    done = handbook.presswork("deploy", "--json", **handbook.token)
    assert done.code == 0, done
    (target,) = json.loads(done.out)["targets"]
    assert target["release"]["url"] == netlify.facts["site_url"].rstrip("/")
    assert json.loads(done.out)["site"]["generator"].startswith("mkdocs ")
    assert served(netlify, handbook.site) == handbook.site


def test_a_folder_that_changed_since_its_build_is_not_deployed(tmp_path: Path, netlify: InThread) -> None:
    handbook = Handbook(tmp_path, netlify)
    handbook.build()
    (handbook.folder / "site" / "more.html").write_text("more")
    done = handbook.presswork("deploy", **handbook.token)

    assert done.code == 3
    assert asked(netlify) == []
