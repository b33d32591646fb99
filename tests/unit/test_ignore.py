"""Which files the ignore rules leave out of a site."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError
from presswork.scan import scan, shape
from support_scan import paths, write

if TYPE_CHECKING:
    from pathlib import Path

LEFT_OUT = [
    ".git/HEAD",
    ".presswork/journal",
    ".doctrees/page.bin",
    ".buildinfo",
    ".buildinfo.bak",
    "page.doctree",
    "environment.pickle",
    ".DS_Store",
    "index.html~",
    ".index.html.swp",
    ".index.html.swa",
    ".#index.html",
]
KEPT = [
    ".nojekyll",
    ".well-known/security.txt",
    ".htaccess",
    ".gitignore",
    "buildinfo",
    "doctree",
    "page.doctree.html",
    "a~b.html",
    "index.swp",
    ".index.html.swq",
    "#index.html",
    "guide.git/page.html",
]


@pytest.mark.parametrize("folder", ["", "sub/", ".well-known/"])
def test_what_tools_leave_behind_is_left_out_at_any_depth_and_nothing_else(tmp_path: Path, folder: str) -> None:
    write(tmp_path, dict.fromkeys((folder + path for path in LEFT_OUT + KEPT), b""))
    for ignore in ([], ["*.none"]):  # by our own means, and by pathspec's
        assert paths(tmp_path, ignore=ignore) == sorted(folder + path for path in KEPT)
    assert paths(tmp_path, ignore=["!*"]) == sorted(folder + path for path in LEFT_OUT + KEPT)


def test_patterns_are_read_as_in_a_gitignore_file(tmp_path: Path) -> None:
    files = ["a.map", "a.js", "sub/b.map", "drafts/x/y.html", "sub/drafts/z.html", "top.html", "sub/top.html"]
    write(tmp_path, dict.fromkeys(files, b""))
    ignore = ["# a comment", "", "*.map", "drafts/**", "/top.html"]
    assert paths(tmp_path, ignore=ignore) == ["a.js", "sub/drafts/z.html", "sub/top.html"]


def test_the_last_pattern_that_matches_decides(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys((".buildinfo", "a.map", "b.map"), b""))
    assert paths(tmp_path) == ["a.map", "b.map"]
    assert paths(tmp_path, ignore=["!.buildinfo", "*.map", "!b.map"]) == [".buildinfo", "b.map"]
    assert paths(tmp_path, ignore=["!b.map", "*.map"]) == []


def test_a_default_that_is_taken_back_brings_back_the_whole_folder(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys((".doctrees/a.bin", ".doctrees/sub/b.bin", ".doctrees/sub/c.doctree"), b""))
    assert paths(tmp_path, ignore=["!.doctrees"]) == [".doctrees/a.bin", ".doctrees/sub/b.bin"]


@pytest.mark.parametrize("pattern", ["trailing\\", "[abc", "[z-a].html", "/", "!", "[[:alpha:]].html"])
@pytest.mark.parametrize("read", [scan, shape])
def test_a_pattern_without_a_meaning_is_a_configuration_error(tmp_path: Path, read: type[object], pattern: str) -> None:
    write(tmp_path, {"index.html": b""})
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, ignore=["*.map", pattern])  # type: ignore[call-arg]
    assert repr(pattern) in caught.value.message
    assert caught.value.hint


def test_a_site_is_read_without_importing_pathspec_unless_there_are_patterns(tmp_path: Path) -> None:
    script = (
        "import sys; from presswork.scan import scan\n"
        "scan(sys.argv[1], ignore=sys.argv[2:]); print('pathspec' in sys.modules)"
    )

    def imported(*patterns: str) -> str:
        return subprocess.check_output([sys.executable, "-c", script, str(tmp_path), *patterns], text=True).strip()

    write(tmp_path, {"guide/index.html": b"", "guide/.nojekyll": b"", ".doctrees/guide.doctree": b""})
    assert imported() == "False"
    assert imported("*.map") == "True"
