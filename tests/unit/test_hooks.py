from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from presswork.deploy import deploy
from presswork.errors import Refused
from presswork.findings import Finding
from presswork.hookspecs import hookimpl
from presswork.plugins import Plugins
from support_story import deployed, live, log, project, site, told

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from presswork.draft import Draft

FILES = {"index.html": "home", "a.txt": "a", "b.txt": "b"}


class Recorder:
    """Writes down which hook was called."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    @hookimpl
    def presswork_hosts(self) -> list[Any]:
        self.calls.append("hosts")
        return []

    @hookimpl
    def presswork_edit_manifest(self) -> None:
        self.calls.append("edit_manifest")

    @hookimpl
    def presswork_check(self) -> list[Finding]:
        self.calls.append("check")
        return []

    @hookimpl
    def presswork_event(self, event: Any) -> None:
        self.calls.append(type(event).__name__)

    @hookimpl
    def presswork_finished(self) -> None:
        self.calls.append("finished")

    @hookimpl
    def presswork_secret(self) -> str:
        self.calls.append("secret")
        return "from-a-plugin"


class Editor:
    @hookimpl
    def presswork_edit_manifest(self, entries: Draft) -> None:
        entries.add("added.txt", b"from a plugin")
        entries.add("a.txt", b"replaced")
        entries.drop("b.txt")
        entries.annotate("index.html", type="text/plain")


class Raising:
    """Raises in the hook it is made for."""

    def __init__(self, hook: str, error: Exception) -> None:
        def raising() -> None:
            self.calls += 1
            raise error

        self.calls = 0
        setattr(self, hook, hookimpl(raising))


class Answer:
    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, str]] = []

    @hookimpl
    def presswork_secret(self, host: str, target: str, name: str) -> str | None:
        self.asked.append((host, target, name))
        return self.answer


def test_all_six_hooks_are_called_in_the_documented_order(tmp_path: Path) -> None:
    recorder = Recorder()
    made = project(tmp_path, recorder, environ={})
    report = deploy(site(tmp_path, {"index.html": "home"}), made)
    assert told(report).outcome == "deployed"
    assert recorder.calls == [
        "hosts",
        "edit_manifest",
        "Scanned",
        "check",
        "Planned",
        "secret",
        "FillStarted",
        "WaveStarted",
        "Sent",
        "PartSent",
        "FillEnded",
        "Switched",
        "Verified",
        "finished",
    ]


def test_presswork_hosts_is_asked_when_a_host_is_first_needed(tmp_path: Path) -> None:
    recorder = Recorder()
    plugins = Plugins([("recorder", recorder)])
    assert recorder.calls == []
    assert plugins.embedded().name == "local"
    assert recorder.calls == ["hosts"]


def test_presswork_edit_manifest_adds_drops_and_replaces_what_is_really_deployed(tmp_path: Path) -> None:
    deployed(tmp_path, FILES, Editor())
    assert live(tmp_path) == {"index.html": "home", "a.txt": "replaced", "added.txt": "from a plugin"}


def test_presswork_edit_manifest_annotates_media_types(tmp_path: Path) -> None:
    seen = []

    class Watcher:
        @hookimpl
        def presswork_check(self, manifest: Any) -> list[Finding]:
            seen.append(dict(manifest.types))
            return []

    deployed(tmp_path, FILES, Editor(), Watcher())
    assert seen[0]["index.html"] == "text/plain"
    assert seen[0]["added.txt"] == "text/plain; charset=utf-8"


def test_presswork_edit_manifest_that_raises_stops_with_nothing_sent(tmp_path: Path) -> None:
    plugin, recorder = Raising("presswork_edit_manifest", RuntimeError("no luck")), Recorder()
    report = deploy(site(tmp_path, FILES), project(tmp_path, plugin, recorder))
    assert report.error is not None
    assert report.error.message == "The plugin p0 failed: RuntimeError: no luck."
    assert (report.error.code, report.outcome, report.exit_code) == ("plugin", "failed", 1)
    assert not (tmp_path / "rack").exists()
    assert recorder.calls == ["hosts", "finished"]


def test_presswork_check_findings_are_collected_from_all_and_an_error_among_them_stops(tmp_path: Path) -> None:
    class Check:
        def __init__(self, **facts: Any) -> None:
            self.finding = Finding(code="mine", **facts)

        @hookimpl
        def presswork_check(self) -> Iterable[Finding]:
            yield self.finding

    checks = [
        Check(severity="error", message="One.", path="a.txt", hint="Mend one."),
        Check(severity="warning", message="Two."),
        Check(severity="error", message="Three."),
    ]
    target = told(deploy(site(tmp_path, FILES), project(tmp_path, *checks)))
    assert (target.outcome, target.exit_with) == ("refused", 3)
    assert [finding.message for finding in target.findings] == ["One.", "Two.", "Three."]
    assert target.error is not None
    assert (target.error.path, target.error.hint) == ("a.txt", "Mend one.")
    assert not (tmp_path / "rack").exists()


def test_presswork_check_is_called_once_for_each_target(tmp_path: Path) -> None:
    recorder = Recorder()
    table = {"targets": {name: {"host": "rack", "path": name} for name in ("one", "two")}}
    deploy(site(tmp_path, FILES), project(tmp_path, recorder, table=table), ["one", "two"])
    assert recorder.calls.count("check") == 2
    assert recorder.calls.count("edit_manifest") == 1
    assert recorder.calls.count("finished") == 1


def test_presswork_check_that_raises_stops_and_names_the_plugin(tmp_path: Path) -> None:
    target = told(deploy(site(tmp_path, FILES), project(tmp_path, Raising("presswork_check", KeyError("x")))))
    assert target.error is not None
    assert target.error.message == "The plugin p0 failed: KeyError: 'x'."
    assert target.exit_with == 1
    assert not (tmp_path / "rack").exists()


def test_presswork_check_may_refuse_with_an_error_of_its_own(tmp_path: Path) -> None:
    plugin = Raising("presswork_check", Refused("Not on a Friday.", hint="Wait until Monday."))
    target = told(deploy(site(tmp_path, FILES), project(tmp_path, plugin)))
    assert (target.outcome, target.exit_with) == ("refused", 3)
    assert target.error is not None
    assert target.error.message == "Not on a Friday."


def test_presswork_event_that_raises_is_told_of_once_and_silenced_and_the_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plugin, recorder = Raising("presswork_event", RuntimeError("no luck")), Recorder()
    target = told(deploy(site(tmp_path, FILES), project(tmp_path, plugin, recorder)))
    assert target.outcome == "deployed"
    assert plugin.calls == 1
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "p0" in caplog.text
    assert "no luck" in caplog.text
    assert recorder.calls.count("PartSent") == 3


def test_presswork_finished_is_told_the_outcome_whatever_it_is(tmp_path: Path) -> None:
    outcomes = []

    class Watcher:
        @hookimpl
        def presswork_finished(self, report: Any) -> None:
            outcomes.append((report.outcome, report.exit_code))

    deployed(tmp_path, FILES, Watcher())
    deployed(tmp_path, FILES, Watcher())
    deploy(site(tmp_path, FILES | {"a.txt": "new"}), project(tmp_path, Watcher(), environ={}))
    assert outcomes == [("deployed", 0), ("unchanged", 0), ("failed", 2)]


def test_presswork_finished_that_raises_is_a_warning_and_leaves_the_outcome(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plugin, recorder = Raising("presswork_finished", RuntimeError("no luck")), Recorder()
    report = deploy(site(tmp_path, FILES), project(tmp_path, plugin, recorder))
    assert (report.outcome, report.exit_code) == ("deployed", 0)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "no luck" in caplog.text
    assert recorder.calls[-1] == "finished"


def test_presswork_finished_is_not_called_on_a_dry_run(tmp_path: Path) -> None:
    recorder = Recorder()
    assert deployed(tmp_path, FILES, recorder, dry_run=True).outcome == "planned"
    assert "check" in recorder.calls
    assert "finished" not in recorder.calls
    assert log(tmp_path) == []


def test_presswork_secret_takes_the_first_answer_in_the_order_of_names(tmp_path: Path) -> None:
    silent, first, second = Answer(None), Answer("first"), Answer("second")
    made = project(tmp_path, silent, first, second, environ={})
    assert made.plugins.secret("rack", "default", "token") == "first"
    assert silent.asked == first.asked == [("rack", "default", "token")]
    assert second.asked == []


def test_presswork_secret_is_asked_only_where_the_environment_has_none(tmp_path: Path) -> None:
    plugin = Answer("from a plugin")
    deployed(tmp_path, FILES, plugin)
    assert plugin.asked == []
    report = deploy(site(tmp_path, FILES | {"a.txt": "new"}), project(tmp_path, plugin, environ={}))
    assert report.outcome == "deployed"
    assert plugin.asked == [("rack", "default", "token")]


def test_presswork_secret_that_nobody_answers_is_an_error_with_the_variable_to_set(tmp_path: Path) -> None:
    target = told(deploy(site(tmp_path, FILES), project(tmp_path, Answer(None), environ={})))
    assert target.error is not None
    assert (target.error.code, target.exit_with) == ("credential-missing", 2)
    assert "RACK_TOKEN is not set" in target.error.message
    assert "RACK_TOKEN" in target.error.hint
    assert live(tmp_path) == {}


def test_presswork_secret_that_raises_stops_and_names_the_plugin(tmp_path: Path) -> None:
    plugin = Raising("presswork_secret", OSError("the vault is shut"))
    target = told(deploy(site(tmp_path, FILES), project(tmp_path, plugin, environ={})))
    assert target.error is not None
    assert target.error.message == "The plugin p0 failed: OSError: the vault is shut."
    assert live(tmp_path) == {}
