from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork.errors import ConfigError
from presswork_checks.budgets import read_size
from support_checks import findings

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, str | bytes] = {
    "index.html": '<script src="/a.js"></script><img src="i.png"><img src="i.png"><a href="b.html">b</a>'.ljust(100),
    "b.html": "b" * 50,
    "a.js": "j" * 1_000,
    "old.js": "j" * 500,
    "i.png": b"i" * 2_000,
}


def over(folder: Path, **budgets: Any) -> list[tuple[str, str | None]]:
    return [(one.code, one.path) for one in findings(folder, FILES, checks={"budgets": budgets})]


@pytest.mark.parametrize(
    ("key", "size", "largest"),
    [("total", 3_650, "i.png"), ("js", 1_500, "a.js"), ("image", 2_000, "i.png"), ("html", 150, "index.html")],
)
def test_a_budget_holds_to_the_byte(tmp_path: Path, key: str, size: int, largest: str) -> None:
    assert over(tmp_path, **{key: size}) == []
    assert over(tmp_path, **{key: size - 1}) == [("over-budget", largest)]


def test_a_page_counts_with_what_it_loads_each_file_once(tmp_path: Path) -> None:
    assert over(tmp_path, page=3_100) == []
    assert over(tmp_path, page=3_099) == [("page-over-budget", "index.html")]


def test_a_budget_can_be_an_error_and_says_both_sizes(tmp_path: Path) -> None:
    checks = {"budgets": {"total": "3 kB", "page": 40, "severity": "error"}}
    total, page = findings(tmp_path, FILES, checks=checks)
    assert (total.severity, page.severity) == ("error", "error")
    assert total.message == "The site comes to 3.6 kB, the budget is 3.0 kB. The largest is i.png, 2.0 kB."
    assert "3.1 kB, its budget is 40 bytes, and 1 more page" in page.message


@pytest.mark.parametrize(
    ("text", "size"),
    [("20 MB", 20_000_000), ("500 kB", 500_000), ("1.5MiB", 1_572_864), ("7", 7), (7, 7), ("1 GB", 10**9), ("3 b", 3)],
)
def test_a_size_is_read_as_people_write_it(text: object, size: int) -> None:
    assert read_size("total", text) == size


@pytest.mark.parametrize("text", ["", "much", "1,5 MB", "-1", "5 cats", "1e6"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="no size") as raised:
        read_size("total", text)
    assert "500 kB" in raised.value.hint


@pytest.mark.parametrize(("key", "hint"), [("javascript", "The keys are"), ("totl", "`total`"), ("images", "`image`")])
def test_an_unknown_budget_is_an_error_with_the_nearest_right_one(tmp_path: Path, key: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown key `checks.budgets.{key}`") as raised:
        over(tmp_path, **{key: "1 MB"})
    assert hint in raised.value.hint


@pytest.mark.parametrize(("key", "size"), [("total", 1_650), ("page", 1_100)])
def test_what_a_budget_is_to_ignore_is_not_added_up(tmp_path: Path, key: str, size: int) -> None:
    assert over(tmp_path, **{key: size}, ignore=["*.png"]) == []
    assert len(over(tmp_path, **{key: size - 1}, ignore=["*.png"])) == 1
