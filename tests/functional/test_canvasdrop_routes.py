"""Which way a site goes up to Canvas Drop: chosen for each deploy, or because the server has only one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork.guards import Allowed
from presswork_canvasdrop.emulator import Fault
from support_canvasdrop import emulating
from support_canvasdrop_host import HOME, Publisher, asked, changing, codes, pages, switch_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_canvasdrop import InThread

STAGED = ["POST /uploads", "PUT /uploads/UP/blobs/HASH", "POST /uploads/UP/finalize"]


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "emulator") as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, canvas: InThread) -> Publisher:
    return Publisher(tmp_path, canvas)


def route(told: Any) -> str:
    assert told.route is not None
    assert told.route.reason
    return str(told.route.name)


def test_many_new_files_go_as_an_archive_and_one_changed_page_by_itself(publisher: Publisher, canvas: InThread) -> None:
    site = pages(600)
    first = publisher.deploy(site)
    assert (route(first), first.uploaded.files if first.uploaded else 0) == ("zip", 600)
    assert canvas.live() == site

    canvas.emulator.requests.clear()
    site["p/7.html"] = b"changed"
    second = publisher.deploy(site)
    assert (route(second), second.uploaded.files if second.uploaded else 0) == ("staged", 1)
    assert changing(canvas) == STAGED
    assert canvas.live() == site


def test_what_the_server_has_from_an_earlier_version_is_not_sent(publisher: Publisher, canvas: InThread) -> None:
    site = pages(600)
    publisher.deploy(site)
    publisher.deploy(HOME, allowed=Allowed(removals=True))
    canvas.emulator.requests.clear()
    told = publisher.deploy(site)

    assert route(told) == "staged"
    assert changing(canvas) == ["POST /uploads", "POST /uploads/UP/finalize"]
    assert canvas.live() == site


@pytest.mark.parametrize("asked_for", ["staged", "zip"])
def test_a_route_that_is_asked_for_is_taken(publisher: Publisher, canvas: InThread, asked_for: str) -> None:
    told = publisher.deploy(pages(3), settings={"route": asked_for})

    assert route(told) == asked_for
    assert canvas.live() == pages(3)
    assert ("PUT /deploy" in changing(canvas)) == (asked_for == "zip")
    assert ("POST /uploads" in changing(canvas)) == (asked_for == "staged")


MISSING: dict[str, dict[str, Any]] = {
    "404 without a code": {"staged": False},
    "a redirect to the sign-in page": {"staged": False, "auth": "oidc"},
    "401 though the key is good": {"staged": False, "auth": "proxy"},
    "a server without readback": {"staged": False, "readback": False},
    "such a server behind a sign-in": {"staged": False, "readback": False, "auth": "oidc"},
    "such a server behind a proxy": {"staged": False, "readback": False, "auth": "proxy"},
}


@pytest.mark.parametrize("how", MISSING)
def test_a_server_without_staged_uploads_gets_an_archive(tmp_path: Path, how: str) -> None:
    with emulating(tmp_path / "emulator", **MISSING[how]) as canvas:
        publisher = Publisher(tmp_path, canvas)
        told = publisher.deploy(pages(3))
        assert route(told) == "zip"
        assert (told.verified is not None) == ("such" not in how and "readback" not in how)
        publisher.folder.joinpath(".presswork").rename(publisher.folder / "kept")  # on another machine
        told = publisher.deploy(pages(3, "again"))
        assert route(told) == "zip"
        canvas.emulator.behaviour.readback = True
        assert canvas.live() == pages(3, "again")


@pytest.mark.parametrize("name", ["missing-404", "missing-405", "missing-501"])
def test_a_proxys_words_for_a_missing_route_are_understood(publisher: Publisher, canvas: InThread, name: str) -> None:
    switch_on(canvas, name)
    told = publisher.deploy(HOME)

    assert route(told) == "zip"
    assert len(asked(canvas, "^POST /uploads")) == 1
    assert canvas.live() == HOME


def test_a_server_that_has_only_the_other_route_is_an_error_where_staged_is_asked_for(
    publisher: Publisher, canvas: InThread
) -> None:
    canvas.emulator.behaviour.staged = False
    told = publisher.deploy(HOME, "failed", settings={"route": "staged"})

    assert told.error is not None
    assert "one by one" in told.error.message
    assert "`route`" in told.error.hint
    assert canvas.live() is None


@pytest.mark.parametrize("pattern", ["/blobs/", "/finalize$"])
def test_a_handle_that_is_no_longer_known_is_not_mistaken_for_a_missing_route(
    publisher: Publisher, canvas: InThread, pattern: str
) -> None:
    unknown = {"code": "UPLOAD_HANDLE_INVALID", "message": "no such upload session"}
    canvas.emulator.faults.append(Fault(pattern=pattern, status=404, body=unknown))
    told = publisher.deploy(HOME)

    assert route(told) == "staged"
    assert len(asked(canvas, "^POST /uploads$")) == 2
    assert canvas.live() == HOME


def test_a_401_that_is_the_keys_own_is_told_and_nothing_is_sent(publisher: Publisher, canvas: InThread) -> None:
    canvas.emulator.faults += [
        Fault(method="POST", pattern="/uploads$", status=401, body={"error": "unauthorized"}),
        Fault(method="GET", pattern="/canvases/[^/]+$", status=401, body={"error": "unauthorized"}, skip=1),
    ]
    told = publisher.deploy(HOME, "failed")

    assert told.error is not None
    assert "CANVAS_KEY" in told.error.hint
    assert changing(canvas) == ["POST /uploads"]


def test_a_proxy_that_takes_no_large_body_gets_the_files_one_by_one(publisher: Publisher, canvas: InThread) -> None:
    canvas.emulator.faults.append(Fault(method="PUT", pattern="/deploy$", status=413, body="too large", count=None))
    told = publisher.deploy(pages(400))

    assert route(told) == "staged"
    assert len(asked(canvas, "/blobs/")) == 400
    assert canvas.live() == pages(400)


def test_an_archive_that_is_refused_where_it_is_the_only_way_is_told_as_it_is(
    publisher: Publisher, canvas: InThread
) -> None:
    canvas.emulator.behaviour.staged = False
    canvas.emulator.faults.append(Fault(method="PUT", pattern="/deploy$", status=413, body="too large", count=None))
    told = publisher.deploy(HOME, "failed")

    assert told.error is not None
    assert "413" in told.error.message
    assert len(asked(canvas, "^PUT /deploy")) == 1


def test_a_code_less_404_in_the_middle_is_an_error_and_no_reason_to_switch(
    publisher: Publisher, canvas: InThread
) -> None:
    canvas.emulator.faults.append(Fault(pattern="/blobs/", status=404, body={"error": "not_found"}, count=None))
    told = publisher.deploy(HOME, "failed")

    assert told.error is not None
    assert "404" in told.error.message
    assert canvas.live() is None


def test_the_servers_warnings_are_shown(publisher: Publisher) -> None:
    for settings in ({"route": "zip"}, {"route": "staged"}):
        told = publisher.deploy({"a.inv": repr(settings).encode()}, settings=settings)
        messages = [finding.message for finding in told.findings if finding.code == "canvasdrop-warning"]
        assert messages[0] == "Canvas Drop: a.inv will be served as text/plain"
        assert "No index.html" in messages[1]
        assert codes(told)["canvasdrop-warning"] == "warning"
