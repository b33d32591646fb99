from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presswork.archive import KEEP, KEEP_BYTES, Archive
from presswork.errors import ContentChanged, Gone
from presswork.manifest import Entry, Manifest
from presswork.state import State
from presswork.testing import memory_source
from presswork.testing.sites import noise

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def made(number: int) -> Manifest:
    return Manifest([Entry("index.html", number, f"{number:064x}")], {"index.html": "text/html"})


def aged(folder: Path) -> None:
    """Let every file be a minute older: the clock of a file system may stand still between two writes."""
    for file in (folder / ".presswork/archive").rglob("*"):
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


@pytest.fixture
def full(folder: Path) -> Archive:
    """Return an archive of as many manifests as it keeps, each a minute newer than the one before."""
    archive = Archive(State(folder))
    archive.put(made(0))
    for number in range(1, KEEP):
        manifest = made(number)
        (folder / f".presswork/archive/{manifest.digest[7:]}.json").write_bytes(manifest.to_json())
    for number in range(KEEP):
        moment = time.time() - 60 * (KEEP - number)
        os.utime(folder / f".presswork/archive/{made(number).digest[7:]}.json", (moment, moment))
    return archive


def left(archive: Archive) -> list[int]:
    return [number for number in range(KEEP + 3) if archive.get(made(number).digest)]


def test_only_the_newest_are_kept(full: Archive) -> None:
    for number in range(KEEP, KEEP + 3):
        full.put(made(number))
    assert left(full) == [*range(3, KEEP + 3)]


@pytest.mark.parametrize("use", [lambda archive: archive.put(made(0)), lambda archive: archive.get(made(0).digest)])
def test_one_that_is_put_again_or_asked_for_is_new_again(full: Archive, use: Callable[[Archive], object]) -> None:
    use(full)
    full.put(made(KEEP))
    assert left(full) == [0, *range(2, KEEP + 1)]


def test_one_whose_bytes_are_kept_stays(full: Archive, folder: Path) -> None:
    (folder / ".presswork/archive/kept").mkdir()
    (folder / f".presswork/archive/kept/{made(1).digest[7:]}").touch()
    for number in range(KEEP, KEEP + 3):
        full.put(made(number))
    assert left(full) == [1, *range(3, KEEP + 3)]


def test_what_another_process_drops_meanwhile_is_no_trouble(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, (manifest, source) = Archive(State(folder)), memory_source({"index.html": b"home"})
    archive.put(made(1))
    archive.keep(*memory_source({"index.html": b"old"}))
    listed = Path.glob

    def gone_by_then(self: Path, pattern: str) -> list[Path]:
        found = [*listed(self, pattern)]
        dropped.extend(found)
        for file in found:
            file.unlink()
        return found

    dropped: list[Path] = []
    monkeypatch.setattr(Path, "glob", gone_by_then)
    archive.put(manifest)
    archive.keep(manifest, source)
    assert {file.parent.name for file in dropped} >= {"archive", "kept"}
    assert any("files" in file.parts for file in dropped)


def stored(folder: Path) -> set[bytes]:
    return {file.read_bytes() for file in (folder / ".presswork/archive/files").glob("*/*")}


def test_kept_bytes_are_a_source_in_another_process_too(folder: Path) -> None:
    manifest, source = memory_source({"a.txt": b"alike", "b.txt": b"alike", "large.bin": noise(600_000, "large")})
    Archive(State(folder)).keep(manifest, source)
    archive = Archive(State(folder))
    assert archive.holds(manifest)
    archive.prove(manifest)
    assert all(archive.open(entry).read() == source.open(entry).read() for entry in manifest)
    assert len(stored(folder)) == 2, "the same content is kept once"


@pytest.mark.parametrize("damage", [None, b"", b"other"], ids=["gone", "empty", "as long and other"])
def test_a_file_that_is_missing_or_damaged_is_told_and_kept_anew(folder: Path, damage: bytes | None) -> None:
    manifest, source = memory_source({"index.html": b"right", "other.txt": b"o"})
    archive = Archive(State(folder))
    archive.keep(manifest, source)
    (file,) = (file for file in (folder / ".presswork/archive/files").glob("*/*") if file.read_bytes() == b"right")
    file.unlink() if damage is None else file.write_bytes(damage)
    with pytest.raises(Gone) as caught:
        archive.prove(manifest)
    assert caught.value.path == "index.html"
    if damage == b"other":
        file.unlink()  # what has the right size is not read again by each deploy
    archive.keep(manifest, source)
    archive.prove(manifest)


def test_what_has_changed_since_it_was_hashed_is_not_kept(folder: Path) -> None:
    manifest, _ = memory_source({"index.html": b"right"})
    _, changed = memory_source({"index.html": b"wrong"})
    archive = Archive(State(folder))
    with pytest.raises(ContentChanged):
        archive.keep(manifest, changed)
    assert stored(folder) == set()
    assert not archive.holds(manifest)


def test_files_that_none_of_the_newest_kept_manifests_names_are_dropped_in_time(folder: Path) -> None:
    archive = Archive(State(folder))
    sites = [memory_source({"index.html": b"%d" % number, "same.txt": b"same"}) for number in range(KEEP_BYTES + 2)]
    for manifest, source in sites:
        archive.put(manifest)
        archive.keep(manifest, source)
        aged(folder)
        archive.put(made(manifest.size))  # deployed to a host that can go back by itself: it does not count
    assert len(stored(folder)) == KEEP_BYTES + 3, "what is fresh may be of a deployment under way"
    for file in (folder / ".presswork/archive/files").glob("*/*"):
        os.utime(file, (0, 0))
    archive.keep(*sites[-1])
    assert stored(folder) == {b"same"} | {b"%d" % number for number in range(2, KEEP_BYTES + 2)}
    assert len([*(folder / ".presswork/archive/kept").iterdir()]) == KEEP_BYTES
    assert archive.get(sites[0][0].digest) is not None, "its manifest is kept longer"
    assert not archive.holds(sites[0][0])


def test_what_a_killed_process_left_half_written_is_cleared_in_time(folder: Path) -> None:
    manifest, source = memory_source({"index.html": b"home"})
    archive = Archive(State(folder))
    archive.keep(manifest, source)
    (file,) = (folder / ".presswork/archive/files").glob("*/*")
    fresh, old = file.with_name(f"{file.name}.12345678"), file.with_name(f"{file.name}.87654321")
    for half in (fresh, old):
        half.write_bytes(b"ho")
    os.utime(old, (0, 0))
    archive.keep(manifest, source)
    assert fresh.exists(), "somebody may be at it"
    assert not old.exists()
