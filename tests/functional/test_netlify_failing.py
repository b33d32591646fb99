"""Deploys to Netlify that fail, are broken off, or are given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork_netlify.emulator import Fault
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, asked, edited, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


@pytest.mark.parametrize(
    ("outcome", "message", "said"),
    [
        ("error", "Deploy directory is empty.", "Netlify gave the deploy up: Deploy directory is empty."),
        ("error", None, "Netlify gave the deploy up: it gave no reason."),
        ("rejected", None, "Netlify gave the deploy up: it was rejected."),
    ],
)
def test_a_deploy_that_netlify_gives_up_fails_with_its_reason(
    publisher: Publisher, netlify: InThread, outcome: Any, message: str | None, said: str
) -> None:
    publisher.deploy(HOME)
    netlify.emulator.behaviour.outcome = outcome
    netlify.emulator.behaviour.error_message = message
    report = publisher.report({"index.html": b"2"})

    (told,) = report.targets
    assert (told.outcome, report.exit_code) == ("failed", 1)
    assert told.error
    assert told.error.message == said
    assert publisher.live(HOME) == HOME


def test_a_deploy_that_is_given_up_while_it_is_prepared_fails_with_its_reason(
    publisher: Publisher, netlify: InThread
) -> None:
    def edit(method: str, path: str, document: Any, _headers: dict[str, str]) -> Any:
        if method == "GET" and path.startswith("/deploys/"):
            document |= {"state": "error", "error_message": "out of disk"}
        return document

    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        told = publisher.deploy(pages(101), "failed")
    assert told.error
    assert told.error.message == "Netlify gave the deploy up: out of disk."
    assert "POST /deploys/ID/cancel" in asked(netlify)


def test_an_abandoned_deploy_is_cancelled_and_what_was_live_stays(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)
    netlify.emulator.faults.append(
        Fault(method="PUT", pattern="/files/p/7", status=413, body={"message": "too large"}, count=None)
    )
    told = publisher.deploy(pages(10), "failed")

    assert told.error
    assert (told.error.path, "too large" in told.error.message) == ("p/7.html", True)
    newest = netlify.api("GET", f"/sites/{netlify.site}/deploys").json[0]
    assert (newest["state"], newest["error_message"]) == ("error", "Canceled")
    assert publisher.live(HOME) == HOME


def test_a_broken_off_deploy_is_gone_on_with_and_sends_nothing_twice(publisher: Publisher, netlify: InThread) -> None:
    site = pages(20)
    netlify.emulator.faults.append(Fault(method="PUT", pattern="/files/p/15", status=503, count=None))
    told = publisher.deploy(site, "failed", settings={"patience": 0, "workers": 1})
    assert told.error
    assert told.error.retryable
    sent = {line for line in asked(netlify, "^PUT /deploys/ID/files") if "p/15" not in line}
    netlify.emulator.faults.clear()
    netlify.emulator.requests.clear()
    publisher.deploy(site)

    assert sent
    assert not sent & {*asked(netlify)}
    assert asked(netlify, "^POST ") == []
    assert publisher.live(site) == site


def test_a_broken_off_deploy_of_another_site_is_cancelled(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="PUT", pattern="/files/", status=503, count=None))
    publisher.deploy(pages(3), "failed", settings={"patience": 0})
    netlify.emulator.faults.clear()
    publisher.deploy(pages(4))

    states = [deploy["state"] for deploy in netlify.api("GET", f"/sites/{netlify.site}/deploys").json]
    assert states == ["ready", "error"]


def test_a_manifest_that_was_taken_at_an_earlier_try_is_not_refused_at_the_next(
    publisher: Publisher, netlify: InThread
) -> None:
    tell = "^/api/v1/sites/[^/]+/deploys/[^/]+$"
    done = {"code": 422, "message": "Build is already done"}
    netlify.emulator.faults += [
        Fault(method="PUT", pattern=tell, status=502, after=True),
        Fault(method="PUT", pattern=tell, status=422, body=done),
    ]
    publisher.deploy(HOME)

    assert publisher.live(HOME) == HOME
    assert len(asked(netlify, "^POST ")) == 1
