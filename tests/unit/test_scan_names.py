"""What a scan makes of links, of names and of what is no file."""

from __future__ import annotations

import hashlib
import os
import socket
from typing import TYPE_CHECKING

import pytest

from presswork.scan import scan
from support_scan import findings, only_finding, paths, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A site of one page, with nothing to be said about it."""
    site = tmp_path / "site"
    write(site, {"index.html": b"<h1>Home</h1>"})
    return site


# Special files and names


def test_pipes_and_sockets_are_errors_and_are_not_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "pipe")
    (root / "to-pipe").symlink_to("pipe")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")  # relative: the path of a socket is short
        assert findings(root) == [("error", "special-file", path) for path in ("pipe", "socket", "to-pipe")]
    assert paths(root) == ["index.html"]


def test_a_device_is_an_error() -> None:
    found = scan("/dev", ignore=["*", "!null"])
    assert [(f.code, f.path) for f in found.findings if f.severity == "error"] == [("special-file", "null")]


def test_a_name_that_is_not_utf8_is_an_error_and_is_shown_escaped(root: Path) -> None:
    (root / os.fsdecode(b"caf\xe9.html")).write_bytes(b"")
    (root / os.fsdecode(b"\xff")).mkdir()
    (root / os.fsdecode(b"\xff/page.html")).write_bytes(b"")
    (root / "café.html").write_bytes(b"")
    assert findings(root) == [("error", "not-utf8", r"\xff"), ("error", "not-utf8", r"caf\xe9.html")]
    assert [finding.message.split()[0] for finding in scan(root).findings] == [r"\xff", r"caf\xe9.html"]
    assert paths(root) == ["café.html", "index.html"]


def test_a_message_shows_control_characters_escaped_and_the_path_is_the_real_one(root: Path) -> None:
    (root / "a\x1b[2J\n.html").symlink_to("nothing")
    finding = only_finding(root)
    assert finding.path == "a\x1b[2J\n.html"
    assert finding.message.startswith(r"a\x1b[2J\n.html is a link")


@pytest.mark.parametrize(
    "names",
    [
        ("README.html", "Readme.html"),
        ("STRASSE", "Straße", "strasse"),
        ("cafe\u0301.html", "café.html"),
        ("CAFE\u0301.html", "café.html"),
    ],
)
def test_names_that_clash_in_case_or_composition_are_one_warning(root: Path, names: tuple[str, ...]) -> None:
    write(root, {f"sub/{name}": b"" for name in (*names, "other.html")})
    finding = only_finding(root)
    first = f"sub/{min(names)}"
    assert (finding.severity, finding.code, finding.path) == ("warning", "name-clash", first)
    assert all(f"sub/{name}" in finding.message for name in names)
    assert set(paths(root)) == {"index.html", "sub/other.html", *(f"sub/{name}" for name in names)}


def test_folders_that_clash_are_one_warning_however_much_they_hold(root: Path) -> None:
    write(root, {"Docs/a.html": b"", "Docs/b.html": b"", "docs/a.html": b"", "docs/b.html": b""})
    assert findings(root) == [("warning", "name-clash", "Docs")]


def test_every_group_that_clashes_is_a_warning_of_its_own(root: Path) -> None:
    write(root, dict.fromkeys(("a", "A", "b", "B", "sub/a"), b""))
    assert findings(root) == [("warning", "name-clash", "A"), ("warning", "name-clash", "B")]


# Links


def test_links_inside_the_root_are_followed(root: Path) -> None:
    write(root, {"1.0/sub/page.html": b"page"})
    (root / "latest").symlink_to("1.0")
    (root / "absolute").symlink_to(root / "1.0/sub")
    (root / "1.0/copy.html").symlink_to("../index.html")
    (root / "twice.html").symlink_to("1.0/copy.html")
    found = scan(root)
    page, home = hashlib.sha256(b"page").hexdigest(), hashlib.sha256(b"<h1>Home</h1>").hexdigest()
    assert found.findings == ()
    assert {entry.path: entry.sha256 for entry in found.entries} == {
        "1.0/copy.html": home,
        "1.0/sub/page.html": page,
        "absolute/page.html": page,
        "index.html": home,
        "latest/copy.html": home,
        "latest/sub/page.html": page,
        "twice.html": home,
    }


def test_links_to_what_is_ignored_are_followed(root: Path) -> None:
    write(root, {".doctrees/a.html": b"a", "page.html~": b"b"})
    (root / "folder").symlink_to(".doctrees")
    (root / "file.html").symlink_to("page.html~")
    assert paths(root) == ["file.html", "folder/a.html", "index.html"]


def test_links_out_of_the_root_are_errors(root: Path) -> None:
    write(root.parent, {"site-2/page.html": b"", "file.html": b""})
    (root / "file.html").symlink_to("../file.html")
    (root / "neighbour").symlink_to("../site-2")
    (root / "up").symlink_to("..")
    write(root, {"sub/page.html": b""})
    (root / "sub/etc").symlink_to("/etc")
    assert findings(root) == [
        ("error", "link-leaves-root", path) for path in ("file.html", "neighbour", "sub/etc", "up")
    ]
    assert paths(root) == ["index.html", "sub/page.html"]


def test_a_link_out_of_the_root_is_found_behind_a_link_that_stays(root: Path) -> None:
    write(root.parent, {"file.html": b""})
    write(root, {"sub/page.html": b""})
    (root / "sub/out.html").symlink_to("../../file.html")
    (root / "in.html").symlink_to("sub/out.html")
    assert ("error", "link-leaves-root", "in.html") in findings(root)


def test_links_that_loop_are_errors(root: Path) -> None:
    write(root, {"a/page.html": b"", "a/b/page.html": b""})
    for link, target in {
        "self": "self",
        "there": "back",
        "back": "there",
        "root": ".",
        "a/own": ".",
        "a/b/above": "..",
        "a/b/top": "../..",
    }.items():
        (root / link).symlink_to(target)
    loops = ["a/b/above", "a/b/top", "a/own", "back", "root", "self", "there"]
    assert findings(root) == [("error", "link-loop", path) for path in loops]
    assert paths(root) == ["a/b/page.html", "a/page.html", "index.html"]


def test_folders_that_link_to_each_other_are_loops(root: Path) -> None:
    write(root, {"a/page.html": b"", "b/page.html": b""})
    (root / "a/b").symlink_to("../b")
    (root / "b/a").symlink_to("../a")
    assert findings(root) == [("error", "link-loop", "a/b/a"), ("error", "link-loop", "b/a/b")]


def test_dangling_links_are_errors(root: Path) -> None:
    (root / "gone.html").symlink_to("nothing.html")
    (root / "through").symlink_to("index.html/page")
    (root / "outside").symlink_to("../nothing")
    assert findings(root) == [("error", "dangling-link", path) for path in ("gone.html", "outside", "through")]


# Findings


def test_findings_name_their_path_and_say_what_to_do_and_come_in_order(root: Path) -> None:
    write(root, {"A/page": b"", "a/page": b""})
    (root / "z").symlink_to("nothing")
    (root / "up").symlink_to("..")
    (root / "loop").symlink_to(".")
    os.mkfifo(root / "pipe")
    found = scan(root).findings
    assert [finding.code for finding in found] == [
        "name-clash",
        "link-loop",
        "special-file",
        "link-leaves-root",
        "dangling-link",
    ]
    assert all(finding.hint and finding.path and finding.message.startswith(finding.path) for finding in found)
