"""The page on SimpleHost, followed as its reader would, against the emulator that it tells to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support_rehearsal import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "simplehost.md"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with Reader(
        tmp_path,
        key="sh_live_[0-9a-f]{32}",
        slug=r"\b[a-z]+-[a-z]+-[0-9a-f]{4}\b",
        id="01[0-9A-HJKMNP-TV-Z]{24}",
    ) as made:
        yield made


def test_the_page_does_what_it_says(reader: Reader) -> None:
    reader.follow(PAGE.read_text())

    outcomes = [found for _, said in reader.done for found in re.findall(r"\(simplehost\): (\w+)", said)]
    assert outcomes == ["planned", "claimed", "deployed", "verified", "rolled", "unpublished"]
    assert len(reader.done) > 10


def test_a_page_that_says_otherwise_is_noticed(reader: Reader) -> None:
    page = PAGE.read_text().partition("## Claim it")[0]
    assert "29 added" in page

    with pytest.raises(AssertionError, match="28 added"):
        reader.follow(page.replace("29 added", "28 added"))
