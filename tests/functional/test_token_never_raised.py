"""A token is planted in what a host or a plugin raises: no exception holds it, nor does what that came of."""

from __future__ import annotations

import logging
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from presswork.abilities import Activates, KeepsHistory, Lists, Reads
from presswork.errors import PressworkError
from presswork.host import SHA1, Intent
from presswork.plugins import Plugins
from presswork.testing import deploy, memory_source
from presswork_netlify.emulator import Fault
from support_checks import nothing
from support_marker import ECHOES, MARKER, found, found_in_error, marked, next_link, plugin_of, reason
from support_netlify_host import HOME, Publisher, edited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from support_netlify import InThread


@pytest.fixture
def netlify(tmp_path: Path) -> Iterator[InThread]:
    with marked(tmp_path / "netlify") as running:
        yield running


@pytest.fixture
def publisher(tmp_path: Path, netlify: InThread) -> Publisher:
    return Publisher(tmp_path, netlify)


def _raised(do: Callable[[], Any]) -> BaseException | None:
    try:
        do()
    except (PressworkError, ExceptionGroup) as error:
        return error
    return None


@pytest.mark.parametrize("echo", ECHOES, ids=lambda echo: str(echo["status"]))
def test_no_exception_of_the_host_holds_the_token_nor_what_it_came_of(
    publisher: Publisher, netlify: InThread, echo: dict[str, Any]
) -> None:
    netlify.emulator.faults.append(Fault(pattern="/sites/.+/|/deploys", count=None, **echo))
    project = publisher.project(patience=0)
    host = project.host(project.settings.target())
    assert isinstance(host, Lists)
    assert isinstance(host, Reads)
    assert isinstance(host, KeepsHistory)
    assert isinstance(host, Activates)
    calls: Sequence[Callable[[], Any]] = (
        lambda: list(host.files()),
        lambda: list(host.read("index.html")),
        lambda: list(host.history()),
        lambda: host.activate("f" * 24),
        host.unpublish,
        lambda: host.delete("f" * 24),
    )
    errors = [error for call in calls if (error := _raised(call)) is not None]
    host.close()

    assert errors
    assert [found_in_error(error) for error in errors if found_in_error(error)] == []


@pytest.mark.parametrize("edit", [next_link, reason])
def test_no_exception_holds_what_a_right_answer_echoes(
    publisher: Publisher, netlify: InThread, edit: Callable[..., Any]
) -> None:
    manifest, source = memory_source(HOME, SHA1)
    with edited(netlify, edit) as odd:
        publisher.environ["PRESSWORK_NETLIFY_API_URL"] = odd.facts["api_url"]
        project = publisher.project()
        host = project.host(project.settings.target())
        assert isinstance(host, Lists)
        intent = Intent(manifest=manifest, source=source, live=True, label="a label")
        error = _raised(lambda: (deploy(host, intent), list(host.files())))
        host.close()
    assert error is not None
    assert found_in_error(error) == []


@pytest.mark.parametrize("raises", ["theirs", "ours"])
@pytest.mark.parametrize("hook", ["presswork_edit_manifest", "presswork_check", "presswork_secret"])
def test_no_exception_of_a_hook_holds_the_token_nor_what_it_came_of(
    monkeypatch: pytest.MonkeyPatch, hook: str, raises: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("NETLIFY_AUTH_TOKEN", MARKER)
    monkeypatch.setenv("RAISES", raises)
    module = ModuleType("leaky")
    exec(plugin_of(hook), module.__dict__)  # noqa: S102 -- our own
    plugins = Plugins([("leaky", module)])
    call: Callable[[], Any] = {
        "presswork_edit_manifest": lambda: plugins.edit_manifest(None, None),  # type: ignore[arg-type]
        "presswork_check": lambda: plugins.check(**nothing()),
        "presswork_secret": lambda: plugins.secret("host", "target", "token"),
    }[hook]
    error = _raised(call)

    assert error is not None
    assert found_in_error(error) == []
    assert found(caplog.text) == []


def test_no_exception_of_a_cut_connection_holds_the_token(publisher: Publisher, netlify: InThread) -> None:
    publisher.environ["PRESSWORK_NETLIFY_API_URL"] = "http://127.0.0.1:1/api/v1"
    project = publisher.project(patience=0)
    host = project.host(project.settings.target())
    error = _raised(host.live)

    assert error is not None
    assert found_in_error(error) == []
