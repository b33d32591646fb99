"""Two processes deploy different sites to one target at once, on one machine and from two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support_races import track
from support_sweep_hosts import HOSTS
from support_sweep_kill import Forks, forking
from support_sweep_table import tell_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support_races import Finish, Racer, Track
    from support_sweep_hosts import Host
    from support_sweep_kill import Ended
    from support_sweep_kinds import Kind
    from support_sweep_table import Tell

ROUNDS = 200
SAMPLE = 2

EXITS = {"deployed": 0, "superseded": 1, "refused": 3}

Two = tuple[Forks, Forks]

of_each_race = pytest.mark.parametrize(
    ("host", "kind"),
    [pytest.param(host, kind, id=f"{host.name}-{kind.name}") for host in HOSTS for kind in host.races],
)


@pytest.fixture(scope="module")
def forks() -> Iterator[Two]:
    with forking() as one, forking() as two:
        yield one, two


def check(finish: Finish, asking: set[str], not_asking: set[str]) -> dict[str, Any]:
    """The winner says that it is live; return what the loser says.

    Nothing holds up those who make no requests: there one may have been live before the other began.
    """
    won, lost = finish.winner.reported, finish.loser.reported
    assert (finish.winner.code, won["outcome"]) == (0, "deployed"), finish.winner
    assert lost["outcome"] in (asking if won["requests"] else not_asking), finish.loser
    assert finish.loser.code == EXITS[lost["outcome"]], finish.loser
    return lost


def race(rounds: int, run: Callable[[], str], kind: Kind, tell: Tell, table: str) -> None:
    for number in range(rounds):
        try:
            tell_case(tell, table, run(), kind.name, "well")
        except AssertionError as error:
            error.add_note(f"round {number}")
            raise


def apart(host: Host, kind: Kind, rounds: int, forks: Two, folder: Path, tell: Tell) -> None:
    with track(folder, host, kind, forks) as two:

        def run() -> str:
            finish = two.apart()
            lost = check(finish, {"superseded", "refused"}, {"refused", "deployed"})
            racer = finish.lost
            check_again(two, racer, racer.forks.run(two.rig, two.project(racer), racer.name, racer.proxy.address))
            return str(lost["outcome"])

        race(rounds, run, kind, tell, f"{host.name}, races of two machines")


def together(host: Host, kind: Kind, rounds: int, forks: Two, folder: Path, tell: Tell) -> None:
    with track(folder, host, kind, forks) as two:

        def run() -> str:
            finish = two.together()
            lost = check(finish, {"refused"}, {"refused", "deployed"})
            if lost["outcome"] == "refused":
                assert (lost["error"]["code"], lost["requests"]) == ("locked", 0), lost
            check_again(two, finish.lost, finish.lost.forks.deploy(two.rig, finish.lost.name))
            return str(lost["outcome"])

        race(rounds, run, kind, tell, f"{host.name}, races on one machine")


def check_again(two: Track, racer: Racer, ended: Ended) -> None:
    """The one who lost has deployed once more, undisturbed."""
    assert (ended.code, ended.reported["outcome"]) == (0, "deployed"), ended
    two.rig.service.pass_time()
    assert two.rig.service.live() == racer.site


@of_each_race
def test_of_two_machines_one_is_live_and_the_other_says_that_it_is_not(
    host: Host, kind: Kind, forks: Two, tmp_path: Path, record_property: Tell
) -> None:
    apart(host, kind, SAMPLE, forks, tmp_path, record_property)


@of_each_race
def test_of_two_on_one_machine_the_second_is_told_before_it_asks_anything(
    host: Host, kind: Kind, forks: Two, tmp_path: Path, record_property: Tell
) -> None:
    together(host, kind, SAMPLE, forks, tmp_path, record_property)


@pytest.mark.sweep
@of_each_race
def test_of_two_machines_one_is_live_in_every_round(
    host: Host, kind: Kind, forks: Two, tmp_path: Path, record_property: Tell
) -> None:
    apart(host, kind, ROUNDS, forks, tmp_path, record_property)


@pytest.mark.sweep
@of_each_race
def test_of_two_on_one_machine_one_is_live_in_every_round(
    host: Host, kind: Kind, forks: Two, tmp_path: Path, record_property: Tell
) -> None:
    together(host, kind, ROUNDS, forks, tmp_path, record_property)
