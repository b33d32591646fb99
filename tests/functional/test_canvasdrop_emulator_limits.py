"""The emulator's limits in size, rate and time, against the protocol's tables, and answers sent before the body."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from presswork_canvasdrop.emulator import Behaviour
from support_canvasdrop import emulating, sha256
from support_canvasdrop_codes import LARGE, MIB, begun, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support_canvasdrop import InThread


class Clock:
    """A time that only a test moves."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def canvas(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    with emulating(tmp_path, clock=clock) as running:
        yield running


@pytest.fixture
def limited(tmp_path: Path, clock: Clock) -> Iterator[InThread]:
    """The server as it is delivered, with its rate limit."""
    with emulating(tmp_path, Behaviour(), clock=clock) as running:
        yield running


# Sizes


def test_just_2000_files_are_taken_and_hidden_ones_do_not_count(canvas: InThread) -> None:
    files = dict.fromkeys([f"{n}.html" for n in range(2000)], b"x") | {".hidden": b"x", ".git/x": b"x"}
    assert canvas.publish(files)["fileCount"] == 2000
    assert canvas.deploy(files).json["fileCount"] == 2000


def test_just_100_mib_are_taken(canvas: InThread) -> None:
    sizes = [LARGE - 1] * 4
    assert begun(*(entry(f"{n}.bin", size) for n, size in enumerate(sizes)))(canvas).status == 200
    assert begun(*(entry(f"{n}.bin", size) for n, size in enumerate([*sizes, 1])))(canvas).said == (
        413,
        "CANVAS_TOO_LARGE",
    )


def test_just_25_mib_are_taken_in_a_blob_and_a_zip(canvas: InThread) -> None:
    content = bytes(LARGE - 1)
    canvas.publish({"a.bin": content})
    assert canvas.deploy({"a.bin": content}).json["totalBytes"] == 26_214_400


def test_a_declared_size_over_25_mib_is_refused_without_a_path(canvas: InThread) -> None:
    answer = begun(entry(size=LARGE))(canvas)
    assert (*answer.said, "path" in answer.json) == (413, "FILE_TOO_LARGE", False)


def test_a_blob_that_is_a_little_too_large_is_refused_after_it_was_read(canvas: InThread) -> None:
    upload = canvas.begin({"a": b"a"}).json["uploadId"]
    answer = canvas.put(upload, bytes(26 * MIB))
    assert answer.json == {"code": "FILE_TOO_LARGE", "message": "staged blob exceeds 26214400 bytes"}
    assert answer.headers["Connection"] is None


def test_the_caps_hold_for_chunked_bodies_too(canvas: InThread) -> None:
    upload = canvas.begin({"a": b"a"}).json["uploadId"]
    target = f"/v1/canvases/{canvas.facts['canvas']}/uploads/{upload}/blobs/{sha256(b'a')}"
    early = early_answer(canvas, f"PUT {target}", "Transfer-Encoding: chunked", key=True, chunks=30)
    assert b"413 " in early
    assert b"blob exceeds the per-file limit" in early


# Answers sent before the body


