"""Ctrl-C while every worker is stuck in a stalled connection."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from support_sockets import Line, playing, reply

if TYPE_CHECKING:
    from pathlib import Path

WORKERS = 4

# The whole of a deploy's filling, with a host that only puts; no timeout would end it within an hour.
CHILD = """
import sys
import threading

from presswork.host import Part
from presswork.transport import Client, Terms
from presswork.upload import Engine


class Stuck:
    session = "s"

    def __init__(self, client):
        self.client = client

    def wanted(self):
        return [Part(str(number), 1, ()) for number in range(100)]

    def put(self, part):
        self.client.put(part.key, body=b"x")


engine = Engine("target", lambda event: None)
client = Client(sys.argv[1], None, Terms(timeout=3600, patience=3600, workers=4, wait=engine.wait))
try:
    engine.fill(Stuck(client), 4, lambda session: None)
except KeyboardInterrupt:
    left = [thread for thread in threading.enumerate() if thread.name.startswith("presswork-")]
    print(len(left), "stuck", flush=True)
    client.close()
    for thread in left:
        thread.join()
    print(client.retries, "retries", flush=True)
    sys.exit(130)
"""


@pytest.mark.parametrize("stage", ["before the answer", "in the answer"])
def test_ctrl_c_ends_a_deploy_whose_workers_are_all_stuck(tmp_path: Path, stage: str) -> None:
    stuck = threading.Semaphore(0)

    def stall(line: Line) -> None:
        line.request()
        if stage == "in the answer":
            line.send(reply(200, b"hello")[:-2])
        stuck.release()
        line.drain()

    with playing(stall) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, server.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            for _ in range(WORKERS):
                assert stuck.acquire(timeout=60)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)  # the engine's patience is two seconds, the timeout an hour
        finally:
            child.kill()

    assert err == ""
    assert out.split("\n")[:2] == [f"{WORKERS} stuck", "0 retries"]
    assert child.returncode == 130
    assert len(server.requests) == WORKERS


def test_ctrl_c_ends_a_request_of_the_main_thread() -> None:
    stuck = threading.Event()

    def stall(line: Line) -> None:
        line.request()
        stuck.set()
        line.drain()

    code = (
        "import sys; from presswork.transport import Client, Terms\n"
        "client = Client(sys.argv[1], None, Terms(timeout=3600, patience=3600))\n"
        "try: client.get('x')\n"
        "except KeyboardInterrupt: client.close(); sys.exit(130)"
    )
    with playing(stall) as server:
        child = subprocess.Popen([sys.executable, "-c", code, server.url], stderr=subprocess.PIPE, text=True)
        try:
            assert stuck.wait(60)
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=60)
        finally:
            child.kill()

    assert (err, child.returncode) == ("", 130)
    assert len(server.requests) == 1
