from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork import guards
from presswork.host import Limits, Release
from presswork.manifest import Entry, Manifest
from presswork.plan import Estimate, Plan, compare

if TYPE_CHECKING:
    from presswork.findings import Finding

LIVE = Release(id="r1", url="https://moon.example/", live=True)


def pages(*numbers: int, below: str = "") -> dict[str, str]:
    return {f"{below}p{number}.html": f"content {number}" for number in numbers}


def removals(old: dict[str, str], new: dict[str, str], *, allowed: bool = False, known: bool = True) -> list[Finding]:
    plan = Plan(compare(old, new), replaces=LIVE, known=known, estimate=Estimate("", "", 0, 0))
    live = sum(path.endswith(".html") for path in old)
    return [*guards.removals(plan, live, allowed=allowed)]


def test_eleven_of_twenty_pages_gone_are_refused_and_the_first_is_named() -> None:
    (finding,) = removals(pages(*range(20)), pages(*range(9)))
    assert (finding.severity, finding.code, finding.path) == ("error", "removals", "p10.html")
    assert finding.message == "11 of 20 live pages would be gone, p10.html first."
    assert finding.hint is not None
    assert "--allow-removals" in finding.hint
    assert "PRESSWORK_ALLOW_REMOVALS=1" in finding.hint


def test_eleven_pages_gone_are_allowed_where_that_is_meant() -> None:
    assert removals(pages(*range(20)), pages(*range(9)), allowed=True) == []


def test_ten_pages_gone_are_allowed_however_few_there_were() -> None:
    assert removals(pages(*range(10)), {}) == []
    assert removals(pages(*range(11)), {}) != []


def test_a_quarter_of_the_pages_gone_is_allowed_and_one_more_is_not() -> None:
    assert removals(pages(*range(100)), pages(*range(75))) == []
    assert removals(pages(*range(100)), pages(*range(74))) != []


def test_pages_that_moved_are_gone_from_their_addresses() -> None:
    (finding,) = removals(pages(*range(20)), pages(*range(20), below="site/"))
    assert finding.message.startswith("20 of 20 live pages")
    assert finding.path == "p0.html"


def test_files_that_are_no_pages_may_go() -> None:
    images = {f"{number}.png": str(number) for number in range(50)}
    assert removals({**images, **pages(1)}, pages(1)) == []


def test_pages_that_changed_or_came_are_not_gone() -> None:
    changed = dict.fromkeys(pages(*range(20)), "new")
    assert removals(pages(*range(20)), {**changed, **pages(*range(20, 90))}) == []


def test_where_nobody_knows_what_is_live_there_is_a_warning() -> None:
    (finding,) = removals({}, pages(*range(20)), known=False)
    assert (finding.severity, finding.code) == ("warning", "removals-unknown")
    assert finding.hint


MANIFEST = Manifest([Entry("a.bin", 600, "0"), Entry("ü/b.bin", 500, "1")], dict.fromkeys(("a.bin", "ü/b.bin"), "x"))


@pytest.mark.parametrize(
    ("known", "code", "path"),
    [
        (Limits(files=1), "too-many-files", None),
        (Limits(total_bytes=1099), "too-large", None),
        (Limits(file_bytes=599), "file-too-large", "a.bin"),
        (Limits(path_bytes=7), "path-too-long", "ü/b.bin"),
    ],
)
def test_a_site_over_a_limit_is_refused_with_the_number(known: Limits, code: str, path: str | None) -> None:
    (finding,) = guards.limits(MANIFEST, known)
    assert (finding.severity, finding.code, finding.path) == ("error", code, path)
    assert any(character.isdigit() for character in finding.message)
    assert finding.hint


def test_a_site_at_its_limits_is_fine() -> None:
    assert [*guards.limits(MANIFEST, Limits(files=2, total_bytes=1100, file_bytes=600, path_bytes=8))] == []
    assert [*guards.limits(MANIFEST, Limits())] == []
