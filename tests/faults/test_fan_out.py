"""One deploy to three hosts, while each request to any one of them meets each fault: all or none, or an exact report."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from presswork.testing.faults import FAULTS
from support_fan_out import SERVICES, FanOut, fanned_out
from support_simplehost_sweep import SMALL
from support_sweep import run_all
from support_sweep_kill import KILLS, Forks, forking
from support_sweep_kinds import Case, cases, sampled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_sweep_kinds import Mode
    from support_sweep_table import Tell

SAMPLE = 8
"""Cases at each host that are always run, besides one that lasts from the switch on."""
KILLED = 2
"""Kills at a request to each host that are always tried."""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


@pytest.fixture
def fan_out(forks: Forks, tmp_path: Path) -> Iterator[FanOut]:
    with fanned_out(tmp_path, forks) as fan_out:
        yield fan_out


def test_a_fault_at_one_of_three_leaves_all_old_or_all_new_or_a_report_that_brings_them_together(
    fan_out: FanOut, record_property: Tell
) -> None:
    requests, before = fan_out.requests()
    for turn, (name, rig) in enumerate(fan_out.rigs.items()):
        chosen = [*sampled(requests[name], turn, SAMPLE), Case(before[name] + 1, "500", "for good")]
        run = partial(fan_out.run, name, before[name])
        run_all(rig, chosen, run, record_property, "three targets, faults: a sample")


@pytest.mark.sweep
@pytest.mark.parametrize("mode", ["once", "for good"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_every_request_to_one_of_three(
    fault: str, mode: Mode, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    # Dates are in whole seconds, and ten pauses are heeded: in the long run the date is one that has come.
    retry_after = -1 if (fault, mode) == ("429-date", "for good") else 0
    with fanned_out(tmp_path, forks, retry_after=retry_after) as fan_out:
        requests, before = fan_out.requests()
        for name, rig in fan_out.rigs.items():
            every = cases(requests[name], fault, mode)
            run = partial(fan_out.run, name, before[name])
            run_all(rig, every, run, record_property, f"three targets, faults {mode}")


def test_a_kill_leaves_each_of_three_whole_and_the_next_deploy_brings_them_together(
    fan_out: FanOut, record_property: Tell
) -> None:
    requests, _ = fan_out.requests()
    for turn, (name, rig) in enumerate(fan_out.rigs.items()):
        chosen = sampled(requests[name], turn, KILLED, [*KILLS])
        run_all(rig, chosen, partial(fan_out.kill, name), record_property, "three targets, kills: a sample")


@pytest.mark.sweep
@pytest.mark.parametrize("when", KILLS)
def test_a_kill_at_every_request_to_one_of_three(when: str, fan_out: FanOut, record_property: Tell) -> None:
    requests, _ = fan_out.requests()
    for name, rig in fan_out.rigs.items():
        every = cases(requests[name], when)
        run_all(rig, every, partial(fan_out.kill, name), record_property, "three targets, kills")
