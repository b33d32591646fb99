"""The how-to prints what it says, and the example is a site that is built without a warning and deployed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support_docs import Reader, shown
from support_pelican import Blog

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "pelican.md"
EXAMPLE = ROOT / "examples" / "sites" / "pelican"


def test_the_how_to_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # Pelican breaks its lines to fit the terminal
    page = PAGE.read_text()

    assert Reader(tmp_path).follow(page) == len(list(shown(page))) == 10


@pytest.fixture
def example(tmp_path: Path) -> Blog:
    blog = Blog(tmp_path / "empty")
    shutil.copytree(EXAMPLE, tmp_path / "example", ignore=shutil.ignore_patterns("output", "__pycache__"))
    blog.folder = blog.cwd = tmp_path / "example"
    blog.file("pyproject.toml", "")
    return blog


def test_the_example_is_built_without_a_warning_and_deployed(example: Blog) -> None:
    run = example.build("--fatal", "warnings", "-s", "publishconf.py").ok()

    assert run.said[0] == "default (local): deployed"
    assert example.live == example.site
    assert example.made == sorted(example.site)
    assert not example.record.site.development
    sources = {page.source for page in example.record.site.pages}
    assert sources == {f"content/{path.parent.name}/{path.name}" for path in EXAMPLE.rglob("content/*/*.md")}
    assert len(sources) >= 24
    assert {"index.html", "index2.html", "2025/index.html", "robots.txt", "feeds/all.atom.xml"} <= example.site.keys()

    example.cwd = example.folder.parent  # as from the root of this project
    again = example.build("--fatal", "warnings", "-s", "example/publishconf.py", "-o", "example/output").ok()
    assert again.said[0] == "default (local): unchanged, nothing was sent"


def test_the_example_is_not_deployed_while_it_is_written(example: Blog) -> None:
    run = example.build("--fatal", "warnings").ok()

    assert "presswork" not in run.output
    assert example.untouched


def test_every_text_of_the_example_is_a_short_one() -> None:
    lengths = {path: len(path.read_text().partition("\n\n")[2].split()) for path in EXAMPLE.rglob("*.md")}

    assert [path for path, words in lengths.items() if not 150 <= words <= 250] == []
