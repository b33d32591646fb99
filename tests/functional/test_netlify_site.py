"""Which site at Netlify is meant: found by id, domain or name, made where it is to be, and where the API is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from presswork_netlify.emulator import Fault
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, asked, changing, only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread

TWO = {"index.html": b"<p>two"}
CREATE = "^POST .*/sites$"


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "netlify", processing=()) as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


@pytest.fixture
def creator(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify, site="my-docs", create=True)


def sites(netlify: InThread) -> dict[str, Any]:
    """Return every site but the emulator's first, by name."""
    found = {site["name"]: site for site in netlify.api("GET", "/sites").json}
    del found[netlify.name]
    return found


def page(netlify: InThread, name: str) -> bytes:
    return netlify.page(name, "index.html").body


# Found


@pytest.mark.parametrize("named", ["{id}", "{name}", "{name}.netlify.app", "docs.example.org"])
def test_a_site_is_found_by_id_domain_or_name(publisher: Publisher, netlify: InThread, named: str) -> None:
    netlify.api("POST", "/sites", {"name": f"{netlify.name}-too"})
    netlify.api("PATCH", f"/sites/{netlify.site}", {"custom_domain": "docs.example.org"})
    site = named.format(id=netlify.site, name=netlify.name)
    publisher.deploy(HOME, settings={"site": site})
    publisher.deploy(HOME, "unchanged", settings={"site": site})

    assert publisher.live(HOME) == HOME


