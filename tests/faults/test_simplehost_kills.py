"""A process that deploys to SimpleHost is killed at every request: before SimpleHost knows, and when it is done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from support_simplehost_sweep import KINDS, SimpleHost
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
    with rigged(tmp_path, kind, SimpleHost) as rig:
        chosen = sampled(rig.requests(), KINDS.index(kind), SAMPLE, [*KILLS])
        run_all(rig, chosen, partial(kill, rig, forks), record_property, "simplehost, kills: a sample")


@pytest.mark.sweep
@pytest.mark.parametrize("when", KILLS)
@of_each_kind
def test_a_kill_at_every_request_leaves_the_old_site_or_the_new(
    kind: Kind, when: str, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    with rigged(tmp_path, kind, SimpleHost) as rig:
        run_all(rig, cases(rig.requests(), when), partial(kill, rig, forks), record_property, "simplehost, kills")


def test_what_went_live_behind_a_killed_process_is_found_and_proved(forks: Forks, tmp_path: Path) -> None:
    with rigged(tmp_path, KINDS[0], SimpleHost) as rig:
        number = rig.requests()
        switch = [path.endswith("/finalize") for _, _, path, _ in rig.proxy.log[-number:]].index(True) + 1
        kill(rig, forks, Case(switch, "killed after"))
        assert forks.last.reported["outcome"] == "unchanged"
        assert forks.last.reported["verified"]["ok"]


def test_a_site_that_a_killed_process_made_is_the_one_that_goes_live(forks: Forks, tmp_path: Path) -> None:
    with rigged(tmp_path, KINDS[0], SimpleHost) as rig:
        number = rig.requests()
        *_, last = (place for place, asked in enumerate(rig.proxy.log[-number:], 1) if asked.method == "PUT")
        kill(rig, forks, Case(last, "killed before"))
        assert isinstance(rig.service, SimpleHost)
        assert len(rig.service.records("sites")) == 2  # it, and the emulator's own
