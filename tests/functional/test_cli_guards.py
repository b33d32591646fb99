"""What stops a deploy that nobody can have meant: of what was rolled back, of an older commit, of two at once."""

from __future__ import annotations

import fcntl
import subprocess
from typing import TYPE_CHECKING

import pytest

from support_cli import Project, check_one_error

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = 'host = "local"\npath = "public"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with the commits one, two and three, of which none is deployed."""
    made = Project(tmp_path)
    del made.environ["PRESSWORK_COMMIT"]
    made.write({"presswork.toml": CONFIGURATION, ".gitignore": "site*\npublic\n.presswork\n"})
    git(made.folder, "init", "--quiet", "--initial-branch=main")
    for content in ("one", "two", "three"):
        made.write({"index.md": content})
        commit(made.folder, content)
    return made


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


def commit(folder: Path, message: str) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", message)


def build(project: Project, revision: str) -> None:
    git(project.folder, "checkout", "--quiet", revision)
    project.site({"index.html": (project.folder / "index.md").read_text()})


def home(project: Project) -> str:
    return (project.live("public") or {})["index.html"].decode()


def codes(project: Project, *words: str, code: int = 0, **environ: str) -> set[str]:
    return {finding["code"] for finding in project.only(*words, code=code, **environ)["findings"]}


def test_an_older_commit_is_refused_and_can_be_allowed(project: Project) -> None:
    build(project, "main")
    project.ok("deploy", "site")
    build(project, "main~1")
    check_one_error(project.run("deploy", "site"), 3, "is older than what is live")
    assert home(project) == "three"
    assert codes(project, "plan", "site", code=3) == {"older-commit"}
    assert "older-commit" not in codes(project, "deploy", "site", "--preview"), "previews may be of any commit"
    assert "older-commit" not in codes(project, "plan", "site", PRESSWORK_ALLOW_OLDER="1")
    project.ok("deploy", "site", "--allow-older")
    assert home(project) == "two"


def test_a_commit_of_another_branch_is_neither_older_nor_newer(project: Project) -> None:
    build(project, "main")
    project.ok("deploy", "site")
    git(project.folder, "checkout", "--quiet", "-b", "side", "main~2")
    project.write({"index.md": "side"})
    commit(project.folder, "side")
    build(project, "side")
    assert codes(project, "deploy", "site") == set()


def test_a_shallow_clone_is_told_that_it_cannot_know(project: Project) -> None:
    build(project, "main~1")
    project.ok("deploy", "site")
    git(project.folder, "checkout", "--quiet", "main")
    shallow = project.folder.parent / "shallow"
    git(project.folder.parent, "clone", "--quiet", "--depth=1", project.folder.as_uri(), str(shallow))
    (shallow / "public").symlink_to(project.folder / "public")
    project.folder = shallow
    build(project, "main")
    target = project.only("deploy", "site")
    (finding,) = target["findings"]
    assert (finding["code"], finding["severity"]) == ("age-unknown", "warning")
    assert "--unshallow" in finding["hint"]


def test_what_was_rolled_back_stays_so_until_it_is_unpinned(project: Project) -> None:
    build(project, "main~1")
    project.ok("deploy", "site")
    build(project, "main")
    project.ok("deploy", "site")
    project.ok("rollback")
    assert codes(project, "status") == {"pinned-down"}
    check_one_error(project.run("deploy", "site"), 3, "This was rolled back at")
    project.site({"index.html": "three, built anew", "more.html": "more"})
    check_one_error(project.run("deploy", "site"), 3, "--unpin")
    assert home(project) == "two"
    project.ok("deploy", "site", "--unpin")
    assert home(project) == "three, built anew"
    assert codes(project, "status") == set()


def test_a_newer_commit_ends_the_pin(project: Project) -> None:
    build(project, "main~2")
    project.ok("deploy", "site")
    build(project, "main~1")
    project.ok("deploy", "site")
    project.ok("rollback")
    build(project, "main")
    assert codes(project, "deploy", "site") == set()
    assert codes(project, "status") == set()
    assert home(project) == "three"


def test_a_work_tree_with_changes_is_a_warning_or_refused_and_none_for_previews(project: Project) -> None:
    build(project, "main")
    project.write({"index.md": "not committed"})
    assert codes(project, "plan", "site") == {"dirty"}
    assert codes(project, "plan", "site", "--preview") == set()
    project.write({"presswork.toml": CONFIGURATION + "require_clean = true\n"})
    check_one_error(project.run("deploy", "site"), 3, "The work tree is not as in commit")
    assert not (project.folder / "public").exists()
    commit(project.folder, "four")
    project.ok("deploy", "site")


def test_a_second_deployment_from_here_is_turned_away_before_it_sends_anything(project: Project) -> None:
    build(project, "main~1")
    project.ok("deploy", "site")
    build(project, "main")
    (lock,) = (project.folder / ".presswork/lock").iterdir()
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for words in (["deploy", "site"], ["unpublish", "--yes"]):
            check_one_error(project.run(*words), 3, "Another deployment to default is under way")
        assert home(project) == "two"
        assert project.only("plan", "site")["outcome"] == "planned", "looking needs no lock"
        project.ok("status")
    project.ok("deploy", "site")
    assert home(project) == "three"


def test_history_at_a_time_says_what_was_live_and_who_put_it_there(project: Project) -> None:
    build(project, "main~1")
    project.ok("deploy", "site")
    build(project, "main")
    three = project.only("deploy", "site", PRESSWORK_ACTOR="somebody else")["release"]["id"]
    (journal,) = (project.folder / ".presswork/journal").iterdir()
    lines = journal.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if '"begin"' in line and number > 0)
    dated = [
        line.replace('"at":"20', '"at":"19' if number < first else '"at":"20') for number, line in enumerate(lines)
    ]
    journal.write_text("\n".join(dated) + "\n")
    (then,) = project.only("history", "--at", "1999-12-31")["releases"]
    (now,) = project.only("history", "--at", "2099-01-01T00:00:00+02:00")["releases"]
    assert (then["commit"], then["by"]) == (git(project.folder, "rev-parse", "main~1"), "tester")
    assert (now["id"], now["by"]) == (three, "somebody else")
    check_one_error(project.run("history", "--at", "1900-01-01"), 1, "Nothing is known here to have been live")
    check_one_error(project.run("history", "--at", "yesterday"), 2, "is no time")
