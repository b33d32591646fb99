from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from presswork.archive import KEEP, Archive
from presswork.manifest import Entry, Manifest
from presswork.state import State

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def made(number: int) -> Manifest:
    return Manifest([Entry("index.html", number, f"{number:064x}")], {"index.html": "text/html"})


def aged(folder: Path) -> None:
    """Let every manifest be a minute older: the clock of a file system may stand still between two writes."""
    for file in (folder / ".presswork/archive").iterdir():
        moment = file.stat().st_mtime - 60
        os.utime(file, (moment, moment))


def test_a_manifest_is_found_by_its_digest_in_another_process_too(folder: Path) -> None:
    Archive(State(folder)).put(made(1))
    assert Archive(State(folder)).get(made(1).digest) == made(1)


def test_one_that_was_never_put_is_not_there(folder: Path) -> None:
    archive = Archive(State(folder))
    assert archive.get(made(1).digest) is None
    assert archive.get(None) is None
    assert not (folder / ".presswork").exists()


@pytest.mark.parametrize("damage", [b"", b"rubbish", made(2).to_json()], ids=["empty", "rubbish", "of another"])
def test_a_damaged_copy_is_as_none(folder: Path, damage: bytes) -> None:
    archive = Archive(State(folder))
    archive.put(made(1))
    (file,) = (folder / ".presswork/archive").iterdir()
    file.write_bytes(damage)
    assert archive.get(made(1).digest) is None
    archive.put(made(1))
    assert archive.get(made(1).digest) == made(1)


def test_the_digests_that_one_target_needs_survive_a_deploy_to_another(folder: Path) -> None:
    plain = made(1)
    archive = Archive(State(folder))
    archive.put(Manifest(plain.entries, plain.types, {"sha1": {"index.html": "aa"}}))
    archive.put(plain)
    archive.put(Manifest(plain.entries, plain.types, {"git": {"index.html": "bb"}}))
    found = archive.get(plain.digest)
    assert found is not None
    assert found.digests == {"sha1": {"index.html": "aa"}, "git": {"index.html": "bb"}}


def test_only_the_newest_are_kept(folder: Path) -> None:
    archive = Archive(State(folder))
    for number in range(KEEP + 3):
        archive.put(made(number))
        aged(folder)
    kept = [number for number in range(KEEP + 3) if archive.get(made(number).digest)]
    assert kept == [*range(3, KEEP + 3)]


def test_one_that_is_put_again_is_new_again(folder: Path) -> None:
    archive = Archive(State(folder))
    for number in range(KEEP):
        archive.put(made(number))
        aged(folder)
    archive.put(made(0))
    aged(folder)
    archive.put(made(KEEP))
    assert archive.get(made(0).digest) == made(0)
    assert archive.get(made(1).digest) is None
