"""What only a host that misbehaves, or two of them, can bring about."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import msgspec

from presswork.deploy import deploy
from presswork.errors import HostError, Stale
from presswork.findings import Finding
from presswork.hookspecs import hookimpl
from presswork.host import Capabilities, HostType, Limits
from presswork.releases import status
from support_rack import Options, Rack, Upload
from support_story import deployed, live, log, project, site, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from presswork.host import Intent, Release
    from presswork.report import Report, TargetReport

OLD = {"index.html": "old", "a.txt": "a"}
NEW = {"index.html": "new", "a.txt": "a", "b.txt": "b"}
TWO = {"targets": {"one": {"host": "rack", "path": "one"}, "two": {"host": "rack", "path": "two"}}}


class Offering:
    """A plugin that offers a class as the host `rack`."""

    def __init__(self, made: type[Rack]) -> None:
        self.made = made

    @hookimpl
    def presswork_hosts(self) -> Iterable[HostType]:
        secrets = {"token": "RACK_TOKEN"}
        yield HostType(name="rack", summary="", options=Options, load=lambda: self.made, secrets=secrets)


def deploy_to(made: type[Rack], folder: Path, files: dict[str, str], **options: Any) -> Report:
    return deploy(site(folder, files), project(folder, host=Offering(made)), **options)


class Interrupting:
    """A plugin that presses Ctrl-C when the first file was sent."""

    @hookimpl
    def presswork_event(self, event: Any) -> None:
        if type(event).__name__ == "PartSent":
            signal.raise_signal(signal.SIGINT)


def with_upload(change: Callable[[Upload], None]) -> type[Rack]:
    """Return a rack whose uploads are changed before they are used."""

    class Changed(Rack):
        def begin(self, intent: Intent, session: str | None) -> Upload:
            upload = super().begin(intent, session)
            change(upload)
            return upload

    return Changed


def error_of(target: TargetReport) -> tuple[str, str]:
    assert target.error is not None
    return target.error.code, target.error.message


def test_what_goes_live_at_the_same_time_is_noticed_before_the_switch(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)

    class Busy(Rack):
        def live(self) -> Release | None:
            self.asked = getattr(self, "asked", 0) + 1
            found = super().live()
            return msgspec.structs.replace(found, id="somebody") if self.asked > 1 and found else found

    target = told(deploy_to(Busy, tmp_path, NEW))
    assert (target.outcome, target.exit_with, error_of(target)[0]) == ("refused", 3, "conflict")
    assert live(tmp_path) == OLD
    assert not [line for line in log(tmp_path) if line.startswith("cancel")]
    assert deployed(tmp_path, NEW).uploaded is not None
    assert log(tmp_path).count("put b.txt") == 1


def test_what_goes_live_right_after_the_switch_is_told_as_superseded(tmp_path: Path) -> None:
    class Superseded(Rack):
        def live(self) -> Release | None:
            found = super().live()
            return msgspec.structs.replace(found, id="somebody") if found else None

    report = deploy_to(Superseded, tmp_path, NEW)
    target = told(report)
    assert (target.outcome, report.exit_code) == ("superseded", 1)
    assert error_of(target)[0] == "superseded"
    assert target.verified is None


def test_a_host_that_cannot_say_what_is_live_is_not_guarded_and_not_superseded(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)

    class Vague(Rack):
        def live(self) -> Release | None:
            found = super().live()
            return msgspec.structs.replace(found, id="", label=None) if found else None

    target = told(deploy_to(Vague, tmp_path, NEW))
    assert target.outcome == "deployed"
    assert [finding.code for finding in target.findings] == ["removals-unknown"]
    assert live(tmp_path) == NEW


def test_a_finish_that_is_stale_fills_again_and_three_times_at_most(tmp_path: Path) -> None:
    for times, outcome in ((3, "deployed"), (4, "failed")):
        left = [times]

        def change(upload: Upload, left: list[int] = left) -> None:
            finish = upload.finish

            def stale_first() -> Release:
                if left[0]:
                    left[0] -= 1
                    raise Stale("The handle has expired.")
                return finish()

            upload.finish = stale_first  # type: ignore[method-assign]

        assert told(deploy_to(with_upload(change), tmp_path, NEW | {"n": str(times)})).outcome == outcome


def test_a_fatal_error_drops_the_session_and_one_that_can_be_repeated_keeps_it(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)

    def fail(*, retryable: bool) -> Callable[[Upload], None]:
        def change(upload: Upload) -> None:
            def finish() -> Release:
                raise HostError("No.", hint="Mend it.", retryable=retryable)

            upload.finish = finish  # type: ignore[method-assign]

        return change

    for retryable, cancelled in ((True, 0), (False, 1)):
        assert told(deploy_to(with_upload(fail(retryable=retryable)), tmp_path, NEW)).outcome == "failed"
        assert sum(line.startswith("cancel") for line in log(tmp_path)) == cancelled
        assert log(tmp_path).count("put b.txt") == 1
    assert live(tmp_path) == OLD


def test_a_session_that_cannot_be_dropped_does_not_hide_the_error(tmp_path: Path) -> None:
    class Stubborn(Rack):
        def cancel(self, _session: str) -> None:
            raise HostError("The line is dead.", hint="Wait.")

    (tmp_path / "rack").mkdir()
    (tmp_path / "rack" / "fail").write_text("b.txt")
    report = deploy_to(Stubborn, tmp_path, NEW)
    target = told(report)
    assert error_of(target) == ("host", "The rack does not take it.")
    assert [(finding.severity, finding.code) for finding in target.findings] == [("warning", "not-dropped")]
    assert "The line is dead." in target.findings[0].message


def test_another_deploy_drops_what_was_left_unfinished(tmp_path: Path) -> None:
    assert told(deploy(site(tmp_path, NEW), project(tmp_path, Interrupting()))).exit_with == 130
    unfinished = told(status(project(tmp_path))).findings
    assert [finding.code for finding in unfinished] == ["unfinished"]
    deployed(tmp_path, OLD)
    assert [line for line in log(tmp_path) if line.startswith("cancel")] == ["cancel r0"]
    assert told(status(project(tmp_path))).findings == []


def test_ctrl_c_keeps_the_session_and_the_next_deploy_goes_on_with_it(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)
    target = told(deploy(site(tmp_path, NEW), project(tmp_path, Interrupting())))
    assert (target.exit_with, error_of(target)[0]) == (130, "cancelled")
    assert live(tmp_path) == OLD
    assert "put a.txt" in log(tmp_path)[len(OLD) :]
    assert deployed(tmp_path, NEW).outcome == "deployed"
    assert live(tmp_path) == NEW
    assert sorted(log(tmp_path)[len(OLD) :]) == ["put a.txt", "put b.txt", "put index.html"]


def test_ctrl_c_during_the_switch_waits_and_what_happened_is_known(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)
    (tmp_path / "rack" / "interrupt").write_text("yes")
    target = told(deploy(site(tmp_path, NEW), project(tmp_path)))
    assert target.exit_with == 130
    assert target.release is not None
    assert (target.release.live, live(tmp_path)) == (True, NEW)
    after = deployed(tmp_path, NEW)
    assert after.outcome == "unchanged"
    assert told(status(project(tmp_path))).findings == []


def test_one_target_that_fails_before_the_switch_leaves_the_other_and_its_session(tmp_path: Path) -> None:
    deploy(site(tmp_path, OLD), project(tmp_path, table=TWO), ["one", "two"])
    (tmp_path / "two" / "fail").write_text("b.txt")
    report = deploy(site(tmp_path, NEW), project(tmp_path, table=TWO), ["one", "two"])
    one, two = report.targets
    assert (one.outcome, two.outcome, report.exit_code) == ("refused", "failed", 1)
    assert "another target failed" in error_of(one)[1]
    assert (tmp_path / "one" / "live").read_text() == (tmp_path / "two" / "live").read_text() == "r0"
    (tmp_path / "two" / "fail").unlink()
    report = deploy(site(tmp_path, NEW), project(tmp_path, table=TWO), ["one", "two"])
    assert [target.outcome for target in report.targets] == ["deployed", "deployed"]
    assert (tmp_path / "one" / "log").read_text().count("put b.txt") == 1


def test_a_target_that_was_refused_stops_all_before_any_is_filled(tmp_path: Path) -> None:
    class Check:
        @hookimpl
        def presswork_check(self) -> list[Finding]:
            self.calls = getattr(self, "calls", 0) + 1
            return [Finding(severity="error", code="x", message="No.")] if self.calls == 2 else []

    report = deploy(site(tmp_path, NEW), project(tmp_path, Check(), table=TWO), ["one", "two"])
    assert [target.outcome for target in report.targets] == ["refused", "refused"]
    assert not (tmp_path / "one").exists()


def test_what_a_host_would_drop_is_left_out_and_the_rest_deployed(tmp_path: Path) -> None:
    class Picky(Rack):
        def check(self, _intent: Intent) -> list[Finding]:
            return [Finding(severity="warning", code="dropped", message="Not b.", path="b.txt", leave_out=True)]

    target = told(deploy_to(Picky, tmp_path, NEW))
    assert target.outcome == "deployed"
    assert target.manifest is not None
    assert target.manifest.files == 2
    assert live(tmp_path) == OLD | {"index.html": "new"}
    assert told(deploy_to(Picky, tmp_path, NEW)).outcome == "unchanged"


def test_a_limit_of_the_host_is_asked_before_anything_is_sent(tmp_path: Path) -> None:
    class Small(Rack):
        capabilities = Capabilities(atomic=True, previews=False, proof=("read",), limits=Limits(files=2))

    target = told(deploy_to(Small, tmp_path, NEW))
    assert target.outcome == "refused"
    assert [finding.code for finding in target.findings] == ["too-many-files"]
    assert not (tmp_path / "rack").exists()


def test_a_host_that_cannot_be_compared_is_told_as_unverified(tmp_path: Path) -> None:
    class Mute(Rack):
        capabilities = Capabilities(atomic=True, previews=False, proof=())

    target = told(deploy_to(Mute, tmp_path, NEW))
    assert (target.outcome, target.verified) == ("deployed", None)
    assert [finding.code for finding in target.findings] == ["unverified"]


def test_a_file_that_changes_under_way_stops_the_deploy_with_the_old_site_live(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)

    class Meddler:
        @hookimpl
        def presswork_check(self) -> list[Finding]:
            (tmp_path / "site" / "b.txt").write_text("B")
            return []

    target = told(deploy(site(tmp_path, NEW), project(tmp_path, Meddler())))
    assert error_of(target)[0] == "content-changed"
    assert target.error is not None
    assert target.error.path == "b.txt"
    assert live(tmp_path) == OLD


def test_a_dry_run_writes_nothing_at_all(tmp_path: Path) -> None:
    site(tmp_path, NEW)
    project(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert deployed(tmp_path, NEW, dry_run=True).outcome == "planned"
    assert sorted(tmp_path.rglob("*")) == before
    deployed(tmp_path, NEW)
    assert sorted(tmp_path.rglob("*")) != before
