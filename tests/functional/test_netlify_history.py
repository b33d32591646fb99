"""What was live at Netlify: its history, going back to it, promoting, rivals, and tidying up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork import releases, rollback
from presswork_netlify.emulator import Fault
from support_netlify import emulating, sha1
from support_netlify_host import HOME, Publisher, asked, changing, edited, only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread

TWO = {"index.html": b"<p>two"}
THREE = {"index.html": b"<p>three"}


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


# History, rollback, promote


def test_history_goes_over_every_page(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    for number in range(104):
        netlify.deploy(HOME, title=f"number {number}", draft=number % 2 == 0)
    publisher.deploy(TWO)
    netlify.emulator.requests.clear()

    history = publisher.history()
    assert len(history) == 106
    assert [release.live for release in history] == [True] + [False] * 105
    assert sum(release.preview for release in history) == 52
    assert len(asked(netlify, "^GET /sites/SITE/deploys")) == 2


@pytest.mark.parametrize("heeded", [True, False])
def test_pages_without_links_are_read_to_their_end(publisher: Publisher, netlify: InThread, heeded: bool) -> None:
    for _ in range(101):
        netlify.deploy(HOME, draft=True)
    everything = [d for page in (1, 2) for d in netlify.api("GET", f"/sites/{netlify.site}/deploys?page={page}").json]
    looks: list[str] = []

    def edit(_method: str, path: str, document: Any, headers: dict[str, str]) -> Any:
        headers.pop("link", None)
        looks.append(path)
        return everything if path.endswith("/deploys") and not heeded else document  # all of it, whatever the page

    with edited(netlify, edit) as bare:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = bare.facts["api_url"]
        assert len(publisher.history()) == 101
    assert len([path for path in looks if path.endswith("/deploys")]) == 2


def test_a_next_page_at_another_address_is_refused(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)

    def edit(_method: str, path: str, document: Any, headers: dict[str, str]) -> Any:
        if path.endswith("/deploys"):
            headers["link"] = '<http://elsewhere.example/api/v1/deploys?page=2>; rel="next"'
        return document

    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        told = only(releases.history(publisher.project()), "failed")
    assert told.error
    assert "next page" in told.error.message


def test_pages_that_lead_back_to_one_another_are_refused(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.behaviour.per_page = 1
    for site in (HOME, TWO):
        publisher.deploy(site, settings={"patience": 0})

    def edit(_method: str, path: str, document: Any, headers: dict[str, str]) -> Any:
        if "link" in headers:
            headers["link"] = headers["link"].replace('rel="prev"', 'rel="next"')
        return document

    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        told = only(releases.history(publisher.project()), "failed")
    assert told.error
    assert "next page" in told.error.message


def test_rollback_restores_what_was_live_before_and_passes_previews_over(
    publisher: Publisher, netlify: InThread
) -> None:
    first = publisher.deploy(HOME)
    publisher.deploy(THREE, "previewed", preview=True)
    publisher.deploy(TWO)
    netlify.emulator.requests.clear()
    told = publisher.rollback()

    assert told.release
    assert first.release
    assert told.release.id == first.release.id
    assert changing(netlify) == ["POST /sites/SITE/deploys/ID/restore"]
    assert publisher.live(HOME) == HOME
    assert told.verified
    assert told.verified.ok


def test_rollback_goes_to_the_deploy_that_is_named(publisher: Publisher) -> None:
    told = [publisher.deploy(site) for site in (HOME, TWO, THREE)]
    assert told[0].release
    publisher.rollback(told[0].release.id)

    assert publisher.live(HOME) == HOME


@pytest.mark.parametrize("alias", [None, "next"])
def test_a_preview_can_be_promoted(publisher: Publisher, alias: str | None) -> None:
    publisher.deploy(HOME)
    preview = publisher.deploy(TWO, "previewed", preview=True, alias=alias)
    assert preview.release
    told = publisher.promote(alias or preview.release.id)

    assert told.release
    assert (told.release.id, told.release.live) == (preview.release.id, True)
    assert publisher.live(HOME) == TWO


def test_promoting_what_is_gone_says_so(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    preview = publisher.deploy(TWO, "previewed", preview=True)
    assert preview.release
    netlify.emulator.faults.append(Fault(method="POST", pattern="/restore", status=404))
    project = publisher.project()
    told = only(rollback.promote(project, project.settings.target(), preview.release.id), "failed")

    assert told.error
    assert told.error.code == "gone"


# A rival


@pytest.mark.parametrize("begun", ["before ours", "after ours"])
def test_another_deployment_right_after_ours_is_told(publisher: Publisher, netlify: InThread, begun: str) -> None:
    manifest = {path: sha1(content) for path, content in TWO.items()}

    def begin() -> str:
        return str(netlify.api("POST", f"/sites/{netlify.site}/deploys", {"files": manifest}).json["id"])

    waiting = [begin()] if begun == "before ours" else []
    rival: list[str] = []

    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        ready = method == "GET" and path.startswith("/deploys/") and document["state"] == "ready"
        if ready and document["title"].startswith("Deployed by") and not rival:
            rival.extend(waiting or [begin()])
            for file, content in TWO.items():
                netlify.put(rival[0], file, content)
            netlify.settled(rival[0])
        return document

    with edited(netlify, edit) as busy:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = busy.facts["api_url"]
        report = publisher.report(HOME)
    told = only(report, "superseded")
    assert report.exit_code == 1
    assert told.error
    assert publisher.live(HOME) == TWO


# Taking off, tidying up


def test_unpublishing_disables_the_site_and_says_so(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    project = publisher.project()
    told = only(releases.unpublish(project, project.settings.target()), "unpublished")

    assert changing(netlify)[-1].startswith("PUT /sites/SITE/disable?reason=")
    (finding,) = told.findings
    assert "whole site is disabled at Netlify" in finding.message
    assert publisher.live(HOME) == {}
    only(releases.status(publisher.project()), "listed")


def test_what_was_taken_off_comes_back_with_the_next_deploy_of_the_same_site(
    publisher: Publisher, netlify: InThread
) -> None:
    publisher.deploy(HOME)
    project = publisher.project()
    releases.unpublish(project, project.settings.target())
    publisher.deploy(HOME)

    assert "PUT /sites/SITE/enable" in changing(netlify)
    assert publisher.live(HOME) == HOME


def test_what_was_taken_off_comes_back_by_a_rollback(publisher: Publisher) -> None:
    publisher.deploy(HOME)
    publisher.deploy(TWO)
    project = publisher.project()
    releases.unpublish(project, project.settings.target())
    publisher.rollback()

    assert publisher.live(HOME) == TWO


@pytest.mark.parametrize("call", ["disable", "enable"])
def test_a_site_that_netlify_itself_has_disabled_is_named_as_such(
    publisher: Publisher, netlify: InThread, call: str
) -> None:
    publisher.deploy(HOME)
    project = publisher.project()
    if call == "disable":
        netlify.emulator.faults.append(
            Fault(method="PUT", pattern="/disable", status=422, body={"message": "Cannot disable this site"})
        )
        told = only(releases.unpublish(project, project.settings.target()), "failed")
    else:
        netlify.api("PUT", f"/sites/{netlify.site}/disable?reason=usage_exceeded")
        told = publisher.deploy(TWO, "failed")

    assert told.error
    assert "Netlify itself has disabled the site" in told.error.hint


def test_pruning_deletes_old_deploys_and_leaves_previews(publisher: Publisher, netlify: InThread) -> None:
    for number in range(4):
        publisher.deploy({"index.html": b"%d" % number})
    publisher.deploy(TWO, "previewed", preview=True)
    netlify.emulator.requests.clear()
    only(releases.prune(publisher.project(), keep=2), "pruned")

    assert changing(netlify) == ["DELETE /deploys/ID"] * 2
    assert [release.preview for release in publisher.history()] == [True, False, False]
