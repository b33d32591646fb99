"""Sites made without an account, by the command line: what is said of them, where their token is kept, the claim."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from presswork_simplehost.emulator import Fault
from support_cli import COMMAND, Project, check_one_error
from support_simplehost import emulating
from support_simplehost_host import asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_simplehost import InThread

HOME = {"index.html": "<p>home"}
TWO = {"index.html": "<p>two"}


@pytest.fixture
def simplehost(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path / "simplehost", rate_anonymous=5) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, simplehost: InThread) -> Project:
    made = Project(tmp_path)
    made.site(HOME)
    made.write({"presswork.toml": 'host = "simplehost"\ncreate = true\n'})
    made.environ.pop("SIMPLEHOST_API_KEY", None)
    made.environ["PRESSWORK_SIMPLEHOST_API_URL"] = simplehost.facts["api_url"]
    return made


def kept(project: Project) -> Path:
    """Return the file in which claim tokens are kept."""
    return project.folder / ".presswork" / "memory" / "default.secret.json"


def token(project: Project) -> str:
    """Return the claim token that is kept."""
    (found,) = [value for key, value in json.loads(kept(project).read_text()).items() if key.startswith("token ")]
    return str(found)


def places_of(text: str, project: Project, said: str) -> list[str]:
    """Return where a text stands: in what was said, or in a file but the one for secrets."""
    files = [file for file in project.folder.rglob("*") if file.is_file() and file != kept(project)]
    return [str(file) for file in files if text.encode() in file.read_bytes()] + ["said"] * (text in said)


def live(simplehost: InThread, slug: str) -> bytes:
    return simplehost.page(slug, "index.html").body


def slug_of(target: dict[str, Any]) -> str:
    return str(target["release"]["url"]).rstrip("/").rpartition("/")[2]


def test_a_site_without_an_account_is_made_in_two_requests_and_what_that_means_is_said_first(
    project: Project, simplehost: InThread
) -> None:
    plan = project.ok("plan", "site")
    assert "five requests an hour" in plan.err
    assert "24 hours" in plan.err
    assert asked(simplehost) == []
    told = project.only("deploy", "site")

    assert live(simplehost, slug_of(told)) == b"<p>home"
    assert asked(simplehost) == [
        "POST /publish",
        "PUT /_upload/index.html",
        "POST /publish/SLUG/finalize",
    ]
    assert (told["verified"]["method"], told["verified"]["ok"]) == ("http", True)
    assert project.only("deploy", "site")["outcome"] == "unchanged"
    assert slug_of(project.only("status")) == slug_of(told)


def test_without_being_asked_for_no_site_is_made(project: Project, simplehost: InThread) -> None:
    project.write({"presswork.toml": 'host = "simplehost"\n'})

    check_one_error(project.run("deploy", "site"), 2, "create: true")
    assert asked(simplehost) == []


def test_a_named_site_needs_the_key(project: Project, simplehost: InThread) -> None:
    check_one_error(project.run("deploy", "site", "-o", f"slug={simplehost.slug}"), 2, "SIMPLEHOST_API_KEY is not set")


def test_the_claim_token_is_kept_for_its_owner_alone_and_shown_nowhere(project: Project, simplehost: InThread) -> None:
    simplehost.emulator.behaviour.rate_anonymous = 100
    done = project.ok("deploy", "site", "--trace", "trace.txt")
    secret = token(project)
    said = done.out + done.err
    assert places_of(secret, project, said) == []
    simplehost.emulator.faults.append(
        Fault(method="POST", pattern="claim$", status=400, body={"error": f"Odd: {secret}", "code": "INVALID_REQUEST"})
    )
    refused = project.run("claim", "--json", SIMPLEHOST_API_KEY=simplehost.facts["key"])
    assert refused.code == 1
    assert "Odd: •••" in refused.out
    said += refused.out + refused.err
    for words in (("status", "--json"), ("deploy", "site", "--json"), ("history",)):
        said += project.ok(*words).out

    assert stat.S_IMODE(kept(project).stat().st_mode) == 0o600
    assert places_of(secret, project, said) == []
    project.write({"leak.txt": f"before {secret} after"})
    assert len(places_of(secret, project, said + secret)) == 2


def test_who_sits_at_a_terminal_is_shown_how_to_claim(project: Project, simplehost: InThread) -> None:
    ours, theirs = pty.openpty()
    line = [*COMMAND, "deploy", "site"]
    with subprocess.Popen(
        line, cwd=project.folder, env=project.environ | {"TERM": "dumb"}, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # the terminal's other end has gone
            while piece := os.read(ours, 4096):
                shown += piece
        assert process.stdout
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0

    assert token(project) in shown.decode()
    assert b"claim it before" in shown
    assert token(project) not in out.decode()


def test_a_claimed_site_is_the_accounts_and_is_deployed_to_like_any_other(
    project: Project, simplehost: InThread
) -> None:
    slug = slug_of(project.only("deploy", "site"))
    key = {"SIMPLEHOST_API_KEY": simplehost.facts["key"]}
    check_one_error(project.run("deploy", "site", **key), 3, "presswork claim")
    told = project.only("claim", **key)

    assert (told["outcome"], told["release"]["live"], slug_of(told)) == ("claimed", True, slug)
    assert json.loads(kept(project).read_text()) == {}
    assert project.only("deploy", "site", **key)["outcome"] == "unchanged"
    project.site(TWO)
    told = project.only("deploy", "site", **key)
    assert (told["outcome"], slug_of(told)) == ("deployed", slug)
    assert live(simplehost, slug) == b"<p>two"
    assert project.only("rollback", **key)["outcome"] == "rolled-back"
    assert live(simplehost, slug) == b"<p>home"


def test_a_claim_whose_answer_was_lost_is_found_to_have_happened(project: Project, simplehost: InThread) -> None:
    project.ok("deploy", "site")
    simplehost.emulator.faults.append(Fault(method="POST", pattern="claim$", status=502, after=True))

    assert project.only("claim", SIMPLEHOST_API_KEY=simplehost.facts["key"])["outcome"] == "claimed"


def test_a_claim_that_cannot_be_says_why(project: Project, simplehost: InThread) -> None:
    key = {"SIMPLEHOST_API_KEY": simplehost.facts["key"]}
    check_one_error(project.run("claim", **key), 2, "nothing to claim")
    project.ok("deploy", "site")
    check_one_error(project.run("claim"), 2, "SIMPLEHOST_API_KEY is not set")
    simplehost.api(
        "POST",
        f"/publish/{slug_of(project.only('status'))}/claim",
        {"claimToken": token(project)},
        key=simplehost.facts["other_key"],
    )
    check_one_error(project.run("claim", **key), 1, "already claimed")


def test_hosts_that_cannot_claim_say_which_can(project: Project) -> None:
    check_one_error(project.run("claim", "--host", "local"), 2, "simplehost")


def test_a_change_goes_to_another_address_and_that_is_said(project: Project, simplehost: InThread) -> None:
    first = slug_of(project.only("deploy", "site"))
    project.site(TWO)
    told = project.only("deploy", "site")

    assert "simplehost-new-address" in {finding["code"] for finding in told["findings"]}
    assert live(simplehost, first) == b"<p>home"
    assert live(simplehost, slug_of(told)) == b"<p>two"


@pytest.mark.parametrize("option", ["ttl=60", "password_env=SITE_PASSWORD"])
def test_what_needs_an_account_is_refused_before_any_request(
    project: Project, simplehost: InThread, option: str
) -> None:
    done = project.run("deploy", "site", "-o", option)

    assert done.code == 3
    assert "SIMPLEHOST_API_KEY" in done.err
    assert asked(simplehost) == []


def test_a_file_that_cannot_be_sent_any_more_ends_the_deploy_and_the_next_makes_another_site(
    project: Project, simplehost: InThread
) -> None:
    simplehost.emulator.faults.append(Fault(method="PUT", pattern="_upload", status=400, body={"error": "expired"}))
    done = project.run("deploy", "site")
    assert done.code == 1
    assert "another site, at another address" in done.hints[-1]

    assert project.only("deploy", "site")["outcome"] == "deployed"


def test_a_finalize_whose_answer_was_lost_is_seen_at_the_sites_own_address(
    project: Project, simplehost: InThread
) -> None:
    simplehost.emulator.faults.append(Fault(method="POST", pattern="finalize$", status=502, after=True))
    told = project.only("deploy", "site")

    assert told["outcome"] == "deployed"
    assert len(asked(simplehost, "^POST /publish$")) == 1


def test_a_site_that_is_gone_after_a_day_is_not_taken_for_live(project: Project) -> None:
    first = slug_of(project.only("deploy", "site"))
    memory = kept(project).with_name("default.json")
    told = memory.read_text()
    today = datetime.now(UTC).date()
    for day in (today, today + timedelta(days=1)):  # it expires tomorrow, wherever that begins
        told = told.replace(f"{day}T", "2026-01-01T")
    assert told != memory.read_text()
    memory.write_text(told)

    assert "nothing is live" in project.ok("status").out
    assert slug_of(project.only("deploy", "site")) != first


def test_taking_a_site_off_without_a_key_says_so_before_the_api_is_asked(
    project: Project, simplehost: InThread
) -> None:
    slug = slug_of(project.only("deploy", "site"))
    simplehost.emulator.requests.clear()

    check_one_error(project.run("unpublish", "--yes"), 2, "SIMPLEHOST_API_KEY is not set")
    assert asked(simplehost) == []
    assert live(simplehost, slug) == b"<p>home"


def test_taking_a_site_off_needs_a_yes_that_knows_what_it_means(project: Project, simplehost: InThread) -> None:
    key = {"SIMPLEHOST_API_KEY": simplehost.facts["key"]}
    slug = slug_of(project.only("deploy", "site", **key))
    check_one_error(project.run("unpublish", **key), 2, "for ever")
    assert live(simplehost, slug) == b"<p>home"
    done = project.ok("unpublish", "--yes", **key)

    assert "nobody can have that slug again" in done.out + done.err
    assert simplehost.api("GET", f"/publish/{slug}").status == 404
