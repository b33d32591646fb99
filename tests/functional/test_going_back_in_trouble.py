"""Rollback, verification and history when something comes between: nothing is said that is not so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from presswork.deploy import deploy
from presswork.errors import Gone, HostError
from presswork.events import Event, Switched
from presswork.guards import Allowed
from presswork.hookspecs import hookimpl
from presswork.host import HostType, Release
from presswork.releases import history, status
from presswork.rollback import promote, rollback
from support_rack import Options, Rack
from support_story import RACK, project, site, told

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from presswork.host import Intent
    from presswork.report import TargetReport

ONE, TWO, THREE = ({"index.html": text, "a.txt": "a"} for text in ("one", "two", "three"))


class Shelf(Rack):
    """A rack that keeps its history and can go back, and that fails after a switch where `mute` lies on it."""

    def history(self) -> Iterable[Release]:
        names = sorted((file.stem for file in self.root.glob("r*.json")), reverse=True)
        return [self.release(name) for name in names]

    def activate(self, release: str) -> Release:
        if not (self.root / f"{release}.json").exists():
            raise Gone(f"There is no {release}.", hint="Look for another.")
        (self.root / "live").write_text(release)
        if self.told("mute"):
            raise HostError("The line broke.", hint="Try again.", retryable=True)
        if self.told("interrupt"):
            raise KeyboardInterrupt
        return self.release(release)


class Offering:
    @hookimpl
    def presswork_hosts(self) -> Iterable[HostType]:
        secrets = {"token": "RACK_TOKEN"}
        yield HostType(name="rack", summary="", options=Options, load=lambda: Shelf, secrets=secrets)


class Rival:
    """Puts another release into the live place as soon as ours is."""

    def __init__(self, folder: Path) -> None:
        self.rack = folder / "rack"

    @hookimpl
    def presswork_event(self, event: Event) -> None:
        if isinstance(event, Switched):
            (self.rack / "rival").mkdir()
            (self.rack / "rival/index.html").write_text("of somebody else")
            (self.rack / "rival.json").write_text(json.dumps({"label": "theirs"}))


class Late(Rack):
    """A rack where the rival goes live while the first file is read back."""

    def read(self, path: str) -> Iterable[bytes]:
        if (self.root / "rival.json").exists():
            (self.root / "live").write_text("rival")
        return super().read(path)


class OfferingLate(Offering):
    @hookimpl
    def presswork_hosts(self) -> Iterable[HostType]:
        secrets = {"token": "RACK_TOKEN"}
        yield HostType(name="rack", summary="", options=Options, load=lambda: Late, secrets=secrets)


def deployed(folder: Path, files: dict[str, str], *plugins: object, host: object = None, **more: Any) -> TargetReport:
    opened = project(folder, *plugins, host=host or Offering(), table=more.pop("table", RACK))
    return told(deploy(site(folder, files), opened, **more))


def back(folder: Path, name: str | None = None) -> TargetReport:
    opened = project(folder, host=Offering())
    return told(rollback(opened, opened.settings.target(), name))


def live(folder: Path) -> str:
    rack = folder / "rack"
    return (rack / (rack / "live").read_text() / "index.html").read_text()


def codes(target: TargetReport) -> set[str]:
    return {finding.code for finding in target.findings}


def held_back(folder: Path) -> set[str]:
    return codes(told(status(project(folder, host=Offering()))))


def test_a_switch_back_whose_answer_was_lost_is_told_as_live(tmp_path: Path) -> None:
    for files in (ONE, TWO):
        deployed(tmp_path, files)
    (tmp_path / "rack/mute").write_text("yes")
    target = back(tmp_path)
    assert (target.outcome, live(tmp_path)) == ("failed", "one")
    assert target.release is not None
    assert target.release.live
    assert "live-all-the-same" in codes(target)
    assert held_back(tmp_path) == {"pinned-down"}


def test_ctrl_c_at_the_switch_back_says_what_is_live(tmp_path: Path) -> None:
    for files in (ONE, TWO):
        deployed(tmp_path, files)
    (tmp_path / "rack/interrupt").write_text("yes")
    target = back(tmp_path)
    assert target.error is not None
    assert (target.exit_with, target.error.hint) == (130, "`presswork status` says what is live now.")


def test_what_is_chosen_again_is_no_longer_held_back(tmp_path: Path) -> None:
    releases = [deployed(tmp_path, files).release for files in (ONE, TWO, THREE)]
    newest = releases[-1]
    assert newest is not None
    back(tmp_path)
    assert held_back(tmp_path) == {"pinned-down"}
    back(tmp_path, newest.id)
    assert live(tmp_path) == "three"
    pins = told(status(project(tmp_path, host=Offering()))).findings
    assert not [pin for pin in pins if newest.id in pin.message], "it is live"
    assert deployed(tmp_path, THREE, allowed=Allowed(pinned=True)).outcome == "unchanged"
    assert held_back(tmp_path) == set(), "--unpin ends every pin"


def test_another_one_that_goes_live_during_the_proof_is_superseding_and_stays(tmp_path: Path) -> None:
    table = {**RACK, "on_verify_failure": "rollback"}
    deployed(tmp_path, ONE, host=OfferingLate(), table=table)
    target = deployed(tmp_path, TWO, Rival(tmp_path), host=OfferingLate(), table=table)
    assert target.outcome == "superseded"
    assert live(tmp_path) == "of somebody else"
    assert not {"taken-back", "not-taken-back"} & codes(target)


@pytest.mark.parametrize("at", ["20990101", "2099-W01-1", "2099-01-01", "2099-01-01T10:00+02:00"])
def test_a_time_may_be_written_in_every_way_of_iso_8601(tmp_path: Path, at: str) -> None:
    deployed(tmp_path, ONE)
    (known,) = told(history(project(tmp_path, host=Offering()), at=at)).releases or ()
    assert known.id == "r0"


@pytest.mark.parametrize("at", ["20000101", "2000-W01-1", "2000-01-01"])
def test_before_the_first_deployment_nothing_was_live(tmp_path: Path, at: str) -> None:
    deployed(tmp_path, ONE)
    target = told(history(project(tmp_path, host=Offering()), at=at))
    assert target.error is not None
    assert "Nothing is known here" in target.error.message


def test_a_promoted_release_is_no_longer_held_back(tmp_path: Path) -> None:
    one, two = (deployed(tmp_path, files).release for files in (ONE, TWO))
    assert one is not None
    assert two is not None
    back(tmp_path)
    opened = project(tmp_path, host=Offering())
    assert told(promote(opened, opened.settings.target(), two.id)).outcome == "promoted"
    assert held_back(tmp_path) == set()
    assert (tmp_path / "rack/live").read_text() == two.id


def test_a_fault_of_one_plugin_at_its_switch_does_not_hide_what_became_of_the_other_target(tmp_path: Path) -> None:
    class Faulty(Rack):
        def begin(self, intent: Intent, session: str | None) -> Any:
            upload = super().begin(intent, session)
            upload.finish = lambda: {}["no such key"]  # type: ignore[method-assign]
            return upload

    class Offered(Offering):
        @hookimpl
        def presswork_hosts(self) -> Iterable[HostType]:
            yield HostType(
                name="rack", summary="", options=Options, load=lambda: Faulty, secrets={"token": "RACK_TOKEN"}
            )

    targets = {"one": {"host": "local", "path": "public"}, "two": {"host": "rack", "path": "rack"}}
    opened = project(tmp_path, host=Offered(), table={"targets": targets, "default": "one"})
    report = deploy(site(tmp_path, ONE), opened, ["one", "two"])
    one, two = report.targets
    assert (one.outcome, two.outcome) == ("deployed", "failed")
    assert one.verified is not None
    assert one.verified.ok
    assert "targets-apart" in codes(one)
    assert two.error is not None
    assert two.error.message == "The host rack failed: KeyError: 'no such key'."
