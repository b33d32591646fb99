"""What the documentation says of moving to another host and of leaving: its commands, run in order."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from support_cli import Project, check_no_traceback, run, tree
from support_docs import blocks, shown
from support_netlify import emulating

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
SITE: dict[str, str | bytes] = {
    "index.html": "home",
    "a/index.html": "a",
    ".nojekyll": "",
    "img.png": bytes(range(256)),
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    made.site(SITE)
    return made


def follow(project: Project, page: str, **environ: str) -> list[str]:
    """Run every command of a page; a question is answered with yes."""
    commands = [command for command, _ in shown((DOCS / page).read_text())]
    for command in commands:
        asked = command + (" --yes" if "unpublish" in command else "")
        done = run(["bash", "-c", asked], project.folder, project.environ | environ)
        check_no_traceback(done)
        assert done.code == 0, (command, done)
    return commands


def test_whoever_leaves_takes_the_site_along(project: Project) -> None:
    project.ok("deploy", "site")
    assert len(follow(project, "leave.md")) == 4

    assert tree(project.folder / "public") == tree(project.folder / "site")
    (project.folder / "public" / "more.html").touch()
    with pytest.raises(AssertionError, match="cmp public"):
        follow(project, "leave.md")


def test_whoever_moves_has_both_sites_and_then_the_new_one(project: Project, tmp_path: Path) -> None:
    page = (DOCS / "move.md").read_text()
    (settings,) = (block.text for block in blocks(page) if block.language == "yaml")
    with emulating(tmp_path / "netlify", processing=()) as netlify:
        settings = settings.replace("/srv/www/docs", "old").replace("my-docs", netlify.name)
        project.write({"mkdocs.yml": f"site_name: Test\n{settings}"})
        token = {"NETLIFY_AUTH_TOKEN": netlify.facts["token"], "PRESSWORK_NETLIFY_API_URL": netlify.facts["api_url"]}
        project.ok("deploy", "site", "--to", "old", **token)
        assert len(follow(project, "move.md", **token)) == 5

        assert netlify.page(netlify.name, "a/index.html").body == b"a"
        assert project.live("old") is None
        assert len(project.releases("--to", "old")) == 1
