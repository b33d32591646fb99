"""What a process that deployed to SimpleHost and was killed leaves is gone on with, or found to be live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_simplehost_sweep import KINDS, SimpleHost
from support_sweep import rigged
from support_sweep_kill import Forks, forking, kill
from support_sweep_kinds import Case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


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
