"""The emulator's other calls by raw requests: claim, read, list, delete, duplicate, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support_simplehost import Clock, emulating, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_simplehost import Answer, InThread

FILES = {"index.html": b"<h1>Hello</h1>", "docs/index.html": b"<p>More</p>", "docs/a b.txt": b"text"}
SHOWN = {"slug", "siteUrl", "status", "title", "createdAt", "updatedAt", "expiresAt"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simplehost(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    with emulating(tmp_path, clock=clock) as running:
        yield running


def code(answer: Answer) -> tuple[int, str]:
    assert answer.json["status"] == answer.status
    return answer.status, answer.json["code"]


# The endpoint table: who may call

CALLS = [
    ("PUT", ""),
    ("POST", "/claim"),
    ("GET", ""),
    ("DELETE", ""),
    ("POST", "/duplicate"),
    ("PATCH", "/metadata"),
]


@pytest.mark.parametrize(("method", "call"), CALLS)
def test_a_call_on_a_site_needs_a_key_and_a_site(simplehost: InThread, method: str, call: str) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    document = {"files": [entry("a", b"a")], "claimToken": "x"} if method != "GET" else None
    for key in (None, "sh_live_" + "0" * 32, "nonsense"):
        assert code(simplehost.api(method, f"/publish/{slug}{call}", document, key=key)) == (401, "UNAUTHORIZED")
    assert code(simplehost.api(method, f"/publish/no-such-0000{call}", document)) == (404, "NOT_FOUND")
    if call != "/claim":
        other = simplehost.api(method, f"/publish/{slug}{call}", document, key=simplehost.facts["other_key"])
        assert code(other) == (404, "NOT_FOUND")
    assert simplehost.page(slug).status == 200


@pytest.mark.parametrize("path", ["/publishes", "/account"])
def test_a_call_on_the_account_needs_a_key(simplehost: InThread, path: str) -> None:
    assert code(simplehost.api("GET", path, key=None)) == (401, "UNAUTHORIZED")
    assert simplehost.api("GET", path).status == 200


def test_create_and_finalize_take_no_key_but_not_a_wrong_one(simplehost: InThread) -> None:
    made = simplehost.begin({"a": b"a"}, key=None)
    simplehost.fill(made, {"a": b"a"})
    wrong = "sh_live_" + "0" * 32
    document = {"files": [entry("a", b"a")]}
    assert code(simplehost.api("POST", "/publish", document, key=wrong)) == (401, "UNAUTHORIZED")
    assert code(simplehost.finalize(made, key=wrong)) == (401, "UNAUTHORIZED")
    assert simplehost.finalize(made, key=None).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/publish/SLUG/versions"), ("POST", "/publish/SLUG/rollback"), ("GET", "/handle"), ("PUT", "/publish")],
)
def test_a_call_that_is_not_there_is_not_found(simplehost: InThread, method: str, path: str) -> None:
    answer = simplehost.api(method, path.replace("SLUG", simplehost.slug))
    assert code(answer) == (404, "NOT_FOUND")


# Claim


def test_a_claimed_site_is_the_accounts_and_does_not_expire(simplehost: InThread, clock: Clock) -> None:
    made = simplehost.begin(FILES, key=None)
    simplehost.fill(made, FILES)
    simplehost.finalize(made, key=None)
    claim = f"/publish/{made['slug']}/claim"
    assert code(simplehost.api("POST", claim, {"claimToken": "wrong"})) == (400, "INVALID_REQUEST")
    assert code(simplehost.api("POST", claim, {})) == (400, "INVALID_REQUEST")
    answer = simplehost.api("POST", claim, {"claimToken": made["claimToken"]})
    assert answer.status == 200
    assert set(answer.json) == {"slug", "siteUrl", "owner", "message"}
    assert answer.json["owner"] == simplehost.api("GET", "/account").json["email"]
    assert code(simplehost.api("POST", claim, {"claimToken": made["claimToken"]})) == (400, "INVALID_REQUEST")
    clock.now += 86_400
    shown = simplehost.api("GET", f"/publish/{made['slug']}").json
    assert (shown["status"], shown["expiresAt"]) == ("active", None)
    assert made["slug"] in [site["slug"] for site in simplehost.api("GET", "/publishes").json["sites"]]
    assert simplehost.begin(FILES, made["slug"])["upload"]["uploads"] == []


def test_an_expired_site_is_not_to_be_claimed_or_finalized(simplehost: InThread, clock: Clock) -> None:
    made = simplehost.begin({"a": b"a"}, key=None)
    clock.now += 86_400
    document = {"claimToken": made["claimToken"]}
    assert code(simplehost.api("POST", f"/publish/{made['slug']}/claim", document)) == (400, "INVALID_REQUEST")
    assert code(simplehost.finalize(made, key=None)) == (404, "NOT_FOUND")


# Read and list


def test_a_site_is_read_with_its_live_manifest(simplehost: InThread, clock: Clock) -> None:
    begun = simplehost.begin(FILES)
    site = f"/publish/{begun['slug']}"
    before = simplehost.api("GET", site).json
    assert (before["status"], before["versionId"], before["files"]) == ("pending", None, [])
    simplehost.fill(begun, FILES)
    clock.now += 60
    simplehost.finalize(begun)
    after = simplehost.api("GET", site).json
    assert set(after) == SHOWN | {"versionId", "description", "ogImagePath", "hasPassword", "files"}
    assert (after["status"], after["versionId"]) == ("active", begun["upload"]["versionId"])
    assert (after["siteUrl"], after["hasPassword"]) == (begun["siteUrl"], False)
    assert (after["createdAt"], after["updatedAt"]) == ("2026-03-20T09:46:40.250Z", "2026-03-20T09:47:40.250Z")
    assert after["files"] == [entry(path, content) for path, content in FILES.items()]
    simplehost.begin({"a": b"a"}, begun["slug"])
    assert simplehost.api("GET", site).json == after


def test_sites_are_listed(simplehost: InThread) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    listed = simplehost.api("GET", "/publishes").json
    assert listed["total"] == 2
    live, pending = listed["sites"]
    assert set(live) == SHOWN | {"fileCount", "totalSize"}
    assert (live["slug"], live["status"]) == (slug, "active")
    assert (live["fileCount"], live["totalSize"]) == (3, sum(map(len, FILES.values())))
    assert (pending["slug"], pending["status"]) == (simplehost.slug, "pending")
    assert (pending["fileCount"], pending["totalSize"]) == (0, 0)
    other = simplehost.api("GET", "/publishes", key=simplehost.facts["other_key"]).json
    assert other == {"sites": [], "total": 0}


# Delete and duplicate


def test_a_deleted_site_is_gone_for_ever_with_all_its_versions(simplehost: InThread, tmp_path: Path) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    simplehost.deploy(FILES, slug)
    assert len(list((tmp_path / "versions").iterdir())) == 2
    answer = simplehost.api("DELETE", f"/publish/{slug}")
    assert (answer.status, answer.json) == (200, {"slug": slug, "deleted": True})
    assert list((tmp_path / "versions").iterdir()) == []
    assert simplehost.page(slug).status == 404
    for method, document in (("GET", None), ("DELETE", None), ("PUT", {"files": [entry("a", b"a")]})):
        assert code(simplehost.api(method, f"/publish/{slug}", document)) == (404, "NOT_FOUND")
    assert slug not in [site["slug"] for site in simplehost.api("GET", "/publishes").json["sites"]]


def test_a_duplicate_is_live_at_once_without_the_metadata(simplehost: InThread) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    simplehost.api("PATCH", f"/publish/{slug}/metadata", {"title": "One", "password": "secret"})
    answer = simplehost.api("POST", f"/publish/{slug}/duplicate")
    copy = answer.json
    assert answer.status == 201
    assert set(copy) == {"slug", "siteUrl", "versionId", "copiedFrom", "status"}
    assert (copy["copiedFrom"], copy["status"]) == (slug, "active")
    assert simplehost.page(copy["slug"], "docs/").body == FILES["docs/index.html"]
    assert simplehost.api("GET", f"/publish/{copy['slug']}").json["title"] is None
    simplehost.api("DELETE", f"/publish/{slug}")
    assert simplehost.page(copy["slug"]).status == 200


def test_a_site_without_a_live_version_is_not_duplicated(simplehost: InThread) -> None:
    assert code(simplehost.api("POST", f"/publish/{simplehost.slug}/duplicate")) == (400, "INVALID_REQUEST")


# Metadata


@pytest.mark.parametrize("name", ["title", "description", "ogImagePath"])
def test_metadata_that_is_absent_stays_and_null_clears(simplehost: InThread, name: str) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    version = simplehost.api("GET", f"/publish/{slug}").json["versionId"]
    shown = []
    for document in ({name: "index.html"}, {}, {name: None}):
        answer = simplehost.api("PATCH", f"/publish/{slug}/metadata", document)
        assert (answer.status, answer.json) == (200, {"slug": slug, "updated": True})
        shown.append(simplehost.api("GET", f"/publish/{slug}").json)
    assert [site[name] for site in shown] == ["index.html", "index.html", None]
    assert {site["versionId"] for site in shown} == {version}


@pytest.mark.parametrize("document", [{"ogImagePath": "not-there.png"}, {"title": 1}, {"ttlSeconds": "1"}, []])
def test_metadata_that_is_wrong_is_refused(simplehost: InThread, document: object) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    assert code(simplehost.api("PATCH", f"/publish/{slug}/metadata", document)) == (400, "INVALID_REQUEST")


def test_a_site_with_a_password_is_closed_until_it_is_cleared(simplehost: InThread) -> None:
    slug = simplehost.deploy(FILES)["slug"]
    seen = []
    for password in ("secret", None):
        simplehost.api("PATCH", f"/publish/{slug}/metadata", {"password": password})
        shown = simplehost.api("GET", f"/publish/{slug}")
        assert b"secret" not in shown.body
        seen.append((shown.json["hasPassword"], simplehost.page(slug).status))
    assert seen == [(True, 401), (False, 200)]


def test_a_time_to_live_counts_from_now_and_is_for_hobby(simplehost: InThread, clock: Clock) -> None:
    slug = simplehost.deploy(FILES)["slug"]

    def live_for(seconds: int | None) -> Any:
        return simplehost.api("PATCH", f"/publish/{slug}/metadata", {"ttlSeconds": seconds})

    refused = live_for(60)
    assert code(refused) == (403, "PLAN_LIMIT")
    assert refused.json["upgrade"]["action"] == "checkout"
    simplehost.emulator.behaviour.plan = "hobby"
    assert code(live_for(0)) == (400, "INVALID_REQUEST")
    assert live_for(60).status == 200
    assert simplehost.api("GET", f"/publish/{slug}").json["expiresAt"] == "2026-03-20T09:47:40.250Z"
    assert simplehost.page(slug).status == 200
    clock.now += 60
    assert simplehost.api("GET", "/publishes").json["sites"][0]["status"] == "expired"
    assert simplehost.page(slug).status == 404
    assert live_for(None).status == 200
    assert simplehost.page(slug).status == 200
