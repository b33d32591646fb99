"""Sites at SimpleHost that are made, found again, lost, and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork import releases
from presswork_simplehost.emulator import Fault
from support_netlify_host import codes, only
from support_simplehost import emulating
from support_simplehost_host import HOME, TWO, Publisher, asked, made, slug_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_simplehost import InThread

CREATE = "^POST /publish$"


@pytest.fixture
def simplehost(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "simplehost") as running:
        yield running


@pytest.fixture
def creator(tmp_path: Path, simplehost: InThread) -> Publisher:
    simplehost.deploy(HOME, simplehost.slug)  # or it would be among those that never went live
    simplehost.emulator.requests.clear()
    return Publisher(tmp_path, simplehost, slug=None, create=True)


def test_a_site_is_made_by_the_first_deploy_and_used_by_the_next(creator: Publisher, simplehost: InThread) -> None:
    told = creator.deploy(HOME)
    assert codes(told) == {"simplehost-made": "info"}
    assert told.previous is None
    creator.deploy(HOME, "unchanged")
    creator.deploy(TWO)

    (slug,) = made(simplehost)
    assert creator.live(TWO, slug) == TWO
    assert [release.live for release in creator.history()] == [True, False]


def test_a_site_that_was_made_keeps_its_history_when_its_slug_is_written_down(creator: Publisher) -> None:
    slug = slug_in(creator.deploy(HOME))
    creator.table |= {"slug": slug, "create": None}
    creator.deploy(TWO)
    creator.rollback()

    assert creator.live(TWO, slug) == HOME


@pytest.mark.parametrize(("settings", "code"), [({"create": None}, 2), ({"slug": "no-such", "create": True}, 1)])
def test_no_site_is_made_unless_that_is_asked_for(
    creator: Publisher, simplehost: InThread, settings: dict[str, Any], code: int
) -> None:
    report = creator.report(HOME, settings=settings)

    assert report.exit_code == code
    (told,) = report.targets
    assert told.error
    assert "create: true" in told.error.hint
    assert asked(simplehost, CREATE) == []


def test_neither_a_plan_nor_a_refusal_makes_a_site(creator: Publisher, simplehost: InThread) -> None:
    creator.deploy(HOME, "planned", dry_run=True)
    creator.deploy({"empty.html": b""}, "refused")

    assert asked(simplehost) == []


def test_the_slug_is_on_disk_before_anything_else_is_sent(creator: Publisher, simplehost: InThread) -> None:
    simplehost.emulator.faults.append(Fault(method="PUT", pattern="_upload", status=503, count=None))
    creator.deploy(HOME, "failed", settings={"patience": 0})
    (slug,) = made(simplehost)
    assert slug in (creator.folder / ".presswork" / "memory" / "default.json").read_text()
    simplehost.emulator.faults.clear()
    creator.deploy(HOME)

    assert made(simplehost) == [slug]
    assert creator.live(HOME, slug) == HOME


@pytest.mark.parametrize("answer", [400, 404])
def test_a_site_that_never_went_live_and_takes_no_version_is_told_of_and_another_made(
    creator: Publisher, simplehost: InThread, answer: Any
) -> None:
    simplehost.emulator.behaviour.pending_update = answer
    simplehost.emulator.faults.append(Fault(method="PUT", pattern="_upload", status=403))
    creator.deploy(HOME, "failed")
    told = creator.deploy(HOME)

    orphan, slug = made(simplehost)
    (finding,) = [finding for finding in told.findings if finding.code == "simplehost-orphan"]
    assert orphan in finding.message
    assert creator.live(HOME, slug) == HOME


def test_a_site_whose_making_was_not_answered_is_looked_for_and_not_made_twice(
    creator: Publisher, simplehost: InThread
) -> None:
    simplehost.emulator.faults.append(Fault(method="POST", pattern="/publish$", status=502, after=True))
    told = creator.deploy(HOME, "failed")

    (slug,) = made(simplehost)
    assert told.error
    assert ("set `slug` to it" in told.error.hint, slug in told.error.hint) == (True, True)
    assert told.error.retryable is False
    assert asked(simplehost, CREATE) == ["POST /publish"]
    creator.deploy(HOME, settings={"slug": slug})
    assert creator.live(HOME, slug) == HOME


def test_a_site_that_was_not_made_is_told_to_be_made_by_the_same_command(
    creator: Publisher, simplehost: InThread
) -> None:
    simplehost.emulator.faults.append(Fault(method="POST", pattern="/publish$", status=502))
    told = creator.deploy(HOME, "failed")

    assert told.error
    assert told.error.retryable
    assert "run the same command again" in told.error.hint
    assert made(simplehost) == []


def test_a_site_that_nobody_can_look_for_is_left_to_people(creator: Publisher, simplehost: InThread) -> None:
    simplehost.emulator.faults += [
        Fault(method="POST", pattern="/publish$", status=502, after=True),
        Fault(method="GET", pattern="/publishes$", status=403),
    ]
    told = creator.deploy(HOME, "failed")

    assert told.error
    assert "own pages" in told.error.hint


def test_a_site_that_was_deleted_is_made_anew_when_it_was_forgotten(creator: Publisher, simplehost: InThread) -> None:
    slug = slug_in(creator.deploy(HOME))
    simplehost.api("DELETE", f"/publish/{slug}")
    told = creator.deploy(HOME, "failed")
    assert told.error
    assert "presswork unpublish --yes" in told.error.hint
    creator.unpublish()
    creator.deploy(HOME)

    (other,) = made(simplehost)
    assert other != slug
    assert creator.live(HOME, other) == HOME


def test_the_key_of_another_account_makes_no_second_site(creator: Publisher, simplehost: InThread) -> None:
    slug = slug_in(creator.deploy(HOME))
    own, creator.environ["SIMPLEHOST_API_KEY"] = creator.environ["SIMPLEHOST_API_KEY"], simplehost.facts["other_key"]
    told = creator.deploy(TWO, "failed")

    assert told.error
    assert f"no site {slug} for this key" in told.error.message
    assert len(asked(simplehost, CREATE)) == 1
    creator.environ["SIMPLEHOST_API_KEY"] = own
    assert slug_in(creator.deploy(TWO)) == slug


def test_unpublishing_with_the_key_of_another_account_says_that_nothing_was_deleted(
    creator: Publisher, simplehost: InThread
) -> None:
    slug = slug_in(creator.deploy(HOME))
    creator.environ["SIMPLEHOST_API_KEY"] = simplehost.facts["other_key"]
    (finding,) = creator.unpublish().findings

    assert (finding.code, finding.severity) == ("simplehost-not-there", "warning")
    assert f"no site {slug} for this key; nothing was deleted" in finding.message
    assert creator.live(HOME, slug) == HOME
    assert codes(creator.unpublish()) == {}
    creator.table |= {"slug": slug}
    project = creator.project()
    (told,) = releases.unpublish(project, project.settings.target()).targets
    assert told.error
    assert f"no site {slug} for this key" in told.error.message


def test_a_delete_whose_answer_was_lost_is_a_delete(creator: Publisher, simplehost: InThread) -> None:
    creator.deploy(HOME)
    simplehost.emulator.faults.append(Fault(method="DELETE", pattern="/publish/", status=502, after=True))

    assert codes(creator.unpublish()) == {"simplehost-retired": "info"}


def test_unpublishing_deletes_the_site_and_says_that_its_slug_is_gone_for_ever(
    creator: Publisher, simplehost: InThread
) -> None:
    slug = slug_in(creator.deploy(HOME))
    told = creator.unpublish()

    assert made(simplehost) == []
    (finding,) = told.findings
    assert slug in finding.message
    assert "nobody can have that slug again" in finding.message
    assert codes(creator.unpublish()) == {}
    creator.deploy(HOME)
    assert made(simplehost) != [slug]


def test_two_targets_have_a_site_each(creator: Publisher, simplehost: InThread) -> None:
    targets = {name: {"host": "simplehost", "create": True} for name in ("one", "two")}
    creator.table = {"targets": targets}
    for name, files in (("one", HOME), ("two", TWO), ("one", TWO)):
        only(creator.report(files, targets=[name]), "deployed")

    one, two = made(simplehost)
    assert creator.live(TWO, one) == creator.live(TWO, two) == TWO
