"""A process that deploys to Canvas Drop is killed at every request: before the server knows, and when it is done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from support_canvasdrop_sweep import KINDS, CanvasDrop
from support_sweep import rigged, run_all
from support_sweep_kill import KILLS, Forks, forking, kill
from support_sweep_kinds import Case, Kind, cases, sampled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_sweep_table import Tell

SAMPLE = 2
"""Kills of each kind of deploy that are always tried."""

of_each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


@of_each_kind
def test_a_kill_leaves_the_old_site_or_the_new_and_the_next_deploy_goes_on(
    kind: Kind, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    with rigged(tmp_path, kind, CanvasDrop) as rig:
        chosen = sampled(rig.requests(), KINDS.index(kind), SAMPLE, [*KILLS])
        run_all(rig, chosen, partial(kill, rig, forks), record_property, "canvasdrop, kills: a sample")


@pytest.mark.sweep
@pytest.mark.parametrize("when", KILLS)
@of_each_kind
def test_a_kill_at_every_request_leaves_the_old_site_or_the_new(
    kind: Kind, when: str, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    with rigged(tmp_path, kind, CanvasDrop) as rig:
        run_all(rig, cases(rig.requests(), when), partial(kill, rig, forks), record_property, "canvasdrop, kills")


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
