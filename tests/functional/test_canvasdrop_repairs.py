"""What goes wrong at Canvas Drop and is put right without anybody: handles, blobs, lost answers, the rate limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork.errors import Conflict, HostError, Stale
from presswork.host import Intent
from presswork.testing import memory_source
from presswork.testing.steps import fill
from presswork_canvasdrop.emulator import Fault
from support_canvasdrop import emulating, sha256
from support_canvasdrop_host import HOME, Publisher, asked, changing, codes, opened, pages, switch_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from presswork_canvasdrop.host import CanvasHost
    from presswork_canvasdrop.upload import CanvasUpload
    from support_canvasdrop import InThread

BROKEN = {"error": "internal_server_error"}


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "emulator") as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, canvas: InThread) -> Publisher:
    return Publisher(tmp_path, canvas)


def filled(host: CanvasHost, files: dict[str, bytes]) -> CanvasUpload:
    manifest, source = memory_source(files)
    upload = host.begin(Intent(manifest=manifest, source=source, live=True, label="", replaces=host.live()), None)
    fill(upload)
    return upload


def refusing(code: str, status: int, pattern: str, **more: Any) -> Fault:
    return Fault(pattern=pattern, status=status, body={"code": code, "message": "as the test says"}, **more)


@pytest.mark.parametrize("pattern", ["/blobs/", "/finalize$"])
@pytest.mark.parametrize(("code", "status"), [("UPLOAD_EXPIRED", 400), ("UPLOAD_HANDLE_INVALID", 404)])
def test_a_handle_that_is_over_is_begun_again_and_nothing_is_sent_twice(
    publisher: Publisher, canvas: InThread, code: str, status: int, pattern: str
) -> None:
    canvas.emulator.faults.append(refusing(code, status, pattern, skip=2 if pattern == "/blobs/" else 0))
    told = publisher.deploy(pages(6), settings={"workers": 1})

    assert told.verified is not None
    assert canvas.live() == pages(6)
    assert len(asked(canvas, "^POST /uploads$")) == 2
    assert len([r for r in canvas.emulator.requests if "/blobs/" in r.path and r.status == 204]) == 6


def test_a_handle_that_expires_by_the_clock_is_begun_again(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    with emulating(tmp_path / "emulator", clock=lambda: now[0]) as canvas, opened(tmp_path / "host", canvas) as host:
        upload = filled(host, pages(3))
        now[0] += 901
        with pytest.raises(Stale, match="expired"):
            upload.finish()
        assert fill(upload) == []
        assert upload.finish().id == "1"
        assert canvas.live() == pages(3)


def test_a_blob_that_was_swept_is_sent_again_under_the_same_handle(
    tmp_path: Path, publisher: Publisher, canvas: InThread
) -> None:
    with opened(tmp_path / "host", canvas) as host:
        upload = filled(host, pages(3))
        (blob,) = (tmp_path / "emulator").glob(f"blobs/*/{sha256(pages(3)['p/2.html'])}")
        blob.unlink()
        with pytest.raises(Stale, match="not staged"):
            upload.finish()
        assert [[part.key for part in wave] for wave in fill(upload)] == [[blob.name]]
        upload.finish()

    assert canvas.live() == pages(3)
    assert len(asked(canvas, "^POST /uploads$")) == 1


def test_a_missing_blob_that_is_not_named_has_everything_sent_again(publisher: Publisher, canvas: InThread) -> None:
    canvas.emulator.faults.append(refusing("UPLOAD_MISSING_BLOB", 400, "/finalize$"))
    publisher.deploy(pages(3))

    assert len(asked(canvas, "/blobs/")) == 6
    assert canvas.live() == pages(3)


def test_bytes_that_did_not_arrive_as_they_were_are_sent_again(publisher: Publisher, canvas: InThread) -> None:
    canvas.emulator.faults.append(refusing("BLOB_HASH_MISMATCH", 400, "/blobs/"))
    publisher.deploy(HOME)
    assert canvas.live() == HOME

    canvas.emulator.faults.append(refusing("BLOB_HASH_MISMATCH", 400, "/blobs/", count=None))
    told = publisher.deploy({"index.html": b"never"}, "failed")
    assert told.error is not None
    assert told.error.retryable
    assert canvas.live() == HOME


def test_a_finalize_whose_answer_was_lost_is_found_by_what_is_live(publisher: Publisher, canvas: InThread) -> None:
    canvas.emulator.faults.append(Fault(pattern="/finalize$", status=502, work="all"))
    told = publisher.deploy(HOME)

    assert told.release is not None
    assert (told.release.id, told.release.live) == ("1", True)
    assert [request.status for request in canvas.emulator.requests if "/finalize" in request.path] == [502, 409]
    assert [version["number"] for version in canvas.api("GET", "/versions").json["versions"]] == [1]


def test_a_refusal_of_what_went_live_all_the_same_is_told_as_that(publisher: Publisher, canvas: InThread) -> None:
    canvas.emulator.faults.append(refusing("INVALID_MANIFEST", 400, "/finalize$", work="all"))
    told = publisher.deploy(HOME, "failed")

    assert told.release is not None
    assert (told.release.id, told.release.live) == ("1", True)
    assert "live-all-the-same" in codes(told)
    publisher.deploy(HOME, "unchanged")


def test_a_handle_that_was_consumed_without_a_publish_is_no_proof_of_one(
    publisher: Publisher, canvas: InThread
) -> None:
    publisher.deploy(HOME)
    switch_on(canvas, "commit-failed")
    told = publisher.deploy(pages(3))

    assert told.release is not None
    assert told.release.id == "2"
    assert canvas.live() == pages(3)
    assert len(asked(canvas, "^POST /uploads$")) == 3


def test_another_publisher_between_a_finalize_and_its_lost_answer_is_a_conflict(
    tmp_path: Path, canvas: InThread
) -> None:
    with opened(tmp_path / "host", canvas) as host:
        upload = filled(host, HOME)
        canvas.publish(pages(2))
        switch_on(canvas, "commit-failed")
        with pytest.raises(Conflict):
            upload.finish()
    assert canvas.live() == pages(2)


def test_another_finalize_under_way_is_waited_for(tmp_path: Path, canvas: InThread) -> None:
    with opened(tmp_path / "host", canvas) as host:
        upload = filled(host, HOME)
        canvas.emulator.faults.append(refusing("UPLOAD_IN_PROGRESS", 409, "/finalize$", count=2))
        upload.finish()
        assert canvas.live() == HOME
        waits: Any = host.kit
        assert [seconds for seconds, why in waits.waits if "finalize" in why] == [2, 4]

        canvas.emulator.faults.append(refusing("UPLOAD_IN_PROGRESS", 409, "/finalize$", count=None))
        with pytest.raises(HostError, match="409") as raised:
            filled(host, pages(2)).finish()
        assert raised.value.retryable
        assert sum(seconds for seconds, why in waits.waits[2:] if "finalize" in why) > 60


def test_an_archive_whose_answer_was_lost_is_not_sent_again(publisher: Publisher, canvas: InThread) -> None:
    canvas.emulator.faults.append(Fault(pattern="/deploy$", status=502, work="all"))
    told = publisher.deploy(HOME, settings={"route": "zip"})

    assert told.release is not None
    assert told.release.id == "1"
    assert len(asked(canvas, "^PUT /deploy")) == 1


def test_an_archive_that_came_to_nothing_is_sent_again(tmp_path: Path, canvas: InThread) -> None:
    publisher = Publisher(tmp_path, canvas, route="zip")
    publisher.deploy(HOME)
    canvas.emulator.faults.append(Fault(pattern="/deploy$", status=500, body=BROKEN))
    publisher.deploy(pages(3))

    assert canvas.live() == pages(3)
    assert len(asked(canvas, "^PUT /deploy")) == 3
    assert [version["number"] for version in canvas.api("GET", "/versions").json["versions"]] == [2, 1]


def test_the_rate_limit_is_waited_for_by_begin_and_finalize_alike(publisher: Publisher, canvas: InThread) -> None:
    canvas.emulator.behaviour.rate_limit = 1
    canvas.emulator.behaviour.rate_window = 1.0
    told = publisher.deploy(HOME)

    assert told.retries == 1
    assert [request.status for request in canvas.emulator.requests if request.method == "POST"] == [200, 429, 200]
    assert changing(canvas).count("POST /uploads") == 1
