"""The emulator of Netlify's API on a socket, in a thread or in a process of its own, and raw requests to it."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import msgspec
import uvicorn

from presswork_netlify.emulator import Behaviour, Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OCTETS = "application/octet-stream"
ENDLESS = 10**9
"""A rate limit that no test meets: what `emulating` and `emulator_process` set unless told otherwise."""


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """Where an emulator is reached. `headers` of a request replace ours; the token goes along unless told otherwise."""

    facts: Mapping[str, str]

    @cached_property
    def port(self) -> int:
        return int(self.facts["api_url"].split(":")[2].split("/")[0])

    @property
    def site(self) -> str:
        return self.facts["site"]

    @property
    def name(self) -> str:
        """The site's name."""
        return self.facts["site_url"].split("/")[-2]

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = "",
    ) -> Answer:
        """Send one request on a connection of its own, to the target just as it is written."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            own = {} if token is None else {"Authorization": f"Bearer {token or self.facts['token']}"}
            connection.request(method, target, body, {**own, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def api(self, method: str, path: str, document: object = None, **headers: str) -> Answer:
        """Call the API with a JSON document, or with none."""
        body = None if document is None else json.dumps(document).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self.ask(method, f"/api/v1{path}", body, {**kind, **headers})

    def put(self, deploy: str, path: str, content: bytes, kind: str = OCTETS) -> Answer:
        """Upload one file."""
        target = f"/api/v1/deploys/{deploy}/files/{quote(path, safe='/')}"
        return self.ask("PUT", target, content, {"Content-Type": kind})

    def control(self, method: str, path: str, document: object = None) -> Any:
        """Call the emulator's own calls."""
        body = None if document is None else json.dumps(document).encode()
        answer = self.ask(method, f"/_emulator{path}", body, {"Content-Type": "application/json"}, token=None)
        assert answer.status == 200, answer.body
        return answer.json

    def page(self, label: str, path: str = "", **headers: str) -> Answer:
        """Get a page of what is served under a label, as the public would."""
        return self.ask("GET", f"/_live/{label}/{path}", headers=headers, token=None)

    def deploy(self, files: Mapping[str, bytes], *, site: str | None = None, **fields: Any) -> dict[str, Any]:
        """Deploy by digest, to the end."""
        manifest = {path: sha1(content) for path, content in files.items()}
        made = self.api("POST", f"/sites/{site or self.site}/deploys", {"files": manifest, **fields}).json
        for path, content in files.items():
            if sha1(content) in made["required"]:
                assert self.put(made["id"], path, content).status == 200
        return self.settled(made["id"])

    def settled(self, deploy: str) -> dict[str, Any]:
        """Look at a deploy until it is what it will be."""
        found: dict[str, Any]
        for _ in range(50):
            found = self.api("GET", f"/deploys/{deploy}").json
            if found["state"] in {"ready", "current", "error", "rejected"}:
                return found
        raise AssertionError(found["state"])


@dataclass(frozen=True)
class InThread(Running):
    """An emulator in this process: its behaviour, faults and requests are at hand."""

    emulator: Emulator


@dataclass(frozen=True)
class InProcess(Running):
    """An emulator in a process of its own, to be killed."""

    process: subprocess.Popen[str]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def new(text: str = "") -> bytes:
    """Return content that no emulator has met."""
    return f"{text}{uuid4()}".encode()


@contextmanager
def emulating(folder: Path, *, clock: Callable[[], float] | None = None, **behaviour: Any) -> Iterator[InThread]:
    """Run an emulator on a free port, in a thread."""
    settings = msgspec.convert({"rate_limit": ENDLESS, **behaviour}, Behaviour)
    emulator = Emulator(folder, settings, clock=clock) if clock else Emulator(folder, settings)
    server = uvicorn.Server(uvicorn.Config(emulator, log_level="critical", lifespan="off"))
    with _listener() as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield InThread(emulator.facts(f"127.0.0.1:{listener.getsockname()[1]}"), emulator)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def fresh_site(shared: InThread) -> Iterator[InThread]:
    """Give a new site of an emulator that several tests share; afterwards it behaves as in the beginning again."""
    before = msgspec.to_builtins(shared.emulator.behaviour)
    site = shared.api("POST", "/sites", {}).json
    shared.emulator.requests.clear()
    address = shared.facts["api_url"].removesuffix("/api/v1")
    yield InThread(
        {**shared.facts, "site": site["id"], "site_url": f"{address}/_live/{site['name']}/"}, shared.emulator
    )
    shared.emulator.faults.clear()
    for name, value in msgspec.structs.asdict(msgspec.convert(before, Behaviour)).items():
        setattr(shared.emulator.behaviour, name, value)


@contextmanager
def emulator_process(folder: Path, **behaviour: Any) -> Iterator[InProcess]:
    """Run an emulator on a free port, in a process of its own."""
    line = [sys.executable, __file__, str(folder), json.dumps({"rate_limit": ENDLESS, **behaviour})]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield InProcess(json.loads(process.stdout.readline()), process)
        finally:
            process.kill()


def _listener() -> socket.socket:
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _serve(folder: str, behaviour: str) -> None:
    emulator = Emulator(Path(folder), msgspec.json.decode(behaviour, type=Behaviour))
    with _listener() as listener:
        print(json.dumps(emulator.facts(f"127.0.0.1:{listener.getsockname()[1]}")), flush=True)
        server = uvicorn.Server(uvicorn.Config(emulator, log_level="critical", lifespan="off"))
        server.run(sockets=[listener])


if __name__ == "__main__":
    _serve(*sys.argv[1:])
