"""Where a local store may be, and what is said where it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError, HostError
from support_local import NEW, OLD, bench, store_of, tree

if TYPE_CHECKING:
    from pathlib import Path


def test_a_store_can_be_anywhere(tmp_path: Path) -> None:
    bench(tmp_path, path=str(tmp_path / "www")).publish(OLD)

    assert tree((tmp_path / "www" / "current").resolve()) == OLD
    assert not store_of(tmp_path).exists()


def test_an_empty_folder_can_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    bench(tmp_path, path=str(tmp_path / "www")).publish(OLD)

    assert tree((tmp_path / "www" / "current").resolve()) == OLD


def test_two_ways_to_name_a_store_are_one_place(tmp_path: Path) -> None:
    (tmp_path / "www").mkdir()
    (tmp_path / "link").symlink_to("www")
    places = {bench(tmp_path, path=str(tmp_path / name)).host().place for name in ("www", "link", "link/../www")}

    assert len(places) == 1
    assert bench(tmp_path).host().place not in places


def _no_parent(folder: Path) -> Path:
    return folder / "not" / "there"


def _a_file(folder: Path) -> Path:
    (folder / "file").write_text("mine")
    return folder / "file"


def _a_project(folder: Path) -> Path:
    (folder / "project" / "releases" / "precious").mkdir(parents=True)
    (folder / "project" / "VERSION").write_text("1")
    (folder / "project" / "tmp").mkdir()
    (folder / "project" / "tmp" / "precious").write_text("mine")
    return folder / "project"


def _a_later_store(folder: Path) -> Path:
    bench(folder, path=str(folder / "later")).publish(OLD)
    (folder / "later" / "VERSION").write_text("2\n")
    return folder / "later"


@pytest.mark.parametrize("place", [_no_parent, _a_file, _a_project, _a_later_store])
def test_a_place_that_cannot_be_a_store_is_refused_and_left_alone(tmp_path: Path, place) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    path = place(tmp_path)
    before = tree(tmp_path)
    target = bench(tmp_path, path=str(path))

    for attempt in (target.live, target.history, target.unpublish, lambda: target.publish(NEW)):
        if place is _no_parent and attempt in (target.history, target.unpublish):
            continue  # nothing is there to be read
        with pytest.raises(ConfigError) as caught:
            attempt()
        assert str(path if place is not _no_parent else path.parent) in caught.value.message
        assert caught.value.hint
    (tmp_path / "presswork.toml").unlink(missing_ok=True)
    assert {**tree(tmp_path), "presswork.toml": b""} == {**before, "presswork.toml": b""}


@pytest.mark.parametrize("options", [{"keep": 0}, {"keep": "many"}, {"paths": "x"}])
def test_a_wrong_option_is_refused(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        bench(tmp_path, **options).live()


@pytest.mark.parametrize("alias", ["", "..", "a/b", "Draft", "-a", "a-", "x" * 64, "ä"])
def test_an_alias_that_cannot_be_a_host_name_is_refused(tmp_path: Path, alias: str) -> None:
    target = bench(tmp_path)
    with pytest.raises(ConfigError, match="alias"):
        target.preview(OLD, alias=alias)
    assert not store_of(tmp_path).exists()
    target.preview(OLD, alias="x" * 63)


def test_a_store_that_was_tampered_with_is_an_error_in_words(tmp_path: Path) -> None:
    target = bench(tmp_path)
    release = target.publish(OLD)
    current = store_of(tmp_path) / "current"
    current.unlink()
    current.mkdir()
    with pytest.raises(HostError, match="current cannot be used"):
        target.live()
    current.rmdir()
    (store_of(tmp_path) / "manifests" / f"{release.id}.json").write_text("{")
    with pytest.raises(HostError, match=f"{release.id}.json cannot be read"):
        target.history()
