"""A site that goes to Netlify as one ZIP archive, because that was asked for or is the cheaper way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork_netlify.emulator import Fault
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, asked, changing, codes, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread

DEPLOYS = "/sites/[^/]+/deploys$"


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify, route="zip")


def deploys(netlify: InThread) -> list[dict[str, Any]]:
    return list(netlify.api("GET", f"/sites/{netlify.site}/deploys").json)


def test_an_archive_that_is_asked_for_is_the_whole_deploy(publisher: Publisher, netlify: InThread) -> None:
    site = {**pages(120), "ünïcode/ñ.html": b"<p>n", "empty.txt": b"", "large.bin": b"\0\1" * 300_000}
    told = publisher.deploy(site)

    assert publisher.live(site) == site
    assert [line.partition("?")[0] for line in changing(netlify)] == ["POST /sites/SITE/deploys"]
    assert told.route
    assert told.uploaded
    assert told.manifest
    assert (told.route.name, told.uploaded.files, told.uploaded.bytes) == ("zip", len(site), told.manifest.bytes)
    assert deploys(netlify)[0]["title"] == f"Deployed by Presswork {told.manifest.digest}"
    assert told.verified
    assert told.verified.ok


def test_an_unchanged_site_sends_no_archive(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    netlify.emulator.requests.clear()
    publisher.deploy(HOME, "unchanged")

    assert changing(netlify) == []


@pytest.mark.parametrize("status", [502, 504, 200])
def test_an_archive_whose_answer_was_lost_is_found_by_its_title(
    publisher: Publisher, netlify: InThread, status: int
) -> None:
    netlify.emulator.faults.append(Fault(method="POST", pattern=DEPLOYS, status=status, after=True))
    publisher.deploy(HOME)

    assert len(deploys(netlify)) == 1
    assert publisher.live(HOME) == HOME


def test_an_earlier_deploy_of_the_same_title_is_not_taken_for_it(publisher: Publisher, netlify: InThread) -> None:
    first = publisher.deploy(HOME)
    publisher.deploy({"index.html": b"2"})
    publisher.deploy(HOME)

    assert first.release
    assert [deploy["id"] == first.release.id for deploy in deploys(netlify)] == [False, False, True]
    assert publisher.live(HOME) == HOME


def test_an_archive_that_never_arrived_is_sent_by_the_next_run(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="POST", pattern=DEPLOYS, status=502))
    told = publisher.deploy(HOME, "failed")
    assert told.error
    assert told.error.retryable
    publisher.deploy(HOME)

    assert len(deploys(netlify)) == 1
    assert publisher.live(HOME) == HOME


def test_a_run_that_ended_after_the_archive_was_taken_is_gone_on_with(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="GET", pattern="^/api/v1/deploys/", status=503, count=None))
    publisher.deploy(HOME, "failed", settings={"patience": 0})
    netlify.emulator.faults.clear()
    netlify.emulator.requests.clear()
    publisher.deploy(HOME, "unchanged")
    publisher.deploy({"index.html": b"2"})
    publisher.deploy(HOME)

    assert len(deploys(netlify)) == 3


def test_a_finished_archive_that_something_replaced_is_sent_again(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="GET", pattern="^/api/v1/deploys/", status=503, count=None))
    publisher.deploy(HOME, "failed", settings={"patience": 0})
    netlify.emulator.faults.clear()
    netlify.deploy({"index.html": b"a rival's"})
    publisher.deploy(HOME)

    assert len(deploys(netlify)) == 3
    assert publisher.live(HOME) == HOME


@pytest.mark.parametrize(
    ("more", "settings", "code"),
    [
        ({"preview": True}, {}, "netlify-zip-draft"),
        ({}, {"staged": True}, "netlify-zip-draft"),
        ({}, {"functions": "functions"}, "netlify-zip-functions"),
    ],
)
def test_what_an_archive_cannot_carry_is_refused_before_anything_is_sent(
    publisher: Publisher, netlify: InThread, more: dict[str, Any], settings: dict[str, Any], code: str
) -> None:
    (publisher.folder / "functions").mkdir()
    (publisher.folder / "functions" / "hello.js").write_text("exports.handler = 1")
    report = publisher.report(HOME, settings=settings, **more)

    (told,) = report.targets
    assert (told.outcome, report.exit_code) == ("refused", 3)
    assert codes(told)[code] == "error"
    assert changing(netlify) == []


# By itself


def test_an_archive_is_chosen_where_netlify_lacks_more_than_a_thousand_files(
    publisher: Publisher, netlify: InThread
) -> None:
    site = pages(1002)
    told = publisher.deploy(site, settings={"route": None})

    assert told.route
    assert told.route.name == "zip"
    assert asked(netlify, "^PUT /deploys/ID/files/") == []
    assert len(publisher.live(site)) == 1002
    assert [deploy["error_message"] for deploy in deploys(netlify)] == [None, "Canceled"]


def test_no_archive_is_chosen_where_netlify_has_the_content_already(
    tmp_path: Path, publisher: Publisher, netlify: InThread
) -> None:
    site = pages(1002)
    publisher.deploy(site)
    other = netlify.api("POST", "/sites", {}).json["id"]
    told = Publisher(tmp_path / "other", netlify, site=other).deploy(site)

    assert told.route
    assert told.route.name == "digest"


@pytest.mark.parametrize(
    ("more", "settings"),
    [({"preview": True}, {}), ({}, {"staged": True}), ({}, {"route": "digest"}), ({}, {"functions": "functions"})],
)
def test_no_archive_is_chosen_where_it_could_not_carry_everything(
    publisher: Publisher, netlify: InThread, more: dict[str, Any], settings: dict[str, Any]
) -> None:
    (publisher.folder / "functions").mkdir()
    (publisher.folder / "functions" / "hello.js").write_text("exports.handler = 1")
    outcome = "previewed" if more else "deployed"
    told = publisher.deploy(pages(1002), outcome, settings={"route": None, **settings}, **more)

    assert told.route
    assert told.route.name == "digest"
    assert len(asked(netlify, "^PUT /deploys/ID/files/")) == 1002


def test_where_an_archive_of_our_own_choosing_is_not_taken_the_files_are_sent(
    publisher: Publisher, netlify: InThread
) -> None:
    netlify.emulator.faults.append(Fault(method="POST", pattern=DEPLOYS, status=504, skip=1))
    site = pages(1002)
    told = publisher.deploy(site, settings={"route": None})

    assert told.route
    assert told.route.name == "digest"
    assert len(publisher.live(site)) == 1002
    assert len(asked(netlify, "^PUT /deploys/ID/files/")) == 1002


def test_the_plan_names_the_way_and_why(publisher: Publisher) -> None:
    named = {}
    for settings, number in (({}, 5), ({"route": None}, 5), ({"route": None}, 1002)):
        told = publisher.deploy(pages(number), "planned", settings=settings, dry_run=True)
        assert told.route
        named[len(settings), number] = (told.route.name, told.route.reason)

    assert named == {
        (0, 5): ("zip", "it is asked for"),
        (1, 5): ("digest", "only the files Netlify lacks are sent"),
        (1, 1002): ("zip", "one request is quicker than so many files"),
    }
