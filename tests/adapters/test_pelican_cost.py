"""A run that does not deploy opens no socket and imports nothing heavy; without the setting, nothing of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_pelican import Blog

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"httpx", "starlette", "uvicorn"}  # rich is Pelican's own
OFF = {
    "off": "{'on_build': 'off'}",
    "a named host": "{'host': 'local'}",
    "a host that is not installed": "{'host': 'faraway'}",
}
OPENING = {"socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo"}


@pytest.mark.parametrize("table", OFF.values(), ids=OFF)
def test_a_build_that_does_not_deploy_opens_no_socket_and_imports_nothing_heavy(tmp_path: Path, table: str) -> None:
    run, seen = Blog(tmp_path, table).watched()

    assert run.ok().said == ["output is built and not deployed. To deploy it: presswork deploy"]
    assert seen.sockets == []
    assert not seen.modules & HEAVY
    assert "presswork.builds" in seen.modules


def test_without_the_setting_nothing_is_imported_that_pelican_would_not_import(tmp_path: Path) -> None:
    run, seen = Blog(tmp_path, table=None).watched()

    run.ok()
    ours = {name for name in seen.modules if name.startswith("presswork")}
    assert ours <= {"presswork_pelican", "presswork", "presswork.errors"}
    assert not seen.modules & {"msgspec", "pluggy", "pathspec", *HEAVY}


@pytest.mark.parametrize("table", ["{}", "{'on_build': 'plan'}"], ids=["deploy", "plan"])
def test_the_embedded_store_needs_no_network_either(tmp_path: Path, table: str) -> None:
    run, seen = Blog(tmp_path, table).watched()

    assert len(run.ok().said) > 1
    assert not OPENING & set(seen.sockets)
    assert not seen.modules & HEAVY


def test_the_watch_sees_a_socket_and_a_heavy_import_where_there_are_some(tmp_path: Path) -> None:
    blog = Blog(tmp_path, OFF["off"], "import sys\nsys.path.append('.')\nPLUGINS.append('planted')")
    blog.plugin("planted", _PLANTED)
    run, seen = blog.watched()

    run.ok()
    assert {"socket.__new__", "socket.bind", "socket.connect"} <= set(seen.sockets)
    assert seen.modules >= {"msgspec", *HEAVY}


_PLANTED = """
import socket
import httpx, starlette, uvicorn
from pelican import signals

def knock(instance):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

def register():
    signals.finalized.connect(knock)
"""
