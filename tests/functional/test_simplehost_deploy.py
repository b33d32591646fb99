"""Deploys to a site at SimpleHost that is there: what is sent, and what is done about answers that are not as hoped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork.events import PartSent, WaveStarted
from presswork.hookspecs import hookimpl
from presswork_simplehost.emulator import Fault
from support_netlify_host import codes
from support_simplehost import Clock, emulating
from support_simplehost_host import HOME, TWO, Publisher, asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from presswork.events import Event
    from support_simplehost import InThread

UPDATE = "^PUT /publish/SLUG$"
FINALIZE = "^POST /publish/SLUG/finalize$"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simplehost(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    with emulating(tmp_path / "simplehost", clock=clock) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, simplehost: InThread) -> Publisher:
    return Publisher(tmp_path, simplehost)


def at_the_first(publisher: Publisher, kind: type, do: Callable[[], object]) -> None:
    """Do something at the first event of a kind."""

    class Plugin:
        done = False

        @hookimpl
        def presswork_event(self, event: Event) -> None:
            if isinstance(event, kind) and not self.done:
                self.done = True
                do()

    publisher.plugins.append(("at-the-first", Plugin()))


def test_the_second_deploy_sends_only_what_changed_in_five_requests(publisher: Publisher, simplehost: InThread) -> None:
    files = {"index.html": b"<p>1", "a b/ü&%.html": b"<p>stays", "gone.txt": b"goes"}
    publisher.deploy(files)
    assert publisher.live(files) == files
    simplehost.emulator.requests.clear()
    changed = {"index.html": b"<p>2", "a b/ü&%.html": b"<p>stays", "came.txt": b"comes"}
    told = publisher.deploy(changed)

    assert publisher.live({**files, **changed}) == changed
    assert sorted(asked(simplehost, "_upload")) == ["PUT /_upload/came.txt", "PUT /_upload/index.html"]
    assert asked(simplehost, "^(?!PUT /_upload)") == [
        "GET /publish/SLUG",
        "PUT /publish/SLUG",
        "GET /publish/SLUG",
        "POST /publish/SLUG/finalize",
        "GET /publish/SLUG",
    ]
    assert told.verified
    assert (told.verified.method, told.verified.files, told.verified.ok) == ("listing", 3, True)


def test_a_deploy_without_changes_sends_nothing(publisher: Publisher, simplehost: InThread) -> None:
    publisher.deploy(HOME)
    simplehost.emulator.requests.clear()
    publisher.deploy(HOME, "unchanged")

    assert asked(simplehost) == ["GET /publish/SLUG"]


def test_media_types_go_without_their_charset(publisher: Publisher, simplehost: InThread) -> None:
    publisher.deploy(TWO | {"odd": b"?"})
    files = simplehost.api("GET", f"/publish/{simplehost.slug}").json["files"]

    assert {file["path"]: file["contentType"] for file in files} == {
        "index.html": "text/html",
        "more.css": "text/css",
        "odd": "application/octet-stream",
    }


@pytest.mark.parametrize(
    "behaviour", [{"previous": "newest"}, {"upload_method": False, "upload_codes": False}, {"checks_content": True}]
)
def test_other_readings_of_the_documents_do_as_well(
    publisher: Publisher, simplehost: InThread, behaviour: dict[str, Any]
) -> None:
    for name, value in behaviour.items():
        setattr(simplehost.emulator.behaviour, name, value)
    publisher.deploy(HOME)
    publisher.deploy(TWO)

    assert publisher.live(TWO) == TWO


# The answer to the manifest


@pytest.mark.parametrize(("names", "path"), [("unknown", "not-in/the-manifest"), ("missing", "more.css")])
def test_an_answer_that_does_not_name_the_manifests_files_ends_the_deploy(
    publisher: Publisher, simplehost: InThread, names: Any, path: str
) -> None:
    publisher.deploy(HOME)
    simplehost.emulator.behaviour.names = names
    told = publisher.deploy(TWO, "failed")

    assert told.error
    assert (told.error.path, told.error.retryable) == (path, False)
    assert "does not name every file" in told.error.message
    assert len(asked(simplehost, FINALIZE)) == 1
    assert publisher.live(TWO) == HOME


def test_files_are_sent_nowhere_but_to_the_api_itself(publisher: Publisher, simplehost: InThread) -> None:
    simplehost.emulator.behaviour.upload_origin = "http://127.0.0.1:9"
    told = publisher.deploy(HOME, "failed")

    assert told.error
    assert "elsewhere than to itself" in told.error.message
    assert asked(simplehost, "_upload") == []


def test_the_finalize_address_of_an_answer_is_not_followed(publisher: Publisher, simplehost: InThread) -> None:
    simplehost.emulator.behaviour.finalize_origin = "http://127.0.0.1:9"
    publisher.deploy(HOME)

    assert publisher.live(HOME) == HOME


# Told again


def test_signed_addresses_that_ended_are_asked_for_again(
    publisher: Publisher, simplehost: InThread, clock: Clock
) -> None:
    def an_hour_passes() -> None:
        clock.now += 3601

    at_the_first(publisher, WaveStarted, an_hour_passes)
    publisher.deploy(TWO)

    assert len(asked(simplehost, UPDATE)) == 2
    assert publisher.live(TWO) == TWO


def test_signed_addresses_are_not_used_in_their_last_minute(publisher: Publisher, simplehost: InThread) -> None:
    simplehost.emulator.behaviour.expires_in = 0
    told = publisher.deploy(HOME, "failed")

    assert told.error
    assert (told.error.code, told.error.retryable) == ("stale", True)
    assert asked(simplehost, "_upload") == []


def test_a_used_address_whose_answer_was_lost_is_no_end(publisher: Publisher, simplehost: InThread) -> None:
    """The try that is repeated is refused, since the address works once."""
    simplehost.emulator.faults.append(Fault(method="PUT", pattern="_upload/.*css", status=502, after=True))
    publisher.deploy(TWO)

    assert len(asked(simplehost, UPDATE)) == 2
    assert publisher.live(TWO) == TWO


def test_a_version_that_another_one_took_the_place_of_is_told_again(publisher: Publisher, simplehost: InThread) -> None:
    at_the_first(publisher, PartSent, lambda: simplehost.begin({"rival.html": b"rival"}, simplehost.slug))
    publisher.deploy(HOME)

    assert len(asked(simplehost, FINALIZE)) == 2
    assert publisher.live(HOME) == HOME


# The switch


@pytest.mark.parametrize("again", [False, True])
def test_a_finalize_whose_answer_was_lost_is_found_to_have_happened(
    publisher: Publisher, simplehost: InThread, again: bool
) -> None:
    simplehost.emulator.behaviour.finalize_again = again
    simplehost.emulator.faults.append(Fault(method="POST", pattern="finalize$", status=502, after=True))
    publisher.deploy(HOME)

    assert len(asked(simplehost, FINALIZE)) == 2
    assert len(asked(simplehost, UPDATE)) == 1


def test_a_deploy_that_went_live_while_another_was_under_way_is_a_conflict(
    publisher: Publisher, simplehost: InThread
) -> None:
    rival = {"rival.html": b"rival"}
    publisher.deploy(HOME)
    at_the_first(publisher, WaveStarted, lambda: simplehost.deploy(rival, simplehost.slug))
    told = publisher.deploy(TWO, "refused")

    assert told.error
    assert told.error.code == "conflict"
    assert publisher.live(rival | TWO) == rival


def test_a_version_that_is_refused_again_is_told_of_in_simplehosts_own_words(
    publisher: Publisher, simplehost: InThread
) -> None:
    body = {"error": "The moon is not full", "code": "INVALID_REQUEST", "status": 400}
    simplehost.emulator.faults.append(Fault(method="POST", pattern="finalize$", status=400, body=body, count=None))
    told = publisher.deploy(HOME, "refused")

    assert told.error
    assert "The moon is not full" in told.error.message
    assert publisher.live(HOME) == {}


def test_going_back_deploys_what_was_there_again(publisher: Publisher, simplehost: InThread) -> None:
    publisher.deploy(HOME)
    publisher.deploy(TWO)
    told = publisher.rollback()

    assert publisher.live(TWO) == HOME
    assert "deployed-again" in codes(told)
    assert asked(simplehost, FINALIZE) == ["POST /publish/SLUG/finalize"] * 3


# Previews


def test_a_preview_goes_to_the_slug_that_is_named_for_it(publisher: Publisher, simplehost: InThread) -> None:
    other = simplehost.deploy({"old.html": b"old"})["slug"]
    publisher.deploy(HOME)
    told = publisher.deploy(TWO, "previewed", settings={"preview_slug": other}, preview=True)

    assert told.release
    assert (told.release.live, told.release.url.endswith(f"/{other}/")) == (False, True)
    assert publisher.live(TWO, other) == TWO
    assert publisher.live(TWO) == HOME
    assert publisher.promote(told.release.id).previous
    assert publisher.live(TWO) == TWO


def test_without_a_slug_for_it_there_is_no_preview(publisher: Publisher, simplehost: InThread) -> None:
    report = publisher.report(HOME, preview=True)

    assert report.error
    assert report.exit_code == 2
    assert "option of the host simplehost" in report.error.hint
    assert asked(simplehost) == []


@pytest.mark.parametrize(("slug", "alias", "code"), [("own", None, "preview"), ("other", "pull-7", "alias")])
def test_a_preview_that_would_not_be_one_is_refused(
    publisher: Publisher, simplehost: InThread, slug: str, alias: str | None, code: str
) -> None:
    settings = {"preview_slug": simplehost.slug if slug == "own" else slug}
    told = publisher.deploy(HOME, "refused", settings=settings, preview=True, alias=alias)

    assert codes(told)[f"simplehost-{code}"] == "error"


# What belongs to the site


def test_what_others_are_shown_is_told_with_the_files(publisher: Publisher, simplehost: InThread) -> None:
    settings = {"title": "Paper", "description": "On its sizes", "og_image": "index.html"}
    publisher.deploy(HOME, settings=settings)
    site = simplehost.api("GET", f"/publish/{simplehost.slug}").json

    assert (site["title"], site["description"], site["ogImagePath"]) == ("Paper", "On its sizes", "index.html")
    publisher.deploy(HOME, "unchanged", settings=settings)
    publisher.deploy(HOME, settings=settings | {"title": "Of paper"})
    assert simplehost.api("GET", f"/publish/{simplehost.slug}").json["title"] == "Of paper"
    publisher.deploy(TWO)
    assert simplehost.api("GET", f"/publish/{simplehost.slug}").json["title"] == "Of paper"


def test_an_image_that_is_not_in_the_site_is_refused(publisher: Publisher) -> None:
    told = publisher.deploy(HOME, "refused", settings={"og_image": "cover.png"})

    assert codes(told)["simplehost-image"] == "error"


def test_a_password_is_set_before_anything_is_shown_and_appears_nowhere(
    publisher: Publisher, simplehost: InThread
) -> None:
    publisher.environ["SITE_PASSWORD"] = "sesame-open-up"  # noqa: S105
    report = publisher.report(HOME, settings={"password_env": "SITE_PASSWORD"})

    assert report.outcome == "deployed"
    order = asked(simplehost, "metadata|finalize")
    assert order == ["PATCH /publish/SLUG/metadata", "POST /publish/SLUG/finalize"]
    assert simplehost.page(simplehost.slug).status == 401
    assert "sesame" not in report.to_json().decode() + publisher.remembered()


def test_a_password_comes_and_goes_with_its_setting_and_is_set_again_where_it_was_lost(
    publisher: Publisher, simplehost: InThread
) -> None:
    publisher.environ["SITE_PASSWORD"] = "sesame-open-up"  # noqa: S105
    protected = {"password_env": "SITE_PASSWORD"}
    publisher.deploy(HOME)
    publisher.deploy(HOME, settings=protected)
    assert simplehost.page(simplehost.slug).status == 401
    publisher.deploy(HOME, "unchanged", settings=protected)
    simplehost.api("PATCH", f"/publish/{simplehost.slug}/metadata", {"password": None})
    publisher.deploy(HOME, settings=protected)
    assert simplehost.page(simplehost.slug).status == 401
    publisher.deploy(HOME, "unchanged", settings=protected)
    publisher.deploy(HOME)
    assert publisher.live(HOME) == HOME
    publisher.deploy(HOME, "unchanged")


def test_a_password_that_was_set_elsewhere_stays(publisher: Publisher, simplehost: InThread) -> None:
    publisher.deploy(HOME)
    simplehost.api("PATCH", f"/publish/{simplehost.slug}/metadata", {"password": "sesame-open-up"})
    publisher.deploy(TWO)

    assert simplehost.page(simplehost.slug).status == 401


def test_a_site_that_has_expired_is_shown_again_with_the_next_deploy(
    publisher: Publisher, simplehost: InThread, clock: Clock
) -> None:
    simplehost.emulator.behaviour.plan = "hobby"
    publisher.deploy(HOME, settings={"ttl": 60})
    assert publisher.live(HOME) == HOME
    clock.now += 61
    assert publisher.live(HOME) == {}
    publisher.deploy(HOME)

    assert publisher.live(HOME) == HOME
    assert simplehost.api("GET", f"/publish/{simplehost.slug}").json["expiresAt"] is None
