"""The emulator's deploys by raw requests: upload and finalize, row by row of the protocol's tables."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from support_simplehost import HTML, Clock, emulating, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_simplehost import Answer, InThread

HELLO = b"hello"
FILES = {"index.html": b"<h1>Hello</h1>", "docs/a b.html": b"<p>More</p>"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simplehost(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    with emulating(tmp_path, clock=clock) as running:
        yield running


def code(answer: Answer) -> tuple[int, str]:
    assert answer.json["status"] == answer.status
    assert answer.json["error"]
    return answer.status, answer.json["code"]


def finalize(simplehost: InThread, begun: Any, **document: object) -> Answer:
    return simplehost.api("POST", f"/publish/{begun['slug']}/finalize", document)


# Uploads


def one(simplehost: InThread, content: bytes = HELLO, path: str = "d/a.html") -> tuple[Any, dict[str, Any]]:
    begun = simplehost.begin({path: content})
    return begun, begun["upload"]["uploads"][0]


def test_an_upload_needs_no_key_and_is_answered_without_a_body(simplehost: InThread) -> None:
    _, wanted = one(simplehost)
    answer = simplehost.ask("PUT", wanted["url"], HELLO, {"Content-Type": HTML})
    assert (answer.status, answer.body) == (200, b"")


def test_an_upload_that_carries_a_key_is_refused(simplehost: InThread) -> None:
    _, wanted = one(simplehost)
    headers = {**wanted["headers"], "Authorization": f"Bearer {simplehost.facts['key']}"}
    assert code(simplehost.ask("PUT", wanted["url"], HELLO, headers)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("old", "new"),
    [("%2F", "/"), ("%2F", "%2f"), ("token=", "token=0"), ("exp=1", "exp=2"), ("ct=", "x="), ("d%2Fa", "d%2Fb")],
)
def test_an_upload_url_that_is_not_byte_for_byte_is_refused(simplehost: InThread, old: str, new: str) -> None:
    _, wanted = one(simplehost)
    assert old in wanted["url"]
    answer = simplehost.ask("PUT", wanted["url"].replace(old, new), HELLO, wanted["headers"])
    assert code(answer) == (401, "UNAUTHORIZED")
    assert simplehost.put(wanted, HELLO).status == 200


@pytest.mark.parametrize("kind", [None, "text/plain", "text/html; charset=utf-8"])
def test_an_upload_with_another_content_type_is_refused(simplehost: InThread, kind: str | None) -> None:
    _, wanted = one(simplehost)
    answer = simplehost.ask("PUT", wanted["url"], HELLO, {"Content-Type": kind} if kind else {})
    assert code(answer) == (400, "INVALID_REQUEST")


def test_an_upload_without_a_body_is_refused(simplehost: InThread) -> None:
    _, wanted = one(simplehost)
    assert code(simplehost.put(wanted, b"")) == (400, "INVALID_REQUEST")
    assert simplehost.put(wanted, HELLO).status == 200


def test_an_upload_url_expires_after_an_hour(simplehost: InThread, clock: Clock) -> None:
    begun = simplehost.begin({"a": b"a", "b": b"b"})
    first, second = begun["upload"]["uploads"]
    clock.now += 3599
    assert simplehost.put(first, b"a").status == 200
    clock.now += 1
    assert code(simplehost.put(second, b"b")) == (400, "INVALID_REQUEST")
    again = simplehost.begin({"b": b"b"}, begun["slug"])
    assert simplehost.put(again["upload"]["uploads"][0], b"b").status == 200


@pytest.mark.parametrize(("single", "status"), [(True, 400), (False, 200)])
def test_an_upload_url_holds_once_or_more_often(simplehost: InThread, single: bool, status: int) -> None:
    simplehost.emulator.behaviour.single_use = single
    _, wanted = one(simplehost)
    assert simplehost.put(wanted, HELLO).status == 200
    assert simplehost.put(wanted, HELLO).status == status


@pytest.mark.parametrize("content", [b"other", b"longer than it was said to be"])
def test_content_is_looked_at_only_where_that_is_set(simplehost: InThread, content: bytes) -> None:
    _, wanted = one(simplehost)
    simplehost.emulator.behaviour.checks_content = True
    assert code(simplehost.put(wanted, content)) == (400, "INVALID_REQUEST")
    simplehost.emulator.behaviour.checks_content = False
    assert simplehost.put(wanted, content).status == 200


def test_refused_uploads_carry_no_code_where_that_is_set(simplehost: InThread) -> None:
    simplehost.emulator.behaviour.upload_codes = False
    _, wanted = one(simplehost)
    assert simplehost.put(wanted, b"").json == {"error": "No body", "status": 400}


def test_a_deleted_sites_upload_url_is_refused(simplehost: InThread) -> None:
    begun, wanted = one(simplehost)
    simplehost.api("DELETE", f"/publish/{begun['slug']}")
    assert code(simplehost.put(wanted, HELLO)) == (404, "NOT_FOUND")


# Finalize


def test_finalize_makes_the_version_live(simplehost: InThread) -> None:
    begun = simplehost.begin(FILES)
    slug, version = begun["slug"], begun["upload"]["versionId"]
    simplehost.fill(begun, FILES)
    assert simplehost.page(slug).status == 404
    answer = simplehost.finalize(begun)
    assert answer.status == 200
    assert answer.json == {"slug": slug, "siteUrl": begun["siteUrl"], "versionId": version, "status": "active"}
    assert simplehost.ask("GET", begun["siteUrl"]).body == FILES["index.html"]


def test_a_site_that_is_not_there_is_not_finalized(simplehost: InThread) -> None:
    assert code(finalize(simplehost, {"slug": "no-such-0000"}, versionId="x")) == (404, "NOT_FOUND")


@pytest.mark.parametrize("key", [None, "other_key"])
def test_a_site_is_not_finalized_by_others(simplehost: InThread, key: str | None) -> None:
    begun, wanted = one(simplehost)
    simplehost.put(wanted, HELLO)
    answer = simplehost.finalize(begun, key=key and simplehost.facts[key])
    assert code(answer) == (401, "UNAUTHORIZED")


def test_only_the_pending_version_is_finalized(simplehost: InThread) -> None:
    first, wanted = one(simplehost)
    simplehost.put(wanted, HELLO)
    second = simplehost.begin({"b": b"b"}, first["slug"])
    simplehost.fill(second, {"b": b"b"})
    assert code(finalize(simplehost, first, versionId="01ARZ3NDEKTSV4RRFFQ69G5FAV")) == (400, "INVALID_REQUEST")
    assert code(finalize(simplehost, first)) == (400, "INVALID_REQUEST")
    assert code(simplehost.finalize(first)) == (400, "INVALID_REQUEST")
    assert simplehost.finalize(second).status == 200


@pytest.mark.parametrize(("again", "status"), [(False, 400), (True, 200)])
def test_a_live_version_is_finalized_again_or_not(simplehost: InThread, again: bool, status: int) -> None:
    simplehost.emulator.behaviour.finalize_again = again
    begun = simplehost.deploy(FILES)
    assert simplehost.finalize(begun).status == status
    assert simplehost.page(begun["slug"]).status == 200


def test_a_version_is_not_finalized_before_all_its_files_are_there(simplehost: InThread) -> None:
    begun = simplehost.begin(FILES)
    first, second = begun["upload"]["uploads"]
    simplehost.put(first, FILES["index.html"])
    assert code(simplehost.finalize(begun)) == (400, "INVALID_REQUEST")
    simplehost.put(second, FILES["docs/a b.html"])
    assert simplehost.finalize(begun).status == 200


PLANTED = {
    "private_key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "stripe_test_key": "sk_" + "test_4eC39HqLyjWDarjtT1zdp7dc",
    "stripe_live_key": "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc",
    "simplehost_api_key": "sh_" + "live_0123456789abcdef0123456789abcdef",
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_version_with_a_secret_does_not_go_live(simplehost: InThread, kind: str) -> None:
    slug = simplehost.deploy({"a.html": b"clean"})["slug"]
    files = {"a.html": f"one\ntwo {PLANTED[kind]}\n".encode(), "b.html": b"clean"}
    begun = simplehost.begin(files, slug)
    simplehost.fill(begun, files)
    answer = simplehost.finalize(begun)
    assert code(answer) == (400, "SECRET_DETECTED")
    (found,) = answer.json["detectedSecrets"]
    assert (found["path"], found["type"], found["line"]) == ("a.html", kind, 2)
    assert PLANTED[kind].encode() not in answer.body
    assert simplehost.page(slug, "a.html").body == b"clean"
    simplehost.deploy({"a.html": b"clean again"}, slug)
    assert simplehost.page(slug, "a.html").body == b"clean again"


def test_a_secret_in_a_file_that_browsers_do_not_run_is_let_through(simplehost: InThread) -> None:
    content = PLANTED["private_key"].encode()
    file = entry("a.bin", content, contentType="application/octet-stream")
    begun = simplehost.api("POST", "/publish", {"files": [file]}).json
    simplehost.fill(begun, {"a.bin": content})
    assert simplehost.finalize(begun).status == 200


def test_hashes_are_shown_as_they_were_declared(simplehost: InThread) -> None:
    slug = simplehost.deploy({"a.html": HELLO})["slug"]
    assert simplehost.api("GET", f"/publish/{slug}").json["files"] == [
        {"path": "a.html", "size": 5, "contentType": HTML, "hash": hashlib.sha256(HELLO).hexdigest()}
    ]