def early_answer(canvas: InThread, line: str, *headers: str, key: bool, chunks: int = 0) -> bytes:
    """Send a request's head, and of its body what the server takes; return the answer, which must be there."""
    lines = [f"{line} HTTP/1.1", "Host: localhost", *headers]
    if key:
        lines.append(f"Authorization: Bearer {canvas.facts['key']}")
    with socket.create_connection(("127.0.0.1", canvas.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        try:
            for _ in range(chunks):
                connection.sendall(b"%x\r\n%s\r\n" % (MIB, bytes(MIB)))
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        while b"}" not in answer and (piece := connection.recv(65536)):
            answer += piece
        return answer


@pytest.mark.parametrize(
    ("rest", "size", "code"),
    [
        ("/deploy", 115_343_361, b"CANVAS_TOO_LARGE"),
        ("/uploads/up_x/blobs/0", 27_262_977, b"FILE_TOO_LARGE"),
        ("/deploy", 115_343_360, b"unauthorized"),
        ("/uploads/up_x/blobs/0", 27_262_976, b"unauthorized"),
    ],
)
def test_a_body_over_the_cap_is_refused_before_the_key_is_checked_or_a_byte_is_read(
    canvas: InThread, rest: str, size: int, code: bytes
) -> None:
    target = f"/v1/canvases/{canvas.facts['canvas']}{rest}"
    answer = early_answer(canvas, f"PUT {target}", f"Content-Length: {size}", key=False)
    assert answer.startswith(b"HTTP/1.1 401" if code == b"unauthorized" else b"HTTP/1.1 413")
    assert code in answer


def test_a_client_that_asks_before_it_sends_is_told_to_go_on_all_the_same(canvas: InThread) -> None:
    target = f"/v1/canvases/{canvas.facts['canvas']}/deploy"
    with socket.create_connection(("127.0.0.1", canvas.port), timeout=30) as connection:
        head = f"PUT {target} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 200000000\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(1024).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"x")
        assert connection.recv(1024).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("status", [401, 429])
def test_the_server_hangs_up_on_a_large_body_it_has_refused_and_the_answer_is_there(
    canvas: InThread, status: int
) -> None:
    canvas.emulator.behaviour.rate_limit = 0
    target = f"/v1/canvases/{canvas.facts['canvas']}/deploy"
    with socket.create_connection(("127.0.0.1", canvas.port), timeout=30) as connection:
        key = canvas.facts["key"] if status == 429 else "wrong"
        head = f"PUT {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\nAuthorization: Bearer {key}\r\n\r\n"
        connection.sendall(head.encode())
        with pytest.raises((BrokenPipeError, ConnectionResetError)):  # noqa: PT012  which of them is the kernel's to say
            for _ in range(100):
                connection.sendall(bytes(MIB))
        assert connection.recv(65536).startswith(b"HTTP/1.1 %d" % status)


def test_a_small_body_that_was_refused_leaves_the_connection_open(canvas: InThread) -> None:
    answer = canvas.api("PUT", "/deploy", bytes(100_000), Authorization="Basic x")
    assert (answer.status, answer.headers["Connection"]) == (401, None)


# Rate


def test_ten_a_minute_of_begin_finalize_deploy_and_rollback_together(limited: InThread, clock: Clock) -> None:
    upload = limited.staged({"index.html": b"a"})  # 1: begin; blobs do not count
    limited.finalize(upload)  # 2
    limited.deploy({"index.html": b"b"})  # 3
    limited.api("POST", "/rollback", {"version": 1})  # 4
    for _ in range(2):  # failures count: 5 to 10
        assert limited.finalize(upload).status == 409
        assert limited.api("PUT", "/deploy", b"").status == 400
        assert limited.api("POST", "/rollback", {}).status == 400
    clock.now += 6.8
    for _ in range(3):
        answer = limited.begin({"a": b"a"})
        assert answer.said == (429, "rate_limited")
        assert answer.headers["Retry-After"] == "54"
    clock.now += 53.2
    assert limited.begin({"a": b"a"}).status == 200


def test_what_does_not_count(limited: InThread) -> None:
    upload = limited.begin({"a.html": b"a"}).json["uploadId"]
    for _ in range(11):
        assert limited.put(upload, b"a").status == 204
        assert limited.api("GET").status == 200
        assert limited.api("POST", "/unpublish").status == 409
        assert limited.api("PUT", "/deploy", b"x", Authorization="Bearer x").status == 401
        assert limited.api("PUT", "/deploy", b"x", Authorization=f"Bearer {limited.other().facts['key']}").status == 403
        assert limited.api("POST", "/uploadz").status == 404
    assert [limited.begin({"a": b"a"}).status for _ in range(10)] == [200] * 9 + [429]


def test_each_canvas_has_a_bucket_of_its_own_and_a_restart_empties_it(tmp_path: Path) -> None:
    with emulating(tmp_path, Behaviour(rate_limit=1)) as first:
        assert [first.begin({"a": b"a"}).status for _ in range(2)] == [200, 429]
        assert first.other().begin({"a": b"a"}).status == 200
        wait = first.begin({"a": b"a"}).headers["Retry-After"]
        assert 1 <= int(wait) <= 60
    with emulating(tmp_path, Behaviour(rate_limit=1)) as second:
        assert second.begin({"a": b"a"}).status == 200


# Time


def test_a_handle_lives_15_minutes_from_begin_whatever_is_put(canvas: InThread, clock: Clock) -> None:
    upload = canvas.staged({"a.html": b"a"})
    clock.now += 899
    assert canvas.put(upload, b"a").status == 204
    clock.now += 1
    for answer in (canvas.put(upload, b"a"), canvas.finalize(upload)):
        assert answer.said == (400, "UPLOAD_EXPIRED")


def test_any_publish_forgets_what_has_expired(canvas: InThread, clock: Clock) -> None:
    done, late = canvas.staged({"a.html": b"a"}), canvas.staged({"b.html": b"b"})
    canvas.finalize(done)
    clock.now += 900
    assert [canvas.finalize(upload).status for upload in (done, late)] == [409, 400]
    canvas.other().deploy({"index.html": b"x"})
    for upload in (done, late):
        assert canvas.finalize(upload).said == (404, "UPLOAD_HANDLE_INVALID")
    assert canvas.begin({"b.html": b"b"}).json["missingHashes"] == []


def test_blobs_of_an_expired_upload_are_swept_by_the_next_publish_of_the_canvas(canvas: InThread, clock: Clock) -> None:
    canvas.staged({"a.html": b"a"})
    clock.now += 600
    canvas.staged({"b.html": b"b"})
    clock.now += 300
    canvas.deploy({"index.html": b"x"})
    assert canvas.begin({"a.html": b"a", "b.html": b"b"}).json["missingHashes"] == [sha256(b"a")]


def test_a_blob_may_be_swept_between_begin_and_finalize(canvas: InThread) -> None:
    canvas.emulator.behaviour.early_sweep = True
    canvas.staged({"a.html": b"a"})
    begun = canvas.begin({"a.html": b"a"}).json
    assert begun["missingHashes"] == []
    canvas.deploy({"index.html": b"x"})
    assert canvas.finalize(begun["uploadId"]).said == (400, "UPLOAD_MISSING_BLOB")
    canvas.put(begun["uploadId"], b"a")
    assert canvas.finalize(begun["uploadId"]).status == 200


def test_a_finalize_that_died_keeps_others_out_for_a_minute(canvas: InThread, clock: Clock) -> None:
    upload = canvas.staged({"a.html": b"a"})
    canvas.emulator.fail("finalize-died")
    assert canvas.finalize(upload).said == (500, "internal_server_error")
    clock.now += 59
    answer = canvas.finalize(upload)
    assert answer.json == {"code": "UPLOAD_IN_PROGRESS", "message": "another finalize is in progress"}
    clock.now += 1
    assert canvas.finalize(upload).status == 200


def test_the_ten_newest_versions_are_kept(canvas: InThread) -> None:
    for _ in range(12):
        canvas.publish({"index.html": b"x"})
    assert [version["number"] for version in canvas.api("GET", "/versions").json["versions"]] == [*range(12, 2, -1)]
    answer = canvas.api("POST", "/rollback", {"version": 2})
    assert answer.json == {"code": "INVALID_PATH", "message": "no ready version 2"}
    assert canvas.api("POST", "/rollback", {"version": 3}).status == 200


# Speed


def test_the_one_thread_takes_blobs_and_files_of_a_zip_at_their_rates_whatever_the_width(
    tmp_path: Path, clock: Clock
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))

    files = {f"{n}.html": b"%d" % n for n in range(30)}
    with emulating(tmp_path, clock=clock, sleep=sleep) as canvas:
        canvas.publish(files)
        assert slept == []
        canvas.emulator.behaviour.blobs_per_second = 150.0
        canvas.emulator.behaviour.zip_files_per_second = 2000 / 3.4
        upload = canvas.begin(files).json["uploadId"]
        with ThreadPoolExecutor(8) as pool:
            assert {put.status for put in pool.map(lambda body: canvas.put(upload, body), files.values())} == {204}
        assert sorted(slept) == [round(n / 150, 6) for n in range(1, 31)]
        clock.now += slept[-1]
        canvas.deploy(files)
        assert slept[-1] == round(30 * 3.4 / 2000, 6)
