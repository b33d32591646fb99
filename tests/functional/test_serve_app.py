"""Which release is shown, under which host name, and what happens when it changes meanwhile."""

from __future__ import annotations

import asyncio
import shutil
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from presswork.errors import ConfigError
from presswork_local.layout import Layout
from presswork_local.serve import make_app
from support_serving import LIVE, OLDER, PAGES, PREVIEW, Builder, ask, ask_raw, built, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from presswork.manifest import Manifest


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a store that no test changes."""
    with serving(Layout(built(tmp_path_factory.mktemp("shared") / "store").root)) as number:
        yield number


@pytest.fixture
def store(tmp_path: Path) -> Builder:
    """A store of the test's own."""
    return built(tmp_path / "store")


@pytest.fixture
def own_port(store: Builder) -> Iterator[int]:
    """The port of the test's own store."""
    with serving(Layout(store.root)) as number:
        yield number


# Host names


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8000", "[::1]:80"]
)
def test_the_live_release_answers_at_every_name_of_this_machine(port: int, host: str) -> None:
    assert ask(port, "/", host=host).body == PAGES["index.html"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (OLDER, b"<h1>older</h1>"),
        (PREVIEW, b"<h1>preview</h1>"),
        ("draft", b"<h1>preview</h1>"),
        ("Draft", b"<h1>preview</h1>"),
        (LIVE, PAGES["index.html"]),
    ],
)
def test_every_release_answers_at_its_own_address(port: int, name: str, body: bytes) -> None:
    assert ask(port, "/", host=f"{name}.localhost:8000").body == body


def test_a_release_shows_its_own_files_alone(port: int) -> None:
    assert ask(port, "/old.html", host=f"{OLDER}.localhost").status == 200
    assert ask(port, "/old.html").status == 404


@pytest.mark.parametrize(
    "name", ["nothing", "", "..", "../releases", f"../releases/{LIVE}", f"a.{LIVE}", "current", "9" * 300]
)
def test_an_unknown_release_is_not_found_and_says_where_to_look(port: int, name: str) -> None:
    answer = ask(port, "/", host=f"{name}.localhost")
    assert answer.status == 404
    assert b"presswork history" in answer.body


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost", "[::2]", ""]
)
def test_another_host_name_is_refused_in_one_line(port: int, host: str) -> None:
    answer = ask(port, "/", host=host)
    assert answer.status == 421
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.body.count(b"\n") == 1
    assert b"home" not in answer.body


def test_a_request_without_a_host_is_refused(port: int) -> None:
    assert ask_raw(port, b"GET / HTTP/1.0\r\n\r\n").status == 421
    assert ask_raw(port, b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n").status == 200


def test_with_any_host_another_name_is_the_live_one(store: Builder) -> None:
    with serving(Layout(store.root), any_host=True) as port:
        assert ask(port, "/", host="wiki.example:8000").body == PAGES["index.html"]
        assert ask(port, "/", host="draft.localhost").body == b"<h1>preview</h1>"


# Methods


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_reading_is_allowed(port: int, method: str) -> None:
    answer = ask(port, "/", method=method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("target", ["/", "/docs/data.bin", "/docs", "/missing", "/docs/empty.txt"])
def test_head_tells_what_get_would_without_the_bytes(port: int, target: str) -> None:
    get, head = ask(port, target), ask(port, target, method="HEAD")
    dated = {"date"}
    assert head.status == get.status
    assert head.body == b""
    assert [(key, value) for key, value in head.headers.items() if key not in dated] == [
        (key, value) for key, value in get.headers.items() if key not in dated
    ]
    assert head.headers["Content-Length"] == str(len(get.body))


def test_a_web_socket_is_turned_away(store: Builder) -> None:
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(make_app(Layout(store.root))(scope, receive, send))
    assert [message["type"] for message in sent] == ["websocket.close"]


# What changes while it is served


def test_with_nothing_live_it_says_what_to_type(tmp_path: Path) -> None:
    with serving(Layout(tmp_path / "none")) as port:
        answer = ask(port, "/")
        assert answer.status == 503
        assert b"presswork deploy" in answer.body


def test_a_switch_is_seen_at_once(store: Builder, own_port: int) -> None:
    assert ask(own_port, "/").body == PAGES["index.html"]
    store.switch(OLDER)
    assert ask(own_port, "/").body == b"<h1>older</h1>"
    (store.root / "current").unlink()
    assert ask(own_port, "/").status == 503


def test_a_manifest_is_read_once(store: Builder, own_port: int) -> None:
    assert ask(own_port, "/").status == 200
    store.record(LIVE).write_text("damaged")
    assert ask(own_port, "/docs/").body == PAGES["docs/index.html"]
    with serving(Layout(store.root)) as other:  # one that has not read it yet
        answer = ask(other, "/docs/")
        assert answer.status == 500
        assert b"cannot be read" in answer.body


def test_a_deleted_release_is_not_found(store: Builder, own_port: int) -> None:
    assert ask(own_port, "/", host="draft.localhost").status == 200
    shutil.rmtree(store.folder(PREVIEW))
    assert ask(own_port, "/", host="draft.localhost").status == 404


def test_a_file_that_the_store_lost_is_an_error_in_words(store: Builder, own_port: int) -> None:
    (store.folder(LIVE) / "about.html").unlink()
    answer = ask(own_port, "/about.html")
    assert answer.status == 500
    assert b"about.html" in answer.body
    assert ask(own_port, "/").status == 200


class Overtaken(Layout):
    """A store in which, once, another release goes live and the live one is deleted after it was found."""

    builder: Builder

    def manifest(self, release: str) -> Manifest:
        found = super().manifest(release)
        if release == OLDER:
            self.builder.switch(LIVE)
            shutil.rmtree(self.builder.folder(OLDER))
        return found


def test_a_release_deleted_while_it_is_looked_up_is_answered_by_the_next(store: Builder) -> None:
    store.switch(OLDER)
    overtaken = Overtaken(store.root)
    overtaken.builder = store
    with serving(overtaken) as port:
        assert ask(port, "/").body == PAGES["index.html"]


def test_an_answer_under_way_stays_of_one_release(tmp_path: Path) -> None:
    old, new = b"o" * (32 << 20), b"n" * (32 << 20)  # more than the buffers between the two ends hold
    builder = Builder(tmp_path / "store")
    builder.release(OLDER, {"big.bin": old})
    builder.release(LIVE, {"big.bin": new})
    builder.switch(OLDER)
    with serving(Layout(builder.root)) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/big.bin", headers={"Host": "localhost"})
        answer = connection.getresponse()
        first = answer.read(1)
        builder.switch(LIVE)
        shutil.rmtree(builder.folder(OLDER))
        assert ask(port, "/big.bin").body == new
        assert first + answer.read() == old
        connection.close()


def test_a_folder_that_is_no_store_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(ConfigError, match="holds files"):
        make_app(Layout(tmp_path))
