"""Every fault of the proxy, met by the client: sent again where that is safe, an error with a remedy elsewhere."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest

from presswork.manifest import Entry
from presswork.source import Folder
from presswork.testing import FAULTS, PROCESSED, FaultProxy
from presswork.transport import Answered, Client, Terms, Unanswered
from support_sockets import Clock, answering, playing, reply

if TYPE_CHECKING:
    from pathlib import Path

SIZES = {"none": None, "empty": 0, "small": 4096, "large": 300_000}
ANY_METHOD = {"408", "429-seconds", "429-date"}
FINAL = ("empty-401", "early-413")


def terms(clock: Clock) -> Terms:
    return Terms(timeout=0.5, patience=60, clock=clock, wait=clock.wait)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in FINAL])
def test_what_is_safe_gets_through(tmp_path: Path, fault: str, size: str) -> None:
    content = bytes(SIZES[size] or 0)
    (tmp_path / "x").write_bytes(content)
    body = Folder(str(tmp_path)).open(Entry("x", len(content), hashlib.sha256(content).hexdigest()))
    clock = Clock()
    with playing(answering(reply(200, b"hello"))) as server, FaultProxy(server.url) as proxy:
        proxy.arm(fault, at=2)
        client = Client(proxy.address, None, terms(clock))
        for number in range(3):
            answer = client.get(f"{number}") if size == "none" else client.put(f"{number}", body=body)
            assert answer.content == b"hello"
        client.close()

        assert [exchange.path for exchange in proxy.log] == ["/0", "/1", "/1", "/2"]
    assert client.retries == 1
    assert {asked.body for asked in server.requests} == {content}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_post_is_sent_again_only_where_the_host_has_not_done_it(fault: str) -> None:
    clock = Clock()
    with playing(answering(reply(200, b"hello"))) as server, FaultProxy(server.url) as proxy:
        proxy.arm(fault, times=None)
        client = Client(proxy.address, None, terms(clock))
        with pytest.raises((Answered, Unanswered)) as caught:
            client.post("x", body=b"body")
        client.close()

        tries = proxy.count
    assert (tries > 3) is (fault in ANY_METHOD)
    assert len(server.requests) == (fault in PROCESSED)
    if isinstance(caught.value, Unanswered):
        assert caught.value.uncertain  # a small request is off before anything is known of the other side
    assert caught.value.hint


@pytest.mark.parametrize("fault", FINAL)
def test_a_final_answer_is_one_error(tmp_path: Path, fault: str) -> None:
    content = bytes(3 << 20)
    (tmp_path / "x").write_bytes(content)
    clock = Clock()
    with playing(answering(reply())) as server, FaultProxy(server.url) as proxy:
        proxy.arm(fault, times=None)
        client = Client(proxy.address, None, terms(clock))
        with pytest.raises(Answered) as caught:
            client.put("x", body=Folder(str(tmp_path)).open(Entry("x", 3 << 20, hashlib.sha256(content).hexdigest())))
        client.close()

        assert proxy.count == 1
    assert caught.value.status == int(fault[-3:])
    assert server.requests == []


def test_an_error_page_is_told_by_its_title() -> None:
    with playing(answering(reply())) as server, FaultProxy(server.url) as proxy:
        proxy.arm("html", times=None)
        client = Client(proxy.address, None, Terms(patience=0))
        with pytest.raises(Answered, match=r"502 to GET /x: 502 Bad Gateway$"):
            client.get("x")
        client.close()


@pytest.mark.parametrize("fault", ["429-seconds", "503", "closed-after-processing", "refused", "408"])
def test_many_workers_get_everything_through_a_bad_patch(fault: str) -> None:
    clock = Clock()
    with playing(answering(reply())) as server, FaultProxy(server.url) as proxy:
        proxy.arm(fault, at=20, times=15)
        client = Client(proxy.address, None, Terms(workers=8, clock=clock, wait=clock.wait))

        def work(own: int) -> None:
            for number in range(20):
                client.put(f"{own}-{number}", body=b"some")

        threads = [threading.Thread(target=work, args=(own,)) for own in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.close()

        assert proxy.count == 160 + 15
    assert len({asked.target for asked in server.requests}) == 160
    assert (client.requests, client.retries) == (175, 15)
