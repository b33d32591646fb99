"""Every request of a deploy to each host meets every fault of the proxy, and a kill of the process."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from presswork.testing.faults import FAULTS
from support_sweep import rigged, run_all
from support_sweep_hosts import of_each_kind_over_http
from support_sweep_kill import KILLS, Forks, forking, kill
from support_sweep_kinds import cases, sampled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_sweep_hosts import Host
    from support_sweep_kinds import Kind, Mode
    from support_sweep_table import Tell

KILLED = 2
"""Kills of each kind of deploy that are always tried."""


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


@of_each_kind_over_http
def test_a_fault_leaves_the_old_site_or_the_new_and_the_next_deploy_succeeds(
    host: Host, kind: Kind, tmp_path: Path, record_property: Tell
) -> None:
    with rigged(tmp_path, kind, host.service) as rig:
        chosen = sampled(rig.requests(), host.kinds.index(kind), host.sample)
        run_all(rig, chosen, rig.run, record_property, f"{host.name}, faults: a sample")


@pytest.mark.sweep
@pytest.mark.parametrize("mode", ["once", "for good"])
@pytest.mark.parametrize("fault", FAULTS)
@of_each_kind_over_http
def test_a_fault_at_every_request_leaves_the_old_site_or_the_new(
    host: Host, kind: Kind, fault: str, mode: Mode, tmp_path: Path, record_property: Tell
) -> None:
    # Dates are in whole seconds, and ten pauses are heeded: in the long run the date is one that has come.
    retry_after = -1 if (fault, mode) == ("429-date", "for good") else 0
    with rigged(tmp_path, kind, host.service, retry_after=retry_after) as rig:
        run_all(rig, cases(rig.requests(), fault, mode), rig.run, record_property, f"{host.name}, faults {mode}")


@of_each_kind_over_http
def test_a_kill_leaves_the_old_site_or_the_new_and_the_next_deploy_goes_on(
    host: Host, kind: Kind, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    with rigged(tmp_path, kind, host.service) as rig:
        chosen = sampled(rig.requests(), host.kinds.index(kind), KILLED, [*KILLS])
        run_all(rig, chosen, partial(kill, rig, forks), record_property, f"{host.name}, kills: a sample")


@pytest.mark.sweep
@pytest.mark.parametrize("when", KILLS)
@of_each_kind_over_http
def test_a_kill_at_every_request_leaves_the_old_site_or_the_new(
    host: Host, kind: Kind, when: str, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    with rigged(tmp_path, kind, host.service) as rig:
        run_all(rig, cases(rig.requests(), when), partial(kill, rig, forks), record_property, f"{host.name}, kills")
