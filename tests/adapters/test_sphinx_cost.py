"""A build that does not deploy opens no socket and imports nothing that is heavy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support_sphinx import Docs, Run

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"click", "httpx", "rich", "starlette"}
OFF = {
    "off": '{"on_build": "off"}',
    "a named host": '{"host": "local"}',
    "a host that is not installed": '{"host": "faraway"}',
}


def watched(docs: Docs, *arguments: str, builder: str = "html") -> tuple[Run, list[str], set[str]]:
    """Build, and tell the socket events of the process and the modules it had imported at its end."""
    run = docs.build(*arguments, builder=builder).ok()
    sockets, modules = json.loads((docs.folder / "seen.json").read_text())
    return run, sockets, set(modules)


@pytest.fixture(scope="module")
def sockets_of_sphinx(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a build does with sockets where we are no part of it."""
    docs = Docs(tmp_path_factory.mktemp("without"), more=_SPY)
    return watched(docs, "-D", "extensions=sphinx.ext.todo")[1]


@pytest.mark.parametrize("table", OFF.values(), ids=OFF)
def test_a_build_that_does_not_deploy_opens_no_socket_and_imports_nothing_heavy(
    tmp_path: Path, table: str, sockets_of_sphinx: list[str]
) -> None:
    run, sockets, modules = watched(Docs(tmp_path, table, _SPY))

    assert len(run.said) == 1
    assert sockets == sockets_of_sphinx
    assert not modules & HEAVY
    assert "presswork.builds" in modules


def test_the_embedded_store_needs_no_network_either(tmp_path: Path, sockets_of_sphinx: list[str]) -> None:
    run, sockets, modules = watched(Docs(tmp_path, more=_SPY))

    assert len(run.said) > 1
    assert set(sockets) - {"socket.gethostname"} <= set(sockets_of_sphinx)
    assert not modules & HEAVY


def test_a_builder_that_makes_no_site_imports_nothing_of_the_core(tmp_path: Path) -> None:
    _, _, modules = watched(Docs(tmp_path, more=_SPY), builder="text")
    ours = {name for name in modules if name.startswith("presswork")}

    assert ours == {"presswork", "presswork_sphinx"}
    assert "msgspec" not in modules


def test_the_watch_sees_a_socket_and_a_heavy_import_where_there_are_some(
    tmp_path: Path, sockets_of_sphinx: list[str]
) -> None:
    _, sockets, modules = watched(Docs(tmp_path, OFF["off"], _SPY + _PLANTED))

    assert "socket.connect" in sockets
    assert sockets != sockets_of_sphinx
    assert modules >= HEAVY


_SPY = """
import atexit, json, sys
sockets = []
sys.addaudithook(lambda event, args: sockets.append(event) if event.startswith("socket.") else None)
atexit.register(lambda: open("seen.json", "w").write(json.dumps([sockets, sorted(sys.modules)])))
"""
_PLANTED = """
import socket, click, httpx, rich, starlette
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
"""
