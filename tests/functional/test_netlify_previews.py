"""What is live at Netlify and what is not: previews, drafts, and sites whose publishing is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support_netlify import emulating
from support_netlify_host import HOME, Publisher, changing, codes, edited, only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread

TWO = {"index.html": b"<p>two"}


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
