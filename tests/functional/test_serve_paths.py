"""Which path shows which file, and that none shows anything else."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from presswork.mediatypes import media_type
from presswork.paths import path_trouble
from presswork_local.layout import Layout
from support_serving import NEWEST, OLDER, PAGES, Builder, ask, ask_raw, built, etag, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def test_every_file_comes_back_with_its_type_and_headers(port: int) -> None:
    for path, data in PAGES.items():
        answer = ask(port, "/" + quote(path))
        assert (answer.status, answer.body) == (200, data), path
        assert answer.headers["Content-Type"] == media_type(path)
        assert answer.headers["Content-Length"] == str(len(data))
        assert answer.headers["ETag"] == etag(data)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert "Last-Modified" not in answer.headers


def test_the_type_is_the_manifests(store: Builder, own_port: int) -> None:
    document = json.loads(store.record(OLDER).read_text())
    document["manifest"]["types"]["old.html"] = "text/x-chosen"
    store.record(OLDER).write_text(json.dumps(document))
    assert ask(own_port, "/old.html", host=f"{OLDER}.localhost").headers["Content-Type"] == "text/x-chosen"


@pytest.mark.parametrize(
    ("target", "path"), [("/", "index.html"), ("/?q=1", "index.html"), ("/docs/", "docs/index.html")]
)
def test_a_folder_shows_its_index(port: int, target: str, path: str) -> None:
    assert ask(port, target).body == PAGES[path]


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/docs", "/docs/"),
        ("/docs?a=b&c", "/docs/?a=b&c"),
        ("/a:b", "/a%3Ab/"),
        ("/%64ocs", "/docs/"),
    ],
)
def test_a_folder_without_its_slash_is_led_to_the_one_with(port: int, target: str, location: str) -> None:
    answer = ask(port, target)
    assert (answer.status, answer.headers["Location"]) == (308, location)
    assert ask(port, location).status == 200


@pytest.mark.parametrize(
    "folder", ["evil.example", "\\evil.example", "http:", "@evil.example", "é", "x\r\nSet-Cookie: a=b"]
)
def test_no_folder_leads_to_another_host(store: Builder, own_port: int, folder: str) -> None:
    store.release(NEWEST, {f"{folder}/index.html": b"here"})
    store.switch(NEWEST)
    answer = ask(own_port, "/" + quote(folder))
    assert answer.status == 308
    assert "Set-Cookie" not in answer.headers
    assert urljoin("http://localhost/", answer.headers["Location"]) == f"http://localhost/{quote(folder)}/"
    for target in (f"//{quote(folder)}", f"///{quote(folder)}", f"/%2F{quote(folder)}"):
        assert ask(own_port, target).status == 404


@pytest.mark.parametrize("target", ["/about", "/docs/data", "/about.html/", "/doc", "/docs//", "/INDEX.html"])
def test_nothing_is_guessed(port: int, target: str) -> None:
    assert ask(port, target).status == 404


def test_what_is_missing_shows_the_releases_own_page(port: int) -> None:
    answer = ask(port, "/missing", {"If-None-Match": "*", "Range": "bytes=0-1"})
    assert (answer.status, answer.body) == (404, PAGES["404.html"])
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "ETag" not in answer.headers
    assert ask(port, "/404.html").status == 200


def test_without_such_a_page_a_line_says_so(port: int) -> None:
    answer = ask(port, "/missing", host="draft.localhost")
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "target",
    [
        b"/../x",
        b"/%2e%2e/x",
        b"/../../VERSION",
        b"/..%2f..%2fVERSION",
        b"/%2e%2e%2f%2e%2e%2fVERSION",
        b"/docs/../../../VERSION",
        b"/docs/../index.html",
        b"/..\\..\\VERSION",
        b"//etc/passwd",
        b"/%2fetc/passwd",
        b"/%252e%252e/%252e%252e/VERSION",
        b"/secret.txt",
        b"/index.html%00",
        b"/%00",
        b"/index.html%00.txt",
        b"/./index.html",
        b"/%ff",
        b"VERSION",
        b"../../VERSION",
        b"*",
    ],
)
def test_only_what_the_manifest_lists_is_served(port: int, target: bytes) -> None:
    answer = ask_raw(port, b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert (answer.status, answer.body) == (404, PAGES["404.html"])


def test_the_same_requests_would_find_what_is_listed(port: int) -> None:
    for target, path in ((b"/%252e%252e/x", "%2e%2e/x"), (b"/docs%2fdata.bin", "docs/data.bin")):
        answer = ask_raw(port, b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (answer.status, answer.body) == (200, PAGES[path])


@pytest.mark.parametrize("target", [b"/\xc3\xa9", b"/a b", b"/\x00"])
def test_a_malformed_target_is_a_bad_request(port: int, target: bytes) -> None:
    assert ask_raw(port, b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 400


parts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda part: "/" not in part and len(part.encode()) <= 200 and path_trouble(part) is None
)
paths = st.lists(parts, min_size=1, max_size=3).map("/".join)


def without_clashes(names: list[str]) -> list[str]:
    """Leave out what cannot be beside the rest on a disk: a file where another name needs a folder."""
    return [name for name in names if not any(other.startswith(f"{name}/") for other in names)]


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Builder, int, Iterator[int]]]:
    """A served store that releases are added to, its port, and numbers for the releases."""
    builder = Builder(tmp_path_factory.mktemp("growing") / "store")
    with serving(Layout(builder.root)) as port:
        yield builder, port, itertools.count()


@settings(max_examples=25, deadline=None)
@example(names=["é" * 100, "...", "a/" + "x" * 200, "\x7f\t\n"], seed=b"")
@given(names=st.lists(paths, min_size=1, max_size=6, unique=True).map(without_clashes), seed=st.binary(max_size=40))
def test_any_legal_name_is_served_back_byte_for_byte(
    growing: tuple[Builder, int, Iterator[int]], names: list[str], seed: bytes
) -> None:
    builder, port, numbers = growing
    release = f"20260105-000000-{next(numbers):08x}"
    files = {name: seed + name.encode() for name in names}
    builder.release(release, files)
    for name, data in files.items():
        answer = ask(port, "/" + quote(name), host=f"{release}.localhost")
        assert (answer.status, answer.body) == (200, data)
