"""One deploy to three hosts, each request to any one of which meets each fault: all or none, or an exact report."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING

import pytest

from presswork.testing.faults import FAULTS
from support_fan_out import SERVICES, FanOut, fanned_out
from support_netlify_sweep import Netlify
from support_simplehost_sweep import SMALL, SimpleHost
from support_sweep import run_all
from support_sweep_kill import KILLS, Forks, forking
from support_sweep_kinds import Case, cases, sampled
from support_sweep_table import tell_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_sweep_kinds import Files, Mode
    from support_sweep_table import Ending, Tell

SAMPLE = 8
"""Cases at each host that are always run, besides one that lasts from the switch on."""
KILLED = 2
"""Kills at a request to each host that are always tried."""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


def run_and_tell(fan_out: FanOut, name: str, before: int, tell: Tell, table: str, every: list[Case]) -> set[str]:
    """Let faults strike at one target; return how the targets stood after those deploys that failed."""
    stood = set()

    def run(case: Case) -> Ending:
        ending = fan_out.run(name, before, case)
        tell_case(tell, f"{table}, and then", fan_out.stands, name, ending)
        if ending == "failed":
            stood.add(fan_out.stands)
        return ending

    run_all(fan_out.rigs[name], every, run, tell, table)
    return stood


@pytest.fixture
def fan_out(forks: Forks, tmp_path: Path) -> Iterator[FanOut]:
    with fanned_out(tmp_path, forks) as fan_out:
        yield fan_out


def test_a_fault_at_one_of_three_leaves_all_old_or_all_new_or_a_report_that_brings_them_together(
    fan_out: FanOut, record_property: Tell
) -> None:
    requests, before = fan_out.requests()
    stood = set()
    for turn, name in enumerate(fan_out.rigs):
        chosen = [*sampled(requests[name], turn, SAMPLE), Case(before[name] + 1, "500", "for good")]
        stood |= run_and_tell(fan_out, name, before[name], record_property, "three targets, faults: a sample", chosen)
    assert stood == {"all old", "all new", "apart"}


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
        for name in fan_out.rigs:
            every = cases(requests[name], fault, mode)
            run_and_tell(fan_out, name, before[name], record_property, f"three targets, faults {mode}", every)


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


def test_a_draft_that_netlify_was_given_together_with_others_is_what_goes_live_when_it_is_the_only_one_left(
    forks: Forks, tmp_path: Path
) -> None:
    services = {name: SERVICES[name] for name in ("canvasdrop", "netlify")}
    with fanned_out(tmp_path, forks, services=services) as fan_out:
        _, before = fan_out.requests()
        fan_out.run("netlify", before["netlify"], Case(before["netlify"] + 1, "500", "for good"))
        assert fan_out.stands == "apart"
        netlify = fan_out.rigs["netlify"].service
        assert isinstance(netlify, Netlify)
        _, deploy = netlify.records("deploys")
        (site,) = netlify.records("sites")
        assert deploy["draft"]
        assert site["published"] == deploy["id"]


def test_a_report_that_is_not_exact_is_noticed(fan_out: FanOut) -> None:
    _, before = fan_out.requests()
    told = fan_out.strike("simplehost", Case(before["simplehost"] + 1, "500", "for good"))
    fan_out.check_told(told)
    silent, boasting, modest, wrong = (deepcopy(told) for _ in range(4))
    for target in silent.targets.values():
        target["findings"].clear()
    boasting.targets["simplehost"]["release"] = told.targets["netlify"]["release"]
    modest.targets["netlify"]["release"] = None
    for report, says in ((silent, "are left"), (boasting, "and is not"), (modest, "is not said to be")):
        with pytest.raises(AssertionError, match=says):
            fan_out.check_told(report)
    for name in ("netlify", "canvasdrop"):
        finding = wrong.finding(name, "targets-apart")
        assert finding is not None
        finding["hint"] = "`presswork deploy after --to netlify` brings them together."
    with pytest.raises(AssertionError, match="the new site is not live"):
        fan_out.check_repeat(wrong)


def test_a_switch_that_comes_before_all_are_filled_is_noticed(fan_out: FanOut) -> None:
    requests, before = fan_out.requests()
    case = Case(before["simplehost"] + 1, "500", "for good")
    with pytest.raises(AssertionError, match="though another had failed"):
        fan_out.run("simplehost", requests["simplehost"], case)


def test_a_target_that_is_said_to_be_new_and_is_not_is_noticed(forks: Forks, tmp_path: Path) -> None:
    class Lagging(SimpleHost):
        def live(self) -> Files | None:
            return SMALL

    with (
        fanned_out(tmp_path, forks, services={**SERVICES, "simplehost": Lagging}) as fan_out,
        pytest.raises(AssertionError, match="live at"),
    ):
        fan_out.check_told(fan_out.strike("netlify", Case(1, "500")))
