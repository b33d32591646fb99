"""A token is planted wherever it could be met, and searched for wherever anything is shown or kept."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from presswork.errors import HostError
from presswork_netlify.emulator import Fault
from support_marker import (
    ECHOES,
    EDITS,
    HOOKS,
    HOST,
    MARKER,
    PLACES,
    Command,
    found,
    found_below,
    found_in_error,
    marked,
)
from support_mkdocs import Docs
from support_netlify_host import HOME, Publisher, edited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support_netlify import InThread

TWO = {"index.html": b"<p>two"}


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with marked(tmp_path / "netlify") as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


@pytest.fixture
def command(tmp_path: Path, netlify: InThread) -> Command:
    return Command(tmp_path, netlify)


# The search itself


@pytest.mark.parametrize(
    "leak",
    [
        MARKER,
        json.dumps({"token": MARKER}),
        repr(MARKER),
        "nfp_mArKeR%2F0123%2B456789",
        "Basic dTpuZnBfbUFyS2VSLzAxMjMrNDU2Nzg5PWFiYyYiZCc8ZT4lZg==",
    ],
)
def test_the_search_finds_a_planted_leak(command: Command, leak: str) -> None:
    assert found(f"before {leak} after")
    assert found_in_error(_chained(leak))
    assert found_below(command.shell.folder) == []
    command.shell.write({".presswork/journal/leak.jsonl": leak})
    assert len(found_below(command.shell.folder)) == 1
    with pytest.raises(AssertionError):
        command.run("status")


def _chained(leak: str) -> BaseException:
    try:
        try:
            raise ValueError(leak)
        except ValueError as error:
            raise HostError("harmless", hint="harmless") from error
    except HostError as error:
        return error


@pytest.mark.parametrize("hook", HOOKS)
def test_a_leaky_plugin_is_really_called(command: Command, hook: str) -> None:
    """Without it, nothing below would be tested: its failure is told of, or stops the command."""
    environ = command.plugin(hook)
    words = ("hosts",) if hook == "presswork_hosts" else ("deploy", "site")
    if hook == "presswork_secret":
        command.shell.write({"presswork.toml": 'host = "netlify"\ntoken_env = "OTHER_TOKEN"\n'})
    done = command.shell.run_raw(*words, **environ)

    assert "RuntimeError" in done.out + done.err


# Commands


def test_a_life_without_trouble_shows_no_token(command: Command) -> None:
    said = command.run("deploy", "site")
    command.shell.site(TWO)
    for words in (
        ("plan", "site"),
        ("check", "site"),
        ("deploy", "site", "--preview=next", "--json"),
        ("deploy", "site", "--full"),
        ("status",),
        ("history", "--json"),
        ("verify", "--full"),
        ("rollback",),
        ("promote", "next"),
        ("prune", "--keep", "1"),
        ("unpublish", "--yes"),
        ("hosts",),
    ):
        said += command.run(*words)

    assert "deployed" in said
    assert (command.shell.folder / "trace.txt").stat().st_size > 500


def test_the_trace_shows_the_header_without_the_token(command: Command) -> None:
    command.run("deploy", "site")

    assert "> authorization: •••" in (command.shell.folder / "trace.txt").read_text()


@pytest.mark.parametrize("raises", ["theirs", "ours"])
@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_plugin_raises_is_shown_without_the_token(command: Command, hook: str, raises: str) -> None:
    environ = {**command.plugin(hook), "RAISES": raises}
    if hook == "presswork_secret":  # is asked only where the environment does not know
        command.shell.write({"presswork.toml": 'host = "netlify"\ntoken_env = "OTHER_TOKEN"\n'})
    said = ""
    for words in (("check", "site"), ("deploy", "site"), ("deploy", "site", "--json"), ("hosts",)):
        said += command.run(*words, **environ)

    assert "•••" in said


@pytest.mark.parametrize("where", ["when it is imported", "when its host is loaded", "in its host", "in its upload"])
def test_what_another_host_raises_is_shown_without_the_token(command: Command, where: str) -> None:
    environ = command.plugin(f"host-{where.replace(' ', '-')}", HOST.replace("WHERE", repr(where)))
    command.shell.write({"presswork.toml": 'host = "leaky"\n'})
    said = "".join(command.run(*words, **environ) for words in (("deploy", "site", "--json"), ("status",), ("hosts",)))

    assert "•••" in said


# What the service sends back


@pytest.mark.parametrize("edit", EDITS)
def test_what_the_service_echoes_is_shown_without_the_token(
    command: Command, netlify: InThread, edit: Callable[..., Any]
) -> None:
    netlify.deploy(HOME)
    with edited(netlify, edit) as odd:
        environ = {"PRESSWORK_NETLIFY_API_URL": odd.facts["api_url"]}
        command.shell.site(TWO)
        for words in (("deploy", "site", "--json"), ("deploy", "site"), ("history",), ("verify", "site", "--full")):
            command.run(*words, **environ)


@pytest.mark.parametrize(
    ("echo", "place"),
    [
        pytest.param(echo, place, id=f"{echo['status']} {place}")
        for echo in ECHOES
        for place in PLACES
        if (echo["status"], place) != (200, "/files/")  # what a 200 says there is not read
    ],
)
def test_no_answer_that_repeats_the_token_shows_it(
    publisher: Publisher, netlify: InThread, caplog: pytest.LogCaptureFixture, echo: dict[str, Any], place: str
) -> None:
    caplog.set_level(logging.DEBUG)
    netlify.emulator.faults.append(Fault(pattern=place, count=None, **echo))
    report = publisher.report(HOME, settings={"patience": 0})

    assert found(report.to_json()) == []
    assert found(caplog.text) == []
    assert found_below(publisher.folder) == []


# Tokens that are none


@pytest.mark.parametrize("token", [f"{MARKER}\n", f" {MARKER}", f"{MARKER}\nX-Evil: 1", f"{MARKER}é"])
def test_a_token_that_cannot_be_sent_as_it_is_is_not_shown(publisher: Publisher, token: str) -> None:
    publisher.environ["NETLIFY_AUTH_TOKEN"] = token
    report = publisher.report(HOME)

    assert found(report.to_json()) == []
    assert found_below(publisher.folder) == []


def test_a_token_in_the_wrong_place_is_not_repeated(command: Command) -> None:
    for words in (
        ("deploy", "site", "-o", f"site={MARKER}"),
        ("deploy", "site", "-o", f"token={MARKER}"),
        ("deploy", "site", "-o", f"password_env={MARKER}"),
        ("deploy", "site", "--preview=" + MARKER),
        ("rollback", MARKER),
    ):
        command.run(*words)


# Inside a build


@pytest.mark.parametrize("echo", [None, ECHOES[0], ECHOES[5]], ids=["well", "403", "502"])
def test_a_build_that_deploys_shows_no_token(tmp_path: Path, netlify: InThread, echo: dict[str, Any] | None) -> None:
    if echo:
        netlify.emulator.faults.append(Fault(pattern="/deploys", count=None, **echo))
    docs = Docs(tmp_path / "docs", f"[{{presswork: {{host: netlify, site: {netlify.site}, patience: 0}}}}]")
    report = docs.folder / "report.json"
    run = docs.build(
        "--verbose",
        NETLIFY_AUTH_TOKEN=MARKER,
        PRESSWORK_NETLIFY_API_URL=netlify.facts["api_url"],
        PRESSWORK_DEPLOY="1",
        PRESSWORK_REPORT=str(report),
    )

    assert run.code == (1 if echo else 0), run.output
    assert report.stat().st_size > 100
    assert found(run.output) == []
    assert found_below(docs.folder) == []