def test_a_name_is_found_beyond_the_first_page_of_what_resembles_it(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.behaviour.per_page = 1
    netlify.api("PATCH", f"/sites/{netlify.site}", {"name": "docs"})
    for name in ("docs-one", "docs-two"):
        netlify.api("POST", "/sites", {"name": name})
    netlify.api("PATCH", f"/sites/{netlify.site}", {"name": "my-docs"})
    netlify.api("POST", "/sites", {"name": "docs"})
    publisher.deploy(HOME, settings={"site": "docs"})

    assert page(netlify, "docs") == HOME["index.html"]


def test_the_site_can_come_from_the_environment(publisher: Publisher, netlify: InThread) -> None:
    publisher.environ["NETLIFY_SITE_ID"] = netlify.site
    publisher.deploy(HOME, settings={"site": None})

    assert publisher.live(HOME) == HOME


def test_a_configured_site_goes_before_that_of_the_environment(publisher: Publisher, netlify: InThread) -> None:
    publisher.environ["NETLIFY_SITE_ID"] = "another-one"
    publisher.deploy(HOME)

    assert publisher.live(HOME) == HOME


def test_an_unknown_site_is_an_error_that_names_it(publisher: Publisher, netlify: InThread) -> None:
    report = publisher.report(HOME, settings={"site": "no-such-site"})

    told = only(report, "failed")
    assert report.exit_code == 1
    assert told.error
    assert "no site no-such-site" in told.error.message
    assert "create: true" in told.error.hint
    assert changing(netlify) == []


def test_no_site_at_all_is_a_wrong_configuration(publisher: Publisher, netlify: InThread) -> None:
    report = publisher.report(HOME, settings={"site": None})

    assert report.exit_code == 2
    assert asked(netlify) == []


# Made


def test_without_create_no_site_is_made(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME, "failed", settings={"site": "my-docs"})

    assert sites(netlify) == {}


def test_a_site_is_made_by_the_first_deploy_and_used_by_the_next(creator: Publisher, netlify: InThread) -> None:
    told = creator.deploy(HOME)
    assert told.previous is None
    netlify.emulator.requests.clear()
    creator.deploy(TWO)

    assert page(netlify, "my-docs") == TWO["index.html"]
    assert asked(netlify, CREATE) == []
    assert asked(netlify)[0] == "GET /sites/SITE"  # by the id that was remembered


def test_a_site_without_a_name_is_found_again_by_what_is_remembered(creator: Publisher, netlify: InThread) -> None:
    creator.deploy(HOME, settings={"site": None})
    creator.deploy(HOME, "unchanged", settings={"site": None})
    creator.deploy(TWO, settings={"site": None, "create": None})

    (name,) = sites(netlify)
    assert page(netlify, name) == TWO["index.html"]


def test_a_new_name_means_a_new_site(creator: Publisher, netlify: InThread) -> None:
    creator.deploy(HOME)
    creator.deploy(TWO, settings={"site": "other-docs"})

    assert (page(netlify, "my-docs"), page(netlify, "other-docs")) == (HOME["index.html"], TWO["index.html"])


def test_a_site_that_was_deleted_is_made_again(creator: Publisher, netlify: InThread) -> None:
    creator.deploy(HOME)
    netlify.api("DELETE", f"/sites/{sites(netlify)['my-docs']['id']}")
    creator.deploy(HOME)

    assert page(netlify, "my-docs") == HOME["index.html"]


def test_neither_a_plan_nor_a_refusal_makes_a_site(creator: Publisher, netlify: InThread) -> None:
    creator.deploy(HOME, "planned", dry_run=True)
    creator.deploy({"a#b.html": b""}, "refused")

    assert sites(netlify) == {}


def test_a_new_site_gets_what_is_configured(creator: Publisher, netlify: InThread) -> None:
    creator.environ["DOCS_PASSWORD"] = "sesame-open-up"  # noqa: S105
    team = netlify.api("GET", "/accounts").json[0]["slug"]
    settings = {"team": team, "custom_domain": "docs.example.org", "force_ssl": True, "password_env": "DOCS_PASSWORD"}
    report = creator.report(HOME, settings=settings)

    only(report, "deployed")
    site = sites(netlify)["my-docs"]
    assert (site["custom_domain"], site["force_ssl"], site["password"]) == ("docs.example.org", True, "sesame-open-up")
    assert asked(netlify, CREATE) == [f"POST /{team}/sites"]
    assert "sesame" not in report.to_json().decode() + creator.remembered()


def test_a_password_that_is_not_set_is_a_missing_credential(creator: Publisher, netlify: InThread) -> None:
    creator.environ["NETLIFY_AUTH_TOKEN_TOO"] = creator.environ["NETLIFY_AUTH_TOKEN"]
    settings = {"password_env": "DOCS_PASSWORD", "token_env": "DOCS_TOKEN"}
    creator.environ["DOCS_TOKEN"] = creator.environ["NETLIFY_AUTH_TOKEN"]
    report = creator.report(HOME, settings=settings)

    assert report.exit_code == 2
    assert sites(netlify) == {}


def test_a_password_in_the_place_of_a_variables_name_is_not_repeated(creator: Publisher) -> None:
    report = creator.report(HOME, settings={"password_env": "sesame-open-up"})

    assert report.error
    assert report.exit_code == 2
    assert "sesame" not in report.error.message + report.error.hint


@pytest.mark.parametrize(("settings", "hint"), [({"site": "rehearsal-two"}, "taken"), ({"team": "nobody"}, "team")])
def test_a_site_that_cannot_be_made_says_why(
    creator: Publisher, netlify: InThread, settings: dict[str, Any], hint: str
) -> None:
    netlify.emulator.faults.append(Fault(method="GET", pattern="/sites/rehearsal-two$", status=404))
    netlify.emulator.faults.append(Fault(method="GET", pattern="/sites$", status=200, body=[]))
    netlify.api("POST", "/sites", {"name": "rehearsal-two"})
    told = creator.deploy(HOME, "failed", settings=settings)

    assert told.error
    assert hint in told.error.hint


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_site_whose_making_was_answered_with_an_error_is_found_by_its_name(
    creator: Publisher, netlify: InThread, status: int
) -> None:
    netlify.emulator.faults.append(Fault(method="POST", pattern="/sites$", status=status, after=True))
    creator.deploy(HOME)

    assert [*sites(netlify)] == ["my-docs"]
    assert len(asked(netlify, CREATE)) == 1


def test_a_nameless_site_whose_making_was_answered_with_an_error_is_told_of(
    creator: Publisher, netlify: InThread
) -> None:
    netlify.emulator.faults.append(Fault(method="POST", pattern="/sites$", status=502, after=True))
    told = creator.deploy(HOME, "failed", settings={"site": None})

    assert told.error
    assert "whether a site was made" in told.error.hint
    assert len(asked(netlify, CREATE)) == 1


def test_a_site_that_was_made_is_remembered_though_the_deploy_fails(creator: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="POST", pattern="/deploys$", status=403))
    creator.deploy(HOME, "failed", settings={"site": None})
    netlify.emulator.faults.clear()
    creator.deploy(HOME, settings={"site": None})

    assert len(sites(netlify)) == 1


def test_a_new_site_takes_an_archive_in_a_call_of_its_own(creator: Publisher, netlify: InThread) -> None:
    creator.deploy(HOME, settings={"route": "zip"})

    assert [line.partition("?")[0] for line in changing(netlify)] == ["POST /sites", "POST /sites/SITE/deploys"]
    assert page(netlify, "my-docs") == HOME["index.html"]


def test_nothing_is_said_of_the_history_of_a_site_to_be_made(creator: Publisher) -> None:
    assert creator.history() == []
