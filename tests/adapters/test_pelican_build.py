"""What a run of Pelican deploys, what it only records, and what it says."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from presswork.builds import unchanged_since
from presswork.site import Page
from support_local import tree
from support_pelican import BUILT, Blog

if TYPE_CHECKING:
    from pathlib import Path

OFF = '{"on_build": "off"}'
NAMED = '{"host": "local"}'


def test_the_command_line_uses_the_settings_that_the_build_recorded_and_runs_none(tmp_path: Path) -> None:
    blog = Blog(tmp_path, '{"host": "local", "path": "store"}')
    blog.build().ok()
    blog.config.write_text("raise SystemExit('executed')")

    for arguments in (["deploy"], ["deploy", "--config", "pelicanconf.py"]):
        run = blog.presswork(*arguments).ok()
        assert "executed" not in run.output
        assert tree((tmp_path / "store" / "current").resolve()) == blog.site


def test_a_plan_tells_the_changes_and_makes_none(tmp_path: Path) -> None:
    blog = Blog(tmp_path, '{"on_build": "plan"}')
    run, report = blog.report()

    assert run.ok().said[0] == "default (local): planned, nothing was sent"
    assert report["outcome"] == "planned"
    assert sorted(entry["path"] for entry in report["targets"][0]["entries"]) == BUILT
    assert blog.live is None
    assert blog.record.site.made


def test_the_environment_switches_a_deploy_on_and_off_for_one_run(tmp_path: Path) -> None:
    blog = Blog(tmp_path, OFF)
    blog.build(PRESSWORK_DEPLOY="1").ok()
    first = blog.live
    blog.configure()
    blog.article("first.md", "First", "2026-01-02", "Otherwise.")
    off = blog.build(PRESSWORK_DEPLOY="0").ok()

    assert first is not None
    assert len(off.said) == 1
    assert blog.live == first != blog.site


def test_any_other_word_in_the_switch_fails_the_build(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    message, hint = blog.build(PRESSWORK_DEPLOY="yes").failed().error

    assert message == "PRESSWORK_DEPLOY is 'yes'."
    assert hint.startswith("Set it to 1")
    assert blog.live is None


def test_without_the_setting_the_plugin_does_nothing(tmp_path: Path) -> None:
    blog = Blog(tmp_path, table=None)
    run = blog.build().ok()
    assert "presswork" not in run.output
    assert blog.untouched

    blog.configure("None")
    assert "presswork" not in blog.build().ok().output
    assert blog.untouched
    assert sorted(blog.site) == BUILT


def test_a_deploy_that_was_asked_for_needs_the_setting(tmp_path: Path) -> None:
    blog = Blog(tmp_path, table=None)
    message, hint = blog.build(PRESSWORK_DEPLOY="1").failed().error

    assert message == "PRESSWORK_DEPLOY is 1, and the settings of this build have no PRESSWORK."
    assert "pelican -s publishconf.py" in hint
    assert blog.untouched


def test_the_record_knows_the_pages_their_titles_and_their_sources(tmp_path: Path) -> None:
    more = "OUTPUT_SOURCES = True\n"
    blog = Blog(tmp_path, OFF, more)
    blog.article("deep/draft.md", "Draft", "2026-03-01", "Soon.", "Status: draft")
    blog.article("hidden.md", "Hidden", "2026-03-02", "Psst.", "Status: hidden")
    blog.article("skipped.md", "Skipped", "2026-03-02", "Never.", "Status: skip")
    blog.article("nowhere.md", "Not written", "2026-03-02", "Never.", "Save_as:")
    blog.article("first-de.md", "Erstes", "2026-01-02", "Hallo.", "Slug: first\nLang: de")
    blog.article("rich.md", "<em>Rich</em> &amp; famous", "2026-03-03", "Hello.")
    blog.file("content/pages/draft.md", "Title: Draft page\nStatus: draft\n\nSoon.\n")
    blog.file("content/pages/hidden.md", "Title: Hidden page\nStatus: hidden\n\nPsst.\n")
    blog.file("content/pages/about-de.md", "Title: Wer wir sind\nSlug: about\nLang: de\n\nWir.\n")
    blog.file("content/pages/elsewhere.md", "Title: Elsewhere\nSave_as: else/where.html\nURL: else/\n\nHere.\n")
    blog.build().ok()

    site = blog.record.site
    assert site.root == str(tmp_path / "output")
    assert site.generator == f"pelican {version('pelican')}"
    assert site.base_url == "https://blog.example.org"
    assert not site.development
    assert blog.record.config == str(blog.config)
    assert site.pages == (
        Page("drafts/draft.html", "Draft", "content/deep/draft.md"),
        Page("drafts/pages/draft-page.html", "Draft page", "content/pages/draft.md"),
        Page("else/where.html", "Elsewhere", "content/pages/elsewhere.md"),
        Page("first-de.html", "Erstes", "content/first-de.md"),
        Page("first.html", "First", "content/first.md"),
        Page("hidden.html", "Hidden", "content/hidden.md"),
        Page("pages/about-de.html", "Wer wir sind", "content/pages/about-de.md"),
        Page("pages/about.html", "About", "content/pages/about.md"),
        Page("pages/hidden-page.html", "Hidden page", "content/pages/hidden.md"),
        Page("rich-famous.html", "Rich & famous", "content/rich.md"),
        Page("second.html", "Second", "content/second.md"),
    )
    assert {page.path for page in site.pages} <= set(blog.made)


def test_the_record_tells_whether_the_folder_is_still_as_it_was_built(tmp_path: Path) -> None:
    blog = Blog(tmp_path, OFF)
    blog.build().ok()
    built = blog.record
    (tmp_path / "output" / "index.html").write_text("by hand")
    assert not unchanged_since(built)

    blog.build().ok()
    assert unchanged_since(blog.record)


@pytest.mark.parametrize("plugins", [["sitemap", "presswork_pelican"], ["presswork_pelican", "sitemap"]], ids=str)
def test_the_file_of_the_sitemap_plugin_is_deployed_whatever_the_order(tmp_path: Path, plugins: list[str]) -> None:
    blog = Blog(tmp_path, more=f"PLUGINS = {plugins}")
    blog.build().ok()

    assert sorted(blog.site) == sorted([*BUILT, "sitemap.xml"])
    assert blog.live == blog.site


@pytest.mark.parametrize("event", ["initialized", "get_generators", "all_generators_finalized"])
def test_what_a_plugin_writes_at_the_very_end_is_deployed(tmp_path: Path, event: str) -> None:
    blog = Blog(tmp_path, more="import sys\nsys.path.append('.')\nPLUGINS.append('late')")
    blog.plugin("late", _LATE.format(event=event))
    blog.build().ok()

    assert "late.txt" in blog.site
    assert blog.live == blog.site


_LATE = """
from pathlib import Path
from pelican import signals

