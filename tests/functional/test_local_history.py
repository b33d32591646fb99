"""What the local host remembers, keeps, takes back and lets go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.abilities import Cancels
from presswork.errors import Gone, Refused
from presswork.testing.steps import fill
from support_local import NEW, OLD, bench, served, store_of, tree

if TYPE_CHECKING:
    from pathlib import Path


def site(number: int) -> dict[str, bytes]:
    return {"index.html": b"number %d" % number, "same.txt": b"in all of them"}


def kept(folder: Path) -> set[str]:
    return {path.name for path in (store_of(folder) / "releases").iterdir()}


def blobs(folder: Path) -> set[bytes]:
    return {file.read_bytes() for file in (store_of(folder) / "blobs").rglob("*") if file.is_file()}


def test_only_the_newest_releases_keep_their_files_and_all_are_remembered(tmp_path: Path) -> None:
    target = bench(tmp_path, keep=2)
    made = [target.publish(site(number), f"number {number}").id for number in range(5)]

    assert kept(tmp_path) == set(made[-2:])
    assert blobs(tmp_path) == {b"number 3", b"number 4", b"in all of them"}
    assert [release.id for release in target.history()] == made[::-1]
    with target.open() as host:
        assert len(host.store.manifest(made[0])) == 2  # type: ignore[attr-defined]


def test_a_release_whose_files_are_gone_says_so_and_what_to_do(tmp_path: Path) -> None:
    target = bench(tmp_path, keep=1)
    first = target.publish(OLD)
    target.publish(NEW)

    with pytest.raises(Gone, match="no longer kept") as caught:
        target.activate(first.id)
    assert "keep" in caught.value.hint
    assert served(tmp_path) == NEW


def test_what_is_live_and_what_has_an_alias_is_kept_however_old(tmp_path: Path) -> None:
    target = bench(tmp_path, keep=1)
    preview = target.preview({"index.html": b"a preview"}, alias="draft").id
    unnamed = target.preview({"index.html": b"without a name"}).id
    first = target.publish(site(1)).id
    target.activate(preview)
    second = target.publish(site(2)).id
    target.activate(unnamed)
    third = target.preview(site(3)).id

    assert kept(tmp_path) == {preview, unnamed, second, third}
    assert first not in kept(tmp_path)
    assert served(tmp_path) == {"index.html": b"without a name"}


def test_previews_that_no_alias_names_any_more_are_let_go(tmp_path: Path) -> None:
    target = bench(tmp_path, keep=1)
    made = [target.preview(site(number), alias="draft").id for number in range(3)]
    other = target.preview(site(9)).id

    assert kept(tmp_path) == {made[-1], other}


def test_a_promoted_preview_is_live_and_still_was_a_preview(tmp_path: Path) -> None:
    target = bench(tmp_path)
    preview = target.preview(NEW, alias="draft")
    promoted = target.activate(preview.id)

    assert (promoted.live, promoted.preview, promoted.alias) == (True, True, "draft")
    assert promoted.url == (store_of(tmp_path) / "current").as_uri() + "/"
    assert target.live() == promoted
    assert target.history() == [promoted]
    assert served(tmp_path) == NEW


def test_a_deleted_release_takes_its_alias_its_record_and_its_own_blobs_along(tmp_path: Path) -> None:
    target = bench(tmp_path)
    live = target.publish(OLD)
    preview = target.preview(NEW, alias="draft")
    assert blobs(tmp_path) == {*OLD.values(), *NEW.values()}
    target.delete(preview.id)

    assert blobs(tmp_path) == set(OLD.values())
    assert kept(tmp_path) == {live.id}
    assert not (store_of(tmp_path) / "previews" / "draft").is_symlink()
    assert [release.id for release in target.history()] == [live.id]


def test_the_live_release_is_not_deleted(tmp_path: Path) -> None:
    target = bench(tmp_path)
    live = target.publish(OLD)

    with pytest.raises(Refused, match="is live"):
        target.delete(live.id)
    assert served(tmp_path) == OLD


def test_an_unpublished_site_can_be_brought_back(tmp_path: Path) -> None:
    target = bench(tmp_path)
    release = target.publish(OLD)
    target.unpublish()

    assert served(tmp_path) is None
    assert [(one.id, one.live) for one in target.history()] == [(release.id, False)]
    target.activate(release.id)
    assert served(tmp_path) == OLD


def test_a_cancelled_upload_leaves_nothing_of_its_own(tmp_path: Path) -> None:
    target = bench(tmp_path)
    target.publish(OLD)
    before = tree(store_of(tmp_path) / "blobs")
    with target.open() as host:
        upload = host.begin(target.intent(NEW, replaces=host.live()), None)
        for part in upload.wanted():
            upload.put(part)
        assert upload.wanted() == []
    assert tree(store_of(tmp_path) / "blobs") != before
    target.cancel(upload.session)

    assert tree(store_of(tmp_path) / "blobs") == before
    assert len(kept(tmp_path)) == 1
    assert list((store_of(tmp_path) / "staging").iterdir()) == []


def test_an_upload_that_is_cancelled_while_it_is_under_way_leaves_nothing_either(tmp_path: Path) -> None:
    target = bench(tmp_path)
    target.publish(OLD)
    before = tree(store_of(tmp_path) / "blobs")
    with target.open() as host:
        upload = host.begin(target.intent(NEW, replaces=host.live()), None)
        fill(upload)
        assert isinstance(host, Cancels)
        host.cancel(upload.session)

        assert tree(store_of(tmp_path) / "blobs") == before
        assert len(kept(tmp_path)) == 1


def test_files_that_others_strew_about_do_no_harm(tmp_path: Path) -> None:
    target = bench(tmp_path, keep=1)
    target.publish(OLD)
    for folder in ("blobs", "manifests", "previews", "releases", "staging", "tmp"):
        (store_of(tmp_path) / folder / ".DS_Store").write_text("an operating system's")
    target.publish(NEW)

    assert served(tmp_path) == NEW
    assert len(target.history()) == 2
    assert blobs(tmp_path) == {*NEW.values(), b"an operating system's"}
