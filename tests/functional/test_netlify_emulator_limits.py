"""The emulator's limits, against the protocol's section on limits."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from presswork_netlify.emulator import Behaviour
from support_netlify import OCTETS, emulating, fresh_site, new, sha1

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_netlify import Answer, InThread

START = 1_000_000.0


class Clock:
    """A time that only a test moves."""

    now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    """An emulator of the test's own, with a clock."""
    with emulating(tmp_path, clock=clock) as running:
        yield running


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with emulating(tmp_path_factory.mktemp("netlify")) as running:
        yield running


@pytest.fixture
def netlify(shared: InThread) -> Iterator[InThread]:
    with fresh_site(shared) as running:
        yield running


def rate(answer: Answer) -> list[str | None]:
    return [answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]


def waiting(netlify: InThread, **files: bytes) -> str:
    document = {"files": {path: sha1(content) for path, content in files.items()}}
    deploy: str = netlify.api("POST", f"/sites/{netlify.site}/deploys", document).json["id"]
    return deploy


# Requests in a window


def test_every_answer_says_how_many_requests_are_left(limited: InThread, clock: Clock) -> None:
    limited.emulator.behaviour.rate_limit = 500
    reset = str(int(START) + 60)
    assert rate(limited.api("GET", "/user")) == ["500", "499", reset]
    clock.now += 59
    assert rate(limited.api("GET", "/nothing")) == ["500", "498", reset]
    assert rate(limited.ask("GET", "/api/v1/user", token=None)) == ["500", "498", reset]
    clock.now += 1
    assert rate(limited.api("GET", "/user")) == ["500", "499", str(int(START) + 120)]


def test_the_documented_limits_are_the_defaults() -> None:
    assert (Behaviour().rate_limit, Behaviour().rate_window, Behaviour().concurrent_uploads) == (500, 60.0, 5)


def test_one_request_too_many_is_a_429_until_the_window_ends(limited: InThread, clock: Clock) -> None:
    limited.emulator.behaviour.rate_limit = 2
    answers = [limited.api("GET", "/user") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert rate(answers[2]) == ["2", "0", str(int(START) + 60)]
    assert answers[2].json == {"code": 429, "message": "Rate limit exceeded"}
    clock.now += 60
    assert limited.api("GET", "/user").status == 200


def test_a_429_may_come_without_headers(limited: InThread) -> None:
    limited.emulator.behaviour.rate_limit = 1
    limited.emulator.behaviour.rate_headers = False
    answers = [limited.api("GET", "/user") for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    assert [rate(answer) for answer in answers] == [[None] * 3] * 2


@pytest.mark.parametrize(("counted", "statuses"), [(True, [200, 429]), (False, [200, 200])])
def test_uploads_may_count_as_requests(limited: InThread, counted: bool, statuses: list[int]) -> None:
    files = {"a": new(), "b": new()}
    deploy = waiting(limited, **files)
    limited.emulator.behaviour.rate_uploads = counted
    limited.emulator.behaviour.rate_limit = 2
    assert [limited.put(deploy, path, content).status for path, content in files.items()] == statuses


# Deploys a minute and a day


def test_three_deploys_a_minute(limited: InThread, clock: Clock) -> None:
    limited.emulator.behaviour.deploys_per_minute = 3
    for _ in range(3):
        waiting(limited)
        clock.now += 10
    answer = limited.api("POST", f"/sites/{limited.site}/deploys", {})
    assert (answer.status, rate(answer)) == (429, ["3", "0", str(int(START) + 60)])
    clock.now += 30
    assert limited.api("POST", f"/sites/{limited.site}/deploys", {}).status == 200


def test_a_new_site_counts_as_a_deploy(limited: InThread) -> None:
    limited.emulator.behaviour.deploys_per_minute = 3
    assert [limited.api("POST", "/sites", {}).status for _ in range(4)] == [201, 201, 201, 429]
    assert limited.api("GET", "/user").status == 200


def test_deploys_a_day(limited: InThread, clock: Clock) -> None:
    limited.emulator.behaviour.deploys_per_day = 2
    for _ in range(2):
        waiting(limited)
        clock.now += 3600
    assert limited.api("POST", f"/sites/{limited.site}/deploys", {}).status == 429
    clock.now = START + 86_400
    assert limited.api("POST", f"/sites/{limited.site}/deploys", {}).status == 200


# Uploads at a time


def test_an_upload_says_how_many_at_a_time(netlify: InThread) -> None:
    content = new()
    answer = netlify.put(waiting(netlify, a=content), "a", content)
    found = [answer.headers[f"x-concurrent-{name}"] for name in ("limit", "remaining", "status")]
    assert found == ["5", "4", "ok"]
    assert netlify.api("GET", "/user").headers["x-concurrent-limit"] is None


@pytest.mark.parametrize(("limit", "statuses"), [(5, [200] * 5 + [429]), (None, [200] * 6)])
def test_one_upload_too_many_at_a_time_is_a_429(netlify: InThread, limit: int | None, statuses: list[int]) -> None:
    netlify.emulator.behaviour.concurrent_uploads = limit
    files = {f"f{number}": new() for number in range(6)}
    deploy = waiting(netlify, **files, last=new())
    begun = [Begun(netlify, deploy, path, content) for path, content in files.items()]
    assert sorted(upload.status() for upload in begun) == statuses
    assert netlify.put(deploy, "f0", files["f0"]).status == 200


class Begun:
    """An upload of which the emulator waits for the body: it has said so, or it has refused at once."""

    def __init__(self, netlify: InThread, deploy: str, path: str, content: bytes) -> None:
        self._line = socket.create_connection(("127.0.0.1", netlify.port), timeout=30)
        self._content = content
        head = f"PUT /api/v1/deploys/{deploy}/files/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: {OCTETS}\r\n"
        head += f"Authorization: Bearer {netlify.facts['token']}\r\nContent-Length: {len(content)}\r\n"
        self._line.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        self._said = self._line.recv(65536)

    def status(self) -> int:
        """Send the body where it is waited for; return the status of the answer."""
        if self._said.startswith(b"HTTP/1.1 100 "):
            self._line.sendall(self._content)
            self._said = self._line.recv(65536)
        self._line.close()
        return int(self._said.split()[1])
