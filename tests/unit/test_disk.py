from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from presswork import disk
from presswork.errors import PressworkError
from presswork.lock import Lock

if TYPE_CHECKING:
    from pathlib import Path


def identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def test_a_file_is_written_with_the_folders_it_needs(tmp_path: Path) -> None:
    disk.write(tmp_path / "a" / "b.txt", b"one")
    assert (tmp_path / "a" / "b.txt").read_bytes() == b"one"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    disk.write(file, b"one")
    before = identity(file)
    reader = file.open("rb")
    disk.write(file, b"two")
    assert file.read_bytes() == b"two"
    assert identity(file) != before
    with reader:
        assert reader.read() == b"one"


def test_a_file_with_the_same_content_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    disk.write(file, b"one")
    before = identity(file)
    disk.write(file, b"one")
    assert identity(file) == before


def test_the_mode_is_that_asked_for(tmp_path: Path) -> None:
    disk.write(tmp_path / "a", b"", mode=0o600)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o664), (0o022, 0o644), (0o077, 0o600)])
def test_who_else_may_use_a_file_is_for_the_umask_to_say(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        disk.write(tmp_path / "written", b"")
        disk.append(tmp_path / "added", b"")
        Lock(tmp_path / "lock", "moon").take()
    finally:
        os.umask(before)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {mode}


def test_the_name_of_a_file_that_is_added_to_is_on_disk_before_that_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    file = tmp_path / "a" / "log"
    disk.append(file, b"1\n")
    assert synced == [file.stat().st_ino, file.parent.stat().st_ino]
    disk.append(file, b"2\n")
    assert synced[2:] == [file.stat().st_ino]


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "a.txt"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(PressworkError, match=r"a\.txt cannot be written"):
        disk.write(folder, b"one")
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert [file.name for file in folder.iterdir()] == ["inside"]


def test_trouble_says_which_file_and_why_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for call in (disk.write, disk.append):
        with pytest.raises(PressworkError, match=r"cannot be written: (File exists|Not a directory)") as caught:
            call(tmp_path / "file" / "x", b"")
        assert str(tmp_path / "file" / "x") in caught.value.message
        assert "writable" in caught.value.hint


def test_lines_are_added_at_the_end(tmp_path: Path) -> None:
    for line in (b"1\n", b"2\n"):
        disk.append(tmp_path / "a" / "log", line)
    assert (tmp_path / "a" / "log").read_bytes() == b"1\n2\n"
