"""A scan of files that cannot be read, or that change while they are."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError
from presswork.host import Digest
from presswork.scan import scan, shape
from support_scan import findings, only_finding, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from presswork.host import Hasher

NOBODY = 65534
LARGE = 9 * 1024 * 1024 + 1


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site of one page, with nothing to be said about it."""
    site = tmp_path / "site"
    write(site, {"index.html": b"<h1>Home</h1>"})
    return site


# Rights


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A site in a folder that any user can reach."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        write(place, {"index.html": b"", "sub/secret.html": b"x"})
        yield place


@contextmanager
def as_a_user_without(path: Path) -> Iterator[None]:
    """Take the rights to `path` away for a while, and the privileges of a root that would not care."""
    scan(path if path.is_dir() else path.parent)  # imports what it needs while it may
    mode = path.stat().st_mode
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(PermissionError):
            os.close(os.open(path, os.O_RDONLY))
        yield
    finally:
        os.seteuid(user)
        path.chmod(mode)


@pytest.mark.parametrize("path", ["sub", "sub/secret.html"])
def test_a_file_or_folder_that_cannot_be_read_is_an_error(open_root: Path, path: str) -> None:
    assert findings(open_root) == []
    with as_a_user_without(open_root / path):
        found = scan(open_root)
    assert [(f.severity, f.code, f.path) for f in found.findings] == [("error", "unreadable", path)]
    assert [entry.path for entry in found.entries] == ["index.html"]


def test_a_root_that_cannot_be_read_is_a_configuration_error(open_root: Path) -> None:
    with as_a_user_without(open_root), pytest.raises(ConfigError, match="Permission denied"):
        scan(open_root)


def test_a_link_that_cannot_be_followed_for_want_of_rights_is_unreadable(open_root: Path) -> None:
    (open_root / "link").symlink_to("sub/secret.html")
    with as_a_user_without(open_root / "sub"):
        assert findings(open_root) == [("error", "unreadable", "link"), ("error", "unreadable", "sub")]


def test_a_shape_opens_no_file(open_root: Path) -> None:
    before = shape(open_root)
    with as_a_user_without(open_root / "sub/secret.html"):
        assert "unreadable" in {code for _, code, _ in findings(open_root)}
        assert shape(open_root) == before


# A folder at work


def meddling(act: Callable[[str], object]) -> Digest:
    """A digest that does something to the folder when the first file has been opened and not yet read."""
    met: list[str] = []

    def new(path: str, _size: int) -> Hasher:
        if not met:
            met.append(path)
            act(path)
        return hashlib.md5(usedforsecurity=False)

    return Digest("meddling", new)


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def shrink(path: Path) -> None:
    path.write_bytes(b"")


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(0, 0))


@pytest.mark.parametrize("size", [5, LARGE])
@pytest.mark.parametrize("change", [grow, shrink, rewrite])
def test_a_file_that_changes_while_it_is_read_is_an_error(
    tmp_path: Path, change: Callable[[Path], None], size: int
) -> None:
    write(tmp_path, {"index.html": b"-" * size})
    found = scan(tmp_path, digests=[meddling(lambda path: change(tmp_path / path))])
    assert [(f.severity, f.code, f.path) for f in found.findings] == [("error", "changed-while-read", "index.html")]
    assert (found.entries, found.digests) == ((), {"meddling": {}})
    assert findings(tmp_path) == []


@pytest.mark.parametrize("size", [5, LARGE])
def test_a_file_that_grows_behind_its_last_byte_is_an_error_even_with_its_time_put_back(root: Path, size: int) -> None:
    page = root / "index.html"
    write(root, {"index.html": b"-" * size})
    times = page.stat().st_atime_ns, page.stat().st_mtime_ns

    class Growing:
        def update(self, _data: bytes) -> None:
            with page.open("ab") as file:
                file.write(b"+")
            os.utime(page, ns=times)

        def hexdigest(self) -> str:
            return ""

    finding = only_finding(root, digests=[Digest("growing", lambda _path, _size: Growing())])
    assert finding.code == "changed-while-read"


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that is longer than it says: /proc has them")
def test_a_file_that_is_longer_than_it_says_is_an_error() -> None:
    found = scan(f"/proc/{os.getpid()}", ignore=["*", "!/cmdline"])
    assert ("changed-while-read", "cmdline") in [(f.code, f.path) for f in found.findings]


def replaced_by(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Path.unlink, "vanished"),
        (replaced_by(os.mkfifo), "changed-while-read"),
        (replaced_by(Path.mkdir), "changed-while-read"),
        (replaced_by(lambda path: path.symlink_to("/etc/passwd")), "changed-while-read"),
    ],
)
def test_a_file_that_is_gone_or_another_thing_by_the_time_it_is_opened_is_an_error(
    tmp_path: Path, change: Callable[[Path], None], code: str
) -> None:
    write(tmp_path, {"a.html": b"a", "b.html": b"b"})
    others = {"a.html": "b.html", "b.html": "a.html"}
    found = scan(tmp_path, digests=[meddling(lambda path: change(tmp_path / others[path]))])
    (read,) = found.entries
    assert ("error", code, others[read.path]) in [(f.severity, f.code, f.path) for f in found.findings]


def test_a_folder_that_is_gone_by_the_time_it_is_listed_is_an_error(root: Path) -> None:
    write(root, {"sub/page.html": b""})
    finding = only_finding(root, digests=[meddling(lambda _path: shutil.rmtree(root / "sub"))])
    assert (finding.severity, finding.code, finding.path) == ("error", "vanished", "sub")
