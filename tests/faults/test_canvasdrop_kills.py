"""What went live behind a process that deployed to Canvas Drop and was killed is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_canvasdrop_sweep import KINDS, CanvasDrop
from support_sweep import rigged
from support_sweep_kill import Forks, forking, kill
from support_sweep_kinds import Case, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


@pytest.mark.parametrize("route", ["staged", "zip"])
def test_what_went_live_behind_a_killed_process_is_found_and_proved(route: str, forks: Forks, tmp_path: Path) -> None:
    kind = Kind("first", None, KINDS[0].after, {"route": route})
    with rigged(tmp_path, kind, CanvasDrop) as rig:
        number = rig.requests()
        switch = [path.endswith(("/finalize", "/deploy")) for _, _, path, _ in rig.proxy.log[-number:]].index(True) + 1
        kill(rig, forks, Case(switch, "killed after"))
        assert forks.reported["outcome"] == "unchanged"
        assert forks.reported["verified"]["ok"]
        assert isinstance(rig.service, CanvasDrop)
        assert [version["number"] for version in rig.service.canvas()["versions"]] == [1]
