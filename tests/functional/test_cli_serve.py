from __future__ import annotations

import re
import signal
import socket
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from support_cli import Project, check_one_error

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.site({"index.html": "home", "docs/index.html": "docs"})
    return made


@contextmanager
def serving(project: Project, *words: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start the server; yield it and its port, which it says when it listens."""
    with project.start("serve", "--port", "0", *words) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.fullmatch(r"Serving at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C to stop\)\n", line)
        try:
            assert found, line
            yield process, int(found[1])
        finally:
            process.kill()


def get(port: int, path: str, host: str = "localhost") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_live_site_is_served_until_ctrl_c_and_ends_cleanly(project: Project, number: signal.Signals) -> None:
    project.ok("deploy", "site")
    with serving(project) as (process, port):
        assert get(port, "/") == (200, "home")
        assert get(port, "/docs/") == (200, "docs")
        assert get(port, "/nowhere")[0] == 404
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


def test_previews_and_older_releases_have_their_own_addresses_and_a_deploy_shows_at_once(project: Project) -> None:
    first = project.only("deploy", "site")["release"]["id"]
    with serving(project) as (_, port):
        project.site({"index.html": "new"})
        project.ok("deploy", "site", "--preview=draft")
        assert get(port, "/", "draft.localhost") == (200, "new")
        assert get(port, "/") == (200, "home")
        project.ok("deploy", "site")
        assert get(port, "/") == (200, "new")
        assert get(port, "/", f"{first}.localhost") == (200, "home")


def test_a_server_with_nothing_live_says_what_to_do(project: Project) -> None:
    with serving(project) as (_, port):
        status, text = get(port, "/")
    assert status == 503
    assert "presswork deploy" in text


def test_a_port_that_is_taken_is_told(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check_one_error(project.run("serve", "--port", str(port)), 1, f"127.0.0.1:{port} cannot be listened on")
