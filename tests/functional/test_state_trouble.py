"""A state folder that is full or read-only, and journals that cannot be read: said in words, and nothing is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support_cli import COMMAND, TESTS, Done, Project, check_no_traceback, check_one_error, install, run, tree

if TYPE_CHECKING:
    from pathlib import Path

OLD = {"index.html": "old", "a.txt": "a"}
NEW = {"index.html": "new", "a.txt": "a", "large.txt": "l" * 20_000, "b.txt": "b"}


def can_mount() -> bool:
    probe = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(probe, capture_output=True).returncode == 0


mounts = pytest.mark.skipif(not can_mount(), reason="this machine lets no user mount a file system of their own")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The old site is live on a rack; its state lies in the usual folder."""
    made = Project(tmp_path)
    made.environ |= {"PYTHONPATH": f"{install(tmp_path / 'path', 'rack', {'rack': 'support_rack'})}:{TESTS}"}
    made.environ |= {"RACK_TOKEN": "of-the-rack"}
    made.write({"presswork.toml": 'host = "rack"\npath = "rack"\n'})
    made.site(OLD)
    made.ok("deploy", "site")
    made.site(NEW)
    return made


def on(project: Project, mount: str, *words: str) -> Done:
    """Run a command with its state folder on a file system of its own, and keep what is left of it."""
    script = f'cp -a .presswork kept; {mount}; set +e; "$@"; code=$?; rm -rf kept; cp -a .presswork kept; exit $code'
    done = run(["unshare", "-rm", "sh", "-ec", script, "sh", *COMMAND, *words], project.folder, project.environ)
    shutil.rmtree(project.folder / ".presswork")
    (project.folder / "kept").rename(project.folder / ".presswork")
    check_no_traceback(done)
    return done


def live(project: Project) -> dict[str, bytes]:
    rack = project.folder / "rack"
    return tree(rack / (rack / "live").read_text())


def encoded(files: dict[str, str]) -> dict[str, bytes]:
    return {path: content.encode() for path, content in files.items()}


@mounts
@pytest.mark.parametrize("room", [0, 1, 2, 3, 4, 6, 64])
def test_a_full_disk_leaves_one_site_whole_and_the_next_deploy_goes_on(project: Project, room: int) -> None:
    fill = f"dd if=/dev/zero of=.presswork/ballast bs=4k 2>/dev/null; truncate -s -{room * 4}k .presswork/ballast"
    mount = f"mount -t tmpfs -o size=256k none .presswork; cp -a kept/. .presswork; {{ {fill}; }} || true"
    done = on(project, mount, "deploy", "site", "--json")
    (target,) = json.loads(done.out)["targets"]
    (project.folder / ".presswork/ballast").unlink()
    if done.code == 0:
        assert live(project) == encoded(NEW)
    else:
        assert done.code == 1
        assert "No space left on device" in target["error"]["message"]
        said_live = target["release"] is not None and target["release"]["live"]
        assert live(project) == encoded(NEW if said_live else OLD)
    assert project.ok("deploy", "site").code == 0
    assert live(project) == encoded(NEW)
    assert (done.code == 0) == (room == 64), "there was room only where there was"


@mounts
def test_a_read_only_state_folder_is_told_before_anything_is_sent_and_looking_still_works(project: Project) -> None:
    mount = "mount --bind .presswork .presswork; mount -o remount,ro,bind .presswork"
    sent = (project.folder / "rack/log").read_text()
    check_one_error(on(project, mount, "deploy", "site"), 1, "Read-only file system")
    assert (project.folder / "rack/log").read_text() == sent
    assert live(project) == encoded(OLD)
    for words in ("plan", "site"), ("status",), ("history",):
        assert on(project, mount, *words).code == 0
    project.ok("deploy", "site")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("rubbish", "line 1 is damaged"),
        ('{"schema":2,"step":"teleported"}', "line 1"),
        ('{"schema":2,"step":"begin"}', "written by a later version of Presswork"),
    ],
    ids=["damaged", "a step of the future", "of the future"],
)
def test_a_journal_that_cannot_be_read_is_told_and_moving_it_away_loses_nothing(
    project: Project, line: str, says: str
) -> None:
    (journal,) = (project.folder / ".presswork/journal").iterdir()
    whole = journal.read_bytes()
    journal.write_bytes(line.encode() + b"\n" + whole)
    check_one_error(project.run("deploy", "site"), 1, says)
    assert live(project) == encoded(OLD)
    assert journal.read_bytes() == line.encode() + b"\n" + whole, "it is left as it was"
    journal.rename(project.folder / "away.jsonl")
    assert project.only("deploy", "site")["outcome"] == "deployed"
    assert live(project) == encoded(NEW)
