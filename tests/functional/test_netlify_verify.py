"""Proof that what is live at Netlify is what was built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support_netlify import emulating
from support_netlify_host import Publisher, asked, edited, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


def test_verifying_reads_the_whole_listing_and_visits_the_pages(publisher: Publisher, netlify: InThread) -> None:
    site = pages(230)
    publisher.deploy(site)
    netlify.emulator.requests.clear()
    told = publisher.verify()

    assert told.verified
    assert (told.verified.method, told.verified.files, told.verified.ok) == ("listing", 230, True)
    assert told.verified.also == ("http",)
    assert len(asked(netlify, "^GET /sites/SITE/files")) == 3


def test_verifying_in_full_reads_every_byte_as_it_was_uploaded(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.behaviour.rewrites_pages = True
    site = {**pages(5), "with space/ü.html": b"<p>x"}
    publisher.deploy(site)
    assert publisher.live(site) != site
    told = publisher.verify(full=True)

    assert told.verified
    assert (told.verified.method, told.verified.also, told.verified.ok) == ("listing", ("read", "http"), True)
    assert len({*asked(netlify, "^GET /sites/SITE/files/.")}) == 6
    assert {one.path for one in told.verified.rewritten} == {*site}


def test_bytes_that_are_not_what_the_listing_says_are_caught_by_visiting_or_reading(
    tmp_path: Path, publisher: Publisher, netlify: InThread
) -> None:
    site = pages(5)
    publisher.deploy(site)
    (spoilt,) = (file for file in (tmp_path / "netlify" / "blobs").rglob("*") if _content(file) == b"page 3 ")
    spoilt.write_bytes(b"page 9 ")

    publisher.table["patience"] = 0  # nothing is on its way that would be worth a wait
    visited = publisher.verify("failed").verified
    assert visited
    assert (visited.method, visited.mismatches) == ("http", ("p/3.html",))
    read = publisher.verify("failed", full=True).verified
    assert read
    assert (read.method, read.mismatches) == ("read", ("p/3.html",))


def test_a_live_site_that_is_not_the_build_is_found_by_the_listing(publisher: Publisher, netlify: InThread) -> None:
    told = publisher.deploy(pages(5))
    assert told.release

    def edit(_method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        if path.endswith("/files"):
            document[1]["sha"] = "0" * 40
        return document

    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        verified = publisher.verify("failed").verified
        assert verified
        assert verified.mismatches == ("p/1.html",)


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
