"""What is live at Netlify and what is not: previews, drafts, locks, going back, taking off, tidying up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork import releases
from presswork_netlify.emulator import Fault
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, asked, changing, codes, edited, only, pages

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


# Previews


def test_a_preview_is_a_draft_at_its_own_address(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    told = publisher.deploy(TWO, "previewed", preview=True)

    assert told.release
    deploy = netlify.api("GET", f"/deploys/{told.release.id}").json
    assert (deploy["draft"], deploy["branch"], deploy["state"]) == (True, None, "ready")
    assert (told.release.live, told.release.preview, told.release.url) == (False, True, deploy["deploy_ssl_url"])
    assert publisher.live(HOME) == HOME
    assert publisher.served(f"{told.release.id}--{netlify.name}", HOME) == TWO


def test_a_preview_under_an_alias_is_a_deploy_of_that_branch(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    told = publisher.deploy(TWO, "previewed", preview=True, alias="pull-7")

    assert told.release
    deploy = netlify.api("GET", f"/deploys/{told.release.id}").json
    assert (deploy["draft"], deploy["branch"], told.release.alias) == (False, "pull-7", "pull-7")
    assert publisher.live(HOME) == HOME
    assert publisher.served(f"pull-7--{netlify.name}", HOME) == TWO


def test_a_preview_of_what_is_live_is_made_all_the_same(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    told = publisher.deploy(HOME, "previewed", preview=True)

    assert told.uploaded
    assert told.uploaded.files == 0
    assert publisher.live(HOME) == HOME


@pytest.mark.parametrize(
    ("alias", "code"), [("a" * 38, "netlify-alias"), ("production", "netlify-alias-live"), ("a" * 37, None)]
)
def test_an_alias_that_cannot_be_or_could_go_live_is_refused(
    publisher: Publisher, netlify: InThread, alias: str, code: str | None
) -> None:
    def edit(_method: str, _path: str, document: Any, _headers: dict[str, str]) -> Any:
        if "build_settings" in document:
            document["build_settings"] = {"repo_branch": "production"}
        return document

    with edited(netlify, edit) as linked:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = linked.facts["api_url"]
        told = publisher.deploy(HOME, "refused" if code else "previewed", preview=True, alias=alias)
    assert (code is None) == bool(changing(netlify))
    assert code is None or codes(told)[code] == "error"


# Locked, git only


def test_where_publishing_is_locked_the_deploy_is_ready_and_never_called_live(
    publisher: Publisher, netlify: InThread
) -> None:
    first = publisher.deploy(HOME)
    assert first.release
    assert netlify.api("POST", f"/deploys/{first.release.id}/lock").status == 200
    report = publisher.report(TWO)

    told = only(report, "locked")
    assert report.exit_code == 3
    assert codes(told)["netlify-locked"] == "warning"
    assert told.release
    assert (told.release.live, "--" in told.release.url) == (False, True)
    assert publisher.live(HOME) == HOME
    assert publisher.served(f"{told.release.id}--{netlify.name}", HOME) == TWO


def test_a_lock_is_not_passed_by_by_way_of_a_draft(publisher: Publisher, netlify: InThread) -> None:
    first = publisher.deploy(HOME, settings={"staged": True})
    assert first.release
    netlify.api("POST", f"/deploys/{first.release.id}/lock")
    publisher.deploy(TWO, "locked", settings={"staged": True})

    assert publisher.live(HOME) == HOME


def test_a_lock_does_not_concern_previews(publisher: Publisher, netlify: InThread) -> None:
    first = publisher.deploy(HOME)
    assert first.release
    netlify.api("POST", f"/deploys/{first.release.id}/lock")

    assert "netlify-locked" not in codes(publisher.deploy(TWO, "previewed", preview=True))


@pytest.mark.parametrize(("does", "outcome", "code"), [("refuse", "failed", 1), ("hold", "locked", 3)])
def test_a_site_that_is_published_from_git_only_is_warned_of(
    publisher: Publisher, netlify: InThread, does: Any, outcome: str, code: int
) -> None:
    publisher.deploy(HOME)
    netlify.api("PATCH", f"/sites/{netlify.site}", {"prevent_non_git_prod_deploys": True})
    netlify.emulator.behaviour.non_git = does
    report = publisher.report(TWO)

    told = only(report, outcome)
    assert codes(told)["netlify-git-only"] == "warning"
    assert report.exit_code == code
    assert does == "hold" or (told.error and "from git only" in told.error.message)
    assert publisher.live(HOME) == HOME


def test_a_plan_warns_and_sends_nothing(publisher: Publisher, netlify: InThread) -> None:
    first = publisher.deploy(HOME)
    assert first.release
    netlify.api("POST", f"/deploys/{first.release.id}/lock")
    netlify.emulator.requests.clear()
    told = publisher.deploy(TWO, "planned", dry_run=True)

    assert codes(told)["netlify-locked"] == "warning"
    assert changing(netlify) == []


# Staged


def test_a_staged_deploy_is_a_draft_until_the_switch(publisher: Publisher, netlify: InThread) -> None:
    told = publisher.deploy(HOME, settings={"staged": True})

    assert changing(netlify)[-1] == "POST /sites/SITE/deploys/ID/restore"
    assert told.release
    assert netlify.api("GET", f"/deploys/{told.release.id}").json["draft"]
    assert publisher.live(HOME) == HOME
    assert [release.preview for release in publisher.history()] == [False]


def test_a_staged_release_can_be_gone_back_to(publisher: Publisher) -> None:
    for site in (HOME, TWO):
        publisher.deploy(site, settings={"staged": True})
    publisher.rollback()

    assert publisher.live(HOME) == HOME


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
    assert "elsewhere.example" in told.error.message


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
    told = only(releases.promote(project, project.settings.target(), preview.release.id), "failed")

    assert told.error
    assert told.error.code == "gone"


# A rival


def test_another_deployment_right_after_ours_is_told(publisher: Publisher, netlify: InThread) -> None:
    rival: list[str] = []

    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        ready = method == "GET" and path.startswith("/deploys/") and document["state"] == "ready"
        if ready and document["title"].startswith("Deployed by") and not rival:
            rival.append("")
            rival.append(netlify.deploy(TWO)["id"])
        return document

    with edited(netlify, edit) as busy:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = busy.facts["api_url"]
        report = publisher.report(HOME)
    told = only(report, "superseded")
    assert report.exit_code == 1
    assert told.error
    assert publisher.live(HOME) == TWO


# Verify


def test_verifying_reads_the_whole_listing(publisher: Publisher, netlify: InThread) -> None:
    site = pages(230)
    publisher.deploy(site)
    netlify.emulator.requests.clear()
    told = publisher.verify()

    assert told.verified
    assert (told.verified.method, told.verified.files, told.verified.ok) == ("listing", 230, True)
    assert len(asked(netlify, "^GET /sites/SITE/files")) == 3


def test_verifying_in_full_reads_every_byte_as_it_was_uploaded(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.behaviour.rewrites_pages = True
    site = {**pages(5), "with space/ü.html": b"<p>x"}
    publisher.deploy(site)
    assert publisher.live(site) != site
    told = publisher.verify(full=True)

    assert told.verified
    assert (told.verified.method, told.verified.ok) == ("read", True)
    assert len(asked(netlify, "^GET /sites/SITE/files/.")) == 6


def test_bytes_that_are_not_what_the_listing_says_are_caught_by_reading(
    tmp_path: Path, publisher: Publisher, netlify: InThread
) -> None:
    site = pages(5)
    publisher.deploy(site)
    (spoilt,) = (file for file in (tmp_path / "netlify" / "blobs").rglob("*") if _content(file) == b"page 3 ")
    spoilt.write_bytes(b"page 9 ")

    assert publisher.verify().verified
    told = publisher.verify("failed", full=True)
    assert told.verified
    assert told.verified.mismatches == ("p/3.html",)


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


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
