"""Where Netlify's API is: said by a flag or the environment, never by a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from presswork.errors import ConfigError
from presswork_netlify.emulator import NAMED
from support_cli import Project as Shell
from support_netlify import emulating
from support_netlify_host import HOME, Publisher, asked, only

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


@pytest.fixture
def creator(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify, site="my-docs", create=True)


def sites(netlify: InThread) -> dict[str, Any]:
    """Return every site but the emulator's first, by name."""
    found = {site["name"]: site for site in netlify.api("GET", "/sites").json}
    del found[netlify.name]
    return found


@pytest.mark.parametrize("door", ["presswork.toml", "mkdocs.yml", "pyproject.toml"])
def test_no_file_can_say_where_the_token_is_sent(tmp_path: Path, netlify: InThread, door: str) -> None:
    shell = Shell(tmp_path)
    table = f'host = "netlify"\nsite = "{netlify.site}"\napi_url = "{netlify.facts["api_url"]}"\n'
    if door == "mkdocs.yml":
        lines = "".join(f"      {line.replace(' = ', ': ')}\n" for line in table.splitlines())
        table = f"site_name: x\nplugins:\n  - presswork:\n{lines}"
    shell.write({door: f"[tool.presswork]\n{table}" if door == "pyproject.toml" else table})
    shell.site({"index.html": "home"})
    done = shell.run("deploy", "site", NETLIFY_AUTH_TOKEN=netlify.facts["token"])

    assert done.code == 2
    assert "`api_url` cannot be set in a file" in done.errors[0]
    assert "PRESSWORK_NETLIFY_API_URL" in done.hints[0]
    assert asked(netlify) == []


def test_the_address_comes_from_a_flag_or_the_environment(tmp_path: Path, netlify: InThread) -> None:
    shell = Shell(tmp_path)
    shell.site({"index.html": "home"})
    token, api_url = netlify.facts["token"], netlify.facts["api_url"]
    words = ("deploy", "site", "--host", "netlify", "-o", f"site={netlify.site}")
    assert shell.only(*words, "-o", f"api_url={api_url}", NETLIFY_AUTH_TOKEN=token)["outcome"] == "deployed"
    by_environ = {"NETLIFY_AUTH_TOKEN": token, "PRESSWORK_NETLIFY_API_URL": api_url}
    assert shell.only(*words, **by_environ)["outcome"] == "unchanged"


def test_a_token_is_not_sent_in_the_open(publisher: Publisher) -> None:
    publisher.environ["PRESSWORK_NETLIFY_API_URL"] = "http://api.example.com/api/v1"
    report = publisher.report(HOME)

    told = only(report, "failed")
    assert report.exit_code == 2
    assert told.error
    assert "not https" in told.error.message


def test_a_token_in_a_file_is_refused_and_not_repeated(publisher: Publisher) -> None:
    with pytest.raises(ConfigError) as told:
        publisher.project(site=publisher.environ["NETLIFY_AUTH_TOKEN"])

    assert publisher.environ["NETLIFY_AUTH_TOKEN"] not in str(told.value) + told.value.hint


def test_a_rehearsal_does_not_change_where_a_nameless_site_is(
    tmp_path: Path, creator: Publisher, netlify: InThread
) -> None:
    creator.deploy(HOME, settings={"site": None})
    with emulating(tmp_path / "other", processing=()) as other:
        creator.environ |= {
            "PRESSWORK_NETLIFY_API_URL": other.facts["api_url"],
            "NETLIFY_AUTH_TOKEN": other.facts["token"],
        }
        creator.deploy(TWO, settings={"site": None})
        assert asked(other)[0] == "POST /sites"
    assert len(sites(netlify)) == 1


def test_the_hosts_word_for_a_refusal_reaches_the_report(creator: Publisher, netlify: InThread) -> None:
    netlify.emulator.faults.append(NAMED["sso"])
    report = creator.report(HOME)

    (target,) = json.loads(report.to_json())["targets"]
    assert target["error"]["message"].endswith("This team enforces SAML SSO: the token was not granted access")
    assert "grant it access to the team" in target["error"]["hint"]
