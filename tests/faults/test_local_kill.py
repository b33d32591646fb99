"""A deploy to the local host, killed at each change it makes to the disk: before it, half-way, and after it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from support_kill import Deployer, Phase, Point, deployer, sample
from support_local import NEW, OLD, served, store_of, tree, write_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SITES = {
    "old": OLD,
    "new": {**NEW, "large.bin": b"two pieces" * 30_000, "same-again.txt": OLD["same.txt"]},
    "third": {"index.html": b"the third", "same.txt": OLD["same.txt"]},
}


@pytest.fixture
def deploying(tmp_path: Path) -> Iterator[Deployer]:
    for name, files in SITES.items():
        write_site(tmp_path / name, files)
    project = tmp_path / "project"
    project.mkdir()
    (project / "presswork.toml").write_text("keep = 1\nworkers = 1\n")
    with deployer(project) as deploying:
        yield deploying


def deploys(deploying: Deployer, name: str) -> None:
    ended = deploying.deploy(deploying.project.with_name(name))
    assert ended.code == 0, ended.output
    assert served(deploying.project) == SITES[name]


def assert_no_leftovers(project: Path) -> None:
    """Nothing half-made, one release, and no blob but its own."""
    store = store_of(project)
    (release,) = (store / "releases").iterdir()
    assert [*(store / "tmp").iterdir(), *(store / "staging").iterdir()] == []
    assert {file.read_bytes() for file in (store / "blobs").rglob("*") if file.is_file()} == set(tree(release).values())
    assert (store / "manifests" / f"{release.name}.json").is_file()


def sweep(deploying: Deployer, before: str | None, size: int | None) -> None:
    if before:
        deploys(deploying, before)
    states = [SITES[before] if before else None, SITES["new"]]
    with deploying.as_it_was() as back:
        deploys(deploying, "new")
        assert_no_leftovers(deploying.project)
        points = deploying.points()
        assert len(points) >= 50
        kills = sample(points, size or len(points) * 3)
        print(f"{len(kills)} kills at {len(points)} points of a deploy over {before or 'nothing'}")
        for point, phase in kills:
            back()
            one_kill(deploying, point, phase, states)


def one_kill(deploying: Deployer, point: Point, phase: Phase, states: list[dict[str, bytes] | None]) -> None:
    where = f"killed {phase} {point}"
    ended = deploying.deploy(deploying.project.with_name("new"), (point.number, phase))
    assert ended.code == -signal.SIGKILL, f"{where}, and it ended otherwise: {ended}"
    assert served(deploying.project) in states, f"{where}, and what is live is neither the old site nor the new"
    try:
        deploys(deploying, "new")
        deploys(deploying, "third")
        assert_no_leftovers(deploying.project)
    except AssertionError as error:
        error.add_note(where)
        raise


@pytest.mark.parametrize("before", ["old", None])
def test_a_kill_leaves_the_old_site_or_the_new_and_the_next_deploy_succeeds(
    deploying: Deployer, before: str | None
) -> None:
    sweep(deploying, before, 60)


@pytest.mark.sweep
@pytest.mark.parametrize("before", ["old", None])
def test_a_kill_at_every_point_leaves_the_old_site_or_the_new(deploying: Deployer, before: str | None) -> None:
    sweep(deploying, before, None)


def test_the_same_checks_see_a_mixed_site_and_a_leftover(deploying: Deployer) -> None:
    deploys(deploying, "old")
    deploys(deploying, "new")
    assert_no_leftovers(deploying.project)
    (store_of(deploying.project) / "tmp" / "junk").write_text("junk")
    with pytest.raises(AssertionError):
        assert_no_leftovers(deploying.project)
    page = store_of(deploying.project) / "current" / "index.html"
    page.unlink()
    page.write_bytes(SITES["old"]["index.html"])
    assert served(deploying.project) not in (SITES["old"], SITES["new"])


def test_a_run_that_ends_before_its_kill_is_noticed(deploying: Deployer) -> None:
    with pytest.raises(AssertionError, match="ended otherwise"):
        one_kill(deploying, Point(100_000, "none", "nowhere"), "before", [SITES["new"]])
