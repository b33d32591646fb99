"""What the host `netlify` says of names, and which way it takes."""

from __future__ import annotations

import pytest

from presswork.manifest import Entry, Manifest
from presswork_netlify import rules


def manifest(files: int, size: int = 10) -> Manifest:
    entries = [Entry(f"{number}.html", size, f"{number:064x}") for number in range(files)]
    return Manifest(entries, {entry.path: "text/html" for entry in entries})


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("index.html", []),
        ("_headers", []),
        ("_redirects", []),
        ("a/_headers", ["netlify-nested"]),
        ("a/b/_redirects", ["netlify-nested"]),
        ("a/_headers.html", []),
        ("a#b", ["netlify-name"]),
        ("what?", ["netlify-name"]),
        ("a\\b", ["netlify-backslash"]),
        ("a\\b#c", ["netlify-name"]),
        ("a b/%23/é & ü.html", []),
    ],
)
def test_names_are_refused_or_warned_of(path: str, codes: list[str]) -> None:
    found = list(rules.name_findings(path))

    assert [finding.code for finding in found] == codes
    assert all(finding.path == path and finding.hint for finding in found)


@pytest.mark.parametrize(
    ("files", "missing", "size", "pays"),
    [
        (1001, 1001, 10, True),
        (1000, 1000, 10, False),
        (5000, 1001, 10, False),
        (5000, 2501, 10, True),
        (5000, 5000, 5000, True),
        (5000, 5000, 5001, False),
        (25_000, 25_000, 10, True),
        (25_001, 25_001, 10, False),
    ],
)
def test_an_archive_pays_where_most_of_a_site_of_some_size_is_missing(
    files: int, missing: int, size: int, pays: bool
) -> None:
    site = manifest(files, size)

    assert rules.archive_pays(site, [entry.sha256 for entry in site][:missing]) is pays


def test_an_estimate_counts_each_content_once_and_its_functions() -> None:
    same = [Entry(f"{number}.html", 10, "0" * 64) for number in range(5)]
    site = Manifest(same, {entry.path: "text/html" for entry in same})
    few = rules.estimate(site, same, 0, archive=False, asked=False)
    more = rules.estimate(site, same, 3, archive=False, asked=False)

    assert (few.bytes, more.requests - few.requests) == (10, 3)


@pytest.mark.parametrize(("asked", "reason"), [(True, "it is asked for"), (False, "one request is quicker")])
def test_an_archive_is_estimated_as_the_whole_site(asked: bool, reason: str) -> None:
    site = manifest(2000)
    estimate = rules.estimate(site, site.entries, 0, archive=True, asked=asked)

    assert (estimate.route, estimate.bytes, estimate.seconds) == ("zip", 20_000, 0.0)
    assert estimate.reason.startswith(reason)
