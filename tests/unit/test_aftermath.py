"""What is told of a deployment that failed when it may have gone live, and of one that was cut off before its proof."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from presswork.aftermath import MAY_GO_LIVE, tell_apart
from presswork.deploy import deploy
from presswork.errors import HostError
from presswork.hookspecs import hookimpl
from presswork.host import HostType
from presswork.releases import status
from presswork.report import Outcome, ReleaseFacts, TargetReport
from support_rack import Options, Rack, Upload
from support_story import deployed, live, log, project, site, told

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from presswork.host import Intent, Part, Release

OLD = {"index.html": "old", "a.txt": "a"}
NEW = {"index.html": "new", "a.txt": "a", "b.txt": "b"}


class Offering:
    def __init__(self, made: type[Rack]) -> None:
        self.made = made

    @hookimpl
    def presswork_hosts(self) -> Iterable[HostType]:
        secrets = {"token": "RACK_TOKEN"}
        yield HostType(name="rack", summary="", options=Options, load=lambda: self.made, secrets=secrets)


def deploy_to(made: type[Rack], folder: Path, files: dict[str, str]) -> TargetReport:
    return told(deploy(site(folder, files), project(folder, host=Offering(made))))


def codes(target: TargetReport) -> list[str]:
    return [finding.code for finding in target.findings]


def failing(*, switched: bool, retryable: bool, mute: bool = False) -> type[Rack]:
    """Return a rack whose switch fails, when it is done or before; a mute one does not say what is live any more."""

    class Failing(Rack):
        failed = False

        def live(self) -> Release | None:
            if mute and self.failed:
                raise HostError("No answer.", hint="Wait.", retryable=True)
            return super().live()

        def begin(self, intent: Intent, session: str | None) -> Upload:
            upload = super().begin(intent, session)
            finish = upload.finish

            def fail() -> Release:
                if switched:
                    finish()
                self.failed = True
                raise HostError("No.", hint="Mend it.", retryable=retryable)

            upload.finish = fail  # type: ignore[method-assign]
            return upload

    return Failing


class Site(NamedTuple):
    """What a report says of one target."""

    live: bool = False
    doubted: bool = False
    outcome: Outcome = "failed"


AHEAD, LEFT, DOUBTED = Site(live=True, outcome="deployed"), Site(), Site(doubted=True)


@pytest.mark.parametrize(
    ("targets", "at", "left"),
    [
        ((AHEAD, LEFT), "a", "b"),
        ((AHEAD, DOUBTED, LEFT), "ab", "bc"),
        ((DOUBTED, LEFT), "a", "ab"),
        ((AHEAD, AHEAD, DOUBTED), "abc", "c"),
        ((AHEAD._replace(outcome="failed"), LEFT), "a", "b"),
        ((AHEAD._replace(outcome="unchanged"), AHEAD, LEFT), "b", "c"),
        ((AHEAD, AHEAD._replace(outcome="superseded")), "a", "b"),
        ((AHEAD, AHEAD), "", ""),
        ((LEFT, LEFT), "", ""),
        ((AHEAD._replace(outcome="unchanged"), LEFT), "", ""),
        ((DOUBTED,), "", ""),
    ],
)
def test_targets_that_differ_are_told_apart_with_those_that_are_left(
    targets: tuple[Site, ...], at: str, left: str
) -> None:
    release = ReleaseFacts(id="1", url="", live=True, created=None)
    reports = [
        TargetReport(
            target=name,
            host="rack",
            outcome=site.outcome,
            release=release if site.live else None,
            findings=[MAY_GO_LIVE] if site.doubted else [],
        )
        for name, site in zip("abc", targets, strict=False)
    ]
    tell_apart(reports, ["presswork", "deploy", "a folder"])
    told = {r.target: f for r in reports for f in r.findings if f.code == "targets-apart"}
    assert "".join(told) == at
    to = "".join(f" --to {name}" for name in left)
    assert {finding.hint for finding in told.values()} <= {f"`presswork deploy 'a folder'{to}` brings them together."}


def test_a_switch_that_fails_when_it_is_done_is_told_as_live(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)
    target = deploy_to(failing(switched=True, retryable=False), tmp_path, NEW)
    assert (target.outcome, codes(target), live(tmp_path)) == ("failed", ["live-all-the-same"], NEW)
    assert target.release is not None
    assert target.release.live
    assert told(status(project(tmp_path))).findings == []
    again = deployed(tmp_path, NEW)
    assert again.outcome == "unchanged"
    assert again.verified is not None


def test_a_switch_that_fails_before_it_is_done_is_not_told_as_live(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)
    target = deploy_to(failing(switched=False, retryable=False), tmp_path, NEW)
    assert (target.outcome, target.release, codes(target), live(tmp_path)) == ("failed", None, [], OLD)


def test_where_the_host_does_not_answer_nobody_knows_and_that_is_told(tmp_path: Path) -> None:
    deployed(tmp_path, OLD)
    for switched, retryable, mute in ((True, True, False), (False, True, False), (True, False, True)):
        made = failing(switched=switched, retryable=retryable, mute=mute)
        target = deploy_to(made, tmp_path, NEW)
        assert (target.outcome, target.release, codes(target)) == ("failed", None, ["may-go-live"])
        assert deployed(tmp_path, NEW).outcome in {"deployed", "unchanged"}
        deployed(tmp_path, OLD)


def test_a_host_that_switches_by_itself_is_in_doubt_when_it_may_have_everything(tmp_path: Path) -> None:
    class Eager(Rack):
        capabilities = replace(Rack.capabilities, atomic=False)
        fails = ""

        def begin(self, intent: Intent, session: str | None) -> Upload:
            upload = super().begin(intent, session)
            put = upload.put

            def failing(part: Part) -> None:
                if part.key == self.fails:
                    raise HostError("No answer.", hint="Wait.", retryable=True)
                put(part)

            upload.put = failing  # type: ignore[method-assign]
            return upload

    deployed(tmp_path, OLD)
    for fails, expected in (("index.html", []), ("b.txt", ["may-go-live"])):  # the largest is sent first
        Eager.fails = fails
        assert codes(deploy_to(Eager, tmp_path, NEW)) == expected

    class Atomic(Eager):
        capabilities = Rack.capabilities
        fails = "c.txt"

    assert codes(deploy_to(Atomic, tmp_path, NEW | {"c.txt": "c"})) == []


class Mute(Rack):
    def read(self, _path: str) -> Iterable[bytes]:
        raise HostError("No answer.", hint="Wait.", retryable=True)


def test_a_proof_that_was_cut_off_is_made_by_the_next_deploy(tmp_path: Path) -> None:
    target = deploy_to(Mute, tmp_path, NEW)
    assert (target.outcome, target.verified, codes(target), live(tmp_path)) == ("failed", None, ["not-proved"], NEW)
    assert target.release is not None
    assert target.release.live
    sent = log(tmp_path)
    again = deployed(tmp_path, NEW)
    assert again.outcome == "unchanged"
    assert again.verified is not None
    assert deployed(tmp_path, NEW).verified is None, "what was proved is proved again"
    assert log(tmp_path) == sent


def test_a_proof_made_by_the_next_deploy_can_fail_and_the_one_after_repairs(tmp_path: Path) -> None:
    deploy_to(Mute, tmp_path, NEW)
    (tmp_path / "rack" / (tmp_path / "rack" / "live").read_text() / "b.txt").write_text("B")
    target = deploy_to(Rack, tmp_path, NEW)
    assert (target.outcome, target.error and target.error.path) == ("failed", "b.txt")
    assert deployed(tmp_path, NEW).outcome == "deployed"
    assert live(tmp_path) == NEW
