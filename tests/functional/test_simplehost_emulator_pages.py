"""What the emulator serves to the public, and what it keeps in its folder, also through a kill."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from support_simplehost import HTML, emulating, emulator_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_simplehost import InThread

FILES = {"index.html": b"<h1>Hello</h1>", "docs/index.html": b"<p>More</p>", "docs/a b.txt": b"text"}


@pytest.fixture
def simplehost(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path) as running:
        yield running


# Pages


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("", FILES["index.html"]),
        ("index.html", FILES["index.html"]),
        ("docs", FILES["docs/index.html"]),
        ("docs/", FILES["docs/index.html"]),
        ("docs/a%20b.txt", FILES["docs/a b.txt"]),
        ("docs/a", None),
        ("nothing/", None),
        ("404.html", None),
    ],
)
def test_a_page_is_the_exact_file_or_the_index_below_it(simplehost: InThread, path: str, content: bytes | None) -> None:
    answer = simplehost.page(simplehost.deploy(FILES)["slug"], path)
    if content is None:
        assert answer.status == 404
    else:
        assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, HTML, content)


def test_a_site_without_an_index_shows_its_files(simplehost: InThread) -> None:
    slug = simplehost.deploy({"a&b.html": b"a", "c d.html": b"c"})["slug"]
    listing = simplehost.page(slug)
    assert b'<a href="a%26b.html">a&amp;b.html</a>' in listing.body
    assert b'<a href="c%20d.html">c d.html</a>' in listing.body
    assert b"Viewer" in simplehost.page(simplehost.deploy({"one.html": b"a"})["slug"]).body


def test_pages_are_read_and_nothing_else_is_there(simplehost: InThread) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    head = simplehost.ask("HEAD", f"/_live/{slug}/")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(len(FILES["index.html"])), b"")
    assert simplehost.ask("POST", f"/_live/{slug}/", b"").status == 405
    assert simplehost.ask("GET", "/").status == 404


def test_the_address_of_a_site_ends_with_a_slash(simplehost: InThread) -> None:
    answer = simplehost.ask("GET", f"/_live/{simplehost.deploy(FILES)['slug']}")
    assert (answer.status, answer.headers["Location"][-1]) == (301, "/")


# The folder


def test_sites_keys_and_uploads_survive_a_kill(tmp_path: Path) -> None:
    with emulator_process(tmp_path) as first:
        first.deploy(FILES, first.slug)
        gone = first.deploy(FILES)["slug"]
        first.api("DELETE", f"/publish/{gone}")
        anonymous = first.begin({"a": b"a"}, key=None)
        files = {"a": b"a", "b": b"b"}
        begun = first.begin(files, first.slug)
        wanted, left = begun["upload"]["uploads"]
        assert first.put(wanted, b"a").status == 200
        first.kill()
    with emulator_process(tmp_path) as second:
        assert (second.slug, second.facts["key"]) == (first.slug, first.facts["key"])
        assert second.page(second.slug).body == FILES["index.html"]
        assert second.api("GET", f"/publish/{gone}").status == 404
        there = {**left, "url": left["url"].replace(first.origin, second.origin)}
        again = {**wanted, "url": wanted["url"].replace(first.origin, second.origin)}
        assert [second.put(again, b"a").status, second.put(there, b"b").status] == [400, 200]
        assert second.finalize(begun).status == 200
        assert second.page(second.slug, "b").body == b"b"
        claim = {"claimToken": anonymous["claimToken"]}
        assert second.api("POST", f"/publish/{anonymous['slug']}/claim", claim).status == 200


def test_what_was_half_written_is_cleared_away(tmp_path: Path) -> None:
    half = tmp_path / "tmp" / "half"
    half.parent.mkdir()
    half.touch()
    with emulating(tmp_path):
        assert not half.exists()


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with emulating(tmp_path) as simplehost:
        begun = simplehost.begin({"a": b"hello"})
        parts = urlsplit(begun["upload"]["uploads"][0]["url"])
        with socket.create_connection((parts.hostname, parts.port)) as client:
            head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 5\r\n"
            client.sendall(f"{head}Content-Type: {HTML}\r\n\r\nhel".encode())
            assert simplehost.finalize(begun).status == 400
    assert [(each.method, each.status) for each in simplehost.emulator.requests if each.method == "PUT"] == [("PUT", 0)]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_emulator_stands_without_the_host() -> None:
    line = "import sys, presswork_simplehost.emulator; print(*(n for n in sys.modules if 'simplehost.' in n))"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "presswork_simplehost.emulator.app" in loaded
    assert [name for name in loaded if not name.startswith("presswork_simplehost.emulator")] == []


def test_the_record_of_requests_shows_no_upload_token(simplehost: InThread) -> None:
    begun = simplehost.deploy({"a": b"a"})
    methods = [(each.method, each.status) for each in simplehost.emulator.requests]
    assert methods == [("POST", 201), ("PUT", 200), ("POST", 200)]
    upload = simplehost.emulator.requests[1].path
    assert f"/_upload/{begun['slug']}%2F" in upload
    assert "?token=***&ct=text%2Fhtml&exp=" in upload


def test_the_command_names_what_is_needed(simplehost: InThread) -> None:
    assert simplehost.emulator.command("127.0.0.1:1") == (
        f"SIMPLEHOST_API_KEY={simplehost.facts['key']} presswork deploy --host simplehost "
        f"-o slug={simplehost.slug} -o api_url=http://127.0.0.1:1/api/v1"
    )
