"""Two listings compared."""

from __future__ import annotations

import pytest

from presswork.findings import Finding
from presswork.host import Release
from presswork.plan import Change, Estimate, Plan, apply, compare

LIVE = Release(id="1", url="https://example.org", live=True)
ESTIMATE = Estimate("digest", "few files differ", 3, 100)


def kinds(old: dict[str, str], new: dict[str, str]) -> dict[str, str]:
    changes = compare(old, new)
    assert apply(changes, old) == new
    assert [change.path for change in changes] == sorted(change.path for change in changes)
    return {change.path: change.change for change in changes}


def test_every_path_of_either_listing_is_accounted_for_with_a_reason() -> None:
    old = {"same": "1", "changed": "2", "removed": "3", "was": "4"}
    new = {"same": "1", "changed": "5", "added": "6", "is": "4"}
    assert compare(old, new) == (
        Change("added", "added", "nothing is live at this path", "6"),
        Change("changed", "changed", "the content differs", "5"),
        Change("is", "moved", "the content was at was", "4", "was"),
        Change("removed", "removed", "the build no longer has it"),
        Change("same", "same", "the content is the same", "1"),
    )
    assert apply(compare(old, new), old) == new


def test_one_old_path_explains_one_new_path() -> None:
    assert kinds({"a": "1"}, {"b": "1", "c": "1"}) == {"b": "moved", "c": "added"}


def test_the_old_paths_that_explain_nothing_are_removed() -> None:
    assert kinds({"a": "1", "b": "1"}, {"c": "1"}) == {"b": "removed", "c": "moved"}


def test_duplicates_move_in_the_order_of_their_paths() -> None:
    changes = compare({"a": "1", "b": "1"}, {"c": "1", "d": "1"})
    assert [(change.before, change.path) for change in changes] == [("a", "c"), ("b", "d")]


def test_content_that_also_stays_where_it_was_is_added_elsewhere() -> None:
    assert kinds({"a": "1"}, {"a": "1", "b": "1"}) == {"a": "same", "b": "added"}


def test_files_that_change_places_have_changed() -> None:
    assert kinds({"a": "1", "b": "2"}, {"a": "2", "b": "1"}) == {"a": "changed", "b": "changed"}


def test_content_moves_away_from_no_path_that_still_has_a_file() -> None:
    assert kinds({"a": "1"}, {"a": "2", "b": "1"}) == {"a": "changed", "b": "added"}


def test_nothing_comes_of_nothing() -> None:
    assert kinds({}, {}) == {}
    assert kinds({}, {"a": "1"}) == {"a": "added"}
    assert kinds({"a": "1"}, {}) == {"a": "removed"}


def test_a_plan_counts_every_kind_of_change() -> None:
    plan = Plan(compare({"a": "1", "b": "2"}, {"a": "1", "c": "3"}), replaces=LIVE, known=True, estimate=ESTIMATE)
    assert plan.counts == {"added": 1, "changed": 0, "removed": 1, "moved": 0, "same": 1}


@pytest.mark.parametrize(
    ("new", "replaces", "known", "unchanged"),
    [
        ({"a": "1"}, LIVE, True, True),
        ({"a": "2"}, LIVE, True, False),
        ({"a": "1"}, LIVE, False, False),
        ({"a": "1"}, None, True, False),
    ],
)
def test_unchanged_means_that_what_is_live_is_known_and_the_same(
    new: dict[str, str], replaces: Release | None, known: bool, unchanged: bool
) -> None:
    plan = Plan(compare({"a": "1"}, new), replaces=replaces, known=known, estimate=ESTIMATE)
    assert plan.unchanged is unchanged


def test_findings_are_added_to_a_plan_that_is_otherwise_the_same() -> None:
    first, second = (Finding(severity="warning", code=code, message="Look.") for code in ("one", "two"))
    plan = Plan(compare({}, {"a": "1"}), replaces=LIVE, known=False, estimate=ESTIMATE, findings=[first])
    more = plan.with_findings([second])
    assert plan.findings == (first,)
    assert more.findings == (first, second)
    assert (more.changes, more.replaces, more.known, more.estimate) == (plan.changes, LIVE, False, ESTIMATE)
