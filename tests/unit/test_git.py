from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from presswork.git import commit, is_older, revision

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=trunk")
    (folder / "page.md").write_text("one")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Fix a typo\n\nAnd say why.")
    return folder


def test_a_clean_checkout_is_a_commit_with_branch_and_first_line(repository: Path) -> None:
    found = revision(repository, environ={})
    assert found is not None
    assert found.commit == git(repository, "rev-parse", "HEAD") == commit(repository, environ={})
    assert (found.branch, found.title, found.dirty) == ("trunk", "Fix a typo", False)


def test_a_changed_or_new_file_makes_it_dirty_wherever_it_is_asked_from(repository: Path) -> None:
    (repository / "docs").mkdir()
    (repository / "new.md").touch()
    found = revision(repository / "docs", environ={})
    assert found is not None
    assert found.dirty is True


def test_the_output_folder_does_not_make_it_dirty(repository: Path) -> None:
    (repository / "site").mkdir()
    (repository / "site" / "index.html").touch()
    found = revision(repository, leaving_out=repository / "site", environ={})
    assert found is not None
    assert found.dirty is False
    control = revision(repository, environ={})
    assert control is not None
    assert control.dirty is True


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    found = revision(repository, environ={})
    assert found is not None
    assert (found.branch, found.title) == (None, "Fix a typo")


def test_the_environment_speaks_first(repository: Path, tmp_path: Path) -> None:
    environ = {"PRESSWORK_COMMIT": "abc1234", "PRESSWORK_BRANCH": "main"}
    for folder in (repository, tmp_path):
        found = revision(folder, environ=environ)
        assert found is not None
        assert (found.commit, found.branch, found.title, found.dirty) == ("abc1234", "main", None, None)
        assert commit(folder, environ=environ) == "abc1234"


def test_a_branch_of_the_environment_goes_with_the_commit_of_the_checkout(repository: Path) -> None:
    found = revision(repository, environ={"PRESSWORK_BRANCH": "merge-queue"})
    assert found is not None
    assert (found.branch, found.title) == ("merge-queue", "Fix a typo")


def test_without_a_repository_or_a_commit_there_is_nothing_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    bare = tmp_path / "bare"
    bare.mkdir()
    assert revision(bare, environ={}) is None
    git(bare, "init", "--quiet")
    assert revision(bare, environ={}) is None
    assert commit(bare, environ={}) is None


def test_without_git_there_is_nothing_to_say(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert revision(repository, environ={}) is None


def test_a_commit_is_older_than_its_descendants_and_than_no_other(repository: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "-b", "side")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "side")
    side = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "trunk")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "trunk")
    trunk = git(repository, "rev-parse", "HEAD")
    assert is_older(repository, first, trunk) is True
    assert is_older(repository, first[:12], side[:12]) is True
    for one, other in ((trunk, first), (trunk, side), (side, trunk), (trunk, trunk), (trunk, trunk[:12])):
        assert is_older(repository, one, other) is False


def test_what_a_clone_does_not_have_cannot_be_told(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "second")
    second = git(repository, "rev-parse", "HEAD")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=1", repository.as_uri(), str(shallow))
    assert is_older(shallow, first, second) is None
    assert is_older(shallow, second, first) is None
    assert is_older(tmp_path, first, second) is None, "there is no repository"
