from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.builds import BuildFailed, after_build
from presswork.project import Project
from presswork.report import Entry, ReleaseFacts, Report, SiteFacts, TargetReport
from presswork.report.handed import hand_over
from presswork.report.markdown import summary
from presswork.settings import read_settings
from presswork.site import Site
from support_local import write_site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def report() -> Report:
    target = TargetReport(target="default", host="moon", outcome="previewed")
    target.release = ReleaseFacts(id="r1", url="https://a.example/", live=False, created=None)
    return Report(command="deploy", targets=[target])


def test_nothing_is_written_that_nobody_asked_for(report: Report, tmp_path: Path) -> None:
    hand_over(report, {}, str)
    assert list(tmp_path.iterdir()) == []


def test_a_ci_gets_the_summary_and_what_later_steps_want_to_know(report: Report, tmp_path: Path) -> None:
    names = ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "PRESSWORK_SUMMARY", "PRESSWORK_DOTENV")
    files = {name: tmp_path / name for name in names}
    for file in files.values():
        file.write_text("before=1\n")
    hand_over(report, {name: str(file) for name, file in files.items()}, str)

    said = {name: file.read_text() for name, file in files.items()}
    assert said["GITHUB_STEP_SUMMARY"] == f"before=1\n{summary(report)}"
    assert said["PRESSWORK_SUMMARY"] == summary(report)
    facts = "outcome=previewed\nurl=https://a.example/\nid=r1\n"
    assert said["GITHUB_OUTPUT"] == f"before=1\n{facts}"
    assert said["PRESSWORK_DOTENV"].splitlines() == [
        "PRESSWORK_OUTCOME=previewed",
        "PRESSWORK_URL=https://a.example/",
        "PRESSWORK_ID=r1",
    ]


def test_a_file_that_is_named_comes_before_the_variable(report: Report, tmp_path: Path) -> None:
    hand_over(report, {"PRESSWORK_SUMMARY": str(tmp_path / "no.md")}, str, to=str(tmp_path / "yes.md"))
    assert [file.name for file in tmp_path.iterdir()] == ["yes.md"]


def test_what_a_host_says_begins_no_line_of_its_own(report: Report, tmp_path: Path) -> None:
    report.targets[0].release = ReleaseFacts(
        id="r1\rx=1\x85y=2", url="https://a.example/\nz=3", live=False, created=None
    )
    hand_over(report, {"GITHUB_OUTPUT": str(tmp_path / "out")}, str)
    lines = (tmp_path / "out").read_text().splitlines()
    assert [line.partition("=")[0] for line in lines] == ["outcome", "url", "id"]


def test_a_file_that_cannot_be_written_is_told_and_does_not_undo_a_deployment(report: Report, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    asked = {"GITHUB_OUTPUT": str(tmp_path / "a file" / "out"), "PRESSWORK_SUMMARY": str(tmp_path / "s")}
    hand_over(report, asked, str)
    assert report.exit_code == 0
    assert [finding.code for finding in report.targets[0].findings] == ["not-handed-over"]
    assert (tmp_path / "s").exists()


def test_pages_nobody_told_the_titles_of_are_read_for_them(report: Report, tmp_path: Path) -> None:
    pages = {
        "index.html": b"<html><TITLE\nlang=en> Home &amp;\nGarden </title>",
        "a/index.html": b"<title>from a page</title>",
        "late.html": b" " * 20_000 + b"<title>Late</title>",
        "bare.html": b"nothing",
        "data.json": b"<title>No page</title>",
        "same.html": b"<title>Same</title>",
        "secret.html": f"<title>{VALUE}</title>".encode(),
    }
    site = write_site(tmp_path / "site", pages)
    told = Entry("a/index.html", "changed", "content", title="From the generator")
    bare = [Entry(path, "same" if path == "same.html" else "changed", "content") for path in pages if path != told.path]
    target = report.targets[0]
    target.entries, target.previous = [told, *bare, Entry("gone.html", "removed", "gone")], "r0"
    target.changes = {"changed": 5}
    report.site = SiteFacts(str(site), None, None)
    hand_over(report, {"PRESSWORK_SUMMARY": str(tmp_path / "s")}, lambda words: words.replace(VALUE, "•••"))

    said = (tmp_path / "s").read_text().replace("\\", "").replace("\u2060", "")
    assert "[Home & Garden](<https://a.example/>) `index.html`" in said
    assert "[From the generator](<https://a.example/a/>)" in said
    assert "[`bare.html`](" in said
    assert "[`late.html`](" in said
    assert "[•••](" in said
    assert not any(words in said for words in (VALUE, "No page", "Same", "from a page"))
    assert target.entries[1].title is None


VALUE = "very-secret-token-0123456789"


def build(folder: Path, **environ: str) -> str:
    """Build once, which deploys; return the summary."""
    (folder / "pyproject.toml").touch()
    site = write_site(folder / "site", {"index.html": b"home"})
    known = {"PRESSWORK_SUMMARY": str(folder / "s.md"), "PRESSWORK_COMMIT": "3f2a9c1b0d2e", **environ}
    project = Project(read_settings({}, door="the test", folder=folder, environ=known), environ=known)
    after_build(Site(root=str(site)), project, lambda _line: None)
    return (folder / "s.md").read_text()


def test_a_build_that_deploys_hands_over_too(tmp_path: Path) -> None:
    assert "default (local): deployed" in build(tmp_path).replace("\\", "")


def test_a_build_that_is_refused_hands_over_why(tmp_path: Path) -> None:
    (tmp_path / ".presswork").mkdir()
    (tmp_path / ".presswork" / "local").write_text("no folder")
    with pytest.raises(BuildFailed):
        build(tmp_path)
    assert "is not a folder" in (tmp_path / "s.md").read_text().replace("\\", "")


def test_no_secret_is_handed_over(tmp_path: Path) -> None:
    written = build(tmp_path, PRESSWORK_ACTOR=f"ann {VALUE}", SOME_TOKEN=VALUE)
    assert VALUE not in written.replace("\\", "")
    assert VALUE in build(tmp_path, PRESSWORK_ACTOR=f"ann {VALUE}").replace("\\", "")
