"""Two deployments to one store at once."""

from __future__ import annotations

import getpass
import os
import re
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from presswork.errors import Locked
from support_local import NEW, OLD, bench, command, folder_intent, outcome, served, store_of, write_site

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_deployment_is_turned_away_and_told_who_is_at_work(tmp_path: Path) -> None:
    target = bench(tmp_path)
    release = target.publish(OLD)
    with subprocess.Popen(command("hold", tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"%d\n" % holder.pid

        for attempt in (
            lambda: target.publish(NEW),
            lambda: target.activate(release.id),
            lambda: target.delete(release.id),
            target.unpublish,
        ):
            with pytest.raises(Locked) as caught:
                attempt()
            assert caught.value.exit_code == 3
            owner = f"process {holder.pid} of {getpass.getuser()} on {socket.gethostname()}, since "
            assert re.search(re.escape(owner) + r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.", caught.value.message)
        assert target.live() == release  # looking needs no lock
        assert served(tmp_path) == OLD

    target.publish(NEW)
    assert served(tmp_path) == NEW


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    target = bench(tmp_path)
    target.publish(OLD)
    with subprocess.Popen(command("hold", tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert b"%d" % holder.pid in (store_of(tmp_path) / "lock").read_bytes()

        target.publish(NEW)
    assert served(tmp_path) == NEW


def test_the_lock_is_held_until_the_host_is_closed(tmp_path: Path) -> None:
    target = bench(tmp_path)
    with target.open() as host:
        host.begin(target.intent(OLD), None)
        with pytest.raises(Locked), target.open() as other:
            other.begin(target.intent(OLD), None)
        host.close()
        with target.open() as other:
            other.begin(target.intent(OLD), None)


def test_a_lock_whose_owner_has_not_written_its_name_is_still_a_lock(tmp_path: Path) -> None:
    target = bench(tmp_path)
    with target.open() as host:
        host.begin(target.intent(OLD), None)
        (store_of(tmp_path) / "lock").write_bytes(b'{"pid": 1')
        with pytest.raises(Locked, match="not yet said its name"):
            target.publish(OLD)


def test_of_processes_that_deploy_at_once_each_wins_whole_or_loses_whole(tmp_path: Path) -> None:
    sites = {name: {"index.html": name.encode(), f"{name}.txt": os.urandom(300_000)} for name in ("a", "b", "c")}
    for name, files in sites.items():
        write_site(tmp_path / name, files)
    target = bench(tmp_path)
    target.deploy(folder_intent(write_site(tmp_path / "old", OLD)))
    won = 0
    for _ in range(4):
        runs = {
            name: subprocess.Popen(
                command("deploy", tmp_path, tmp_path / name), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for name in sites
        }
        ended = {
            name: outcome(subprocess.CompletedProcess([], run.wait(), *run.communicate())) for name, run in runs.items()
        }
        live = target.live()
        winners = {told["release"]: name for name, told in ended.items() if told["error"] is None}
        assert {told["error"] for told in ended.values()} <= {None, "Locked", "Conflict"}
        assert live is not None
        assert served(tmp_path) == sites[winners[live.id]]
        won += len(winners)
    assert len(target.history()) == 1 + won
