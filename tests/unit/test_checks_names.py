from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.site import Page
from support_checks import codes, findings

if TYPE_CHECKING:
    from pathlib import Path

HOME = {"index.html": "home"}


@pytest.mark.parametrize("store", [".git", "theme/.svn", ".hg", "lib/CVS", ".jj"])
def test_a_folder_of_version_control_is_one_error(tmp_path: Path, store: str) -> None:
    found = findings(tmp_path, HOME | {f"{store}/config": "x", f"{store}/objects/ab/cd": "x"})
    assert [(one.severity, one.code, one.path) for one in found] == [("error", "version-control", store)]


def test_what_only_tells_git_something_is_no_store(tmp_path: Path) -> None:
    assert findings(tmp_path, HOME | {".gitignore": "x", ".gitattributes": "x", "git/index.html": "x"}) == []


def test_source_maps_are_told_of_once_and_are_no_reason_to_worry(tmp_path: Path) -> None:
    maps = {f"assets/a{number}.js.map": "{}" for number in range(5)} | {"site.css.map": "{}"}
    others = HOME | {"world.map": "x", "bootstrap.min.css.map": "{}"}
    (found,) = findings(tmp_path, others | maps)
    assert findings(tmp_path, others) == []
    assert findings(tmp_path, HOME | maps | {"index.html": "new"}, live=HOME | maps) == []
    assert (found.severity, found.code) == ("info", "source-map")
    assert found.message.endswith(": assets/a0.js.map, assets/a1.js.map, assets/a2.js.map and 3 more.")


def test_drafts_are_known_by_their_folder_or_title(tmp_path: Path) -> None:
    files = HOME | {"drafts/a.html": "x", "b.html": "x", "drafts/a.png": "x", "drafting/c.html": "x", "d.html": "x"}
    pages = [Page("b.html", "[Draft] Plans", "b.md"), Page("d.html", "Drafting a treaty")]
    (found,) = findings(tmp_path, files, pages=pages)
    assert (found.severity, found.code) == ("warning", "draft")
    assert found.message.endswith(": b.html, drafts/a.html.")
    assert (found.path, found.source) == ("b.html", "b.md")


NO_INDEX = '<meta name="robots" content="NOINDEX, follow">'


@pytest.mark.parametrize(
    ("path", "page", "told"),
    [
        ("a.html", NO_INDEX.lower(), True),
        ("a.html", '<META NAME="Robots" CONTENT="noindex">', True),
        ("a.html", "<!-- " + NO_INDEX.lower() + " -->", False),
        ("a.html", "<p>noindex is a word", False),
        ("a.html", '<meta http-equiv="refresh" content="0; url=b">' + NO_INDEX.lower(), False),
        ("404.html", NO_INDEX.lower(), False),
        ("search/index.html", NO_INDEX.lower(), False),
        ("de/search.html", NO_INDEX.lower(), False),
        ("research.html", NO_INDEX.lower(), True),
    ],
)
def test_pages_that_ask_not_to_be_found_are_told_of(tmp_path: Path, path: str, page: str, told: bool) -> None:
    found = findings(tmp_path, HOME | {path: page})
    assert [(one.severity, one.code, one.path) for one in found] == [("warning", "noindex", path)] * told


def test_a_check_is_raised_lowered_and_switched_off_by_its_name(tmp_path: Path) -> None:
    files = HOME | {".env": "x", "a.js.map": "{}", "drafts/a.html": "", "b.html": '<a href="nowhere">x</a>'}
    checks = {"secrets": "warning", "source-maps": "error", "drafts": "off", "links": {"severity": "info"}}
    found = findings(tmp_path, files, checks=checks)
    assert {one.code: one.severity for one in found} == {
        "env-file": "warning",
        "source-map": "error",
        "broken-link": "info",
    }
    assert codes(findings(tmp_path, files)) == ["env-file", "source-map", "broken-link", "draft"]
