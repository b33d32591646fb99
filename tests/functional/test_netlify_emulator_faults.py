"""The emulator's switchable faults, against the protocol's section on errors, and the calls that switch it."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from presswork_netlify.emulator import NAMED, Emulator, Fault
from support_netlify import emulating, fresh_site, new, sha1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import InThread


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify")) as running:
        yield running


@pytest.fixture
def netlify(shared: InThread) -> Iterator[InThread]:
    with fresh_site(shared) as running:
        yield running


def waiting(netlify: InThread, **files: bytes) -> str:
    document = {"files": {path: sha1(content) for path, content in files.items()}}
    deploy: str = netlify.api("POST", f"/sites/{netlify.site}/deploys", document).json["id"]
    return deploy


# Faults


def test_a_fault_strikes_by_method_and_path_as_often_as_it_says(netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(method="GET", pattern="^/api/v1/user$", count=2, status=503, body="later"))
    assert netlify.api("GET", "/accounts").status == 200
    assert netlify.api("DELETE", "/user").status == 404
    assert [netlify.api("GET", "/user").status for _ in range(3)] == [503, 503, 200]
    assert netlify.emulator.faults == []


def test_a_fault_strikes_after_some_have_passed(netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(pattern="/user", skip=2, status=500))
    assert [netlify.api("GET", "/user").status for _ in range(4)] == [200, 200, 500, 200]


def test_a_fault_without_a_count_strikes_until_it_is_taken_away(netlify: InThread) -> None:
    netlify.emulator.faults.append(Fault(count=None, status=500))
    assert [netlify.api("GET", "/user").status for _ in range(5)] == [500] * 5
    netlify.emulator.faults.clear()
    assert netlify.api("GET", "/user").status == 200


def test_a_fault_has_a_body_and_headers_of_its_own(netlify: InThread) -> None:
    netlify.emulator.faults += [
        Fault(status=429, headers={"Retry-After": "7"}, delay=0.001),
        Fault(status=422, body={"errors": ["a", "b"]}),
    ]
    first, second = netlify.api("GET", "/user"), netlify.api("GET", "/user")
    assert (first.status, first.headers["Retry-After"], first.body) == (429, "7", b"")
    assert (second.json, second.headers["Content-Type"]) == ({"errors": ["a", "b"]}, "application/json")


def test_a_fault_before_the_work_leaves_it_undone_and_one_after_it_done(netlify: InThread) -> None:
    content = new()
    deploy = waiting(netlify, a=content, last=new())
    for after in (False, True):
        netlify.emulator.faults.append(Fault(method="PUT", status=502, after=after))
        assert netlify.put(deploy, "a", content).status == 502
        required = netlify.api("GET", f"/deploys/{deploy}").json["required"]
        assert (sha1(content) in required) is not after


@pytest.mark.parametrize(
    ("name", "status", "kind", "body"),
    [
        ("spurious-401", 401, None, ""),
        ("timeout-408", 408, None, ""),
        ("html-502", 502, "text/html", "<html>"),
        ("html-504", 504, "text/html", "<html>"),
        ("text-503", 503, "text/plain", "Service"),
        ("bare-429", 429, "application/json", '{"code":429'),
        ("errors-string", 422, "application/json", '{"errors":"Uploaded file'),
        ("errors-list", 422, "application/json", '{"errors":["Uploaded file'),
        ("errors-object", 422, "application/json", '{"errors":{"file":["Uploaded file'),
        ("no-records", 422, "application/json", '{"code":422,"message":"No records matched"}'),
        ("sso", 403, "application/json", '{"code":403'),
    ],
)
def test_the_odd_answers_users_met_have_names(
    netlify: InThread, name: str, status: int, kind: str | None, body: str
) -> None:
    content = new()
    deploy = waiting(netlify, a=content)
    netlify.control("POST", "/faults", {"name": name, "count": 1})
    answer = netlify.put(deploy, "a", content)
    assert (answer.status, answer.headers["Content-Type"]) == (status, kind)
    assert answer.body.decode().startswith(body)
    assert answer.headers["X-RateLimit-Limit"] is None
    assert netlify.put(deploy, "a", content).status == 200


def test_a_create_may_be_answered_with_nothing_and_has_happened(netlify: InThread) -> None:
    netlify.control("POST", "/faults", {"name": "empty-create"})
    answer = netlify.api("POST", f"/sites/{netlify.site}/deploys", {"files": {"a": sha1(b"a")}, "async": True})
    assert (answer.status, answer.body) == (200, b"")
    (deploy,) = netlify.api("GET", f"/sites/{netlify.site}/deploys?per_page=1").json
    assert deploy["state"] == "preparing"


def test_every_named_fault_is_tested() -> None:
    (marks,) = [mark for mark in test_the_odd_answers_users_met_have_names.pytestmark if mark.name == "parametrize"]
    assert {row[0] for row in marks.args[1]} | {"empty-create"} == NAMED.keys()


# The emulator's own calls


def test_faults_are_switched_over_http(netlify: InThread) -> None:
    made = netlify.control("POST", "/faults", {"method": "GET", "pattern": "/user", "status": 418, "count": 9})
    assert made == netlify.control("GET", "/faults")
    assert netlify.api("GET", "/user").status == 418
    assert netlify.control("DELETE", "/faults") == []
    assert netlify.api("GET", "/user").status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [({"name": "none-such"}, 422), ({"unknown": 1}, 422), ({"count": "x"}, 422), ({"pattern": "("}, 422), (None, 200)],
)
def test_a_fault_that_is_not_understood_is_refused(netlify: InThread, body: object, status: int) -> None:
    sent = b"" if body is None else json.dumps(body).encode()
    answer = netlify.ask("POST", "/_emulator/faults", sent, {"Content-Type": "application/json"}, token=None)
    assert answer.status == status


def test_the_behaviour_is_changed_over_http(netlify: InThread) -> None:
    before = netlify.control("GET", "/behaviour")
    after = netlify.control("PATCH", "/behaviour", {"per_page": 1, "processing": []})
    assert after == {**before, "per_page": 1, "processing": []}
    for _ in range(2):
        waiting(netlify)
    assert len(netlify.api("GET", f"/sites/{netlify.site}/deploys").json) == 1
    wrong: Any = netlify.ask("PATCH", "/_emulator/behaviour", b'{"no": 1}', {"Content-Type": "application/json"})
    assert wrong.status == 422


def test_requests_are_recorded_as_they_were_sent_and_never_the_token(netlify: InThread) -> None:
    netlify.control("DELETE", "/requests")
    token = netlify.facts["token"]
    netlify.ask("GET", f"/api/v1/user?access_token={token}", token=None)
    netlify.put("0" * 24, "a b", b"")
    recorded = netlify.control("GET", "/requests")
    assert recorded == [
        {"method": "GET", "path": "/api/v1/user?access_token=***", "status": 401},
        {"method": "PUT", "path": f"/api/v1/deploys/{'0' * 24}/files/a%20b", "status": 404},
    ]


def test_the_emulators_own_calls_are_for_this_machine_only(netlify: InThread) -> None:
    for host, status in (("evil.example", 403), (f"localhost:{netlify.port}", 200), ("[::1]:80", 200)):
        assert netlify.ask("GET", "/_emulator/requests", headers={"Host": host}, token=None).status == status
    assert netlify.ask("GET", "/_emulator/nothing", token=None).status == 404


@pytest.mark.parametrize(("peer", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.1", 403)])
def test_the_emulators_own_calls_are_refused_to_other_machines(tmp_path: Path, peer: str, status: int) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/_emulator/requests",
        "raw_path": b"/_emulator/requests",
        "query_string": b"",
        "client": (peer, 1),
        "headers": [(b"host", b"localhost")],
    }
    asyncio.run(Emulator(tmp_path)(scope, receive, send))
    assert sent[0]["status"] == status


def test_latency_changes_nothing_but_the_time(netlify: InThread) -> None:
    netlify.emulator.behaviour.latency = 0.001
    threads = [threading.Thread(target=netlify.api, args=("GET", "/user")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [request.status for request in netlify.emulator.requests][-4:] == [200] * 4


# What a client needs to know


@pytest.mark.parametrize("address", ["127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080/"])
def test_facts_and_command_name_the_emulator_at_its_address(tmp_path: Path, address: str) -> None:
    emulator = Emulator(tmp_path)
    facts = emulator.facts(address)
    assert facts["api_url"] == "http://127.0.0.1:8080/api/v1"
    assert facts["site_url"] == "http://127.0.0.1:8080/_live/rehearsal/"
    assert emulator.command(address) == (
        f"NETLIFY_AUTH_TOKEN={facts['token']} presswork deploy --host netlify "
        f"-o site={facts['site']} -o api_url={facts['api_url']}"
    )
