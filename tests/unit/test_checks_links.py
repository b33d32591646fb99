from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.site import Page
from support_checks import codes, findings

if TYPE_CHECKING:
    from pathlib import Path

TWO = {"index.html": '<a href="b/">b</a>', "b/index.html": '<h1 id="top-of-b">b</h1><a href="../">home</a>'}


def test_a_site_whose_links_all_lead_somewhere_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, TWO) == []


def test_a_broken_link_is_told_with_its_page_line_and_source(tmp_path: Path) -> None:
    pages = [Page("b/index.html", "B", "docs/b.md")]
    page = '<h1>b</h1>\n<!-- <a href="commented/"> -->\n<p>\n<a class="x" href="../c/?x=1&amp;y=2">c</a></p>'
    (found,) = findings(tmp_path, TWO | {"b/index.html": page}, pages=pages)
    assert (found.severity, found.code) == ("warning", "broken-link")
    assert (found.path, found.line, found.source) == ("b/index.html", 4, "docs/b.md")
    assert "leads to c/, which is not in the site" in found.message


@pytest.mark.parametrize(
    "html",
    [
        '<a href="{}">x</a>',
        '<map><area href="{}"></map>',
        '<link rel="stylesheet" href="{}">',
        '<script src="{}"></script>',
        '<img src="{}">',
        '<img src="b/" srcset="b/ 1x, {} 2x">',
        '<picture><source srcset="{}"></picture>',
        '<iframe src="{}"></iframe>',
        '<video poster="{}"></video>',
        '<audio><source src="{}"></audio>',
        "<a href={}>unquoted</a>",
        "<A HREF='{}'>shouted</A>",
    ],
)
def test_whatever_a_page_links_to_or_loads_is_followed(tmp_path: Path, html: str) -> None:
    found = findings(tmp_path, TWO | {"index.html": html.format("nowhere.x")})
    assert codes(found) == ["broken-link"]
    assert found[0].line == 1
    assert findings(tmp_path, TWO | {"index.html": html.format("b/index.html")}) == []


@pytest.mark.parametrize(
    "html",
    [
        "<!-- <a href='nowhere/'>x</a> -->",
        "<script>document.write('<a href=\"nowhere/\">')</script>",
        '<pre>&lt;a href="nowhere/"&gt;</pre>',
        '<link rel="canonical" href="nowhere/">',
        '<link rel="preconnect" href="nowhere/">',
        '<link rel="alternate" hreflang="de" href="nowhere/">',
        '<a name="nowhere">x</a>',
        "<a href>x</a>",
        '<img src="data:image/png;base64,a/b,nowhere">',
    ],
)
def test_what_no_reader_follows_is_passed_over(tmp_path: Path, html: str) -> None:
    assert findings(tmp_path, TWO | {"index.html": html}) == []


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("b/#top-of-b", False),
        ("b/#Top-Of-B", True),
        ("b/#gone", True),
        ("#gone", True),
        ("#here", False),
        ("#%C3%A4", False),
        ("#old", False),
        ("#bare", False),
        ("#", False),
        ("#top", False),
        ("#/route", False),
        ("b/#:~:text=b", False),
        ("b/#top-of-b:~:text=b", False),
        ("picture.svg#part", False),
    ],
)
def test_an_anchor_must_be_on_the_page_it_is_looked_for_on(tmp_path: Path, link: str, broken: bool) -> None:
    page = f'<p id="here"></p><p id="&auml;"></p><a name="old"></a><p id=bare></p><a href="{link}">x</a>'
    found = findings(tmp_path, TWO | {"index.html": page, "picture.svg": "<svg/>"})
    assert codes(found) == ["broken-anchor"] * broken
    assert all(one.path == "index.html" for one in found)


def test_an_anchor_on_a_page_that_only_sends_its_readers_on_is_not_looked_for(tmp_path: Path) -> None:
    moved = '<meta http-equiv="refresh" content="0; url=../">'
    files = TWO | {"index.html": '<a href="b/#part">x</a>', "b/index.html": moved}
    assert findings(tmp_path, files) == []
    assert codes(findings(tmp_path, files | {"b/index.html": "<p>"})) == ["broken-anchor"]


def test_only_changed_pages_are_looked_at(tmp_path: Path) -> None:
    broken = TWO | {"c.html": '<a href="nowhere/">x</a>'}
    assert codes(findings(tmp_path, broken)) == ["broken-link"]
    assert findings(tmp_path, broken | {"b/index.html": "new"}, live=broken) == []


def test_links_to_a_removed_page_are_found_on_pages_that_have_not_changed(tmp_path: Path) -> None:
    live = TWO | {"c.html": '<p>\n<a href="b/">x</a><a href="never-there/">y</a>'}
    left = {path: content for path, content in live.items() if path != "b/index.html"}
    (found,) = findings(tmp_path, left, live=live)
    assert (found.code, found.severity) == ("link-to-removed", "warning")
    assert (found.path, found.line) == ("c.html", 2)
    assert "leads to b/, which this deployment removes (1 more page with this link)" in found.message
    assert findings(tmp_path, left | {"_redirects": "/b/ /c.html\n"}, live=live) == []


def test_a_page_that_moved_is_gone_from_where_it_was_and_its_own_links_are_followed_anew(tmp_path: Path) -> None:
    live = TWO | {"d/index.html": '<a href="../b/">x</a>'}
    moved = {
        "index.html": TWO["index.html"],
        "b2/index.html": TWO["b/index.html"],
        "d/e/index.html": live["d/index.html"],
    }
    told = {(one.code, one.path) for one in findings(tmp_path, moved, live=live)}
    assert told == {("link-to-removed", "index.html"), ("broken-link", "d/e/index.html")}


def test_one_finding_tells_of_all_links_to_one_address(tmp_path: Path) -> None:
    pages = {f"p{number}.html": '<a href="nowhere/">x</a><a href="nowhere/#y">x</a>' for number in range(300)}
    (found,) = findings(tmp_path, TWO | pages)
    assert "(299 more pages with this link)" in found.message


def test_of_hundreds_of_addresses_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    page = "\n".join(f'<a href="nowhere-{number:03}/">x</a>' for number in range(300))
    found = findings(tmp_path, TWO | {"index.html": page})
    assert len(found) == 25
    assert [one.line for one in found] == list(range(1, 26))
    assert found[-1].message.endswith("; it is the same with 275 more addresses.")


def test_pages_and_addresses_can_be_ignored(tmp_path: Path) -> None:
    files = TWO | {"index.html": '<a href="api/v1/">x</a>', "404.html": '<a href="nowhere/">x</a>'}
    assert codes(findings(tmp_path, files)) == ["broken-link", "broken-link"]
    assert findings(tmp_path, files, checks={"links": {"ignore": ["/404.html", "api/"]}}) == []


def test_a_base_path_is_no_folder_of_the_site(tmp_path: Path) -> None:
    files = TWO | {"404.html": '<a href="/docs/b/">b</a>'}
    assert findings(tmp_path, files, base_url="https://example.org/docs/") == []
    assert codes(findings(tmp_path, files)) == ["broken-link"]
