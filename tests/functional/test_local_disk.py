"""What a full, locked or failing disk does to the local host."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from presswork.abilities import Cancels
from presswork.errors import HostError
from presswork.testing import deploy
from presswork.testing.steps import fill
from support_local import NEW, OLD, bench, command, folder_intent, outcome, served, store_of, write_site

if TYPE_CHECKING:
    from pathlib import Path

LARGE = {**NEW, "large.bin": bytes(600_000)}


def run(*arguments: object, before: str = "") -> dict[str, object]:
    line = command(*arguments)
    if before:
        line = ["unshare", "-rm", "sh", "-ec", f'{before}; exec "$@"', "sh", *line]
    return outcome(subprocess.run(line, capture_output=True, text=True))


def can_mount() -> bool:
    probe = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(probe, capture_output=True).returncode == 0


mounts = pytest.mark.skipif(not can_mount(), reason="this machine lets no user mount a tmpfs of their own")


def test_a_disk_that_takes_no_more_leaves_the_old_site_and_is_said_in_words(tmp_path: Path) -> None:
    target = bench(tmp_path)
    target.deploy(folder_intent(write_site(tmp_path / "old", OLD)))
    site = write_site(tmp_path / "new", LARGE)
    told = run("deploy-small", tmp_path, site, 300_000)

    assert told["error"] == "HostError"
    assert told["message"] == f"The disk that holds {store_of(tmp_path)} is full: File too large."
    assert told["retryable"] is False
    assert told["hint"]
    assert served(tmp_path) == OLD
    assert list((store_of(tmp_path) / "tmp").iterdir()) == []
    assert run("deploy-small", tmp_path, site, 1_000_000)["error"] is None
    assert served(tmp_path) == LARGE


@mounts
@pytest.mark.parametrize("size", ["420k", "nr_inodes=30"])
def test_a_file_system_that_is_full_leaves_the_old_site(tmp_path: Path, size: str) -> None:
    many = {**LARGE, **{f"folder-{n}/page.html": b"a page" for n in range(30)}}
    old, new, project = write_site(tmp_path / "old", OLD), write_site(tmp_path / "new", many), tmp_path / "project"
    project.mkdir()
    kept = tmp_path / "kept"
    option = size if "=" in size else f"size={size}"
    first = " ".join(command("deploy", project, old))
    mount = f"mount -t tmpfs -o {option} none {project} && {first} >&2"
    again = f'"$@"; cp -a {project} {kept}; exit'  # what is left, seen from outside
    told = run("deploy", project, new, before=f"{mount}; {again}")

    assert told["error"] == "HostError"
    assert str(told["message"]).endswith("is full: No space left on device.")
    assert served(kept) == OLD
    assert list((store_of(kept) / "tmp").iterdir()) == []
    assert run("deploy", kept, new)["error"] is None
    assert served(kept) == many


@mounts
def test_a_disk_that_is_read_only_is_said_in_words(tmp_path: Path) -> None:
    site = write_site(tmp_path / "site", NEW)
    bench(tmp_path).deploy(folder_intent(write_site(tmp_path / "old", OLD)))
    store = store_of(tmp_path)
    told = run("deploy", tmp_path, site, before=f"mount --bind {store} {store}; mount -o remount,ro,bind {store}")

    assert told["error"] == "HostError"
    assert "Read-only file system" in str(told["message"])
    assert "right to write" in str(told["hint"])
    assert served(tmp_path) == OLD


def test_a_folder_one_may_not_write_to_is_said_in_words(tmp_path: Path) -> None:
    bench(tmp_path).deploy(folder_intent(write_site(tmp_path / "old", OLD)))
    site = write_site(tmp_path / "new", NEW)
    half_written = store_of(tmp_path) / "tmp"
    half_written.chmod(0o500)
    if os.getuid() == 0:
        for parent in (tmp_path, *tmp_path.parents[:-2], *(path for path in tmp_path.rglob("*") if path.is_dir())):
            parent.chmod(parent.stat().st_mode | 0o055)
        for file in (store_of(tmp_path) / "lock", tmp_path / "presswork.toml"):
            file.chmod(0o666)
        told = run("deploy-as", tmp_path, site, 65534)
    else:
        told = run("deploy", tmp_path, site)
    half_written.chmod(0o755)

    assert told["error"] == "HostError"
    assert str(half_written) in str(told["message"])
    assert "Permission denied" in str(told["message"])
    assert told["hint"]
    assert served(tmp_path) == OLD


def test_trouble_with_tidying_up_is_a_warning_after_a_switch_that_holds(tmp_path: Path) -> None:
    target = bench(tmp_path, keep=1)
    release = target.publish(OLD)
    (store_of(tmp_path) / "manifests" / f"{release.id}.json").write_text("damaged")
    host = target.host()
    intent = target.intent(NEW, replaces=release)
    with contextlib.closing(host):
        deploy(host, intent)

    (note,) = host._kit.notes  # type: ignore[attr-defined]
    assert (note.severity, note.code) == ("warning", "local-not-pruned")
    assert f"{release.id}.json" in note.message
    assert note.hint
    assert served(tmp_path) == NEW


def test_a_switch_that_fails_afterwards_is_not_taken_for_one_that_never_was(tmp_path: Path) -> None:
    target = bench(tmp_path)
    target.publish(OLD)
    with target.open() as host:
        upload = host.begin(target.intent(NEW, "new", replaces=host.live()), None)
        fill(upload)
        obstacle = store_of(tmp_path) / "manifests" / f"{upload.session}.json"
        obstacle.mkdir()
        with pytest.raises(HostError, match="cannot be used"):
            upload.finish()
        obstacle.rmdir()
        assert isinstance(host, Cancels)
        host.cancel(upload.session)

    assert served(tmp_path) == NEW
    assert target.seen(NEW) == target.shown(NEW, "new")
    assert upload.finish().id == upload.session
