"""What a process that deployed to Netlify and was killed leaves is gone on with, or found to be live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_netlify_sweep import KINDS, Netlify
from support_sweep import rigged
from support_sweep_kill import Forks, forking, kill
from support_sweep_kinds import Case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_sweep import Rig

FIRST = KINDS[0]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


def uploads(rig: Rig) -> list[int]:
    """Return the numbers of the requests that send files."""
    number = rig.requests()
    sent = enumerate(rig.proxy.log[-number:], 1)
    return [place for place, exchange in sent if exchange.method == "PUT" and "/files/" in exchange.path]


def deploys(rig: Rig) -> list[str]:
    """Return the states of all the deploys that Netlify knows of."""
    assert isinstance(rig.service, Netlify)
    return [deploy["phase"] for deploy in rig.service.records("deploys")]


def test_what_a_killed_process_began_is_gone_on_with(forks: Forks, tmp_path: Path) -> None:
    with rigged(tmp_path, FIRST, Netlify) as rig:
        first, *_ = uploads(rig)
        kill(rig, forks, Case(first, "killed after"))
        assert deploys(rig) == ["done"]
        assert forks.reported["outcome"] == "deployed"
        assert forks.reported["uploaded"]["files"] == len(set(FIRST.after.values())) - 1


def test_what_went_live_behind_a_killed_process_is_found_and_proved(forks: Forks, tmp_path: Path) -> None:
    with rigged(tmp_path, FIRST, Netlify) as rig:
        *_, last = uploads(rig)
        kill(rig, forks, Case(last, "killed after"))
        assert deploys(rig) == ["done"]
        assert forks.reported["outcome"] == "unchanged"
        assert forks.reported["verified"]["ok"]


def test_a_process_that_ends_before_it_is_killed_is_noticed(forks: Forks, tmp_path: Path) -> None:
    with rigged(tmp_path, FIRST, Netlify) as rig, pytest.raises(AssertionError, match="not killed"):
        kill(rig, forks, Case(1000, "killed after"))
