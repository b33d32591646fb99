"""What is found out before anything is sent to Canvas Drop, and what is left out on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork.check import check
from support_canvasdrop import emulating
from support_canvasdrop_host import HOME, Publisher, asked, changing, codes, only, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_canvasdrop import InThread

OTHER_KEY = b"cd_" + b"A1-_" * 11


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "emulator") as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, canvas: InThread) -> Publisher:
    return Publisher(tmp_path, canvas)


def refused(publisher: Publisher, files: dict[str, bytes], **settings: Any) -> Any:
    report = publisher.report(files, settings=settings)
    assert report.exit_code == 3
    return only(report, "refused")


def test_the_record_would_show_what_is_sent(publisher: Publisher, canvas: InThread) -> None:
    publisher.deploy(HOME)

    assert changing(canvas) == ["POST /uploads", "PUT /uploads/UP/blobs/HASH", "POST /uploads/UP/finalize"]


@pytest.mark.parametrize("name", ["what?.html", "a/c#.html", "50%.html", "a\\b.html", "__proto__", "constructor"])
def test_a_name_that_would_not_be_served_is_refused(publisher: Publisher, canvas: InThread, name: str) -> None:
    told = refused(publisher, {**HOME, name: b"x"})

    (finding,) = told.findings
    assert (finding.code, finding.severity, finding.path) == ("canvasdrop-name", "error", name)
    assert "ignore" in finding.hint
    assert changing(canvas) == []


def test_what_the_server_drops_is_left_out_and_what_somebody_may_miss_is_warned_of(
    publisher: Publisher, canvas: InThread
) -> None:
    told = publisher.deploy({**HOME, ".nojekyll": b"", ".well-known/security.txt": b"Contact: me", "a/.b/c": b"x"})

    found = {finding.path: finding.severity for finding in told.findings if finding.leave_out}
    assert found == {".nojekyll": "info", ".well-known/security.txt": "warning", "a/.b/c": "warning"}
    assert told.manifest is not None
    assert told.manifest.files == 1
    assert told.verified is not None
    assert told.verified.ok
    assert canvas.live() == HOME
    publisher.deploy({**HOME, ".nojekyll": b"another"}, "unchanged")


@pytest.mark.parametrize("route", ["staged", "zip"])
@pytest.mark.parametrize("before", [0, (256 << 10) - 20])
def test_a_file_that_holds_the_key_is_refused_wherever_it_stands_in_it(
    publisher: Publisher, canvas: InThread, route: str, before: int
) -> None:
    content = b"." * before + canvas.facts["key"].encode() + b"." * 300_000
    told = refused(publisher, {**HOME, "img/a.png": content}, route=route)

    (finding,) = told.findings
    assert (finding.code, finding.severity, finding.path) == ("canvasdrop-key", "error", "img/a.png")
    assert canvas.facts["key"] not in repr(told)
    assert changing(canvas) == []


def test_what_looks_like_another_canvass_key_is_warned_of(publisher: Publisher) -> None:
    told = publisher.deploy({**HOME, "a.js": b"key = '%s'" % OTHER_KEY})

    assert codes(told)["canvasdrop-key-like"] == "warning"


def test_too_many_files_and_too_large_ones_are_refused_by_the_limits(publisher: Publisher, canvas: InThread) -> None:
    many = {f"{n}.txt": b"" for n in range(2001)}
    told = refused(publisher, {**HOME, **many})
    assert codes(told) == {"too-many-files": "error"}

    told = refused(publisher, {**HOME, "film.bin": bytes((25 << 20) + 1)})
    assert codes(told) == {"file-too-large": "error"}
    assert changing(canvas) == []


def test_an_archive_that_the_server_would_not_take_is_refused_where_it_is_asked_for(
    publisher: Publisher, canvas: InThread
) -> None:
    told = refused(publisher, {**HOME, "c:/x.txt": b"x"}, route="zip")

    assert codes(told) == {"canvasdrop-archive": "error"}
    assert changing(canvas) == []
    publisher.deploy({**HOME, "c:/x.txt": b"x"})
    assert canvas.live() == {**HOME, "c:/x.txt": b"x"}


def test_a_preview_is_refused_before_anything_is_asked(publisher: Publisher, canvas: InThread) -> None:
    report = publisher.report(HOME, preview=True)

    assert report.exit_code == 2
    assert report.error is not None
    assert "no previews" in report.error.message
    assert asked(canvas) == []


def test_a_missing_key_is_a_wrong_configuration_and_a_refused_one_a_failure(
    publisher: Publisher, canvas: InThread
) -> None:
    publisher.environ["CANVAS_KEY"] = canvas.other().facts["key"]
    report = publisher.report(HOME)
    assert report.exit_code == 1
    error = only(report, "failed").error
    assert error is not None
    assert "token_env" in error.hint

    del publisher.environ["CANVAS_KEY"]
    report = publisher.report(HOME)
    assert report.exit_code == 2
    error = only(report, "failed").error
    assert error is not None
    assert "CANVAS_KEY is not set" in error.message
    assert changing(canvas) == []


def test_two_canvases_are_deployed_to_with_a_key_each(tmp_path: Path, canvas: InThread) -> None:
    other = canvas.other()
    here = {"host": "canvasdrop", "url": canvas.facts["url"]}
    publisher = Publisher(tmp_path, canvas)
    publisher.table = {
        "targets": {
            "one": {**here, "canvas": canvas.facts["canvas"]},
            "two": {**here, "canvas": other.facts["canvas"], "token_env": "OTHER_KEY"},
        },
        "default": "one",
    }
    publisher.environ["OTHER_KEY"] = other.facts["key"]
    report = publisher.report(HOME, targets=["one", "two"])

    assert [target.outcome for target in report.targets] == ["deployed", "deployed"]
    assert canvas.live() == other.live() == HOME


def test_a_page_that_holds_another_targets_key_is_refused(
    tmp_path: Path, publisher: Publisher, canvas: InThread
) -> None:
    here = {"host": "canvasdrop", "url": canvas.facts["url"], "canvas": canvas.facts["canvas"]}
    publisher.table = {"targets": {"one": here, "two": {**here, "token_env": "OTHER_KEY"}}, "default": "one"}
    publisher.environ["OTHER_KEY"] = "correct horse battery"
    site = {**HOME, "a.html": b"correct horse battery"}

    assert codes(refused(publisher, site)) == {"own-secret": "error"}
    told = only(check(publisher.write(site), publisher.project()), "refused")
    assert codes(told) == {"own-secret": "error"}
    del publisher.environ["OTHER_KEY"]
    publisher.deploy(site)


def test_a_key_in_what_is_left_out_is_no_reason_to_refuse(publisher: Publisher, canvas: InThread) -> None:
    told = publisher.deploy({**HOME, "a/.b/c": canvas.facts["key"].encode()})

    assert codes(told) == {"canvasdrop-left-out": "warning"}


def test_a_site_of_which_nothing_is_left_is_refused(publisher: Publisher, canvas: InThread) -> None:
    told = refused(publisher, {".nojekyll": b""})

    assert codes(told)["empty-site"] == "error"
    assert changing(canvas) == []


def test_the_plan_names_the_route_and_sends_nothing(publisher: Publisher, canvas: InThread) -> None:
    told = publisher.deploy(pages(3), "planned", dry_run=True)
    assert told.route is not None
    assert told.route.name == "staged"

    told = publisher.deploy(pages(1500), "planned", dry_run=True)
    assert told.route is not None
    assert told.route.name == "zip"
    assert changing(canvas) == []
