"""A process that deploys is killed at every change it makes to the disk, and at any moment."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from support_local import NEW, OLD
from support_local_sweep import KINDS, Local, check_next, check_tidy
from support_points import Point, places
from support_sweep import rigged, run_all
from support_sweep_hosts import of_each_kind
from support_sweep_kill import Forks, forking, kill_at_a_moment, kill_at_point, points
from support_sweep_kinds import Case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_sweep_hosts import Host
    from support_sweep_kinds import Kind
    from support_sweep_table import Ending, Tell

EVERY = 13
"""Of the places where a write can be killed, one in so many is always tried."""
MOMENTS = 100
"""Kills at a moment of the deploys of one host, of all its kinds together."""

SEVERAL = next(kind for kind in KINDS if kind.name == "several")


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with forking() as forks:
        yield forks


def kill_at_writes(host: Host, kind: Kind, every: int, forks: Forks, folder: Path, tell: Tell) -> None:
    with rigged(folder, kind, host.service) as rig:
        found = points(rig, forks)
        journal = [point for point in found if point.name == "write" and "/journal/" in point.path]
        assert journal or kind.before == kind.after
        chosen = {Case(point.number, phase): (point, phase) for point, phase in places(found)[::every]}

        def run(case: Case) -> Ending:
            ending = kill_at_point(rig, forks, *chosen[case])
            host.check(rig, forks)
            return ending

        run_all(rig, [*chosen], run, tell, f"{host.name}, kills at writes{': a sample' if every > 1 else ''}")


def kill_at_moments(host: Host, kind: Kind, size: int, forks: Forks, folder: Path, tell: Tell) -> None:
    random = Random(kind.name)  # noqa: S311 -- moments, no secrets
    with rigged(folder, kind, host.service) as rig:
        rig.again()
        longest = forks.deploy(rig).seconds

        def run(_case: Case) -> Ending:
            ending = kill_at_a_moment(rig, forks, longest, random)
            host.check(rig, forks)
            return ending

        every = [Case(number, "killed at any moment") for number in range(size)]
        run_all(rig, every, run, tell, f"{host.name}, kills at moments{': a sample' if size == 1 else ''}")


@of_each_kind
def test_a_kill_at_a_write_leaves_the_old_site_or_the_new_and_the_next_deploy_goes_on(
    host: Host, kind: Kind, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    kill_at_writes(host, kind, EVERY, forks, tmp_path, record_property)


@pytest.mark.sweep
@of_each_kind
def test_a_kill_at_every_write_leaves_the_old_site_or_the_new(
    host: Host, kind: Kind, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    kill_at_writes(host, kind, 1, forks, tmp_path, record_property)


@of_each_kind
def test_a_kill_at_a_moment_leaves_the_old_site_or_the_new_and_the_next_deploy_goes_on(
    host: Host, kind: Kind, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    kill_at_moments(host, kind, 1, forks, tmp_path, record_property)


@pytest.mark.sweep
@of_each_kind
def test_a_kill_at_many_moments_leaves_the_old_site_or_the_new(
    host: Host, kind: Kind, forks: Forks, tmp_path: Path, record_property: Tell
) -> None:
    kill_at_moments(host, kind, -(-MOMENTS // len(host.kinds)), forks, tmp_path, record_property)


def test_a_process_that_ends_before_its_kill_is_noticed(forks: Forks, tmp_path: Path) -> None:
    with rigged(tmp_path, SEVERAL, Local) as rig, pytest.raises(AssertionError, match="not killed"):
        kill_at_point(rig, forks, Point(100_000, "none", "nowhere"), "before")


def test_a_leftover_is_noticed(forks: Forks, tmp_path: Path) -> None:
    with rigged(tmp_path, SEVERAL, Local) as rig:
        rig.again()
        assert isinstance(rig.service, Local)
        check_next(rig, forks)
        (rig.service.store / "tmp" / "junk").write_text("junk")
        with pytest.raises(AssertionError, match="junk"):
            check_tidy(rig)


def test_a_page_of_the_old_site_in_the_new_one_is_noticed(forks: Forks, tmp_path: Path) -> None:
    class Mixing(Local):
        def pass_time(self) -> None:
            page = self.store / "current" / "index.html"
            page.unlink()
            page.write_bytes(OLD["index.html"] + NEW["index.html"])

    with rigged(tmp_path, SEVERAL, Mixing) as rig, pytest.raises(AssertionError, match="neither site"):
        kill_at_point(rig, forks, Point(1, "open", "the first"), "before")


def test_a_blob_that_is_written_again_is_noticed(forks: Forks, tmp_path: Path) -> None:
    with rigged(tmp_path, SEVERAL, Local) as rig:
        rig.again()
        assert isinstance(rig.service, Local)
        blob = next(rig.service.store.glob("blobs/*/*"))

        def deploy_badly() -> int:
            content = blob.read_bytes()
            blob.unlink()
            blob.write_bytes(content)
            return forks.deploy(rig).code

        with pytest.raises(AssertionError, match="although the service has it"):
            rig.check_repeat(deploy_badly)
