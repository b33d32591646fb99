"""A site as one ZIP archive that is made as it is sent."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presswork.errors import ContentChanged, Refused
from presswork.manifest import Entry, Manifest
from presswork.paths import path_trouble
from presswork.source import PIECE
from presswork.testing import memory_source
from presswork.testing.sites import ODD, noise
from presswork.zipped import Zipped

if TYPE_CHECKING:
    from pathlib import Path

LARGE = {"film.bin": noise(3 * PIECE + 17, "film"), "small.txt": b"small", "exact.bin": noise(PIECE, "exact")}


def archive(files: dict[str, bytes]) -> Zipped:
    return Zipped(*memory_source(files))


def unpacked(data: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.mark.parametrize("files", [ODD, LARGE, {"only.html": b""}, {}], ids=["odd", "large", "empty file", "empty"])
def test_an_archive_holds_every_file_under_its_name(files: dict[str, bytes]) -> None:
    made = archive(files)
    data = made.read()

    assert unpacked(data) == files
    assert made.size == len(data)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=30).filter(lambda name: not path_trouble(name)), st.binary()))
def test_any_legal_names_and_any_content_come_out_as_they_went_in(files: dict[str, bytes]) -> None:
    made = archive(files)
    data = made.read()

    assert made.size == len(data)
    with ZipFile(io.BytesIO(data)) as opened:  # by position: two names may mean one file to some systems
        assert {info.filename: opened.read(info) for info in opened.infolist()} == files


def test_no_piece_is_large_and_reading_again_gives_the_same() -> None:
    made = archive(LARGE)
    first, second = list(made.pieces()), list(made.pieces())

    assert max(map(len, first)) <= PIECE
    assert b"".join(first) == b"".join(second)


def test_the_same_site_makes_the_same_archive() -> None:
    assert archive(ODD).read() == archive(dict(reversed(ODD.items()))).read()


def test_files_are_stored_with_the_oldest_date_and_utf8_names() -> None:
    with ZipFile(io.BytesIO(archive(ODD).read())) as opened:
        infos = opened.infolist()

    assert {info.compress_type for info in infos} == {ZIP_STORED}
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert all(info.flag_bits & 0x800 for info in infos)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_another_program_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "site.zip"
    file.write_bytes(archive({**LARGE, "with space/ünïcode.html": b"<p>"}).read())

    done = subprocess.run(["unzip", "-tq", file], capture_output=True, text=True)
    assert (done.returncode, done.stdout.startswith("No errors detected")) == (0, True), done.stdout


@pytest.mark.parametrize("path", ["small.txt", "film.bin"])
@pytest.mark.parametrize("content", [b"else!", None], ids=["changed", "gone"])
def test_a_file_that_is_no_longer_what_was_hashed_ends_the_archive(path: str, content: bytes | None) -> None:
    manifest, source = memory_source(LARGE)
    if content is None:
        del source.files[path]
    else:
        source.files[path] = content

    with pytest.raises(ContentChanged) as told:
        Zipped(manifest, source).read()
    assert told.value.path == path


@pytest.mark.parametrize(
    ("files", "size", "fits"),
    [(65_534, 1, True), (65_535, 1, False), (2, 2**31 - 500, True), (2, 2**31, False)],
)
def test_what_a_plain_archive_cannot_hold_is_refused_before_a_byte_is_read(files: int, size: int, fits: bool) -> None:
    digest = hashlib.sha256(b"never read").hexdigest()
    entries = [Entry(f"{number}.txt", size, digest) for number in range(files)]
    manifest = Manifest(entries, {entry.path: "text/plain" for entry in entries})
    _, source = memory_source({})

    if fits:
        assert Zipped(manifest, source).size > files * size
    else:
        with pytest.raises(Refused):
            Zipped(manifest, source)
