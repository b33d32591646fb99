"""The emulator's limits, and every error code: by the request that earns it, or else as a fault that is switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from presswork_simplehost.emulator import NAMED, Behaviour
from support_simplehost import START, Clock, emulating, entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support_simplehost import Answer, InThread

HOUR_END = 1_774_000_800  # the next full hour


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simplehost(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    with emulating(tmp_path, clock=clock, rate_limit=None, rate_anonymous=5) as running:
        yield running


def publish(simplehost: InThread, **fields: object) -> Answer:
    return simplehost.api("POST", "/publish", {"files": [entry("a.html", b"hello", **fields)]})


def rate(answer: Answer) -> list[str | None]:
    return [answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]


# Every code


def secret(simplehost: InThread) -> Answer:
    files = {"a.html": b"sk_" + b"test_4eC39HqLyjWDarjtT1zdp7dc"}
    begun = simplehost.begin(files)
    simplehost.fill(begun, files)
    return simplehost.finalize(begun)


def one_site_too_many(simplehost: InThread) -> Answer:
    simplehost.emulator.behaviour.sites = 1
    return publish(simplehost)


def too_full(simplehost: InThread) -> Answer:
    simplehost.emulator.behaviour.storage_bytes = 4
    return publish(simplehost)


def too_often(simplehost: InThread) -> Answer:
    for _ in range(60):
        simplehost.api("GET", "/publishes")
    return simplehost.api("GET", "/publishes")


EARNED: Final[dict[str, tuple[int, Callable[[InThread], Answer], str | None]]] = {
    "INVALID_REQUEST": (400, lambda at: publish(at, size=0), None),
    "INVALID_PATH": (400, lambda at: publish(at, path="/a.html"), None),
    "INVALID_HASH": (400, lambda at: publish(at, hash="x"), None),
    "SECRET_DETECTED": (400, secret, None),
    "UNAUTHORIZED": (401, lambda at: at.api("GET", "/publishes", key="wrong"), None),
    "SITE_LIMIT_EXCEEDED": (403, one_site_too_many, "checkout"),
    "PLAN_LIMIT": (403, lambda at: at.api("PATCH", f"/publish/{at.slug}/metadata", {"ttlSeconds": 60}), "checkout"),
    "NOT_FOUND": (404, lambda at: at.api("GET", "/publish/no-such-0000"), None),
    "FILE_TOO_LARGE": (413, lambda at: publish(at, size=262_144_001), "checkout"),
    "STORAGE_EXCEEDED": (413, too_full, "checkout"),
    "RATE_LIMITED": (429, too_often, "checkout"),
}
SWITCHED: Final = {
    "INTERNAL_ERROR": (500, "internal-error"),
    "FORBIDDEN": (403, "forbidden"),
}


@pytest.mark.parametrize("code", EARNED)
def test_an_error_is_earned_by_a_request(simplehost: InThread, code: str) -> None:
    status, provoke, action = EARNED[code]
    answer = provoke(simplehost)
    assert (answer.status, answer.json["status"], answer.json["code"]) == (status, status, code)
    assert answer.json["error"]
    assert answer.json.get("upgrade", {}).get("action") == action
    assert "message" in answer.json.get("upgrade", {"message": ""})


@pytest.mark.parametrize("code", SWITCHED)
def test_an_error_that_no_request_earns_is_switched_on(simplehost: InThread, code: str) -> None:
    status, name = SWITCHED[code]
    simplehost.emulator.faults.append(msgspec.structs.replace(NAMED[name]))
    answer = simplehost.api("GET", "/publishes")
    assert (answer.status, answer.json["status"], answer.json["code"]) == (status, status, code)
    assert simplehost.api("GET", "/publishes").status == 200


def test_a_failed_write_is_switched_on_for_uploads(simplehost: InThread) -> None:
    simplehost.emulator.faults.append(msgspec.structs.replace(NAMED["storage-write"]))
    begun = simplehost.begin({"a": b"a"})
    (wanted,) = begun["upload"]["uploads"]
    assert [simplehost.put(wanted, b"a").status for _ in range(2)] == [500, 200]


def test_a_fault_after_the_work_leaves_it_done(simplehost: InThread) -> None:
    fault = msgspec.structs.replace(NAMED["html-502"], method="POST", pattern="/publish$", after=True, skip=1)
    simplehost.emulator.faults.append(fault)
    answers = [publish(simplehost) for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 502]
    assert b"502 Bad Gateway" in answers[1].body
    assert simplehost.api("GET", "/publishes").json["total"] == 3


# Requests an hour


def test_the_documented_limits_are_the_defaults() -> None:
    settings = Behaviour()
    assert (settings.files, settings.expires_in, settings.rate_anonymous) == (1000, 3600, 5)


@pytest.mark.parametrize(("plan", "limit"), [("free", 60), ("hobby", 200)])
def test_every_answer_says_how_many_requests_are_left(
    simplehost: InThread, clock: Clock, plan: Any, limit: int
) -> None:
    simplehost.emulator.behaviour.plan = plan
    reset = str(HOUR_END)
    assert rate(simplehost.api("GET", "/account")) == [str(limit), str(limit - 1), reset]
    assert rate(simplehost.api("GET", "/publish/no-such-0000")) == [str(limit), str(limit - 2), reset]
    other = simplehost.api("GET", "/account", key=simplehost.facts["other_key"])
    assert rate(other) == [str(limit), str(limit - 1), reset]
    clock.now = HOUR_END
    assert rate(simplehost.api("GET", "/account")) == [str(limit), str(limit - 1), str(HOUR_END + 3600)]


def test_an_anonymous_address_has_two_deploys_and_one_call_an_hour(simplehost: InThread, clock: Clock) -> None:
    for _ in range(2):
        begun = simplehost.begin({"a": b"a", "b": b"b"}, key=None)
        simplehost.fill(begun, {"a": b"a", "b": b"b"})
        assert simplehost.finalize(begun, key=None).status == 200
    left = simplehost.api("POST", "/publish", {"files": [entry("a", b"a")]}, key=None)
    assert (left.status, rate(left)) == (201, ["5", "0", str(HOUR_END)])
    over = simplehost.api("POST", "/publish", {"files": [entry("a", b"a")]}, key=None)
    assert (over.status, over.json["code"], rate(over)) == (429, "RATE_LIMITED", ["5", "0", str(HOUR_END)])
    assert over.json["upgrade"]["action"] == "signup"
    assert over.headers["Retry-After"] is None
    assert simplehost.api("GET", "/publishes").status == 200
    clock.now = HOUR_END
    assert simplehost.api("POST", "/publish", {"files": [entry("a", b"a")]}, key=None).status == 201


def test_uploads_do_not_count(simplehost: InThread) -> None:
    files = {str(number): b"a" for number in range(70)}
    begun = simplehost.begin(files)
    simplehost.fill(begun, files)
    assert rate(simplehost.finalize(begun))[1] == "58"


def test_headers_of_the_limit_can_be_otherwise(simplehost: InThread) -> None:
    settings = simplehost.emulator.behaviour
    settings.rate_limit, settings.rate_milliseconds, settings.retry_after = 0, True, True
    answer = simplehost.api("GET", "/account")
    assert rate(answer) == ["0", "0", str(HOUR_END * 1000)]
    assert answer.headers["Retry-After"] == str(int(HOUR_END - START) + 1)
    settings.rate_headers = False
    assert rate(simplehost.api("GET", "/account")) == [None, None, None]


# What a plan holds


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("free", {"maxFileSizeBytes": 262_144_000, "maxFileSize": "250 MB", "maxSites": 500, "maxStorage": "10 GB"}),
        (
            "hobby",
            {
                "maxFileSizeBytes": 5_368_709_120,
                "maxFileSize": "5 GB",
                "maxSites": "unlimited",
                "maxStorage": "100 GB",
            },
        ),
    ],
)
def test_the_account_says_what_its_plan_holds(simplehost: InThread, plan: Any, expected: dict[str, object]) -> None:
    simplehost.emulator.behaviour.plan = plan
    simplehost.deploy({"a": b"hello", "b": b"!"})
    account = simplehost.api("GET", "/account").json
    assert set(account) == {"email", "plan", "handle", "usage", "limits", "createdAt"}
    assert (account["plan"], account["limits"]) == (plan, expected)
    assert account["usage"]["sites"] == {"used": 2, "limit": expected["maxSites"]}
    storage = {"free": 10_737_418_240, "hobby": 107_374_182_400}[plan]
    assert account["usage"]["storage"] == {
        "used": "6 B",
        "usedBytes": 6,
        "limit": expected["maxStorage"],
        "limitBytes": storage,
    }


@pytest.mark.parametrize(("plan", "most"), [("free", 262_144_000), ("hobby", 5_368_709_120)])
def test_a_file_may_be_as_large_as_the_plan_says(simplehost: InThread, plan: Any, most: int) -> None:
    simplehost.emulator.behaviour.plan = plan
    assert [publish(simplehost, size=size).status for size in (most, most + 1)] == [201, 413]


def test_no_upgrade_is_offered_on_the_greatest_plan(simplehost: InThread) -> None:
    simplehost.emulator.behaviour.plan = "hobby"
    assert "upgrade" not in publish(simplehost, size=5_368_709_121).json


def test_a_sites_new_version_takes_the_place_of_its_old_one_in_the_storage(simplehost: InThread) -> None:
    simplehost.emulator.behaviour.storage_bytes = 10
    slug = simplehost.deploy({"a": b"123456"})["slug"]
    assert publish(simplehost).json["code"] == "STORAGE_EXCEEDED"
    assert simplehost.deploy({"a": b"1234567890"}, slug)["slug"] == slug


@pytest.mark.parametrize(("limit", "code"), [("file_bytes", "FILE_TOO_LARGE"), ("storage_bytes", "STORAGE_EXCEEDED")])
def test_a_limit_can_be_met_by_the_upload(simplehost: InThread, limit: str, code: str) -> None:
    settings = simplehost.emulator.behaviour
    settings.limits_at = "upload"
    setattr(settings, limit, 4)
    begun = simplehost.begin({"a": b"hello"})
    answer = simplehost.put(begun["upload"]["uploads"][0], b"hello")
    assert (answer.status, answer.json["code"]) == (413, code)


def test_a_site_that_is_deleted_makes_room_for_another(simplehost: InThread) -> None:
    simplehost.emulator.behaviour.sites = 2
    assert [publish(simplehost).status for _ in range(2)] == [201, 403]
    assert simplehost.api("DELETE", f"/publish/{simplehost.slug}").status == 200
    assert publish(simplehost).status == 201
