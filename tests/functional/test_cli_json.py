"""With `--json`, standard output is one document and nothing else, however a command ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_cli import Done, Project, one_document, pages

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.site(pages(20))
    return made


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("deploy site", "deployed"),
        ("deploy site --preview=draft", "previewed"),
        ("plan site", "planned"),
        ("check site", "checked"),
        ("status", "listed"),
        ("history", "listed"),
        ("unpublish --yes", "unpublished"),
        ("prune", "pruned"),
        ("hosts", "listed"),
    ],
)
def test_a_command_that_succeeds_prints_one_document(project: Project, words: str, outcome: str) -> None:
    report = project.report(*words.split())
    assert (report["command"], report["outcome"], report["error"]) == (words.split()[0], outcome, None)


def test_commands_about_releases_print_one_document(project: Project) -> None:
    first = project.only("deploy", "site")["release"]["id"]
    project.site(pages(21))
    project.ok("deploy", "site")
    project.site(pages(22))
    project.ok("deploy", "site", "--preview=next")
    for words, outcome in (
        (("diff", first), "listed"),
        (("verify",), "verified"),
        (("rollback",), "rolled-back"),
        (("promote", "next"), "promoted"),
        (("deploy", "site"), "unchanged"),
    ):
        assert project.report(*words)["outcome"] == outcome


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        ("deploy nowhere", 2, "configuration"),
        ("deploy", 2, "configuration"),
        ("deploy site --to nowhere", 2, "configuration"),
        ("deploy site --nonsense", 2, "configuration"),
        ("deploy site extra", 2, "configuration"),
        ("nonsense", 2, "configuration"),
        ("promote", 2, "configuration"),
        ("status --host nowhere", 2, "configuration"),
        ("unpublish", 2, "configuration"),
        ("rollback", 2, "configuration"),
        ("diff one two", 2, "configuration"),
        ("prune --keep none", 2, "configuration"),
        ("check site -o nonsense", 2, "configuration"),
        ("verify", 1, "failed"),
    ],
)
def test_a_command_that_fails_prints_one_document_too(project: Project, words: str, code: int, error: str) -> None:
    report = project.report(*words.split(), code=code)
    assert report["command"] == words.split()[0]
    errors = [report["error"], *(target["error"] for target in report["targets"])]
    (only,) = (found for found in errors if found)
    assert only["message"]
    assert only["hint"]
    assert (only["code"] == "configuration") == (error == "configuration")
    assert (report["targets"] == []) == (code == 2)


def test_a_setting_that_only_a_target_finds_wrong_is_told_with_that_target(project: Project) -> None:
    target = project.only("deploy", "site", "-o", "path=missing/store", code=2)
    assert (target["outcome"], target["error"]["code"]) == ("failed", "configuration")


def test_a_refusal_prints_one_document_with_its_findings(project: Project) -> None:
    project.ok("deploy", "site")
    project.site(pages(2))
    for words in ("deploy site", "plan site", "plan site --exit-code"):
        target = project.only(*words.split(), code=3)
        assert (target["outcome"], target["error"]["code"]) == ("refused", "refused")
        assert [finding["code"] for finding in target["findings"]] == ["removals"]


def test_a_plan_with_changes_prints_one_document_and_exits_with_4(project: Project) -> None:
    assert project.report("plan", "site", "--exit-code", code=4)["command"] == "plan"
    assert project.report("deploy", "site", "--dry-run")["command"] == "plan"


def test_trouble_is_told_on_stderr_as_well(project: Project) -> None:
    done = project.run("deploy", "nowhere", "--json")
    assert done.errors == [one_document(done)["error"]["message"]]
    assert done.hints == [one_document(done)["error"]["hint"]]


def test_text_beyond_ascii_is_utf8_wherever_it_is_printed(project: Project) -> None:
    project.site({"index.html": "home", "ünïcödé.html": "page"})
    entries = project.only("plan", "site", PYTHONIOENCODING="ascii")["entries"]
    assert "ünïcödé.html" in [entry["path"] for entry in entries]


def test_anything_beside_the_document_would_be_found() -> None:
    document = '{"schema":1}\n'
    for out in (f"Taking site\n{document}", document + document, document.strip(), "", "null\n"):
        with pytest.raises((AssertionError, ValueError)):
            one_document(Done(0, out, ""))
