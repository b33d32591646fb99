"""A build that does not deploy opens no socket and imports nothing that is heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support_mkdocs import Docs, either

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"httpx", "rich", "starlette", "uvicorn"}
OFF = {
    "off": "[{presswork: {on_build: off}}]",
    "a named host": "[{presswork: {host: local}}]",
    "a host that is not installed": "[{presswork: {host: faraway}}]",
}


@either
@pytest.mark.parametrize("plugins", OFF.values(), ids=OFF)
def test_a_build_that_does_not_deploy_opens_no_socket_and_imports_nothing_heavy(
    tmp_path: Path, tool: str, plugins: str
) -> None:
    docs = Docs(tmp_path, plugins, tool=tool)
    run, seen = docs.watched("build")

    assert run.ok().said == ["site is built and not deployed. To deploy it: presswork deploy"]
    assert seen.sockets == []
    assert not seen.modules & HEAVY
    assert "presswork.builds" in seen.modules


@pytest.mark.parametrize("plugins", ["[presswork]", "[{presswork: {on_build: plan}}]"], ids=["deploy", "plan"])
def test_the_embedded_store_needs_no_network_either(tmp_path: Path, plugins: str) -> None:
    run, seen = Docs(tmp_path, plugins).watched("build")

    assert len(run.ok().said) > 1
    assert not {"socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo"} & set(seen.sockets)
    assert not seen.modules & HEAVY


def test_the_watch_sees_a_socket_and_a_heavy_import_where_there_are_some(tmp_path: Path) -> None:
    docs = Docs(tmp_path, OFF["off"], "hooks: [hook.py]")
    docs.file("hook.py", _PLANTED)
    run, seen = docs.watched("build")

    run.ok()
    assert {"socket.__new__", "socket.bind", "socket.connect"} <= set(seen.sockets)
    assert seen.modules >= HEAVY


_PLANTED = """
import socket
import httpx, rich, starlette, uvicorn

def on_post_build(config):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
"""
