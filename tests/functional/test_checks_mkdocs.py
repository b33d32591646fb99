"""What the checks say of real MkDocs sites, from the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from support_cli import Project, check_one_error, run

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
site_name: Test
site_url: https://example.org/handbook/
theme: {{name: {theme}}}
use_directory_urls: {nice}
markdown_extensions: [toc: {{permalink: true}}, attr_list]
plugins:
  - search
  - presswork:
      on_build: off
"""
PLAIN = "theme: {name: null, custom_dir: theme}"
PAGES: dict[str, str | bytes] = {
    "docs/index.md": "# Home\n\n[guide](guide/setup.md#first-steps) ![a picture](img/a.png)\n\n[root](/handbook/)\n",
    "docs/guide/setup.md": "# Setup\n\n## First steps\n\n[home](../index.md) [itself](#first-steps)\n",
    "docs/guide/more.md": "# More\n\nNothing.\n",
    "docs/img/a.png": b"\x89PNG",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write({"mkdocs.yml": CONFIG.format(theme="mkdocs", nice="true"), **PAGES})
    return made


def build(project: Project) -> None:
    done = run([sys.executable, "-m", "mkdocs", "build", "--quiet"], project.folder, project.environ)
    assert done.code == 0, done


@pytest.mark.parametrize(("theme", "nice"), [("mkdocs", "true"), ("mkdocs", "false"), ("material", "true")])
def test_a_site_in_order_has_no_findings(project: Project, theme: str, nice: str) -> None:
    project.write({"mkdocs.yml": CONFIG.format(theme=theme, nice=nice)})
    build(project)
    target = project.only("check")
    assert target["findings"] == []
    assert target["manifest"]["files"] > 10


def test_what_is_broken_is_told_with_page_line_and_source_and_is_deployed_unless_it_is_made_an_error(
    project: Project,
) -> None:
    broken = (
        '# Setup\n\n<a href="../../nowhere/">x</a> [y](../index.md#nothing)\n\n[z](https://example.org/handbook/none/)'
    )
    project.write({"docs/guide/setup.md": broken, "docs/index.md": "# Home\n"})
    build(project)
    told = [
        (finding["severity"], finding["code"], finding["path"], finding["source"])
        for finding in project.only("deploy")["findings"]
    ]
    page = ("guide/setup/index.html", "docs/guide/setup.md")
    assert told == [
        ("warning", "broken-link", *page),
        ("warning", "broken-link", *page),
        ("warning", "broken-anchor", *page),
    ]
    config = CONFIG.format(theme="mkdocs", nice="true") + "      checks: {links: error, secrets: off}\n"
    project.write({"mkdocs.yml": config})
    done = project.run("check")
    assert done.code == 3
    (line,) = [line for line in done.errors if "nowhere/" in line]
    lines = (project.folder / "site/guide/setup/index.html").read_text().splitlines()
    number = next(number for number, text in enumerate(lines, 1) if "nowhere/" in text)
    assert line.startswith(f"guide/setup/index.html:{number} (from docs/guide/setup.md): A link leads to nowhere/")


def test_a_page_that_is_taken_away_is_missed_by_the_pages_that_link_to_it(project: Project) -> None:
    theme: dict[str, str | bytes] = {"theme/main.html": "<title>{{ page.title }}</title>{{ page.content }}"}
    config = CONFIG.format(theme="", nice="true").replace("theme: {name: }", PLAIN)
    linking = '# More\n\n<a href="../setup/#first-steps">setup</a>\n'
    project.write({"mkdocs.yml": config, "docs/guide/more.md": linking, "docs/index.md": "# Home\n", **theme})
    build(project)
    assert project.only("deploy")["findings"] == []
    (project.folder / "docs/guide/setup.md").unlink()
    build(project)
    (finding,) = project.only("deploy")["findings"]
    assert (finding["code"], finding["path"], finding["source"], finding["line"]) == (
        "link-to-removed",
        "guide/more/index.html",
        "docs/guide/more.md",
        2,
    )


def test_a_secret_stops_the_deployment_and_is_shown_nowhere(project: Project) -> None:
    token = "a-token-of-this-very-run"  # noqa: S105
    config = CONFIG.format(theme="mkdocs", nice="true") + "      host: netlify\n      site: my-docs\n"
    project.write({"docs/guide/setup.md": f"# Setup\n\nnpx deploy --auth {token}\n"})
    project.write({"mkdocs.yml": config})
    build(project)
    assert project.report("check")["outcome"] == "checked"  # neither a network nor a token
    done = project.run("check", NETLIFY_AUTH_TOKEN=token)
    assert done.code == 3
    assert token not in done.out + done.err
    assert {line.partition(":")[0] for line in done.errors} == {"guide/setup/index.html", "search/search_index.json"}


def test_files_of_credentials_stop_the_deployment(project: Project) -> None:
    build(project)
    (project.folder / "site/.env").write_text("x")
    done = project.run("deploy", "site")
    check_one_error(done, 3, ".env: A file of environment variables")
    assert project.live() is None


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ("{link: error}", "there is no check named `link`"),
        ("{links: errors}", "the check `links` cannot be 'errors'"),
        ("{budgets: {totl: 3 MB}}", "unknown key `checks.budgets.totl`"),
        ("{budgets: {total: much}}", "`checks.budgets.total` is 'much', which is no size"),
        ("[links]", "`checks`"),
    ],
)
def test_a_wrong_setting_is_a_configuration_error(project: Project, checks: str, said: str) -> None:
    project.site({"index.html": "home"})
    project.write({"mkdocs.yml": CONFIG.format(theme="mkdocs", nice="true") + f"      checks: {checks}\n"})
    check_one_error(project.run("check", "site"), 2, said)
