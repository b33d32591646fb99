"""The example site and the how-to: what they say and hold is what the real commands print and deploy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support_docs import Reader, shown
from support_sphinx import Docs

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "sites" / "sphinx" / "docs"
HOW_TO = ROOT / "docs" / "how-to" / "sphinx.md"


def test_the_how_to_prints_what_it_says(tmp_path: Path) -> None:
    page = HOW_TO.read_text()

    assert Reader(tmp_path).follow(page) == len(list(shown(page))) > 8


def test_a_how_to_that_says_otherwise_is_noticed(tmp_path: Path) -> None:
    page = HOW_TO.read_text().partition("Change a page")[0]
    assert "23 added" in page

    with pytest.raises(AssertionError, match="prints:"):
        Reader(tmp_path).follow(page.replace("23 added", "22 added"))


def test_the_example_site_builds_without_a_warning_and_is_deployed(tmp_path: Path) -> None:
    docs = Docs(tmp_path)
    shutil.rmtree(docs.source)
    shutil.copytree(EXAMPLE, docs.source)
    run = docs.build("-W", "-n").ok()
    site = docs.record.site

    assert "presswork: default (local): deployed" in run.stdout
    assert docs.live == docs.site
    assert len(site.pages) == len(list(EXAMPLE.rglob("*.rst"))) > 22
    assert {page.title for page in site.pages} >= {"Grain direction", "Casing in"}
    assert all((tmp_path / str(page.source)).is_file() for page in site.pages)
    assert sum(path.startswith("_images/") for path in docs.live) == 4

    page = docs.source / "materials" / "grain.rst"
    page.write_text(page.read_text() + "\nOne more way is to ask the shop.\n")
    _, report = docs.report("-W")
    (target,) = report["targets"]
    assert target["changes"]["changed"] == 3  # the page, its source, the search index
    assert target["uploaded"]["files"] == 3
    assert docs.live == docs.site
