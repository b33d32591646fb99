"""What a killed process can leave in a store, and what the next one makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.testing.steps import fill
from support_local import NEW, OLD, bench, served, store_of

if TYPE_CHECKING:
    from pathlib import Path

    from presswork.testing import Bench

THIRD = {"index.html": b"the third"}


def staged(target: Bench, files: dict[str, bytes], *, live: bool = True, alias: str | None = None) -> str:
    """Leave a release that is built and not switched to, as a kill just before the switch does."""
    with target.open() as host:
        upload = host.begin(target.intent(files, "staged", live=live, alias=alias, replaces=host.live()), None)
        fill(upload)
        return upload.session


def inside(folder: Path, name: str) -> set[str]:
    return {path.name for path in (store_of(folder) / name).iterdir()}


def test_a_switch_without_its_record_is_completed(tmp_path: Path) -> None:
    target = bench(tmp_path)
    target.publish(OLD)
    session = staged(target, NEW)
    current = store_of(tmp_path) / "current"
    current.unlink()
    current.symlink_to(f"releases/{session}")

    live = target.live()
    assert live is not None
    assert (live.id, live.label) == (session, "staged")
    assert target.seen(NEW).listing == target.intent(NEW).manifest.listing()
    assert next(release.id for release in target.history()) == session
    target.publish(THIRD)
    assert session in {release.id for release in target.history()}
    assert inside(tmp_path, "staging") == set()
    target.activate(session)
    assert served(tmp_path) == NEW


def test_a_preview_whose_alias_was_switched_without_its_record_is_completed(tmp_path: Path) -> None:
    target = bench(tmp_path)
    session = staged(target, NEW, live=False, alias="draft")
    (store_of(tmp_path) / "previews" / "draft").symlink_to(f"../releases/{session}")
    target.publish(OLD)

    assert session in {release.id for release in target.history()}
    target.activate(session)
    assert served(tmp_path) == NEW


@pytest.mark.parametrize("live", [True, False])
def test_a_release_that_was_never_switched_to_is_no_release(tmp_path: Path, live: bool) -> None:
    target = bench(tmp_path)
    first = target.publish(OLD)
    session = staged(target, NEW, live=live)
    assert session in inside(tmp_path, "releases")
    second = target.publish(THIRD)

    assert inside(tmp_path, "releases") == {first.id, second.id}
    assert inside(tmp_path, "staging") == set()
    assert [release.id for release in target.history()] == [second.id, first.id]


def test_a_rollback_keeps_what_an_unfinished_deploy_can_go_on_with(tmp_path: Path) -> None:
    target = bench(tmp_path)
    first = target.publish(OLD)
    target.publish(NEW)
    session = staged(target, THIRD)
    target.activate(first.id)
    with target.open() as host:
        upload = host.begin(target.intent(THIRD, "staged", replaces=host.live()), session)
        assert upload.session == session
        assert upload.wanted() == []
        assert upload.finish().id == session
    assert served(tmp_path) == THIRD


def test_what_is_half_written_or_belongs_to_nothing_is_removed(tmp_path: Path) -> None:
    target = bench(tmp_path)
    release = target.publish(OLD)
    for junk in ("tmp/7", "releases/20200101-000000-00000000/deep"):
        (store_of(tmp_path) / junk).mkdir(parents=True)
        (store_of(tmp_path) / junk / "half.html").write_text("half")
    (store_of(tmp_path) / "tmp" / "link").symlink_to("nowhere")
    (store_of(tmp_path) / "blobs" / "00").mkdir(exist_ok=True)
    (store_of(tmp_path) / "blobs" / "00" / ("00" * 32)).write_text("nobody's")
    last = target.publish(NEW)

    assert inside(tmp_path, "tmp") == set()
    assert inside(tmp_path, "releases") == {release.id, last.id}
    assert inside(tmp_path, "blobs/00") == set()


def test_a_live_site_whose_record_was_lost_stays_and_can_be_replaced(tmp_path: Path) -> None:
    target = bench(tmp_path)
    release = target.publish(OLD)
    (store_of(tmp_path) / "manifests" / f"{release.id}.json").unlink()

    assert target.seen(OLD) == target.shown(OLD, None)
    staged(target, NEW)
    assert served(tmp_path) == OLD
    target.publish(NEW)
    assert served(tmp_path) == NEW


@pytest.mark.parametrize("left", [[], ["lock"], ["lock", "VERSION.new"], ["lock", "VERSION"]])
def test_a_store_that_was_killed_at_its_birth_is_made_whole(tmp_path: Path, left: list[str]) -> None:
    store_of(tmp_path).mkdir(parents=True)
    for name in left:
        (store_of(tmp_path) / name).write_text("1\n" if name == "VERSION" else "")
    target = bench(tmp_path)

    assert target.live() is None
    target.publish(OLD)
    assert served(tmp_path) == OLD
    assert (store_of(tmp_path) / "VERSION").read_text() == "1\n"
    assert "VERSION.new" not in inside(tmp_path, ".")
