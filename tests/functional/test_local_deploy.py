"""The local host on the way from nothing to a site that a web server can serve."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from presswork.errors import Conflict, ContentChanged, Stale
from presswork.manifest import Manifest
from presswork.testing import deploy
from presswork.testing.steps import fill
from support_local import NEW, OLD, bench, folder_intent, served, store_of, tree, write_site

if TYPE_CHECKING:
    from collections.abc import Iterator

UMASK = 0o022


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(UMASK)
    yield
    os.umask(before)


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_plain_web_server_over_current_serves_what_was_built(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", OLD)
    target = bench(tmp_path)
    target.deploy(folder_intent(site))

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    handler = partial(Quiet, directory=str(store_of(tmp_path) / "current"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def get(path: str) -> bytes | None:
            connection = HTTPConnection(*server.server_address[:2])
            connection.request("GET", f"/{path}")
            response = connection.getresponse()
            content = response.read()
            connection.close()
            return content if response.status == 200 else None

        try:
            assert {path: get(path) for path in OLD} == tree(site)
            write_site(site, NEW)
            (site / "gone.txt").unlink()
            target.deploy(folder_intent(site))  # under the running server
            assert {path: get(path) for path in {**OLD, **NEW}} == {**NEW, "gone.txt": None}
        finally:
            server.shutdown()
            thread.join()


def test_a_release_is_made_of_names_of_the_blobs_that_nobody_can_write(tmp_path: Path) -> None:
    release = bench(tmp_path).publish(OLD)

    folder = store_of(tmp_path) / "releases" / release.id
    blobs = {file.stat().st_ino for file in (store_of(tmp_path) / "blobs").rglob("*") if file.is_file()}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {file.stat().st_ino for file in files} == blobs
    assert {file.stat().st_mode & 0o777 for file in files} == {0o444}
    assert {path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*")) if path.is_dir()} == {0o755}


def test_a_store_can_be_moved_as_a_whole(tmp_path: Path) -> None:
    target = bench(tmp_path)
    target.publish(OLD)
    target.preview(NEW, alias="draft")
    moved = store_of(tmp_path).rename(tmp_path / "elsewhere")

    assert (moved / "current").readlink() == Path("releases", (moved / "current").resolve().name)
    assert tree((moved / "current").resolve()) == OLD
    assert tree((moved / "previews" / "draft").resolve()) == NEW


def test_addresses_lead_to_the_files(tmp_path: Path) -> None:
    target = bench(tmp_path)
    live = target.publish(OLD)
    preview = target.preview(NEW)

    assert live.url == (store_of(tmp_path) / "current").as_uri() + "/"
    assert tree(Path(preview.url.removeprefix("file://"))) == NEW


def test_asking_what_is_live_makes_nothing_on_disk(tmp_path: Path) -> None:
    target = bench(tmp_path)

    assert target.live() is None
    assert target.history() == []
    target.unpublish()
    target.delete("20260101-000000-00000000")
    target.cancel("20260101-000000-00000000")
    assert not store_of(tmp_path).exists()
    target.publish(OLD)
    assert store_of(tmp_path).exists()


def test_a_record_holds_the_facts_and_the_manifest(tmp_path: Path) -> None:
    target = bench(tmp_path)
    intent = target.intent(OLD, "a label")
    release = target.deploy(intent)

    record = msgspec.json.decode((store_of(tmp_path) / "manifests" / f"{release.id}.json").read_bytes())
    assert record["schema"] == 1
    assert record["release"] == {"id": release.id, "created": release.created, "live": True, "label": "a label"}
    assert Manifest.from_json(msgspec.json.encode(record["manifest"])) == intent.manifest
    assert names(store_of(tmp_path) / "staging") == names(store_of(tmp_path) / "tmp") == []


def test_ids_are_sorted_by_time_and_fit_in_a_host_name(tmp_path: Path) -> None:
    target = bench(tmp_path)
    made = [target.publish(OLD, str(number)).id for number in range(3)]

    assert len(set(made)) == 3
    assert [name[:15] for name in made] == sorted(name[:15] for name in made)
    assert all(len(name) <= 63 and name.replace("-", "").isalnum() and name == name.lower() for name in made)


def test_content_that_is_there_twice_is_one_part(tmp_path: Path) -> None:
    target = bench(tmp_path)
    with target.open() as host:
        (part,) = host.begin(target.intent({"a.txt": b"same", "b/c.txt": b"same"}), None).wanted()

    assert [entry.path for entry in part.entries] == ["a.txt", "b/c.txt"]
    assert part.key == part.entries[0].sha256


@pytest.mark.parametrize("damage", [b"", b"damaged", b"n" * 200])
def test_a_damaged_blob_is_wanted_again_and_healed(tmp_path: Path, damage: bytes) -> None:
    target = bench(tmp_path)
    target.publish(OLD)
    entry = target.intent(OLD).manifest["same.txt"]
    blob = store_of(tmp_path) / "blobs" / entry.sha256[:2] / entry.sha256
    with target.open() as host:
        assert host.begin(target.intent(OLD, "sound", replaces=host.live()), None).wanted() == []
    blob.chmod(0o644)
    blob.write_bytes(damage)
    with target.open() as host:
        upload = host.begin(target.intent(OLD, "damaged", replaces=host.live()), None)
        assert [part.key for part in upload.wanted()] == [entry.sha256]
        fill(upload)
        upload.finish()

    assert blob.read_bytes() == OLD["same.txt"]
    assert served(tmp_path) == OLD


def test_a_release_is_copied_where_a_file_can_have_no_more_names(tmp_path: Path) -> None:
    target = bench(tmp_path, keep=1)
    target.publish({"page.html": b"one page"})
    (blob,) = (file for file in (store_of(tmp_path) / "blobs").rglob("*") if file.is_file())
    (tmp_path / "names").mkdir()
    try:
        for number in range(70_000):
            (tmp_path / "names" / str(number)).hardlink_to(blob)
    except OSError:
        pass
    else:
        pytest.skip("a file can have any number of names here")
    target.publish({"page.html": b"one page", "again.html": b"one page"})

    assert served(tmp_path) == {"page.html": b"one page", "again.html": b"one page"}
    (copy,) = {(store_of(tmp_path) / "current" / name).stat().st_nlink for name in ("page.html", "again.html")}
    assert copy == 1


def test_a_preview_stands_beside_the_live_site_under_its_alias(tmp_path: Path) -> None:
    target = bench(tmp_path)
    target.publish(OLD)
    first = target.preview({"index.html": b"draft"}, alias="pull-7")
    second = target.preview(NEW, alias="pull-7")

    assert served(tmp_path) == OLD
    link = store_of(tmp_path) / "previews" / "pull-7"
    assert link.readlink() == Path("..", "releases", second.id)
    assert tree(link.resolve()) == NEW
    assert tree(store_of(tmp_path) / "releases" / first.id) == {"index.html": b"draft"}


def test_a_preview_without_an_alias_has_no_link(tmp_path: Path) -> None:
    target = bench(tmp_path)
    release = target.preview(NEW)

    assert names(store_of(tmp_path) / "previews") == []
    assert tree(store_of(tmp_path) / "releases" / release.id) == NEW


def test_a_file_that_changed_leaves_the_old_site_and_nothing_half_written(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", OLD)
    target = bench(tmp_path)
    target.deploy(folder_intent(site))
    write_site(site, NEW)
    intent = folder_intent(site)
    (site / "index.html").write_bytes(b"changed under way")
    with target.open() as host, pytest.raises(ContentChanged, match=r"index\.html"):
        deploy(host, replace(intent, replaces=host.live()))

    assert served(tmp_path) == OLD
    assert names(store_of(tmp_path) / "tmp") == []


def test_a_session_is_gone_on_with_where_manifest_and_intent_are_the_same(tmp_path: Path) -> None:
    target = bench(tmp_path)

    def begin(label: str, session: str | None, files: dict[str, bytes] = OLD, *, live: bool = True) -> tuple[str, str]:
        """Return the session, and when it was begun."""
        with target.open() as host:
            session = host.begin(target.intent(files, label, live=live), session).session
        (record,) = (store_of(tmp_path) / "staging").iterdir()
        assert record.name == f"{session}.json"
        return session, msgspec.json.decode(record.read_bytes())["release"]["created"]

    first = begin("one", None)
    assert begin("one", first[0]) == first
    for change in ({"label": "two"}, {"files": NEW}, {"live": False}, {"session": None}):
        last = begin("one", None)
        assert begin(**{"label": "one", "session": last[0], **change}) != last  # type: ignore[arg-type]


def test_what_a_session_sent_is_not_wanted_again(tmp_path: Path) -> None:
    target = bench(tmp_path)
    with target.open() as host:
        upload = host.begin(target.intent(OLD), None)
        first, *rest = upload.wanted()
        upload.put(first)
        session = upload.session
    with target.open() as host:
        assert host.begin(target.intent(OLD), session).wanted() == rest


def test_finishing_what_is_not_built_asks_to_be_filled(tmp_path: Path) -> None:
    target = bench(tmp_path)
    with target.open() as host:
        upload = host.begin(target.intent(OLD), None)
        with pytest.raises(Stale):
            upload.finish()
        fill(upload)
        assert upload.finish().live


def test_a_switch_by_other_hands_during_the_upload_is_a_conflict(tmp_path: Path) -> None:
    target = bench(tmp_path)
    first = target.publish(OLD)
    target.publish(NEW)
    current = store_of(tmp_path) / "current"
    with target.open() as host:
        upload = host.begin(target.intent({"index.html": b"3"}, replaces=host.live()), None)
        fill(upload)
        current.unlink()
        current.symlink_to(f"releases/{first.id}")
        with pytest.raises(Conflict) as caught:
            upload.finish()

    assert first.id in caught.value.message
    assert served(tmp_path) == OLD


def test_the_local_host_is_offered_without_its_heavy_half() -> None:
    code = """
import sys, presswork_local
(offer,) = presswork_local.presswork_hosts()
light = [name for name in sys.modules if name.startswith("presswork_local.") or name in {"fcntl", "starlette"}]
offer.load()
print(offer.name, offer.embedded, light, "presswork_local.host" in sys.modules, "starlette" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "local True [] True False\n"
