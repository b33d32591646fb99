"""The page on Netlify, followed as its reader would, against the emulator that it tells to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from support_cli import tree
from support_rehearsal import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "netlify.md"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    varies = {
        "token": "nfp_[0-9a-f]{36}",
        "site": "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "deploy": r"\b[0-9a-f]{24}\b",
    }
    with Reader(tmp_path, **varies) as made:
        yield made


def test_the_page_does_what_it_says(reader: Reader) -> None:
    reader.follow(PAGE.read_text())

    outcomes = [said for command, said in reader.done if command.startswith("presswork deploy")]
    assert [re.findall(r"\(netlify\): (.*)", said) for said in outcomes] == [
        ["deployed"],
        ["deployed"],
        ["preview ready"],
        ["deployed"],
    ]
    assert len(reader.done) > 15
    assert tree(reader.folder / "site") == {
        path: reader.get(f"/_live/the-handbook/{quote(path)}") for path in tree(reader.folder / "site")
    }


@pytest.mark.parametrize(
    ("was", "became"),
    [
        ("29 added, 0 changed", "28 added, 0 changed"),
        ("default (netlify): promoted", "default (netlify): deployed"),
        ("$ presswork verify --full", "$ presswork verify --no-such"),
    ],
)
def test_a_page_that_says_otherwise_is_noticed(reader: Reader, was: str, became: str) -> None:
    page = PAGE.read_text().partition("## Go back")[0]
    assert was in page

    with pytest.raises(AssertionError):
        reader.follow(page.replace(was, became))
