"""What the emulator shows, against the protocol: keys, headers, readback, rollback, pages, missing routes, restarts."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import pytest

from presswork_canvasdrop.emulator import Fault
from support_canvasdrop import emulating, emulator_process, sha256
from support_canvasdrop_codes import entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_canvasdrop import InThread

ROUTES = [
    ("PUT", "/deploy"),
    ("POST", "/uploads"),
    ("PUT", f"/uploads/up_x/blobs/{sha256(b'')}"),
    ("POST", "/uploads/up_x/finalize"),
    ("GET", ""),
    ("GET", "/versions"),
    ("GET", "/files"),
    ("GET", "/files?path=a"),
    ("POST", "/rollback"),
    ("POST", "/unpublish"),
]


@pytest.fixture
def canvas(tmp_path: Path) -> Iterator[InThread]:
    with emulating(tmp_path) as running:
        yield running


# Keys


@pytest.mark.parametrize(("method", "rest"), ROUTES)
def test_every_route_wants_the_key_of_its_canvas(canvas: InThread, method: str, rest: str) -> None:
    for said, key in ((401, "cd_" + "x" * 43), (403, canvas.other().facts["key"])):
        assert canvas.api(method, rest, b"", Authorization=f"Bearer {key}").said == (said, "unauthorized")
    assert canvas.api(method, rest, b"").status not in {401, 403}


@pytest.mark.parametrize(("method", "rest"), [route for route in ROUTES if "?" not in route[1]])
def test_a_route_with_a_slash_behind_it_is_another(canvas: InThread, method: str, rest: str) -> None:
    assert canvas.api(method, f"{rest}/", b"").said[1] in {"not_found", "not_implemented"}


@pytest.mark.parametrize(
    ("scheme", "status"), [("Bearer ", 200), ("bEARER   ", 200), ("Basic ", 401), ("", 401), ("Bearer", 401)]
)
def test_the_scheme_is_bearer_in_any_case(canvas: InThread, scheme: str, status: int) -> None:
    assert canvas.api("GET", Authorization=scheme + canvas.facts["key"]).status == status


def test_a_key_is_for_one_canvas_whether_another_exists_or_not(canvas: InThread) -> None:
    assert canvas.ask("GET", "/v1/canvases/01890000-0000-7000-8000-000000000000").said == (403, "unauthorized")
    assert canvas.ask("GET", f"/v1/canvases/{canvas.facts['canvas']}", key=None).said == (401, "unauthorized")


def test_a_key_stops_when_it_is_replaced_and_rests_while_the_canvas_is_archived(canvas: InThread) -> None:
    canvas.emulator.change(status="archived")
    assert canvas.api("GET").status == 401
    canvas.emulator.change(status="active")
    assert canvas.api("GET").status == 200
    canvas.emulator.change(key="cd_" + "n" * 43)
    assert canvas.api("GET").status == 401


# Headers


def test_every_answer_carries_what_the_server_adds(canvas: InThread) -> None:
    for headers in ({"X-Correlation-ID": "mine"}, {"X-Request-Id": "mine"}):
        answer = canvas.api("GET", **headers)
        assert answer.headers["X-Correlation-ID"] == "mine"
    assert canvas.api("GET", "/nothing").headers["X-Correlation-ID"]
    assert answer.headers["Content-Type"] == "application/json"
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_faults_and_files_carry_no_correlation_id(canvas: InThread) -> None:
    canvas.publish({"a.html": b"a"})
    fault = canvas.api("POST", "/uploads", b"null")
    assert (fault.headers["Content-Type"], fault.headers["Vary"]) == ("application/json; charset=utf-8", "Accept")
    assert fault.headers["X-Correlation-ID"] is canvas.read("a.html").headers["X-Correlation-ID"] is None


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ("text/html", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("text/html;q=0.9, application/json;q=0.5", True),
        ("text/html;q=0.5, */*", False),
        ("text/html, application/json", False),
        ("application/json", False),
        ("*/*", False),
    ],
)
def test_an_error_is_a_page_for_those_who_prefer_html(canvas: InThread, accept: str, html: bool) -> None:
    answer = canvas.api("POST", "/unpublish", Accept=accept)
    assert answer.status == 409
    assert answer.headers["Content-Type"].startswith("text/html" if html else "application/json")
    assert canvas.api("GET", Accept=accept).json["status"] == "active"


def test_the_state_of_the_server_is_told_without_a_key(canvas: InThread) -> None:
    assert canvas.ask("GET", "/healthz", key=None).json == {"status": "ok", "db": "ok", "version": "0.0.0"}
    canvas.emulator.fail("database-down")
    assert canvas.ask("GET", "/healthz", key=None).status == 503


# Metadata and versions


def test_a_canvas_and_its_versions_are_shown(canvas: InThread) -> None:
    shown = canvas.api("GET").json
    assert list(shown) == ["id", "slug", "title", "status", "url", "publicationState", "currentVersionId"]
    assert (shown["id"], shown["url"]) == (canvas.facts["canvas"], canvas.facts["site_url"])
    assert (shown["publicationState"], shown["currentVersionId"]) == ("draft", None)
    assert canvas.api("GET", "/versions").json == {"versions": []}
    canvas.publish({"a.html": b"a"})
    canvas.deploy({"a.html": b"bb"})
    newest, oldest = canvas.api("GET", "/versions").json["versions"]
    assert newest["createdAt"] > 1_700_000_000_000
    assert newest | {"createdAt": 0, "createdBy": ""} == {
        "number": 2,
        "source": "api",
        "status": "ready",
        "createdBy": "",
        "createdAt": 0,
        "fileCount": 1,
        "totalBytes": 2,
        "current": True,
    }
    assert (oldest["number"], oldest["source"], oldest["current"]) == (1, "upload", False)
    shown = canvas.api("GET").json
    assert shown["publicationState"] == "published"
    assert shown["currentVersionId"] not in {None, 2, "2"}


@pytest.mark.parametrize(("method", "rest"), [route for route in ROUTES if route[0] == "GET"])
def test_head_works_where_get_does(canvas: InThread, method: str, rest: str) -> None:
    canvas.publish({"a": b"abc"})
    get, head = canvas.api(method, rest), canvas.api("HEAD", rest)
    assert (head.status, head.body) == (get.status, b"")
    assert head.headers["Content-Length"] == str(len(get.body))


# Readback


def test_the_manifest_is_sorted_by_utf_16(canvas: InThread) -> None:
    names = ["a.html", "Z.html", "\uffee.html", "\U0001f600.html"]
    canvas.publish(dict.fromkeys(names, b"x"))
    listed = canvas.api("GET", "/files").json
    assert (listed["version"], listed["fileCount"]) == (1, 4)
    assert [file["path"] for file in listed["files"]] == ["Z.html", "a.html", "\U0001f600.html", "\uffee.html"]
    assert listed["files"][0] == {
        "path": "Z.html",
        "size": 1,
        "mime": "text/html; charset=utf-8",
        "hash": sha256(b"x"),
    }


def test_a_file_is_read_back_whole_whatever_is_asked(canvas: InThread) -> None:
    canvas.publish({"a.css": b"body{}"})
    answer = canvas.api("GET", "/files?path=a.css", Range="bytes=0-1")
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"body{}", "text/css; charset=utf-8")
    assert answer.headers["ETag"] == f'"{sha256(b"body{}")}"'
    assert answer.headers["Cache-Control"] == "no-store"
    again = canvas.ask(
        "GET",
        f"/v1/canvases/{canvas.facts['canvas']}/files?path=a.css",
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert again.status == 200


@pytest.mark.parametrize("query", ["w/v+x.html", "w%2Fv%20x.html", "w/v%20x.html&path=other"])
def test_a_path_is_percent_encoded_and_the_first_counts(canvas: InThread, query: str) -> None:
    canvas.publish({"w/v x.html": b"x"})
    assert canvas.api("GET", f"/files?path={query}").body == b"x"


@pytest.mark.parametrize("path", ["", "./a.html", "/a.html", "w\\v", "b.html"])
def test_a_path_must_be_the_normal_one(canvas: InThread, path: str) -> None:
    canvas.publish({"a.html": b"a", "w/v": b"v"})
    assert canvas.read(path).json == {"code": "NOT_FOUND", "message": f'no file at "{path}"'}


def test_manifest_and_etag_are_claims(canvas: InThread, tmp_path: Path) -> None:
    canvas.publish({"a.html": b"abcdef"})
    upload = canvas.api("POST", "/uploads", {"manifest": [entry("a.html", 999, sha256(b"abcdef"))]}).json["uploadId"]
    assert canvas.finalize(upload).json["totalBytes"] == 999
    assert canvas.api("GET", "/files").json["files"][0]["size"] == 999
    blob = tmp_path / "blobs" / canvas.facts["canvas"] / sha256(b"abcdef")
    blob.write_bytes(b"abc")
    begun = canvas.begin({"a.html": b"abcdef"}).json
    assert begun["missingHashes"] == []
    assert canvas.put(begun["uploadId"], b"abcdef").status == 204
    read = canvas.read("a.html")
    assert (read.body, read.headers["ETag"]) == (b"abc", f'"{sha256(b"abcdef")}"')
    blob.unlink()
    assert canvas.read("a.html").json == {"code": "NOT_FOUND", "message": "file blob missing"}


# Rollback and unpublish


def test_rollback_makes_an_old_version_current(canvas: InThread) -> None:
    canvas.publish({"a.html": b"one"})
    canvas.publish({"a.html": b"two"})
    for number in (1, 1.0, 2, 1):
        answer = canvas.api("POST", "/rollback", {"version": number, "extra": True})
        assert answer.json == {"url": canvas.facts["site_url"], "version": number}
    assert canvas.live() == {"a.html": b"one"}
    assert [version["current"] for version in canvas.api("GET", "/versions").json["versions"]] == [False, True]
    assert canvas.publish({"a.html": b"three"})["version"] == 3


@pytest.mark.parametrize(
    "body", [{}, {"version": "1"}, {"version": 0}, {"version": -1}, {"version": 1.5}, {"version": True}, [], b"", b"{"]
)
def test_a_rollback_to_what_is_no_version_is_refused_in_the_servers_words_or_the_pages(
    canvas: InThread, body: Any
) -> None:
    assert canvas.api("POST", "/rollback", body).json == {"error": "invalid_body"}
    canvas.emulator.behaviour.page_words = True
    assert canvas.api("POST", "/rollback", body).said == (400, "INVALID_PATH")


def test_unpublish_takes_everything_off_but_the_versions(canvas: InThread) -> None:
    canvas.publish({"a.html": b"a"})
    canvas.emulator.change(private=False)
    answer = canvas.api("POST", "/unpublish", b"ignored")
    assert answer.json == {"url": canvas.facts["site_url"], "publicationState": "draft", "currentVersionId": None}
    assert canvas.api("POST", "/unpublish").json["message"] == "This canvas isn't published."
    assert canvas.api("GET", "/files").json == {"code": "NOT_PUBLISHED", "message": "no live version"}
    assert canvas.api("GET", "/files?path=a.html").said == (404, "NOT_PUBLISHED")
    assert len(canvas.api("GET", "/versions").json["versions"]) == 1
    assert canvas.api("POST", "/rollback", {"version": 1}).status == 200
    assert canvas.live() == {"a.html": b"a"}
    assert canvas.page().status == 302


# Pages


def test_a_canvas_is_private_until_its_visitor_signs_in(canvas: InThread) -> None:
    canvas.publish({"index.html": b"home"})
    sent = canvas.page()
    assert (sent.status, sent.headers["Location"]) == (302, "/auth/login?returnTo=%2Fc%2Frehearsal%2F")
    form = canvas.ask("GET", sent.headers["Location"], key=None)
    assert form.headers["Content-Type"].startswith("text/html")
    signed = canvas.ask("POST", sent.headers["Location"], key=None)
    assert (signed.status, signed.headers["Location"]) == (303, "/c/rehearsal/")
    assert canvas.page(Cookie=signed.headers["Set-Cookie"].partition(";")[0]).body == b"home"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", b"home"),
        ("index.html", b"home"),
        ("docs", b"docs"),
        ("docs/", b"docs"),
        ("docs/index.html", b"docs"),
        (quote("a b/é.css"), b"css"),
        ("none", None),
        (quote("a b#c?.html"), None),
        (quote("a%20b.html"), None),
    ],
)
def test_pages_are_served(canvas: InThread, path: str, body: bytes | None) -> None:
    canvas.emulator.change(private=False)
    files = {"index.html": b"home", "docs/index.html": b"docs", "a b/é.css": b"css"}
    canvas.publish({**files, "a b#c?.html": b"odd", "a%20b.html": b"odd"})
    answer = canvas.page(path)
    assert (answer.status, answer.body) == ((200, body) if body else (404, b"<h1>Not found</h1>"))


def test_the_only_page_is_the_first_and_a_single_page_stands_for_all(canvas: InThread) -> None:
    canvas.emulator.change(private=False)
    assert canvas.page().status == 404
    canvas.publish({"only.html": b"only", "a.css": b""})
    assert canvas.page().body == b"only"
    assert canvas.page("some/where").status == 404
    canvas.emulator.change(single_page=True)
    assert canvas.page("some/where").body == b"only"


# Routes that are not there


@pytest.mark.parametrize(
    ("auth", "statuses", "location"),
    [
        ("dev", (404, 404), None),
        ("oidc", (302, 302), "/auth/login?returnTo=%2Fv1%2Fcanvases%2F"),
        ("proxy", (401, 401), None),
    ],
)
def test_a_missing_route_answers_as_the_login_does(
    canvas: InThread, auth: Literal["dev", "oidc", "proxy"], statuses: tuple[int, int], location: str | None
) -> None:
    canvas.emulator.behaviour.auth = auth
    post, get = canvas.api("POST", "/uploadz", b"{}"), canvas.api("GET", "/nothing")
    assert (post.status, get.status) == statuses
    for answer in (post, get):
        assert (answer.headers["Location"] or "").startswith(location or "")
        assert (answer.headers["Access-Control-Allow-Origin"] == "*") is (auth == "dev")
        assert b'"code"' not in answer.body
    if auth == "dev":
        assert (post.json["error"], post.json["role"], get.json) == (
            "not_implemented",
            "dashboard",
            {"error": "not_found"},
        )
        assert get.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_a_canvas_can_be_neither_deleted_nor_changed(canvas: InThread, method: str) -> None:
    assert canvas.api(method).said == (404, "not_implemented")


def test_old_servers_lack_routes(canvas: InThread) -> None:
    canvas.emulator.behaviour.staged = canvas.emulator.behaviour.readback = False
    for method, rest in ROUTES:
        answer = canvas.api(method, rest, b"")
        lacking = "/uploads" in rest or "/files" in rest
        assert (answer.status == 404 and "code" not in answer.json) is lacking
    assert canvas.deploy({"a.html": b"a"}).status == 200


@pytest.mark.parametrize(("name", "status"), [("missing-404", 404), ("missing-405", 405), ("missing-501", 501)])
def test_a_proxy_may_hide_the_staged_route(canvas: InThread, name: str, status: int) -> None:
    canvas.emulator.fail(name)
    for _ in range(2):
        answer = canvas.begin({"a": b"a"})
        assert (answer.status, b"{" in answer.body) == (status, False)


# Transport, faults and the record


@pytest.mark.parametrize("head", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n"])
def test_only_http_1_1_with_a_host_is_spoken(canvas: InThread, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", canvas.port), timeout=30) as connection:
        connection.sendall(head)
        assert connection.recv(1024).startswith(b"HTTP/1.1 400")


def test_a_fault_strikes_where_and_as_often_as_it_says(canvas: InThread) -> None:
    canvas.emulator.faults += [
        Fault(method="PUT", pattern="/blobs/", skip=1, count=2, status=503, body="later", headers={"Retry-After": "1"}),
        Fault(method="POST", pattern="/finalize$", work="all", status=502, delay=0.001),
    ]
    upload = canvas.begin({"a.html": b"a"}).json["uploadId"]
    puts = [canvas.put(upload, b"a") for _ in range(4)]
    assert [put.status for put in puts] == [204, 503, 503, 204]
    assert (puts[1].body, puts[1].headers["Retry-After"]) == (b"later", "1")
    assert canvas.finalize(upload).status == 502
    assert canvas.live() == {"a.html": b"a"}
    assert canvas.emulator.faults == []


def test_a_fault_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        Fault(pattern="(")


def test_requests_are_recorded_as_they_were_sent(canvas: InThread) -> None:
    canvas.emulator.behaviour.latency = 0.001
    canvas.read("a b")
    (request,) = canvas.emulator.requests
    assert (request.method, request.status) == ("GET", 404)
    assert request.path == f"/v1/canvases/{canvas.facts['canvas']}/files?path=a%20b"


def test_the_command_names_the_canvas_and_its_key(canvas: InThread) -> None:
    facts = canvas.emulator.facts("127.0.0.1:9")
    assert facts["url"] == "http://127.0.0.1:9"
    options = f"-o url=http://127.0.0.1:9 -o canvas={facts['canvas']}"
    line = f"CANVAS_KEY={facts['key']} presswork deploy --host canvasdrop {options}"
    assert canvas.emulator.command("127.0.0.1:9") == line


# Restarts


def test_a_restart_forgets_nothing_and_a_kill_does_not_stop_an_upload(tmp_path: Path) -> None:
    with emulator_process(tmp_path) as first:
        first.publish({"index.html": b"old"})
        upload = first.begin({"index.html": b"new", "a.css": b"css"}).json["uploadId"]
        assert first.put(upload, b"new").status == 204
        first.kill()
    (tmp_path / "tmp" / "half").write_bytes(b"half")
    with emulating(tmp_path) as second:
        assert {**second.facts, "url": "", "site_url": ""} == {**first.facts, "url": "", "site_url": ""}
        assert list((tmp_path / "tmp").iterdir()) == []
        assert second.live() == {"index.html": b"old"}
        assert second.begin({"index.html": b"new", "a.css": b"css"}).json["missingHashes"] == [sha256(b"css")]
        assert second.put(upload, b"css").status == 204
        assert second.finalize(upload).json["version"] == 2
        assert second.live() == {"index.html": b"new", "a.css": b"css"}


def test_the_key_is_for_its_owner_to_read(canvas: InThread, tmp_path: Path) -> None:
    (record,) = (tmp_path / "canvases").iterdir()
    assert canvas.facts["key"] in record.read_text()
    assert stat.S_IMODE(record.stat().st_mode) == 0o600 or os.name == "nt"
