"""Versions at Canvas Drop: looked at, gone back to, taken off, and proved by what is read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.errors import Gone
from support_canvasdrop import emulating, sha256
from support_canvasdrop_host import HOME, Publisher, asked, codes, opened, pages, switch_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_canvasdrop import InThread


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "emulator") as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, canvas: InThread) -> Publisher:
    return Publisher(tmp_path, canvas)


def test_versions_are_the_history_and_a_rollback_sends_nothing(publisher: Publisher, canvas: InThread) -> None:
    publisher.deploy(HOME)
    publisher.deploy(pages(3))
    assert [(each.id, each.live) for each in publisher.history()] == [("2", True), ("1", False)]

    canvas.emulator.requests.clear()
    told = publisher.rollback()
    assert told.verified is not None
    assert told.verified.ok
    assert canvas.live() == HOME
    assert asked(canvas, "^(?!GET)") == ["POST /rollback"]
    assert [(each.id, each.live) for each in publisher.history()] == [("2", False), ("1", True)]


def test_a_version_that_is_pruned_or_never_was_cannot_be_gone_back_to(publisher: Publisher, canvas: InThread) -> None:
    publisher.deploy(HOME)
    publisher.deploy(pages(2))
    switch_on(canvas, "version-unavailable")
    told = publisher.rollback("1", "failed")
    assert told.error is not None
    assert "presswork history" in told.error.hint
    assert canvas.live() == pages(2)

    for number in range(12):
        canvas.publish({"index.html": b"%d" % number})
    assert len(publisher.history()) == 10


@pytest.mark.parametrize("page_words", [False, True])
def test_the_other_shapes_of_a_refused_rollback_are_the_same_to_us(
    publisher: Publisher, canvas: InThread, page_words: bool
) -> None:
    canvas.emulator.behaviour.page_words = page_words
    with opened(publisher.folder, canvas) as host:
        for release in ("7", "999999999", "0", "x", "1.0", "9" * 400):
            with pytest.raises(Gone, match="no version"):
                host.activate(release)


def test_what_was_taken_off_can_be_taken_off_again_and_comes_back_by_a_rollback(
    publisher: Publisher, canvas: InThread
) -> None:
    publisher.deploy(HOME)
    assert codes(publisher.unpublish()) == {"canvasdrop-unpublished": "info"}
    assert canvas.live() is None
    assert codes(publisher.unpublish()) == {}
    publisher.rollback("1")
    assert canvas.live() == HOME


def test_bytes_that_are_not_what_the_listing_claims_are_found_and_repaired(
    tmp_path: Path, publisher: Publisher, canvas: InThread
) -> None:
    site = pages(5)
    publisher.deploy(site)
    (blob,) = (tmp_path / "emulator").glob(f"blobs/*/{sha256(site['p/3.html'])}")
    blob.write_bytes(b"cut short")

    told = publisher.verify("failed")
    assert told.verified is not None
    assert told.verified.mismatches == ("p/3.html",)
    blob.unlink()
    assert publisher.deploy(site).verified is not None
    assert canvas.live() == site


@pytest.mark.parametrize(("private", "also"), [(True, ()), (False, ("http",))])
def test_the_public_address_proves_what_it_can_and_a_sign_in_page_nothing(
    publisher: Publisher, canvas: InThread, private: bool, also: tuple[str, ...]
) -> None:
    publisher.deploy(pages(3))
    canvas.emulator.change(private=private)
    told = publisher.verify()

    assert told.verified is not None
    assert (told.verified.method, told.verified.ok, told.verified.also) == ("read", True, also)


def test_of_many_files_a_stated_sample_is_read_back_and_all_where_that_is_asked_for(
    tmp_path: Path, publisher: Publisher, canvas: InThread
) -> None:
    site = pages(300)
    told = publisher.deploy(site)
    assert told.verified is not None
    assert (told.verified.files, told.verified.of) == (200, 300)
    assert len(asked(canvas, r"^GET /files\?path")) == 200

    told = publisher.verify(full=True)
    assert told.verified is not None
    assert (told.verified.files, told.verified.of) == (300, None)

    canvas.publish({path: content for path, content in site.items() if path != "p/3.html"})
    told = publisher.verify("failed", manifest=publisher.project().archive.get(told.manifest and told.manifest.digest))
    assert told.verified is not None
    assert told.verified.mismatches == ("p/3.html",)
