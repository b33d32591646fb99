"""What a build of MkDocs or ProperDocs deploys, and what it only records."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING

from presswork.builds import unchanged_since
from presswork.site import Page
from support_local import tree
from support_mkdocs import BUILT, Docs, either

if TYPE_CHECKING:
    from pathlib import Path

OFF = "[{presswork: {on_build: off}}]"
NAMED = "[{presswork: {host: local}}]"


@either
def test_a_plan_tells_the_changes_and_makes_none(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, "[{presswork: {on_build: plan}}]", tool=tool)
    run, report = docs.report()

    assert run.ok().said[0] == "default (local): planned, nothing was sent"
    assert [line for line in run.said if line.startswith("  added")] == [
        "  added    The guide (docs/guide.md)",
        "  added    Home (docs/index.md)",
        "  added    2 other files: sitemap.xml, sitemap.xml.gz",
    ]
    assert report["outcome"] == "planned"
    assert docs.live is None
    assert docs.record is not None


@either
def test_the_environment_switches_a_deploy_on_and_off_for_one_run(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, OFF, tool=tool)
    docs.build(PRESSWORK_DEPLOY="1").ok()
    first = docs.live
    docs.configure()
    docs.page("guide.md", "# Changed\n")
    off = docs.build(PRESSWORK_DEPLOY="0").ok()

    assert first is not None
    assert len(off.said) == 1
    assert docs.live == first != docs.site


@either
def test_any_other_word_in_the_switch_fails_the_build(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, tool=tool)
    run = docs.build(PRESSWORK_DEPLOY="yes").failed()

    assert "PRESSWORK_DEPLOY is 'yes'" in run.stderr
    assert "hint: Set it to 1" in run.stderr
    assert docs.live is None


@either
def test_the_record_knows_the_pages_their_titles_and_their_sources(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, OFF, "site_url: https://example.org/docs/", tool=tool)
    docs.page("deep/er.md", "Title from metadata: none\n")
    docs.build().ok()

    assert docs.record is not None
    site = docs.record.site
    assert site.root == str(tmp_path / "site")
    assert site.generator == f"{tool} {version(tool)}"
    assert site.base_url == "https://example.org/docs/"
    assert not site.development
    assert sorted(site.pages, key=lambda page: page.path) == [
        Page("deep/er/index.html", "Er", "docs/deep/er.md"),
        Page("guide/index.html", "The guide", "docs/guide.md"),
        Page("index.html", "Home", "docs/index.md"),
    ]
    assert docs.record.config == str(docs.config)


def test_sources_are_told_from_the_root_of_the_project_wherever_the_configuration_lies(tmp_path: Path) -> None:
    (tmp_path / "presswork.toml").write_text("on_build = 'off'\n")
    docs = Docs(tmp_path / "handbook")
    (docs.folder / "pyproject.toml").unlink()
    docs.build().ok()

    assert docs.record is not None
    sources = {page.path: page.source for page in docs.record.site.pages}
    assert sources == {"guide/index.html": "handbook/docs/guide.md", "index.html": "handbook/docs/index.md"}
    assert docs.record.settings.door == f"{docs.config.name} over presswork.toml"


def test_pages_that_are_not_published_are_not_in_the_record(tmp_path: Path) -> None:
    docs = Docs(tmp_path, OFF, "draft_docs: guide.md")
    docs.build().ok()

    assert docs.record is not None
    assert [page.path for page in docs.record.site.pages] == ["index.html"]


def test_the_record_tells_whether_the_folder_is_still_as_it_was_built(tmp_path: Path) -> None:
    docs = Docs(tmp_path, OFF)
    docs.build().ok()
    built = docs.record
    (tmp_path / "site" / "index.html").write_text("by hand")
    assert built is not None
    assert not unchanged_since(built)

    docs.build().ok()
    assert docs.record is not None
    assert unchanged_since(docs.record)


@either
def test_what_other_plugins_write_is_deployed_whatever_their_order(tmp_path: Path, tool: str) -> None:
    for folder, plugins in (("first", "[presswork, search, late]"), ("last", "[late, search, presswork]")):
        docs = Docs(_with_a_plugin(tmp_path / folder), plugins, "hooks: [hook.py]", tool=tool)
        docs.file("hook.py", _HOOK)
        docs.build(PYTHONPATH=str(tmp_path / folder / "lib")).ok()

        assert docs.live == docs.site
        assert sorted(docs.site) == sorted([*BUILT, "hook.txt", "late.txt", "search/search_index.json", *_SEARCH])
        assert b"WELCOME" in docs.site["index.html"]


def test_another_output_folder_is_the_one_that_is_deployed(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    docs.build("--site-dir", "out/html").ok()

    assert docs.record is not None
    assert docs.record.site.root == str(tmp_path / "out" / "html")
    assert docs.live == tree(tmp_path / "out" / "html")


@either
def test_a_second_folder_does_not_replace_the_first_in_one_process(tmp_path: Path, tool: str) -> None:
    docs = Docs(tmp_path, tool=tool)
    cli = f"from {tool}.__main__ import cli"
    builds = "[cli(['build', '--site-dir', name], standalone_mode=False) for name in ('en', 'en', 'de')]"
    run = docs.python("-c", f"{cli}\n{builds}")

    assert f"{tmp_path / 'en'} was deployed to default in this run; {tmp_path / 'de'} would replace it." in run.stderr
    assert run.said.count("default (local): unchanged, nothing was sent") == 1
    assert docs.live == tree(tmp_path / "en")


def test_a_quiet_build_says_nothing_and_deploys(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    run = docs.build("--quiet").ok()

    assert run.output == ""
    assert docs.live == docs.site


def test_a_disabled_plugin_does_nothing(tmp_path: Path) -> None:
    docs = Docs(tmp_path, "[{presswork: {enabled: !ENV [PUBLISH, false]}}]")
    docs.build().ok()
    assert not docs.state.exists()

    docs.build(PUBLISH="true").ok()
    assert docs.live == docs.site


def test_the_report_of_a_deploy_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more="site_url: https://example.org/")
    docs.build(PRESSWORK_REPORT="report.json").ok()

    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["command"], report["outcome"]) == ("deploy", "deployed")
    assert report["site"] == {
        "root": str(tmp_path / "site"),
        "generator": f"mkdocs {version('mkdocs')}",
        "base_url": "https://example.org/",
    }
    assert report["targets"][0]["verified"]["ok"]


_SEARCH = ["search/lunr.js", "search/main.js", "search/worker.js"]

_HOOK = """
from pathlib import Path

def on_post_build(config):
    (Path(config.site_dir) / "hook.txt").write_text("written by a hook")
    for page in Path(config.site_dir).rglob("*.html"):
        page.write_text(page.read_text().upper())
"""

_PLUGIN = """
from pathlib import Path
from mkdocs.plugins import BasePlugin, event_priority

class Late(BasePlugin):
    @event_priority(-100)
    def on_post_build(self, *, config):
        (Path(config.site_dir) / "late.txt").write_text("written late")
"""


def _with_a_plugin(folder: Path) -> Path:
    """Lay out an installed plugin `late` in a folder for `PYTHONPATH`."""
    info = folder / "lib" / "late-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: late\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mkdocs.plugins]\nlate = late:Late\n")
    (folder / "lib" / "late.py").write_text(_PLUGIN)
    return folder
