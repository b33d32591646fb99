"""What is found out before anything is sent to Netlify: by the emulator's own record, nothing was."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from presswork_netlify.emulator import NAMED, Fault
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, asked, changing, codes, only, pages

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


def refused(publisher: Publisher, files: dict[str, bytes], **settings: Any) -> Any:
    report = publisher.report(files, settings=settings)
    assert report.exit_code == 3
    return only(report, "refused")


def test_the_record_would_show_what_is_sent(publisher: Publisher, netlify: InThread) -> None:
    publisher.deploy(HOME)

    assert len(changing(netlify)) == 3


@pytest.mark.parametrize("name", ["what?.html", "c#/index.html", "a/b#c.txt", "?"])
def test_a_name_with_a_hash_or_a_question_mark_is_refused(publisher: Publisher, netlify: InThread, name: str) -> None:
    told = refused(publisher, {**HOME, name: b""})

    (finding,) = told.findings
    assert (finding.code, finding.severity, finding.path) == ("netlify-name", "error", name)
    assert "ignore" in finding.hint
    assert changing(netlify) == []


def test_every_such_name_is_told_at_once(publisher: Publisher) -> None:
    told = refused(publisher, {**HOME, "a#": b"", "b?": b"", "c#?": b""})

    assert [finding.path for finding in told.findings] == ["a#", "b?", "c#?"]


def test_a_name_that_is_no_utf8_is_refused(publisher: Publisher, netlify: InThread) -> None:
    site = publisher.write(HOME)
    with open(os.fsencode(site.root) + b"/caf\xe9.html", "wb"):  # noqa: PTH123 -- no path of text can say this
        pass
    from presswork.deploy import deploy

    report = deploy(site, publisher.project())
    assert report.exit_code == 3
    assert "UTF-8" in only(report, "refused").findings[0].message
    assert changing(netlify) == []


def test_a_backslash_is_warned_of_and_sent(publisher: Publisher, netlify: InThread) -> None:
    told = publisher.deploy({**HOME, "a\\b.txt": b"x"})

    assert codes(told)["netlify-backslash"] == "warning"
    assert "PUT /deploys/ID/files/a%5Cb.txt" in asked(netlify)


@pytest.mark.parametrize("name", ["_headers", "_redirects"])
def test_rules_are_sent_as_files_and_warned_of_where_they_are_nested(
    publisher: Publisher, netlify: InThread, name: str
) -> None:
    told = publisher.deploy({**HOME, name: b"/a /b", f"docs/{name}": b"/c /d"})

    (finding,) = told.findings
    assert (finding.code, finding.severity, finding.path) == ("netlify-nested", "warning", f"docs/{name}")
    assert {f"PUT /deploys/ID/files/{name}", f"PUT /deploys/ID/files/docs/{name}"} <= {*asked(netlify)}


def test_an_empty_site_is_refused(publisher: Publisher, netlify: InThread) -> None:
    told = refused(publisher, {})

    assert codes(told) == {"empty-site": "error"}
    assert changing(netlify) == []


def test_a_missing_home_page_is_warned_of(publisher: Publisher) -> None:
    assert codes(publisher.deploy({"page.html": b"x"})) == {"no-index": "warning"}


def test_too_many_files_for_an_archive_are_refused(publisher: Publisher, netlify: InThread) -> None:
    told = refused(publisher, pages(25_001), route="zip")

    assert codes(told) == {"netlify-zip-files": "error"}
    assert changing(netlify) == []


def test_functions_that_are_no_bundles_are_refused(publisher: Publisher, netlify: InThread) -> None:
    (publisher.folder / "functions").mkdir()
    (publisher.folder / "functions" / "hello.go").touch()
    refused(publisher, HOME, functions="functions")

    assert changing(netlify) == []


def test_a_missing_token_is_a_wrong_configuration(publisher: Publisher, netlify: InThread) -> None:
    del publisher.environ["NETLIFY_AUTH_TOKEN"]
    report = publisher.report(HOME)

    told = only(report, "failed")
    assert report.exit_code == 2
    assert told.error
    assert told.error.code == "credential-missing"
    assert "NETLIFY_AUTH_TOKEN" in told.error.message
    assert asked(netlify) == []


def test_a_refused_token_fails_and_says_what_to_do(publisher: Publisher, netlify: InThread) -> None:
    publisher.environ["NETLIFY_AUTH_TOKEN"] = "nfp_wrong"  # noqa: S105
    report = publisher.report(HOME)

    told = only(report, "failed")
    assert report.exit_code == 1
    assert told.error
    assert "401" in told.error.message
    assert "new personal access token" in told.error.hint
    assert asked(netlify) == ["GET /sites/SITE"]


def test_a_team_with_single_sign_on_is_named_as_the_reason(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(NAMED["sso"])
    report = publisher.report(HOME)

    told = only(report, "failed")
    assert report.exit_code == 1
    assert told.error
    assert "SAML SSO" in told.error.message
    assert "grant it access to the team" in told.error.hint
    assert changing(netlify) == []


def test_a_403_for_another_reason_has_another_hint(publisher: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(status=403, body={"message": "Forbidden"}, count=None))
    told = publisher.deploy(HOME, "failed")

    assert told.error
    assert "team" not in told.error.hint


def test_an_unknown_site_is_an_error(publisher: Publisher, netlify: InThread) -> None:
    report = publisher.report(HOME, settings={"site": "nowhere"})

    only(report, "failed")
    assert report.exit_code == 1
    assert changing(netlify) == []


@pytest.mark.parametrize("wrong", [{"route": "tar"}, {"workers": 0}, {"sites": "x"}, {"create": "yes"}])
def test_a_wrong_setting_is_told_before_anything_is_asked(
    publisher: Publisher, netlify: InThread, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Exception, match="|".join(wrong)) as told:
        publisher.project(**wrong).check_settings()

    assert getattr(told.value, "exit_code", None) == 2
    assert asked(netlify) == []
