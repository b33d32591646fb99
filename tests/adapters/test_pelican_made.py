"""Which files a run of Pelican says it made: all that are its own, whether or not it had to write them this time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.site import Page
from support_pelican import BUILT, Blog

if TYPE_CHECKING:
    from pathlib import Path

# Everything Pelican itself can put into its output folder.
RICH = """
THEME = "theme"
THEME_STATIC_DIR = "look"
THEME_STATIC_PATHS = ["static", "favicon.txt"]
IGNORE_FILES = ["*.ignored"]
STATIC_PATHS = ["images", "extra"]
EXTRA_PATH_METADATA = {"extra/CNAME": {"path": "CNAME"}, "extra/robots.txt": {"path": "./odd/../robots.txt"}}
TEMPLATE_PAGES = {"raw.html": "from/template.html"}
DEFAULT_PAGINATION = 1
YEAR_ARCHIVE_SAVE_AS = "{date:%Y}/index.html"
MONTH_ARCHIVE_SAVE_AS = "{date:%Y}/{date:%m}/index.html"
CATEGORY_FEED_ATOM = "feeds/{slug}.atom.xml"
TAG_FEED_RSS = "feeds/tag.{slug}.rss.xml"
AUTHOR = "Ann"
OUTPUT_SOURCES = True
OUTPUT_SOURCES_EXTENSION = ".source.txt"
"""
RICH_BUILT = {
    *BUILT,
    *("2026/index.html", "2026/01/index.html", "2026/02/index.html"),
    *("author/ann.html", "author/ann2.html", "category/misc2.html", "index2.html", "tag/ink2.html"),
    *("feeds/ann.atom.xml", "feeds/ann.rss.xml", "feeds/misc.atom.xml", "feeds/tag.ink.rss.xml"),
    *("drafts/draft.html", "first-de.html", "from/template.html"),
    *("first-de.source.txt", "first.source.txt", "pages/about.source.txt", "second.source.txt"),
    *("CNAME", "images/a.png", "images/deep/b.png", "linked.pdf", "robots.txt"),
    *("look/css/base.css", "look/css/more/print.css", "look/favicon.txt"),
}
HOW = {
    "copied": "",
    "linked": "STATIC_CREATE_LINKS = True",
    "left where nothing changed": "STATIC_CHECK_IF_MODIFIED = True",
    "read from a cache": "CACHE_CONTENT = LOAD_CONTENT_CACHE = True",
    "cleared first": "DELETE_OUTPUT_DIRECTORY = True",
}


def rich(folder: Path, more: str) -> Blog:
    blog = Blog(folder, '{"on_build": "off"}', RICH + more)
    for name in ("static/css/base.css", "static/css/more/print.css", "static/css/x.ignored", "favicon.txt", "unused"):
        blog.file(f"theme/{name}", name)
    for name in ("images/a.png", "images/deep/b.png", "extra/CNAME", "extra/robots.txt", "linked.pdf", "unlinked.pdf"):
        blog.file(f"content/{name}", name)
    blog.file("theme/templates/tags.html", "{{ SITENAME }}")
    blog.file("content/raw.html", "{{ SITENAME }}")
    blog.article("first.md", "First", "2026-01-02", "[Plans]({attach}linked.pdf)")
    blog.article("first-de.md", "Erstes", "2026-01-02", "Hallo.", "Slug: first\nLang: de")
    blog.article("draft.md", "Draft", "2026-03-01", "Soon.", "Status: draft")
    return blog


@pytest.mark.parametrize("more", HOW.values(), ids=HOW)
def test_it_is_all_that_pelican_put_there_in_a_second_run_too(tmp_path: Path, more: str) -> None:
    blog = rich(tmp_path, more)
    blog.build().ok()
    assert blog.site.keys() == RICH_BUILT
    assert blog.made == sorted(RICH_BUILT)

    blog.build().ok()
    assert blog.made == sorted(RICH_BUILT)


def test_the_theme_that_pelican_comes_with_is_claimed_whole(tmp_path: Path) -> None:
    blog = Blog(tmp_path, more='THEME = "notmyidea"\nSUMMARY_MAX_LENGTH = 5')
    blog.build().ok()

    assert "theme/css/main.css" in blog.made
    assert blog.made == sorted(blog.site)


def test_what_is_in_the_folder_for_another_reason_is_not_claimed(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    blog.file("output/google1234.html", "put there by hand")
    blog.file("output/theme/by-hand.css", "put there by hand")
    blog.build().ok()

    assert blog.made == BUILT
    assert blog.live == blog.site
    assert set(blog.site) == {*BUILT, "google1234.html", "theme/by-hand.css"}


def test_a_file_that_another_plugin_keeps_from_run_to_run_is_never_claimed(tmp_path: Path) -> None:
    blog = Blog(tmp_path, more="import sys\nsys.path.append('.')\nPLUGINS.append('thumbnails')")
    blog.plugin("thumbnails", _KEEPS)
    for _ in range(2):
        blog.build().ok()
        assert blog.made == BUILT
        assert blog.live == blog.site
        assert "thumbnail.png" in blog.site


def test_what_the_generator_of_a_plugin_writes_through_pelican_is_claimed(tmp_path: Path) -> None:
    blog = Blog(tmp_path, more="import sys\nsys.path.append('.')\nPLUGINS.append('bare')")
    blog.plugin("bare", _BARE)
    blog.build().ok()

    assert blog.made == sorted({*BUILT, "bare/page.html"})
    assert blog.live == blog.site


def test_the_pages_of_a_deleted_source_stay_in_the_folder_and_go_from_the_site(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    blog.article("third.md", "Third", "2026-03-04", "Hello.", "Tags: gold leaf")
    blog.build().ok()
    gone = {"third.html", "tag/gold-leaf.html"}
    assert blog.made == sorted({*BUILT, *gone})

    (tmp_path / "content" / "third.md").unlink()
    blog.build().ok()
    assert gone < blog.site.keys()
    assert blog.made == BUILT
    assert blog.live is not None
    assert sorted(blog.live) == BUILT
    assert "third.html" not in {page.path for page in blog.record.site.pages}


def test_the_page_of_a_renamed_article_is_deployed_by_its_new_name_only(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    blog.build().ok()
    blog.article("second.md", "Another", "2026-02-03", "Hello.")
    blog.build().ok()

    assert {"second.html", "another.html"} < blog.site.keys()
    assert blog.made == sorted({*BUILT, "another.html"} - {"second.html"})
    assert blog.live is not None
    assert sorted(blog.live) == blog.made
    assert Page("another.html", "Another", "content/second.md") in blog.record.site.pages


@pytest.mark.parametrize("trouble", ["Title: Second\nDate: soon\n\nHello.\n", "Hello, without any metadata.\n"])
def test_a_page_stays_that_of_its_source_while_pelican_cannot_read_it(tmp_path: Path, trouble: str) -> None:
    blog = Blog(tmp_path)
    second = tmp_path / "content" / "second.md"
    good = second.read_text()
    blog.build().ok()
    pages = blog.record.site.pages
    for _ in range(2):
        second.write_text(trouble)
        run = blog.build("--log-handler", "plain")
        assert (run.code, "second.md" in run.output) == (0, True)  # Pelican tells the error and goes on
        assert blog.record.site.pages == pages
        assert blog.made == BUILT
        assert blog.live == blog.site

    second.write_text(good.replace("Second", "Third"))
    blog.build().ok()
    assert blog.live is not None
    assert "second.html" not in blog.live


def test_a_source_that_could_never_be_read_has_no_page(tmp_path: Path) -> None:
    blog = Blog(tmp_path)
    blog.file("content/README.md", "No article at all.\n")
    for _ in range(2):
        assert blog.build().code == 0
        assert blog.made == BUILT


_BARE = """
from jinja2 import Template
from pelican import signals

class Bare:
    def __init__(self, **given):
        self._given = given

    def generate_output(self, writer):
        writer.write_file("bare/page.html", Template("{{ SITENAME }}"), self._given["context"])

def get(instance):
    return Bare

def register():
    signals.get_generators.connect(get)
"""

_KEEPS = """
from pathlib import Path
from pelican import signals

def write(instance):
    thumbnail = Path(instance.output_path, "thumbnail.png")
    if not thumbnail.exists():
        thumbnail.write_text("takes long to make")

def register():
    signals.finalized.connect(write)
"""
