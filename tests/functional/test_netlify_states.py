"""Every state a deploy at Netlify can be in, met by the host itself, whose waits are counted and not waited for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from presswork.errors import HostError
from presswork.host import SHA1, Intent
from presswork.testing import deploy, kit, memory_source
from presswork_netlify import Options
from presswork_netlify.host import NetlifyHost
from support_netlify import emulating
from support_netlify_host import asked, edited, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from presswork.host import Release
    from presswork.testing import RecordingKit
    from support_netlify import InThread

WAITING = ("new", "preparing", "enqueued", "building", "retrying", "pending_review", "accepted", "no-such-state")
ARRIVED = ("uploaded", "processing", "processed", "enqueued", "building", "pending_review", "accepted", "no-such-state")


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@contextmanager
def host_at(netlify: InThread, folder: Path, **options: Any) -> Iterator[tuple[NetlifyHost, RecordingKit]]:
    folder.mkdir(exist_ok=True)
    own = kit(folder, secrets={"token": netlify.facts["token"]})
    host = NetlifyHost(Options(site=netlify.site, api_url=netlify.facts["api_url"], **options), own)
    try:
        yield host, own
    finally:
        host.close()


def put_out(host: NetlifyHost, files: dict[str, bytes], *, live: bool = True) -> Release:
    manifest, source = memory_source(files, SHA1)
    return deploy(host, Intent(manifest=manifest, source=source, live=live, label="a label", replaces=host.live()))


@pytest.mark.parametrize("unprepared", ["empty", "null", "absent"])
def test_every_state_before_the_required_list_is_waited_out(netlify: InThread, tmp_path: Path, unprepared: Any) -> None:
    netlify.emulator.behaviour.preparing = WAITING
    netlify.emulator.behaviour.unprepared = unprepared
    with host_at(netlify, tmp_path / "project") as (host, own):
        assert put_out(host, pages(101)).live

    assert len(asked(netlify, "^PUT /deploys/ID/files/")) == 101
    waits = [seconds for seconds, why in own.waits if "compares" in why]
    assert len(waits) == len(WAITING) + 1
    assert waits[:5] == [0.25, 0.5, 1.0, 2.0, 4.0]
    assert set(waits[5:]) == {5.0}


def test_every_state_after_the_last_upload_is_waited_out(netlify: InThread, tmp_path: Path) -> None:
    netlify.emulator.behaviour.processing = ARRIVED
    with host_at(netlify, tmp_path / "project") as (host, own):
        assert put_out(host, pages(3)).live

    assert len([why for _, why in own.waits if "processes" in why]) == len(ARRIVED) - 1  # `wanted` saw the first


@pytest.mark.parametrize("phase", ["preparing", "processing"])
def test_a_deploy_that_never_gets_on_is_given_up_after_twenty_minutes(
    netlify: InThread, tmp_path: Path, phase: str
) -> None:
    setattr(netlify.emulator.behaviour, phase, ("building",) * 1000)
    with host_at(netlify, tmp_path / "project") as (host, own), pytest.raises(HostError, match="in 20 minutes") as told:
        put_out(host, pages(101))

    assert told.value.retryable
    assert 1200 <= sum(seconds for seconds, _ in own.waits) < 1210


def test_files_that_netlify_goes_on_asking_for_are_sent_again(netlify: InThread, tmp_path: Path) -> None:
    """The service says it has taken a file and still names it, as it may for a while."""
    late: list[str] = []

    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        if "/deploys/" in path and document.get("required") is not None and len(late) < 15:
            late.append(path)
            document |= {"state": "uploading", "required": document["required"] or [sha for _, sha in listing]}
        return document

    files = pages(2)
    listing = list(memory_source(files, SHA1)[0].listing("sha1").items())
    with edited(netlify, edit) as lagging, host_at(lagging, tmp_path / "project") as (host, own):
        assert put_out(host, files).live

    assert len(asked(netlify, "^PUT /deploys/ID/files/index.html")) >= 2
    assert sum(seconds for seconds, why in own.waits if "processes" in why) >= 30


def test_a_deploy_that_is_ready_and_never_shown_is_not_called_live(netlify: InThread, tmp_path: Path) -> None:
    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        if method == "GET" and path == f"/sites/{netlify.site}":
            document["published_deploy"] = None
        return document

    with edited(netlify, edit) as slow, host_at(slow, tmp_path / "project") as (host, own):
        assert not put_out(host, pages(2)).live

    assert [finding.code for finding in own.notes] == ["netlify-not-live"]
    assert sum(seconds for seconds, why in own.waits if "publishes" in why) >= 30


def test_a_deploy_that_is_shown_a_little_later_is_live(netlify: InThread, tmp_path: Path) -> None:
    looks = 0

    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        nonlocal looks
        if method == "GET" and path == f"/sites/{netlify.site}" and document["published_deploy"]:
            looks += 1
            if looks < 4:
                document["published_deploy"] = None
        return document

    with edited(netlify, edit) as slow, host_at(slow, tmp_path / "project") as (host, own):
        assert put_out(host, pages(2)).live
    assert own.notes == []


def test_a_deploy_that_went_away_is_made_anew(netlify: InThread, tmp_path: Path) -> None:
    manifest, source = memory_source(pages(3), SHA1)
    intent = Intent(manifest=manifest, source=source, live=True, label="a label")
    with host_at(netlify, tmp_path / "project") as (host, _):
        upload = host.begin(intent, None)
        first = upload.wanted()
        deploy_id = upload.session.partition(":")[0]
        assert netlify.api("DELETE", f"/deploys/{deploy_id}").status == 204
        again = upload.wanted()
        for part in again:
            upload.put(part)
        release = upload.finish()

    assert {part.key for part in first} == {part.key for part in again}
    assert release.live
    assert release.id != deploy_id


def test_a_deploy_that_somebody_cancels_is_not_made_anew(netlify: InThread, tmp_path: Path) -> None:
    manifest, source = memory_source(pages(3), SHA1)
    with host_at(netlify, tmp_path / "project") as (host, _):
        upload = host.begin(Intent(manifest=manifest, source=source, live=True, label="a label"), None)
        upload.wanted()
        netlify.api("POST", f"/deploys/{upload.session.partition(':')[0]}/cancel")
        with pytest.raises(HostError, match="Canceled"):
            upload.wanted()
