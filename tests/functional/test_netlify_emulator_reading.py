"""The emulator against the protocol's section on listing and reading back, and the pages it serves."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import pytest

from support_netlify import emulating, fresh_site, new, sha1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support_netlify import InThread

RAW = {"Content-Type": "application/vnd.bitballoon.v1.raw"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify")) as running:
        yield running


@pytest.fixture
def netlify(shared: InThread) -> Iterator[InThread]:
    with fresh_site(shared) as running:
        yield running


def three(netlify: InThread) -> list[str]:
    return [netlify.deploy({"index.html": f"{number}".encode()})["id"] for number in range(3)]


# Listing


def test_deploys_are_listed_newest_first(netlify: InThread) -> None:
    made = three(netlify)
    listed = netlify.api("GET", f"/sites/{netlify.site}/deploys").json
    assert [deploy["id"] for deploy in listed] == made[::-1]


def test_deploys_are_filtered(netlify: InThread) -> None:
    production = netlify.deploy({"index.html": b"p"})["id"]
    draft = netlify.deploy({"index.html": b"d"}, draft=True)["id"]
    branch = netlify.deploy({"index.html": b"b"}, branch="work")["id"]
    waiting = netlify.api("POST", f"/sites/{netlify.site}/deploys", {"files": {"a": sha1(new())}}).json["id"]
    for query, expected in (
        ("branch=work", [branch]),
        ("branch=none", []),
        ("state=uploading", [waiting]),
        ("state=ready", [branch, draft, production]),
        ("production=true", [waiting, production]),
        ("production=false", [branch, draft]),
        ("deploy-previews=true", [draft]),
        ("latest-published=true", [production]),
        ("state=ready&production=true", [production]),
    ):
        listed = netlify.api("GET", f"/sites/{netlify.site}/deploys?{query}").json
        assert [deploy["id"] for deploy in listed] == expected, query


def test_pages_are_linked(netlify: InThread) -> None:
    made = [netlify.api("POST", f"/sites/{netlify.site}/deploys", {}).json["id"] for _ in range(5)][::-1]
    path = f"/sites/{netlify.site}/deploys?state=new&per_page=2"
    seen, rels = [], []
    while path:
        answer = netlify.api("GET", path)
        seen += [deploy["id"] for deploy in answer.json]
        links = {rel: link for link, rel in re.findall('<([^>]*)>; rel="([a-z]+)"', answer.headers["Link"])}
        rels.append(sorted(links))
        path = links.get("next", "").removeprefix(netlify.facts["api_url"])
    assert seen == made
    assert rels == [["last", "next"], ["last", "next", "prev"], ["prev"]]


def test_a_page_holds_100_at_most(netlify: InThread) -> None:
    for _ in range(101):
        netlify.api("POST", f"/sites/{netlify.site}/deploys", {})
    for query, count in (("", 100), ("?per_page=1000", 100), ("?page=2", 1), ("?page=3", 0), ("?page=0", 100)):
        assert len(netlify.api("GET", f"/sites/{netlify.site}/deploys{query}").json) == count, query
    for query in ("", "?per_page=101"):
        assert 'rel="next"' in netlify.api("GET", f"/sites/{netlify.site}/deploys{query}").headers["Link"]


def test_one_page_needs_no_link(netlify: InThread) -> None:
    assert netlify.api("GET", f"/sites/{netlify.site}/deploys").headers["Link"] is None


# Reading back


def test_the_live_files_are_listed_by_pages(netlify: InThread) -> None:
    files = {f"p{number:03}.html": f"{number}".encode() for number in range(150)}
    netlify.deploy(files)
    first = netlify.api("GET", f"/sites/{netlify.site}/files")
    second = netlify.api("GET", f"/sites/{netlify.site}/files?page=2")
    assert (len(first.json), len(second.json)) == (100, 50)
    assert f'{netlify.facts["api_url"]}/sites/{netlify.site}/files?page=2>; rel="next"' in first.headers["Link"]
    assert {file["path"]: (file["sha"], file["size"]) for file in first.json + second.json} == {
        f"/{path}": (sha1(content), len(content)) for path, content in files.items()
    }


def test_a_site_with_nothing_live_has_no_files(netlify: InThread) -> None:
    answer = netlify.api("GET", f"/sites/{netlify.site}/files")
    assert (answer.status, answer.json) == (200, [])


def test_a_live_file_is_described(netlify: InThread) -> None:
    netlify.deploy({"a b/é.css": b"css", "index.html": b""})
    answer = netlify.api("GET", f"/sites/{netlify.site}/files/a%20b/%C3%A9.css")
    assert answer.status == 200
    assert answer.json == {
        "id": "/a b/é.css",
        "path": "/a b/é.css",
        "sha": sha1(b"css"),
        "mime_type": "text/css",
        "size": 3,
    }
    for path in ("none.html", "/index.html"):
        assert netlify.api("GET", f"/sites/{netlify.site}/files/{path}").status == 404


def test_the_bytes_of_a_live_file_are_given_to_a_get_with_that_content_type(netlify: InThread) -> None:
    big = new() * 50_000
    netlify.deploy({"big.bin": big, "empty.txt": b""})
    for path, content in (("big.bin", big), ("empty.txt", b"")):
        target = f"/api/v1/sites/{netlify.site}/files/{path}"
        answer = netlify.ask("GET", target, headers=RAW)
        assert (answer.status, answer.body) == (200, content)
        asked_wrongly = netlify.ask("GET", target, headers={"Accept": RAW["Content-Type"]})
        assert asked_wrongly.json["size"] == len(content)


def test_the_files_of_a_deploy_are_listed_before_they_are_there(netlify: InThread) -> None:
    manifest = {"files": {"index.html": sha1(new())}}
    made = netlify.api("POST", f"/sites/{netlify.site}/deploys", manifest).json["id"]
    (file,) = netlify.api("GET", f"/deploys/{made}/files").json
    assert (file["path"], file["sha"], file["size"]) == ("/index.html", manifest["files"]["index.html"], None)


# Pages


def test_pages_are_served_as_a_static_site(netlify: InThread) -> None:
    netlify.deploy({"index.html": b"home", "docs/index.html": b"docs", "about.html": b"about", "404.html": b"lost"})
    for path, status, body in (
        ("", 200, b"home"),
        ("index.html", 200, b"home"),
        ("docs/", 200, b"docs"),
        ("about", 200, b"about"),
        ("missing", 404, b"lost"),
        ("../../etc/passwd", 404, b"lost"),
    ):
        answer = netlify.page(netlify.name, path)
        assert (answer.status, answer.body) == (status, body), path
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    moved = netlify.page(netlify.name, "docs")
    assert (moved.status, moved.headers["Location"]) == (301, f"/_live/{netlify.name}/docs/")


def test_a_site_answers_at_its_host_name(netlify: InThread) -> None:
    deploy = netlify.deploy({"index.html": b"home", "a/index.html": b"a"}, branch="Some/branch")
    netlify.api("POST", f"/sites/{netlify.site}/deploys/{deploy['id']}/restore")
    for label in (netlify.name, f"{deploy['id']}--{netlify.name}", f"some-branch--{netlify.name}"):
        host = {"Host": f"{label}.localhost:{netlify.port}"}
        assert netlify.ask("GET", "/", headers=host, token=None).body == b"home"
        assert netlify.ask("GET", "/a", headers=host, token=None).headers["Location"] == "/a/"


def test_head_has_the_length_and_no_body(netlify: InThread) -> None:
    netlify.deploy({"index.html": b"home"})
    answer = netlify.ask("HEAD", f"/_live/{netlify.name}/", token=None)
    assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "4", b"")
    assert netlify.ask("POST", f"/_live/{netlify.name}/", b"", token=None).status == 405


def test_a_page_may_be_served_changed_while_the_api_gives_what_was_uploaded(netlify: InThread) -> None:
    netlify.emulator.behaviour.rewrites_pages = True
    netlify.deploy({"index.html": b"home", "a.css": b"css"})
    page = netlify.page(netlify.name)
    assert page.body.startswith(b"home")
    assert page.body != b"home"
    assert netlify.page(netlify.name, "a.css").body == b"css"
    assert netlify.ask("GET", f"/api/v1/sites/{netlify.site}/files/index.html", headers=RAW).body == b"home"


def test_a_password_keeps_the_public_out(netlify: InThread) -> None:
    netlify.api("PATCH", f"/sites/{netlify.site}", {"password": "secret"})
    netlify.deploy({"index.html": b"home"})
    assert netlify.page(netlify.name).status == 401
    for password, status in (("secret", 200), ("wrong", 401)):
        login = base64.b64encode(f"anyone:{password}".encode()).decode()
        assert netlify.page(netlify.name, Authorization=f"Basic {login}").status == status
    assert netlify.page(netlify.name, Authorization="Basic !").status == 401


def test_the_addresses_of_a_deploy_lead_to_it(netlify: InThread) -> None:
    home = new()
    deploy = netlify.deploy({"index.html": home})
    origin = netlify.facts["api_url"].removesuffix("/api/v1")
    for address in ("url", "ssl_url", "deploy_url", "deploy_ssl_url"):
        moved = netlify.ask("GET", deploy[address].removeprefix(origin), token=None)
        assert netlify.ask("GET", moved.headers["Location"], token=None).body == home
    assert netlify.ask("GET", netlify.facts["site_url"].removeprefix(origin), token=None).body == home
