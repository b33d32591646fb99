"""What a scan reads, and what it has to say about a folder."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError
from presswork.host import SHA1, SHA256, Digest
from presswork.manifest import Entry
from presswork.scan import scan, shape
from support_scan import findings, paths, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from presswork.host import Hasher

LARGE = 9 * 1024 * 1024 + 1


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site of one page, with nothing to be said about it."""
    site = tmp_path / "site"
    write(site, {"index.html": b"<h1>Home</h1>"})
    return site


# Entries and digests


def test_entries_carry_path_size_and_sha256_in_the_order_of_their_paths(root: Path) -> None:
    write(root, {"a/b.html": b"b", "a.css": b"", "Z.js": b"zz"})
    assert scan(root).entries == tuple(
        Entry(path, len(content), hashlib.sha256(content).hexdigest())
        for path, content in [("Z.js", b"zz"), ("a.css", b""), ("a/b.html", b"b"), ("index.html", b"<h1>Home</h1>")]
    )


def test_a_sound_site_has_no_findings(root: Path) -> None:
    assert scan(root).findings == ()


def test_other_digests_are_made_of_the_same_bytes(root: Path) -> None:
    write(root, {"a.txt": b"a", "large.bin": os.urandom(LARGE)})
    asked: list[tuple[str, int]] = []

    def new(path: str, size: int) -> Hasher:
        asked.append((path, size))
        return hashlib.md5(usedforsecurity=False)

    found = scan(root, digests=[SHA1, Digest("md5", new), SHA256])
    files = {path.name: path.read_bytes() for path in root.iterdir()}
    assert found.digests == {
        name: {path: hashlib.new(name, content).hexdigest() for path, content in files.items()}
        for name in ("sha1", "md5", "sha256")
    }
    assert sorted(asked) == sorted((path, len(content)) for path, content in files.items())


def test_no_digests_are_made_that_nobody_asked_for(root: Path) -> None:
    assert scan(root).digests == {}


def test_a_file_of_many_reads_hashes_like_a_small_one(root: Path) -> None:
    content = os.urandom(LARGE)
    write(root, {"large.bin": content})
    large = scan(root).entries[-1]
    assert large == Entry("large.bin", LARGE, hashlib.sha256(content).hexdigest())


# The root


def test_a_root_may_be_a_link_and_may_be_relative(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    monkeypatch.chdir(root.parent)
    assert scan(link) == scan("link") == scan(root)


@pytest.mark.parametrize("read", [scan, shape])
def test_a_root_that_is_no_folder_is_a_configuration_error(read: Callable[[Path], object], root: Path) -> None:
    for wrong in (root / "nowhere", root / "index.html"):
        with pytest.raises(ConfigError, match=wrong.name) as caught:
            read(wrong)
        assert caught.value.hint


def test_a_folder_without_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert findings(tmp_path) == [("error", "empty-site", None)]


def test_a_site_without_a_home_page_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, {"sub/index.html": b""})
    assert findings(tmp_path) == [("warning", "no-index", None)]


# Ignoring


def test_what_is_ignored_is_neither_read_nor_spoken_of(root: Path) -> None:
    (root / "drafts").mkdir()
    (root / "drafts/broken").symlink_to("nothing")
    (root / "drafts/odd").symlink_to("/")
    (root / "out").symlink_to("/")
    (root / "Index.html~").symlink_to("nothing")
    (root / "index.HTML").symlink_to("nothing")
    assert scan(root, ignore=["drafts/", "out/", "*.HTML"]).findings == ()
    assert {code for _, code, _ in findings(root)} == {"dangling-link", "link-leaves-root", "name-clash"}


def test_an_ignored_link_to_a_folder_counts_as_a_folder(root: Path) -> None:
    write(root, {"1.0/page.html": b""})
    (root / "latest").symlink_to("1.0")
    assert paths(root) == ["1.0/page.html", "index.html", "latest/page.html"]
    assert paths(root, ignore=["latest/"]) == ["1.0/page.html", "index.html"]


def test_an_ignored_folder_is_not_descended_into(root: Path) -> None:
    write(root, {"drafts/keep.html": b"", "open/keep.html": b""})
    assert paths(root, ignore=["drafts/", "open/*", "!keep.html"]) == ["index.html", "open/keep.html"]


# Shape


def test_a_shape_counts_what_a_scan_reads(root: Path) -> None:
    write(root, {"a/b.html": b"12345", "drafts/c.html": b"1", ".doctrees/x": b"1"})
    (root / "link").symlink_to("a")
    (root / "gone").symlink_to("nothing")
    entries = scan(root, ignore=["drafts/"]).entries
    found = shape(root, ignore=["drafts/"])
    assert (found.files, found.bytes) == (len(entries), sum(entry.size for entry in entries))


def test_the_newest_change_is_that_of_any_file_that_a_scan_reads(root: Path) -> None:
    write(root, {"a.html": b"", "b.html": b"", ".doctrees/x": b""})
    os.utime(root / ".doctrees/x", ns=(0, 2**62))
    for path, changed in {"a.html": 2**61, "b.html": 2**61 + 2**40, "index.html": 2**61 + 2**41}.items():
        os.utime(root / path, ns=(0, changed))
        assert shape(root).newest == (root / path).stat().st_mtime_ns > 2**60


def test_the_shape_of_an_empty_folder_is_nothing(tmp_path: Path) -> None:
    found = shape(tmp_path)
    assert (found.files, found.bytes, found.newest) == (0, 0, 0)
