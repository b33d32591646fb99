"""`on_verify_failure`: what becomes of a release that proves not to be as it was built."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from presswork.deploy import deploy
from presswork.events import Event, Switched
from presswork.hookspecs import hookimpl
from presswork.releases import unpublish
from presswork.rollback import rollback
from support_cli import tree
from support_story import RACK, project, site, told

if TYPE_CHECKING:
    from pathlib import Path

    from presswork.report import Report, TargetReport

LOCAL = {"host": "local", "path": "public"}
OLD = {"index.html": "old", "a.txt": "a"}
NEW = {"index.html": "new", "a.txt": "a"}


class Vandal:
    """Changes the home page as soon as it is live, and takes `kept` away."""

    def __init__(self, folder: Path, kept: str | None = None) -> None:
        self.folder = folder
        self.kept = kept

    @hookimpl
    def presswork_event(self, event: Event) -> None:
        if isinstance(event, Switched):
            home = live_folder(self.folder) / "index.html"
            home.unlink()  # the local store's own copy stays as it is
            home.write_text("vandalised")
            if self.kept:
                shutil.rmtree(self.folder / self.kept)


def live_folder(folder: Path) -> Path:
    rack = folder / "rack"
    return rack / (rack / "live").read_text() if rack.exists() else (folder / "public/current").resolve()


def live(folder: Path) -> dict[str, str]:
    return {path: content.decode() for path, content in tree(live_folder(folder)).items()}


def deployed(folder: Path, files: dict[str, str], table: dict[str, Any], *plugins: object) -> TargetReport:
    return told(deploy(site(folder, files), project(folder, *plugins, table=table)))


@pytest.mark.parametrize("table", [RACK, LOCAL], ids=["deployed again", "by the host itself"])
def test_what_was_live_before_is_live_again_and_it_is_said(tmp_path: Path, table: dict[str, Any]) -> None:
    table = {**table, "on_verify_failure": "rollback"}
    deployed(tmp_path, OLD, table)
    target = deployed(tmp_path, NEW, table, Vandal(tmp_path))
    assert live(tmp_path) == OLD
    assert (target.outcome, target.exit_with) == ("failed", 1)
    assert target.verified is not None
    assert target.verified.mismatches == ("index.html",)
    assert "taken-back" in {finding.code for finding in target.findings}
    assert target.release is not None
    assert target.release.live is False
    assert deployed(tmp_path, NEW, table).outcome == "deployed", "it is no rollback that pins"
    assert live(tmp_path) == NEW


def test_by_default_it_is_reported_and_stays(tmp_path: Path) -> None:
    deployed(tmp_path, OLD, LOCAL)
    target = deployed(tmp_path, NEW, LOCAL, Vandal(tmp_path))
    assert live(tmp_path) == {**NEW, "index.html": "vandalised"}
    assert target.outcome == "failed"
    assert not {"taken-back", "not-taken-back"} & {finding.code for finding in target.findings}


def test_the_first_deployment_has_nothing_to_go_back_to(tmp_path: Path) -> None:
    table = {**LOCAL, "on_verify_failure": "rollback"}
    target = deployed(tmp_path, NEW, table, Vandal(tmp_path))
    assert target.outcome == "failed"
    assert target.release is not None
    assert target.release.live


def test_where_going_back_fails_too_that_is_said(tmp_path: Path) -> None:
    table = {**RACK, "on_verify_failure": "rollback"}
    deployed(tmp_path, OLD, table)
    target = deployed(tmp_path, NEW, table, Vandal(tmp_path, ".presswork/archive/files"))
    (finding,) = [finding for finding in target.findings if finding.code == "not-taken-back"]
    assert "is no longer kept" in finding.message
    assert target.release is not None
    assert target.release.live is True


class Listener:
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    @hookimpl
    def presswork_finished(self, report: Report) -> None:
        self.told.append((report.command, report.outcome))


def test_plugins_hear_once_what_came_of_each_command(tmp_path: Path) -> None:
    heard = Listener()
    table = {**LOCAL, "on_verify_failure": "rollback"}
    deployed(tmp_path, OLD, table, heard)
    deployed(tmp_path, NEW, table, heard)
    opened = project(tmp_path, heard, table=table)
    rollback(opened, opened.settings.target())
    deployed(tmp_path, {**NEW, "b.txt": "b"}, table, heard, Vandal(tmp_path))
    unpublish(opened, opened.settings.target())
    ends = [("deploy", "deployed"), ("deploy", "deployed"), ("rollback", "rolled-back"), ("deploy", "failed")]
    assert heard.told == [*ends, ("unpublish", "unpublished")]
