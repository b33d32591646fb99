"""What a visitor is sent, against what was built, over real sockets."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from presswork.report import Rewritten
from presswork.testing import memory_source, served
from presswork.transport import Client, Terms
from presswork.visit import ALL, Visit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from presswork.report import Verified

SITE = {
    "index.html": b"<title>Home</title><p>Welcome</p>",
    "guide/index.html": b"<p>The guide</p>",
    "a b/\xc3\xbc.html".encode("latin-1").decode(): b"<p>Odd name</p>",
    "style.css": b"p {}",
    "404.html": b"<p>Nothing here</p>",
}


class Web:
    """Serves files as most hosts do: a folder's index at its address, `404.html` for all that is not there."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.status: dict[str, int] = {}
        self.moved: dict[str, str] = {}
        self.asked: list[str] = []

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/")
        self.asked.append(path)
        name = f"{path}index.html" if path == "" or path.endswith("/") else path
        headers = [(b"location", self.moved[path].encode())] if path in self.moved else []
        there = name in self.files
        status = 301 if headers else self.status.get(path, 200 if there else 404)
        body = self.files[name] if there else self.files.get("404.html", b"not found")
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Case:
    def __init__(self, web: Web, address: str) -> None:
        self.web = web
        self.address = address
        self.waits: list[float] = []
        self.manifest, source = memory_source(SITE)
        self.visit = Visit(lambda url: Client(url, None, Terms(patience=0)), self.wait, source)

    def wait(self, seconds: float, _why: str) -> None:
        self.waits.append(seconds)

    def prove(self, **more: Any) -> Verified | None:
        return replace(self.visit, **more).prove(self.address, self.manifest)

    def proved(self, **more: Any) -> Verified:
        found = self.prove(**more)
        assert found is not None
        return found


@contextmanager
def serving(files: Mapping[str, bytes]) -> Iterator[Case]:
    web = Web(files)
    with served(web) as address:
        yield Case(web, f"{address}/")


@pytest.fixture
def case() -> Iterator[Case]:
    with serving(SITE) as made:
        yield made


def test_every_page_is_visited_at_the_address_people_use_and_the_404_page_at_one_that_is_not_there(case: Case) -> None:
    found = case.proved()
    assert (found.method, found.files, found.ok, found.mismatches, found.of) == ("http", 3, True, (), None)
    missing = [path for path in case.web.asked if path.startswith("no-such-page-")]
    assert len(missing) == 1
    assert {*case.web.asked} == {"", "guide/", "a b/ü.html", *missing}
    assert case.waits == []


def test_a_404_page_that_the_host_has_no_use_for_is_not_asked_for(case: Case) -> None:
    case.web.files["404.html"] = b"the host's own"
    assert not case.proved(patience=0).ok
    case.web.asked.clear()
    assert case.proved(not_found=False).ok
    assert {*case.web.asked} == {"", "guide/", "a b/ü.html"}


def test_another_page_is_a_mismatch_after_waiting_for_it_to_become_right(case: Case) -> None:
    case.web.files["guide/index.html"] = b"<p>The old guide</p>"
    found = case.proved()
    assert (found.ok, found.mismatches) == (False, ("guide/index.html",))
    assert sum(case.waits) == 30
    assert case.web.asked.count("guide/") == len(case.waits) + 1
    assert case.web.asked.count("") == 1, "what was right is not asked again"


def test_pages_that_arrive_late_are_waited_for(case: Case) -> None:
    case.web.files["index.html"] = b"<p>old</p>"

    def wait(_seconds: float, _why: str) -> None:
        case.web.files["index.html"] = SITE["index.html"]

    assert case.proved(wait=wait).ok


@pytest.mark.parametrize("patience", [0, 0.9])
def test_there_is_no_wait_beyond_patience(case: Case, patience: float) -> None:
    case.web.files["index.html"] = b"<p>old</p>"
    assert not case.proved(patience=patience).ok
    assert case.waits == []


def test_a_page_that_the_host_rewrites_and_that_says_the_same_is_told_with_the_bytes(case: Case) -> None:
    built = SITE["index.html"]
    case.web.files["index.html"] = built.replace(b"<p>", b"<script>count()</script><p>")
    found = case.proved()
    assert found.ok
    at = built.index(b"<p>") + 1  # the `<` may be the script's or the paragraph's
    assert found.rewritten == (Rewritten("index.html", at, 0, len(b"<script>count()</script>")),)


def test_without_the_built_bytes_a_rewritten_page_is_a_mismatch(case: Case) -> None:
    case.web.files["index.html"] += b"<script></script>"
    assert case.proved(source=None).mismatches == ("index.html",)


def test_a_wrong_404_page_is_a_mismatch(case: Case) -> None:
    case.web.files["404.html"] = b"<p>The host's own</p>"
    assert case.proved().mismatches == ("404.html",)


def test_redirects_are_followed_on_the_site_and_not_away_from_it(case: Case) -> None:
    case.web.moved["guide/"] = "/guide"
    case.web.files["guide"] = SITE["guide/index.html"]
    assert case.proved().ok
    case.web.moved["guide/"] = "https://elsewhere.example/guide"
    assert case.proved().mismatches == ("guide/index.html",)


@pytest.mark.parametrize("status", [401, 403])
def test_where_a_visitor_is_not_let_in_nothing_is_proved(case: Case, status: int) -> None:
    case.web.status |= dict.fromkeys(("", "guide/", "a b/ü.html"), status)
    assert case.prove() is None
    del case.web.status[""]
    assert case.proved().mismatches == ("a b/ü.html", "guide/index.html"), "somebody was let in"


def test_of_a_large_site_an_even_sample_is_visited_and_all_that_changed() -> None:
    files = {f"{folder}/{number:03}.html": b"<p>%d" % number for folder in "abc" for number in range(ALL)}
    with serving(files) as case:
        case.manifest, _ = memory_source(files)
        found = case.proved(changed={"c/199.html", "style.css"})
        asked = [path for path in case.web.asked if not path.startswith("no-such")]
    assert found.of == 3 * ALL
    assert found.files == len(asked) == ALL + 1
    assert "c/199.html" in asked
    assert all(ALL // 3 - 1 <= sum(path.startswith(folder) for path in asked) <= ALL // 3 + 2 for folder in "abc")
