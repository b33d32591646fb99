from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from support_cli import COMMAND, TESTS, Done, Project, check_one_error, install, one_document

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project with `old` live on a rack that will not take `m.txt`."""
    made = Project(tmp_path)
    made.environ |= {"PYTHONPATH": f"{install(tmp_path / 'path', 'rack', {'rack': 'support_rack'})}:{TESTS}"}
    made.environ |= {"RACK_TOKEN": "a-token"}
    made.write({"presswork.toml": 'host = "rack"\npath = "rack"\nworkers = 1\n'})
    made.site({"index.html": "old"})
    made.ok("deploy", "site")
    made.site({"a.txt": "a", "index.html": "new", "m.txt": "m", "z.txt": "z"})
    made.write({"rack/block": "m.txt"})
    return made


def interrupted(project: Project, *numbers: int, words: tuple[str, ...] = ()) -> Done:
    """Deploy, send these signals when the upload has come to the blocked file, and see how it ends."""
    process = project.start("deploy", "site", *words)
    assert process.stderr is not None
    said = ""
    while "m.txt is blocked" not in said:
        said += (line := process.stderr.readline())
        assert line, said
    for number in numbers:
        process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return Done(process.returncode, out, said + err)


def live(project: Project) -> str:
    rack = project.folder / "rack"
    return (rack / (rack / "live").read_text() / "index.html").read_text()


def sent(project: Project) -> list[str]:
    return (project.folder / "rack/log").read_text().splitlines()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_middle_of_an_upload_leaves_the_live_site_and_the_next_deploy_goes_on(
    project: Project, number: signal.Signals
) -> None:
    done = interrupted(project, number)
    check_one_error(done, 130, "Interrupted.")
    assert "goes on where it stopped" in done.hints[0]
    assert live(project) == "old"
    assert sent(project) == ["put index.html", "put index.html", "put a.txt"]
    assert "was not finished" in project.ok("status").err
    (project.folder / "rack/block").unlink()
    target = project.only("deploy", "site")
    assert (target["outcome"], target["uploaded"]["files"]) == ("deployed", 2)
    assert live(project) == "new"
    assert sent(project)[3:] == ["put m.txt", "put z.txt"]
    assert project.ok("status").err == ""


def test_ctrl_c_is_reported_as_json_too(project: Project) -> None:
    done = interrupted(project, signal.SIGINT, words=("--json",))
    assert done.code == 130
    (target,) = one_document(done)["targets"]
    assert (target["outcome"], target["error"]["code"], target["error"]["retryable"]) == ("failed", "cancelled", True)


def test_ctrl_c_twice_ends_it_as_well(project: Project) -> None:
    done = interrupted(project, signal.SIGINT, signal.SIGINT)
    assert done.code == 130
    assert "Traceback" not in done.err
    assert live(project) == "old"


def test_a_process_that_is_killed_leaves_a_session_to_go_on_with(project: Project) -> None:
    assert interrupted(project, signal.SIGKILL).code == -signal.SIGKILL
    assert live(project) == "old"
    (project.folder / "rack/block").unlink()
    assert project.only("deploy", "site")["uploaded"]["files"] == 2
    assert live(project) == "new"


def test_another_site_after_an_interruption_is_deployed_afresh(project: Project) -> None:
    interrupted(project, signal.SIGINT)
    project.site({"index.html": "newer"})
    target = project.only("deploy", "site")
    assert target["uploaded"]["files"] == 1
    assert live(project) == "newer"
    assert [line for line in sent(project) if line.startswith("cancel")] == ["cancel r2"]
    assert project.ok("status").err == ""


def test_ctrl_c_during_the_switch_waits_for_it(project: Project) -> None:
    (project.folder / "rack/block").unlink()
    project.write({"rack/interrupt": "yes"})
    target = project.only("deploy", "site", code=130)
    assert target["release"]["live"]
    assert live(project) == "new"
    assert project.only("deploy", "site")["outcome"] == "unchanged"


def test_whoever_reads_may_go_away(project: Project) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    where = {"cwd": project.folder, "env": project.environ}
    for words in (("--help",), ("plan", "site"), ("plan", "site", "--json")):
        done = subprocess.run([*COMMAND, *words], **where, stdout=writing, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (1, "")
    os.close(writing)
