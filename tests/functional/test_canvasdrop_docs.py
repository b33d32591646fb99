"""The page on Canvas Drop, followed as its reader would, against the emulator that it tells to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support_rehearsal import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "canvasdrop.md"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with Reader(tmp_path, key="cd_[A-Za-z0-9_-]{43}", canvas="[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}") as made:
        yield made


def test_the_page_does_what_it_says(reader: Reader) -> None:
    reader.follow(PAGE.read_text())

    outcomes = [said for command, said in reader.done if command.startswith(("presswork deploy", "presswork rollback"))]
    found = [re.findall(r"\(canvasdrop\): (.*)", said) for said in outcomes]
    assert found == [["deployed"], ["deployed"], ["rolled back"]]
    assert len(reader.done) > 10


def test_a_page_that_says_otherwise_is_noticed(reader: Reader) -> None:
    page = PAGE.read_text().partition("## Change a page")[0]
    assert "27 added" in page

    with pytest.raises(AssertionError, match="26 added"):
        reader.follow(page.replace("27 added", "26 added"))
