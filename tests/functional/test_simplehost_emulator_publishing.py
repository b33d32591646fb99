"""The emulator's create and update by raw requests, row by row of the protocol's tables."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from support_simplehost import HTML, START, Clock, emulating, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_simplehost import Answer, InThread

FILES = {"index.html": b"<h1>Hello</h1>", "docs/a b.html": b"<p>More</p>"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simplehost(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    with emulating(tmp_path, clock=clock) as running:
        yield running


def create(simplehost: InThread, *entries: object, **fields: object) -> Answer:
    return simplehost.api("POST", "/publish", {"files": list(entries), **fields})


def code(answer: Answer) -> tuple[int, str]:
    assert answer.json["status"] == answer.status
    assert answer.json["error"]
    return answer.status, answer.json["code"]


# The fields of the manifest

HELLO = b"hello"


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({}, None),
        ({"path": "a/b/c.html"}, None),
        ({"path": "/a.html"}, "INVALID_PATH"),
        ({"path": "../a.html"}, "INVALID_PATH"),
        ({"path": "a/../b.html"}, "INVALID_PATH"),
        ({"path": "a..b.txt"}, "INVALID_PATH"),
        ({"path": ""}, "INVALID_PATH"),
        ({"path": "a" * 499}, None),
        ({"path": "ä" * 499}, None),
        ({"path": "a" * 500}, "INVALID_PATH"),
        ({"path": 1}, "INVALID_REQUEST"),
        ({"size": 1}, None),
        ({"size": 0}, "INVALID_REQUEST"),
        ({"size": -1}, "INVALID_REQUEST"),
        ({"size": 1.5}, "INVALID_REQUEST"),
        ({"size": "5"}, "INVALID_REQUEST"),
        ({"contentType": ""}, "INVALID_REQUEST"),
        ({"contentType": None}, "INVALID_REQUEST"),
        ({"hash": None}, None),
        ({"hash": "a" * 64}, None),
        ({"hash": "A" * 64}, "INVALID_HASH"),
        ({"hash": "a" * 63}, "INVALID_HASH"),
        ({"hash": "a" * 65}, "INVALID_HASH"),
        ({"hash": "g" * 64}, "INVALID_HASH"),
    ],
)
def test_a_file_of_the_manifest_is_taken_or_refused(
    simplehost: InThread, fields: dict[str, object], refused: str | None
) -> None:
    answer = create(simplehost, entry("a.html", HELLO, **fields))
    if refused:
        assert code(answer) == (400, refused)
        assert simplehost.api("GET", "/publishes").json["total"] == 1  # the site that is there from the start
    else:
        assert answer.status == 201


@pytest.mark.parametrize("missing", ["path", "size", "contentType"])
def test_a_required_field_that_is_missing_is_refused(simplehost: InThread, missing: str) -> None:
    file = entry("a.html", HELLO)
    del file[missing]
    assert code(create(simplehost, file)) == (400, "INVALID_REQUEST")


def test_a_file_without_a_hash_is_taken(simplehost: InThread) -> None:
    file = entry("a.html", HELLO)
    del file["hash"]
    assert create(simplehost, file).status == 201


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 201), (1000, 201), (1001, 400)])
def test_a_manifest_has_1_to_1000_files(simplehost: InThread, count: int, status: int) -> None:
    assert create(simplehost, *(entry(f"{number}.html", HELLO) for number in range(count))).status == status


def test_a_path_that_is_there_twice_is_refused(simplehost: InThread) -> None:
    assert code(create(simplehost, entry("a", HELLO), entry("a", HELLO))) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"{}", b"[]", b'{"files": {}}'])
def test_a_body_that_is_no_manifest_is_refused(simplehost: InThread, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {simplehost.facts['key']}"}
    assert code(simplehost.ask("POST", "/api/v1/publish", body, headers)) == (400, "INVALID_REQUEST")


def test_a_manifest_that_is_not_said_to_be_json_is_refused(simplehost: InThread) -> None:
    body = b'{"files": [{"path": "a", "size": 1, "contentType": "text/html"}]}'
    key = {"Authorization": f"Bearer {simplehost.facts['key']}"}
    answers = [
        simplehost.ask("POST", "/api/v1/publish", body, {**key, "Content-Type": kind})
        for kind in ("text/plain", "application/json")
    ]
    assert [answer.status for answer in answers] == [400, 201]


def test_the_viewer_of_a_version_is_the_sites_once_it_is_live(simplehost: InThread) -> None:
    viewer = {"title": "Hello", "description": "A site", "ogImagePath": "a.html"}
    begun = create(simplehost, entry("a.html", HELLO), viewer=viewer).json
    site = f"/publish/{begun['slug']}"
    assert simplehost.api("GET", site).json["title"] is None
    simplehost.fill(begun, {"a.html": HELLO})
    simplehost.finalize(begun)
    shown = simplehost.api("GET", site).json
    assert {name: shown[name] for name in viewer} == viewer
    simplehost.deploy({"a.html": HELLO}, begun["slug"])
    assert simplehost.api("GET", site).json["title"] == "Hello"


def test_a_viewer_with_an_image_that_is_not_in_the_manifest_is_refused(simplehost: InThread) -> None:
    answer = create(simplehost, entry("a.html", HELLO), viewer={"ogImagePath": "b.png"})
    assert code(answer) == (400, "INVALID_REQUEST")


# What create and update answer


def test_create_answers_with_a_slug_and_what_to_upload(simplehost: InThread) -> None:
    answer = create(simplehost, *(entry(*file) for file in FILES.items()))
    made = answer.json
    slug, upload = made["slug"], made["upload"]
    assert answer.status == 201
    assert set(made) == {"slug", "siteUrl", "upload"}
    assert re.fullmatch("[a-z]+-[a-z]+-[a-z0-9]{4}", slug)
    assert made["siteUrl"] == f"{simplehost.origin}/_live/{slug}/"
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", upload["versionId"])
    assert (upload["skipped"], upload["expiresInSeconds"]) == ([], 3600)
    assert upload["finalizeUrl"] == f"{simplehost.origin}/api/v1/publish/{slug}/finalize"
    assert [(each["path"], each["method"], each["headers"]) for each in upload["uploads"]] == [
        ("index.html", "PUT", {"Content-Type": HTML}),
        ("docs/a b.html", "PUT", {"Content-Type": HTML}),
    ]
    key = rf"{re.escape(slug)}%2F{upload['versionId']}%2Fdocs%2Fa%20b\.html"
    target = rf"{simplehost.origin}/api/v1/_upload/{key}\?token=[0-9a-f]+&ct=text%2Fhtml&exp=([0-9]+)"
    match = re.fullmatch(target, upload["uploads"][1]["url"])
    assert match
    assert int(match[1]) == (START + 3600) * 1000


def test_an_anonymous_site_comes_with_a_claim_token_and_a_day(simplehost: InThread, clock: Clock) -> None:
    made = simplehost.begin(FILES, key=None)
    assert set(made) - {"slug", "siteUrl", "upload"} == {"claimToken", "claimUrl", "expiresAt", "anonymous", "warning"}
    assert str(UUID(made["claimToken"])) == made["claimToken"]
    assert made["claimUrl"] == f"{simplehost.origin}/claim?slug={made['slug']}&token={made['claimToken']}"
    expires = datetime.fromtimestamp(START + 86_400, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (made["expiresAt"], made["anonymous"]) == (expires, True)
    simplehost.fill(made, FILES)
    assert simplehost.finalize(made, key=None).json["status"] == "active"
    assert simplehost.page(made["slug"]).body == FILES["index.html"]
    clock.now += 86_400
    assert simplehost.page(made["slug"]).status == 404


def test_an_anonymous_site_is_not_to_be_updated_or_read_before_it_is_claimed(simplehost: InThread) -> None:
    made = simplehost.begin(FILES, key=None)
    site, document = f"/publish/{made['slug']}", {"files": [entry("a", HELLO)]}
    assert code(simplehost.api("PUT", site, document, key=None)) == (401, "UNAUTHORIZED")
    assert code(simplehost.api("PUT", site, document)) == (404, "NOT_FOUND")
    assert code(simplehost.api("GET", site)) == (404, "NOT_FOUND")


def test_update_skips_what_is_the_same_at_the_same_path(simplehost: InThread) -> None:
    old = {"same.html": b"same", "changed.html": b"old", "moved.html": b"moved", "gone.html": b"gone"}
    first = simplehost.deploy(old)
    new = {"same.html": b"same", "changed.html": b"new", "elsewhere.html": b"moved"}
    second = simplehost.begin(new, first["slug"])
    upload = second["upload"]
    assert upload["versionId"] != first["upload"]["versionId"]
    assert upload["skipped"] == [{"path": "same.html", "reason": "hash_match"}]
    assert [each["path"] for each in upload["uploads"]] == ["changed.html", "elsewhere.html"]
    assert simplehost.page(first["slug"], "changed.html").body == b"old"
    simplehost.fill(second, new)
    simplehost.finalize(second)
    shown = {path: simplehost.page(first["slug"], path) for path in {*old, *new}}
    assert {path: page.body for path, page in shown.items() if page.status == 200} == new


def test_an_update_answers_200_and_is_finalized_though_nothing_is_wanted(simplehost: InThread) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    answer = simplehost.api("PUT", f"/publish/{slug}", {"files": [entry("index.html", FILES["index.html"])]})
    assert (answer.status, answer.json["upload"]["uploads"]) == (200, [])
    assert simplehost.page(slug, "docs/a%20b.html").status == 200
    assert simplehost.finalize(answer.json).status == 200
    assert simplehost.page(slug, "docs/a%20b.html").status == 404


def test_without_a_hash_now_or_before_a_file_is_uploaded_again(simplehost: InThread) -> None:
    bare = {"path": "a", "size": 5, "contentType": HTML}
    slug = simplehost.slug
    for file in (bare, entry("a", HELLO), bare):
        begun = simplehost.api("PUT", f"/publish/{slug}", {"files": [file]}).json
        assert begun["upload"]["skipped"] == []
        simplehost.fill(begun, {"a": HELLO})
        assert simplehost.finalize(begun).status == 200


@pytest.mark.parametrize(("previous", "skipped"), [("live", ["a"]), ("newest", ["b"])])
def test_the_previous_version_is_the_live_one_or_the_newest(
    simplehost: InThread, previous: Any, skipped: list[str]
) -> None:
    simplehost.emulator.behaviour.previous = previous
    slug = simplehost.deploy({"a": b"a", "b": b"b"})["slug"]
    second = {"a": b"changed", "b": b"also changed", "c": b"c"}
    pending = simplehost.begin(second, slug)
    assert simplehost.put(pending["upload"]["uploads"][1], second["b"]).status == 200
    third = simplehost.begin({"a": b"a", "b": b"also changed", "c": b"c"}, slug)
    assert [each["path"] for each in third["upload"]["skipped"]] == skipped


@pytest.mark.parametrize(("status", "refused"), [(200, None), (400, "INVALID_REQUEST"), (404, "NOT_FOUND")])
def test_a_site_that_was_never_finalized_takes_an_update_or_not(
    simplehost: InThread, status: Any, refused: str | None
) -> None:
    simplehost.emulator.behaviour.pending_update = status
    answer = simplehost.api("PUT", f"/publish/{simplehost.slug}", {"files": [entry("a", HELLO)]})
    assert (answer.status, answer.json.get("code")) == (status, refused)


@pytest.mark.parametrize(
    ("names", "uploads", "skipped"),
    [
        ("right", ["a", "b"], []),
        ("unknown", ["a", "b", "not-in/the-manifest"], []),
        ("missing", ["a"], []),
        ("unhashed", ["a"], ["b"]),
    ],
)
def test_an_answer_can_name_what_the_manifest_does_not(
    simplehost: InThread, names: Any, uploads: list[str], skipped: list[str]
) -> None:
    simplehost.emulator.behaviour.names = names
    upload = create(simplehost, entry("a", HELLO), entry("b", HELLO, hash=None)).json["upload"]
    assert [each["path"] for each in upload["uploads"]] == uploads
    assert [each["path"] for each in upload["skipped"]] == skipped


def test_addresses_in_answers_can_be_on_another_origin_and_without_a_method(simplehost: InThread) -> None:
    settings = simplehost.emulator.behaviour
    settings.upload_origin, settings.finalize_origin = "http://uploads.test:1", "http://api.test:2"
    settings.upload_method = False
    upload = create(simplehost, entry("a", HELLO)).json["upload"]
    assert upload["uploads"][0]["url"].startswith("http://uploads.test:1/api/v1/_upload/")
    assert upload["finalizeUrl"].startswith("http://api.test:2/api/v1/publish/")
    assert set(upload["uploads"][0]) == {"path", "url", "headers"}