def write(instance):
    Path(instance.output_path, "late.txt").write_text("written late")

def connect(*_):
    signals.finalized.connect(write)

def register():
    signals.{event}.connect(connect)
"""


def test_the_report_of_a_deploy_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    blog.build(PRESSWORK_REPORT="report.json").ok()

    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["command"], report["outcome"]) == ("deploy", "deployed")
    assert report["site"] == {
        "root": str(tmp_path / "output"),
        "generator": f"pelican {version('pelican')}",
        "base_url": "https://blog.example.org",
    }
    assert report["targets"][0]["verified"]["ok"]


@pytest.mark.parametrize("flags", [[], ["--log-handler", "plain"], ["-D"]], ids=" ".join)
def test_what_there_is_to_say_shows_and_no_line_is_broken(tmp_path: Path, flags: list[str]) -> None:
    folder = tmp_path / "a rather long name [bold] for a folder of a project, so that eighty columns do not suffice"
    folder.mkdir()
    blog = Blog(folder, OFF)
    run = blog.build(*flags, "-o", "here/[red]or :smile: there", PRESSWORK_DEPLOY="1").ok()

    assert run.said[0] == "default (local): deployed"
    assert run.said[-1].endswith(blog.state.as_uri() + "/local/current/")
    off = blog.build(*flags, "-o", "here/[red]or :smile: there").ok()
    assert off.said == ["here/[red]or :smile: there is built and not deployed. To deploy it: presswork deploy"]


def test_a_quiet_build_says_nothing_and_deploys(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    run = blog.build("--quiet").ok()

    (summary,) = run.output.replace("\n", " ").split("Done:")[1:]  # Pelican's own
    assert summary.strip().endswith("seconds.")
    assert run.output.startswith("Done:")
    assert blog.live == blog.site


def test_plugins_that_are_no_longer_loaded_by_themselves_are_named_once(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    for name in ("alpha", "beta"):
        blog.file(f"lib/pelican/plugins/{name}/__init__.py", "def register(): print('loaded')")
    lib = str(tmp_path / "lib")
    blog.configure(more="PLUGINS.append('alpha')")
    first = blog.build(PYTHONPATH=lib).ok()

    assert "loaded" in first.stdout
    (notice,) = first.notice
    names = notice.split(": ")[1].split(", ")
    assert "beta" in names
    assert {"alpha", "signals", "_utils", "presswork_pelican"}.isdisjoint(names)
    assert blog.build(PYTHONPATH=lib).ok().notice == []


def test_nothing_is_said_of_plugins_where_all_are_named(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    names = blog.build().ok().notice[0].split(": ")[1].split(", ")
    other = Blog(tmp_path / "other", more=f"PLUGINS += {names}")

    assert other.build().ok().notice == []


def test_an_output_folder_that_pelican_clears_costs_nothing_of_the_state(tmp_path: Path) -> None:
    blog = Blog(tmp_path, more="DELETE_OUTPUT_DIRECTORY = True")
    blog.build().ok()
    first = blog.releases
    (tmp_path / "content" / "second.md").unlink()
    blog.build().ok()

    assert "second.html" not in blog.site
    assert blog.live == blog.site
    assert set(first) < set(blog.releases)
