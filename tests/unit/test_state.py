from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from presswork.errors import PressworkError
from presswork.state import State, place_key, project_root

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


@pytest.mark.parametrize("mark", [".git", "pyproject.toml", "presswork.toml"])
def test_the_root_of_a_project_is_the_nearest_folder_with_a_mark(root: Path, mark: str) -> None:
    below = root / "a" / "b" / "c"
    below.mkdir(parents=True)
    assert project_root(below) == root
    (root / "a" / mark).touch()
    assert project_root(below) == root / "a"
    assert project_root(root / "a") == root / "a"


def test_the_state_of_the_root_and_that_of_a_folder_below_lie_apart(root: Path) -> None:
    assert State(root).folder == root / ".presswork"
    assert State(root / "docs").folder == root / ".presswork/in/docs"
    assert State(root / "docs" / "a b").folder == root / ".presswork/in/docs%2Fa%20b"


def test_nothing_is_made_before_something_is_written(root: Path) -> None:
    state = State(root)
    assert state.read("x.json") is None
    assert state.memory("default").get("slug") is None
    assert not (root / ".presswork").exists()


def test_the_folder_hides_itself_from_git(root: Path) -> None:
    State(root / "docs").write("x.json", b"{}")
    assert (root / ".presswork/.gitignore").read_text() == "*\n"


def test_a_gitignore_that_was_edited_stays(root: Path) -> None:
    state = State(root)
    state.write("x.json", b"1")
    (root / ".presswork/.gitignore").write_text("!build.json\n")
    state.write("x.json", b"2")
    assert (root / ".presswork/.gitignore").read_text() == "!build.json\n"


def test_what_was_written_and_added_is_read_back(root: Path) -> None:
    state = State(root)
    state.write("a/b.json", b"one")
    assert state.read("a/b.json") == b"one"
    state.append("log", b"1\n")
    state.append("log", b"2\n")
    assert State(root).read("log") == b"1\n2\n"


def test_a_file_that_cannot_be_read_is_an_error_with_a_hint(root: Path) -> None:
    (root / ".presswork" / "x.json").mkdir(parents=True)
    with pytest.raises(PressworkError, match=r"x\.json cannot be read") as caught:
        State(root).read("x.json")
    assert caught.value.hint


def test_a_folder_that_cannot_be_written_to_is_an_error_with_a_hint(root: Path) -> None:
    (root / ".presswork").write_text("in the way")
    for write in (State(root).write, State(root).append):
        with pytest.raises(PressworkError, match="cannot be written") as caught:
            write("x.json", b"")
        assert caught.value.hint


def test_memory_is_kept_for_each_target_apart(root: Path) -> None:
    State(root).memory("a/b").put("slug", "one")
    State(root).memory("c").put("slug", "two")
    assert State(root).memory("a/b").get("slug") == "one"
    assert State(root).memory("c").get("slug") == "two"
    assert State(root).memory("d").get("slug") is None


def test_a_secret_lies_in_a_file_that_only_its_owner_can_read(root: Path) -> None:
    memory = State(root).memory("production")
    memory.put("slug", "public")
    memory.put("claim", "secret", secret=True)
    assert (memory.get("slug"), memory.get("claim")) == ("public", "secret")
    files = {file.name: file for file in (root / ".presswork/memory").iterdir()}
    assert stat.S_IMODE(files["production.secret.json"].stat().st_mode) == 0o600
    assert "secret" not in files["production.json"].read_text()


def test_what_is_forgotten_is_gone_and_forgetting_again_is_harmless(root: Path) -> None:
    memory = State(root).memory("a")
    memory.put("slug", "x")
    memory.put("claim", "y", secret=True)
    for key in ("slug", "claim", "never"):
        memory.forget(key)
        memory.forget(key)
        assert memory.get(key) is None


@pytest.mark.parametrize("damage", [b'{"slug":"x', b"[]", b'{"slug":"\xff"}'], ids=["torn", "no table", "no UTF-8"])
@pytest.mark.parametrize("name", ["a.json", "a.secret.json"])
def test_a_damaged_memory_is_an_error_that_names_the_file(root: Path, damage: bytes, name: str) -> None:
    State(root).write(f"memory/{name}", damage)
    with pytest.raises(PressworkError, match="is damaged") as caught:
        State(root).memory("a").get("slug")
    assert str(root / ".presswork/memory" / name) in caught.value.message
    assert "move it away" in caught.value.hint


def test_the_key_of_a_place_is_the_same_for_the_same_place_and_fits_a_file_name() -> None:
    assert place_key("moon", "https://a/b") == place_key("moon", "https://a/b")
    assert len({place_key("moon", "a"), place_key("moon", "b"), place_key("sun", "a")}) == 3
    assert "/" not in place_key("moon", "https://a/b")
