"""What a build of Sphinx deploys, what it only records, and what it knows of its pages."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
import sphinx

from presswork.builds import unchanged_since
from presswork.site import Page
from support_local import tree
from support_sphinx import OURS, Docs

if TYPE_CHECKING:
    from pathlib import Path

OFF = '{"on_build": "off"}'
LOUD = {"PRESSWORK_DEPLOY": "1"}
PAGES = {
    "html": [Page("guide.html", "The guide", "docs/guide.rst"), Page("index.html", "Home", "docs/index.rst")],
    "dirhtml": [Page("guide/index.html", "The guide", "docs/guide.rst"), Page("index.html", "Home", "docs/index.rst")],
    "singlehtml": [Page("index.html", "Home", "docs/index.rst")],
}
INERT = ["epub", "pickle", "json", "gettext", "latex", "text", "linkcheck", "doctest"]


@pytest.mark.parametrize("builder", PAGES)
def test_the_first_build_deploys_the_site_and_knows_its_pages(tmp_path: Path, builder: str) -> None:
    docs = Docs(tmp_path)
    run = docs.build("-W", builder=builder).ok()
    site = docs.record.site
    sources = {"_sources/guide.rst.txt", "_sources/index.rst.txt"} if builder != "singlehtml" else set()

    assert docs.live == docs.site
    assert run.said[0] == "default (local): deployed"
    assert run.stdout.index("presswork: default") < run.stdout.index("build succeeded.")
    assert list(site.pages) == PAGES[builder]
    assert site.made is not None
    assert set(site.made) == {page.path for page in PAGES[builder]} | sources
    assert set(site.made) <= docs.site.keys()


def test_what_sphinx_keeps_for_itself_is_never_deployed(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    docs.build().ok()
    docs.build("-d", "out/elsewhere", "-D", "html_title=Other").ok()
    kept = {path for path in docs.out if path.endswith((".doctree", "environment.pickle")) or ".buildinfo" in path}

    assert len(kept) == 2 * 3 + 2
    assert docs.live is not None
    assert not docs.live.keys() & kept
    assert docs.live.keys() == docs.out.keys() - kept
    assert {"objects.inv", "searchindex.js"} <= docs.live.keys()


@pytest.mark.parametrize("renamed", [False, True], ids=["deleted", "renamed"])
def test_a_page_whose_source_went_goes_though_sphinx_leaves_it_in_its_folder(tmp_path: Path, renamed: bool) -> None:
    docs = Docs(tmp_path)
    docs.build().ok()
    before = docs.record.site
    guide = docs.source / "guide.rst"
    guide.rename(docs.source / "manual.rst") if renamed else guide.unlink()
    docs.build().ok()
    after = docs.record.site

    old, new = {"guide.html", "_sources/guide.rst.txt"}, {"manual.html", "_sources/manual.rst.txt"}
    assert before.made is not None
    assert after.made is not None
    assert set(before.made) - set(after.made) == old
    assert set(after.made) - set(before.made) == (new if renamed else set())
    assert [page.path for page in after.pages] == ["index.html", *(["manual.html"] if renamed else [])]
    assert docs.live == {path: content for path, content in docs.site.items() if path not in old}
    assert old <= docs.site.keys()

    docs.configure('{"stale": "keep"}')
    docs.build().ok()
    assert docs.live == docs.site


def test_the_images_and_downloads_of_a_deleted_page_go_with_it_unless_another_has_them(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    for name in ("own.png", "shared.png", "own.zip", "shared.zip"):
        docs.file(f"docs/{name}", name)
    for page, file in (("guide", "own"), ("guide2", "shared"), ("notes", "shared")):
        docs.page(page, f"{page}\n======\n\n.. image:: {file}.png\n\n:download:`all <{file}.zip>`\n")
    docs.build("-W").ok()
    copied = {path for path in docs.site if path.startswith(("_images/", "_downloads/"))}
    assert sorted(path.split("/")[-1] for path in copied) == ["own.png", "own.zip", "shared.png", "shared.zip"]
    assert copied < docs.live.keys()

    for page in ("guide", "guide2"):
        (docs.source / f"{page}.rst").unlink()
    run = docs.build("-W").ok()
    gone = {path for path in copied if "/own." in path}
    assert docs.live.keys() & copied == copied - gone
    assert gone < docs.site.keys()
    for path in gone:
        assert f"info: {path}: Left over from an earlier build, not deployed." in run.said


def test_the_record_tells_the_rest_of_what_is_known(tmp_path: Path) -> None:
    docs = Docs(tmp_path, OFF, 'html_baseurl = "https://example.org/docs/"')
    docs.page("deep/er", "No title at all.\n")
    docs.build().ok()
    build = docs.record

    assert build.site.root == str(tmp_path / "out")
    assert build.site.generator == f"sphinx {sphinx.__version__}"
    assert build.site.base_url == "https://example.org/docs/"
    assert build.config == str(docs.source / "conf.py")
    assert (build.settings.door, build.settings.folder) == ("conf.py", str(docs.source))
    assert Page("deep/er.html", "<no title>", "docs/deep/er.rst") in build.site.pages
    assert unchanged_since(build)
    docs.file("out/index.html", "by hand")
    assert not unchanged_since(build)


@pytest.mark.parametrize(
    ("setting", "sources"),
    [
        ("html_copy_source = False", set()),
        ("html_sourcelink_suffix = ''", {"_sources/guide.rst", "_sources/index.rst", "_sources/notes.txt"}),
        ("", {"_sources/guide.rst.txt", "_sources/index.rst.txt", "_sources/notes.txt"}),
    ],
)
def test_the_copied_sources_are_known_by_their_names(tmp_path: Path, setting: str, sources: set[str]) -> None:
    docs = Docs(tmp_path, OFF, f'source_suffix = [".rst", ".txt"]\n{setting}')
    docs.file("docs/notes.txt", "Notes\n=====\n")
    docs.build().ok()

    assert docs.record.site.made is not None
    assert {path for path in docs.record.site.made if path.startswith("_sources/")} == sources
    assert {path for path in docs.site if path.startswith("_sources/")} == sources


def test_make_mode_and_parallel_builds_are_like_any_other(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    run = docs.run("-m", "sphinx", "-M", "html", "docs", "build", "-W", "-j", "2").ok()

    assert "WARNING" not in run.stderr
    assert docs.live == {p: c for p, c in tree(tmp_path / "build" / "html").items() if not p.startswith(OURS)}
    assert list(docs.record.site.pages) == PAGES["html"]


@pytest.mark.parametrize("builder", INERT)
def test_any_other_builder_is_left_alone_whatever_the_settings(tmp_path: Path, builder: str) -> None:
    docs = Docs(tmp_path, '"no table"', 'extensions += ["sphinx.ext.doctest"]')
    run = docs.build(builder=builder, **LOUD).ok()

    assert "presswork" not in run.output
    assert docs.untouched


def test_a_builder_of_somebody_elses_is_taken_where_the_settings_name_it(tmp_path: Path) -> None:
    fancy = "import sys\nsys.path.append('docs')\nextensions += ['fancy']"
    docs = Docs(tmp_path, '{"builders": []}', fancy)
    docs.file("docs/fancy.py", _FANCY)
    assert docs.build(builder="fancy").ok().said == []
    assert docs.untouched

    docs.configure('{"builders": ["fancy"]}', fancy)
    docs.build("-a", builder="fancy").ok()
    assert docs.live == docs.site
    assert list(docs.record.site.pages) == PAGES["html"]
    assert "builders" not in docs.record.settings.target().options


def test_of_a_builder_that_does_not_say_where_its_pages_are_none_is_known(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"builders": ("text",)}')
    docs.build(builder="text").ok()

    assert docs.live == docs.site
    assert "guide.txt" in docs.live
    assert docs.record.site.pages == ()
    assert docs.record.site.made is None


def test_a_plan_tells_the_changes_and_makes_none(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"on_build": "plan"}')
    run, report = docs.report()

    assert run.ok().said[0] == "default (local): planned, nothing was sent"
    assert any("The guide (docs/guide.rst)" in line for line in run.said)
    assert {entry["path"] for entry in report["targets"][0]["entries"]} == docs.site.keys()
    assert report["outcome"] == "planned"
    assert docs.live is None


def test_the_environment_switches_a_deploy_on_and_off_for_one_run(tmp_path: Path) -> None:
    docs = Docs(tmp_path, OFF)
    docs.build(**LOUD).ok()
    first = docs.live
    docs.configure()
    docs.page("guide", "Changed\n=======\n")
    docs.build(PRESSWORK_DEPLOY="0").ok()

    assert first is not None
    assert docs.live == first != docs.site
    message, hint = docs.build(PRESSWORK_DEPLOY="yes").failed(2).error
    assert message == "PRESSWORK_DEPLOY is 'yes'."
    assert hint.startswith("Set it to 1")
    assert docs.live == first


def test_without_a_table_the_site_goes_to_the_default_place_and_none_for_one_switches_all_off(tmp_path: Path) -> None:
    docs = Docs(tmp_path, "None")
    assert docs.build(**LOUD).ok().said == []
    assert docs.untouched

    docs.configure("None", "del presswork")
    docs.build().ok()
    assert docs.live == docs.site


def test_what_other_extensions_write_at_the_end_is_deployed(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more=_LATE)
    docs.build().ok()

    assert docs.live == docs.site
    assert docs.site["late.txt"] == b"written late"


def test_changed_settings_count_and_rebuild_nothing(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    docs.build().ok()
    docs.configure('{"on_build": "plan", "ignore": ["*.inv"]}')
    run, report = docs.report()

    assert "updating environment: 0 added, 0 changed, 0 removed" in run.ok().stdout
    assert "no targets are out of date." in run.stdout
    assert run.said[0] == "default (local): planned, nothing was sent"
    (target,) = report["targets"]
    assert [entry["path"] for entry in target["entries"] if entry["change"] == "removed"] == ["objects.inv"]

    docs.configure('{"on_build": "plan"}', 'html_title = "Other"')  # so that a rebuild would be noticed
    assert "no targets are out of date." not in docs.build().ok().stdout


def test_nothing_of_the_settings_is_pickled(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"host": "local", "path": "marked-ours"}', 'html_context = {"x": "marked-theirs"}')
    docs.build().ok()
    pickled = b"".join(content for path, content in docs.out.items() if path.startswith(".doctrees/"))

    assert b"marked-theirs" in pickled
    assert b"marked-ours" not in pickled
    assert docs.record.settings.target().options == {"path": "marked-ours"}


def test_our_state_never_becomes_a_source(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more='html_extra_path = ["extra"]\nexclude_patterns = ["extra"]', root=False)
    docs.file("docs/extra/kept.rst", "Not a page\n==========\n")
    docs.build("-W").ok()
    assert (docs.source / ".presswork" / "local" / "current" / "kept.rst").exists()  # it lies among the sources

    docs.build("-W").ok()
    assert [page.path for page in docs.record.site.pages] == ["guide.html", "index.html"]
    assert ".presswork" in docs.build("-W", "-D", "extensions=sphinx.ext.todo").stderr  # as it would be without us


def test_two_builds_of_one_process_do_not_replace_one_another(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    both = "from sphinx.cmd.build import main\nprint([main(['docs', out]) for out in ('en', 'en', 'de')])"
    run = docs.run("-c", both)

    assert run.stdout.splitlines()[-1] == "[0, 0, 1]"
    message, hint = run.error
    assert message == f"{tmp_path / 'en'} was deployed to default in this run; {tmp_path / 'de'} would replace it."
    assert "below one folder" in hint
    assert docs.record.site.root == str(tmp_path / "de")


def test_a_build_takes_the_date_of_its_commit_where_that_is_asked_for(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"source_date": "commit"}', 'html_last_updated_fmt = "%Y-%m-%d"')
    who = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = docs.environ | who | {"GIT_COMMITTER_DATE": "2001-02-03T12:00:00Z"}
    for command in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "one"]):
        subprocess.run(["git", *command], cwd=tmp_path, env=environ, check=True)
    docs.build().ok()

    assert b"2001-02-03" in docs.site["guide.html"]
    docs.build("-a", SOURCE_DATE_EPOCH="0").ok()  # what is given speaks first
    assert b"1970-01-01" in docs.site["guide.html"]


def test_the_report_of_a_deploy_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    docs = Docs(tmp_path, more='html_baseurl = "https://example.org/"')
    docs.build(PRESSWORK_REPORT="report.json").ok()
    report = json.loads((tmp_path / "report.json").read_text())

    assert (report["command"], report["outcome"]) == ("deploy", "deployed")
    assert report["site"] == {
        "root": str(tmp_path / "out"),
        "generator": f"sphinx {sphinx.__version__}",
        "base_url": "https://example.org/",
    }


@pytest.mark.parametrize("folder", [".", "docs", "elsewhere"])
def test_the_command_deploys_the_last_build_with_the_settings_it_recorded(tmp_path: Path, folder: str) -> None:
    docs = Docs(tmp_path, '{"host": "local", "path": "../store"}')
    (tmp_path / "elsewhere").mkdir()
    docs.build().ok()
    docs.file("docs/conf.py", "raise SystemExit('executed')")
    run = docs.presswork("deploy", folder=folder).ok()

    assert "the last build" in run.stderr
    assert tree((tmp_path / "store" / "current").resolve(strict=True)) == docs.site
    assert "unchanged, nothing was sent" in docs.presswork("plan", folder=folder).ok().stdout


def test_the_settings_of_a_build_lie_over_those_of_presswork_toml_for_the_command_too(tmp_path: Path) -> None:
    docs = Docs(tmp_path, '{"path": "../store"}')
    docs.file("docs/presswork.toml", 'host = "local"\nignore = ["*.inv"]')
    docs.build().ok()
    docs.presswork("deploy", folder="docs").ok()

    live = tree((tmp_path / "store" / "current").resolve(strict=True))
    assert live.keys() == docs.site.keys() - {"objects.inv"}


def test_of_several_configurations_the_command_wants_one_named(tmp_path: Path) -> None:
    docs = Docs(tmp_path, OFF)
    (tmp_path / "docs").rename(tmp_path / "api")
    docs.run("-m", "sphinx", "api", "out/api").ok()
    assert "Taking out/api" in docs.presswork("deploy").ok().stderr

    (tmp_path / "manual").mkdir()
    for file in (tmp_path / "api").iterdir():
        docs.file(f"manual/{file.name}", file.read_text())
    docs.run("-m", "sphinx", "manual", "out/manual").ok()
    several = docs.presswork("deploy").failed(2)
    assert several.stderr.splitlines() == [
        "error: This project has builds of several configurations: those in api, manual.",
        "hint: Run this in the folder of the one you mean, or name its file with --config.",
    ]
    assert "Taking out/manual" in docs.presswork("deploy", "--config", "manual/conf.py").ok().stderr
    assert "Taking ../out/manual" in docs.presswork("plan", folder="manual").ok().stderr

    docs.file("none/conf.py", "raise SystemExit('executed')")
    unbuilt = docs.presswork("deploy", "--config", "none/conf.py").failed(2)
    assert "error: No build has recorded the settings of conf.py" in unbuilt.stderr


_FANCY = """
from sphinx.builders.html import StandaloneHTMLBuilder

class Fancy(StandaloneHTMLBuilder):
    name = "fancy"

def setup(app):
    app.add_builder(Fancy)
"""

_LATE = """
def setup(app):
    app.connect("build-finished", lambda app, exception: (app.outdir / "late.txt").write_text("written late"))
"""
