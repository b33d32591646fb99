"""The how-to prints what it says, under MkDocs, ProperDocs and mike."""

from __future__ import annotations

from pathlib import Path

from support_docs import Reader, shown

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "mkdocs.md"


def test_the_how_to_prints_what_it_says(tmp_path: Path) -> None:
    page = PAGE.read_text()

    assert Reader(tmp_path).follow(page) == len(list(shown(page))) > 15
